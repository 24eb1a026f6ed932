import { fc } from './fast-check.ts';
import { describe, expect, it } from 'vitest';

import { decodeBase64, encodeBase64, encodeHex, sameBytes } from '../src/base64.ts';

describe('base64', () => {
  // RFC 4648 section 10.
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
    ['\u00fb\u00ff\u00fe', '+//+'],
  ])('%j is %s', (text, encoded) => {
    const bytes = Uint8Array.from(Buffer.from(text, 'latin1'));
    expect(encodeBase64(bytes)).toBe(encoded);
    expect(decodeBase64(encoded)).toEqual(bytes);
  });

  it.each([
    ['no padding', 'Zg'],
    ['half the padding', 'Zg='],
    ['padding too much', 'Zg==='],
    ['padding where none belongs', 'Zm9v='],
    ['padding alone', '='],
    ['padding inside', 'Zg==Zg=='],
    ['stray bits behind one byte', 'Zh=='],
    ['stray bits behind two bytes', 'Zm9='],
    ['a letter left over', 'Zm9vY'],
    ['a space', 'Zm 9v'],
    ['a space behind', 'Zm9v '],
    ['a line feed behind', 'Zm9v\n'],
    ['a line feed before', '\nZm9v'],
    ['CRLF inside', 'Zm9v\r\nYmFy'],
    ['the URL alphabet', '-__-'],
    ['a letter of no alphabet', 'Zm9!'],
    ['NUL', 'Zm9\0'],
    ['a letter beyond Latin-1', 'Zm9я'],
    ['a letter of Latin-1', 'Zm9é'],
    ['a lone surrogate', 'Zm9\ud800'],
  ])('is rejected with %s', (_, text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it('is what Buffer writes, and has one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const encoded = encodeBase64(bytes);
        expect(encoded).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(encoded)).toEqual(bytes);
      }),
    );
    const texts = fc.string({
      unit: fc.constantFrom('A', 'B', 'Q', 'g', 'w', '8', '+', '/', '=', ' ', '-'),
      maxLength: 9,
    });
    fc.assert(
      fc.property(texts, (text) => {
        const decoded = decodeBase64(text);
        const lenient = Buffer.from(text, 'base64');
        if (lenient.toString('base64') === text) expect(decoded).toEqual(Uint8Array.from(lenient));
        else expect(decoded).toBeUndefined();
      }),
      { numRuns: 5_000 },
    );
  });

  it('of 1 MB survives', () => {
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 31) % 256);
    expect(sameBytes(decodeBase64(encodeBase64(bytes)) ?? new Uint8Array(0), bytes)).toBe(true);
  });
});

describe('hexadecimal', () => {
  it('is what Buffer writes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const encoded = encodeHex(bytes);
        expect(encoded).toBe(Buffer.from(bytes).toString('hex'));
      }),
    );
  });
});

it.each([
  [[], [], true],
  [[1, 2], [1, 2], true],
  [[1, 2], [1, 3], false],
  [[1, 2], [0, 2], false],
  [[1, 2], [1], false],
  [[], [0], false],
])('%j and %j are the same bytes: %s', (left, right, same) => {
  expect(sameBytes(Uint8Array.from(left), Uint8Array.from(right))).toBe(same);
  expect(sameBytes(Uint8Array.from(right), Uint8Array.from(left))).toBe(same);
});

import { fc } from './fast-check.ts';
import { describe, expect, it } from 'vitest';

import { preAuthenticationEncoding } from '../src/dsse.ts';

/** Reads an encoding back: as it can be read in one way only, no two envelopes share a signed text. */
function decode(encoding: Uint8Array): { payloadType: string; payload: Buffer } {
  const bytes = Buffer.from(encoding);
  let at = 0;
  const upToSpace = (): string => {
    const end = bytes.indexOf(0x20, at);
    const word = bytes.subarray(at, end).toString('utf8');
    at = end + 1;
    return word;
  };
  expect(upToSpace()).toBe('DSSEv1');
  const typeBytes = Number(upToSpace());
  const payloadType = bytes.subarray(at, at + typeBytes).toString('utf8');
  at += typeBytes;
  expect(bytes[at]).toBe(0x20);
  at++;
  const payloadBytes = Number(upToSpace());
  const payload = bytes.subarray(at);
  expect(payload.length).toBe(payloadBytes);
  return { payloadType, payload };
}

describe('the pre-authentication encoding', () => {
  it.each([
    ['http://example.com/HelloWorld', 'hello world', 'DSSEv1 29 http://example.com/HelloWorld 11 hello world'],
    ['', '', 'DSSEv1 0  0 '],
    ['a', ' 1 ', 'DSSEv1 1 a 3  1 '],
    // Lengths count bytes: six in six letters of which three are not ASCII would be a different signature.
    ['тип', '\u{1F4DC}', 'DSSEv1 6 тип 4 \u{1F4DC}'],
    ['application/vnd.in-toto+json', '{}', 'DSSEv1 28 application/vnd.in-toto+json 2 {}'],
  ])('of %j and %j', (payloadType, payload, encoding) => {
    expect(Buffer.from(preAuthenticationEncoding(payloadType, Buffer.from(payload))).toString('utf8')).toBe(encoding);
  });

  it('can be read back, whatever type and payload', () => {
    const types = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', ' ', '1 a', '0  0 '));
    const payloads = fc.oneof(fc.uint8Array(), fc.constantFrom(Buffer.from(' '), Buffer.from('1 a 3 ')));
    fc.assert(
      fc.property(types, payloads, (payloadType, payload) => {
        const decoded = decode(preAuthenticationEncoding(payloadType, payload));
        expect(decoded.payloadType).toBe(payloadType);
        expect(decoded.payload.equals(payload)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

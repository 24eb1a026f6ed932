import { createHmac } from 'node:crypto';

import { fc } from './fast-check.ts';
import { describe, expect, it } from 'vitest';

import { checkpointText, formatCheckpoint, parseCheckpoint, type Checkpoint } from '../src/checkpoint.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import { ed25519Verifier, hmacVerifier, type NoteSignature, type NoteVerifier } from '../src/note.ts';
import { bitFlips, decodeUtf8, testKey } from './ed25519-key.ts';
import { isSignedBy } from './signed-by.ts';

const utf8 = new TextEncoder();

const LOG = 'example.com/log';
const key = testKey('the key of the log');
const verifier = ed25519Verifier(nodePrimitives, LOG, key.publicKey);
const secret = Buffer.from('thirty-two bytes, shared secret.');

const CHECKPOINT: Checkpoint = {
  origin: `${LOG}/20261123T093000Z-0123456789abcdef`,
  size: 1_024,
  root: Uint8Array.from({ length: 32 }, (_, index) => 255 - index),
};
const TEXT = checkpointText(CHECKPOINT);
const SIGNATURE: NoteSignature = { name: LOG, keyId: Uint8Array.from(verifier.keyId), signature: key.sign(TEXT) };
const SEAL = formatCheckpoint(CHECKPOINT, SIGNATURE);
const UNSIGNED = formatCheckpoint(CHECKPOINT, undefined);
const SIGNATURE_LINE = SEAL.slice(UNSIGNED.length);

const names = fc.stringMatching(/^[A-Za-z0-9._~\-/]{1,40}$/);
const checkpoints: fc.Arbitrary<Checkpoint> = fc.record({
  origin: names,
  size: fc.oneof(
    fc.integer({ min: 1, max: 100 }),
    fc.maxSafeNat().map((size) => size + (size === 0 ? 1 : 0)),
  ),
  root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
});
const signatures: fc.Arbitrary<NoteSignature> = fc.record({
  name: names,
  keyId: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  signature: fc.uint8Array({ minLength: 1, maxLength: 80 }),
});

describe('a seal', () => {
  it('is three lines, a blank line and a signature line', () => {
    expect(UNSIGNED).toBe(
      'example.com/log/20261123T093000Z-0123456789abcdef\n1024\n' + '//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=\n\n',
    );
    expect(SIGNATURE_LINE).toMatch(/^— example\.com\/log [A-Za-z0-9+/]{91}=\n$/);
    expect(SEAL).toBe(`${TEXT}\n${SIGNATURE_LINE}`);
  });

  it('reads back as what it was written from', () => {
    fc.assert(
      fc.property(checkpoints, fc.option(signatures, { nil: undefined }), (checkpoint, signature) => {
        const seal = formatCheckpoint(checkpoint, signature);
        expect(parseCheckpoint(seal)).toEqual({ ...checkpoint, text: checkpointText(checkpoint), signature });
      }),
      { numRuns: 1_000 },
    );
  });

  it('is written as it was read, if it is read at all', () => {
    const edit = fc.tuple(
      fc.nat(),
      fc.nat({ max: 2 }),
      fc.constantFrom('', '\n', '0', '1', '-', '+', '=', 'A', 'B', '/', ' ', '— ', '\r', '\u00e9'),
    );
    let read = 0;
    fc.assert(
      fc.property(checkpoints, signatures, fc.array(edit, { maxLength: 2 }), (checkpoint, signature, edits) => {
        const seal = edits.reduce(
          (before, [anywhere, removed, inserted]) => {
            const at = anywhere % (before.length + 1);
            return before.slice(0, at) + inserted + before.slice(at + removed);
          },
          formatCheckpoint(checkpoint, signature),
        );
        const parsed = parseCheckpoint(seal);
        if (parsed === undefined) return;
        read++;
        expect(formatCheckpoint(parsed, parsed.signature)).toBe(seal);
        expect(seal.startsWith(`${parsed.text}\n`)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(read).toBeGreaterThan(0);
  });

  it('without a signature says so', () => {
    expect(parseCheckpoint(UNSIGNED)).toEqual({ ...CHECKPOINT, text: TEXT, signature: undefined });
    expect(parseCheckpoint(SEAL)?.signature).toEqual(SIGNATURE);
  });

  const [origin = '', size = '', root = ''] = TEXT.split('\n');
  const seal = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('') + SIGNATURE_LINE;
  it('is read in the form that the cases below depart from', () => {
    expect(seal(origin, size, root, '')).toBe(SEAL);
  });
  it.each([
    ['nothing', ''],
    ['a second signature line', SEAL + SIGNATURE_LINE],
    ['a second signature line of another', `${SEAL}— example.com/witness ${SIGNATURE_LINE.slice(18)}`],
    ['an extension line', seal(origin, size, root, 'extension', '')],
    ['an extension line in place of the blank one', seal(origin, size, root, 'extension')],
    ['no blank line', seal(origin, size, root)],
    ['two blank lines', seal(origin, size, root, '', '')],
    ['a blank line before', `\n${SEAL}`],
    ['a blank line behind', `${SEAL}\n`],
    ['no last line feed', SEAL.slice(0, -1)],
    ['no last line feed, unsigned', UNSIGNED.slice(0, -1)],
    ['a third line feed, unsigned', `${UNSIGNED}\n`],
    ['CRLF', SEAL.replaceAll('\n', '\r\n')],
    ['a carriage return behind the origin', SEAL.replace('\n', '\r\n')],
    ['a carriage return at the end', SEAL.replace(/\n$/, '\r\n')],
    ['a carriage return in place of the last line feed', SEAL.replace(/\n$/, '\r')],
    ['a byte-order mark', `\ufeff${SEAL}`],
    ['NUL at the end', `${SEAL}\0`],
    ['no origin', seal('', size, root, '')],
    ['a space in the origin', seal('go.sum database tree', size, root, '')],
    ['another letter in the origin', seal('example.com/lög', size, root, '')],
    ['a plus in the origin', seal('example.com+log', size, root, '')],
    ['size 0', seal(origin, '0', root, '')],
    ['no size', seal(origin, '', root, '')],
    ['a leading zero', seal(origin, '01024', root, '')],
    ['a sign', seal(origin, '+1024', root, '')],
    ['a negative size', seal(origin, '-1024', root, '')],
    ['a fraction', seal(origin, '1024.0', root, '')],
    ['an exponent', seal(origin, '1e3', root, '')],
    ['a hexadecimal size', seal(origin, '0x400', root, '')],
    ['digits of another script', seal(origin, '１０２４', root, '')],
    ['a space before the size', seal(origin, ' 1024', root, '')],
    ['size 2^53', seal(origin, '9007199254740992', root, '')],
    ['a size of 16 nines', seal(origin, '9999999999999999', root, '')],
    ['a size of 17 digits', seal(origin, '10000000000000000', root, '')],
    ['no root', seal(origin, size, '', '')],
    ['a root of 31 bytes', seal(origin, size, Buffer.alloc(31).toString('base64'), '')],
    ['a root of 33 bytes', seal(origin, size, Buffer.alloc(33).toString('base64'), '')],
    ['a root without padding', seal(origin, size, root.slice(0, -1), '')],
    ['a root with stray bits', seal(origin, size, root.replace(/A=$/, 'B='), '')],
    ['a root in the URL alphabet', seal(origin, size, root.replaceAll('/', '_'), '')],
    ['a root in hexadecimal', seal(origin, size, Buffer.from(CHECKPOINT.root).toString('hex'), '')],
    ['a hyphen for the dash', SEAL.replace('—', '-')],
    ['two spaces', SEAL.replace('— ', '—  ')],
    ['a space behind', SEAL.replace(/\n$/, ' \n')],
    ['a signature without a name', SEAL.replace(`— ${LOG} `, '— ')],
    ['a plus in the name', SEAL.replace(`— ${LOG}`, `— ${LOG}+`)],
    ['a signature without padding', SEAL.replace(/=\n$/, '\n')],
    ['a signature with too much padding', SEAL.replace(/=\n$/, '==\n')],
    ['a signature with stray bits', `${UNSIGNED}— ${LOG} AAAAAAB=\n`],
    ['a signature in the URL alphabet', `${UNSIGNED}— ${LOG} AAAAAA-_\n`],
    ['a key id and no signature', `${UNSIGNED}— ${LOG} AAAAAA==\n`],
    ['less than a key id', `${UNSIGNED}— ${LOG} AAAA\n`],
  ])('is not read with %s', (_, text) => {
    expect(parseCheckpoint(text)).toBeUndefined();
  });

  it('reads sizes up to 2^53 - 1', () => {
    expect(parseCheckpoint(seal(origin, '9007199254740991', root, ''))?.size).toBe(Number.MAX_SAFE_INTEGER);
    expect(parseCheckpoint(seal(origin, '1', root, ''))?.size).toBe(1);
  });

  it.each<[string, NoteVerifier, (text: string) => Uint8Array]>([
    ['Ed25519', verifier, key.sign],
    [
      'HMAC-SHA256',
      hmacVerifier(nodePrimitives, LOG, secret),
      (text) => createHmac('sha256', secret).update(text).digest(),
    ],
  ])('with any flipped bit is not read or not signed: %s', (what, by, sign) => {
    const signed = formatCheckpoint(CHECKPOINT, { name: LOG, keyId: by.keyId, signature: sign(TEXT) });
    const counts = { 'not UTF-8': 0, 'not read': 0, 'not signed': 0 };
    const verdict = (bytes: Uint8Array): keyof typeof counts | 'accepted' => {
      const text = decodeUtf8(bytes);
      if (text === undefined) return 'not UTF-8';
      const parsed = parseCheckpoint(text);
      if (parsed === undefined) return 'not read';
      expect(formatCheckpoint(parsed, parsed.signature)).toBe(text);
      const note = { text: parsed.text, signatures: parsed.signature === undefined ? [] : [parsed.signature] };
      return isSignedBy(note, by) ? 'accepted' : 'not signed';
    };
    expect(verdict(utf8.encode(signed))).toBe('accepted');
    for (const bytes of bitFlips(utf8.encode(signed))) {
      const answer = verdict(bytes);
      if (answer === 'accepted') expect.unreachable(`accepted: ${decodeUtf8(bytes)}`);
      counts[answer]++;
    }
    console.log(`Checkpoints: flipped bits of a seal, ${what}: ${JSON.stringify(counts)}`);
  });
});

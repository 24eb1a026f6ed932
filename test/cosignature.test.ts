import { describe, expect, it } from 'vitest';

import { encodeBase64, encodeHex } from '../src/base64.ts';
import { cosignatureIn, cosignatureToken, cosignedAt, witnessOf } from '../src/cosignature.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import { ed25519Verifier, parseNote } from '../src/note.ts';
import { bitFlips, testKey } from './ed25519-key.ts';
import { cosign, cosignerVkey } from './witness.ts';

const TEXT =
  'example.com/log/20261125T093000Z-0011223344556677\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const SECONDS = 1_764_063_000;

describe('a cosignature', () => {
  const witness = witnessOf(nodePrimitives, cosignerVkey('witness.example'));
  const { signature } = cosign('witness.example', TEXT, SECONDS);

  it('is over the time and the text of a checkpoint', () => {
    // c2sp.org/tlog-cosignature: `cosignature/v1`, a line with the time, and the note's text.
    const message = `cosignature/v1\ntime ${SECONDS}\n${TEXT}`;
    const time = new DataView(new ArrayBuffer(8));
    time.setBigUint64(0, BigInt(SECONDS));
    expect([...signature]).toEqual([...new Uint8Array(time.buffer), ...testKey('witness.example').sign(message)]);
    expect(witness.seenAt(TEXT, signature)).toBe(SECONDS * 1_000);
    expect(cosignedAt({ signature })).toBe(SECONDS * 1_000);
  });

  it('is over no other text, and no bit of it can be flipped', () => {
    expect(witness.seenAt(TEXT.replace('3\n', '4\n'), signature)).toBeUndefined();
    for (const flipped of bitFlips(signature)) expect(witness.seenAt(TEXT, flipped)).toBeUndefined();
    expect(witness.seenAt(TEXT, signature.subarray(1))).toBeUndefined();
    expect(witnessOf(nodePrimitives, cosignerVkey('other.example')).seenAt(TEXT, signature)).toBeUndefined();
  });

  it('is a token with the key id before it, as in the line of a note', () => {
    const keyId = Uint8Array.from(witness.keyId);
    const token = cosignatureToken({ keyId, signature });
    const parsed = parseNote(`${TEXT}\n\u2014 witness.example ${token}\n`)?.signatures[0];
    expect(parsed).toEqual({ name: 'witness.example', keyId, signature });
    expect(cosignatureIn(Uint8Array.from(atob(token), (char) => char.charCodeAt(0)))).toEqual({ keyId, signature });
    expect(cosignatureIn(signature)).toBeUndefined();
  });

  it('has a key of its own type', () => {
    const { publicKey } = testKey('witness.example');
    const plain = ed25519Verifier(nodePrimitives, 'witness.example', publicKey).vkey;
    expect(() => witnessOf(nodePrimitives, plain)).toThrow('is of type 0x01, and that of a witness is 0x04');
    expect(() => witnessOf(nodePrimitives, 'witness.example')).toThrow('no verifier key');
    const material = Uint8Array.of(4, ...new Uint8Array(32));
    const id = nodePrimitives.sha256(Uint8Array.of(...new TextEncoder().encode('weak\n'), ...material)).subarray(0, 4);
    expect(() => witnessOf(nodePrimitives, `weak+${encodeHex(id)}+${encodeBase64(material)}`)).toThrow('small order');
  });
});

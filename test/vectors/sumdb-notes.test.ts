import { createPrivateKey, sign } from 'node:crypto';

import { expect, it } from 'vitest';

import { checkpointText } from '../../src/checkpoint.ts';
import { leafHash } from '../../src/merkle.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { formatNote, parseNote, vkeyVerifier } from '../../src/note.ts';
import { isSignedBy } from '../signed-by.ts';
import { fromBase64, readVectors, vectors } from '../vectors.ts';

interface Notes {
  /** Go's published test key: `PRIVATE+KEY+name+id+base64(type ‖ seed)`. */
  readonly skey_peter: string;
  readonly badVkeys: readonly string[];
  readonly cases: readonly {
    readonly name: string;
    readonly note: string;
    readonly vkeys: readonly string[];
    readonly error?: 'malformed' | 'unverified' | 'invalid signature';
    readonly verified?: number;
    readonly origin?: string;
    readonly size?: number;
  }[];
  readonly formatTree: { readonly n: number; readonly record: string; readonly golden: string };
}

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

vectors('sumdb-notes', (folder) => {
  const { skey_peter, badVkeys, cases, formatTree } = readVectors<Notes>(folder, 'notes.json');

  it.each(cases)('opens or rejects: $name', ({ note, vkeys, error, verified, origin, size }) => {
    const parsed = parseNote(note);
    if (error === 'malformed') {
      expect(parsed).toBeUndefined();
      return;
    }
    if (parsed === undefined) expect.unreachable('well-formed, but rejected');
    expect(formatNote(parsed)).toBe(note);
    const signed = vkeys.filter((vkey) => isSignedBy(parsed, vkeyVerifier(nodePrimitives, vkey)));
    expect(signed.length).toBe(verified ?? 0);
    if (origin !== undefined) expect(parsed.text.startsWith(`${origin}\n${size}\n`)).toBe(true);
  });

  it.each(badVkeys)('refuses the vkey %s', (vkey) => {
    expect(() => vkeyVerifier(nodePrimitives, vkey)).toThrow(TypeError);
  });

  it('writes what golang.org/x/mod writes', () => {
    const peter = cases.find(({ name }) => name === 'peter');
    const seed = fromBase64(skey_peter.split('+').slice(4).join('+')).subarray(1);
    const key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' });
    const { name, keyId } = vkeyVerifier(nodePrimitives, peter?.vkeys[0] ?? '');
    const text = parseNote(peter?.note ?? '')?.text ?? '';
    const signature = sign(null, Buffer.from(text), key);
    expect(formatNote({ text, signatures: [{ name, keyId, signature }] })).toBe(peter?.note);

    const root = leafHash((bytes) => nodePrimitives.sha256(bytes), Buffer.from(formatTree.record));
    expect(checkpointText({ origin: 'go.sum database tree', size: formatTree.n, root })).toBe(formatTree.golden);

    expect(cases.length).toBe(12);
    console.log(`Signed notes, sumdb: ${cases.length} notes, ${badVkeys.length} bad vkeys, 1 note and 1 tree written`);
  });
});

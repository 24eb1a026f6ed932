import { expect, it } from 'vitest';

import { encodeBase64 } from '../../src/base64.ts';
import { checkpointText, formatCheckpoint, parseCheckpoint, type SignedCheckpoint } from '../../src/checkpoint.ts';
import { verifyConsistency } from '../../src/merkle.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { formatNote, parseNote, vkeyVerifier } from '../../src/note.ts';
import { isSignedBy } from '../signed-by.ts';
import { fromBase64, readVectors, vectors } from '../vectors.ts';

interface Exchange {
  /** c2sp.org/tlog-witness: `old <size>`, the consistency path, a blank line, the checkpoint. */
  readonly request: string;
  readonly status: number;
}

function parts(request: string): { old: number; path: Uint8Array[]; note: string } {
  const end = request.indexOf('\n\n');
  const [first = '', ...path] = request.slice(0, end).split('\n');
  return { old: Number(first.replace('old ', '')), path: path.map(fromBase64), note: request.slice(end + 2) };
}

const sha256 = (bytes: Uint8Array): Uint8Array => nodePrimitives.sha256(bytes);

vectors('torchwood-sumdb', (folder) => {
  const corpus = readVectors<{ vkeys: string[]; litewitness: Exchange[]; sumdb: Exchange[] }>(
    folder,
    'add-checkpoint.json',
  );

  it('verifies a real checkpoint of sum.golang.org', () => {
    const [exchange] = corpus.sumdb;
    const [vkey = ''] = corpus.vkeys;
    const { note } = parts(exchange?.request ?? '');
    const parsed = parseNote(note);
    if (parsed === undefined) expect.unreachable('well-formed, but rejected');
    const verifier = vkeyVerifier(nodePrimitives, vkey);
    expect(isSignedBy(parsed, verifier)).toBe(true);
    expect(isSignedBy({ ...parsed, text: parsed.text.replace('35225469', '35225468') }, verifier)).toBe(false);
    expect(formatNote(parsed)).toBe(note);
    const [origin = '', size, root = ''] = parsed.text.split('\n');
    expect(checkpointText({ origin, size: Number(size), root: fromBase64(root) })).toBe(parsed.text);
    // The origin of that log has spaces: not one of ours.
    expect(parseCheckpoint(note)).toBeUndefined();
    console.log(`Checkpoints, torchwood: 1 of sum.golang.org, size ${size}`);
  });

  it('reads the checkpoints of a witness conversation and decides their consistency paths', () => {
    // The public key of that log is not in the corpus: what a witness answers to a false signature (403) is not tested.
    const known = new Map<number, SignedCheckpoint>();
    const rejected: string[] = [];
    let proofs = 0;
    for (const { request, status } of corpus.litewitness) {
      const { old, path, note } = parts(request);
      const checkpoint = parseCheckpoint(note);
      if (checkpoint?.signature === undefined) {
        rejected.push(`${status} ${note.slice(-4, -1)}`);
        continue;
      }
      expect(formatCheckpoint(checkpoint, checkpoint.signature)).toBe(note);
      const before = known.get(old);
      if (before !== undefined && (status === 200 || status === 422)) {
        const proof = { first: old, second: checkpoint.size, path };
        const holds = verifyConsistency(sha256, proof, before.root, checkpoint.root);
        expect(holds, `${status}: ${encodeBase64(checkpoint.root)}`).toBe(status === 200);
        proofs++;
      }
      if (status === 200) known.set(checkpoint.size, checkpoint);
    }
    // Its base64 ends in stray bits, which Go's decoder drops: to the witness it is a false signature.
    expect(rejected).toEqual(['403 gx=']);
    expect([corpus.litewitness.length, proofs]).toEqual([9, 4]);
    console.log(`Checkpoints, torchwood: ${corpus.litewitness.length} of a witness test, ${proofs} consistency paths`);
  });
});

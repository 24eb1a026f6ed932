import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { verifyConsistency, verifyInclusion } from '../../src/merkle.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { fromBase64, readVectors, vectors } from '../vectors.ts';

interface Case {
  readonly desc: string;
  readonly wantErr: boolean;
  readonly proof: readonly string[] | null;
}

interface InclusionCase extends Case {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
}

interface ConsistencyCase extends Case {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
}

/** Proofs for the leaves `start` to `end`, of draft-ietf-plants-merkle-tree-certs. */
type SubtreeInclusionCase = Omit<InclusionCase, 'treeSize'> & { readonly start: number; readonly end: number };
type SubtreeConsistencyCase = Omit<ConsistencyCase, 'size1' | 'size2'> & {
  readonly start: number;
  readonly end: number;
  readonly size: number;
};

/** The one case whose roots are no hashes, and which is to hold. */
const DONT_CARE = join('additional', 'sizes-are-equal-one-and-proof-is-empty.json');

function read<Shape>(folder: string): [name: string, test: Shape][] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => [name, readVectors<Shape>(folder, name)]);
}

const sha256 = (bytes: Uint8Array): Uint8Array => nodePrimitives.sha256(bytes);

function inclusionHolds(test: Omit<InclusionCase, 'desc' | 'wantErr'>): boolean {
  const path = (test.proof ?? []).map(fromBase64);
  const proof = { leaf: fromBase64(test.leafHash), index: test.leafIdx, size: test.treeSize, path };
  return verifyInclusion(sha256, proof, fromBase64(test.root));
}

function consistencyHolds(test: Omit<ConsistencyCase, 'desc' | 'wantErr'>): boolean {
  const proof = { first: test.size1, second: test.size2, path: (test.proof ?? []).map(fromBase64) };
  return verifyConsistency(sha256, proof, fromBase64(test.root1), fromBase64(test.root2));
}

vectors('transparency-dev-merkle', (folder) => {
  const testdata = join(folder, 'testdata');

  it('decides every inclusion proof', () => {
    const cases = read<InclusionCase>(join(testdata, 'inclusion'));
    const wrong = cases.filter(([, test]) => inclusionHolds(test) === test.wantErr);
    expect(wrong.map(([name]) => name)).toEqual([]);
    expect(cases.length).toBe(98);
    console.log(`RFC 6962, transparency-dev: ${cases.length} inclusion proofs`);
  });

  it('decides every consistency proof', () => {
    const cases = read<ConsistencyCase>(join(testdata, 'consistency'));
    const different = cases.filter(([, test]) => consistencyHolds(test) === test.wantErr);
    // "don't care" stands for the roots of that one case: 12 bytes. Here a root that is no SHA-256 is refused, and the
    // case holds with one that is. A first size of 0 is refused there as here.
    expect(different.map(([name]) => name)).toEqual([DONT_CARE]);
    for (const [, test] of different) {
      const root = Buffer.from(sha256(fromBase64(test.root1))).toString('base64');
      expect(consistencyHolds({ ...test, root1: root, root2: root })).toBe(!test.wantErr);
    }
    expect(cases.filter(([, test]) => test.size1 === 0).every(([, test]) => test.wantErr)).toBe(true);
    expect(cases.length).toBe(98);
    console.log(
      `RFC 6962, transparency-dev: ${cases.length} consistency proofs, ${different.length} of them with roots that are ` +
        `no hashes, refused by design`,
    );
  });

  it('decides the subtree proofs that begin at leaf 0', () => {
    // A log, a segment and a pack know only trees that begin at their first line: where `start` is 0 the case is an
    // ordinary proof for a tree of `end` leaves. The others have no counterpart in the format and are left out.
    const inclusion = read<SubtreeInclusionCase>(join(testdata, 'subtreeinclusion'));
    const consistency = read<SubtreeConsistencyCase>(join(testdata, 'subtreeconsistency'));
    const included = inclusion.filter(([, test]) => test.start === 0);
    const consistent = consistency.filter(([, test]) => test.start === 0);
    expect(included.filter(([, test]) => inclusionHolds({ ...test, treeSize: test.end }) === test.wantErr)).toEqual([]);
    const different = consistent.filter(
      ([, test]) => consistencyHolds({ ...test, size1: test.end, size2: test.size }) === test.wantErr,
    );
    // An empty subtree is consistent with anything there. Here 0 leaves prove nothing and are left to the caller.
    expect(different.filter(([name, test]) => test.end !== 0 && name !== DONT_CARE)).toEqual([]);
    expect([included.length, consistent.length, different.length]).toEqual([101, 102, 3]);
    console.log(
      `RFC 6962, transparency-dev: subtree proofs from leaf 0: ${included.length} inclusion, ${consistent.length} ` +
        `consistency (${different.length} of them refused by design: size 0, roots that are no hashes); left out, as ` +
        `the format has no other subtrees: ${inclusion.length - included.length} + ${consistency.length - consistent.length}`,
    );
  });
});

import { describe, expect, it } from 'vitest';

import { encodeHex } from '../src/base64.ts';
import {
  CompactRange,
  consistencyPath,
  inclusionPath,
  leafHash,
  nodeHash,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../src/merkle.ts';
import { nodePrimitives } from '../src/node-primitives.ts';

/** Trees of 0 to 40 leaves: past five powers of two, and every shape between them. */
const MAX_LEAVES = 40;

/** Up to here every bit is flipped; above, one bit of every byte, which takes seconds instead of half a minute. */
const EVERY_BIT_LEAVES = 9;

const sha256 = (bytes: Uint8Array): Uint8Array => nodePrimitives.sha256(bytes);
const utf8 = new TextEncoder();

const leaves = Array.from({ length: MAX_LEAVES }, (_, index) => leafHash(sha256, utf8.encode(`line ${index}`)));
const sizes = Array.from({ length: MAX_LEAVES }, (_, index) => index + 1);

/** RFC 6962 §2.1: k is the largest power of two smaller than n. */
function splitOf(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

/** RFC 6962 §2.1, MTH(D[n]), over leaf hashes. */
function treeHash(part: readonly Uint8Array[]): Uint8Array {
  const [first] = part;
  if (first === undefined) return sha256(new Uint8Array(0));
  if (part.length === 1) return first;
  const left = splitOf(part.length);
  return nodeHash(sha256, treeHash(part.slice(0, left)), treeHash(part.slice(left)));
}

/** RFC 6962 §2.1.1, PATH(m, D[n]). */
function auditPath(index: number, part: readonly Uint8Array[]): Uint8Array[] {
  if (part.length <= 1) return [];
  const left = splitOf(part.length);
  if (index < left) return [...auditPath(index, part.slice(0, left)), treeHash(part.slice(left))];
  return [...auditPath(index - left, part.slice(left)), treeHash(part.slice(0, left))];
}

/** RFC 6962 §2.1.2, SUBPROOF(m, D[n], b). */
function subproof(known: number, part: readonly Uint8Array[], whole: boolean): Uint8Array[] {
  if (known === part.length) return whole ? [] : [treeHash(part)];
  const left = splitOf(part.length);
  if (known <= left) return [...subproof(known, part.slice(0, left), whole), treeHash(part.slice(left))];
  return [...subproof(known - left, part.slice(left), false), treeHash(part.slice(0, left))];
}

const roots = [0, ...sizes].map((size) => treeHash(leaves.slice(0, size)));

function rootOf(size: number): Uint8Array {
  const root = roots[size];
  if (root === undefined) throw new RangeError(`no tree of ${size}`);
  return root;
}

function leafOf(index: number): Uint8Array {
  const leaf = leaves[index];
  if (leaf === undefined) throw new RangeError(`no leaf ${index}`);
  return leaf;
}

/** The byte strings that differ from `bytes` in one bit: in any, or in one of each byte. */
function* bitFlips(bytes: Uint8Array, everyBit: boolean): Generator<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const at = bit >> 3;
    if (!everyBit && bit % 8 !== at % 8) continue;
    const flipped = Uint8Array.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit % 8));
    yield flipped;
  }
}

function* pathFlips(path: readonly Uint8Array[], everyBit: boolean): Generator<Uint8Array[]> {
  for (const [at, hash] of path.entries()) for (const flipped of bitFlips(hash, everyBit)) yield path.with(at, flipped);
}

/** Paths of another length: each hash left out, each repeated, a stranger before, after and between. */
function otherLengths(path: readonly Uint8Array[], ...strangers: readonly Uint8Array[]): Uint8Array[][] {
  const left = path.map((_, at) => path.toSpliced(at, 1));
  const repeated = path.map((hash, at) => path.toSpliced(at, 0, hash));
  const added = Array.from({ length: path.length + 1 }, (_, at) =>
    strangers.map((stranger) => path.toSpliced(at, 0, stranger)),
  ).flat();
  return [...left, ...repeated, ...added];
}

function hex(hashes: readonly Uint8Array[]): string[] {
  return hashes.map(encodeHex);
}

describe('the tree of RFC 6962', () => {
  it('prefixes leaves with 0x00 and nodes with 0x01', () => {
    const [left, right] = [leafOf(0), leafOf(1)];
    expect(encodeHex(leafHash(sha256, utf8.encode('line 0')))).toBe(encodeHex(sha256(utf8.encode('\0line 0'))));
    expect(encodeHex(nodeHash(sha256, left, right))).toBe(
      encodeHex(sha256(Uint8Array.from([0x01, ...left, ...right]))),
    );
  });

  it('grows to the root that the recursive definition gives', () => {
    const range = new CompactRange(sha256);
    expect(encodeHex(range.root())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    for (const size of sizes) {
      range.append(leafOf(size - 1));
      expect(range.size).toBe(size);
      expect(encodeHex(range.root())).toBe(encodeHex(rootOf(size)));
      expect(encodeHex(treeRoot(sha256, leaves.slice(0, size)))).toBe(encodeHex(rootOf(size)));
    }
  });
});

describe('inclusion', () => {
  const proofs = sizes.flatMap((size) =>
    Array.from({ length: size }, (_, index) => {
      const path = inclusionPath(sha256, leaves.slice(0, size), index);
      return { leaf: leafOf(index), index, size, path };
    }),
  );

  it('has the path of the definition, and it verifies', () => {
    for (const proof of proofs) {
      expect(hex(proof.path)).toEqual(hex(auditPath(proof.index, leaves.slice(0, proof.size))));
      expect(verifyInclusion(sha256, proof, rootOf(proof.size))).toBe(true);
    }
    console.log(`Merkle: ${proofs.length} inclusion paths, trees of 1 to ${MAX_LEAVES} leaves`);
  });

  it('fails for a flipped bit of path, leaf or root', () => {
    let flips = 0;
    for (const proof of proofs) {
      const root = rootOf(proof.size);
      const everyBit = proof.size <= EVERY_BIT_LEAVES;
      const held: boolean[] = [];
      for (const path of pathFlips(proof.path, everyBit)) held.push(verifyInclusion(sha256, { ...proof, path }, root));
      for (const leaf of bitFlips(proof.leaf, everyBit)) held.push(verifyInclusion(sha256, { ...proof, leaf }, root));
      for (const other of bitFlips(root, everyBit)) held.push(verifyInclusion(sha256, proof, other));
      expect(held.includes(true), `leaf ${proof.index} of ${proof.size}`).toBe(false);
      flips += held.length;
    }
    console.log(`Merkle: ${flips} bit flips of inclusion proofs`);
  });

  it('fails for a path of another length', () => {
    for (const proof of proofs) {
      const root = rootOf(proof.size);
      for (const path of otherLengths(proof.path, proof.leaf, root, rootOf(0))) {
        expect(verifyInclusion(sha256, { ...proof, path }, root)).toBe(false);
      }
    }
  });

  it('fails for a path that goes on above the root', () => {
    for (const proof of proofs) {
      const path = [...proof.path, leafOf(0)];
      for (const root of [
        nodeHash(sha256, leafOf(0), rootOf(proof.size)),
        nodeHash(sha256, rootOf(proof.size), leafOf(0)),
      ]) {
        expect(verifyInclusion(sha256, { ...proof, path }, root)).toBe(false);
      }
    }
  });

  it('fails for every other index', () => {
    for (const proof of proofs) {
      const root = rootOf(proof.size);
      for (let index = -1; index <= proof.size; index++) {
        expect(verifyInclusion(sha256, { ...proof, index }, root)).toBe(index === proof.index);
      }
    }
  });

  it('fails for every other size, unless the leaf stands under the same branches there', () => {
    // A root does not hold its tree's size: three leaves and four put their first leaf under two right siblings. The
    // signed checkpoint is what binds root and size; a caller takes both from there, never from the proof.
    const branches = (index: number, size: number): string => {
      if (size === 1) return '';
      const left = splitOf(size);
      return index < left ? `${branches(index, left)}R` : `${branches(index - left, size - left)}L`;
    };
    for (const proof of proofs) {
      const same = branches(proof.index, proof.size);
      for (let size = -1; size <= 2 * MAX_LEAVES; size++) {
        const holds = verifyInclusion(sha256, { ...proof, size }, rootOf(proof.size));
        const shouldHold = size > proof.index && branches(proof.index, size) === same;
        if (holds !== shouldHold) expect.unreachable(`leaf ${proof.index}: ${proof.size} as ${size}`);
      }
    }
  });

  it('fails for numbers that no tree has, and for hashes of another length', () => {
    const leaf = leafOf(0);
    const sound = { leaf, index: 0, size: 2, path: [leafOf(1)] };
    const root = rootOf(2);
    expect(verifyInclusion(sha256, sound, root)).toBe(true);
    for (const number of [-0.5, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(verifyInclusion(sha256, { ...sound, index: number }, root)).toBe(false);
      expect(verifyInclusion(sha256, { ...sound, size: number }, root)).toBe(false);
    }
    for (const bytes of [leaf.subarray(1), Uint8Array.from([...leaf, 0]), new Uint8Array(0)]) {
      expect(verifyInclusion(sha256, { ...sound, leaf: bytes }, root)).toBe(false);
      expect(verifyInclusion(sha256, { ...sound, path: [bytes] }, root)).toBe(false);
      expect(verifyInclusion(sha256, { ...sound, path: [] }, bytes)).toBe(false);
      // A tree of one leaf is its leaf: nothing of another length may pass as one.
      expect(verifyInclusion(sha256, { leaf: bytes, index: 0, size: 1, path: [] }, bytes)).toBe(false);
    }
    // 64 bytes that a node hash would take for two hashes: the attack that the prefixes and the length stop.
    const pair = Uint8Array.from([...leafOf(0), ...leafOf(1)]);
    expect(verifyInclusion(sha256, { leaf: pair, index: 0, size: 1, path: [] }, root)).toBe(false);
    expect(encodeHex(leafHash(sha256, pair))).not.toBe(encodeHex(root));
  });

  it('verifies in a tree of 2^53 - 1 leaves', () => {
    const size = Number.MAX_SAFE_INTEGER;
    // The last leaf is alone on the lowest level and a right child on the 52 above.
    const path = leaves.concat(leaves).slice(0, 52);
    const root = path.reduce((node, sibling) => nodeHash(sha256, sibling, node), leafOf(7));
    const proof = { leaf: leafOf(7), index: size - 1, size, path };
    expect(verifyInclusion(sha256, proof, root)).toBe(true);
    expect(verifyInclusion(sha256, { ...proof, path: path.slice(1) }, root)).toBe(false);
    expect(verifyInclusion(sha256, { ...proof, path: [...path, leafOf(0)] }, root)).toBe(false);
    expect(verifyInclusion(sha256, { ...proof, path: leaves.concat(leaves, leaves) }, root)).toBe(false);
  });

  it.each([-1, 0.5, 3, Number.NaN])('throws for the path of leaf %d in a tree of 3', (index) => {
    expect(() => inclusionPath(sha256, leaves.slice(0, 3), index)).toThrow(TypeError);
  });
});

describe('consistency', () => {
  const proofs = sizes.flatMap((second) =>
    Array.from({ length: second }, (_, index) => {
      const first = index + 1;
      return { first, second, path: consistencyPath(sha256, leaves.slice(0, second), first) };
    }),
  );

  it('has the path of the definition, and it verifies', () => {
    for (const { first, second, path } of proofs) {
      expect(hex(path)).toEqual(hex(subproof(first, leaves.slice(0, second), true)));
      expect(verifyConsistency(sha256, { first, second, path }, rootOf(first), rootOf(second))).toBe(true);
    }
    console.log(`Merkle: ${proofs.length} consistency paths, trees of 1 to ${MAX_LEAVES} leaves`);
  });

  it('fails for a flipped bit of path or roots', () => {
    let flips = 0;
    for (const proof of proofs) {
      const [first, second] = [rootOf(proof.first), rootOf(proof.second)];
      const everyBit = proof.second <= EVERY_BIT_LEAVES;
      const held: boolean[] = [];
      for (const path of pathFlips(proof.path, everyBit)) {
        held.push(verifyConsistency(sha256, { ...proof, path }, first, second));
      }
      for (const other of bitFlips(first, everyBit)) held.push(verifyConsistency(sha256, proof, other, second));
      for (const other of bitFlips(second, everyBit)) held.push(verifyConsistency(sha256, proof, first, other));
      expect(held.includes(true), `${proof.first} to ${proof.second}`).toBe(false);
      flips += held.length;
    }
    console.log(`Merkle: ${flips} bit flips of consistency proofs`);
  });

  it('fails for a path of another length', () => {
    for (const proof of proofs) {
      const [first, second] = [rootOf(proof.first), rootOf(proof.second)];
      for (const path of otherLengths(proof.path, first, second, rootOf(0))) {
        expect(verifyConsistency(sha256, { ...proof, path }, first, second)).toBe(false);
      }
    }
  });

  it('fails for a path that goes on above the roots', () => {
    for (const proof of proofs) {
      const path = [...proof.path, leafOf(0)];
      const above = [rootOf(proof.first), rootOf(proof.second)].flatMap((root) => [
        root,
        nodeHash(sha256, leafOf(0), root),
        nodeHash(sha256, root, leafOf(0)),
      ]);
      for (const first of above) {
        for (const second of above) {
          expect(verifyConsistency(sha256, { ...proof, path }, first, second)).toBe(false);
        }
      }
    }
  });

  it('fails for a tree that was rewritten', () => {
    for (const { first, second, path } of proofs) {
      // One leaf of the first tree is another one now, as after a deletion or an edit of what had been sealed.
      const rewritten = leaves.slice(0, second).with(first - 1, leafHash(sha256, utf8.encode('rewritten')));
      const root = treeHash(rewritten);
      expect(verifyConsistency(sha256, { first, second, path }, rootOf(first), root)).toBe(false);
      const newPath = consistencyPath(sha256, rewritten, first);
      expect(verifyConsistency(sha256, { first, second, path: newPath }, rootOf(first), root)).toBe(false);
    }
  });

  it('fails for other sizes, unless the first tree stands under the same branches there', () => {
    // As for inclusion: the sizes come from the signed checkpoints.
    const branches = (known: number, size: number, whole: boolean): string => {
      if (known === size) return whole ? '=' : '-';
      const left = splitOf(size);
      return known <= left ? `${branches(known, left, whole)}R` : `${branches(known - left, size - left, false)}L`;
    };
    for (const { first, second, path } of proofs) {
      const same = branches(first, second, true);
      for (let size = -1; size <= 2 * MAX_LEAVES; size++) {
        const grown = verifyConsistency(sha256, { first, second: size, path }, rootOf(first), rootOf(second));
        const shouldGrow = size >= first && branches(first, size, true) === same;
        if (grown !== shouldGrow) expect.unreachable(`${first} to ${second} as ${size}`);
        const known = verifyConsistency(sha256, { first: size, second, path }, rootOf(first), rootOf(second));
        const shouldKnow = size >= 1 && size <= second && branches(size, second, true) === same;
        if (known !== shouldKnow) expect.unreachable(`${first} as ${size} to ${second}`);
      }
    }
  });

  it('refuses a first tree without leaves: it proves nothing', () => {
    expect(consistencyPath(sha256, leaves, 0)).toEqual([]);
    for (const second of [0, 1, MAX_LEAVES]) {
      expect(verifyConsistency(sha256, { first: 0, second, path: [] }, rootOf(0), rootOf(second))).toBe(false);
    }
  });

  it('fails for numbers that no tree has, and for hashes of another length', () => {
    const sound = { first: 1, second: 2, path: [leafOf(1)] };
    const [first, second] = [rootOf(1), rootOf(2)];
    expect(verifyConsistency(sha256, sound, first, second)).toBe(true);
    for (const number of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(verifyConsistency(sha256, { ...sound, first: number }, first, second)).toBe(false);
      expect(verifyConsistency(sha256, { ...sound, second: number }, first, second)).toBe(false);
    }
    for (const bytes of [first.subarray(1), Uint8Array.from([...first, 0]), new Uint8Array(0)]) {
      expect(verifyConsistency(sha256, { ...sound, path: [bytes] }, first, second)).toBe(false);
      expect(verifyConsistency(sha256, sound, bytes, second)).toBe(false);
      expect(verifyConsistency(sha256, { first: 1, second: 1, path: [] }, bytes, bytes)).toBe(false);
    }
  });

  it.each([-1, 0.5, 4, Number.NaN])('throws for the path from size %d in a tree of 3', (size) => {
    expect(() => consistencyPath(sha256, leaves.slice(0, 3), size)).toThrow(TypeError);
  });
});

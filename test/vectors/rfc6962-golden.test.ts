import { expect, it } from 'vitest';

import { encodeHex } from '../../src/base64.ts';
import { CompactRange, leafHash, nodeHash, treeRoot } from '../../src/merkle.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { fromHex, readVectors, vectors } from '../vectors.ts';

interface GoldenTree {
  readonly leafInputsHex: readonly string[];
  readonly nodeHashesByLevelHex: readonly (readonly string[])[];
  readonly rootHashBySizeHex: readonly string[];
}

const sha256 = (bytes: Uint8Array): Uint8Array => nodePrimitives.sha256(bytes);

vectors('rfc6962-golden', (folder) => {
  it('is the tree of Certificate Transparency', () => {
    const golden = readVectors<GoldenTree>(folder, 'tree8.json');
    const leaves = golden.leafInputsHex.map((input) => leafHash(sha256, fromHex(input)));
    expect(leaves.length).toBe(8);

    let nodes = 0;
    let level = leaves;
    for (const expected of golden.nodeHashesByLevelHex) {
      expect(level.map(encodeHex)).toEqual(expected);
      nodes += expected.length;
      level = level.flatMap((left, index) => {
        const right = level[index + 1];
        return index % 2 === 0 && right !== undefined ? [nodeHash(sha256, left, right)] : [];
      });
    }

    const range = new CompactRange(sha256);
    const roots = [encodeHex(range.root())];
    for (const leaf of leaves) {
      range.append(leaf);
      roots.push(encodeHex(range.root()));
    }
    expect(roots).toEqual(golden.rootHashBySizeHex);
    expect(roots).toEqual(roots.map((_, size) => encodeHex(treeRoot(sha256, leaves.slice(0, size)))));
    console.log(`RFC 6962, golden tree: ${nodes} nodes, ${roots.length} roots`);
  });
});

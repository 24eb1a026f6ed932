import { fc } from './fast-check.ts';
import { expect, test } from 'vitest';

import { AuditPaths } from '../src/audit-paths.ts';
import { inclusionPath, leafHash } from '../src/merkle.ts';
import { nodePrimitives } from '../src/node-primitives.ts';

const { sha256 } = nodePrimitives;
const leaves = (size: number): Uint8Array[] =>
  Array.from({ length: size }, (_, index) => leafHash(sha256, Uint8Array.of(index, index >> 8)));

test('a growing tree keeps the paths of the leaves that are asked for, and they are those of RFC 6962', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 80 })
        .chain((size) => fc.tuple(fc.constant(size), fc.uniqueArray(fc.nat(size - 1), { minLength: 1 }))),
      ([size, wanted]) => {
        const all = leaves(size);
        const paths = new AuditPaths(sha256);
        for (const [index, leaf] of all.entries()) paths.append(leaf, wanted.includes(index));
        expect(paths.size).toBe(size);
        for (const index of wanted) expect(paths.path(index)).toEqual(inclusionPath(sha256, all, index));
      },
    ),
    { numRuns: 60, endOnFailure: true },
  );
});

test('no path is made up for a leaf that nobody asked for, or that is not there', () => {
  const paths = new AuditPaths(sha256);
  for (const [index, leaf] of leaves(8).entries()) paths.append(leaf, index === 3);
  expect(() => paths.path(6)).toThrow(TypeError);
  expect(() => paths.path(8)).toThrow(TypeError);
});

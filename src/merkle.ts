import { sameBytes } from './base64.ts';
import type { Primitives } from './primitives.ts';

/**
 * The Merkle tree of RFC 6962 §2.1 over the lines of a segment: leaves are SHA-256(0x00 ‖ line), nodes
 * SHA-256(0x01 ‖ left ‖ right). Hashes are 32 bytes.
 */

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;
export const HASH_BYTES = 32;

type Sha256 = Primitives['sha256'];

/**
 * What is hashed is put together here: both hashes are synchronous, and a buffer for each would be most of what a pass
 * over a log allocates.
 */
const leafBytes = new Uint8Array(65_536);
const nodeBytes = new Uint8Array(1 + 2 * HASH_BYTES);
leafBytes[0] = LEAF_PREFIX;
nodeBytes[0] = NODE_PREFIX;

/** RFC 6962 leaf hash of one line, without its `\n`. */
export function leafHash(sha256: Sha256, line: Uint8Array): Uint8Array {
  const bytes = line.length < leafBytes.length ? leafBytes : new Uint8Array(line.length + 1);
  bytes.set(line, 1);
  return sha256(bytes.subarray(0, line.length + 1));
}

/** RFC 6962 hash of an inner node. */
export function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeBytes.set(left, 1);
  nodeBytes.set(right, 1 + HASH_BYTES);
  return sha256(nodeBytes);
}

/** A growing tree as its frontier: the roots of its perfect subtrees, at most one for each bit of its size. */
export class CompactRange {
  readonly #sha256: Sha256;
  readonly #frontier: Uint8Array[] = [];
  #size = 0;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  get size(): number {
    return this.#size;
  }

  /** The same range, growing on its own from here. */
  copy(): CompactRange {
    const copy = new CompactRange(this.#sha256);
    copy.#frontier.push(...this.#frontier);
    copy.#size = this.#size;
    return copy;
  }

  /** Appends a leaf by its hash. */
  append(leaf: Uint8Array): void {
    let node = leaf;
    // A trailing one bit of the size is a subtree of that height waiting for its right sibling.
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) {
      const left = this.#frontier.pop();
      if (left !== undefined) node = nodeHash(this.#sha256, left, node);
    }
    this.#frontier.push(node);
    this.#size++;
  }

  /** The root of the leaves so far; that of no leaves is SHA-256 of nothing. */
  root(): Uint8Array {
    return (
      this.#frontier.reduceRight<Uint8Array | undefined>(
        (right, left) => (right === undefined ? left : nodeHash(this.#sha256, left, right)),
        undefined,
      ) ?? this.#sha256(new Uint8Array(0))
    );
  }
}

/** The largest power of two below `size`: where RFC 6962 §2.1 splits a tree. */
function split(size: number): number {
  let left = 1;
  while (left * 2 < size) left *= 2;
  return left;
}

/** The root over leaf hashes. */
export function treeRoot(sha256: Sha256, leaves: readonly Uint8Array[]): Uint8Array {
  const range = new CompactRange(sha256);
  for (const leaf of leaves) range.append(leaf);
  return range.root();
}

/** The audit path of leaf `index` in the tree over `leaves`, leaf to root (RFC 6962 §2.1.1). */
export function inclusionPath(sha256: Sha256, leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
    throw new TypeError(`Leaf ${index} is not in a tree of ${leaves.length}; give an index from 0 to its size - 1.`);
  }
  if (leaves.length === 1) return [];
  const left = split(leaves.length);
  return index < left
    ? [...inclusionPath(sha256, leaves.slice(0, left), index), treeRoot(sha256, leaves.slice(left))]
    : [...inclusionPath(sha256, leaves.slice(left), index - left), treeRoot(sha256, leaves.slice(0, left))];
}

/** The consistency path from the first `size` leaves to all of them (RFC 6962 §2.1.2); empty for 0 and for all. */
export function consistencyPath(sha256: Sha256, leaves: readonly Uint8Array[], size: number): Uint8Array[] {
  if (!Number.isInteger(size) || size < 0 || size > leaves.length) {
    throw new TypeError(`A tree of ${leaves.length} leaves had no size ${size}; give a size from 0 to its own.`);
  }
  const path = (part: readonly Uint8Array[], known: number, whole: boolean): Uint8Array[] => {
    if (known === part.length) return whole ? [] : [treeRoot(sha256, part)];
    const left = split(part.length);
    return known <= left
      ? [...path(part.slice(0, left), known, whole), treeRoot(sha256, part.slice(left))]
      : [...path(part.slice(left), known - left, false), treeRoot(sha256, part.slice(0, left))];
  };
  return size === 0 ? [] : path(leaves, size, true);
}

/** Checks an audit path (RFC 9162 §2.1.3.2). False for any path of another length than the tree's shape asks for. */
export function verifyInclusion(
  sha256: Sha256,
  proof: {
    readonly leaf: Uint8Array;
    readonly index: number;
    readonly size: number;
    readonly path: readonly Uint8Array[];
  },
  root: Uint8Array,
): boolean {
  const { leaf, index, size, path } = proof;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  if (leaf.length !== HASH_BYTES || path.some((hash) => hash.length !== HASH_BYTES)) return false;
  let position = index;
  let last = size - 1;
  let node = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      node = nodeHash(sha256, sibling, node);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      node = nodeHash(sha256, node, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameBytes(node, root);
}

/**
 * Checks that a tree of `second` leaves extends one of `first` leaves (RFC 9162 §2.1.4.2). A `first` of 0 extends to
 * anything and proves nothing: it is refused here and left to the caller.
 */
export function verifyConsistency(
  sha256: Sha256,
  proof: { readonly first: number; readonly second: number; readonly path: readonly Uint8Array[] },
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
): boolean {
  const { first, second, path } = proof;
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(second) || first < 1 || second < first) return false;
  if ([firstRoot, secondRoot, ...path].some((hash) => hash.length !== HASH_BYTES)) return false;
  if (first === second) return path.length === 0 && sameBytes(firstRoot, secondRoot);
  let position = first - 1;
  let last = second - 1;
  while (position % 2 === 1) {
    position = (position - 1) / 2;
    last = Math.floor(last / 2);
  }
  // A first tree that is perfect is itself the start of the path and not repeated in it.
  const hashes = position === 0 ? [firstRoot, ...path] : [...path];
  const seed = hashes.shift();
  if (seed === undefined) return false;
  let old = seed;
  let grown = seed;
  for (const sibling of hashes) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      old = nodeHash(sha256, sibling, old);
      grown = nodeHash(sha256, sibling, grown);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      grown = nodeHash(sha256, grown, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameBytes(old, firstRoot) && sameBytes(grown, secondRoot);
}

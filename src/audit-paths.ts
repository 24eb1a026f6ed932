import { nodeHash } from './merkle.ts';
import type { Primitives } from './primitives.ts';

/** A perfect subtree: which one of its height from the left, and whether it holds a leaf that is asked for. */
interface Subtree {
  readonly hash: Uint8Array;
  readonly level: number;
  readonly index: number;
  readonly wanted: boolean;
}

/**
 * A growing tree that keeps the audit paths of chosen leaves (RFC 6962 §2.1.1): of all others no more than the frontier.
 * So much is kept as is in the paths, at most the logarithm of the tree's size for each leaf that is asked for.
 */
export class AuditPaths {
  readonly #sha256: Primitives['sha256'];
  /** Perfect subtrees from left to right, each smaller than the one before. */
  readonly #frontier: Subtree[] = [];
  readonly #siblings = new Map<string, Uint8Array>();
  #size = 0;

  constructor(sha256: Primitives['sha256']) {
    this.#sha256 = sha256;
  }

  get size(): number {
    return this.#size;
  }

  /** Appends a leaf by its hash. */
  append(hash: Uint8Array, wanted: boolean): void {
    let node: Subtree = { hash, level: 0, index: this.#size, wanted };
    this.#size++;
    for (let left = this.#frontier.at(-1); left?.level === node.level; left = this.#frontier.at(-1)) {
      this.#frontier.pop();
      if (left.wanted) this.#siblings.set(nameOf(node.level, node.index), node.hash);
      if (node.wanted) this.#siblings.set(nameOf(left.level, left.index), left.hash);
      node = {
        hash: nodeHash(this.#sha256, left.hash, node.hash),
        level: node.level + 1,
        index: left.index / 2,
        wanted: left.wanted || node.wanted,
      };
    }
    this.#frontier.push(node);
  }

  /**
   * The audit path of a leaf in the tree as it is now, leaf to root.
   *
   * @throws TypeError for a leaf that was not asked for
   */
  path(leaf: number): Uint8Array[] {
    const at = this.#frontier.findIndex(({ level, index }) => Math.floor(leaf / 2 ** level) === index);
    const subtree = this.#frontier[at];
    if (subtree === undefined) throw new TypeError(`Leaf ${leaf} is not in a tree of ${this.#size}.`);
    const path: Uint8Array[] = [];
    for (let level = 0, index = leaf; level < subtree.level; level++, index = Math.floor(index / 2)) {
      const sibling = this.#siblings.get(nameOf(level, index % 2 === 0 ? index + 1 : index - 1));
      if (sibling === undefined) throw new TypeError(`The path of leaf ${leaf} was not asked for.`);
      path.push(sibling);
    }
    const right = this.#frontier
      .slice(at + 1)
      .reduceRight<Uint8Array | undefined>(
        (hash, { hash: left }) => (hash === undefined ? left : nodeHash(this.#sha256, left, hash)),
        undefined,
      );
    if (right !== undefined) path.push(right);
    for (const { hash } of this.#frontier.slice(0, at).toReversed()) path.push(hash);
    return path;
  }
}

function nameOf(level: number, index: number): string {
  return `${level}/${index}`;
}

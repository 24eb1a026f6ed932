import { sameBytes } from '../base64.ts';

/** The seals of a segment that are remembered, so that an anchor can be held against the one it vouches for. */

const ROOT_BYTES = 32;
/** Some 0.8 MB. An hour and more at one seal a second; what was sealed earlier is covered by every later seal. */
const MAX_SEALS = 16_384;

export interface KnownSeal {
  readonly isRoot: boolean;
  /** The time in the entry of the seal, as Unix milliseconds. */
  readonly sealedAt: number;
}

export class SealIndex {
  #sizes: number[] = [];
  #times: number[] = [];
  #roots = new Uint8Array(64 * ROOT_BYTES);
  #isTrimmed = false;

  get count(): number {
    return this.#sizes.length;
  }

  /** The next seal, which covers more than those before it. */
  add(size: number, root: Uint8Array, ts: string): void {
    if (this.count === MAX_SEALS) this.trim(MAX_SEALS / 2);
    const at = this.count * ROOT_BYTES;
    if (at === this.#roots.length) {
      const longer = new Uint8Array(2 * at);
      longer.set(this.#roots);
      this.#roots = longer;
    }
    this.#roots.set(root, at);
    this.#sizes.push(size);
    this.#times.push(Date.parse(ts));
  }

  /** Forgets all but the newest. */
  trim(keep: number): void {
    const cut = this.count - keep;
    if (cut <= 0) return;
    this.#isTrimmed = true;
    this.#sizes = this.#sizes.slice(cut);
    this.#times = this.#times.slice(cut);
    this.#roots = this.#roots.slice(cut * ROOT_BYTES, (cut + keep) * ROOT_BYTES);
  }

  /** The seal over so many lines, and whether this is the root in it; `forgotten` for one that may have been. */
  find(size: number, root: Uint8Array): KnownSeal | 'forgotten' | undefined {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sizes[middle] ?? 0) < size) low = middle + 1;
      else high = middle;
    }
    if (low === 0 && this.#isTrimmed && this.#sizes[0] !== size) return 'forgotten';
    if (this.#sizes[low] !== size) return undefined;
    const known = this.#roots.subarray(low * ROOT_BYTES, (low + 1) * ROOT_BYTES);
    return { isRoot: sameBytes(known, root), sealedAt: this.#times[low] ?? 0 };
  }
}

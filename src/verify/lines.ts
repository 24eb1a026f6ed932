/**
 * Cuts a stream of bytes into lines, in one pass and with bounded memory: a line that grows beyond the limit is given
 * out as its first bytes, too long to be anything, and the rest of it is skipped.
 */

const NEW_LINE = 0x0a;

export interface Line {
  /** Without the `\n`. A view of the input: gone with the next line. */
  readonly bytes: Uint8Array;
  /** False for what stands behind the last `\n`. */
  readonly terminated: boolean;
}

export class LineSplitter {
  readonly #maxBytes: number;
  /** The beginning of a line that the pieces so far did not end. */
  #held: Uint8Array = new Uint8Array(0);

  /** @param maxBytes - longest line, without its `\n`, that is kept whole */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that a piece ends. */
  *push(piece: Uint8Array): Generator<Line> {
    let start = 0;
    for (let end = piece.indexOf(NEW_LINE); end >= 0; end = piece.indexOf(NEW_LINE, start)) {
      const tail = piece.subarray(start, end);
      yield { bytes: this.#held.length === 0 ? tail : this.#join(tail), terminated: true };
      this.#held = new Uint8Array(0);
      start = end + 1;
    }
    if (start < piece.length) this.#held = Uint8Array.from(this.#join(piece.subarray(start)));
  }

  /** What stands behind the last `\n`; empty in a file that ends as it should. */
  end(): Uint8Array {
    return this.#held;
  }

  #join(tail: Uint8Array): Uint8Array {
    // One byte more than allowed says "too long" as well as a gigabyte does.
    const room = this.#maxBytes + 1 - this.#held.length;
    const kept = tail.length > room ? tail.subarray(0, Math.max(0, room)) : tail;
    if (this.#held.length === 0) return kept;
    const joined = new Uint8Array(this.#held.length + kept.length);
    joined.set(this.#held);
    joined.set(kept, this.#held.length);
    return joined;
  }
}

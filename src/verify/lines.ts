import { sha256 } from '@noble/hashes/sha2.js';

import { encodeHex } from '../base64.ts';

/**
 * Cuts a stream of bytes into lines, in one pass and with bounded memory: a line that grows beyond the limit is given
 * out as its first bytes, too long to be anything, and the rest of it is skipped.
 */

const NEW_LINE = 0x0a;

/** Room for the beginning of a line; doubled as it grows, so that pieces of one byte cost no more than large ones. */
const FIRST_BUFFER_BYTES = 4_096;

/** Where there is a `Buffer`, its search takes a quarter of the time; its views, one a line, take ten times as long. */
function searchable(bytes: Uint8Array): Uint8Array {
  return typeof Buffer === 'undefined' ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

export interface Line {
  /** Without the `\n`. A view of the input: gone with the next line. */
  readonly bytes: Uint8Array;
}

/** What stands behind the last `\n` of a file that does not end as it should: all of it, however long. */
export interface Torn {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export class LineSplitter {
  readonly #maxBytes: number;
  /** The beginning of a line that the pieces so far did not end, up to one byte more than the limit. */
  #held: Uint8Array = new Uint8Array(0);
  #heldBytes = 0;
  #lineBytes = 0;
  /** Of a line that is longer than what is held of it. */
  #hash: ReturnType<typeof sha256.create> | undefined;

  /** @param maxBytes - longest line, without its `\n`, that is kept whole */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that a piece ends. */
  *push(piece: Uint8Array): Generator<Line> {
    let start = 0;
    const searched = searchable(piece);
    for (let end = searched.indexOf(NEW_LINE); end >= 0; end = searched.indexOf(NEW_LINE, start)) {
      const tail = piece.subarray(start, end);
      start = end + 1;
      if (this.#lineBytes === 0) {
        yield { bytes: tail.length > this.#maxBytes ? tail.subarray(0, this.#maxBytes + 1) : tail };
      } else {
        this.#hold(tail);
        yield { bytes: this.unfinished };
        this.#heldBytes = 0;
        this.#lineBytes = 0;
        this.#hash = undefined;
      }
    }
    this.#hold(piece.subarray(start));
  }

  /** The beginning of what stands behind the last `\n` so far: a view, gone with the next piece. */
  get unfinished(): Uint8Array {
    return this.#held.subarray(0, this.#heldBytes);
  }

  /** What stands behind the last `\n`; `undefined` for a file that ends as it should. */
  end(): Torn | undefined {
    if (this.#lineBytes === 0) return undefined;
    const digest = this.#hash === undefined ? sha256(this.unfinished) : this.#hash.clone().digest();
    return { bytes: this.#lineBytes, sha256: encodeHex(digest) };
  }

  #hold(bytes: Uint8Array): void {
    // One byte more than allowed says "too long" as well as a gigabyte does.
    const kept = bytes.subarray(0, this.#maxBytes + 1 - this.#heldBytes);
    if (kept.length < bytes.length) {
      this.#hash ??= sha256.create().update(this.unfinished);
      this.#hash.update(bytes);
    }
    this.#lineBytes += bytes.length;
    if (kept.length === 0) return;
    const needed = this.#heldBytes + kept.length;
    if (needed > this.#held.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#held.length, FIRST_BUFFER_BYTES));
      grown.set(this.unfinished);
      this.#held = grown;
    }
    this.#held.set(kept, this.#heldBytes);
    this.#heldBytes = needed;
  }
}

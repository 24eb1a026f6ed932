import { digestOf, disclosedValue, parseDisclosureLine } from '../disclosure.ts';
import type { Primitives } from '../primitives.ts';
import { MAX_DISCLOSURE_LINE_BYTES } from '../withheld.ts';
import { LineSplitter } from './lines.ts';

/** A disclosure, without what it discloses. */
export interface Disclosed {
  readonly line: number;
  readonly pointer: string;
  readonly digest: string;
  /** Whether it discloses a value. */
  readonly whole: boolean;
}

/**
 * Lines are in the order of the entries, but for those that a writer wrote while its file was replaced: so many lines
 * they may be off.
 */
const AHEAD = 4_096;

/** The disclosures of one segment, read along with its entries: memory does not grow with their number. */
export class DisclosureLines {
  readonly #primitives: Pick<Primitives, 'sha256'>;
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #limit: number;
  readonly #splitter = new LineSplitter(MAX_DISCLOSURE_LINE_BYTES);
  readonly #waiting = new Map<number, Disclosed[]>();
  #waitingCount = 0;
  #asked = -1;
  #greatest = -1;
  #ended = false;
  #lines = 0;

  /** @param limit - entries from this one on are nobody's concern yet */
  constructor(primitives: Pick<Primitives, 'sha256'>, bytes: AsyncIterable<Uint8Array>, limit: number) {
    this.#primitives = primitives;
    this.#limit = limit;
    this.#pieces = bytes[Symbol.asyncIterator]();
  }

  /** All lines that concern us so far; what stands behind the last `\n` is one. */
  get lines(): number {
    return this.#lines;
  }

  /** What is disclosed of an entry. Entries are asked for in ascending order. */
  async of(seq: number): Promise<readonly Disclosed[]> {
    this.#asked = seq;
    while (!this.#ended && (this.#greatest <= seq || this.#waitingCount < AHEAD)) await this.#read();
    const found = this.#waiting.get(seq) ?? [];
    this.#waiting.delete(seq);
    this.#waitingCount -= found.length;
    return found;
  }

  /** Reads to the end. */
  async end(): Promise<void> {
    this.#asked = Number.POSITIVE_INFINITY;
    while (!this.#ended) await this.#read();
  }

  async #read(): Promise<void> {
    const { done, value } = await this.#pieces.next();
    if (done === true) {
      if (this.#splitter.end() !== undefined && this.#limit === Number.POSITIVE_INFINITY) this.#lines++;
      this.#ended = true;
      return;
    }
    for (const { bytes } of this.#splitter.push(value)) this.#line(bytes);
    if (this.#waitingCount >= AHEAD) this.#dropPassed();
  }

  #line(bytes: Uint8Array): void {
    const parsed = parseDisclosureLine(bytes);
    if (parsed !== undefined && parsed.seq >= this.#limit) return;
    this.#lines++;
    if (parsed === undefined || parsed.seq < this.#asked) return;
    const { disclosure, pointer, seq } = parsed;
    const disclosed = {
      line: this.#lines,
      pointer,
      digest: digestOf(this.#primitives, disclosure),
      whole: disclosedValue(disclosure) !== undefined,
    };
    const before = this.#waiting.get(seq);
    if (before === undefined) this.#waiting.set(seq, [disclosed]);
    else before.push(disclosed);
    this.#waitingCount++;
    this.#greatest = Math.max(this.#greatest, seq);
  }

  /** What belongs to entries that were passed over. */
  #dropPassed(): void {
    for (const [seq, disclosed] of this.#waiting) {
      if (seq >= this.#asked) continue;
      this.#waiting.delete(seq);
      this.#waitingCount -= disclosed.length;
    }
  }
}

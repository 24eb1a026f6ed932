import { digestOf, disclosedValue, parseDisclosureLine } from '../src/disclosure.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import { READ_BYTES, type SegmentReader, type Sink } from '../src/sink.ts';
import { LineSplitter } from '../src/verify/lines.ts';
import { MAX_DISCLOSURE_LINE_BYTES } from '../src/withheld.ts';

const NEW_LINE = 0x0a;

interface Found {
  readonly position: number;
  readonly bytes: number;
}

/** Where in a file of disclosures each one stands: they are read when they are wanted, a megabyte each. */
export class DisclosureIndex {
  readonly #reader: SegmentReader | undefined;
  readonly #found = new Map<string, Found>();

  /** @throws what the sink says */
  constructor(sink: Sink, segment: string) {
    this.#reader = sink.disclosures?.open(segment);
    if (this.#reader === undefined) return;
    for (const { position, line } of disclosureLinesOf(this.#reader)) {
      const parsed = parseDisclosureLine(line);
      if (parsed === undefined) continue;
      const { seq, pointer, disclosure } = parsed;
      this.#found.set(keyOf(seq, pointer, digestOf(nodePrimitives, disclosure)), { position, bytes: line.length });
    }
  }

  has(seq: number, pointer: string, digest: string): boolean {
    return this.#found.has(keyOf(seq, pointer, digest));
  }

  /** The disclosure of a value; `undefined` if it is not there, or is none. */
  get(seq: number, pointer: string, digest: string): string | undefined {
    const found = this.#found.get(keyOf(seq, pointer, digest));
    if (found === undefined) return undefined;
    const line = new Uint8Array(found.bytes);
    for (let read = 0; read < line.length;) {
      const count = this.#reader?.read(line.subarray(read), found.position + read) ?? 0;
      if (count === 0) return undefined;
      read += count;
    }
    const disclosure = parseDisclosureLine(line)?.disclosure;
    return disclosure === undefined || disclosedValue(disclosure) === undefined ? undefined : disclosure;
  }

  close(): void {
    this.#reader?.close();
  }
}

function keyOf(seq: number, pointer: string, digest: string): string {
  return `${seq} ${pointer} ${digest}`;
}

/** The lines of a file, and where each begins; after them, whether half a line follows. */
export function* disclosureLinesOf(
  reader: SegmentReader,
): Generator<{ readonly position: number; readonly line: Uint8Array }, boolean> {
  const splitter = new LineSplitter(MAX_DISCLOSURE_LINE_BYTES);
  const buffer = new Uint8Array(READ_BYTES);
  let start = 0;
  for (let position = 0; ;) {
    const count = reader.read(buffer, position);
    if (count === 0) return splitter.end() !== undefined;
    let end = -1;
    for (const { bytes } of splitter.push(buffer.subarray(0, count))) {
      end = buffer.indexOf(NEW_LINE, end + 1);
      yield { position: start, line: bytes };
      start = position + end + 1;
    }
    position += count;
  }
}

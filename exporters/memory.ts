import type { Entry } from '../src/entry.ts';
import type { DisclosureStore, SegmentReader, SegmentWriter, Sink } from '../src/sink.ts';

const NEW_LINE = 0x0a;

/** A sink that keeps its segments in memory: for a user's own tests. */
export interface MemorySink extends Sink {
  /** All entries so far, parsed: segment after segment, in order. */
  entries(): Entry[];
  /** The bytes of one segment so far, as a file of it would hold them. */
  bytes(segment: string): Uint8Array;
}

/** What entries withhold, in memory. */
function memoryDisclosures(kept: Map<string, MemoryBytes>): DisclosureStore {
  return {
    list: () => [...kept.keys()].sort(),
    open(segment) {
      const found = kept.get(segment);
      return found === undefined ? undefined : new MemoryReader(found.bytes());
    },
    keep(segment, keeps) {
      const lines = Buffer.from(kept.get(segment)?.bytes() ?? []);
      const left = new MemoryBytes();
      for (
        let start = 0, end = lines.indexOf(NEW_LINE);
        end >= 0;
        start = end + 1, end = lines.indexOf(NEW_LINE, start)
      ) {
        if (keeps(lines.subarray(start, end))) left.append(lines.subarray(start, end + 1));
      }
      kept.set(segment, left);
    },
    remove: (segment) => void kept.delete(segment),
  };
}

/** Keeps a log in memory instead of in files. What it holds is gone with the process. */
export function memorySink(): MemorySink {
  const segments = new Map<string, MemorySegment>();
  const disclosures = new Map<string, MemoryBytes>();
  const find = (segment: string): MemorySegment => {
    const found = segments.get(segment);
    if (found === undefined) throw new Error(`no segment ${segment} in memory`);
    return found;
  };
  const list = (): string[] => [...segments.keys()].sort();
  return {
    location: 'memory',
    prepare() {},
    list,
    create(segment) {
      if (segments.has(segment)) throw new Error(`segment ${segment} exists`);
      const created = new MemorySegment((bytes) => {
        const kept = disclosures.get(segment) ?? new MemoryBytes();
        disclosures.set(segment, kept);
        kept.append(bytes);
      });
      segments.set(segment, created);
      return created;
    },
    open: (segment) => new MemoryReader(find(segment).bytes()),
    remove: (segment) => void segments.delete(segment),
    disclosures: memoryDisclosures(disclosures),
    bytes: (segment) => find(segment).bytes(),
    entries: () =>
      list().flatMap((segment) =>
        Buffer.from(find(segment).bytes())
          .toString('utf8')
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Entry),
      ),
  };
}

class MemoryBytes {
  #pieces: Uint8Array[] = [];

  append(bytes: Uint8Array): void {
    this.#pieces.push(Uint8Array.from(bytes));
  }

  bytes(): Uint8Array {
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }
}

class MemorySegment extends MemoryBytes implements SegmentWriter {
  readonly torn = false;
  readonly disclose: (bytes: Uint8Array) => void;

  constructor(disclose: (bytes: Uint8Array) => void) {
    super();
    this.disclose = disclose;
  }

  async sync(): Promise<void> {}

  syncNow(): void {}

  isInPlace(): boolean {
    return true;
  }

  close(): void {}
}

class MemoryReader implements SegmentReader {
  readonly #content: Uint8Array;

  constructor(content: Uint8Array) {
    this.#content = content;
  }

  get bytes(): number {
    return this.#content.length;
  }

  read(target: Uint8Array, position: number): number {
    const piece = this.#content.subarray(position, position + target.length);
    target.set(piece);
    return piece.length;
  }

  close(): void {}
}

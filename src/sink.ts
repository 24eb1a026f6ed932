import { SpansealError } from './error.ts';

/**
 * Where segments are kept. The log writes through it synchronously and in order; a sink keeps bytes and knows nothing
 * of entries. `directory` (the segment files of `spanseal/exporters`) and `memorySink()` are the two of this package.
 */
export interface Sink {
  /** Names the place in messages. */
  readonly location: string;
  /** Makes the place ready and proves that it can be written, without creating a segment. @throws what the system says */
  prepare(): void;
  /** Names of all segments, ascending. */
  list(): readonly string[];
  /** Creates a segment that must not exist yet. @throws what the system says */
  create(segment: string): SegmentWriter;
  /** Opens a segment for reading, as far as it is written now. @throws what the system says */
  open(segment: string): SegmentReader;
  /** Removes a segment for good, after retention has retired it. A sink without it is not pruned. @throws what the system says */
  remove?(segment: string): void;
  /** Where values are kept that entries withhold. A sink without it, or without `disclose`, keeps no log that withholds. */
  readonly disclosures?: DisclosureStore;
}

/** Values that entries withhold, apart from the segments: what is in here can be erased. */
export interface DisclosureStore {
  /** The segments that there are disclosures of, ascending; their entries may be gone. */
  list(): readonly string[];
  /** Opens what is disclosed of a segment; `undefined` if there is nothing. @throws what the system says */
  open(segment: string): SegmentReader | undefined;
  /**
   * Keeps of the disclosures of a segment only some lines. The others are gone from stable storage when it returns,
   * also where a process is adding lines meanwhile; those are kept, and kept in.
   *
   * @param keeps - asked for each line, without its `\n`
   * @throws SpansealError `ERASURE_FAILED`; then all lines are there
   */
  keep(segment: string, keeps: (line: Uint8Array) => boolean): void;
  /** Removes all disclosures of a segment. @throws what the system says */
  remove(segment: string): void;
}

/** One segment being written. Only whole lines, each ended by `\n`, are appended. */
export interface SegmentWriter {
  /**
   * Appends all of the bytes or none: after a short write the segment is cut back.
   *
   * @throws what the system says; if the cut fails too, {@link SegmentWriter.torn} is true from then on
   */
  append(bytes: Uint8Array): void;
  /** Adds whole lines to the disclosures of the segment; `sync` makes them stable before the segment's own bytes. */
  disclose?(bytes: Uint8Array): void;
  /** True if the segment may end in half a line: nothing may be appended any more. */
  readonly torn: boolean;
  /** Resolves when all bytes appended before the call are on stable storage. */
  sync(): Promise<void>;
  /** The same, blocking: for a process that exits. */
  syncNow(): void;
  /** Whether the segment is still the one that readers find under its name. */
  isInPlace(): boolean;
  /** Releases the file. Nothing is appended after it. */
  close(): void;
}

/** One segment being read. */
export interface SegmentReader {
  /** Size when it was opened. */
  readonly bytes: number;
  /** Reads up to `target.length` bytes from `position`; returns how many, 0 at the end. */
  read(target: Uint8Array, position: number): number;
  close(): void;
}

/**
 * The segments of a sink that somebody named.
 *
 * @throws SpansealError `UNREADABLE`
 */
export function listSegments(sink: Sink): readonly string[] {
  try {
    return sink.list();
  } catch (cause) {
    throw new SpansealError('UNREADABLE', `${sink.location} cannot be read; give the directory of a log.`, { cause });
  }
}

/** Read size of everything that walks a whole segment. */
export const READ_BYTES: number = 262_144;

/**
 * The bytes of one segment from `start`, in pieces. Each piece is a view of one buffer, gone with the next: a pass over
 * gigabytes allocates once.
 */
export async function* segmentBytes(
  sink: Sink,
  segment: string,
  start = 0,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = sink.open(segment);
  try {
    for (let position = start; ;) {
      const piece = new Uint8Array(READ_BYTES);
      const count = reader.read(piece, position);
      if (count === 0) return;
      position += count;
      yield piece.subarray(0, count);
    }
  } finally {
    reader.close();
  }
}

import { isHexOf } from '../base64.ts';
import { MAX_LINE_BYTES, type EntryType } from '../entry.ts';
import { HASH_BYTES, leafHash } from '../merkle.ts';
import type { Primitives } from '../primitives.ts';
import { canonicalProblem, parseJson } from './json.ts';
import { entryProblem, payloadProblem, type CheckedEntry } from './rules.ts';

/**
 * What can be said of lines before it is known where they stand: several threads look at pieces of a file at once, and
 * one follows chain and tree through what they found. Only what is certain is said: a line of which anything is unusual
 * is left to be looked at in its place, by the same code as if nobody had looked before.
 */

/** Lines that follow each other as they should, each an entry of which nothing but its place is left to check. */
export interface Run {
  /** Its first line in the piece, from 0. */
  readonly from: number;
  count: number;
  /** `seq`, `prev_hash` and `ts` of its first line. */
  readonly seq: number;
  readonly prevHash: string;
  readonly firstTs: string;
  lastTs: string;
}

/** A piece of a file that consists of whole lines. */
export interface CheckedPiece {
  /** Each line ended by its `\n`. */
  readonly bytes: Uint8Array;
  /** Where each `\n` is. */
  readonly ends: Uint32Array;
  /** The leaf hashes of all lines, 32 bytes each. */
  readonly leaves: Uint8Array;
  readonly runs: readonly Run[];
}

const NEW_LINE = 0x0a;

/** Entries that say something of the segment: they are looked at where they stand. */
const OF_THE_SEGMENT: ReadonlySet<EntryType> = new Set<EntryType>([
  'anchor',
  'audit_close',
  'audit_open',
  'clock_step',
  'erasure',
  'gap',
  'recovery',
  'retention',
  'seal',
  'tally',
]);

/** @param bytes - whole lines, each ended by its `\n` */
export function checkAhead(primitives: Primitives, bytes: Uint8Array): Omit<CheckedPiece, 'bytes'> {
  const ends: number[] = [];
  for (let end = bytes.indexOf(NEW_LINE); end >= 0; end = bytes.indexOf(NEW_LINE, end + 1)) ends.push(end);
  const leaves = new Uint8Array(HASH_BYTES * ends.length);
  const runs: Run[] = [];
  let run: Run | undefined;
  let start = 0;
  for (const [index, end] of ends.entries()) {
    const line = bytes.subarray(start, end);
    start = end + 1;
    const previous = leaves.subarray(HASH_BYTES * (index - 1), HASH_BYTES * index);
    leaves.set(leafHash(primitives.sha256, line), HASH_BYTES * index);
    const entry = plainEntry(primitives, line);
    if (entry === undefined) {
      run = undefined;
      continue;
    }
    const { seq, prev_hash: prevHash, ts } = entry;
    if (run !== undefined && seq === run.seq + run.count && ts >= run.lastTs && isHexOf(prevHash, previous)) {
      run.count++;
      run.lastTs = ts;
    } else {
      run = { from: index, count: 1, seq, prevHash, firstTs: ts, lastTs: ts };
      runs.push(run);
    }
  }
  return { ends: Uint32Array.from(ends), leaves, runs };
}

/** The entry, if the line is one that says nothing of the segment, withholds nothing and breaks no rule. */
function plainEntry(primitives: Primitives, line: Uint8Array): CheckedEntry | undefined {
  const parsed = parseJson(line, MAX_LINE_BYTES);
  if (!parsed.ok || canonicalProblem(parsed.value, parsed.text) !== undefined) return undefined;
  if (entryProblem(parsed.value) !== undefined) return undefined;
  const entry = parsed.value as unknown as CheckedEntry;
  if (OF_THE_SEGMENT.has(entry.type) || entry.sd !== undefined) return undefined;
  return payloadProblem(primitives, entry.type, entry.payload) === undefined ? entry : undefined;
}

/** How much is looked at at once. */
const PIECE_BYTES = 1_048_576;

/**
 * Puts the pieces of a file together to larger ones of whole lines, each in memory of its own; what does not end with a
 * line feed comes last, as it is. A line that is longer than a piece cannot be one: from there on nothing is put together.
 */
export async function* wholeLines(
  source: AsyncIterable<Uint8Array>,
  pieceBytes: number = PIECE_BYTES,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly isWhole: boolean }> {
  let held = new Uint8Array(pieceBytes);
  let length = 0;
  let isEndless = false;
  for await (const piece of source) {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + pieceBytes - length);
      held.set(part, length);
      length += part.length;
      at += part.length;
      if (length < pieceBytes) break;
      const end: number = isEndless ? 0 : held.lastIndexOf(NEW_LINE) + 1;
      isEndless ||= end === 0;
      const rest = isEndless ? new Uint8Array(0) : held.slice(end);
      yield { bytes: isEndless ? held : held.subarray(0, end), isWhole: !isEndless };
      held = new Uint8Array(pieceBytes);
      held.set(rest);
      length = rest.length;
    }
  }
  const end = isEndless || length === 0 ? 0 : held.lastIndexOf(NEW_LINE, length - 1) + 1;
  // Copied first: who gets the lines may hand their memory on.
  const rest = held.slice(end, length);
  if (end > 0) yield { bytes: held.subarray(0, end), isWhole: true };
  if (rest.length > 0) yield { bytes: rest, isWhole: false };
}

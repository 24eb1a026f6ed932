import { parseCheckpoint } from '../src/checkpoint.ts';
import { MAX_LINE_BYTES, type EntryType } from '../src/entry.ts';
import { textOf } from '../src/json.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import { segmentBytes, type Sink } from '../src/sink.ts';
import { parseJson } from '../src/verify/json.ts';
import { LineSplitter } from '../src/verify/lines.ts';
import { entryProblem, payloadProblem, type CheckedEntry } from '../src/verify/rules.ts';

/** An entry, and whether a seal covers it. */
export interface FoundEntry {
  readonly segment: string;
  readonly entry: CheckedEntry;
  readonly sealed: boolean;
}

/**
 * The entries of a few types in a segment, for what a log says of itself: types of which there are not many.
 *
 * @param size - how many bytes are read
 */
export async function entriesOfTypes(
  sink: Sink,
  segment: string,
  types: readonly EntryType[],
  size: number = Number.POSITIVE_INFINITY,
): Promise<readonly FoundEntry[]> {
  // Most lines are of other types, and are not parsed to know it.
  const wanted = [...types, 'seal'].map((type) => Buffer.from(`"type":"${type}"`));
  const found: CheckedEntry[] = [];
  let sealed = 0;
  for await (const line of linesOf(sink, segment, size)) {
    const bytes = Buffer.from(line.buffer, line.byteOffset, line.length);
    const entry = wanted.some((type) => bytes.includes(type)) ? entryOf(line) : undefined;
    if (entry?.type === 'seal') sealed = parseCheckpoint(textOf(entry.payload['checkpoint']))?.size ?? sealed;
    if (entry !== undefined && types.includes(entry.type)) found.push(entry);
  }
  return found.map((entry) => ({ segment, entry, sealed: entry.seq < sealed }));
}

/** The entries of some types in a segment, one after the other: there may be many. */
export async function* eachOfTypes(
  sink: Sink,
  segment: string,
  types: readonly EntryType[],
): AsyncGenerator<CheckedEntry, void> {
  const wanted = types.map((type) => Buffer.from(`"type":"${type}"`));
  for await (const line of linesOf(sink, segment, Number.POSITIVE_INFINITY)) {
    const bytes = Buffer.from(line.buffer, line.byteOffset, line.length);
    const entry = wanted.some((type) => bytes.includes(type)) ? entryOf(line) : undefined;
    if (entry !== undefined && types.includes(entry.type)) yield entry;
  }
}

const WITHHOLDS = Buffer.from('"sd":{');

/** The entries of a segment that withhold something, and after them how many lines it has. */
export async function* withholdingEntries(sink: Sink, segment: string): AsyncGenerator<CheckedEntry, number> {
  let lines = 0;
  for await (const line of linesOf(sink, segment, Number.POSITIVE_INFINITY)) {
    lines++;
    if (!Buffer.from(line.buffer, line.byteOffset, line.length).includes(WITHHOLDS)) continue;
    const entry = entryOf(line);
    if (entry?.sd !== undefined) yield entry;
  }
  return lines;
}

async function* linesOf(sink: Sink, segment: string, size: number): AsyncGenerator<Uint8Array> {
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  let left = size;
  for await (const piece of segmentBytes(sink, segment)) {
    for (const { bytes } of splitter.push(piece.subarray(0, left))) yield bytes;
    left -= piece.length;
    if (left <= 0) return;
  }
}

function entryOf(line: Uint8Array): CheckedEntry | undefined {
  const parsed = parseJson(line, MAX_LINE_BYTES);
  if (!parsed.ok || entryProblem(parsed.value) !== undefined) return undefined;
  const entry = parsed.value as unknown as CheckedEntry;
  return payloadProblem(nodePrimitives, entry.type, entry.payload) === undefined ? entry : undefined;
}

import { segmentBytes, type Sink } from './sink.ts';
import type { RecoveryPayload, Sibling } from './entry.ts';
import { nodePrimitives } from './node-primitives.ts';
import { isGone, type ProcessIdentity } from './process-identity.ts';
import { segmentMillis } from './names.ts';
import { citeSegment, hasLine, readOpening } from './segment-tail.ts';
import { isObject } from './canonical.ts';
import { textOf } from './json.ts';
import { MAX_LINE_BYTES } from './entry.ts';
import { Keys } from './verify/keys.ts';
import { parseJson } from './verify/json.ts';
import { LineSplitter } from './verify/lines.ts';
import { Problems } from './verify/problem.ts';
import { entryProblem, type CheckedEntry } from './verify/rules.ts';
import { SegmentCheck } from './verify/segment.ts';

/**
 * Segments whose writer died: what is in them is recorded by the next one, as found. A recovery says what was there,
 * not that it is genuine: the unsealed tail stays unsealed.
 */

/** Reads a whole segment and says what is in it. @throws what the sink says */
export async function inspectDeadSegment(sink: Sink, segment: string): Promise<RecoveryPayload> {
  const context = {
    primitives: nodePrimitives,
    problems: new Problems(),
    keys: new Keys(nodePrimitives, [], []),
  };
  const check = new SegmentCheck(context, segment, segment);
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  for await (const piece of segmentBytes(sink, segment)) {
    for (const { bytes } of splitter.push(piece)) check.line(bytes);
  }
  const { lines, sealed, root, torn, lastTs } = check.end(splitter.end());
  return {
    segment,
    lines,
    size: sealed,
    root,
    ...(torn === undefined ? {} : { torn }),
    ...(lastTs === undefined ? {} : { last_ts: lastTs }),
  };
}

/**
 * The segments among the given ones that are not closed, not recovered by another one yet, and whose writer is gone.
 *
 * @param siblings - as cited by the segment that recovers
 * @param abandoned - segments of this process that it gave up itself
 * @param nowMillis - what the clock says
 */
export async function findDeadSegments(
  sink: Sink,
  siblings: readonly Sibling[],
  abandoned: ReadonlyMap<string, unknown>,
  self: ProcessIdentity,
  nowMillis: number,
): Promise<string[]> {
  const open = siblings.filter(({ closed }) => !closed).map(({ segment }) => segment);
  const dead = open.filter((segment) => abandoned.has(segment) || isDead(sink, segment, self, nowMillis));
  if (dead.length === 0) return [];
  const recovered = new Set<string>();
  for (const sibling of siblings) {
    for (const name of await recoveredBy(sink, sibling, new Set(dead))) recovered.add(name);
  }
  return dead.filter((segment) => !recovered.has(segment));
}

/**
 * A segment that has no line so long after the time in its name has none coming: a writer that takes this long to write
 * the first ({@link MAX_OPENING_MILLIS}) gives up. The rest is for clocks of hosts that differ.
 */
const UNBEGUN_MILLIS = 300_000;
export const MAX_OPENING_MILLIS = 60_000;

function isDead(sink: Sink, segment: string, self: ProcessIdentity, nowMillis: number): boolean {
  const opening = readOpening(sink, segment);
  if (opening !== undefined) {
    const writer = opening['process'];
    return isObject(writer) && isGone(writer, self);
  }
  // Created and never written to: its process cannot be told from a running one.
  return nowMillis - segmentMillis(segment) >= UNBEGUN_MILLIS && !hasLine(sink, segment);
}

/** How far into a segment a writer looks for recoveries: another one records them when it has opened. */
const RECOVERIES_WITHIN_BYTES = 1_048_576;

/** Which of the wanted segments a segment says it has recovered. */
async function recoveredBy(sink: Sink, { segment, size }: Sibling, wanted: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const name of recoveriesIn(sink, segment, size, RECOVERIES_WITHIN_BYTES)) {
      if (wanted.has(name)) found.push(name);
    }
  } catch {
    // It cannot be read: then it says nothing, and a second recovery that agrees is as good as one.
  }
  return found;
}

const RECOVERY_TYPE = Buffer.from('"type":"recovery"');

/**
 * The segments that a segment records as recovered.
 *
 * @param sealed - how many of its entries are: a recovery that its process did not live to seal is none
 * @param withinBytes - how far to read, to the next piece
 * @throws what the sink says
 */
export async function* recoveriesIn(
  sink: Sink,
  segment: string,
  sealed: number,
  withinBytes: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<string, void, undefined> {
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  let read = 0;
  let seq = 0;
  for await (const piece of segmentBytes(sink, segment)) {
    for (const { bytes } of splitter.push(piece)) {
      if (seq++ >= sealed) return;
      const name = recoveryOf(bytes);
      if (name !== undefined) yield name;
    }
    read += piece.length;
    if (read >= withinBytes) return;
  }
}

function recoveryOf(line: Uint8Array): string | undefined {
  // Most lines are none, and are not parsed to know it.
  if (!Buffer.from(line.buffer, line.byteOffset, line.length).includes(RECOVERY_TYPE)) return undefined;
  const parsed = parseJson(line, MAX_LINE_BYTES);
  if (!parsed.ok || entryProblem(parsed.value) !== undefined) return undefined;
  const { type, payload } = parsed.value as unknown as CheckedEntry;
  return type === 'recovery' ? textOf(payload['segment']) : undefined;
}

/** Every segment of a log that is neither closed nor recovered, whoever wrote it. */
export async function findOpenSegments(sink: Sink, except: string | undefined): Promise<string[]> {
  const cited = sink
    .list()
    .filter((segment) => segment !== except)
    .map((segment) => citeSegment(sink, segment));
  const open = cited.filter(({ closed }) => !closed).map(({ segment }) => segment);
  const recovered = new Set<string>();
  for (const sibling of cited) {
    for (const name of await recoveredBy(sink, sibling, new Set(open))) recovered.add(name);
  }
  return open.filter((segment) => !recovered.has(segment));
}

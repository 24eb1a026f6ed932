import { segmentBytes, type Sink } from './sink.ts';
import type { RecoveryPayload, Sibling } from './entry.ts';
import { nodePrimitives } from './node-primitives.ts';
import { isGone, type ProcessIdentity } from './process-identity.ts';
import { citeSegment, readOpening } from './segment-tail.ts';
import { isObject } from './canonical.ts';
import { MAX_LINE_BYTES } from './entry.ts';
import { Keys } from './verify/keys.ts';
import { LineSplitter } from './verify/lines.ts';
import { Problems } from './verify/problem.ts';
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
 */
export async function findDeadSegments(
  sink: Sink,
  siblings: readonly Sibling[],
  abandoned: ReadonlySet<string>,
  self: ProcessIdentity,
): Promise<string[]> {
  const open = siblings.filter(({ closed }) => !closed).map(({ segment }) => segment);
  const dead = open.filter((segment) => abandoned.has(segment) || isDead(sink, segment, self));
  if (dead.length === 0) return [];
  const recovered = new Set<string>();
  for (const { segment, size } of siblings) {
    for (const name of await recoveriesIn(sink, segment, size, new Set(dead))) recovered.add(name);
  }
  return dead.filter((segment) => !recovered.has(segment));
}

function isDead(sink: Sink, segment: string, self: ProcessIdentity): boolean {
  const opening = readOpening(sink, segment);
  // A file without a first line was created and never written to: its process cannot be told from a running one.
  const writer = opening?.['process'];
  return isObject(writer) && isGone(writer, self);
}

/** How far into a segment recoveries are looked for: a writer records them when it has opened. */
const RECOVERIES_WITHIN_BYTES = 1_048_576;

/** @param sealed - how many entries are: a recovery that its process did not live to seal is none */
async function recoveriesIn(
  sink: Sink,
  segment: string,
  sealed: number,
  wanted: ReadonlySet<string>,
): Promise<string[]> {
  const found: string[] = [];
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  let read = 0;
  let seq = 0;
  try {
    for await (const piece of segmentBytes(sink, segment)) {
      for (const { bytes } of splitter.push(piece)) {
        if (seq++ >= sealed) return found;
        const name = recoveryOf(bytes);
        if (name !== undefined && wanted.has(name)) found.push(name);
      }
      read += piece.length;
      if (read >= RECOVERIES_WITHIN_BYTES) break;
    }
  } catch {
    // It cannot be read: then it says nothing, and a second recovery that agrees is as good as one.
  }
  return found;
}

const RECOVERY_TYPE = Buffer.from('"type":"recovery"');

function recoveryOf(line: Uint8Array): string | undefined {
  if (!Buffer.from(line.buffer, line.byteOffset, line.length).includes(RECOVERY_TYPE)) return undefined;
  try {
    const entry = JSON.parse(Buffer.from(line).toString('utf8')) as { payload?: { segment?: unknown } };
    return typeof entry.payload?.segment === 'string' ? entry.payload.segment : undefined;
  } catch {
    return undefined;
  }
}

/** Every segment of a log that is neither closed nor recovered, whoever wrote it. */
export async function findOpenSegments(sink: Sink, except: string | undefined): Promise<string[]> {
  const cited = sink
    .list()
    .filter((segment) => segment !== except)
    .map((segment) => citeSegment(sink, segment));
  const open = cited.filter(({ closed }) => !closed).map(({ segment }) => segment);
  const recovered = new Set<string>();
  for (const { segment, size } of cited) {
    for (const name of await recoveriesIn(sink, segment, size, new Set(open))) recovered.add(name);
  }
  return open.filter((segment) => !recovered.has(segment));
}

import type { AuditLogCore } from '../src/audit-log-core.ts';
import { isArray, isObject } from '../src/canonical.ts';
import { formatTime } from '../src/clock.ts';
import { MAX_LINE_BYTES } from '../src/entry.ts';
import { SpansealError } from '../src/error.ts';
import type { Time } from '../src/events.ts';
import { recoveriesIn } from '../src/recovery.ts';
import { citeSegment, readOpening } from '../src/segment-tail.ts';
import { listSegments, segmentBytes, type Sink } from '../src/sink.ts';
import { openedAt } from '../src/verify/collection.ts';
import { LineSplitter, type Torn } from '../src/verify/lines.ts';

/** Which segments a pack holds, and how much of each. */

/** A segment as it was when the pack was begun: other processes go on writing. */
export interface Selected {
  readonly name: string;
  readonly bytes: number;
}

export interface ExportPeriod {
  readonly from: Time;
  readonly to: Time;
}

/** How often the log is rolled for a pack. */
const MAX_ROLLS = 3;

/**
 * The segments of the selection, ascending. A running log is rolled first, so that its segments are closed.
 *
 * @throws SpansealError `EXPORT_FAILED` if there is none, `UNREADABLE`
 */
export async function selectSegments(
  sink: Sink,
  log: AuditLogCore | undefined,
  period: ExportPeriod | undefined,
): Promise<readonly Selected[]> {
  const found = await wholeLog(sink, log);
  const names = [...found.keys()].sort();
  if (names.length === 0) {
    throw new SpansealError('EXPORT_FAILED', `There is no segment in ${sink.location}; nothing was recorded yet.`);
  }
  const chosen = period === undefined ? names : await inPeriod(sink, names, periodTexts(period));
  return chosen.map((name) => ({ name, bytes: found.get(name) ?? 0 }));
}

/** All segments, but for one that this process has opened meanwhile and that no other segment cites. */
async function wholeLog(sink: Sink, log: AuditLogCore | undefined): Promise<Map<string, number>> {
  for (let rolls = 1; ; rolls++) {
    if (log !== undefined && !log.closed) await log.roll();
    const found = snapshot(sink);
    const current = log?.head()?.segment;
    const bytes = current === undefined ? undefined : found.get(current);
    if (current === undefined || bytes === undefined) return found;
    found.delete(current);
    if (![...found.keys()].some((name) => cites(sink, name, current))) return found;
    // Without it the pack would miss what another process saw. After some rolls it is open in the pack rather.
    if (rolls === MAX_ROLLS) return found.set(current, bytes);
  }
}

/**
 * Every segment with its size. What the bytes up to there cite was there before they were written: it is in the listing
 * that follows, and so the listing is repeated until it holds nothing new.
 */
function snapshot(sink: Sink): Map<string, number> {
  const found = new Map<string, number>();
  for (;;) {
    const fresh = listSegments(sink).filter((name) => !found.has(name));
    if (fresh.length === 0) return found;
    for (const name of fresh) found.set(name, sizeOf(sink, name));
  }
}

export function sizeOf(sink: Sink, segment: string): number {
  const reader = sink.open(segment);
  try {
    return reader.bytes;
  } finally {
    reader.close();
  }
}

function cites(sink: Sink, by: string, segment: string): boolean {
  const siblings = readOpening(sink, by)?.['siblings'];
  return isArray(siblings) && siblings.some((sibling) => isObject(sibling) && sibling['segment'] === segment);
}

async function inPeriod(
  sink: Sink,
  names: readonly string[],
  { from, to }: ReturnType<typeof periodTexts>,
): Promise<readonly string[]> {
  const chosen = names.filter((segment) => {
    const { first, last } = span(sink, segment);
    // A segment whose end is not known may go on into the period.
    return first <= to && (last === undefined || last >= from);
  });
  if (chosen.length === 0) {
    throw new SpansealError(
      'EXPORT_FAILED',
      `No segment in ${sink.location} meets ${from} to ${to}; choose another period.`,
    );
  }
  return withRecoveries(sink, chosen, names);
}

/** And the segments that say what was found in those whose process died: without them these would count as open. */
async function withRecoveries(
  sink: Sink,
  chosen: readonly string[],
  names: readonly string[],
): Promise<readonly string[]> {
  const cited = new Map(names.map((name) => [name, citeSegment(sink, name)]));
  const isDead = (name: string): boolean => cited.get(name)?.closed === false;
  if (!chosen.some(isDead)) return chosen;
  const recoveredIn = new Map<string, string>();
  for (const name of names) {
    for await (const recovered of recoveriesIn(sink, name, cited.get(name)?.size ?? 0)) {
      if (!recoveredIn.has(recovered) || chosen.includes(name)) recoveredIn.set(recovered, name);
    }
  }
  const all = new Set(chosen);
  // Those that are added meanwhile are visited, too: their process may have died as well.
  for (const name of all) {
    const by = isDead(name) ? recoveredIn.get(name) : undefined;
    if (by !== undefined) all.add(by);
  }
  return names.filter((name) => all.has(name));
}

/** When a segment was opened, and its last sealed time, if it is closed. */
function span(sink: Sink, segment: string): { readonly first: string; readonly last: string | undefined } {
  const { closed, last } = citeSegment(sink, segment);
  return { first: openedAt(segment), last: closed ? last : undefined };
}

export function periodTexts({ from, to }: ExportPeriod): {
  readonly from: string;
  readonly to: string;
} {
  const period = { from: timeText(from), to: timeText(to) };
  if (period.from > period.to) throw new TypeError(`The period ends (${period.to}) before it begins (${period.from}).`);
  return period;
}

function timeText(time: Time): string {
  const millis = time instanceof Date ? time.getTime() : Date.parse(time);
  if (Number.isNaN(millis)) throw new TypeError(`${JSON.stringify(time)} is no time; give a Date or an ISO 8601 text.`);
  return formatTime(millis);
}

/** The first `size` bytes of a segment, from `start` on. */
export async function* firstBytes(
  sink: Sink,
  segment: string,
  size: number,
  start = 0,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = size - start;
  if (left <= 0) return;
  for await (const piece of segmentBytes(sink, segment, start)) {
    yield piece.subarray(0, left);
    left -= piece.length;
    if (left <= 0) return;
  }
}

/** What stands behind the last line feed; looked for at the end, before the lines are read. */
export async function tornTail(sink: Sink, segment: string, size: number): Promise<Torn | undefined> {
  // A torn line is at most one line long, but for what a file system leaves there when the power fails.
  for (const start of [Math.max(0, size - (MAX_LINE_BYTES + 1)), 0]) {
    const splitter = new LineSplitter(MAX_LINE_BYTES);
    let lines = 0;
    for await (const piece of firstBytes(sink, segment, size, start)) lines += [...splitter.push(piece)].length;
    if (lines > 0 || start === 0) return splitter.end();
  }
  return undefined;
}

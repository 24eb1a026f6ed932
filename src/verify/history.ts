import { encodeBase64 } from '../base64.ts';
import { parseCheckpoint } from '../checkpoint.ts';
import { isSegmentName } from '../names.ts';
import { quoted, type Problems } from './problem.ts';
import type { Keys } from './keys.ts';
import type { Notice, Report } from './report.ts';
import type { SegmentRecord } from './segment.ts';

/**
 * What an earlier look at a log saw, and whether what is here now goes on from it. Whoever holds the key can rewrite
 * everything but what somebody else has kept: a pack, a copy of the log, or a checkpoint of 150 bytes.
 */

/** One segment as it was then. */
export interface EarlierSegment {
  readonly segment: string;
  /** Entries that its last seal covered; 0 without one. */
  readonly size: number;
  /** Root over these entries, base64. */
  readonly root: string | undefined;
  readonly closed: boolean;
}

export interface EarlierRecord {
  /** Where it was read from, for messages. */
  readonly file: string;
  readonly log: string;
  readonly segments: readonly EarlierSegment[];
}

/** How a log stands to an earlier record of it, from good to bad. */
export type History = 'extends' | 'not_compared' | 'missing' | 'rollback' | 'fork';

const WORST_LAST: readonly History[] = ['extends', 'not_compared', 'missing', 'rollback', 'fork'];

/**
 * The record that a verified pack, directory or segment is of an earlier time.
 *
 * @throws TypeError if it does not hold by itself: then nothing can be held against it
 */
export function earlierRecordOf(report: Report): EarlierRecord {
  const { integrity, authenticity } = report.verdicts;
  if (integrity !== 'consistent' || authenticity === 'failed' || report.log === undefined) {
    throw new TypeError(
      `The earlier record ${report.file} does not hold by itself (integrity ${integrity}, authenticity ${authenticity}); give one that verifies.`,
    );
  }
  return {
    file: report.file,
    log: report.log,
    segments: report.segments.map(({ segment, sealed, root, state }) => ({
      segment,
      size: sealed,
      root,
      closed: state === 'closed',
    })),
  };
}

/**
 * The record that noted checkpoints are, one after the other as `spanseal checkpoint` prints them; `undefined` if the
 * text is something else.
 *
 * @throws TypeError if a signature by a given key does not stand, or the checkpoints are of several logs
 */
export function earlierCheckpoints(text: string, file: string, keys: Keys): EarlierRecord | undefined {
  const segments: EarlierSegment[] = [];
  let log: string | undefined;
  for (const note of notesIn(text)) {
    const checkpoint = parseCheckpoint(note);
    const slash = checkpoint?.origin.lastIndexOf('/') ?? -1;
    if (checkpoint === undefined || slash < 1) return undefined;
    const { origin, size, root, signature } = checkpoint;
    const segment = origin.slice(slash + 1);
    const ofLog = origin.slice(0, slash);
    // A key speaks for the log that it is named after, and for no other.
    if (!isSegmentName(segment) || (signature !== undefined && signature.name !== ofLog)) return undefined;
    if (log !== undefined && log !== ofLog) {
      throw new TypeError(`The checkpoints in ${file} are of several logs; give those of one.`);
    }
    log = ofLog;
    if (signature !== undefined && keys.contradicts(checkpoint.text, signature)) {
      throw new TypeError(
        `The signature of the checkpoint for ${quoted(origin)} in ${file} is not by the key you gave.`,
      );
    }
    segments.push({ segment, size, root: encodeBase64(root), closed: false });
  }
  return log === undefined ? undefined : { file, log, segments };
}

/** Signed notes that follow each other: three lines, an empty one, and a signature line or none. */
function* notesIn(text: string): Generator<string> {
  const lines = text.split('\n');
  for (let at = 0; at < lines.length;) {
    if (lines[at] === '') {
      at++;
      continue;
    }
    const end = at + (lines[at + 4]?.startsWith('\u2014 ') === true ? 5 : 4);
    yield `${lines.slice(at, end).join('\n')}\n`;
    at = end;
  }
}

/** What there is to compare with, and where what is found goes. */
interface Comparison {
  readonly earlier: EarlierRecord;
  readonly records: readonly SegmentRecord[];
  /** Whether what is here claims to be all segments of the log. */
  readonly isAll: boolean;
  readonly file: string;
  readonly problems: Problems;
  readonly notices: Notice[];
}

/** Compares segment by segment. The worst is the verdict. */
export function compareHistory(comparison: Comparison): History {
  const { earlier, records, problems, file } = comparison;
  const log = records.find((record) => record.log !== undefined)?.log;
  if (log !== earlier.log) {
    problems.add(
      'history_other_log',
      { file },
      `${earlier.file} is of the log ${quoted(earlier.log)}, this is ${quoted(log)}`,
    );
    return 'not_compared';
  }
  const byName = new Map(records.map((record) => [record.name, record]));
  const found = new Set<History>();
  for (const segment of earlier.segments) {
    const record = byName.get(segment.segment);
    const verdict = record === undefined ? fromCitations(comparison, segment) : compare(comparison, segment, record);
    if (verdict !== undefined) found.add(verdict);
  }
  const worst = WORST_LAST.findLast((verdict) => found.has(verdict));
  if (worst !== undefined) return worst;
  problems.add('history_not_compared', { file }, `${earlier.file} and this have no segment in common`);
  return 'not_compared';
}

function compare(comparison: Comparison, earlier: EarlierSegment, record: SegmentRecord): History | undefined {
  const { size, root, closed, segment } = earlier;
  const { problems } = comparison;
  const place = { file: record.file, segment: record.name, line: record.firstLine };
  // A segment without a seal said nothing then that could be held against it now.
  if (size === 0) return undefined;
  if (record.part === true) return comparePart(comparison, earlier, record);
  if (record.lines >= size && record.earlierRoot !== root) {
    problems.add('history_fork', place, `its first ${size} entries are not those of ${comparison.earlier.file}`);
    return 'fork';
  }
  if (record.sealed < size) {
    problems.add('history_rollback', place, `${record.sealed} entries are sealed, and ${size} were earlier`);
    return 'rollback';
  }
  if (closed && record.sealed !== size) {
    problems.add('history_fork', place, `${segment} was closed with ${size} sealed entries and goes on here`);
    return 'fork';
  }
  return 'extends';
}

/** Of a part there is one checkpoint: it is the one that was seen earlier, or it is not comparable. */
function comparePart(comparison: Comparison, { size, root, closed }: EarlierSegment, record: SegmentRecord): History {
  const { problems, earlier } = comparison;
  const place = { file: record.file, segment: record.name, line: record.firstLine };
  if (record.sealed === size && record.sealedRoot === root) return 'extends';
  if (record.sealed === size || (closed && record.sealed > size)) {
    problems.add('history_fork', place, `its checkpoint over ${record.sealed} is not the one of ${earlier.file}`);
    return 'fork';
  }
  const what = `its checkpoint covers ${record.sealed} entries and that of ${earlier.file} ${size}: proofs of single entries do not show whether one goes on from the other`;
  problems.add('history_not_compared', place, what);
  return 'not_compared';
}

/** A segment that is not here: what others say of it, under their seals. */
function fromCitations(comparison: Comparison, { segment, size, root }: EarlierSegment): History | undefined {
  const { records, isAll, file, problems, notices, earlier } = comparison;
  const retired = records.flatMap((record) => record.retired).filter((retirement) => retirement.segment === segment);
  const cited = records
    .filter(({ sealed }) => sealed > 0)
    .flatMap(({ citations, citedAt: place = { file } }) =>
      citations.filter((citation) => citation.segment === segment).map((citation) => ({ ...citation, place })),
    );
  const sayings = [...retired, ...cited];
  for (const saying of sayings) {
    if (saying.size === size && size > 0 && saying.root !== root) {
      problems.add('history_fork', saying.place, `${segment} is cited with another root than in ${earlier.file}`);
      return 'fork';
    }
  }
  if (retired.length > 0) return 'extends';
  if (isAll) {
    problems.add('history_missing', { file }, `${segment} was there in ${earlier.file} and is not here`);
    return 'missing';
  }
  // Cited as it was seen then: that much of it this record stands on.
  if (sayings.some((saying) => saying.size === size && size > 0)) return 'extends';
  notices.push({
    code: 'outside_selection',
    file,
    what: `${segment} of ${earlier.file} lies outside of what was given`,
  });
  return undefined;
}

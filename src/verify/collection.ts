import type { Anchors } from './anchors.ts';
import { compareHistory, type EarlierRecord } from './history.ts';
import type { Keys } from './keys.ts';
import type { Place, ProblemCode, Problems, VerdictName } from './problem.ts';
import type { Notice, Report, SegmentReport, SegmentState, Verdicts } from './report.ts';
import type { Citation, Recovery, SegmentRecord } from './segment.ts';
import type { ValueCounts } from './value-counts.ts';
import { judgeAnchors, type VouchedBy } from './vouched.ts';

/**
 * What segments say of each other: citations, recoveries, order. And the verdicts over all of them. One record per
 * segment is kept, so that a directory of ten thousand takes as little as their number.
 */

/** What was verified: how much of a log it claims to be. */
export type Scope =
  /** One segment by itself: what it cites lies outside. */
  | 'segment'
  /** All segments there are: a directory, or a pack of kind `all`. */
  | 'all'
  /** A pack of kind `period`. */
  | 'period'
  /** A pack of kind `decision`: what its segments cite lies outside, and is not told one by one. */
  | 'decision';

export interface Demands {
  /** A log that is still written: an open segment is no problem. */
  readonly live?: boolean;
  /** An unsigned file is accepted as what it is. */
  readonly allowUnsigned?: boolean;
  /** An earlier record of the log, which this one must go on from. */
  readonly earlier?: EarlierRecord;
  /** `audit`: an earlier record or an outside witness is demanded, since the key's holder can rewrite the rest. */
  readonly for?: 'audit';
  /**
   * `anchored`: a time-stamp or a cosignature must cover every segment that was begun by the time of the newest one;
   * `witnessed`: a cosignature must.
   */
  readonly require?: 'anchored' | 'witnessed';
}

/** From when to when a pack holds every segment; times as in entries. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** How a segment is that others may speak of: here, or as it was when it was retired. */
interface Known {
  readonly sealed: number;
  readonly sealedRoot: string | undefined;
  readonly record: SegmentRecord | undefined;
}

/** Checks segments against each other; problems are added, and each segment's state is told. */
export class Collection {
  readonly #problems: Problems;
  #scope: Scope = 'all';
  #period: Period | undefined;
  readonly #records: SegmentRecord[] = [];
  /** What was said of a cited segment already: its 64 successors all miss one that is gone, and that is one problem. */
  readonly #said = new Set<string>();
  readonly notices: Notice[] = [];

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  get records(): readonly SegmentRecord[] {
    return this.#records;
  }

  add(record: SegmentRecord): void {
    const before = this.#records.at(-1);
    const first = this.#records[0];
    this.#records.push(record);
    const place = { file: record.file, segment: record.name, line: record.firstLine };
    if (before?.name !== undefined && record.name !== undefined && record.name <= before.name) {
      this.#problems.add('segment_order', place, `${record.name} comes after ${before.name}`);
    }
    if (first !== undefined && first.log !== undefined && record.log !== undefined) {
      if (record.log !== first.log || record.system !== first.system) {
        this.#problems.add('other_log', place, 'log or system are not those of the first segment');
      }
    }
  }

  /**
   * After the last segment.
   *
   * @param period - of a pack that holds the segments of a period
   */
  end(scope: Scope, period?: Period): Map<SegmentRecord, SegmentState> {
    this.#scope = scope;
    this.#period = period;
    // One that retention retired is as it was then; a second retirement of it is held against the first.
    const known = new Map<string, Known>();
    for (const { segment, size, root } of this.#records.flatMap((record) => record.retired)) {
      if (!known.has(segment)) known.set(segment, { sealed: size, sealedRoot: root, record: undefined });
    }
    for (const record of this.#records) {
      const { name, sealed, sealedRoot } = record;
      if (name !== undefined) known.set(name, { sealed, sealedRoot, record });
    }
    for (const record of this.#records) this.#citations(record, known);
    const recoveries = this.#recoveries(known);
    return new Map(this.#records.map((record) => [record, this.#state(record, recoveries)]));
  }

  #citations(record: SegmentRecord, known: ReadonlyMap<string, Known>): void {
    const { file, sealed, citations, citedAt: at = { file }, previous, retired } = record;
    for (const retirement of retired) {
      this.#citation(retirement.place, { ...retirement, closed: true, last: undefined }, known);
    }
    // What no seal covers accuses nobody: anybody can leave a file that cites what never was.
    if (sealed === 0) return;
    for (const citation of citations) this.#citation(at, citation, known);
    if (previous !== undefined && !known.has(previous.segment)) {
      this.#missing(previous.place, previous.segment, undefined);
    }
  }

  #citation(place: Place, { segment, size, root, closed, last }: Citation, known: ReadonlyMap<string, Known>): void {
    const cited = known.get(segment);
    if (cited === undefined) {
      this.#missing(place, segment, last);
      return;
    }
    const now = cited.record === undefined ? 'was retired with' : 'has';
    if (cited.sealed < size) {
      this.#once('sibling_shrunk', segment, place, `had ${size} sealed entries and ${now} ${cited.sealed}`);
    } else if ((closed || cited.sealed === size) && size > 0 && (cited.sealed !== size || cited.sealedRoot !== root)) {
      this.#once('sibling_changed', segment, place, 'was sealed with another size or root');
    }
  }

  #missing(place: Place, segment: string, last: string | undefined): void {
    if (this.#scope === 'decision') return;
    if (this.#scope === 'all') {
      this.#once('sibling_missing', segment, place, 'was there and is not here');
    } else if (this.#period !== undefined && meets(this.#period, segment, last)) {
      this.#once('sibling_missing', segment, place, 'lies in the period and is not here');
    } else if (!this.#said.has(segment)) {
      this.#said.add(segment);
      const what = `${segment} is cited and lies outside of what was given`;
      this.notices.push({ code: 'outside_selection', file: place.file, what });
    }
  }

  #once(code: ProblemCode, segment: string, place: Place, what: string): void {
    const said = `${code} ${segment}`;
    if (this.#said.has(said)) return;
    this.#said.add(said);
    this.#problems.add(code, place, `${segment} ${what}`);
  }

  /** The sealed recoveries that agree with the segments they speak of. */
  #recoveries(known: ReadonlyMap<string, Known>): ReadonlySet<SegmentRecord> {
    const recovered = new Set<SegmentRecord>();
    const seen = new Map<string, Recovery>();
    for (const recovery of this.#records.flatMap(({ recoveries }) => recoveries)) {
      const { place, segment, lines, size, root, torn, last, sealed } = recovery;
      if (!sealed) continue;
      const earlier = seen.get(segment);
      if (earlier !== undefined && (earlier.lines !== lines || earlier.root !== root)) {
        this.#problems.add('recovery_conflict', place, `two recoveries of ${segment} found different lines`);
      }
      seen.set(segment, recovery);
      const found = known.get(segment);
      if (found === undefined) {
        this.#missing(place, segment, last);
        continue;
      }
      const { record } = found;
      if (record === undefined) {
        if (found.sealed !== size || (lines === size && found.sealedRoot !== root)) {
          this.#problems.add('recovery_mismatch', place, `${segment} was retired with another size or root`);
        }
        continue;
      }
      const agrees =
        record.lines === lines &&
        record.root === root &&
        record.sealed === size &&
        record.torn?.bytes === torn?.bytes &&
        record.torn?.sha256 === torn?.sha256;
      if (!agrees) {
        this.#problems.add(
          'recovery_mismatch',
          place,
          `${segment} was found with ${lines} lines and has ${record.lines}, or others`,
        );
      } else {
        recovered.add(record);
      }
    }
    return recovered;
  }

  #state(record: SegmentRecord, recovered: ReadonlySet<SegmentRecord>): SegmentState {
    if (record.part === true) return 'part';
    if (record.closed) {
      if (record.torn === undefined) return 'closed';
      this.#problems.add(
        'after_close',
        { file: record.file, segment: record.name, line: record.lastLine },
        `${record.torn.bytes} bytes follow the closing seal`,
      );
      return 'closed';
    }
    return recovered.has(record) ? 'recovered' : 'open';
  }
}

/** When a segment was opened, to the second, by its name. */
export function openedAt(segment: string): string {
  return segment.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-.*$/, '$1-$2-$3T$4:$5:$6.000Z');
}

/**
 * Whether a segment that another one cites surely has entries in a period: it was opened before the end of it, and a
 * seal, or the last line that a recovery found, was seen in or after it.
 */
function meets({ from, to }: Period, segment: string, last: string | undefined): boolean {
  return last !== undefined && openedAt(segment) <= to && last >= from;
}

/** Everything a report is made of. */
export interface Findings {
  readonly kind: Report['kind'];
  readonly file: string;
  readonly scope: Scope;
  readonly keys: Keys;
  readonly anchors: Anchors;
  readonly problems: Problems;
  readonly notices: readonly Notice[];
  readonly records: readonly SegmentRecord[];
  readonly states: ReadonlyMap<SegmentRecord, SegmentState>;
  readonly demands: Demands;
  readonly fast: boolean;
  /** How the attestation of a pack is signed. */
  readonly attestation?: SegmentRecord['signed'];
  readonly mapping: Verdicts['mapping'];
  readonly values: ValueCounts;
  readonly pack?: Report['pack'];
}

/** The report over what was found. */
export function makeReport(findings: Findings): Report {
  const { kind, file, scope, keys, problems, records, states, demands, mapping } = findings;
  const notices: Notice[] = [...findings.notices];
  const segments = records.map((record) => segmentReport(record, states.get(record) ?? 'open'));
  for (const [index, record] of records.entries()) {
    segmentNotices(notices, record, segments[index]?.state ?? 'open', demands.live === true);
  }
  const open = records.filter((record) => states.get(record) === 'open');
  if (demands.live !== true && kind !== 'unknown') {
    for (const { file: name, name: segment, lines, lastLine, sealed } of open) {
      problems.add(
        'segment_open',
        { file: name, segment, line: lastLine },
        `${lines} entries, ${sealed} of them sealed, and neither closed nor recovered`,
      );
    }
  }
  if (kind !== 'unknown' && records.length > 0 && records.every(({ lines }) => lines === 0)) {
    problems.add('empty', { file }, 'there is no entry');
  }
  for (const key of keys.unused) notices.push({ code: 'unused_key', file, what: `nothing here is signed by ${key}` });
  if (findings.fast) {
    notices.push({
      code: 'signatures_skipped',
      file,
      what: 'of each segment only the last seal had its signature checked',
    });
  }
  const authenticity = authenticityOf(findings);
  notices.push(...authenticityNotices(authenticity, file));
  const history = historyOf(findings, notices);
  if (history === 'not_checked') {
    notices.push({ code: 'not_checked', file, what: 'history: no earlier record was compared' });
  }
  const { anchors } = findings;
  const vouched = judgeAnchors({ anchors, records, isAll: scope === 'all', file, problems, notices });
  if (vouched.rfc3161 === undefined && vouched.cosignature === undefined) {
    notices.push({ code: 'not_checked', file, what: 'time: no anchor was checked' });
  }
  const { unaccounted } = findings.values;
  if (unaccounted > 0) {
    const what = `${unaccounted} lines of disclosures belong to no entry: left by a crash, or by somebody else`;
    notices.push({ code: 'unaccounted_disclosures', file, what });
  }
  const verdicts: Verdicts = {
    integrity: problems.malformed ? 'malformed' : problems.has('integrity') ? 'inconsistent' : 'consistent',
    authenticity,
    independence: independenceOf(history, vouched, problems),
    completeness: problems.has('completeness')
      ? 'fails'
      : open.length > 0
        ? 'open'
        : scope === 'all'
          ? 'holds'
          : 'selection',
    history,
    time: timeOf(records, vouched, problems),
    mapping: problems.has('mapping') ? 'no' : mapping,
    disclosure: problems.has('disclosure') ? 'failed' : disclosureOf(findings.values),
  };
  const failed = failedVerdicts(verdicts, demands, vouched);
  return {
    ok: failed.length === 0,
    kind,
    file,
    log: records.find((record) => record.log !== undefined)?.log,
    verdicts,
    failed,
    demanded: demandedVerdicts(kind, verdicts, demands, failed),
    keysGiven: keys.given,
    problems: problems.list,
    problemCounts: problems.counts,
    notices,
    entries: records.reduce((sum, { lines }) => sum + lines, 0),
    segments,
    values: findings.values,
    vouched,
    ...(findings.pack === undefined ? {} : { pack: findings.pack }),
  };
}

function disclosureOf({ disclosed, withheld, erased, failed }: ValueCounts): Verdicts['disclosure'] {
  if (failed > 0) return 'failed';
  if (withheld > 0) return 'withheld';
  if (erased > 0) return 'erased';
  return disclosed > 0 ? 'disclosed' : 'nothing_withheld';
}

function historyOf({ demands, records, scope, file, problems }: Findings, notices: Notice[]): Verdicts['history'] {
  const { earlier } = demands;
  if (earlier === undefined) return 'not_checked';
  return compareHistory({ earlier, records, isAll: scope === 'all', file, problems, notices });
}

function independenceOf(
  history: Verdicts['history'],
  vouched: VouchedBy,
  problems: Problems,
): Verdicts['independence'] {
  if (problems.has('independence')) return 'failed';
  if (history === 'extends') return 'earlier_record';
  if (vouched.cosignature !== undefined) return 'witnessed';
  return vouched.rfc3161 === undefined ? 'self_attested' : 'time_stamped';
}

function timeOf(records: readonly SegmentRecord[], vouched: VouchedBy, { counts }: Problems): Verdicts['time'] {
  if (counts.anchor_time !== undefined) return 'contradicted';
  if (counts.heartbeat_missing !== undefined) return 'heartbeat_missing';
  if (records.some(({ clockSteps }) => clockSteps > 0)) return 'clock_set';
  return vouched.rfc3161 === undefined && vouched.cosignature === undefined ? 'self_asserted' : 'anchored';
}

/** Whether what is demanded of others is there. */
function isIndependent({ history }: Verdicts, { for: purpose, require }: Demands, vouched: VouchedBy): boolean {
  const covers = (kind: keyof VouchedBy): boolean => vouched[kind]?.segmentsLeftOut === 0;
  const isAnchored = covers('rfc3161') || covers('cosignature');
  if (require === 'witnessed' && !covers('cosignature')) return false;
  if (require === 'anchored' && !isAnchored) return false;
  return purpose !== 'audit' || history === 'extends' || isAnchored;
}

/** What had to hold, whether it does or not. */
function demandedVerdicts(
  kind: Report['kind'],
  { authenticity }: Verdicts,
  demands: Demands,
  failed: readonly VerdictName[],
): VerdictName[] {
  const demanded: VerdictName[] = ['integrity', 'completeness', 'disclosure', ...failed];
  if (authenticity !== 'none') demanded.push('authenticity');
  if (kind === 'pack') demanded.push('mapping');
  if (demands.earlier !== undefined) demanded.push('history');
  if (demands.for !== undefined || demands.require !== undefined) demanded.push('independence');
  return [...new Set(demanded)];
}

function failedVerdicts(verdicts: Verdicts, demands: Demands, vouched: VouchedBy): VerdictName[] {
  const { allowUnsigned } = demands;
  const { integrity, authenticity, completeness, mapping, disclosure } = verdicts;
  const failed: VerdictName[] = [];
  if (integrity !== 'consistent') failed.push('integrity');
  const authentic =
    authenticity === 'signed' || authenticity === 'shared_key' || (authenticity === 'none' && allowUnsigned === true);
  if (!authentic) failed.push('authenticity');
  if (completeness === 'fails') failed.push('completeness');
  if (verdicts.history !== 'extends' && verdicts.history !== 'not_checked') failed.push('history');
  // A token that does not hold is the log's own word that somebody vouched for it, and nobody did.
  if (verdicts.independence === 'failed' || !isIndependent(verdicts, demands, vouched)) failed.push('independence');
  if (verdicts.time === 'contradicted') failed.push('time');
  if (mapping === 'no') failed.push('mapping');
  if (disclosure === 'failed') failed.push('disclosure');
  return failed;
}

/** Every part, segments and attestation, must be by a key that was given; the weakest part is the verdict. */
function authenticityOf(findings: Findings): Verdicts['authenticity'] {
  const { keys, problems, records, states, attestation, demands } = findings;
  if (problems.has('authenticity')) return 'failed';
  // A process can die, or be watched, before its first seal: nothing in such a segment counts as signed, and it is
  // innocent once the sealed record of another one says what it holds.
  const vouched = records.filter((record) => {
    const state = states.get(record);
    return record.sealed > 0 || !(state === 'recovered' || (state === 'open' && demands.live === true));
  });
  const parts = [...vouched.map(({ signed }) => signed), ...(attestation === undefined ? [] : [attestation])];
  const trusted = parts.flatMap((part) => (typeof part === 'object' ? [part.by] : []));
  if (trusted.length === parts.length && parts.length > 0) {
    return trusted.some(({ kind }) => kind === 'shared') ? 'shared_key' : 'signed';
  }
  if (keys.given) return 'failed';
  return parts.includes('unknown_key') ? 'unknown_key' : 'none';
}

function authenticityNotices(authenticity: Verdicts['authenticity'], file: string): Notice[] {
  const texts: Partial<Record<Verdicts['authenticity'], Notice>> = {
    unknown_key: {
      code: 'unknown_key',
      file,
      what: 'signed by a key that was not given: get the verifier key from somebody you trust, not from this file',
    },
    none: { code: 'unsigned', file, what: 'nobody signed this: whoever had the file could have written all of it' },
    shared_key: { code: 'shared_key', file, what: 'signed with a shared key: whoever can check it can forge it' },
  };
  const notice = texts[authenticity];
  const signed = authenticity === 'signed' || authenticity === 'shared_key';
  return [
    ...(notice === undefined ? [] : [notice]),
    ...(signed
      ? [{ code: 'self_attested', file, what: 'whoever holds the signing key could have rewritten all of it' } as const]
      : []),
  ];
}

function segmentReport(record: SegmentRecord, state: SegmentState): SegmentReport {
  return {
    segment: record.name ?? '',
    file: record.file,
    state,
    entries: record.lines,
    sealed: record.sealed,
    root: record.sealedRoot,
    checkpoint: record.checkpoint,
    signedBy: typeof record.signed === 'object' ? record.signed.by.vkey : record.signed,
    torn: record.torn?.bytes ?? 0,
    firstTs: record.firstTs,
    lastTs: record.lastTs,
  };
}

function segmentNotices(notices: Notice[], record: SegmentRecord, state: SegmentState, live: boolean): void {
  const at = { file: record.file, ...(record.name === undefined ? {} : { segment: record.name }) };
  const tail = record.lines - record.sealed;
  // The closing seal covers all but itself.
  if (state !== 'closed' && state !== 'part' && tail > 0) {
    notices.push({
      code: 'unsealed_tail',
      ...at,
      what: `the last ${tail} entries are covered by no seal: nobody signed them`,
    });
  }
  if (record.torn !== undefined) {
    notices.push({
      code: 'torn_tail',
      ...at,
      what: `${record.torn.bytes} bytes of an unfinished line follow the last entry`,
    });
  }
  if (record.clockSteps > 0) {
    notices.push({
      code: 'clock_step',
      ...at,
      what: `the clock of its writer was set ${record.clockSteps} times, by its own record`,
    });
  }
  if (record.lost > 0) {
    notices.push({
      code: 'gap',
      ...at,
      what: `${record.lost} entries could not be written and are lost; the log says so itself`,
    });
  }
  if (state === 'recovered') {
    notices.push({
      code: 'recovered',
      ...at,
      what: 'its process died; what was found was recorded by another segment',
    });
  }
  if (state === 'open' && live) notices.push({ code: 'open_segment', ...at, what: 'still open' });
}

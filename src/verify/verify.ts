import { isArray } from '../canonical.ts';
import { MAX_LINE_BYTES } from '../entry.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { segmentOfFile } from '../names.ts';
import { HASH_BYTES } from '../merkle.ts';
import { MAX_PACK_LINE_BYTES } from '../pack-header.ts';
import type { Primitives } from '../primitives.ts';
import type { CheckedPiece, Run } from './ahead.ts';
import { Anchors, type OutsideWitnesses } from './anchors.ts';
import { Collection, makeReport, type Demands, type Scope } from './collection.ts';
import { Erasures, MAX_ERASURES } from './erasures.ts';
import { Keys, type HmacKey, type TrustedKey } from './keys.ts';
import { LineSplitter, type Torn } from './lines.ts';
import { PackCheck, type RunningHash } from './pack.ts';
import { Problems, quoted } from './problem.ts';
import type { Notice, Report } from './report.ts';
import type { OnEntry } from './seen.ts';
import { SegmentCheck, type Citation, type SegmentRecord } from './segment.ts';
import { NO_VALUES, sumOf, type ValueCounts } from './value-counts.ts';
import { isBlob, pieces, type Source } from './source.ts';
import { checkWithheld, type WithholdingSegment } from './withheld-values.ts';

export interface VerifyOptions extends Demands, OutsideWitnesses {
  /** Verifier keys (`name+id+base64`), from somebody you trust; perhaps with the time in which they are trusted. */
  readonly keys?: readonly (string | TrustedKey)[];
  /** Shared secrets; without a name one is tried under the name of the log under test. */
  readonly hmacKeys?: readonly HmacKey[];
  /**
   * Threads that look at lines, of a segment or of a directory, in Node. Default 1: this one. What is found is the same.
   */
  readonly workers?: number;
  /** Check of each segment only the last seal's signature. Chain and tree are always checked whole. */
  readonly fast?: boolean;
  /** Root (base64) that the last seal of some segment must have: what you were told, or noted yourself. */
  readonly expectRoot?: string;
  /** Number of entries that there must be, in all. */
  readonly expectEntries?: number;
  /** The file's name, for the report. */
  readonly name?: string;
  /** The content of the `<pack>.catalogue.json` beside a pack. */
  readonly catalogue?: JsonValue;
  /** Why what lies there cannot be read as one. @internal */
  readonly catalogueProblem?: string;
  /** What is disclosed of a segment: the content of its `<segment>.disclosures.jsonl`. */
  readonly disclosures?: Source;
  /** Reads the source once more, where it is none that can be. @internal */
  readonly readAgain?: () => AsyncIterable<Uint8Array>;
  /** The source's lines as somebody has looked at them ahead; instead of the source, if that is a segment. @internal */
  readonly checked?: () => AsyncIterable<CheckedPiece | Uint8Array>;
  /**
   * Told each entry that has the shape of one, as it passes: the same reading shows what is in a file and says what it is
   * worth. What it throws ends the verification. With it all is read on this thread.
   */
  readonly onEntry?: OnEntry;
  /** Called with the bytes read so far. */
  readonly onProgress?: (bytes: number) => void;
}

/** What the environment gives: Node's cryptography, or portable code. */
export interface Environment {
  readonly primitives: Primitives;
  readonly runningHash: () => RunningHash;
}

/** A file of a directory: its name, and its bytes when they are asked for. */
export interface SegmentSource {
  readonly file: string;
  readonly bytes: () => AsyncIterable<Uint8Array>;
  /** The same as somebody has looked at it ahead. The files are asked in their order, each to its end. */
  readonly checked?: () => AsyncIterable<CheckedPiece | Uint8Array>;
  /** What is disclosed of it, if there is anything. */
  readonly disclosures?: () => AsyncIterable<Uint8Array>;
}

/** Some 6 MB: what anchors in later segments vouch for. The last seal of each is remembered besides. */
const MAX_SEALS_OF_ENDED = 131_072;

/** One verification: the keys, the problems so far. */
class Verification {
  readonly environment: Environment;
  readonly options: VerifyOptions;
  readonly problems = new Problems();
  readonly keys: Keys;
  readonly notices: Notice[] = [];
  readonly #earlierSizes: ReadonlyMap<string, number> | undefined;
  readonly anchors: Anchors;
  readonly #erasureBudget = { left: MAX_ERASURES };
  readonly #sayings = new Map<string, Citation>();
  readonly #sealBudget = { left: MAX_SEALS_OF_ENDED };
  #bytes = 0;

  constructor(environment: Environment, options: VerifyOptions) {
    this.environment = environment;
    this.options = options;
    this.keys = new Keys(environment.primitives, options.keys ?? [], options.hmacKeys ?? []);
    this.anchors = new Anchors(environment.primitives, options);
    const { earlier } = options;
    this.#earlierSizes = earlier && new Map(earlier.segments.map(({ segment, size }) => [segment, size]));
  }

  get context() {
    return {
      primitives: this.environment.primitives,
      problems: this.problems,
      keys: this.keys,
      fast: this.options.fast ?? false,
      earlierSizes: this.#earlierSizes,
      erasureBudget: this.#erasureBudget,
      sayings: this.#sayings,
      anchors: this.anchors,
      sealBudget: this.#sealBudget,
      runningHash: this.environment.runningHash,
      catalogue: this.options.catalogue,
      catalogueProblem: this.options.catalogueProblem,
      onEntry: this.options.onEntry,
    };
  }

  read(piece: Uint8Array): void {
    this.#bytes += piece.length;
    this.options.onProgress?.(this.#bytes);
  }

  expect(report: Report): Report {
    const { expectRoot, expectEntries } = this.options;
    const unmet: string[] = [];
    if (expectRoot !== undefined && !report.segments.some(({ root }) => root === expectRoot)) {
      unmet.push(`no segment is sealed with the root ${quoted(expectRoot)}`);
    }
    if (expectEntries !== undefined && report.entries !== expectEntries) {
      unmet.push(`there are ${report.entries} entries, not ${expectEntries}`);
    }
    if (unmet.length === 0) return report;
    for (const what of unmet) this.problems.add('expectation', { file: report.file }, what);
    return {
      ...report,
      ok: false,
      failed: [...new Set([...report.failed, 'history' as const])],
      demanded: [...new Set([...report.demanded, 'history' as const])],
      problems: this.problems.list,
      problemCounts: this.problems.counts,
    };
  }
}

/** Verifies one file: a segment or a pack. */
export async function verifySource(environment: Environment, source: Source, options: VerifyOptions): Promise<Report> {
  const verification = new Verification(environment, options);
  const file = options.name ?? 'input';
  let check: FileCheck | undefined;
  const splitter = await readLines(
    verification,
    options.checked?.() ?? pieces(source),
    MAX_PACK_LINE_BYTES,
    (firstLine) => (check ??= recognise(verification, file, firstLine)),
  );
  check ??= recognise(verification, file, splitter.unfinished);
  return verification.expect(await check.end(splitter.end(), source));
}

/** Verifies the segments of a directory together. */
export async function verifySegments(
  environment: Environment,
  directory: string,
  segments: Iterable<SegmentSource>,
  options: VerifyOptions,
  otherFiles: readonly string[] = [],
): Promise<Report> {
  const verification = new Verification(environment, options);
  const { problems, keys, notices } = verification;
  const collection = new Collection(problems);
  const sources = new Map<SegmentRecord, SegmentSource>();
  for (const source of segments) {
    const { file, bytes, checked = bytes } = source;
    const check = new SegmentFileCheck(verification, file);
    const splitter = await readLines(verification, checked(), MAX_LINE_BYTES, () => check);
    const record = check.record(splitter.end());
    collection.add(record);
    sources.set(record, source);
  }
  for (const file of otherFiles) notices.push({ code: 'other_file', file, what: 'is not a segment of the log' });
  if (collection.records.length === 0) problems.add('empty', { file: directory }, 'the directory holds no segment');
  const states = collection.end('all');
  const report = makeReport({
    kind: 'directory',
    file: directory,
    scope: 'all',
    keys,
    anchors: verification.anchors,
    problems,
    notices: [...notices, ...collection.notices],
    records: collection.records,
    states,
    demands: options,
    fast: options.fast ?? false,
    mapping: 'not_annotated',
    values: await directoryValues(verification, sources),
  });
  return verification.expect(report);
}

/**
 * Gives all whole lines of a file to its check, those that somebody has looked at ahead in runs.
 *
 * @param maxBytes - longest line that is looked at whole
 * @param checkOf - asked with each line, or the first one of a piece
 * @returns what holds the rest behind the last line
 */
async function readLines(
  verification: Verification,
  source: AsyncIterable<CheckedPiece | Uint8Array>,
  maxBytes: number,
  checkOf: (line: Uint8Array) => FileCheck,
): Promise<LineSplitter> {
  const splitter = new LineSplitter(maxBytes);
  for await (const piece of source) {
    if (piece instanceof Uint8Array) {
      verification.read(piece);
      for (const { bytes } of splitter.push(piece)) checkOf(bytes).line(bytes);
    } else {
      verification.read(piece.bytes);
      takeChecked(piece, checkOf(piece.bytes.subarray(0, piece.ends[0])), maxBytes);
    }
    await verification.anchors.settle();
  }
  return splitter;
}

/**
 * Takes the lines of a piece that somebody has looked at ahead: those in runs together, all others by themselves.
 *
 * @param maxBytes - longest line that is looked at whole
 */
function takeChecked({ bytes, ends, leaves, runs }: CheckedPiece, check: FileCheck, maxBytes: number): void {
  let line = 0;
  const takeUpTo = (limit: number): void => {
    for (; line < limit; line++) {
      const start = line === 0 ? 0 : (ends[line - 1] ?? 0) + 1;
      check.line(bytes.subarray(start, Math.min(ends[line] ?? 0, start + maxBytes + 1)));
    }
  };
  for (const run of runs) {
    takeUpTo(run.from);
    const end = run.from + run.count;
    if (check.follow?.(run, leaves.subarray(HASH_BYTES * run.from, HASH_BYTES * end)) === true) line = end;
    else takeUpTo(end);
  }
  takeUpTo(ends.length);
}

/** Each segment that withholds, is spoken of as erased, or has disclosures is read once more. */
async function directoryValues(
  verification: Verification,
  sources: ReadonlyMap<SegmentRecord, SegmentSource>,
): Promise<ValueCounts> {
  const erasures = new Erasures([...sources.keys()].flatMap((record) => record.erasures));
  const counts: ValueCounts[] = [];
  for (const [record, { bytes, disclosures }] of sources) {
    counts.push(await segmentValues(verification, record, { bytes, disclosures }, erasures));
  }
  return sumOf(counts);
}

async function segmentValues(
  { context, options }: Verification,
  record: SegmentRecord,
  { bytes, disclosures }: Pick<WithholdingSegment, 'bytes' | 'disclosures'>,
  erasures: Erasures,
): Promise<ValueCounts> {
  const { name, file, lines, withheld, closed } = record;
  if (name === undefined || (withheld === 0 && disclosures === undefined && !erasures.has(name))) return NO_VALUES;
  const isWritten = options.live === true && !closed;
  return checkWithheld(context, { name, file, lines, isWritten, bytes, disclosures }, erasures);
}

interface FileCheck {
  line(bytes: Uint8Array): void;
  /** Takes lines that were looked at ahead, if they follow what came before; false if they have to be taken one by one. */
  follow?(run: Run, leaves: Uint8Array): boolean;
  /** @param source - what was read: some can be read once more */
  end(torn: Torn | undefined, source: Source): Report | Promise<Report>;
}

/** How a pack begins, and how one does that had its header taken off: everything else is read as a segment. */
const PACK_STARTS = [
  '{"pack":{',
  '{"segment":{',
  '{"absent":{',
  '{"audit_path":[',
  '{"controls":{',
  '{"disclosures":{',
  '{"entry":{',
].map((text) => new TextEncoder().encode(text));

function recognise(verification: Verification, file: string, firstLine: Uint8Array): FileCheck {
  if (PACK_STARTS.some((start) => start.every((byte, index) => firstLine[index] === byte))) {
    return new PackFileCheck(verification, file);
  }
  const name = file.split(/[/\\]/).at(-1) ?? file;
  return new SegmentFileCheck(verification, name);
}

class PackFileCheck implements FileCheck {
  readonly #verification: Verification;
  readonly #file: string;
  readonly #pack: PackCheck;

  constructor(verification: Verification, file: string) {
    this.#verification = verification;
    this.#file = file;
    this.#pack = new PackCheck(verification.context, file);
  }

  line(bytes: Uint8Array): void {
    this.#pack.line(bytes);
  }

  end(torn: Torn | undefined): Report {
    const { problems, keys, anchors, notices, options } = this.#verification;
    const pack = this.#pack;
    pack.end(torn);
    const scope: Scope = pack.kind;
    const states = pack.collection.end(scope, pack.period);
    if (pack.mapping === 'catalogue_unknown') {
      const what = 'the catalogue of this pack is not known here: its controls are attested and were not recomputed';
      notices.push({ code: 'catalogue_unknown', file: this.#file, what });
    }
    if (pack.foreign.length > 0) {
      const what = `the controls of ${quoted(pack.foreign.join(', '))} were recomputed with the catalogue beside the pack, which comes from whoever made it: this version has another one, or none`;
      notices.push({ code: 'catalogue_beside', file: this.#file, what });
    }
    if (scope === 'decision') notices.push(...decisionNotices(this.#file, pack.header ?? {}));
    return makeReport({
      kind: 'pack',
      file: this.#file,
      scope,
      keys,
      anchors,
      problems,
      notices: [...notices, ...pack.collection.notices],
      records: pack.collection.records,
      states,
      demands: options,
      fast: options.fast ?? false,
      attestation: pack.attested,
      mapping: pack.mapping,
      values: pack.values,
      ...(pack.header === undefined ? {} : { pack: { header: pack.header, summary: pack.summary } }),
    });
  }
}

function decisionNotices(file: string, header: JsonObject): Notice[] {
  const left = header['not_included'];
  const what = 'these entries are in the log; that there are no others is not shown';
  return [
    { code: 'entries_only', file, what },
    ...(isArray(left)
      ? [{ code: 'not_included', file, what: `${left.length} entries were not sealed yet: ${quoted(left)}` } as const]
      : []),
  ];
}

class SegmentFileCheck implements FileCheck {
  readonly #verification: Verification;
  readonly #file: string;
  readonly #segment: SegmentCheck;
  #name: string | undefined;
  #log: string | undefined;
  #lines = 0;
  #isRecord = true;

  constructor(verification: Verification, file: string) {
    this.#verification = verification;
    this.#file = file;
    this.#name = segmentOfFile(file);
    this.#segment = new SegmentCheck(verification.context, file, this.#name);
  }

  line(bytes: Uint8Array): void {
    this.#lines++;
    const entry = this.#segment.line(bytes);
    if (this.#lines === 1 && entry === undefined) this.#isRecord = false;
    if (entry === undefined) return;
    const { type, payload } = entry;
    if (type === 'audit_open') {
      if (typeof payload['segment'] === 'string') this.#name ??= payload['segment'];
      if (typeof payload['log'] === 'string') this.#log ??= payload['log'];
    }
    this.#verification.options.onEntry?.({ entry, bytes, log: this.#log, segment: this.#name, line: this.#lines });
  }

  follow(run: Run, leaves: Uint8Array): boolean {
    if (this.#lines === 0 || !this.#segment.follow(run, leaves)) return false;
    this.#lines += run.count;
    return true;
  }

  record(torn: Torn | undefined): SegmentRecord {
    return this.#segment.end(torn);
  }

  async end(torn: Torn | undefined, source: Source): Promise<Report> {
    const { problems, keys, anchors, notices, options } = this.#verification;
    const record = this.#segment.end(torn);
    if (record.lines === 0) {
      problems.add(torn === undefined ? 'empty' : 'not_a_record', { file: this.#file, line: 1 }, 'there is no entry');
    } else if (!this.#isRecord) {
      problems.add(
        'not_a_record',
        { file: this.#file, line: 1 },
        'the first line is neither an audit_open nor a pack header',
      );
    }
    const collection = new Collection(problems);
    collection.add(record);
    const states = collection.end('segment');
    return makeReport({
      kind: this.#isRecord && record.lines > 0 ? 'segment' : 'unknown',
      file: this.#file,
      scope: 'segment',
      keys,
      anchors,
      problems,
      notices: [...notices, ...collection.notices],
      records: collection.records,
      states,
      demands: options,
      fast: options.fast ?? false,
      mapping: 'not_annotated',
      values: await this.#values(record, source),
    });
  }

  /** Of a stream that is gone nothing can be disclosed. */
  async #values(record: SegmentRecord, source: Source): Promise<ValueCounts> {
    const { disclosures, readAgain } = this.#verification.options;
    const isKept = source instanceof Uint8Array || isBlob(source);
    const bytes = readAgain ?? (isKept ? () => pieces(source) : undefined);
    if (bytes === undefined) {
      if (disclosures === undefined) return { ...NO_VALUES, withheld: record.withheld };
      throw new TypeError('A segment is read twice where there are disclosures: give a Uint8Array or a Blob.');
    }
    const given = disclosures === undefined ? undefined : () => pieces(disclosures);
    return segmentValues(this.#verification, record, { bytes, disclosures: given }, new Erasures(record.erasures));
  }
}

import { randomUUID } from 'node:crypto';

import { attestationLine, attestationMessage, attestationStatement } from '../src/attestation.ts';
import { AuditLogCore } from '../src/audit-log-core.ts';
import { canonicalBytes, canonicalize } from '../src/canonical.ts';
import { formatTime } from '../src/clock.ts';
import { jsonDigest } from '../src/digest.ts';
import { MAX_LINE_BYTES } from '../src/entry.ts';
import { SpansealError } from '../src/error.ts';
import { isSealedWith, newestOpening, reopenedLog } from '../src/existing-log.ts';
import {
  annotator,
  catalogueDocument,
  catalogueProblems,
  findFramework,
  frameworksWith,
  MAX_CATALOGUE_BYTES,
  type Annotations,
  type Annotator,
  checkProfile,
  type Framework,
  type Profile,
} from '../src/frameworks/index.ts';
import { textOf, type JsonObject, type JsonValue } from '../src/json.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import { keyIdText, parseVkey } from '../src/note.ts';
import {
  DECLARED_HEADER_MEMBERS,
  declaredText,
  DISCLAIMER,
  MAX_HEADER_BYTES,
  MAX_PACK_LINE_BYTES,
  PACK_VERSION,
} from '../src/pack-header.ts';
import { checkMembers, COUNT, FUNCTION, LIST, OBJECT, TEXT, TEXTS, TRUTH, type Kind } from '../src/option-kinds.ts';
import { PackSummary } from '../src/pack-summary.ts';
import { DEFAULT_SIGN_TIMEOUT_MILLIS, withTimeout } from '../src/segment.ts';
import { readOpening } from '../src/segment-tail.ts';
import type { Signer } from '../src/signer.ts';
import type { Sink } from '../src/sink.ts';
import { Collection } from '../src/verify/collection.ts';
import { headerProblem } from '../src/verify/header.ts';
import { Keys } from '../src/verify/keys.ts';
import { LineSplitter } from '../src/verify/lines.ts';
import { Problems } from '../src/verify/problem.ts';
import type { CheckedEntry } from '../src/verify/rules.ts';
import { SegmentCheck } from '../src/verify/segment.ts';
import { PACKAGE_VERSION } from '../src/version.ts';
import { checkDecision, copyDecision, findDecision, type FoundDecision } from './decision-pack.ts';
import { besideText, NOTHING_BESIDE, PackDisclosures, type BesideEntry } from './pack-disclosures.ts';
import { WholeFile } from './pack-file.ts';
import { refuseInvalid, refuseOther } from './refusal.ts';
import { directorySink } from './segment-file.ts';
import { firstBytes, periodTexts, selectSegments, tornTail, type ExportPeriod, type Selected } from './selection.ts';
import { choiceOf } from './withheld-selection.ts';

/** Annotated with, unless other frameworks are asked for; and with those of `controls`. */
export const DEFAULT_FRAMEWORKS: readonly string[] = ['eu_ai_act', 'nist_ai_rmf', 'iso_42001', 'gdpr'];

export interface ExportOptions {
  /** Ids of frameworks to annotate with. */
  readonly frameworks?: readonly string[];
  /**
   * Frameworks of one's own, and changed ones of the catalogue, as `readControlsFile` reads them: they stand in the
   * catalogue beside the pack, and whoever verifies recomputes the annotations with it.
   */
  readonly controls?: readonly Framework[];
  /** Only the segments that meet this period, each of them whole. Without it: all. */
  readonly period?: ExportPeriod;
  /** Only the entries of the decision with this id, each with the proof that it is in the log. Not with a period. */
  readonly decision?: string;
  /** What decides which controls apply; by default the log's. */
  readonly profile?: Profile;
  /** Such as internal_audit, authority_request, data_subject_request, customer. */
  readonly purpose?: string;
  readonly requestRef?: string;
  readonly recipient?: string;
  readonly exportedBy?: string;
  /** Other places where records of the same system should be. */
  readonly expectedSources?: readonly string[];
  /**
   * Withheld values that are disclosed in the pack: pointers (`/payload/input`), kinds of `capture` (`messages`), or
   * `all`. By default none: their digests are there, and they can be disclosed later.
   */
  readonly disclose?: readonly string[];
  /** Signs the attestation; by default the log's signer. */
  readonly signer?: Signer;
  /** The attestation is given up, and with it the pack, when the signer has not answered for so long. Default 10,000. */
  readonly signTimeoutMillis?: number;
  /** Whether a file of that name may be replaced. Default false. */
  readonly overwrite?: boolean;
  /** Called while segments are copied. */
  readonly onProgress?: (progress: { readonly bytes: number; readonly totalBytes: number }) => void;
}

export interface ExportResult {
  readonly path: string;
  /** `<pack>.catalogue.json`: what the annotations mean, and all it takes to recompute them. */
  readonly cataloguePath: string;
  /** SHA-256 of the whole file, hex. */
  readonly digest: string;
  readonly segments: number;
  readonly entries: number;
  /** Whether the log says that this pack was made. */
  readonly custody: 'recorded' | 'not recorded';
}

/** A log, a directory with its segments, or a sink. */
export type PackSource = AuditLogCore | Sink | string;

const TO_ENTRY = Buffer.from('"entry":');
const LINE_END = Buffer.from('}\n');
const NEW_LINE = Buffer.from('\n');

const EXPORT_OPTIONS: Readonly<Record<keyof ExportOptions, Kind>> = {
  frameworks: TEXTS,
  controls: LIST,
  period: OBJECT,
  decision: TEXT,
  profile: OBJECT,
  purpose: TEXT,
  requestRef: TEXT,
  recipient: TEXT,
  exportedBy: TEXT,
  expectedSources: TEXTS,
  disclose: TEXTS,
  signer: OBJECT,
  signTimeoutMillis: COUNT,
  overwrite: TRUTH,
  onProgress: FUNCTION,
};

/**
 * A pack with a misspelt option would be made without it. Returns the frameworks that are asked for.
 *
 * @throws TypeError, SpansealError `UNKNOWN_FRAMEWORK`
 */
export function checkExportOptions(options: ExportOptions, prefix = ''): readonly Framework[] {
  checkMembers(options, EXPORT_OPTIONS, 'A pack has no option ', prefix);
  if (options.profile !== undefined) checkProfile(options.profile, `\`${prefix}profile\``);
  choiceOf(options.disclose ?? [], `\`${prefix}disclose\``);
  if (options.decision !== undefined) {
    checkDecision(options.decision);
    if (options.period !== undefined) throw new TypeError('A pack is of a decision or of a period; give one of them.');
  }
  return chosenFrameworks(options, prefix);
}

function chosenFrameworks({ frameworks: names, controls = [] }: ExportOptions, prefix: string): readonly Framework[] {
  checkCatalogue(controls, `\`${prefix}controls\``);
  const among = frameworksWith(controls);
  const asked = names ?? [...DEFAULT_FRAMEWORKS, ...controls.map(({ id }) => id)];
  const chosen = [...new Set(asked.map((name) => findFramework(name, among)))];
  if (controls.length > 0) checkCatalogue(chosen, `\`${prefix}controls\` with the frameworks that are asked for`);
  return chosen;
}

/** A pack whose catalogue a verifier refuses would prove nothing. */
function checkCatalogue(frameworks: readonly Framework[], which: string): void {
  const document = catalogueDocument(frameworks);
  const [problem] = catalogueProblems(document);
  if (problem !== undefined) throw new TypeError(`${which} cannot be used: ${problem}.`);
  const bytes = canonicalBytes(document as unknown as JsonValue).length;
  if (bytes > MAX_CATALOGUE_BYTES) {
    throw new TypeError(`${which} would make a catalogue of ${bytes} bytes; it holds ${MAX_CATALOGUE_BYTES}.`);
  }
}

/**
 * Writes an evidence pack: the segments byte for byte, annotated with controls, totalled and attested. The log is
 * verified while it is copied, and memory stays flat.
 *
 * A log of this process is rolled first, so that its segments are closed; a segment that another process writes is
 * copied up to its last whole line. The result appears under its name when it is whole.
 *
 * @throws SpansealError `LOG_INVALID` if the log's integrity does not hold, `EXPORT_FAILED`, `UNKNOWN_FRAMEWORK`
 */
export async function exportPack(source: PackSource, path: string, options: ExportOptions = {}): Promise<ExportResult> {
  const unique = checkExportOptions(options);
  const log = source instanceof AuditLogCore ? source : undefined;
  const sink = log?.sink ?? (typeof source === 'string' ? directorySink(source) : (source as Sink));
  const selected = await selectSegments(sink, log, options.period);
  const found =
    options.decision === undefined
      ? undefined
      : await findDecision(sink, selected, options.decision, options.onProgress);
  const segments = found?.segments.map((segment) => segment.selected) ?? selected;
  const signer = options.signer ?? log?.signer;
  const { signTimeoutMillis = DEFAULT_SIGN_TIMEOUT_MILLIS } = options;
  const header = makeHeader({
    sink,
    segments,
    signer,
    frameworks: unique,
    options,
    profile: options.profile ?? log?.profile,
    notIncluded: found?.notIncluded ?? [],
  });
  const file = new WholeFile(path, options.overwrite ?? false);
  const cataloguePath = `${file.path}.catalogue.json`;
  const values = new PackDisclosures(sink, erasureSources(sink, segments, options), options.disclose ?? []);
  let entries: number;
  try {
    file.write(line({ pack: header }));
    entries =
      found === undefined
        ? await copy(file, sink, segments, unique, header, options, values)
        : await copyFound(file, sink, found, unique, header, values);
    file.write(line(await attest(file.sha256, signer, signTimeoutMillis)));
    writeCatalogue(cataloguePath, unique);
    file.finish();
  } catch (error) {
    file.discard();
    throw error;
  } finally {
    values.close();
  }
  const digest = file.sha256;
  const custody = await recordCustody(source, sink, header, { digest, signer, options });
  return {
    path: file.path,
    cataloguePath,
    digest,
    segments: segments.length,
    entries,
    custody: custody ? 'recorded' : 'not recorded',
  };
}

function line(value: JsonObject): Uint8Array {
  const bytes = canonicalBytes(value);
  if (bytes.length > MAX_PACK_LINE_BYTES) {
    throw new SpansealError(
      'EXPORT_FAILED',
      `A line of the pack would have ${bytes.length} bytes; export a shorter period.`,
    );
  }
  return Buffer.concat([bytes, NEW_LINE]);
}

interface HeaderParts {
  readonly sink: Sink;
  readonly segments: readonly Selected[];
  readonly signer: Signer | undefined;
  readonly frameworks: readonly Framework[];
  readonly options: ExportOptions;
  readonly profile: Profile | undefined;
  readonly notIncluded: readonly string[];
}

function makeHeader({ sink, segments, signer, frameworks, options, profile, notIncluded }: HeaderParts): JsonObject {
  const openings = segments.toReversed().map(({ name }) => readOpening(sink, name));
  const opening = openings.find((found) => found !== undefined);
  if (opening === undefined) {
    throw new SpansealError(
      'LOG_INVALID',
      `No segment in ${sink.location} begins with an audit_open; see spanseal verify ${sink.location}.`,
    );
  }
  const log = textOf(opening['log']);
  if (signer !== undefined && parseVkey(nodePrimitives, signer.vkey)?.name !== log) {
    throw new TypeError(`The signer's key is not that of the log '${log}'; give the key the log is sealed with.`);
  }
  const catalogue = catalogueDocument(frameworks);
  const declared = DECLARED_HEADER_MEMBERS.map((member) => [member, declaredText(opening, member)] as const);
  const header: JsonObject = {
    v: PACK_VERSION,
    pack_id: randomUUID(),
    created: formatTime(Date.now()),
    generator: { name: 'spanseal', version: PACKAGE_VERSION },
    log,
    system: textOf(opening['system']),
    ...Object.fromEntries(declared),
    key: signer?.vkey ?? null,
    selection: selectionOf(options),
    period: options.period === undefined ? undefined : periodTexts(options.period),
    purpose: options.purpose,
    request_ref: options.requestRef,
    recipient: options.recipient,
    exported_by: options.exportedBy,
    frameworks: frameworks.map((framework) => ({
      id: framework.id,
      version: framework.version,
      digest: jsonDigest(framework as unknown as JsonValue),
    })),
    catalogue: {
      version: catalogue.version,
      as_of: catalogue.as_of,
      digest: jsonDigest(catalogue as unknown as JsonValue),
    },
    profile,
    profile_digest: profile === undefined ? undefined : jsonDigest(profile),
    expected_sources: options.expectedSources,
    not_included: notIncluded.length === 0 ? undefined : notIncluded,
    disclaimer: DISCLAIMER,
  };
  // What the caller gave may be anything where nobody checks types.
  const problem = headerProblem(nodePrimitives, header);
  if (problem !== undefined) throw new TypeError(`The pack would not verify: ${problem}.`);
  const size = canonicalBytes({ pack: header }).length;
  if (size > MAX_HEADER_BYTES) {
    throw new SpansealError(
      'EXPORT_FAILED',
      `The pack's header would have ${size} bytes; it holds ${MAX_HEADER_BYTES}. Shorten the profile or the sources.`,
    );
  }
  return header;
}

function selectionOf({ period, decision }: ExportOptions): JsonObject {
  if (decision !== undefined) return { kind: 'decision', decision_id: decision };
  return { kind: period === undefined ? 'all' : 'period' };
}

/** Copies the entries of a decision, which were verified where they were found, then writes the summary. */
async function copyFound(
  file: WholeFile,
  sink: Sink,
  found: FoundDecision,
  frameworks: readonly Framework[],
  header: JsonObject,
  values: PackDisclosures,
): Promise<number> {
  const annotate = annotator(frameworks, (header['profile'] ?? {}) as JsonObject);
  const summary = new PackSummary(nodePrimitives);
  const entries = await copyDecision(sink, found, {
    segment({ record }) {
      refuseOther(record, header, sink.location);
      file.write(line({ segment: { checkpoint: record.checkpoint, name: record.name } }));
      summary.segment(0);
    },
    async entry(bytes, entry, { segment, path }) {
      const beside = entry.sd === undefined ? NOTHING_BESIDE : await values.beside(segment, entry);
      writeEntry(file, bytes, entry, annotate, summary, { ...beside, path });
    },
  });
  file.write(line({ summary: summary.toObject() }));
  return entries;
}

/** Copies and checks the segments, then writes the summary. Returns the number of entries. */
async function copy(
  file: WholeFile,
  sink: Sink,
  segments: readonly Selected[],
  frameworks: readonly Framework[],
  header: JsonObject,
  options: ExportOptions,
  values: PackDisclosures,
): Promise<number> {
  const problems = new Problems();
  const context = { primitives: nodePrimitives, problems, keys: new Keys(nodePrimitives, [], []) };
  const annotate = annotator(frameworks, (header['profile'] ?? {}) as JsonObject);
  const summary = new PackSummary(nodePrimitives);
  const collection = new Collection(problems);
  const totalBytes = segments.reduce((sum, { bytes: size }) => sum + size, 0);
  let bytes = 0;
  let entries = 0;
  for (const { name: segment, bytes: size } of segments) {
    const torn = await tornTail(sink, segment, size);
    file.write(line({ segment: { name: segment, ...(torn === undefined ? {} : { torn: { ...torn } }) } }));
    const check = new SegmentCheck(context, `${segment}.jsonl`, segment);
    const splitter = new LineSplitter(MAX_LINE_BYTES);
    for await (const piece of firstBytes(sink, segment, size)) {
      for (const { bytes: entryBytes } of splitter.push(piece)) {
        const entry = check.line(entryBytes);
        if (entry === undefined) continue;
        const beside = entry.sd === undefined ? undefined : await values.beside(segment, entry);
        writeEntry(file, entryBytes, entry, annotate, summary, beside);
      }
      bytes += piece.length;
      options.onProgress?.({ bytes, totalBytes });
    }
    const record = check.end(torn);
    collection.add(record);
    refuseInvalid(problems, sink.location);
    summary.segment(record.closed ? 0 : record.lines - record.sealed);
    refuseOther(record, header, sink.location);
    entries += record.lines;
  }
  collection.end(options.period === undefined ? 'all' : 'period');
  refuseInvalid(problems, sink.location);
  file.write(line({ summary: summary.toObject() }));
  return entries;
}

/** Of a period or a decision also what other entries say: in a pack of all there are no others. */
function erasureSources(
  sink: Sink,
  segments: readonly Selected[],
  { period, decision }: ExportOptions,
): readonly Selected[] {
  if (period === undefined && decision === undefined) return segments;
  const chosen = new Map(segments.map((segment) => [segment.name, segment]));
  return sink.list().map((name) => chosen.get(name) ?? { name, bytes: Number.POSITIVE_INFINITY });
}

const annotationTexts = new WeakMap<Annotations, Buffer>();

function writeEntry(
  file: WholeFile,
  bytes: Uint8Array,
  entry: CheckedEntry,
  annotate: Annotator,
  summary: PackSummary,
  beside: BesideEntry | undefined,
): void {
  const annotations = annotate(entry);
  if (beside !== undefined) {
    file.write(Buffer.concat([besideText(beside, annotations), TO_ENTRY, bytes, LINE_END]));
  } else if (annotations === undefined) {
    file.write(Buffer.concat([Buffer.from('{'), TO_ENTRY, bytes, LINE_END]));
  } else {
    // Entries of one kind share their annotations, and so their text.
    let text = annotationTexts.get(annotations);
    if (text === undefined) {
      text = Buffer.from(`{"controls":${canonicalize(annotations as unknown as JsonValue)},`);
      annotationTexts.set(annotations, text);
    }
    file.write(Buffer.concat([text, TO_ENTRY, bytes, LINE_END]));
  }
  summary.entry(entry, annotations, beside?.counts);
}

async function attest(sha256: string, signer: Signer | undefined, timeoutMillis: number): Promise<JsonObject> {
  const statement = attestationStatement(sha256);
  const key = signer === undefined ? undefined : parseVkey(nodePrimitives, signer.vkey);
  if (signer === undefined || key === undefined) return attestationLine(statement, undefined);
  try {
    const message = attestationMessage(statement);
    const sig = await withTimeout(Promise.resolve(signer.sign(message)), timeoutMillis);
    // A key service may answer anything. With a shared key only who holds it can tell.
    const verifier = new Keys(nodePrimitives, [], []).untrusted(signer.vkey);
    if (!(sig instanceof Uint8Array) || verifier?.verify(message, sig) === false) {
      throw new Error(`Its answer is no signature by ${signer.vkey}; check its key.`);
    }
    return attestationLine(statement, { keyid: keyIdText(key), sig });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SpansealError('SIGNER_FAILED', `The signer did not attest the pack, and nothing was written: ${why}`, {
      cause,
    });
  }
}

function writeCatalogue(path: string, frameworks: readonly Framework[]): void {
  const catalogue = new WholeFile(path, true);
  try {
    catalogue.write(canonicalBytes(catalogueDocument(frameworks) as unknown as JsonValue));
    catalogue.write(NEW_LINE);
    catalogue.finish();
  } catch (error) {
    catalogue.discard();
    throw error;
  }
}

/** Records that the pack was made: in the running log, or in a segment opened and closed for it. */
async function recordCustody(
  source: PackSource,
  sink: Sink,
  header: JsonObject,
  made: { readonly digest: string; readonly signer: Signer | undefined; readonly options: ExportOptions },
): Promise<boolean> {
  const { digest, signer, options } = made;
  const payload = {
    action: 'exported',
    purpose: options.purpose,
    request_ref: options.requestRef,
    performed_by: options.exportedBy,
    recipient: options.recipient,
    // With what the pack shows that the log withholds: whoever erases later must know who has it.
    selection: {
      ...(header['selection'] as JsonObject),
      ...(options.disclose?.length ? { disclosed: options.disclose } : {}),
    },
    pack_digest: digest,
    tool_version: PACKAGE_VERSION,
  };
  try {
    if (source instanceof AuditLogCore && !source.closed) {
      const receipt = source.custody(payload);
      await source.flush();
      return receipt.recorded;
    }
    const log = logForCustody(source, sink, signer, options);
    if (log === undefined) return false;
    const receipt = log.custody(payload);
    await log.close();
    return receipt.recorded;
  } catch {
    return false;
  }
}

/** A closed log once more, for one entry; that of another process only with the key that it is sealed with. */
function logForCustody(
  source: PackSource,
  sink: Sink,
  signer: Signer | undefined,
  { signTimeoutMillis = DEFAULT_SIGN_TIMEOUT_MILLIS }: ExportOptions,
): AuditLogCore | undefined {
  if (source instanceof AuditLogCore) return source.reopened();
  const opening = newestOpening(sink);
  return isSealedWith(opening, signer) ? reopenedLog(sink, opening, signer, { signTimeoutMillis }) : undefined;
}

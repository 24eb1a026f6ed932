import { decodeBase64, encodeHex, sameBytes } from '../base64.ts';
import { attestationMessage, attestationStatement, ATTESTATION_PAYLOAD_TYPE } from '../attestation.ts';
import { canonicalBytes, canonicalize, isArray, isObject } from '../canonical.ts';
import {
  annotator,
  catalogueDocument,
  catalogueProblems,
  digestWith,
  frameworks,
  listedFramework,
  MAX_CATALOGUE_BYTES,
  type Annotations,
  type Framework,
} from '../frameworks/index.ts';
import { textOf, type JsonObject, type JsonValue } from '../json.ts';
import { isSegmentName } from '../names.ts';
import { keyIdText, parseVkey } from '../note.ts';
import {
  DECLARED_HEADER_MEMBERS,
  declaredText,
  DISCLAIMER,
  MAX_HEADER_BYTES,
  MAX_PACK_LINE_BYTES,
} from '../pack-header.ts';
import { PackSummary } from '../pack-summary.ts';
import type { Primitives } from '../primitives.ts';
import { PACKAGE_VERSION } from '../version.ts';
import type { Anchors } from './anchors.ts';
import { Collection, type Period } from './collection.ts';
import type { ErasureBudget } from './erasures.ts';
import { decisionOf, PartCheck } from './decision-pack.ts';
import { headerProblem, isPeriod } from './header.ts';
import { canonicalProblem, parseJson } from './json.ts';
import type { Keys } from './keys.ts';
import type { Torn } from './lines.ts';
import { escapeText, quoted, type Place, type Problems } from './problem.ts';
import type { Verdicts } from './report.ts';
import { besideProblem, PackValues } from './pack-values.ts';
import type { OnEntry } from './seen.ts';
import { isTorn, type CheckedEntry } from './rules.ts';
import { addJsonProblem, SegmentCheck, type Citation, type SegmentRecord } from './segment.ts';
import type { ValueCounts } from './value-counts.ts';

/** A hash that grows with the bytes it is given. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** SHA-256 of all bytes so far; more may follow. */
  digest(): Uint8Array;
}

interface PackContext {
  readonly primitives: Primitives;
  readonly problems: Problems;
  readonly keys: Keys;
  readonly fast: boolean;
  readonly earlierSizes?: ReadonlyMap<string, number> | undefined;
  readonly erasureBudget?: ErasureBudget;
  readonly sayings?: Map<string, Citation>;
  readonly anchors?: Anchors;
  readonly sealBudget?: { left: number };
  readonly runningHash: () => RunningHash;
  /** The catalogue file that lies beside the pack, if there is one. */
  readonly catalogue: JsonValue | undefined;
  /** Why what lies there is none. */
  readonly catalogueProblem: string | undefined;
  readonly onEntry?: OnEntry | undefined;
}

const NEW_LINE = Uint8Array.of(0x0a);
/** What stands in the line of an entry before it. */
const BESIDE_ENTRY = ['absent', 'controls', 'disclosures'];
const ENTRY_MEMBER = new TextEncoder().encode('"entry":');
const COMMA = 0x2c;
const CLOSING_BRACE = 0x7d;

type Stage = 'header' | 'segments' | 'summary' | 'attestation' | 'end';

/** Checks the lines of a pack in one pass. */
export class PackCheck {
  readonly #context: PackContext;
  readonly #file: string;
  readonly #hash: RunningHash;
  readonly #summary: PackSummary;
  readonly collection: Collection;
  #stage: Stage = 'header';
  #line = 0;
  #header: JsonObject | undefined;
  #givenSummary: JsonObject | undefined;
  #segmentName: string | undefined;
  #segment: SegmentCheck | PartCheck | undefined;
  #segmentTorn: { readonly bytes: number; readonly sha256: string } | undefined;
  #annotate: ((entry: CheckedEntry) => Annotations | undefined) | undefined;
  #foreign: readonly string[] = [];
  /** Until a header that can be read says with what the pack was annotated. */
  #mapping: Verdicts['mapping'] = 'catalogue_unknown';
  #attested: SegmentRecord['signed'] | undefined;
  readonly #annotationTexts = new WeakMap<Annotations, string>();
  readonly #values: PackValues;

  constructor(context: PackContext, file: string) {
    this.#context = context;
    this.#file = file;
    this.#hash = context.runningHash();
    this.#summary = new PackSummary(context.primitives);
    this.#values = new PackValues(context.primitives, context.problems);
    this.collection = new Collection(context.problems);
  }

  get header(): JsonObject | undefined {
    return this.#header;
  }

  get summary(): JsonObject | undefined {
    return this.#givenSummary;
  }

  get kind(): 'all' | 'period' | 'decision' {
    if (decisionOf(this.#header) !== undefined) return 'decision';
    const selection = this.#header?.['selection'];
    return isObject(selection) && selection['kind'] === 'period' ? 'period' : 'all';
  }

  /** What a pack of kind `period` says that it holds all of. */
  get period(): Period | undefined {
    const period = this.#header?.['period'];
    return this.kind === 'period' && period !== undefined && isPeriod(period)
      ? (period as unknown as Period)
      : undefined;
  }

  get mapping(): Verdicts['mapping'] {
    return this.#mapping;
  }

  /** Ids of the frameworks that this version does not know, and that the catalogue beside the pack has. */
  get foreign(): readonly string[] {
    return this.#foreign;
  }

  get attested(): SegmentRecord['signed'] {
    return this.#attested ?? 'unsigned';
  }

  get values(): ValueCounts {
    return this.#values.counts;
  }

  get #place(): Place {
    return { file: this.#file, line: this.#line };
  }

  /** Takes the next line, without its `\n`. */
  line(bytes: Uint8Array): void {
    this.#line++;
    if (this.#stage === 'end') {
      this.#context.problems.add('pack_structure', this.#place, 'a line follows the attestation');
      return;
    }
    const entryAt = this.#stage === 'segments' ? entryStart(bytes) : undefined;
    if (this.#stage === 'header') this.#headerLine(bytes);
    else if (entryAt !== undefined) this.#entryLine(bytes, entryAt);
    else this.#plainLine(bytes);
    this.#hash.update(bytes);
    this.#hash.update(NEW_LINE);
  }

  #headerLine(bytes: Uint8Array): void {
    // Whatever the first line is, the order of those that follow is still checked.
    this.#stage = 'segments';
    const value = this.#parse(bytes, MAX_HEADER_BYTES);
    if (value === undefined) return;
    const header = isObject(value) && Object.keys(value).length === 1 ? value['pack'] : undefined;
    if (isObject(header)) this.#readHeader(header);
    else this.#context.problems.add('pack_line', this.#place, 'the first line is no header');
  }

  #plainLine(bytes: Uint8Array): void {
    const value = this.#parse(bytes, MAX_PACK_LINE_BYTES);
    if (value === undefined) return;
    const [member, ...more] = isObject(value) ? Object.keys(value) : [];
    const content = isObject(value) && member !== undefined ? value[member] : undefined;
    if (member === undefined || more.length > 0 || !isObject(content)) {
      this.#context.problems.add('pack_line', this.#place, 'the line is no segment, entry, summary or attestation');
      return;
    }
    switch (`${this.#stage} ${member}`) {
      case 'segments segment':
        this.#endSegment();
        this.#beginSegment(content);
        return;
      case 'segments summary':
        this.#endSegment();
        this.#compareSummary(content);
        this.#stage = 'attestation';
        return;
      case 'attestation attestation':
        this.#attestation(content);
        this.#stage = 'end';
        return;
      default:
        this.#context.problems.add('pack_structure', this.#place, `a line ${quoted(member)} cannot stand here`);
    }
  }

  #parse(bytes: Uint8Array, maxBytes: number): JsonValue | undefined {
    const { problems } = this.#context;
    const parsed = parseJson(bytes, maxBytes);
    const problem = parsed.ok ? canonicalProblem(parsed.value, parsed.text) : parsed.problem;
    if (problem !== undefined) addJsonProblem(problems, this.#place, problem, maxBytes);
    return parsed.ok && problem === undefined ? parsed.value : undefined;
  }

  #readHeader(header: JsonObject): void {
    this.#header = header;
    const problem = headerProblem(this.#context.primitives, header);
    if (problem !== undefined) {
      this.#context.problems.add('pack_header', this.#place, problem);
      return;
    }
    this.#compareDisclaimer(header);
    this.#prepareMapping(header);
  }

  /** What this version writes word for word; another version may have other words. */
  #compareDisclaimer({ generator, disclaimer }: JsonObject): void {
    const ours = isObject(generator) && generator['name'] === 'spanseal' && generator['version'] === PACKAGE_VERSION;
    if (!ours || disclaimer === DISCLAIMER) return;
    this.#context.problems.add('pack_header_disagrees', this.#place, 'the disclaimer is not the one of this version');
  }

  /** Finds the catalogue that the pack was annotated with: the one of this version, or the file beside the pack. */
  #prepareMapping(header: JsonObject): void {
    const listed = header['frameworks'] as readonly JsonObject[];
    const { profile, profile_digest: profileDigest, catalogue } = header;
    if (profile !== undefined && this.#digest(profile) !== profileDigest) {
      this.#context.problems.add('pack_header', this.#place, 'profile_digest is not the digest of the profile');
    }
    const beside = this.#catalogueBeside(textOf((catalogue as JsonObject)['digest']));
    const found = listed.flatMap((item) => listedFramework(this.#context.primitives, item, beside) ?? []);
    if (found.length < listed.length) return;
    this.#foreign = found.filter((framework) => !frameworks().includes(framework)).map(({ id }) => id);
    this.#compareCatalogue(listed, found, catalogue as JsonObject);
    if (found.length > 0) this.#annotate = annotator(found, isObject(profile) ? profile : {});
    this.#mapping = found.length > 0 ? 'yes' : 'not_annotated';
  }

  /** What the header says of frameworks and catalogue beside their digests. */
  #compareCatalogue(listed: readonly JsonObject[], found: readonly Framework[], given: JsonObject): void {
    const known = catalogueDocument(found);
    const agrees =
      listed.every(({ version }, index) => version === found[index]?.version) &&
      (given['version'] !== known.version ||
        (given['as_of'] === known.as_of && given['digest'] === this.#digest(known as unknown as JsonValue)));
    if (agrees) return;
    const what = 'versions, day or digest are not those of the catalogue that it names';
    this.#context.problems.add('pack_header_disagrees', this.#place, what);
  }

  #catalogueBeside(digest: string): readonly Framework[] {
    const { catalogue, catalogueProblem } = this.#context;
    if (catalogue === undefined && catalogueProblem === undefined) return [];
    const problem = catalogueProblem ?? this.#catalogueProblem(catalogue ?? null, digest);
    if (problem !== undefined) {
      this.#context.problems.add('catalogue', this.#place, problem);
      return [];
    }
    return (catalogue as unknown as { readonly frameworks: readonly Framework[] }).frameworks;
  }

  /** In this order: only what has the shape of a catalogue is flat enough to be written out. */
  #catalogueProblem(catalogue: JsonValue, digest: string): string | undefined {
    const [problem, ...more] = catalogueProblems(catalogue);
    if (problem !== undefined) {
      const further = more.length === 0 ? '' : ` (and ${more.length} more)`;
      return `the catalogue file is none: ${escapeText(problem)}${further}`;
    }
    const bytes = canonicalBytes(catalogue);
    if (bytes.length > MAX_CATALOGUE_BYTES) return `the catalogue file has more than ${MAX_CATALOGUE_BYTES} bytes`;
    return encodeHex(this.#context.primitives.sha256(bytes)) === digest
      ? undefined
      : 'the catalogue file is another one than the header names';
  }

  #digest(value: JsonValue): string {
    return digestWith(this.#context.primitives, value);
  }

  #beginSegment(wrapper: JsonObject): void {
    const { name, torn, checkpoint } = wrapper;
    const decision = decisionOf(this.#header);
    const second = decision === undefined ? 'torn' : 'checkpoint';
    const further = Object.keys(wrapper).find((member) => member !== 'name' && member !== second);
    if (
      typeof name !== 'string' ||
      !isSegmentName(name) ||
      further !== undefined ||
      (decision !== undefined && typeof checkpoint !== 'string') ||
      (torn !== undefined && !isTornMember(torn))
    ) {
      this.#context.problems.add('pack_line', this.#place, 'the segment line breaks the format');
    }
    // What is no segment's name reaches no message and no report: it may hold anything.
    const expectedName = typeof name === 'string' && isSegmentName(name) ? name : undefined;
    this.#segmentName = expectedName;
    if (decision !== undefined) {
      const text = typeof checkpoint === 'string' ? checkpoint : '';
      this.#segment = new PartCheck(
        this.#context,
        { ...this.#place, line: this.#line, name: expectedName, text },
        decision,
      );
      return;
    }
    this.#segment = new SegmentCheck(this.#context, this.#file, expectedName);
    this.#segmentTorn = torn !== undefined && isTornMember(torn) ? torn : undefined;
  }

  #endSegment(): void {
    if (this.#segment === undefined) return;
    const record = this.#segment instanceof PartCheck ? this.#segment.end() : this.#segment.end(this.#segmentTorn);
    this.#summary.segment(record.closed || record.part === true ? 0 : record.lines - record.sealed);
    this.collection.add(record);
    this.#compareHeader(record);
    this.#segment = undefined;
  }

  #compareHeader(record: SegmentRecord): void {
    const { declared, file, name, firstLine } = record;
    const header = this.#header;
    if (header === undefined || declared === undefined) return;
    for (const member of ['log', 'system'] as const) {
      if (header[member] !== record[member]) {
        this.#context.problems.add(
          'other_log',
          { file, segment: name, line: firstLine },
          `the header's ${member} is not that of the segment`,
        );
      }
    }
  }

  #entryLine(bytes: Uint8Array, entryAt: number): void {
    const { problems } = this.#context;
    if (bytes.length > MAX_PACK_LINE_BYTES) {
      addJsonProblem(problems, this.#place, 'too_long', MAX_PACK_LINE_BYTES);
      return;
    }
    if (this.#segment === undefined) {
      problems.add('pack_structure', this.#place, 'an entry stands before the first segment line');
      return;
    }
    const wrapper = this.#wrapper(bytes, entryAt);
    if (bytes.at(-1) !== CLOSING_BRACE)
      problems.add('pack_line', this.#place, 'the entry is not the last member of its line');
    const entryBytes = bytes.subarray(entryAt + ENTRY_MEMBER.length, -1);
    const entry =
      this.#segment instanceof PartCheck
        ? this.#segment.line(entryBytes, this.#line, wrapper?.['audit_path'])
        : this.#segment.line(entryBytes, this.#line);
    if (entry === undefined) return;
    const place = { ...this.#place, segment: this.#segmentName, seq: entry.seq };
    const values = this.#values.entry(entry, wrapper ?? {}, place);
    const annotations = this.#annotate?.(entry);
    if (this.#annotate !== undefined) this.#compareAnnotations(wrapper, annotations, entry.seq);
    else if (wrapper?.['controls'] !== undefined && this.#mapping === 'not_annotated') {
      problems.add(
        'annotation',
        { ...this.#place, seq: entry.seq },
        'the header names no framework, and the entry has controls',
      );
    }
    this.#summary.entry(entry, annotations, values);
    this.#context.onEntry?.({
      entry,
      bytes: entryBytes,
      log: textOf(this.#header?.['log']),
      segment: this.#segmentName,
      line: this.#line,
      controls: annotations,
      beside: wrapper,
    });
  }

  /** What stands beside the entry. Its bytes are read apart: nested in the line an entry may be one level deeper. */
  #wrapper(bytes: Uint8Array, entryAt: number): JsonObject | undefined {
    if (entryAt === 1) return {};
    if (bytes[entryAt - 1] !== COMMA) {
      this.#context.problems.add('pack_line', this.#place, 'no comma separates the entry from what stands beside it');
      return undefined;
    }
    const beside = new Uint8Array(entryAt);
    beside.set(bytes.subarray(0, entryAt - 1));
    beside[entryAt - 1] = CLOSING_BRACE;
    const value = this.#parse(beside, MAX_PACK_LINE_BYTES);
    if (!isObject(value)) return undefined;
    const { controls } = value;
    const odd =
      Object.keys(value).find((member) => !this.#isBeside(member)) ??
      (controls === undefined || isObject(controls) ? besideProblem(value) : 'controls');
    if (odd !== undefined || Object.keys(value).length === 0) {
      const what = `${quoted(odd ?? 'an empty member')} cannot stand beside this entry`;
      this.#context.problems.add('pack_line', this.#place, what);
    }
    return value;
  }

  /** Of which form a path is, is seen where it is used. */
  #isBeside(member: string): boolean {
    return BESIDE_ENTRY.includes(member) || (member === 'audit_path' && this.#segment instanceof PartCheck);
  }

  #compareAnnotations(wrapper: JsonObject | undefined, annotations: Annotations | undefined, seq: number): void {
    if (wrapper === undefined) return;
    const given = wrapper['controls'];
    const wanted = annotations === undefined ? undefined : this.#textOf(annotations);
    if ((given === undefined ? undefined : canonicalize(given)) === wanted) return;
    this.#context.problems.add(
      'annotation',
      { ...this.#place, seq },
      'the controls beside the entry are not those of the catalogue',
    );
  }

  #textOf(annotations: Annotations): string {
    let text = this.#annotationTexts.get(annotations);
    if (text === undefined) {
      text = canonicalize(annotations);
      this.#annotationTexts.set(annotations, text);
    }
    return text;
  }

  #compareSummary(given: JsonObject): void {
    this.#givenSummary = given;
    const computed = this.#summary.toObject();
    if (this.#mapping === 'catalogue_unknown') {
      // Then what the annotations count to is attested, and not checked.
      const { controls: _given, ...rest } = given;
      const { controls: _computed, ...computedRest } = computed;
      if (canonicalize(rest) !== canonicalize(computedRest)) this.#summaryDiffers(given, computed);
    } else if (canonicalize(given) !== canonicalize(computed)) {
      this.#summaryDiffers(given, computed);
    }
  }

  #summaryDiffers(given: JsonObject, computed: JsonObject): void {
    const members = [...new Set([...Object.keys(given), ...Object.keys(computed)])];
    const differing = members.filter(
      (member) => canonicalize(given[member] ?? null) !== canonicalize(computed[member] ?? null),
    );
    this.#context.problems.add(
      'summary',
      this.#place,
      `these totals are not those of the entries: ${quoted(differing.join(', '))}`,
    );
  }

  #attestation(envelope: JsonObject): void {
    const { problems, primitives } = this.#context;
    const statement = attestationStatement(encodeHex(this.#hash.digest()));
    const { payload, payloadType, signatures, ...further } = envelope;
    const wellFormed =
      Object.keys(further).length === 0 &&
      payloadType === ATTESTATION_PAYLOAD_TYPE &&
      typeof payload === 'string' &&
      decodeBase64(payload) !== undefined &&
      isArray(signatures) &&
      signatures.every(isSignature);
    if (!wellFormed) {
      problems.add('attestation_malformed', this.#place, 'the envelope is not the one that a pack has');
      return;
    }
    if (!sameBytes(decodeBase64(payload) ?? new Uint8Array(0), statement)) {
      problems.add('attestation_digest', this.#place, 'the statement is not the one over the bytes of this file');
      return;
    }
    const key = this.#header?.['key'];
    const declared = typeof key === 'string' ? parseVkey(primitives, key) : undefined;
    const wanted = declared === undefined ? [] : [keyIdText(declared)];
    const given = signatures.map((signature) => textOf((signature as JsonObject)['keyid']));
    if (canonicalize(given) !== canonicalize(wanted)) {
      problems.add(
        'attestation_key',
        this.#place,
        `signed by ${quoted(given.join(', '))}, and the pack names ${quoted(wanted.join(', '))}`,
      );
      return;
    }
    if (declared !== undefined) this.#checkAttestation(statement, textOf(key), signatures[0] as JsonObject);
  }

  #checkAttestation(statement: Uint8Array, key: string, { sig }: JsonObject): void {
    const { keys, problems } = this.#context;
    const trusted = keys.find(key, textOf(this.#header?.['log']));
    const verifier = trusted ?? keys.untrusted(key);
    const signature = decodeBase64(textOf(sig)) ?? new Uint8Array(0);
    if (verifier !== undefined && !verifier.verify(attestationMessage(statement), signature)) {
      problems.add(
        'signature',
        this.#place,
        `the attestation's signature is not by ${quoted(verifier.name)} over this pack`,
      );
    }
    this.#attested = trusted === undefined ? 'unknown_key' : { by: trusted };
    const why = trusted && keys.untimely(trusted, textOf(this.#header?.['created']));
    if (why !== undefined) {
      problems.add('key_validity', this.#place, `the attestation is by ${quoted(trusted?.name)}; ${why}`);
    }
  }

  /** After the last line. */
  end(torn: Torn | undefined): void {
    const { problems } = this.#context;
    if (torn !== undefined) {
      problems.add(
        'line_unterminated',
        { file: this.#file, line: this.#line + 1 },
        'the last line does not end with a line feed',
      );
    }
    this.#endSegment();
    if (this.#stage !== 'end') {
      problems.add('pack_structure', this.#place, 'the pack ends before its attestation');
    }
    if (this.collection.records.length === 0) problems.add('empty', this.#place, 'the pack holds no segment');
    this.#compareDeclarations();
    this.#compareErasures();
  }

  #compareErasures(): void {
    const { records, notices } = this.collection;
    const names = new Set(records.flatMap(({ name }) => name ?? []));
    const erasures = records.flatMap((record) => record.erasures);
    const elsewhere = this.#values.end(erasures, names, this.kind === 'all');
    if (elsewhere === 0) return;
    const what = `${elsewhere} values are called erased, and the record of that lies outside of what was given`;
    notices.push({ code: 'outside_selection', file: this.#file, what });
  }

  /** Header members that repeat what the last segment declares. */
  #compareDeclarations(): void {
    const header = this.#header;
    const openings = this.collection.records.flatMap(({ declared }) => (declared === undefined ? [] : [declared]));
    const last = openings.at(-1);
    if (header === undefined || last === undefined) return;
    for (const member of DECLARED_HEADER_MEMBERS) {
      if (header[member] !== declaredText(last, member)) {
        this.#context.problems.add(
          'pack_header_disagrees',
          { file: this.#file, line: 1 },
          `${member} is not what the last segment declares`,
        );
      }
      if (openings.some((open) => declaredText(open, member) !== declaredText(last, member))) {
        this.collection.notices.push({
          code: 'declaration_changed',
          file: this.#file,
          what: `${member} is not the same in all segments`,
        });
      }
    }
  }
}

/** `torn` of a segment line; unlike in an entry its member set is closed. */
function isTornMember(value: JsonValue): value is JsonObject & Torn {
  return isTorn(value) && Object.keys(value as JsonObject).length === 2 && (value as JsonObject)['bytes'] !== 0;
}

function isSignature(value: JsonValue): boolean {
  if (!isObject(value) || Object.keys(value).length !== 2) return false;
  const { keyid, sig } = value;
  return typeof keyid === 'string' && typeof sig === 'string' && decodeBase64(sig) !== undefined;
}

/**
 * Where the member `entry` of a pack line begins: outside of strings, at the first level. The entry's own bytes are what
 * follows `"entry":`, up to the last byte but one.
 */
export function entryStart(bytes: Uint8Array): number | undefined {
  if (bytes[0] !== 0x7b) return undefined;
  let depth = 0;
  for (let index = 0; index < bytes.length; index++) {
    switch (bytes[index]) {
      case 0x22: {
        if (depth === 1 && startsWith(bytes, index, ENTRY_MEMBER)) return index;
        index++;
        while (index < bytes.length && bytes[index] !== 0x22) index += bytes[index] === 0x5c ? 2 : 1;
        break;
      }
      case 0x7b:
      case 0x5b:
        depth++;
        break;
      case 0x7d:
      case 0x5d:
        depth--;
        break;
    }
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

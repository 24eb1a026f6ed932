import { canonicalize } from './canonical.ts';
import { CONTENT } from './capture.ts';
import { CATEGORIES, GROUPS } from './detect/index.ts';
import { FORMAT_VERSION, MAX_LINE_BYTES, type EntryType } from './entry.ts';
import { fitPayload } from './fit.ts';
import { memberOrder } from './json-text.ts';
import { Normaliser, type LossyMarks, type NameMemory, type TextFilter } from './normalise.ts';
import { pointer } from './pointer.ts';
import type { LogRedactor } from './redact/log-redactor.ts';
import type { Handled, Handling, RedactedField } from './redact/redactor.ts';
import { isOwnNumbers, isRequired, withRequired } from './required-members.ts';
import { takenBelow, type WithheldValue, type Withholding, type WithheldValues } from './withholding.ts';
import { VOCABULARIES } from './vocabulary.ts';

/** What is to become an entry: its type, its payload in wire names, and what it belongs to. */
export interface Draft {
  readonly type: EntryType;
  /** Members that are `undefined` are left out. */
  readonly payload: object;
  readonly decisionId?: string | undefined;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  readonly parentSpanId?: string | undefined;
}

/** A payload as it will stand in the line, still without its place in a segment. */
export interface PreparedEntry {
  readonly draft: Draft;
  readonly payload: string;
  readonly marks: LossyMarks | undefined;
  /** What was found in its texts, and what became of it. */
  readonly found: Found;
  /** The `sd` of the line, as canonical JSON; `undefined` where nothing is withheld. */
  readonly sd: string | undefined;
  /** What the disclosures of the segment are to hold before the line is written. */
  readonly withheld: readonly WithheldValue[];
}

/** Where the line stands. */
export interface Position {
  readonly seq: number;
  readonly ts: string;
  readonly prevHash: string;
}

/** Stands where a redactor threw: the content is left out, the entry is written. */
export const REDACTOR_FAILED_TEXT = '[left out: the redactor failed]';
/** The category that such an entry's `policy_flag` names. */
export const REDACTOR_FAILED = 'redactor_failed';

/**
 * Members that identify: what they say must match other records, letter by letter. Everything else in a payload is text
 * and goes through the redactor.
 */
const IDENTIFYING: ReadonlySet<string> = new Set([
  'about',
  'actor',
  'actor_kind',
  'agent',
  'ai_disclosure',
  'approved_by',
  'authorised_by',
  'call_id',
  'case_ref',
  'competence_ref',
  'conversation_id',
  'implemented_by',
  'incident_id',
  'initiated_by',
  'instrumentation',
  'legal_basis_ref',
  'notice',
  'on_behalf_of',
  'parent_decision_id',
  'performed_by',
  'policy',
  'principal',
  'prompt',
  'recipient',
  'report_ref',
  'reported_to',
  'request_ref',
  'requested_by',
  'resource_ref',
  'response_id',
  'reviewer',
  'risk_ref',
  'root_cause_ref',
  'same_call',
  'server',
  'shown',
  'signature',
  'subject_ref',
  'supersedes',
  'ticket_ref',
  'tool_calls_requested',
  'tools_digest',
  'user_id',
]);

/** Times, and words that are always ours: a verifier goes by them, and nobody's text is in them. */
const OWN_MEMBERS: ReadonlySet<string> = new Set([
  'aware_at',
  'causal_link_at',
  'classified_at',
  'decided_at',
  'decision_basis',
  'effective_at',
  'occurred_at',
  'opened_at',
  'outcome',
  'settled_at',
  'start_time',
  'unended_because',
]);

/** Entries that the log writes of itself, from names and numbers alone. */
const OWN: ReadonlySet<EntryType> = new Set<EntryType>([
  'audit_open',
  'audit_close',
  'seal',
  'tally',
  'gap',
  'recovery',
  'clock_step',
  'custody',
  'erasure',
  'retention',
  'anchor',
]);

const PAYLOAD_PATH = ['payload'] as const;

const CATEGORY_WORDS: ReadonlySet<unknown> = new Set<unknown>([...CATEGORIES, ...Object.keys(GROUPS)]);

/** So many names are remembered as clean: those that an application uses over and over. */
const MAX_CLEAN_NAMES = 4_096;

/** Handling → category → how many. */
export type Found = ReadonlyMap<Handling, ReadonlyMap<string, number>>;

const NOTHING_FOUND: Found = new Map();

const NOTHING_WITHHELD: readonly WithheldValue[] = [];

/**
 * Redacts and normalises a payload (redact ─► normalise ─► withhold, before anything is hashed). Never throws.
 *
 * @param withholding - of a log that withholds; `undefined` for entries that never do
 */
export function prepare(draft: Draft, redactor: LogRedactor | undefined, withholding?: Withholding): PreparedEntry {
  const payload = withRequired(draft.type, wellNamed(draft.type, draft.payload as Readonly<Record<string, unknown>>));
  const redaction =
    redactor === undefined || OWN.has(draft.type) ? undefined : new EntryRedaction(redactor, draft.type);
  const normaliser = new Normaliser(PAYLOAD_PATH, redaction?.names);
  let text = '';
  let withheld: WithheldValues | undefined;
  const { names, labels } = memberOrder(Object.keys(payload));
  for (let index = 0; index < names.length; index++) {
    const member = names[index] as string;
    let value = payload[member];
    if (value === undefined) continue;
    if (member === 'agent') value = redaction?.described(value) ?? value;
    const isContent = CONTENT[draft.type]?.[member] !== undefined;
    const filter =
      redaction !== undefined && isText(draft.type, member, value)
        ? redaction.filterOf(member, withholding !== undefined && isContent)
        : undefined;
    if (withholding?.isWithheld(draft.type, member) === true) {
      withheld ??= withholding.values(draft.type);
      value = withheld.member(member, value, filter);
      if (value === undefined) continue;
    }
    const label = labels[index] as string;
    const written = normaliser.member(member, value, filter, isContent || FREE.has(member));
    if (withholding !== undefined && filter !== undefined && redaction?.withholds === true) {
      withheld ??= withholding.values(draft.type);
      withheld.add(['payload', member], written, takenBelow(normaliser.marks, pointer(['payload', member])));
      continue;
    }
    text += text === '' ? `{${label.slice(1)}` : label;
    text += written;
  }
  const entry: PreparedEntry = {
    draft,
    payload: text === '' ? '{}' : `${text}}`,
    marks: normaliser.marked ? normaliser.marks : undefined,
    found: redaction?.found ?? NOTHING_FOUND,
    sd: undefined,
    withheld: NOTHING_WITHHELD,
  };
  return withholding === undefined ? entry : withholding.applied(entry, withheld);
}

/** Members of one payload. No entry type has half as many: what is beyond stands together in `further`. */
const MAX_MEMBERS = 128;

/** As this package's own are. Any other may be somebody's address, and goes where names are redacted. */
const MEMBER_NAME = /^[a-z][a-z0-9_.]{0,63}$/;
/** Names that were found to be so; few, for all are ours or a dialect's. */
const memberNames = new Set<string>();
const MAX_MEMBER_NAMES = 1_024;

function isMemberName(name: string): boolean {
  if (memberNames.has(name)) return true;
  if (!MEMBER_NAME.test(name)) return false;
  if (memberNames.size < MAX_MEMBER_NAMES) memberNames.add(name);
  return true;
}

/**
 * Names of members are this package's own; those of a caller's or a dialect's making may be anything, and any number of
 * them. Odd and surplus ones stand together in a member `further`, so that a payload always has what can be cut whole.
 */
function wellNamed(type: EntryType, payload: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const names = Object.keys(payload);
  if (names.length <= MAX_MEMBERS && names.every(isMemberName)) return payload;
  const kept: Record<string, unknown> = {};
  const further: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [index, name] of names.entries()) {
    const stays = isMemberName(name) && (index < MAX_MEMBERS || isRequired(type, name));
    (stays ? kept : further)[name] = payload[name];
  }
  kept['further'] = further;
  return kept;
}

/** Categories of a flag are words of ours, even such as `health`; whatever else stands there is a text. */
function isCategories(type: EntryType, member: string, value: unknown): boolean {
  if (type !== 'policy_flag' || (member !== 'data' && member !== 'counts')) return false;
  if (typeof value !== 'object' || value === null) return false;
  const words: readonly unknown[] = Array.isArray(value) ? value : Object.keys(value);
  const areNumbers = Array.isArray(value) || Object.values(value).every((count) => typeof count === 'number');
  return areNumbers && words.every((word) => CATEGORY_WORDS.has(word));
}

/** Whether what a member says may be anybody's text. */
function isText(type: EntryType, member: string, value: unknown): boolean {
  if (isCategories(type, member, value)) return false;
  if (IDENTIFYING.has(member) || OWN_MEMBERS.has(member) || isOwnNumbers(type, member)) return false;
  return typeof value !== 'string' || VOCABULARIES[type]?.[member]?.includes(value) !== true;
}

/** Members that hold what a caller likes, beside content: numbers in them may be somebody's. */
const FREE: ReadonlySet<string> = new Set(['data', 'further']);

/** Redacts the texts of one entry, and gathers what was found. */
class EntryRedaction implements NameMemory {
  readonly #redactor: LogRedactor;
  readonly #cleanNames: Set<string> | undefined;
  readonly #type: EntryType;
  #field: RedactedField;
  #found: Map<Handling, Map<string, number>> | undefined;
  #foundInText = false;
  #withholds = false;

  constructor(redactor: LogRedactor, type: EntryType) {
    this.#redactor = redactor;
    this.#cleanNames = redactor.cleanNames;
    this.#type = type;
    this.#field = { type, member: '', withholdable: false };
  }

  get found(): Found {
    return this.#found ?? NOTHING_FOUND;
  }

  /** Whether the member whose filter was asked for last is to stand beside the log. */
  get withholds(): boolean {
    return this.#withholds;
  }

  /** Itself, where the redactor answers the same each time. */
  get names(): NameMemory | undefined {
    return this.#cleanNames === undefined ? undefined : this;
  }

  has(name: string): boolean {
    return this.#cleanNames?.has(name) === true;
  }

  add(name: string): void {
    // In a name that is kept something may have been found all the same, and is to be told of each time.
    if (this.#foundInText || this.#cleanNames === undefined || this.#cleanNames.size >= MAX_CLEAN_NAMES) return;
    this.#cleanNames.add(name);
  }

  /** The filter for the texts of a member, until the next one is asked for. */
  filterOf(member: string, withholdable = false): TextFilter {
    this.#field = { type: this.#type, member, withholdable };
    this.#withholds = false;
    return this.#filter;
  }

  /** An agent is named by ids, which stay; its description may be anybody's text. */
  described(agent: unknown): unknown {
    if (typeof agent !== 'object' || agent === null || !('description' in agent)) return agent;
    const { description } = agent;
    return typeof description === 'string' ? { ...agent, description: this.filterOf('agent')(description) } : agent;
  }

  readonly #filter: TextFilter = (text, name) => {
    this.#foundInText = false;
    try {
      const { type, member, withholdable } = this.#field;
      const field = name === undefined ? this.#field : { type, member, withholdable, name };
      const answer = this.#redactor.redact(text, field);
      if (answer === text) return text;
      if (typeof answer === 'string') {
        this.#add({ category: 'custom', handling: 'redacted', count: 1 });
        return answer.toWellFormed();
      }
      if (answer.finds !== undefined) for (const handled of answer.finds) this.#add(handled);
      else for (const category of answer.categories) this.#add({ category, handling: 'redacted', count: 1 });
      return answer.text.toWellFormed();
    } catch {
      this.#add({ category: REDACTOR_FAILED, handling: 'redacted', count: 1 });
      return REDACTOR_FAILED_TEXT;
    }
  };

  #add({ category, handling, count }: Handled): void {
    this.#foundInText = true;
    if (handling === 'withheld' && this.#field.withholdable) this.#withholds = true;
    this.#found ??= new Map();
    let counts = this.#found.get(handling);
    if (counts === undefined) this.#found.set(handling, (counts = new Map()));
    counts.set(category, (counts.get(category) ?? 0) + count);
  }
}

/** The canonical line of an entry, cut to what a line may hold. Members stand in the order of RFC 8785 §3.2.3. */
export function formatLine(entry: PreparedEntry, position: Position): string {
  const line = assemble(entry, entry.payload, entry.marks, position);
  // A character takes one to three bytes of UTF-8: most lines need no second look.
  if (line.length * 3 <= MAX_LINE_BYTES || Buffer.byteLength(line) <= MAX_LINE_BYTES) return line;
  const frame = Buffer.byteLength(assemble(entry, '', {}, position)) - '{}'.length;
  const fitted = fitPayload(entry.draft.type, entry.payload, entry.marks ?? {}, MAX_LINE_BYTES - frame);
  return assemble(entry, fitted.payload, fitted.marks, position);
}

function assemble(
  { draft, sd }: PreparedEntry,
  payload: string,
  marks: LossyMarks | undefined,
  { seq, ts, prevHash }: Position,
): string {
  const { type, decisionId, traceId, spanId, parentSpanId } = draft;
  let line = '{';
  if (decisionId !== undefined) line += `"decision_id":${JSON.stringify(decisionId)},`;
  if (marks !== undefined) line += `"lossy":${canonicalize(marks)},`;
  if (parentSpanId !== undefined) line += `"parent_span_id":"${parentSpanId}",`;
  line += `"payload":${payload},"prev_hash":"${prevHash}",`;
  if (sd !== undefined) line += `"sd":${sd},`;
  line += `"seq":${seq},`;
  if (spanId !== undefined) line += `"span_id":"${spanId}",`;
  if (traceId !== undefined) line += `"trace_id":"${traceId}",`;
  return `${line}"ts":"${ts}","type":"${type}","v":${FORMAT_VERSION}}`;
}

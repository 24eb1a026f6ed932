import { decodeBase64 } from '../base64.ts';
import { isObject, isArray } from '../canonical.ts';
import { ENTRY_TYPES, FORMAT_VERSION, MAX_DECISION_ID_CHARS, type EntryType } from '../entry.ts';
import { textOf, type JsonObject, type JsonValue } from '../json.ts';
import { isHex, isLogName, isSegmentName, isSpanId, isTime, isTraceId } from '../names.ts';
import { parseVkey } from '../note.ts';
import { isPointer } from '../pointer.ts';
import type { Primitives } from '../primitives.ts';
import { withheldProblem } from '../withheld.ts';
import { quoted } from './problem.ts';

/** What an entry must be for itself, whatever stands around it: docs/format.md sections 1, 3 and 5. */

/** An entry that {@link entryProblem} has passed. */
export interface CheckedEntry {
  readonly seq: number;
  readonly ts: string;
  readonly type: EntryType;
  readonly payload: JsonObject;
  readonly prev_hash: string;
  readonly decision_id?: string;
  readonly sd?: Readonly<Record<string, string>>;
  readonly lossy?: Readonly<Record<string, string>>;
}

const TYPES: ReadonlySet<string> = new Set(ENTRY_TYPES);
const HASH_DIGITS = 64;
const SD_DIGEST = /^[A-Za-z0-9_-]{43}$/;
const LOSSY =
  /^(?:undefined|bigint|unsafe|nonfinite|negative_zero|date|surrogate|collection|binary|function|symbol|cycle|getter|depth|cut:(?:0|[1-9][0-9]{0,15}))$/;

type Check = (value: JsonValue) => boolean;

const isText: Check = (value) => typeof value === 'string';
const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
function isHash(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && isHex(value, HASH_DIGITS);
}
const isCount: Check = (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0;
const isTraceIdValue: Check = (value) => typeof value === 'string' && isTraceId(value);
const isSpanIdValue: Check = (value) => typeof value === 'string' && isSpanId(value);
const isTimeValue: Check = (value) => typeof value === 'string' && isTime(value);
const isFlatMap =
  (value: Check, name: (key: string) => boolean): Check =>
  (object) =>
    isObject(object) &&
    Object.keys(object).length > 0 &&
    Object.entries(object).every(([key, member]) => name(key) && member !== undefined && value(member));

/** The closed field set of an entry. */
const FIELDS: ReadonlyMap<string, Check> = new Map(
  Object.entries<Check>({
    v: (value) => value === FORMAT_VERSION,
    seq: isCount,
    ts: isTimeValue,
    type: (value) => typeof value === 'string' && TYPES.has(value),
    payload: isObject,
    prev_hash: isHash,
    decision_id: (value) => typeof value === 'string' && value.length >= 1 && value.length <= MAX_DECISION_ID_CHARS,
    trace_id: isTraceIdValue,
    span_id: isSpanIdValue,
    parent_span_id: isSpanIdValue,
    sd: isFlatMap(matches(SD_DIGEST), (key) => key.startsWith('/payload/') && isPointer(key)),
    lossy: isFlatMap(matches(LOSSY), (key) => key.startsWith('/payload/') && isPointer(key)),
  }),
);

const REQUIRED_FIELDS = ['v', 'seq', 'ts', 'type', 'payload', 'prev_hash'] as const;

/** The first thing that keeps a JSON value from being an entry; `undefined` if it is one. */
export function entryProblem(value: JsonValue): string | undefined {
  if (!isObject(value)) return 'the line is no object';
  for (const field of REQUIRED_FIELDS) {
    if (!Object.hasOwn(value, field)) return `the field ${field} is missing`;
  }
  let count = 0;
  for (const field in value) {
    const member = value[field];
    const check = FIELDS.get(field);
    count++;
    if (check === undefined) return `an entry has no field ${quoted(field)}`;
    if (member === undefined || !check(member)) return `the field ${field} cannot be ${quoted(member)}`;
  }
  // No seal covers the last seal's own line: what could stand there beside the checkpoint would be nobody's word.
  if (value['type'] === 'seal' && count > REQUIRED_FIELDS.length) return 'a seal has no such field';
  const { sd, type, payload } = value;
  return isObject(sd) && isObject(payload) ? withheldProblem(textOf(type), payload, Object.keys(sd)) : undefined;
}

/** Bold members of section 3, and members that a rule of it speaks of. `?` marks those that may be absent. */
type PayloadRules = Readonly<Record<string, Check>>;

const COUNTS: Check = (value) =>
  isObject(value) && Object.values(value).every((count) => count !== undefined && isCount(count));

const PAYLOADS = {
  audit_open: {
    system: isText,
    log: (value) => typeof value === 'string' && isLogName(value),
    segment: (value) => typeof value === 'string' && isSegmentName(value),
    producer: (value) => isObject(value) && typeof value['name'] === 'string' && typeof value['version'] === 'string',
    key: (value) => value === null || typeof value === 'string',
    environment: isText,
    'heartbeat_ms?': isCount,
    'previous?': (value) => typeof value === 'string' && isSegmentName(value),
    'siblings?': (value) => isArray(value) && value.length <= 64 && value.every(isSibling),
  },
  decision_end: { outcome: isText, 'counts?': COUNTS, 'effective_at?': isTimeValue, 'settled_at?': isTimeValue },
  llm_call: { outcome: isText, 'start_time?': isTimeValue },
  tool_call: { name: isText, 'start_time?': isTimeValue },
  agent_invocation: { 'start_time?': isTimeValue },
  context_assembly: { 'start_time?': isTimeValue },
  human_oversight: { reviewer_kind: isText, action: isText, 'opened_at?': isTimeValue, 'decided_at?': isTimeValue },
  policy_flag: { reason: isText, action: isText, severity: isText },
  tally: {
    window: (value) => isObject(value) && isTimeText(value['from']) && isTimeText(value['to']),
    spans: (value) =>
      isObject(value) && SPAN_COUNTERS.every((name) => isCounter(value[name])) && isIgnored(value['ignored']),
    decisions: COUNTS,
    oversight: COUNTS,
    write_failures: isCount,
    seals_discarded: isCount,
    after_close: isCount,
  },
  gap: { lost: isCount, 'first_ts?': isTimeValue, 'last_ts?': isTimeValue },
  recovery: {
    segment: (value) => typeof value === 'string' && isSegmentName(value),
    lines: isCount,
    size: isCount,
    root: isRoot,
    'torn?': isTorn,
    'last_ts?': isTimeValue,
  },
  clock_step: { before: isTimeValue, after: isTimeValue },
  erasure: { 'values?': (value) => isArray(value) && value.every(isErased), 'requested_at?': isTimeValue },
  retention: { 'segments?': (value) => isArray(value) && value.every(isRetired) },
  seal: { checkpoint: isText },
  audit_close: { reason: isText, 'tally?': (value) => tallyProblem(value) === undefined },
} as const satisfies Partial<Record<EntryType, PayloadRules>>;

/** One rule, as it is asked of every line. */
interface Rule {
  readonly member: string;
  readonly isRequired: boolean;
  readonly check: Check;
}

const NO_RULES: readonly Rule[] = [];
const RULES: ReadonlyMap<string, readonly Rule[]> = new Map(
  Object.entries<PayloadRules>(PAYLOADS).map(([type, rules]) => [
    type,
    Object.entries(rules).map(([rule, check]) => ({
      member: rule.endsWith('?') ? rule.slice(0, -1) : rule,
      isRequired: !rule.endsWith('?'),
      check,
    })),
  ]),
);

/** Counters of a tally's `spans`, `ignored` aside. */
export const SPAN_COUNTERS = [
  'carried',
  'started',
  'ended',
  'late',
  'unended',
  'open',
  'recorded',
  'not_recorded',
] as const;

function isCounter(value: JsonValue | undefined): boolean {
  return value !== undefined && isCount(value);
}

function isTimeText(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && isTime(value);
}

function isIgnored(value: JsonValue | undefined): boolean {
  return value !== undefined && COUNTS(value);
}

function isRoot(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && decodeBase64(value)?.length === 32;
}

/** Bytes after the last line feed: how many, and their SHA-256 in hex. */
export function isTorn(value: JsonValue | undefined): boolean {
  return isObject(value) && isCounter(value['bytes']) && isHash(value['sha256']);
}

function isSibling(value: JsonValue): boolean {
  if (!isObject(value) || typeof value['closed'] !== 'boolean') return false;
  const { segment, size, root, last } = value;
  if (typeof segment !== 'string' || !isSegmentName(segment) || size === undefined || !isCount(size)) return false;
  return size === 0 ? root === undefined && last === undefined : isRoot(root) && isTimeText(last);
}

function isErased(value: JsonValue): boolean {
  if (!isObject(value)) return false;
  const { segment, seq, pointer, digest } = value;
  return (
    typeof segment === 'string' &&
    isSegmentName(segment) &&
    isCounter(seq) &&
    typeof pointer === 'string' &&
    isPointer(pointer) &&
    typeof digest === 'string' &&
    SD_DIGEST.test(digest)
  );
}

function isRetired(value: JsonValue): boolean {
  if (!isObject(value)) return false;
  const { segment, size, root } = value;
  return typeof segment === 'string' && isSegmentName(segment) && isCounter(size) && isRoot(root);
}

/** The first rule of its type that a payload breaks; `undefined` if none. */
export function payloadProblem(primitives: Primitives, type: EntryType, payload: JsonObject): string | undefined {
  if (type === 'seal' && Object.keys(payload).length > 1) return 'the payload of a seal is its checkpoint';
  const problem = membersProblem(type, payload);
  if (problem !== undefined || type !== 'audit_open') return problem;
  const { key, log, segment, previous } = payload;
  // A writer's own segments ascend, also where its clock goes back.
  if (previous !== undefined && textOf(previous) >= textOf(segment)) {
    return `previous, ${quoted(previous)}, does not come before ${quoted(segment)}`;
  }
  if (key === null) return undefined;
  const parsed = parseVkey(primitives, textOf(key));
  if (parsed === undefined) return `key is no verifier key: ${quoted(key)}`;
  return parsed.name === log ? undefined : `the key is named ${quoted(parsed.name)}, the log ${quoted(log)}`;
}

function membersProblem(type: EntryType, payload: JsonObject): string | undefined {
  for (const { member, isRequired, check } of RULES.get(type) ?? NO_RULES) {
    const value = Object.hasOwn(payload, member) ? payload[member] : undefined;
    if (value === undefined) {
      if (isRequired) return `the payload's ${member} is missing`;
    } else if (!check(value)) {
      return `the payload's ${member} cannot be ${quoted(value)}`;
    }
  }
  return undefined;
}

/** The first rule that a tally breaks by its shape; its arithmetic is checked with the segment. */
export function tallyProblem(value: JsonValue): string | undefined {
  return isObject(value) ? membersProblem('tally', value) : 'a tally is an object';
}

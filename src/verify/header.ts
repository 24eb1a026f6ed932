import { isArray, isObject } from '../canonical.ts';
import { MAX_DECISION_ID_CHARS } from '../entry.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { isLogName, isSegmentName, isTime } from '../names.ts';
import { parseVkey } from '../note.ts';
import { PACK_VERSION } from '../pack-header.ts';
import type { Primitives } from '../primitives.ts';
import { quoted } from './problem.ts';

/** What a pack's header must be for itself, whatever stands below it: docs/format.md section 6. */

const HASH = /^[0-9a-f]{64}$/;

/** What a member must be, and the words for it in a message. */
type Rule = readonly [accepts: (value: JsonValue) => boolean, is: string];

const TEXT: Rule = [(value) => typeof value === 'string', 'a text'];

const REQUIRED: Readonly<Record<string, Rule>> = {
  v: [(value) => value === PACK_VERSION, `${PACK_VERSION}, the version that this verifier reads`],
  pack_id: TEXT,
  created: [(value) => typeof value === 'string' && isTime(value), 'a time'],
  generator: [(value) => hasTexts(value, ['name', 'version']), 'a name and a version'],
  log: [(value) => typeof value === 'string' && isLogName(value), 'a log name'],
  system: TEXT,
  environment: TEXT,
  key: [(value) => value === null || typeof value === 'string', 'a verifier key or null'],
  selection: [isSelection, 'of kind all or period, or of kind decision with its decision_id'],
  frameworks: [isFrameworks, 'a list of an id, a version and a digest each, none twice'],
  catalogue: [
    (value) => hasTexts(value, ['version', 'as_of', 'digest']) && isHash((value as JsonObject)['digest']),
    'a version, a date and a digest',
  ],
  disclaimer: TEXT,
};

const OPTIONAL: Readonly<Record<string, Rule>> = {
  risk_tier: TEXT,
  operator: TEXT,
  legal_role: TEXT,
  period: [isPeriod, 'a from and a to, both times'],
  purpose: TEXT,
  request_ref: TEXT,
  recipient: TEXT,
  exported_by: TEXT,
  profile: [isObject, 'an object'],
  profile_digest: [isHash, 'a SHA-256 in hex'],
  expected_sources: [
    (value) => isArray(value) && value.every((source) => typeof source === 'string'),
    'a list of texts',
  ],
  not_included: [
    (value) => isArray(value) && value.length > 0 && value.every(isEntryName),
    'a list of <segment>:<seq>, not empty',
  ],
};

/** Members that every header has, and those that it has where they are known. */
export const REQUIRED_HEADER_MEMBERS: readonly string[] = Object.keys(REQUIRED);
export const OPTIONAL_HEADER_MEMBERS: readonly string[] = Object.keys(OPTIONAL);

/** The first rule that a header breaks; `undefined` if none. */
export function headerProblem(primitives: Primitives, header: JsonObject): string | undefined {
  for (const member of REQUIRED_HEADER_MEMBERS) {
    if (header[member] === undefined) return `the header's ${member} is missing`;
  }
  for (const [member, value] of Object.entries(header)) {
    const rule = ruleOf(member);
    if (rule === undefined) return `a header has no member ${quoted(member)}`;
    const [accepts, is] = rule;
    if (value !== undefined && !accepts(value)) return `the header's ${member} is ${is}; it cannot be ${quoted(value)}`;
  }
  const { selection, period, profile, profile_digest: digest, key, log } = header;
  if (((selection as JsonObject)['kind'] === 'period') !== (period !== undefined)) {
    return 'a pack has a period if that is its kind';
  }
  if (header['not_included'] !== undefined && (selection as JsonObject)['kind'] !== 'decision') {
    return 'not_included stands in packs of kind decision';
  }
  if ((profile === undefined) !== (digest === undefined)) return 'a profile and a profile_digest stand together';
  if (typeof key === 'string' && parseVkey(primitives, key)?.name !== log) return 'key is no verifier key of this log';
  return undefined;
}

function ruleOf(member: string): Rule | undefined {
  if (Object.hasOwn(REQUIRED, member)) return REQUIRED[member];
  return Object.hasOwn(OPTIONAL, member) ? OPTIONAL[member] : undefined;
}

function isSelection(value: JsonValue): boolean {
  if (hasTexts(value, ['kind', 'decision_id'])) {
    const { kind, decision_id: id } = value as { readonly kind: string; readonly decision_id: string };
    return kind === 'decision' && id.length >= 1 && id.length <= MAX_DECISION_ID_CHARS;
  }
  return hasTexts(value, ['kind']) && ['all', 'period'].includes((value as { readonly kind: string }).kind);
}

/** One entry of a log, `<segment>:<seq>`. */
function isEntryName(value: JsonValue): boolean {
  const [, segment, seq] = typeof value === 'string' ? (/^([^:]+):(0|[1-9][0-9]{0,15})$/.exec(value) ?? []) : [];
  return segment !== undefined && isSegmentName(segment) && Number.isSafeInteger(Number(seq));
}

function isFrameworks(value: JsonValue): boolean {
  if (!isArray(value)) return false;
  const ids = new Set(value.map((item) => (isObject(item) ? item['id'] : undefined)));
  return (
    ids.size === value.length &&
    value.every((item) => hasTexts(item, ['id', 'version', 'digest']) && isHash((item as JsonObject)['digest']))
  );
}

function isHash(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && HASH.test(value);
}

/** Whether a value is a period: a from and a to, in this order. */
export function isPeriod(value: JsonValue): boolean {
  if (!hasTexts(value, ['from', 'to'])) return false;
  const { from, to } = value as { readonly from: string; readonly to: string };
  return isTime(from) && isTime(to) && from <= to;
}

function hasTexts(value: JsonValue | undefined, members: readonly string[]): boolean {
  return (
    isObject(value) &&
    Object.keys(value).length === members.length &&
    members.every((member) => typeof value[member] === 'string')
  );
}

import type { EntryType } from './entry.ts';
import { isTime } from './names.ts';

/**
 * What a verifier demands of payloads that callers and dialects fill (docs/format.md section 3). An entry that does not
 * hold it would spoil its whole segment for good, so that a careless call is mended before it is written: what was given
 * stands beside the place where something else is expected, as `<member>_text`.
 */

/** Members that are texts, and what stands there where none is given. */
const TEXTS: Readonly<Partial<Record<EntryType, Readonly<Record<string, string>>>>> = {
  decision_end: { outcome: 'unended' },
  llm_call: { outcome: 'unknown' },
  tool_call: { name: 'unknown' },
  human_oversight: { reviewer_kind: 'unknown', action: 'other' },
  policy_flag: { reason: 'unknown', action: 'other', severity: 'warning' },
};

/** Members that are times, where they are there at all. */
const TIMES: Readonly<Partial<Record<EntryType, readonly string[]>>> = {
  decision_end: ['effective_at', 'settled_at'],
  llm_call: ['start_time'],
  tool_call: ['start_time'],
  agent_invocation: ['start_time'],
  context_assembly: ['start_time'],
  human_oversight: ['opened_at', 'decided_at'],
};

/** Members that may be absent, but cannot be `null`: numbers of the log's own. */
const OWN_NUMBERS: Readonly<Partial<Record<EntryType, string>>> = { decision_end: 'counts' };

/** Whether an entry without this member, or with `null` in its place, would be none: then it is never cut away. */
export function isRequired(type: EntryType, member: string): boolean {
  const texts = TEXTS[type];
  return (
    (texts !== undefined && Object.hasOwn(texts, member)) ||
    TIMES[type]?.includes(member) === true ||
    isOwnNumbers(type, member)
  );
}

/** Whether a member is nobody's text, down to the names in it. */
export function isOwnNumbers(type: EntryType, member: string): boolean {
  return OWN_NUMBERS[type] === member;
}

/** The payload itself if it holds what its type demands, else one that does. */
export function withRequired(
  type: EntryType,
  payload: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  let mended: Record<string, unknown> | undefined;
  const texts = TEXTS[type];
  for (const member in texts) {
    const given = payload[member];
    if (typeof given === 'string') continue;
    mended ??= { ...payload };
    mended[member] = texts[member];
    if (given !== undefined && given !== null) mended[`${member}_text`] = given;
  }
  for (const member of TIMES[type] ?? []) {
    const given = payload[member];
    if (given === undefined || (typeof given === 'string' && isTime(given))) continue;
    mended ??= { ...payload };
    mended[member] = undefined;
    if (given !== null) mended[`${member}_text`] = given;
  }
  return mended ?? payload;
}

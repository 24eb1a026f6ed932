import type { EntryType } from './entry.ts';
import { isTime } from './names.ts';
import { VOCABULARIES } from './vocabulary.ts';

/**
 * Turns options (camelCase, `Date`s allowed) into the members of a payload (snake_case, times in the format's form).
 * What the caller gives freely (`data`, `input`, `output` …) keeps its own names.
 */

/** Members that are ours in what the caller otherwise gives freely. */
const NAMED_IN_DOCUMENTS: Readonly<Record<string, string>> = { retrievedAt: 'retrieved_at' };

/** Options whose own members are ours, and are renamed too. */
const STRUCTURED: ReadonlySet<string> = new Set([
  'aiDisclosure',
  'blocks',
  'clock',
  'clocks',
  'documents',
  'evaluator',
  'notice',
  'period',
  'policy',
  'prompt',
  'retention',
  'service',
  'shown',
  'usage',
  'versions',
]);

/** Members that hold a time, beside all that end in `_at`. */
const TIMES: ReadonlySet<string> = new Set(['from', 'to']);

/** Options that decide where an entry goes and are no members of it. */
const ROUTING: ReadonlySet<string> = new Set(['decisionId']);

/** The payload that options stand for. */
export function members(type: EntryType, options: object): Record<string, unknown> {
  const payload: Record<string, unknown> = {};
  const vocabularies = VOCABULARIES[type] ?? {};
  for (const [name, value] of Object.entries(options)) {
    // Unknown is left out: `null` says no more than nothing does.
    if (value === undefined || value === null || ROUTING.has(name)) continue;
    const member = snakeCase(name);
    const vocabulary = Object.hasOwn(vocabularies, member) ? vocabularies[member] : undefined;
    if (vocabulary?.includes(value as string) === false) {
      payload[member] = 'other';
      payload[`${member}_text`] = value;
    } else {
      assign(payload, member, STRUCTURED.has(name) ? structured(value, member) : value, undefined);
    }
  }
  return payload;
}

function structured(value: unknown, parent: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => structured(item, parent));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const renamed: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const wireName = parent === 'documents' ? (NAMED_IN_DOCUMENTS[name] ?? name) : snakeCase(name);
    assign(renamed, wireName, member, parent);
  }
  return renamed;
}

function assign(target: Record<string, unknown>, member: string, value: unknown, parent: string | undefined): void {
  if (!member.endsWith('_at') && !(parent === 'period' && TIMES.has(member))) {
    target[member] = value;
    return;
  }
  const time = formTime(value);
  // What is no time keeps standing beside the place where a time is expected.
  target[time === undefined ? `${member}_text` : member] = time ?? value;
}

/** A time in the form of the format, from a `Date` or any ISO 8601 text with a date, time and offset. */
function formTime(value: unknown): string | undefined {
  if (typeof value === 'string' && isTime(value)) return value;
  const date =
    value instanceof Date
      ? value
      : new Date(typeof value === 'string' && /T.*(?:Z|[+-]\d\d:?\d\d)$/.test(value) ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) return undefined;
  const text = date.toISOString();
  return isTime(text) ? text : undefined;
}

/** `decisionType` → `decision_type`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

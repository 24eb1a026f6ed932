import type { EntryType } from '../entry.ts';
import { at, type JsonObject, type JsonValue } from '../json.ts';
import { escapeText } from '../verify/problem.ts';
import type { DoctorFinding } from './finding.ts';

/** An entry as it stands in its line. Nothing but its fields was checked: its payload may hold anything. */
export interface ExaminedEntry {
  readonly seq: number;
  readonly ts: string;
  readonly type: EntryType;
  readonly payload: JsonObject;
  readonly decision_id?: string;
  readonly span_id?: string;
  readonly sd?: JsonObject;
}

/** Looks at one side of a log, entry after entry, with memory that does not grow with it. */
export interface Examiner {
  /** @param line - the entry as JSON */
  entry(entry: ExaminedEntry, line: string): void;
  /** What is found out by now. */
  findings(): Iterable<DoctorFinding>;
}

const MAX_NAMED_CHARS = 80;

/** The text at a path, escaped and shortened for a message. */
export function textAt(payload: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  const value = at(payload, ...path);
  if (typeof value !== 'string' || value === '') return undefined;
  return escapeText(value.length > MAX_NAMED_CHARS ? `${value.slice(0, MAX_NAMED_CHARS)}…` : value);
}

/** The scope that made an entry's span. */
export function scopeOf(payload: JsonObject): string {
  return textAt(payload, 'instrumentation', 'scope') ?? '(without a name)';
}

/** `12 of 40 (30 %)` */
export function share(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (100 * part) / whole;
  const shown =
    percent > 0 && percent < 1 ? '< 1' : percent > 99 && percent < 100 ? '> 99' : String(Math.round(percent));
  return `${part.toLocaleString('en-US')} of ${whole.toLocaleString('en-US')} (${shown} %)`;
}

import { CATEGORIES } from '../detect/index.ts';
import type { Handling } from '../redact/redactor.ts';
import { flagSeverity, type FindSeverity } from './severity.ts';

/** What a `policy_flag` says of finds: categories, and how many of each; never the values. */
export function findsPayload(counts: ReadonlyMap<string, number>): {
  readonly data: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
} {
  const sorted = [...counts].sort(([left], [right]) => (left < right ? -1 : 1));
  return { data: sorted.map(([category]) => category), counts: Object.fromEntries(sorted) };
}

interface RecordFlag {
  readonly reason: string;
  readonly action: 'redacted' | 'flagged' | 'allowed';
}

/** How it is told what became of finds in what is recorded. */
const RECORD_FLAGS: Readonly<Record<Handling, RecordFlag>> = {
  redacted: { reason: 'redacted before it was recorded', action: 'redacted' },
  withheld: { reason: 'withheld beside the record', action: 'redacted' },
  flagged: { reason: 'found in what is recorded, and left there', action: 'flagged' },
  allowed: { reason: 'found in what is recorded, which the policy allows', action: 'allowed' },
};

/** What a `policy_flag` says of finds in what is recorded; a redactor's own words are no categories of ours. */
export function recordFlag(
  handling: Handling,
  counts: ReadonlyMap<string, number>,
): RecordFlag & { readonly severity: FindSeverity } & ReturnType<typeof findsPayload> {
  const flag = RECORD_FLAGS[handling];
  const categories = CATEGORIES.filter((category) => counts.has(category));
  return { ...flag, severity: flagSeverity(flag.action, categories), ...findsPayload(counts) };
}

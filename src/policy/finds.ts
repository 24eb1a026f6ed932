import type { Handling } from '../redact/redactor.ts';

/** What a `policy_flag` says of finds: categories, and how many of each; never the values. */
export function findsPayload(counts: ReadonlyMap<string, number>): {
  readonly data: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
} {
  const sorted = [...counts].sort(([left], [right]) => (left < right ? -1 : 1));
  return { data: sorted.map(([category]) => category), counts: Object.fromEntries(sorted) };
}

/** How it is told what became of finds in what is recorded. */
export const RECORD_FLAGS: Readonly<
  Record<Handling, { readonly reason: string; readonly action: string; readonly severity: string }>
> = {
  redacted: { reason: 'redacted before it was recorded', action: 'redacted', severity: 'warning' },
  withheld: { reason: 'withheld beside the record', action: 'redacted', severity: 'warning' },
  flagged: { reason: 'found in what is recorded, and left there', action: 'flagged', severity: 'warning' },
  allowed: { reason: 'found in what is recorded, which the policy allows', action: 'allowed', severity: 'info' },
};

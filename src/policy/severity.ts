import type { Category, Group } from '../detect/index.ts';
import { groupsOf } from './policy.ts';

/** How much it weighs that a category was found. */
export type FindSeverity = 'info' | 'warning' | 'critical';

/** Those by which somebody loses money, or is known to a state, weigh most. */
const SEVERITIES: Readonly<Record<Group, FindSeverity>> = {
  secret: 'critical',
  financial: 'critical',
  gov_id: 'critical',
  special_category: 'warning',
  injection: 'warning',
  pii: 'warning',
};

/** A category in two groups is called by the one that weighs more. */
export function groupOf(category: Category): Group {
  const [first = 'pii', ...others] = groupsOf(category);
  return others.find((group) => SEVERITIES[group] === 'critical') ?? first;
}

export function severityOf(category: Category): FindSeverity {
  return SEVERITIES[groupOf(category)];
}

/** Of a flag that tells what was done with finds: what is allowed is no matter, what is gone is none any more. */
export function flagSeverity(
  done: 'allowed' | 'flagged' | 'redacted' | 'blocked',
  categories: readonly Category[],
): FindSeverity {
  if (done === 'allowed') return 'info';
  if (done === 'redacted') return 'warning';
  return categories.some((category) => severityOf(category) === 'critical') ? 'critical' : 'warning';
}

import type { Predicate } from '../../frameworks/framework.ts';

/** A condition of the catalogue, in words. */
export function conditionText(condition: Predicate): string {
  switch (condition[0]) {
    case 'always':
      return 'always';
    case 'and':
    case 'or':
      return condition
        .slice(1)
        .map((part) => within(part as Predicate))
        .join(` ${condition[0]} `);
    case 'not':
      return `not (${conditionText(condition[1])})`;
    case 'present':
      return `${nameOf(condition[1])} is said`;
    case 'eq':
      return `${nameOf(condition[1])} is ${valueOf(condition[2])}`;
    case 'ne':
      return `${nameOf(condition[1])} is not ${valueOf(condition[2])}`;
    case 'in':
      return `${nameOf(condition[1])} is ${listOf(condition[2])}`;
    case 'includes_any':
      return `${nameOf(condition[1])} has ${listOf(condition[2])}`;
    case 'only':
      return `${nameOf(condition[1])} has nothing but ${listOf(condition[2])}`;
    case 'group_any':
      return `${nameOf(condition[1])} has one of the categories ${condition[2].join(', ')}`;
    case 'in_profile':
      return `${nameOf(condition[1])} is among the profile’s ${nameOf(condition[2])}`;
    case 'gt':
      return `${nameOf(condition[1])} is above ${condition[2]}`;
    case 'gte':
      return `${nameOf(condition[1])} is ${condition[2]} or more`;
    case 'ne_field':
      return `${nameOf(condition[1])} differs from ${nameOf(condition[2])}`;
  }
}

function within(condition: Predicate): string {
  const text = conditionText(condition);
  return condition[0] === 'and' || condition[0] === 'or' ? `(${text})` : text;
}

/** `profile.annex_iii_points` → `annex iii points` */
function nameOf(path: string): string {
  return path.replace(/^(?:payload|profile)\./, '').replaceAll('_', ' ');
}

function valueOf(value: unknown): string {
  if (value === true) return 'true';
  return value === false ? 'false' : String(value);
}

function listOf(values: readonly unknown[]): string {
  return values.map(valueOf).join(' or ');
}

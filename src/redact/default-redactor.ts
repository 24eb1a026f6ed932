import type { Category } from '../detect/index.ts';
import { BUILT_IN_POLICIES } from '../policy/built-in.ts';
import { CompiledPolicy } from '../policy/compiled.ts';
import { actionsByCategory } from '../policy/policy.ts';
import type { RedactedField, Redaction } from './redactor.ts';

/** The categories that {@link defaultRedactor} takes out. */
export const DEFAULT_CATEGORIES: readonly Category[] = [...actionsByCategory(BUILT_IN_POLICIES.default)].flatMap(
  ([category, action]) => (action === 'redact' ? [category] : []),
);

const NOTHING: readonly string[] = [];

let made: CompiledPolicy | undefined;

/**
 * Replaces keys, tokens, private keys, passwords, numbers of cards, accounts, phones and people, and e-mail addresses by
 * `[redacted:<category>]`: what the policy `default` redacts, and nothing of what it flags.
 *
 * A text without any is returned as it is. Redacting the result again changes nothing. Finds patterns, not meaning: a
 * secret without a known shape, or one that is split, stays.
 */
export function defaultRedactor(text: string, field?: RedactedField): Redaction {
  made ??= new CompiledPolicy({
    name: 'redacted',
    actions: Object.fromEntries(DEFAULT_CATEGORIES.map((category) => [category, 'redact'])),
  });
  const finds = made.find(text, field?.name);
  if (finds.length === 0) return { text, categories: NOTHING };
  const { text: redacted, counts } = made.redacted(text, finds, () => true, field?.name);
  return { text: redacted, categories: DEFAULT_CATEGORIES.filter((name) => counts.has(name)) };
}

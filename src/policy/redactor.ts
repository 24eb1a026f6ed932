import type { Category, Find } from '../detect/index.ts';
import { LogRedactor } from '../redact/log-redactor.ts';
import type { Handled, Handling, RedactedField, Redaction, Redactor } from '../redact/redactor.ts';
import { compiledPolicy, type CompiledPolicy } from './compiled.ts';
import { policyName, type PolicyAction, type PolicyOption } from './policy.ts';

/**
 * A redactor of records by a policy. Redacting its result again changes nothing.
 *
 * @throws TypeError if there is no such policy, or it names what there is not
 */
export function policyRedactor(option: PolicyOption): Redactor {
  const policy = compiledPolicy(option);
  return (text, field?: RedactedField) => {
    const finds = policy.find(text, field?.name);
    return finds.length === 0 ? text : redaction(policy, text, finds, field);
  };
}

/** As a log has it, with the policy's name for what it records. */
export function policyLogRedactor(option: PolicyOption): LogRedactor {
  return new LogRedactor(policyRedactor(option), policyName(compiledPolicy(option).policy));
}

/** A record has no call that could be refused: what blocks is redacted in it. */
const IN_RECORD: Readonly<Record<PolicyAction, Handling>> = {
  allow: 'allowed',
  flag: 'flagged',
  redact: 'redacted',
  withhold: 'withheld',
  block: 'redacted',
};

function redaction(
  policy: CompiledPolicy,
  given: string,
  found: readonly Find[],
  field: RedactedField | undefined,
): Redaction {
  const handlingOf = (action: PolicyAction): Handling => {
    const handling = IN_RECORD[action];
    return handling === 'withheld' && field?.withholdable !== true ? 'redacted' : handling;
  };
  const isGone = (action: PolicyAction): boolean => handlingOf(action) === 'redacted';
  const { text, counts, left } = policy.redacted(given, found, isGone, field?.name);
  const handled = [...counts].map(([category, count]): Handled => ({ category, handling: 'redacted', count }));
  const kept = new Map<Category, number>();
  for (const { category } of left) kept.set(category, (kept.get(category) ?? 0) + 1);
  for (const [category, count] of kept) {
    const handling = handlingOf(policy.actionOf(category));
    if (handling !== 'redacted') handled.push({ category, handling, count });
  }
  return { text, categories: [...counts.keys()], finds: handled };
}

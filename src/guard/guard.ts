import type { FlagOptions } from '../events.ts';
import { SpansealError } from '../error.ts';
import { checkMembers, isRecord, oneOf, TEXT, type Kind } from '../option-kinds.ts';
import { blockedMessage } from '../policy/blocked.ts';
import { DEFAULT_POLICY } from '../policy/built-in.ts';
import { compiledPolicy, type CompiledPolicy } from '../policy/compiled.ts';
import { findsPayload } from '../policy/finds.ts';
import { policyName, strictest, type PolicyAction, type PolicyOption } from '../policy/policy.ts';
import { flagSeverity } from '../policy/severity.ts';
import type { Receipt } from '../receipt.ts';
import { inspect, redacted, type ScanFinding, type Scanned } from './scan.ts';

/** What is guarded: where the input goes to, or comes from. */
export type AppliedTo = 'model_input' | 'model_output' | 'tool_arguments' | 'tool_result' | 'context';

export interface GuardOptions {
  /** Where it is recorded what was found: the log, or the decision that it belongs to. Without it nothing is recorded. */
  readonly audit?: { flag(reason: string, options?: FlagOptions): Receipt };
  /** Default `model_input`. */
  readonly appliedTo?: AppliedTo;
  /** Which decision it belongs to; by default the one that runs. */
  readonly decisionId?: string;
}

export interface Guarded<T> extends Scanned<T> {
  /** The strictest of what was done; `undefined` if nothing was found. */
  readonly action: Exclude<PolicyAction, 'block'> | undefined;
}

const OPTIONS: Readonly<Record<keyof GuardOptions, Kind>> = {
  audit: { what: 'an AuditLog or a decision', is: (value) => isRecord(value) && typeof value['flag'] === 'function' },
  appliedTo: oneOf('model_input', 'model_output', 'tool_arguments', 'tool_result', 'context'),
  decisionId: TEXT,
};

/**
 * Holds a text, messages or arguments to a policy before a model or a tool sees them: send `value` of the result, not
 * what was given. What was found is recorded as `policy_flag` entries with `applied_to`, also when the call is refused
 * and no call ever runs.
 *
 * @throws SpansealError `BLOCKED_BY_POLICY`, with the findings as its `cause`, if the policy blocks something in it
 * @throws SpansealError `AUDIT_UNAVAILABLE`, as every business call
 * @throws TypeError if there is no such policy or option
 * @throws RangeError if the input is nested more than 64 deep: it cannot be looked through
 */
export function guard<T>(input: T, policy: PolicyOption = DEFAULT_POLICY, options: GuardOptions = {}): Guarded<T> {
  return guardOf(policy, options)(input);
}

/** {@link guard} with its policy and options checked once. */
export function guardOf(policy: PolicyOption, options: GuardOptions): <T>(input: T) => Guarded<T> {
  const given: unknown = options;
  if (!isRecord(given)) throw new TypeError('A guard takes its options as an object: { audit, appliedTo }.');
  checkMembers(options, OPTIONS, 'A guard has no option ', '');
  const compiled = compiledPolicy(policy);
  const as = options.appliedTo === 'tool_arguments' || options.appliedTo === 'tool_result' ? 'data' : undefined;
  return (input) => {
    const inspection = inspect(input, compiled, as);
    const { findings } = inspection;
    const action = strictest(findings.map((finding) => finding.action));
    if (action === undefined) return { value: input, findings, action };
    record(findings, compiled, options);
    if (action === 'block') throw blocked(findings, compiled);
    return { value: redacted(input, inspection, compiled), findings, action };
  };
}

interface Told {
  readonly reason: string;
  readonly action: 'blocked' | 'redacted' | 'flagged' | 'allowed';
}

const BLOCKED: Told = { reason: 'found, and not passed on', action: 'blocked' };
/** What else was found in it: the policy does not refuse that. */
const HELD_BACK: Told = { reason: 'held back with what is blocked', action: 'blocked' };
const REDACTED: Told = { reason: 'taken out before it was passed on', action: 'redacted' };

const TOLD: Readonly<Record<PolicyAction, Told>> = {
  allow: { reason: 'found, and passed on as the policy allows', action: 'allowed' },
  flag: { reason: 'found, and passed on', action: 'flagged' },
  redact: REDACTED,
  withhold: REDACTED,
  block: BLOCKED,
};

/** One flag for each thing that was done. */
function record(findings: readonly ScanFinding[], { policy }: CompiledPolicy, options: GuardOptions): void {
  const { audit, appliedTo = 'model_input', decisionId } = options;
  if (audit === undefined) return;
  const isBlocked = findings.some(({ action }) => action === 'block');
  const toldOf = ({ action }: ScanFinding): Told => (isBlocked && action !== 'block' ? HELD_BACK : TOLD[action]);
  for (const told of [BLOCKED, HELD_BACK, REDACTED, TOLD.flag, TOLD.allow]) {
    const found = findings.filter((finding) => toldOf(finding) === told);
    if (found.length === 0) continue;
    const categories = found.map(({ category }) => category);
    audit.flag(told.reason, {
      action: told.action,
      severity: told === HELD_BACK ? 'info' : flagSeverity(told.action, categories),
      ...findsPayload(new Map(found.map(({ category, count }) => [category, count]))),
      appliedTo,
      policy: policyName(policy),
      ...(decisionId === undefined ? {} : { decisionId }),
    });
  }
}

function blocked(findings: readonly ScanFinding[], { policy }: CompiledPolicy): SpansealError {
  const what = findings
    .filter(({ action }) => action === 'block')
    .map(({ category, count }) => `${category} (${count})`)
    .join(', ');
  return new SpansealError('BLOCKED_BY_POLICY', blockedMessage(policy.name, what), { cause: findings });
}

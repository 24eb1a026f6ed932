import { AuditLogCore } from './audit-log-core.ts';
import { SpansealError } from './error.ts';
import { textOf, type JsonObject } from './json.ts';
import { readOpening } from './segment-tail.ts';
import type { LogOptions } from './log-options.ts';
import type { Signer } from './signer.ts';
import { listSegments, type Sink } from './sink.ts';

/** What a log says of itself. */
export interface Opening {
  readonly log: string;
  readonly system: string;
  /** The vkey that its newest segment is sealed with, or nothing. */
  readonly key: string | null;
  /** The whole payload of the `audit_open`. */
  readonly payload: JsonObject;
}

/**
 * What the newest segment says of the log; segments that were cut off in their first line are passed over.
 *
 * @throws SpansealError `UNREADABLE`, `LOG_INVALID`
 */
export function newestOpening(sink: Sink): Opening {
  const names = listSegments(sink);
  for (const segment of names.toReversed()) {
    const payload = readOpening(sink, segment);
    if (payload === undefined) continue;
    const { log, system, key } = payload;
    return { log: textOf(log), system: textOf(system), key: typeof key === 'string' ? key : null, payload };
  }
  throw names.length === 0
    ? new SpansealError('UNREADABLE', `There is no segment in ${sink.location}; give the directory of a log.`)
    : new SpansealError(
        'LOG_INVALID',
        `No segment in ${sink.location} begins with an audit_open; see spanseal verify ${sink.location}.`,
      );
}

/** What a log declares of its system in words, and the option of the same name. */
const DECLARATIONS = [
  ['environment', 'environment'],
  ['risk_tier', 'riskTier'],
  ['legal_role', 'legalRole'],
  ['operator', 'operator'],
  ['accountable_role', 'accountableRole'],
  ['system_version', 'systemVersion'],
  ['purpose_ref', 'purposeRef'],
  ['instructions_ref', 'instructionsRef'],
  ['impact_assessment_ref', 'impactAssessmentRef'],
  ['worker_notice_ref', 'workerNoticeRef'],
  ['signer_custody', 'signerCustody'],
] as const;

/** Whether a key is the one that the log is sealed with, or there is none of either: only then is anything added to it. */
export function isSealedWith({ key }: Opening, signer: Signer | undefined): boolean {
  return key === (signer?.vkey ?? null);
}

/**
 * A log of another process once more, for what is recorded about it: with the declarations of its newest segment, and
 * none of our own. Only with the key that it is sealed with ({@link isSealedWith}).
 */
export function reopenedLog(
  sink: Sink,
  { log, system, payload }: Opening,
  signer: Signer | undefined,
  options: Pick<LogOptions, 'signTimeoutMillis'> = {},
): AuditLogCore {
  const declared = DECLARATIONS.flatMap(([member, option]) => {
    // What stands beside `other` is the word itself.
    const value = payload[`${member}_text`] ?? payload[member];
    return typeof value === 'string' ? [[option, value] as const] : [];
  });
  return new AuditLogCore({
    ...options,
    ...(Object.fromEntries(declared) as Record<string, never>),
    sink,
    system,
    log,
    ...(signer === undefined ? {} : { signer }),
    warnUnsigned: false,
  });
}

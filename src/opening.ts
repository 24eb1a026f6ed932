import type { Capture } from './capture.ts';
import { jsonDigest } from './digest.ts';
import type { Sibling } from './entry.ts';
import type { LogOptions } from './log-options.ts';
import { members, snakeCase } from './members.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { DEFAULT_CATEGORIES, detectorsDocument } from './redact/index.ts';
import type { Signer } from './signer.ts';
import { PACKAGE_VERSION } from './version.ts';
import type { JsonValue } from './json.ts';

export const DEFAULT_ENVIRONMENT = 'development';

/** What the log adds to the declarations of its operator. */
interface Circumstances {
  readonly log: string;
  readonly capture: Capture;
  /** How spans come to the log, as far as that is known when the segment opens. */
  readonly sampling: Readonly<Record<string, string>> | undefined;
  readonly self: ProcessIdentity;
  /** What seals this segment. */
  readonly signer: Signer | undefined;
  readonly segment: string;
  readonly previous: string | undefined;
  readonly siblings: readonly Sibling[];
}

/** The payload of `audit_open`: what the operator declares, how the log is set up, and what stands beside it. */
export function openingPayload(options: LogOptions, circumstances: Circumstances): object {
  const { log, capture, sampling, self, signer, segment, previous, siblings } = circumstances;
  const { source, synchronised, offsetMs, checkedAt } = options.clock ?? {};
  const clock = { source, synchronised, offsetMs, checkedAt };
  return {
    ...members('audit_open', {
      environment: options.environment ?? DEFAULT_ENVIRONMENT,
      riskTier: options.riskTier,
      legalRole: options.legalRole,
      operator: options.operator,
      accountableRole: options.accountableRole,
      systemVersion: options.systemVersion,
      purposeRef: options.purposeRef,
      instructionsRef: options.instructionsRef,
      impactAssessmentRef: options.impactAssessmentRef,
      workerNoticeRef: options.workerNoticeRef,
      versions: options.versions,
      retention: options.retention,
      signerCustody: options.signerCustody,
      service: options.service,
      clock: Object.values(clock).every((value) => value === undefined) ? undefined : clock,
    }),
    system: options.system,
    log,
    segment,
    producer: { name: 'spanseal', version: PACKAGE_VERSION },
    key: signer?.vkey ?? null,
    profile_digest: options.profile === undefined ? undefined : jsonDigest(options.profile),
    capture: Object.fromEntries(Object.entries(capture).map(([kind, mode]) => [snakeCase(kind), mode])),
    redaction: redactionPayload(options.redactor),
    sampling,
    heartbeat_ms: options.heartbeatMillis,
    process: self,
    previous,
    siblings: siblings.length === 0 ? undefined : siblings,
  };
}

function redactionPayload(redactor: LogOptions['redactor']): object {
  if (redactor === false) return { detectors: [] };
  // Of a function of the application nothing can be said but that it is there.
  if (redactor !== undefined) return { detectors: ['custom'] };
  return { detectors: DEFAULT_CATEGORIES, digest: jsonDigest(detectorsDocument() as unknown as JsonValue) };
}

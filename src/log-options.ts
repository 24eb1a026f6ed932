import type { MeterProvider } from '@opentelemetry/api';

import type { Capture, CaptureMode } from './capture.ts';
import { DEFAULT_CAPTURE } from './capture.ts';
import type { Clock } from './clock.ts';
import type { Declarations } from './events.ts';
import { checkProfile, type Profile } from './frameworks/index.ts';
import { nodePrimitives } from './node-primitives.ts';
import { parseVkey } from './note.ts';
import {
  checkMembers,
  COUNT,
  FUNCTION,
  isRecord,
  NUMBER,
  OBJECT,
  oneOf,
  TEXT,
  TIME,
  TRUTH,
  type Kind,
} from './option-kinds.ts';
import type { PropagationOptions } from './propagation.ts';
import { DEFAULT_POLICY } from './policy/built-in.ts';
import { compiledPolicy } from './policy/compiled.ts';
import type { PolicyOption } from './policy/policy.ts';
import type { Redactor } from './redact/redactor.ts';
import type { Signer } from './signer.ts';
import type { Sink } from './sink.ts';
import { Withholding, type Overflow } from './withholding.ts';

/** A segment is closed and another one opened when it has this size … */
export const DEFAULT_MAX_SEGMENT_BYTES: number = 64 * 1_024 * 1_024;
/** … or this age. */
export const DEFAULT_MAX_SEGMENT_MILLIS: number = 24 * 60 * 60 * 1_000;
export const DEFAULT_HEARTBEAT_MILLIS: number = 15 * 60 * 1_000;

/** Where times come from in tests, and what is known of the clock of this machine. */
export interface ClockOptions extends Partial<Clock> {
  readonly source?: string;
  readonly synchronised?: boolean;
  readonly offsetMs?: number;
  readonly checkedAt?: Date | string;
}

export interface LogOptions extends Declarations {
  /** The AI system this is the record of. */
  readonly system: string;
  /** Name of the log and of its key, such as `acme.example/loan-triage`; by default `system`. */
  readonly log?: string;
  /** Where segments are kept. */
  readonly sink: Sink;
  /** What signs the seals. Without one the log is unsigned, and whoever can write it can rewrite it. */
  readonly signer?: Signer;
  /** Which content enters the log; see {@link DEFAULT_CAPTURE}. */
  readonly capture?: Partial<Capture>;
  /**
   * What happens to content that a line of 65,535 bytes cannot hold: its texts are `cut`, with a `lossy` mark, or it is
   * withheld (`withhold`), whole. Default `cut`.
   */
  readonly overflow?: Overflow;
  /** What is looked for in texts before they are hashed, and what is done with it. Default {@link DEFAULT_POLICY}. */
  readonly policy?: PolicyOption;
  /** Your own function in place of a policy, or `false`: then texts are recorded as they are. */
  readonly redactor?: Redactor | false;
  /** Record a `policy_flag` with each entry in which something was found. Default true. */
  readonly flagOnRedact?: boolean;
  /** What decides which controls apply; its digest stands in `audit_open`. */
  readonly profile?: Profile;
  /**
   * While the log cannot be written: `continue` counts what is lost and records a `gap` later; `refuse` makes business
   * calls throw `AUDIT_UNAVAILABLE`, a decision before its callback runs. Default `continue`.
   */
  readonly failure?: 'continue' | 'refuse';
  readonly maxSegmentBytes?: number;
  readonly maxSegmentMillis?: number;
  /** The first unsealed entry waits no longer than this for its seal. Default 1,000. */
  readonly sealIntervalMillis?: number;
  readonly signTimeoutMillis?: number;
  /** Write a `tally` so often, also while nothing happens. By default every 15 minutes in which something happened. */
  readonly heartbeatMillis?: number;
  /** Decisions that go through several services, as W3C Baggage. Off by default, in both directions. */
  readonly propagation?: PropagationOptions;
  /** Where the log measures itself: entries, bytes, losses, seals and their lag, open spans. None by default. */
  readonly meterProvider?: MeterProvider;
  readonly clock?: ClockOptions;
  /** Makes decision ids; for tests. */
  readonly randomId?: () => string;
  /** Warn once if there is no signer. Default true. */
  readonly warnUnsigned?: boolean;
}

/** Of the log itself, and of what `AuditLog` adds to it. */
const OPTIONS: Readonly<Record<keyof LogOptions | 'directory' | 'exportOnClose', Kind>> = {
  system: TEXT,
  log: TEXT,
  directory: TEXT,
  sink: OBJECT,
  signer: OBJECT,
  capture: OBJECT,
  overflow: oneOf('cut', 'withhold'),
  policy: { what: 'the name of a policy, or an object', is: (value) => typeof value === 'string' || isRecord(value) },
  redactor: { what: 'a function, or false', is: (value) => typeof value === 'function' || value === false },
  flagOnRedact: TRUTH,
  profile: OBJECT,
  failure: oneOf('continue', 'refuse'),
  maxSegmentBytes: COUNT,
  maxSegmentMillis: COUNT,
  sealIntervalMillis: COUNT,
  signTimeoutMillis: COUNT,
  heartbeatMillis: COUNT,
  propagation: OBJECT,
  meterProvider: {
    what: 'a MeterProvider',
    is: (value) => isRecord(value) && typeof value['getMeter'] === 'function',
  },
  clock: OBJECT,
  randomId: FUNCTION,
  warnUnsigned: TRUTH,
  exportOnClose: OBJECT,
  environment: TEXT,
  riskTier: TEXT,
  legalRole: TEXT,
  operator: TEXT,
  accountableRole: TEXT,
  systemVersion: TEXT,
  purposeRef: TEXT,
  instructionsRef: TEXT,
  impactAssessmentRef: TEXT,
  workerNoticeRef: TEXT,
  versions: OBJECT,
  retention: OBJECT,
  signerCustody: TEXT,
  service: OBJECT,
};

export const OPTION_NAMES: readonly string[] = Object.keys(OPTIONS);

const CLOCK: Readonly<Record<keyof ClockOptions, Kind>> = {
  now: FUNCTION,
  monotonic: FUNCTION,
  source: TEXT,
  synchronised: TRUTH,
  offsetMs: NUMBER,
  checkedAt: TIME,
};

const PROPAGATION: Readonly<Record<keyof PropagationOptions, Kind>> = { send: TRUTH, accept: FUNCTION };

const CAPTURE: Readonly<Record<string, Kind>> = Object.fromEntries(
  Object.keys(DEFAULT_CAPTURE).map((kind) => [
    kind,
    oneOf(...(['none', 'inline', 'withheld'] satisfies CaptureMode[])),
  ]),
);

const SINK_METHODS = ['prepare', 'list', 'create', 'open'] as const satisfies readonly (keyof Sink)[];

/** @throws TypeError on an option that there is not, or that is of another kind */
export function checkNames(options: unknown): void {
  if (!isRecord(options)) throw new TypeError('AuditLog takes an object with its options; `system` is needed.');
  checkMembers(options, OPTIONS, 'AuditLog has no option ', '');
}

/**
 * A misspelt option is told when the log is made, not months later when somebody needs what was not kept.
 *
 * @throws TypeError
 */
export function checkOptions(options: LogOptions): void {
  checkNames(options);
  if (typeof options.system !== 'string' || options.system === '' || !options.system.isWellFormed()) {
    throw new TypeError('AuditLog needs `system`: the AI system whose record this is.');
  }
  if (!SINK_METHODS.every((method) => typeof (options.sink as Partial<Sink>)[method] === 'function')) {
    throw new TypeError(
      `\`sink\` is no sink; one has ${SINK_METHODS.join(', ')}: memorySink(), or give \`directory\`.`,
    );
  }
  if (options.profile !== undefined) checkProfile(options.profile);
  if (options.policy !== undefined) {
    if (options.redactor !== undefined)
      throw new TypeError('Give `policy` or `redactor`: either of them decides what is recorded.');
    compiledPolicy(options.policy);
  }
  if (options.clock !== undefined) checkMembers(options.clock, CLOCK, '`clock` has no ', 'clock.');
  if (options.propagation !== undefined) {
    checkMembers(options.propagation, PROPAGATION, '`propagation` has no ', 'propagation.');
  }
  if (options.capture !== undefined) checkMembers(options.capture, CAPTURE, '`capture` has no ', 'capture.');
}

/**
 * What a log withholds; `undefined` where it withholds nothing.
 *
 * @throws TypeError if its sink keeps no withheld values
 */
export function withholdingOf(options: LogOptions, capture: Capture): Withholding | undefined {
  const { sink, overflow = 'cut' } = options;
  if (overflow === 'cut' && !Object.values(capture).includes('withheld') && !policyWithholds(options)) return undefined;
  if (sink.disclosures === undefined) {
    throw new TypeError(
      `The sink ${sink.location} keeps no withheld values (it has no \`disclosures\`); give \`directory\`, or leave \`capture\`, \`overflow\` and \`policy\` without them.`,
    );
  }
  return new Withholding(capture, overflow);
}

function policyWithholds({ policy = DEFAULT_POLICY, redactor }: LogOptions): boolean {
  if (redactor !== undefined) return false;
  const compiled = compiledPolicy(policy);
  return compiled.categories.some((category) => compiled.actionOf(category) === 'withhold');
}

/** @throws TypeError if the signer's key is not the log's */
export function checkSigner(signer: Signer | undefined, log: string): void {
  if (signer === undefined) return;
  const parsed = parseVkey(nodePrimitives, signer.vkey);
  if (parsed === undefined)
    throw new TypeError('`signer.vkey` is no verifier key; one reads name+8 hex digits+base64.');
  if (typeof signer.sign !== 'function') throw new TypeError('`signer.sign` is no function; a signer signs.');
  if (parsed.name !== log) {
    throw new TypeError(
      `The signer's key is that of '${parsed.name}', the log is '${log}'; a key speaks for one log only.`,
    );
  }
}

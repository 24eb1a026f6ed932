import type { Capture, CaptureMode } from './capture.ts';
import { DEFAULT_CAPTURE } from './capture.ts';
import type { Clock } from './clock.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Declarations, ProfileDocument } from './events.ts';
import { nodePrimitives } from './node-primitives.ts';
import { parseVkey } from './note.ts';
import type { PropagationOptions } from './propagation.ts';
import type { Redactor } from './redact/redactor.ts';
import type { Signer } from './signer.ts';
import type { Sink } from './sink.ts';

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
  /** What is taken out of texts before they are hashed: {@link defaultRedactor}, your own, or `false` for nothing. */
  readonly redactor?: Redactor | false;
  /** Record a `policy_flag` with each entry that something was redacted from. Default true. */
  readonly flagOnRedact?: boolean;
  /** What decides which controls apply; its digest stands in `audit_open`. */
  readonly profile?: ProfileDocument;
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
  readonly clock?: ClockOptions;
  /** Makes decision ids; for tests. */
  readonly randomId?: () => string;
  /** Warn once if there is no signer. Default true. */
  readonly warnUnsigned?: boolean;
}

/** What a value must be, in words, and whether it is. */
interface Kind {
  readonly what: string;
  is(value: unknown): boolean;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const TEXT: Kind = { what: 'a text', is: (value) => typeof value === 'string' };
const TRUTH: Kind = { what: 'true or false', is: (value) => typeof value === 'boolean' };
const COUNT: Kind = {
  what: 'a whole number above 0',
  is: (value) => Number.isSafeInteger(value) && (value as number) > 0,
};
const NUMBER: Kind = { what: 'a number', is: (value) => Number.isFinite(value) };
const FUNCTION: Kind = { what: 'a function', is: (value) => typeof value === 'function' };
const OBJECT: Kind = { what: 'an object', is: isRecord };
const TIME: Kind = { what: 'a Date or a text', is: (value) => typeof value === 'string' || value instanceof Date };
const oneOf = (...words: readonly string[]): Kind => ({
  what: words.map((word) => `'${word}'`).join(' or '),
  is: (value) => words.includes(value as string),
});

/** Of the log itself, and of what `AuditLog` adds to it. */
const OPTIONS: Readonly<Record<keyof LogOptions | 'directory' | 'exportOnClose', Kind>> = {
  system: TEXT,
  log: TEXT,
  directory: TEXT,
  sink: OBJECT,
  signer: OBJECT,
  capture: OBJECT,
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
  Object.keys(DEFAULT_CAPTURE).map((kind) => [kind, oneOf(...(['none', 'inline'] satisfies CaptureMode[]))]),
);

/**
 * A misspelt option is told when the log is made, not months later when somebody needs what was not kept.
 *
 * @throws TypeError
 */
export function checkOptions(options: LogOptions): void {
  if (!isRecord(options)) throw new TypeError('AuditLog takes an object with its options; `system` is needed.');
  checkMembers(options, OPTIONS, 'AuditLog has no option ', '');
  if (typeof options.system !== 'string' || options.system === '') {
    throw new TypeError('AuditLog needs `system`: the AI system whose record this is.');
  }
  if (options.clock !== undefined) checkMembers(options.clock, CLOCK, '`clock` has no ', 'clock.');
  if (options.propagation !== undefined) {
    checkMembers(options.propagation, PROPAGATION, '`propagation` has no ', 'propagation.');
  }
  if (options.capture !== undefined) checkMembers(options.capture, CAPTURE, '`capture` has no ', 'capture.');
}

function checkMembers(given: object, kinds: Readonly<Record<string, Kind>>, unknown: string, prefix: string): void {
  for (const [name, value] of Object.entries(given)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      throw new TypeError(`${unknown}\`${name}\`${didYouMean(name, Object.keys(kinds), '`').replace('?', '`?')}`);
    }
    if (value !== undefined && !kind.is(value)) {
      throw new TypeError(`\`${prefix}${name}\` is ${quoted(value)}; give ${kind.what}.`);
    }
  }
}

function quoted(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : `a value of type ${typeof value}`;
}

/** @throws TypeError if the signer's key is not the log's */
export function checkSigner(signer: Signer | undefined, log: string): void {
  if (signer === undefined) return;
  const parsed = parseVkey(nodePrimitives, signer.vkey);
  if (parsed === undefined)
    throw new TypeError('`signer.vkey` is no verifier key; one reads name+8 hex digits+base64.');
  if (parsed.name !== log) {
    throw new TypeError(
      `The signer's key is that of '${parsed.name}', the log is '${log}'; a key speaks for one log only.`,
    );
  }
}

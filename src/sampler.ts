import { diag, type Attributes, type Context, type Link, type SpanKind } from '@opentelemetry/api';

import type { AuditLogCore } from './audit-log-core.ts';
import { checkMembers, isRecord, type Kind } from './option-kinds.ts';

/**
 * A sampler that lets the audit log see what the tracing backend does not need: what it wraps drops is recorded all the
 * same, without the sampled flag, so that exporters which honour it leave it out.
 */

/** The part of an SDK's `Sampler` that is needed, as a structural type: those of SDK 1.30, 2.x and 3.x all fit it. */
export interface SamplerLike {
  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResultLike;
  toString(): string;
}

/** `decision` is 0 (not recorded), 1 (recorded) or 2 (recorded and sampled). */
export interface SamplingResultLike {
  readonly decision: number;
}

/** What is known of a span when it is sampled: not its scope, and in some emitters not one attribute. */
export interface SampledSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  /** The context that it starts in. */
  readonly parentContext: Context;
}

export interface AuditSamplerOptions {
  /**
   * Which of the spans that the wrapped sampler drops are recorded: `all` (the default), or those that a function says.
   * A function sees names and first attributes only: what starts without any (OpenInference's and Langfuse's spans do)
   * is lost if it says no.
   */
  readonly record?: 'all' | ((span: SampledSpan) => boolean);
  /** The log whose tallies count what stays unrecorded (`spans.not_recorded`). */
  readonly audit?: AuditLogCore;
}

const RECORD_OPTION: Kind = {
  what: "'all', or a function that says which spans are recorded",
  is: (value) => value === 'all' || typeof value === 'function',
};
const LOG_OPTION: Kind = {
  what: 'the AuditLog',
  is: (value) => isRecord(value) && typeof value['noteSampling'] === 'function',
};

const NOT_RECORD = 0;
const RECORD = 1;

/**
 * Wraps a provider's sampler, outermost: what it drops (`NOT_RECORD`) is recorded (`RECORD`).
 *
 * @throws TypeError on options that cannot be meant
 */
export function auditSampler<S extends SamplerLike>(inner: S, options: AuditSamplerOptions = {}): S {
  const { record = 'all', audit } = options;
  checkMembers(options, { record: RECORD_OPTION, audit: LOG_OPTION }, 'auditSampler has no option ', '');
  if (typeof inner?.shouldSample !== 'function') {
    throw new TypeError('auditSampler wraps a sampler, such as new TraceIdRatioBasedSampler(0.1).');
  }
  audit?.noteSampling({ sampler: String(inner), record: record === 'all' ? 'all' : 'predicate' });
  let failing = false;
  const isWanted = (span: SampledSpan): boolean => {
    if (record === 'all') return true;
    try {
      return record(span);
    } catch (error) {
      if (!failing) diag.error('spanseal: `record` of auditSampler threw; such spans are recorded', error);
      failing = true;
      return true;
    }
  };
  const sampler: SamplerLike = {
    shouldSample(parentContext, traceId, name, kind, attributes, links) {
      const result = inner.shouldSample(parentContext, traceId, name, kind, attributes, links);
      if (result.decision !== NOT_RECORD) return result;
      if (isWanted({ name, kind, attributes, parentContext })) return { ...result, decision: RECORD };
      audit?.tally.spanNotRecorded();
      return result;
    },
    toString: () => `AuditSampler{${String(inner)}}`,
  };
  // Of an SDK's own type by its shape: that its results are, too, the compiler cannot know.
  return sampler as S;
}

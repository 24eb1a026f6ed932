import { formatTime } from '../src/clock.ts';
import type { DecisionBasis, EntryType, ErrorPayload, SameCall, SpanMembers } from '../src/entry.ts';
import type { MappedSpan } from './dialects/dialect.ts';
import type { UnendedBecause } from './open-spans.ts';
import type { SpanSnapshot } from './snapshot.ts';

/** What is known of a span beside what it says itself. */
interface Circumstances {
  readonly dialect: string;
  readonly basis: DecisionBasis | undefined;
  /** Spans below that show the same call: they count, this one does not. */
  readonly sameCall: readonly SameCall[];
  /** Whether what is below reports usage that this span includes in its own. */
  readonly usageBelow: boolean;
  /** Whether there are calls below. */
  readonly callBelow: boolean;
  readonly unended: { readonly because: UnendedBecause; readonly ageMillis: number } | undefined;
}

/** Type and payload of the entry that a span becomes. */
export function entryOfSpan(
  span: SpanSnapshot,
  mapped: MappedSpan,
  circumstances: Circumstances,
): { readonly type: EntryType; readonly payload: object } {
  const { sameCall, usageBelow, unended } = circumstances;
  const { usage } = mapped;
  const members: SpanMembers = {
    start_time: formatTime(span.startMillis),
    ...(unended === undefined
      ? { duration_ms: Math.max(0, span.endMillis - span.startMillis) }
      : { unended_because: unended.because, age_ms: Math.max(0, Math.round(unended.ageMillis)) }),
    ...outcomeOf(span, mapped, unended !== undefined),
    ...(sameCall.length === 0 ? {} : { same_call: sameCall }),
    ...(circumstances.basis === undefined ? {} : { decision_basis: circumstances.basis }),
    span: {
      name: span.name,
      kind: span.kind,
      sampled: span.sampled,
      ...(span.droppedAttributes === 0 ? {} : { dropped_attributes: span.droppedAttributes }),
      ...(span.droppedEvents === 0 ? {} : { dropped_events: span.droppedEvents }),
      ...(span.droppedLinks === 0 ? {} : { dropped_links: span.droppedLinks }),
    },
    instrumentation: {
      scope: span.scope.name,
      ...(span.scope.version === undefined ? {} : { version: span.scope.version }),
      dialect: circumstances.dialect,
    },
  };
  const used = usage === undefined ? {} : usageBelow ? { aggregate_usage: usage } : { usage };
  if (mapped.call !== undefined && usage !== undefined && !circumstances.callBelow) {
    return { type: 'llm_call', payload: { ...mapped.call, ...used, ...members, aggregated: true } };
  }
  return { type: mapped.type, payload: { ...mapped.payload, ...used, ...members } };
}

function outcomeOf(
  span: SpanSnapshot,
  mapped: MappedSpan,
  unended: boolean,
): Pick<SpanMembers, 'outcome'> & { readonly error?: ErrorPayload } {
  const failed = mapped.outcome === undefined ? span.status === 'error' : mapped.outcome === 'error';
  const error = failed ? (mapped.error ?? errorOf(span)) : mapped.error;
  return {
    outcome: unended ? 'unended' : (mapped.outcome ?? (failed ? 'error' : 'ok')),
    ...(error === undefined || Object.keys(error).length === 0 ? {} : { error }),
  };
}

/** OpenTelemetry's own ways to say what went wrong: `error.type`, an exception event, the status' message. */
function errorOf(span: SpanSnapshot): ErrorPayload {
  const exception = span.events.find(({ name }) => name === 'exception')?.attributes;
  const type = span.attributes['error.type'] ?? exception?.['exception.type'];
  const message = exception?.['exception.message'] ?? span.statusMessage;
  return {
    ...(typeof type === 'string' && type !== '' ? { type } : {}),
    ...(typeof message === 'string' && message !== '' ? { message } : {}),
  };
}

/** What is written of a span that its dialect failed to read: that it was there. */
export function unreadable(): MappedSpan {
  return {
    type: 'agent_invocation',
    role: 'transparent',
    payload: {},
    outcome: 'unknown',
    error: { type: 'unreadable', message: 'the span could not be read; its content is left out' },
  };
}

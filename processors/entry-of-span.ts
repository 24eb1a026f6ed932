import { formatTime } from '../src/clock.ts';
import type {
  CallOutcome,
  DecisionBasis,
  EntryType,
  ErrorPayload,
  OutcomeOf,
  SameCall,
  SpanMembers,
  SpanRef,
} from '../src/entry.ts';
import type { MappedSpan } from './dialects/dialect.ts';
import type { UnendedBecause } from './open-spans.ts';
import type { SpanSnapshot } from './snapshot.ts';
import type { DoubtfulOutcome } from './span-node.ts';

/** A span of a call that could not tell how it ended. */
export interface Doubtful {
  readonly spanId: string;
  readonly doubtful: DoubtfulOutcome | undefined;
  /** It has not ended yet: an emitter that forgets it on errors never ends it. */
  readonly open?: boolean;
}

/** What is known of a span beside what it says itself. */
interface Circumstances {
  readonly dialect: string;
  readonly basis: DecisionBasis | undefined;
  /** Spans below that show the same call: they count, this one does not. */
  readonly sameCall: readonly SameCall[];
  /** Calls of other traces that may be the same one. */
  readonly possible: readonly SpanRef[];
  /** Spans of the same call that could not tell how it ended. */
  readonly doubtful: readonly Doubtful[];
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
): { readonly type: EntryType; readonly payload: Pick<SpanMembers, 'outcome'> } {
  const { sameCall, possible, usageBelow, unended, basis, dialect } = circumstances;
  const { usage } = mapped;
  const failed = mapped.outcome === undefined ? span.status === 'error' : mapped.outcome === 'error';
  const isCall = mapped.call !== undefined && usage !== undefined && !circumstances.callBelow;
  // Members that are `undefined` are left out of an entry: setting them costs less here than spreading objects.
  const payload = copyOf(isCall ? mapped.call : mapped.payload);
  if (isCall) payload['aggregated'] = true;
  if (usage !== undefined) payload[usageBelow ? 'aggregate_usage' : 'usage'] = usage;
  payload.start_time = formatTime(span.startMillis);
  if (unended === undefined) {
    payload.duration_ms = Math.max(0, span.endMillis - span.startMillis);
  } else {
    payload.unended_because = unended.because;
    payload.age_ms = Math.max(0, Math.round(unended.ageMillis));
  }
  payload.outcome = unended === undefined ? (mapped.outcome ?? (failed ? 'error' : 'ok')) : 'unended';
  const error = failed ? (mapped.error ?? errorOf(span)) : mapped.error;
  if (error?.type !== undefined || error?.message !== undefined) payload.error = error;
  if (sameCall.length > 0) payload.same_call = sameCall;
  if (possible.length > 0) payload.possible_same_call = possible;
  const known = outcomesOf(circumstances.doubtful, payload.outcome);
  if (known.length > 0) payload.outcome_of = known;
  payload.decision_basis = basis;
  payload.span = spanMember(span);
  const { name: scope, version } = span.scope;
  payload.instrumentation = version === undefined ? { scope, dialect } : { scope, version, dialect };
  return { type: isCall ? 'llm_call' : mapped.type, payload: payload as typeof payload & Pick<SpanMembers, 'outcome'> };
}

/** What this span says of how a call ended that other spans show, too, and could not tell so well. */
function outcomesOf(doubtful: readonly Doubtful[], outcome: CallOutcome): OutcomeOf[] {
  if (outcome !== 'ok' && outcome !== 'error') return [];
  return doubtful.flatMap(({ spanId, doubtful: told, open }) => {
    const was = told ?? (open === true && outcome === 'error' ? 'unended' : undefined);
    return was === undefined || was === outcome ? [] : [{ span_id: spanId, was, outcome }];
  });
}

/**
 * How a call ended, if its entry cannot tell: `unknown`, `unended`, or `ok` of a model's reply of which nothing came, by
 * a status that the emitter may have set when the span started.
 */
export function doubtfulOutcome(mapped: MappedSpan, outcome: CallOutcome): DoubtfulOutcome | undefined {
  const { type, role, payload, usage } = mapped;
  if ((role !== 'leaf' && type !== 'tool_call') || outcome === 'error') return undefined;
  if (outcome !== 'ok') return outcome;
  if (mapped.outcome !== undefined || type !== 'llm_call') return undefined;
  return payload.finish_reasons === undefined && (usage?.output_tokens ?? 0) === 0 ? outcome : undefined;
}

/** By hand: adding members to what a spread made costs 7 µs here (Node 20), and to this 0.2. */
function copyOf(stated: object | undefined): Loose<SpanMembers> & Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const member in stated) copy[member] = (stated as Readonly<Record<string, unknown>>)[member];
  return copy;
}

type Loose<T> = { -readonly [Member in keyof T]?: T[Member] | undefined };

function spanMember(span: SpanSnapshot): NonNullable<SpanMembers['span']> {
  const { name, kind, sampled, droppedAttributes, droppedEvents, droppedLinks } = span;
  if (droppedAttributes + droppedEvents + droppedLinks === 0) return { name, kind, sampled };
  return {
    name,
    kind,
    sampled,
    ...(droppedAttributes === 0 ? {} : { dropped_attributes: droppedAttributes }),
    ...(droppedEvents === 0 ? {} : { dropped_events: droppedEvents }),
    ...(droppedLinks === 0 ? {} : { dropped_links: droppedLinks }),
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

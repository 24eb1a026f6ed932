import type { SameCall, SpanRef } from '../src/entry.ts';
import type { MappedSpan } from './dialects/dialect.ts';
import type { SpanSnapshot } from './snapshot.ts';

/**
 * One call that two instrumentations show in places that have nothing to do with each other: frameworks that put every
 * span into a trace of its own above a client that is instrumented, too. The first that is recorded counts, for nothing
 * written is ever amended. A wrong join would hide a call and a missing one counts it twice, so that only two things
 * join: the provider's own id of the response, or everything else there is together with nothing else that it could be.
 */

/** So many responses are remembered by their ids, … */
const MAX_RESPONSES = 1_024;
/** … and so many calls by what else they say. They must overlap, so that the newest are enough. */
const MAX_RECENT = 256;
/** So many calls that it may be are named. */
const MAX_NAMED = 16;

/** A call to a model, as far as it can be compared with another. */
export interface ShownCall {
  readonly traceId: string;
  readonly spanId: string;
  readonly scope: string;
  readonly models: readonly string[];
  readonly outputTokens: number | undefined;
  readonly responseId: string | undefined;
  readonly startMillis: number;
  readonly endMillis: number;
}

/** What is known of a call that was recorded before. */
interface RecordedCall extends ShownCall {
  readonly reportsUsage: boolean;
  /** Whether it counts, as far as spans below it are concerned. */
  readonly counts: boolean;
  /** Whether another one was inferred to be the same. */
  taken: boolean;
}

export interface Joined {
  readonly sameCall: SameCall;
  /** Whether the other entry reports usage. */
  readonly reportsUsage: boolean;
}

/** What a span that shows a call to a model says of it; `undefined` for any other span. */
export function shownCall(span: SpanSnapshot, { type, payload, usage }: MappedSpan): ShownCall | undefined {
  if (type !== 'llm_call') return undefined;
  const { request_model: asked, response_model: answered, response_id: responseId } = payload;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    scope: span.scope.name,
    models: [asked, answered].filter((model) => model !== undefined),
    outputTokens: usage?.output_tokens,
    responseId,
    startMillis: span.startMillis,
    endMillis: span.endMillis,
  };
}

export class SameCalls {
  readonly #responses = new Map<string, RecordedCall>();
  /** In the order in which they were recorded. */
  readonly #recent: RecordedCall[] = [];

  /** The entry before that shows the same call, or those that may. */
  find(call: ShownCall): Joined | { readonly possible: readonly SpanRef[] } | undefined {
    const same = call.responseId === undefined ? undefined : this.#responses.get(call.responseId);
    // One that does not count itself may have named this very call, which is inside it and ends after it.
    if (same?.counts === true && same.scope !== call.scope) return joined(same, 'response_id');
    const found = this.#recent.filter((other) => other.counts && !other.taken && mayBeSame(call, other));
    const [only, ...more] = found;
    if (only === undefined) return undefined;
    // Somebody else's, too: then nobody can tell whose it is.
    const rivals = this.#recent.filter((other) => other.counts && other !== only && mayBeSame(only, other));
    if (more.length > 0 || rivals.length > 0) {
      return {
        possible: found.slice(-MAX_NAMED).map(({ traceId, spanId }) => ({ trace_id: traceId, span_id: spanId })),
      };
    }
    only.taken = true;
    return joined(only, 'inferred');
  }

  /** Remembers a call that was recorded. */
  add(call: ShownCall, { reportsUsage, counts }: Pick<RecordedCall, 'reportsUsage' | 'counts'>): void {
    const recorded = { ...call, reportsUsage, counts, taken: false };
    const { responseId } = call;
    if (responseId !== undefined && this.#responses.get(responseId)?.counts !== true) {
      this.#responses.set(responseId, recorded);
      if (this.#responses.size > MAX_RESPONSES) this.#responses.delete(oldestOf(this.#responses));
    }
    this.#recent.push(recorded);
    if (this.#recent.length > MAX_RECENT) this.#recent.shift();
  }
}

function joined({ traceId, spanId, reportsUsage }: RecordedCall, basis: SameCall['basis']): Joined {
  return { sameCall: { trace_id: traceId, span_id: spanId, basis }, reportsUsage };
}

function oldestOf(responses: ReadonlyMap<string, unknown>): string {
  for (const [oldest] of responses) return oldest;
  return '';
}

/** Of two scopes and traces, at the same time, with the same model and tokens, and only one knows the response's id. */
function mayBeSame(one: ShownCall, other: ShownCall): boolean {
  return (
    one.outputTokens !== undefined &&
    one.outputTokens === other.outputTokens &&
    one.traceId !== other.traceId &&
    one.scope !== other.scope &&
    (one.responseId === undefined) !== (other.responseId === undefined) &&
    one.startMillis <= other.endMillis &&
    other.startMillis <= one.endMillis &&
    one.models.some((model) => other.models.includes(model))
  );
}

import type { SameCall, SpanRef } from '../src/entry.ts';
import type { MappedSpan } from './dialects/dialect.ts';
import { ResponseIds, type Showings } from './response-ids.ts';
import type { SpanSnapshot } from './snapshot.ts';
import type { DoubtfulOutcome } from './span-node.ts';

/**
 * One call that two instrumentations show in places that have nothing to do with each other: frameworks that put every
 * span into a trace of its own above a client that is instrumented, too. The first that is recorded counts, for nothing
 * written is ever amended. A wrong join would hide a call and a missing one counts it twice, so that only two things
 * join: the provider's own id of the response, or everything else there is together with nothing else recorded that it
 * could be. What is joined so is joined once: what counts is never less than what either of the two scopes showed.
 */

/** So many calls are remembered by what else they say. They must overlap, so that the newest are enough. */
const MAX_RECENT = 1_024;
/** So many calls that it may be are named. */
const MAX_NAMED = 16;
/** No id of a response and no model's name is longer; what is would only be kept in memory. */
const MAX_COMPARED_CHARS = 256;

/** A call to a model, as far as it can be compared with another. */
export interface ShownCall {
  readonly traceId: string;
  readonly spanId: string;
  readonly scope: string;
  readonly models: readonly string[];
  readonly outputTokens: number | undefined;
  readonly knowsId: boolean;
  /** The provider's id of the response, if it can be compared. */
  readonly responseId: string | undefined;
  readonly startMillis: number;
  readonly endMillis: number;
}

/** What is known of a call once it is recorded. */
export interface RecordedCall extends ShownCall {
  reportsUsage: boolean;
  doubtful: DoubtfulOutcome | undefined;
  /** Of one that counts and may be shown once more, in another trace. */
  showings: Showings | undefined;
}

/** The entry before that shows the same call, or those that may. */
export interface Found {
  readonly same?: RecordedCall;
  readonly basis?: SameCall['basis'];
  readonly possible?: readonly SpanRef[];
}

/**
 * What a span that shows a call to a model says of it; `undefined` for any other span. What is known of it later is
 * filled in: a copy of it by spreading took a tenth of the time of a span.
 */
export function shownCall(span: SpanSnapshot, { type, payload, usage }: MappedSpan): RecordedCall | undefined {
  if (type !== 'llm_call') return undefined;
  const { request_model: asked, response_model: answered, response_id: id } = payload;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    scope: span.scope.name,
    models: [comparable(asked), comparable(answered)].filter((model) => model !== undefined),
    outputTokens: usage?.output_tokens,
    knowsId: id !== undefined,
    responseId: comparable(id),
    startMillis: span.startMillis,
    endMillis: span.endMillis,
    reportsUsage: false,
    doubtful: undefined,
    showings: undefined,
  };
}

const NONE: readonly RecordedCall[] = [];

export class SameCalls {
  readonly #responses = new ResponseIds<RecordedCall>();
  /** Those that count and that no other was inferred to be, in the order in which they were recorded; … */
  readonly #recent = new Set<RecordedCall>();
  /** … and by what equals in both: a process with one instrumentation compares nothing. */
  readonly #alike = new Map<string, Set<RecordedCall>>();
  /** Until when calls ran that are remembered no longer. What ran then may have been one of them. */
  #forgottenMillis = -Infinity;

  find(call: ShownCall): Found | undefined {
    const same = this.#responses.find(call.responseId, call.scope)?.first;
    if (same !== undefined) return { same, basis: 'response_id' };
    const found = this.#candidates(call);
    const [only] = found;
    if (only === undefined) return undefined;
    // Or what is found may be somebody else's: then nobody can tell whose it is.
    const sure = found.length === 1 && this.#candidates(only).length === 0;
    if (sure && call.startMillis > this.#forgottenMillis && only.startMillis > this.#forgottenMillis) {
      return { same: only, basis: 'inferred' };
    }
    return { possible: found.slice(-MAX_NAMED).map(({ traceId, spanId }) => ({ trace_id: traceId, span_id: spanId })) };
  }

  /**
   * Remembers a call that was recorded.
   *
   * @param found - what it was found to be
   * @param isOuter - whether it names calls inside, and one of those counts
   */
  add(call: RecordedCall, found: Found | undefined, isOuter: boolean): void {
    const { responseId: id } = call;
    if (isOuter) {
      // A call inside that is still open will be the first of its id.
      this.#responses.find(id, call.scope)?.scopes.add(call.scope);
      return;
    }
    const showings = this.#responses.add(id, call.scope, call);
    call.showings = showings;
    const same = found?.same;
    if (same === undefined) this.#remember(call);
    else if (found?.basis === 'inferred') this.#join(same, call, showings);
  }

  /** The two are one call from now on, also for whoever knows its id. */
  #join(same: RecordedCall, call: RecordedCall, showings: Showings | undefined): void {
    showings?.scopes.add(same.scope);
    same.showings?.scopes.add(call.scope);
    this.#forget(same);
  }

  #candidates(call: ShownCall): readonly RecordedCall[] {
    const others = this.#alike.get(likeness(call, !call.knowsId));
    return others === undefined ? NONE : [...others].filter((other) => mayBeSame(call, other));
  }

  #remember(call: RecordedCall): void {
    if (call.outputTokens === undefined) return;
    this.#recent.add(call);
    const key = likeness(call, call.knowsId);
    const alike = this.#alike.get(key);
    if (alike === undefined) this.#alike.set(key, new Set([call]));
    else alike.add(call);
    if (this.#recent.size <= MAX_RECENT) return;
    for (const oldest of this.#recent) {
      this.#forgottenMillis = Math.max(this.#forgottenMillis, oldest.endMillis);
      this.#forget(oldest);
      return;
    }
  }

  #forget(call: RecordedCall): void {
    this.#recent.delete(call);
    const key = likeness(call, call.knowsId);
    const alike = this.#alike.get(key);
    alike?.delete(call);
    if (alike?.size === 0) this.#alike.delete(key);
  }
}

/** A dialect of somebody else's may say anything. */
function comparable(name: unknown): string | undefined {
  return typeof name === 'string' && name.length <= MAX_COMPARED_CHARS ? name : undefined;
}

/** Calls are compared with those of equal output tokens; of the two one knows the id of the response. */
function likeness({ outputTokens }: ShownCall, knowsId: boolean): string {
  return `${outputTokens ?? ''} ${knowsId}`;
}

/** Of two alike: of two scopes and traces, at the same time, with the same model. */
function mayBeSame(one: ShownCall, other: ShownCall): boolean {
  return (
    one.traceId !== other.traceId &&
    one.scope !== other.scope &&
    atOneTime(one, other) &&
    one.models.some((model) => other.models.includes(model))
  );
}

/**
 * Times are whole milliseconds: of two calls in turn the second may seem to start before the first has ended. One call
 * that two spans show takes about as long in both.
 */
function atOneTime(one: ShownCall, other: ShownCall): boolean {
  const together = Math.min(one.endMillis, other.endMillis) - Math.max(one.startMillis, other.startMillis);
  const shorter = Math.min(one.endMillis - one.startMillis, other.endMillis - other.startMillis);
  return together > 0 && together * 2 >= shorter;
}

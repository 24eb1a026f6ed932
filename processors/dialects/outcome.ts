import type { ErrorPayload, Usage } from '../../src/entry.ts';
import {
  ATTR_ERROR_MESSAGE,
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_TYPE,
  EVENT_EXCEPTION,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import { stated, text } from './values.ts';

/** How a call ended; `undefined` leaves it to the span's status. */
export type Outcome = 'ok' | 'error' | 'unknown' | undefined;

/** The part of a mapped span that says how it ended. */
export interface Ending {
  readonly outcome?: 'ok' | 'error' | 'unknown';
  readonly error?: ErrorPayload;
}

/** Joins an outcome with what the span says about its error. */
export function ending(span: SpanSnapshot, outcome: Outcome): Ending {
  return stated<Ending>({ outcome, error: errorOf(span) });
}

/**
 * The outcome of what is not a model call: `error.type` is set only if it failed (semantic conventions), also where the
 * status is left unset. An explicit `ok` is the application's own word and stands.
 */
export function plainOutcome(span: SpanSnapshot): Outcome {
  return span.status === 'unset' && saysError(span) ? 'error' : undefined;
}

/** An error type, or an exception that nothing but an event (or, of BeeAI's, attributes) tells of. */
function saysError({ attributes, events }: SpanSnapshot): boolean {
  return (
    text(attributes[ATTR_ERROR_TYPE]) !== undefined ||
    attributes[ATTR_EXCEPTION_TYPE] !== undefined ||
    events.some(({ name }) => name === EVENT_EXCEPTION)
  );
}

/** Finish reasons by which SDKs say that they do not know. */
const UNDECIDED: ReadonlySet<string> = new Set(['other', 'unknown']);

/**
 * The outcome of a model call. An instrumentation that ends the span of an aborted or abandoned stream leaves its status
 * unset, as it does on success: without finish reason and without output tokens nothing says that the reply was
 * complete, so it is `unknown`, never `ok`.
 */
export function modelOutcome(
  span: SpanSnapshot,
  reasons: readonly string[] | undefined,
  usage: Usage | undefined,
): Outcome {
  if (span.status === 'error') return undefined;
  // Mastra marks a failed run `ok` and says so in its finish reason only.
  if (reasons?.every((reason) => reason === 'error')) return 'error';
  if (span.status === 'ok') return undefined;
  if (text(span.attributes[ATTR_ERROR_TYPE]) !== undefined) return 'error';
  const concluded = (usage?.output_tokens ?? 0) > 0 || reasons?.some((reason) => !UNDECIDED.has(reason));
  if (concluded === true) return undefined;
  return saysError(span) ? 'error' : 'unknown';
}

function errorOf(span: SpanSnapshot): ErrorPayload | undefined {
  const { attributes } = span;
  const type = text(attributes[ATTR_ERROR_TYPE]) ?? text(attributes[ATTR_EXCEPTION_TYPE]);
  if (type === undefined) return undefined;
  const message =
    text(attributes[ATTR_ERROR_MESSAGE]) ??
    text(span.statusMessage) ??
    text(attributes[ATTR_EXCEPTION_MESSAGE]) ??
    exceptionMessage(span);
  return stated<ErrorPayload>({ type, message });
}

function exceptionMessage(span: SpanSnapshot): string | undefined {
  // The last one: an error that was caught and wrapped is recorded before the one that ended the span.
  const event = span.events.findLast(({ name }) => name === EVENT_EXCEPTION);
  return text(event?.attributes[ATTR_EXCEPTION_MESSAGE]);
}

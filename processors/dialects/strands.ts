import type { Capture } from '../../src/capture.ts';
import type { ToolCallPayload, Usage } from '../../src/entry.ts';
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_SERVER_TIME_TO_FIRST_TOKEN,
  EVENT_GEN_AI_CHOICE,
  EVENT_GEN_AI_TOOL_MESSAGE,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Dialect, Mapped, MappedSpan, Stated } from './dialect.ts';
import { messagesOf } from './opentelemetry-messages.ts';
import { mapOpenTelemetry } from './opentelemetry.ts';
import type { Outcome } from './outcome.ts';
import { content, millis, stated } from './values.ts';

/** On every span from its start on, in no convention and of nobody else. */
const MARKER = 'gen_ai.event.start_time';
const SCOPE = 'strands-agents';

/**
 * Strands Agents: the conventions, but the provider is the name of the service, times are in milliseconds, and what ended
 * without an error is marked `ok`, a stream that was given up among it.
 */
export const strands: Dialect = {
  name: 'strands',
  recognises: (attributes, scopeName) =>
    attributes[MARKER] !== undefined || (scopeName === SCOPE && attributes[ATTR_GEN_AI_OPERATION_NAME] !== undefined),
  map,
};

function map(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  const mapped = mapOpenTelemetry(span, capture);
  switch (mapped?.type) {
    case 'llm_call':
      return stated<typeof mapped>({
        ...mapped,
        payload: withTimes(withoutService(mapped.payload, span), span),
        outcome: mapped.outcome ?? repliedOutcome(span, mapped.usage),
      });
    case 'agent_invocation':
      return stated<typeof mapped>({
        ...mapped,
        call: mapped.call === undefined ? undefined : withTimes(withoutService(mapped.call, span), span),
        outcome: mapped.outcome ?? (mapped.call === undefined ? undefined : repliedOutcome(span, mapped.usage)),
      });
    case 'tool_call':
      return toolCall(span, capture, mapped);
    case 'context_assembly':
      return { ...mapped, payload: withoutService(mapped.payload, span) };
    default:
      return mapped;
  }
}

/** The service's name is no provider: it is kept as what the span says, and the provider is not known. */
function withoutService<P extends { readonly provider?: string; readonly provider_raw?: string }>(
  payload: P,
  { scope }: SpanSnapshot,
): P {
  const { provider, provider_raw = provider, ...rest } = payload;
  const isService = provider_raw === scope.name || provider_raw === SCOPE;
  return isService ? (stated<{ provider_raw?: string }>({ ...rest, provider_raw }) as P) : payload;
}

/** Milliseconds, under a name that others write seconds to. */
function withTimes<P extends { readonly time_to_first_chunk_ms?: number }>(payload: P, span: SpanSnapshot): P {
  const first = span.attributes[ATTR_GEN_AI_SERVER_TIME_TO_FIRST_TOKEN];
  if (first === undefined) return payload;
  return stated<{ time_to_first_chunk_ms?: number }>({ ...payload, time_to_first_chunk_ms: millis(first) }) as P;
}

/** A call or run without output tokens and without a message was given up, whatever its status. */
function repliedOutcome(span: SpanSnapshot, usage: Usage | undefined): Outcome {
  if (span.status === 'error' || (usage?.output_tokens ?? 0) > 0) return undefined;
  return messagesOf(span).output === undefined ? 'unknown' : undefined;
}

type Tool = Mapped<'tool_call', ToolCallPayload>;

/** Arguments and result are events in the older form; a failure that the model is told of leaves the status `ok`. */
function toolCall(span: SpanSnapshot, capture: Capture, mapped: Tool): Tool {
  const said = (name: string, member: string): unknown =>
    span.events.find((event) => event.name === name)?.attributes[member];
  const { payload } = mapped;
  return stated<Tool>({
    ...mapped,
    payload: stated<Stated<ToolCallPayload>>({
      ...payload,
      arguments:
        payload.arguments ??
        (capture.toolArguments === 'inline' ? content(said(EVENT_GEN_AI_TOOL_MESSAGE, 'content')) : undefined),
      result:
        payload.result ??
        (capture.toolResults === 'inline' ? content(said(EVENT_GEN_AI_CHOICE, 'message')) : undefined),
    }),
    outcome: span.attributes['gen_ai.tool.status'] === 'error' ? 'error' : mapped.outcome,
  });
}

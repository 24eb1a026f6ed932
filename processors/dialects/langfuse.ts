import type { Capture } from '../../src/capture.ts';
import type { AgentInvocationPayload, Usage } from '../../src/entry.ts';
import type { JsonValue } from '../../src/json.ts';
import { EVENT_EXCEPTION } from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Dialect, Mapped, MappedSpan, Role, Stated } from './dialect.ts';
import {
  ATTR_INPUT,
  ATTR_MODEL,
  ATTR_OUTPUT,
  generation,
  generationPayload,
  SESSION_IDS,
} from './langfuse-generation.ts';
import { langfuseUsage } from './langfuse-usage.ts';
import { contextCall, documents, retrieval } from './opentelemetry-context.ts';
import { evaluation, guardrail } from './opentelemetry-guardrail.ts';
import { toolCall } from './opentelemetry-tool.ts';
import { agentInvocation, mapOpenTelemetry } from './opentelemetry.ts';
import { content, firstText, stated, text } from './values.ts';

const SCOPE = 'langfuse-sdk';
const ATTR_TYPE = 'langfuse.observation.type';
const ATTR_LEVEL = 'langfuse.observation.level';
const ATTR_MESSAGE = 'langfuse.observation.status_message';

/**
 * Langfuse's SDKs: a span is an observation of a type, and content, parameters, usage and cost are JSON texts. Its
 * status stays unset: what failed says so in its level. There is one model name, the one asked for or the one that
 * answered; it is recorded as the one asked for. A provider is not said.
 */
export const langfuse: Dialect = {
  name: 'langfuse',
  // The type is set after the start.
  recognises: (attributes, scopeName) => attributes[ATTR_TYPE] !== undefined || scopeName === SCOPE,
  map: (span, capture) => {
    const mapped = observation(span, capture);
    return mapped === undefined ? undefined : levelled(span, mapped);
  },
};

function observation(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  const { attributes } = span;
  const type = text(attributes[ATTR_TYPE])?.toLowerCase();
  switch (type) {
    case 'generation':
      return generation(span, capture);
    case 'embedding':
      return overlaid(
        contextCall(span, capture, 'embeddings'),
        {
          query: captured(capture.retrieval, attributes[ATTR_INPUT]),
          request_model: text(attributes[ATTR_MODEL]),
        },
        langfuseUsage(attributes),
      );
    case 'retriever':
      return overlaid(retrieval(span, capture), {
        query: captured(capture.retrieval, attributes[ATTR_INPUT]),
        documents: documents(attributes[ATTR_OUTPUT], capture.retrieval === 'inline'),
      });
    case 'tool':
      return overlaid(toolCall(span, capture), {
        arguments: captured(capture.toolArguments, attributes[ATTR_INPUT]),
        result: captured(capture.toolResults, attributes[ATTR_OUTPUT]),
      });
    case 'guardrail':
      return overlaid(guardrail(span), { component: span.name, verdict_reason: text(attributes[ATTR_MESSAGE]) });
    case 'evaluator':
      return evaluation(span, capture);
    case 'agent':
      return envelope(span, capture, type, 'barrier');
    case undefined:
    case 'span':
    case 'event':
      // Whatever an application measures: nothing of GenAI, unless it says so in the conventions' names.
      return mapOpenTelemetry(span, capture);
    default:
      return envelope(span, capture, type, 'transparent');
  }
}

function overlaid<M extends MappedSpan>(
  mapped: M,
  members: Readonly<Record<string, unknown>>,
  usage: Usage | undefined = mapped.usage,
): M {
  return stated<Mapped<string, object>>({
    ...mapped,
    payload: { ...mapped.payload, ...stated<object>(members) },
    usage,
  }) as M;
}

const captured = (mode: Capture['messages'], value: unknown): JsonValue | undefined =>
  mode === 'inline' ? content(value) : undefined;

/** An agent, a chain or a type that is not known: calls are below it. */
function envelope(span: SpanSnapshot, capture: Capture, type: string, role: Role): MappedSpan {
  const usage = langfuseUsage(span.attributes);
  const base = agentInvocation(span, capture, type, role);
  const asksModel = text(span.attributes[ATTR_MODEL]) !== undefined;
  return stated<Mapped<'agent_invocation', AgentInvocationPayload>>({
    ...base,
    payload: stated<Stated<AgentInvocationPayload>>({
      ...base.payload,
      agent: base.payload.agent ?? (type === 'agent' ? { name: span.name } : undefined),
      conversation_id: base.payload.conversation_id ?? firstText(span.attributes, SESSION_IDS),
    }),
    usage: usage ?? base.usage,
    call: asksModel && usage !== undefined ? generationPayload(span, capture) : base.call,
  });
}

/** What failed says so in its level, whatever its status. */
function levelled<M extends MappedSpan>(span: SpanSnapshot, mapped: M): M {
  if (span.attributes[ATTR_LEVEL] !== 'ERROR') return mapped;
  // An exception says more than its message does.
  const raised = span.events.some(({ name }) => name === EVENT_EXCEPTION);
  const message = raised ? undefined : text(span.attributes[ATTR_MESSAGE]);
  const error = mapped.error ?? (message === undefined ? undefined : { message });
  return stated<M>({ ...mapped, outcome: 'error', error });
}

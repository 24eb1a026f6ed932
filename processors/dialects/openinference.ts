import type { Capture } from '../../src/capture.ts';
import type { AgentInvocationPayload, ToolCallPayload } from '../../src/entry.ts';
import type { JsonObject } from '../../src/json.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Dialect, Mapped, MappedSpan, Role, Stated } from './dialect.ts';
import { toolMessage } from './langchain.ts';
import { beeAiEvent } from './openinference-beeai.ts';
import { embedding, reranking, retrieval } from './openinference-context.ts';
import { agentOf, callPayload, modelCall, reportedUsage } from './openinference-model.ts';
import { ending, plainOutcome } from './outcome.ts';
import { content, firstText, number, stated, text } from './values.ts';

const SPAN_KIND = 'openinference.span.kind';

/** Scopes of the JavaScript instrumentations. */
const SCOPES = '@arizeai/openinference-instrumentation-';

/** OpenInference, the vocabulary of Arize Phoenix: `openinference.span.kind` says what a span is. */
export const openInference: Dialect = {
  name: 'openinference',
  recognises: (attributes, scopeName) => attributes[SPAN_KIND] !== undefined || scopeName.startsWith(SCOPES),
  map,
};

function map(span: SpanSnapshot, capture: Capture): MappedSpan {
  const kind = text(span.attributes[SPAN_KIND]);
  // BeeAI's instrumentation writes `Chain`.
  const word = kind?.toUpperCase();
  const event = beeAiEvent(span, word);
  if (event !== undefined && !event.counts) return envelope(span, capture, event.name ?? kind, 'transparent');
  switch (word) {
    case 'LLM':
      return modelCall(span, capture);
    case 'EMBEDDING':
      return embedding(span, capture);
    case 'RERANKER':
      return reranking(span, capture);
    case 'RETRIEVER':
      return retrieval(span, capture);
    case 'TOOL':
      return toolCall(span, capture, event?.tool);
    case 'AGENT':
      return envelope(span, capture, kind, 'barrier');
    case 'GUARDRAIL':
      return guardrail(span);
    case 'EVALUATOR':
      return evaluation(span, capture);
    // CHAIN, PROMPT, UNKNOWN and what is not known: a chain inside a model's span is a part of the same call.
    default:
      return envelope(span, capture, kind, 'transparent');
  }
}

function toolCall(span: SpanSnapshot, capture: Capture, named: string | undefined): MappedSpan {
  const { attributes } = span;
  const output = attributes['output.value'];
  const message = toolMessage(output);
  const outcome = message?.failed === true && span.status !== 'error' ? 'error' : plainOutcome(span);
  return stated<Mapped<'tool_call', ToolCallPayload>>({
    type: 'tool_call',
    role: 'barrier',
    payload: stated<Stated<ToolCallPayload>>({
      name: text(attributes['tool.name']) ?? message?.name ?? named ?? span.name,
      call_id: firstText(attributes, ['tool.id', 'tool_call.id']) ?? message?.callId,
      arguments:
        capture.toolArguments === 'inline'
          ? content(attributes['input.value'] ?? attributes['tool.parameters'])
          : undefined,
      result: capture.toolResults === 'inline' ? content(output) : undefined,
    }),
    ...ending(span, outcome),
  });
}

/** An agent, or a step of one: an agent's span may report a model and the usage of calls that nobody sees. */
function envelope(span: SpanSnapshot, capture: Capture, operation: string | undefined, role: Role): MappedSpan {
  const { attributes } = span;
  const usage = reportedUsage(attributes);
  const call = usage === undefined ? undefined : callPayload(span, capture);
  return stated<Mapped<'agent_invocation', AgentInvocationPayload>>({
    type: 'agent_invocation',
    role,
    payload: stated<Stated<AgentInvocationPayload>>({
      agent: agentOf(attributes),
      operation,
      conversation_id: text(attributes['session.id']),
    }),
    usage,
    call: call?.request_model === undefined ? undefined : call,
    ...ending(span, plainOutcome(span)),
  });
}

/** The vocabulary has no verdict: that the guardrail ran, and by which name. */
function guardrail(span: SpanSnapshot): MappedSpan {
  return stated<MappedSpan>({
    type: 'guardrail',
    role: 'barrier',
    payload: { component: span.name },
    ...ending(span, plainOutcome(span)),
  });
}

function evaluation(span: SpanSnapshot, { messages }: Capture): MappedSpan {
  const { attributes } = span;
  const at =
    attributes['evaluations.0.evaluation.name'] === undefined ? 'annotations.0.annotation' : 'evaluations.0.evaluation';
  return stated<MappedSpan>({
    type: 'evaluation',
    role: 'barrier',
    payload: stated<JsonObject>({
      metric: text(attributes[`${at}.name`]) ?? span.name,
      score: number(attributes[`${at}.score`]),
      label: text(attributes[`${at}.label`]),
      explanation: messages === 'inline' ? text(attributes[`${at}.explanation`]) : undefined,
    }),
    ...ending(span, plainOutcome(span)),
  });
}

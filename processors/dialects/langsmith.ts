import type { Capture } from '../../src/capture.ts';
import type { AgentInvocationPayload, ContextAssemblyPayload, ToolCallPayload } from '../../src/entry.ts';
import type { JsonValue } from '../../src/json.ts';
import {
  ATTR_GEN_AI_COMPLETION,
  ATTR_GEN_AI_PROMPT,
  ATTR_GEN_AI_TOOL_CALL_ID,
  ATTR_GEN_AI_TOOL_NAME,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Dialect, Mapped, MappedSpan, Stated } from './dialect.ts';
import { conversationOf, langSmithCall, modelOf, runOutcome, usageOfRun } from './langsmith-model.ts';
import { documents } from './opentelemetry-context.ts';
import { ending } from './outcome.ts';
import { content, firstText, isRecord, stated, structure, text, type Attributes } from './values.ts';

const SCOPE = 'langsmith';
const KIND = 'langsmith.span.kind';
const NAMES = [ATTR_GEN_AI_TOOL_NAME, 'langsmith.trace.name'] as const;

/**
 * LangSmith's runs. The kind of a run says what it is; the operation that its SDK derives from it does not (a retriever
 * is called `embeddings`, a prompt `chat`).
 */
export const langSmith: Dialect = {
  name: 'langsmith',
  recognises: (attributes, scopeName) => attributes[KIND] !== undefined || scopeName === SCOPE,
  map,
};

function map(span: SpanSnapshot, capture: Capture): MappedSpan {
  switch (span.attributes[KIND]) {
    case 'llm':
      return langSmithCall(span, capture);
    case 'tool':
      return tool(span, capture);
    case 'retriever':
      return retriever(span, capture);
    case 'embedding':
      return embedding(span, capture);
    case 'prompt':
      return context(span, 'transparent', { operation: 'assembly', blocks: [{ id: nameOf(span) }] });
    default:
      return run(span);
  }
}

const nameOf = (span: SpanSnapshot): string => firstText(span.attributes, NAMES) ?? span.name;

function tool(span: SpanSnapshot, capture: Capture): MappedSpan {
  const { attributes } = span;
  return stated<Mapped<'tool_call', ToolCallPayload>>({
    type: 'tool_call',
    role: 'barrier',
    payload: stated<Stated<ToolCallPayload>>({
      name: nameOf(span),
      call_id: text(attributes[ATTR_GEN_AI_TOOL_CALL_ID]),
      arguments: capture.toolArguments === 'inline' ? content(attributes[ATTR_GEN_AI_PROMPT]) : undefined,
      result: capture.toolResults === 'inline' ? content(attributes[ATTR_GEN_AI_COMPLETION]) : undefined,
    }),
    ...ending(span, runOutcome(span)),
  });
}

type ContextPayload = Stated<ContextAssemblyPayload>;

function context(
  span: SpanSnapshot,
  role: 'leaf' | 'barrier' | 'transparent',
  payload: { readonly [K in keyof ContextPayload]: ContextPayload[K] | undefined },
): MappedSpan {
  return stated<Mapped<'context_assembly', ContextAssemblyPayload>>({
    type: 'context_assembly',
    role,
    payload: stated<ContextPayload>(payload),
    usage: role === 'transparent' ? undefined : usageOfRun(span.attributes),
    ...ending(span, runOutcome(span)),
  });
}

function retriever(span: SpanSnapshot, capture: Capture): MappedSpan {
  const { attributes } = span;
  const inline = capture.retrieval === 'inline';
  return context(span, 'barrier', {
    operation: 'retrieval',
    data_source: text(attributes['langsmith.trace.name']),
    query: inline ? content(attributes[ATTR_GEN_AI_PROMPT]) : undefined,
    documents: documents(found(attributes), inline),
  });
}

function embedding(span: SpanSnapshot, capture: Capture): MappedSpan {
  const { attributes } = span;
  return context(span, 'leaf', {
    operation: 'embeddings',
    query: capture.retrieval === 'inline' ? content(attributes[ATTR_GEN_AI_PROMPT]) : undefined,
    ...modelOf(attributes),
  });
}

/** Documents of a retriever, which returns a list or an object that holds one. */
function found(attributes: Attributes): JsonValue | undefined {
  const result = structure(attributes[ATTR_GEN_AI_COMPLETION]);
  if (!isRecord(result)) return result;
  return result['documents'] ?? result['outputs'] ?? result['output'];
}

/** Chains, parsers and whatever else a run may be. Its name, which is the span's, is no agent's by itself. */
function run(span: SpanSnapshot): MappedSpan {
  return stated<Mapped<'agent_invocation', AgentInvocationPayload>>({
    type: 'agent_invocation',
    role: 'transparent',
    payload: stated<Stated<AgentInvocationPayload>>({
      operation: text(span.attributes[KIND]),
      conversation_id: conversationOf(span.attributes),
    }),
    usage: usageOfRun(span.attributes),
    ...ending(span, runOutcome(span)),
  });
}

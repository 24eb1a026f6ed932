import type { Capture } from '../../src/capture.ts';
import type { AgentInvocationPayload } from '../../src/entry.ts';
import {
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_SYSTEM,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_WORKFLOW_NAME,
  ATTR_MCP_METHOD_NAME,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Dialect, Mapped, MappedSpan, Role, Stated } from './dialect.ts';
import { contextCall, memory, retrieval } from './opentelemetry-context.ts';
import { evaluation, guardrail } from './opentelemetry-guardrail.ts';
import { mcpMethod } from './opentelemetry-mcp.ts';
import { agentOf, conversationOf, modelCall, modelPayload, reportsReply } from './opentelemetry-model.ts';
import { toolCall } from './opentelemetry-tool.ts';
import { ending, plainOutcome } from './outcome.ts';
import { GEN_AI_USAGE, usageOf } from './usage.ts';
import { stated, text } from './values.ts';

type Kind =
  'model' | 'embeddings' | 'rerank' | 'retrieval' | 'memory' | 'tool' | 'agent' | 'step' | 'guardrail' | 'evaluation';

/**
 * What is known of `gen_ai.operation.name`: the conventions' operations, then those met in the wild. `agent` is a barrier, inside which
 * calls are calls of their own; `step` is looked through.
 */
export const OPERATIONS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['chat', 'model'],
  ['generate_content', 'model'],
  ['text_completion', 'model'],
  // Asks for a response that another span requested: an `llm_call` would count that call twice.
  ['fetch_response', 'step'],
  ['embeddings', 'embeddings'],
  ['retrieval', 'retrieval'],
  ['search_memory', 'memory'],
  ['create_memory', 'memory'],
  ['update_memory', 'memory'],
  ['upsert_memory', 'memory'],
  ['delete_memory', 'memory'],
  ['create_memory_store', 'memory'],
  ['delete_memory_store', 'memory'],
  ['execute_tool', 'tool'],
  ['create_agent', 'step'],
  ['invoke_agent', 'agent'],
  ['plan', 'step'],
  ['invoke_workflow', 'agent'],
  ['handle_conversation_turn', 'agent'],
  ['run_guardrail', 'guardrail'],
  ['apply_guardrail', 'guardrail'],

  ['completion', 'model'],
  ['text_completions', 'model'],
  ['generate', 'model'],
  ['responses', 'model'],
  ['decide', 'model'], // AI SDK 7, as the next three
  ['ai.generateSpeech', 'model'],
  ['ai.transcribe', 'model'],
  ['ai.streamTranscribe', 'model'],
  ['model_inference', 'model'], // Mastra: one request to a provider, inside a `chat` of several
  ['embedding', 'embeddings'],
  ['rerank', 'rerank'],
  ['vectordb', 'retrieval'], // OpenLIT, as the next four
  ['mcp_tool_call', 'tool'],
  ['mcp_resource_read', 'retrieval'],
  ['fine_tuning', 'step'],
  ['execute_task', 'step'],
  ['memory', 'memory'],
  ['memory.search', 'memory'],
  ['memory.add', 'memory'],
  ['memory.inject', 'memory'],
  ['memory.extract', 'memory'],
  ['agent_step', 'step'],
  ['execute_node', 'step'],
  ['orchestrate_tools', 'step'],
  ['handoff', 'step'],
  // Traceloop's calls to models that make images: no text is generated, no message exchanged.
  ['image_generation', 'step'],
  ['image_edit', 'step'],
  ['image_variation', 'step'],
  ['evaluate', 'evaluation'],
]);

/** OpenTelemetry's GenAI conventions in their current and older forms, and MCP spans. */
export const openTelemetry: Dialect = {
  name: 'opentelemetry',
  recognises: (attributes) =>
    attributes[ATTR_GEN_AI_OPERATION_NAME] !== undefined ||
    attributes[ATTR_GEN_AI_PROVIDER_NAME] !== undefined ||
    attributes[ATTR_GEN_AI_SYSTEM] !== undefined ||
    attributes[ATTR_MCP_METHOD_NAME] !== undefined,
  map: mapOpenTelemetry,
};

/** Maps by `mcp.method.name`, then by `gen_ai.operation.name`, then by what the span carries. */
export function mapOpenTelemetry(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  const method = text(span.attributes[ATTR_MCP_METHOD_NAME]);
  if (method !== undefined) return mcpMethod(span, capture, method);
  const operation = text(span.attributes[ATTR_GEN_AI_OPERATION_NAME]);
  switch (operation === undefined ? undefined : (OPERATIONS.get(operation) ?? carried(span, operation))) {
    case 'model':
      return modelCall(span, capture, operation);
    case 'embeddings':
      return contextCall(span, capture, 'embeddings');
    case 'rerank':
      return contextCall(span, capture, 'rerank');
    case 'retrieval':
      return retrieval(span, capture);
    case 'memory':
      return memory(span, capture, operation ?? 'memory');
    case 'tool':
      return toolCall(span, capture);
    case 'agent':
      return agentInvocation(span, capture, operation, 'barrier');
    case 'step':
      return agentInvocation(span, capture, operation, 'transparent');
    case 'guardrail':
      return guardrail(span);
    case 'evaluation':
      return evaluation(span, capture);
    case undefined:
      return withoutOperation(span, capture);
  }
}

/** What an operation that is in no list is, going by what its span carries. */
function carried(span: SpanSnapshot, operation: string): Kind {
  const { attributes } = span;
  if (text(attributes[ATTR_GEN_AI_TOOL_NAME]) !== undefined) return 'tool';
  // Strands: invoke_swarm, invoke_graph.
  if (operation.startsWith('invoke_')) return 'agent';
  return callsModel(span) ? 'model' : 'step';
}

/** Before 1.27 there was no operation name: a provider and a model were a call. */
function withoutOperation(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  const { attributes } = span;
  // Counting tokens is a request to a provider, but none to a model.
  if (span.name.endsWith('count_tokens')) return undefined;
  if (text(attributes[ATTR_GEN_AI_TOOL_NAME]) !== undefined) return toolCall(span, capture);
  if (callsModel(span)) return modelCall(span, capture, undefined);
  return text(attributes[ATTR_GEN_AI_AGENT_NAME]) === undefined
    ? undefined
    : agentInvocation(span, capture, undefined, 'transparent');
}

/** A model that answered, or that was asked by a client span. */
function callsModel(span: SpanSnapshot): boolean {
  const { attributes } = span;
  return (
    text(attributes[ATTR_GEN_AI_REQUEST_MODEL]) !== undefined &&
    (span.kind === 'client' || reportsReply(attributes, usageOf(attributes, GEN_AI_USAGE)))
  );
}

/** A run of an agent or a workflow, or a step of one: an envelope, which may stand for a call that nobody shows. */
export function agentInvocation(
  span: SpanSnapshot,
  capture: Capture,
  operation: string | undefined,
  role: Role,
): Mapped<'agent_invocation', AgentInvocationPayload> {
  const { attributes } = span;
  // A poll reports the usage of the call that it polls.
  const usage = operation === 'fetch_response' ? undefined : usageOf(attributes, GEN_AI_USAGE);
  const workflow = text(attributes[ATTR_GEN_AI_WORKFLOW_NAME]);
  const standsForCall =
    usage !== undefined &&
    text(attributes[ATTR_GEN_AI_REQUEST_MODEL]) !== undefined &&
    // Making an image is a step, whatever its span costs.
    operation?.startsWith('image_') !== true;
  return stated<Mapped<'agent_invocation', AgentInvocationPayload>>({
    type: 'agent_invocation',
    role,
    payload: stated<Stated<AgentInvocationPayload>>({
      agent: agentOf(attributes) ?? (workflow === undefined ? undefined : { name: workflow }),
      operation,
      conversation_id: conversationOf(attributes),
    }),
    usage,
    call: standsForCall ? modelPayload(span, capture, operation) : undefined,
    ...ending(span, plainOutcome(span)),
  });
}

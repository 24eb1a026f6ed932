import type { Capture } from '../../src/capture.ts';
import type { AgentInvocationPayload, LlmCallPayload } from '../../src/entry.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import { ATTR_GEN_AI_OPERATION_NAME, ATTR_GEN_AI_TOOL_NAME, ATTR_MCP_METHOD_NAME } from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Approval, Dialect, Mapped, MappedSpan, Stated } from './dialect.ts';
import { contextCall, documents, memory, retrieval } from './opentelemetry-context.ts';
import { evaluation, guardrail } from './opentelemetry-guardrail.ts';
import { modelPayload } from './opentelemetry-model.ts';
import { toolCall } from './opentelemetry-tool.ts';
import { agentInvocation, mapOpenTelemetry } from './opentelemetry.ts';
import { ending, modelOutcome, type Outcome } from './outcome.ts';
import { requestedToolCalls } from './tools.ts';
import { GEN_AI_USAGE, usageOf } from './usage.ts';
import { content, millisUntil, record, stated, text } from './values.ts';

/** Scopes of the bridge and of the exporters. */
const SCOPE = '@mastra/';
const ATTR_TYPE = 'mastra.span.type';
const ATTR_FIRST_TOKEN = 'mastra.completion_start_time';
const ATTR_RESUMED = 'mastra.metadata.resumed';

type Reader = (span: SpanSnapshot, capture: Capture, type: string) => MappedSpan | undefined;

/** What a span is, by its type; the others are what the conventions' operation says, most of them steps. */
const TYPES: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['model_generation', modelCall],
  ['model_inference', modelCall],
  ['model_chunk', () => undefined],
  ['llm_generation', modelCall], // until 1.0, as the next
  ['llm_chunk', () => undefined],
  ['tool_call', tool],
  ['mcp_tool_call', tool],
  ['provider_tool_call', tool],
  ['client_tool_call', tool],
  ['mcp_server_request', served],
  ['agent_run', run],
  ['workflow_run', run],
  ['rag_embedding', (span, capture) => contextCall(span, capture, 'embeddings')],
  ['rag_vector_operation', (span, capture, type) => looked(span, capture, type, retrieval(span, capture))],
  ['memory_operation', (span, capture, type) => looked(span, capture, type, memory(span, capture, type))],
  ['processor_run', (span) => component(span)],
  ['scorer_run', (span, capture) => evaluation(span, capture)],
  ['classifier_evaluation', (span, capture) => evaluation(span, capture)],
]);

/** Words of a workflow's or step's status that are no success. What waits for somebody has not ended well, nor badly. */
const STATUSES: ReadonlyMap<unknown, Outcome> = new Map<unknown, Outcome>([
  ['failed', 'error'],
  ['suspended', 'unknown'],
  ['paused', 'unknown'],
  ['waiting', 'unknown'],
  ['pending', 'unknown'],
  ['running', 'unknown'],
  ['canceled', 'unknown'],
  ['tripwire', 'unknown'],
  ['skipped', 'unknown'],
]);

/**
 * Mastra's spans, through its OpenTelemetry bridge or exporter: the GenAI conventions, which its versions spread
 * differently over the spans of a call (generation, step, inference), and the type of span under a name of its own. The
 * status is `ok` nearly everywhere: a failed call says so in its finish reason, a suspended step in its status attribute.
 */
export const mastra: Dialect = {
  name: 'mastra',
  // The bridge sets all attributes at the end.
  recognises: (attributes, scopeName) => attributes[ATTR_TYPE] !== undefined || scopeName.startsWith(SCOPE),
  map(span, capture) {
    const type = text(span.attributes[ATTR_TYPE])?.toLowerCase();
    if (type === undefined) return mapOpenTelemetry(span, capture);
    const mapped = (TYPES.get(type) ?? mapOpenTelemetry)(span, capture, type);
    const outcome = STATUSES.get(span.attributes[`mastra.${type}.status`]);
    if (mapped === undefined || outcome === undefined || span.status === 'error') return mapped;
    return { ...mapped, outcome };
  },
};

/** A generation goes through one or more inferences: where these are shown, the innermost count. */
function modelCall(span: SpanSnapshot, capture: Capture, type: string): MappedSpan {
  const { attributes } = span;
  const operation = text(attributes[ATTR_GEN_AI_OPERATION_NAME]);
  const usage = usageOf(attributes, GEN_AI_USAGE);
  const base = modelPayload(span, capture, operation);
  const output = attributes[`mastra.${type}.output`];
  const reply = record(output);
  // An inference that brought nothing at all is how a failed request looks: the generation says what became of it.
  if (type === 'model_inference' && usage === undefined && base.finish_reasons === undefined && isEmpty(reply)) {
    return { ...agentInvocation(span, capture, operation, 'transparent'), outcome: 'unknown' };
  }
  const inline = capture.messages === 'inline';
  const payload = stated<Stated<LlmCallPayload>>({
    ...base,
    time_to_first_chunk_ms: millisUntil(span.startMillis, attributes[ATTR_FIRST_TOKEN]) ?? base.time_to_first_chunk_ms,
    input_messages: base.input_messages ?? (inline ? content(attributes[`mastra.${type}.input`]) : undefined),
    output_messages: base.output_messages ?? (inline ? content(output) : undefined),
    tool_calls_requested:
      base.tool_calls_requested ?? requestedToolCalls(reply && { tool_calls: reply['toolCalls'] ?? null }),
  });
  return stated<Mapped<'llm_call', LlmCallPayload>>({
    type: 'llm_call',
    role: 'leaf',
    payload,
    usage,
    ...ending(span, modelOutcome(span, payload.finish_reasons, usage)),
  });
}

function isEmpty(reply: JsonObject | undefined): boolean {
  if (reply === undefined) return false;
  for (const member in reply) {
    const value = reply[member];
    if (value !== '' && value !== null && !(Array.isArray(value) && value.length === 0)) return false;
  }
  return true;
}

function tool(span: SpanSnapshot, capture: Capture, type: string): MappedSpan {
  const { attributes } = span;
  const mapped = toolCall(span, capture);
  const { payload } = mapped;
  const named = text(attributes[ATTR_GEN_AI_TOOL_NAME]) !== undefined;
  // A tool that a client runs has its input and output where other spans have theirs.
  const input = capture.toolArguments === 'inline' ? content(attributes[`mastra.${type}.input`]) : undefined;
  const output = capture.toolResults === 'inline' ? content(attributes[`mastra.${type}.output`]) : undefined;
  return stated<typeof mapped>({
    ...mapped,
    payload: stated<typeof payload>({
      ...payload,
      name: named ? payload.name : (entityOf(span) ?? payload.name),
      arguments: payload.arguments ?? input,
      result: payload.result ?? output,
    }),
    // The span of a tool that runs at a client ends when the call is handed over.
    outcome: mapped.outcome ?? (type === 'client_tool_call' && span.status !== 'error' ? 'unknown' : undefined),
  });
}

function run(span: SpanSnapshot, capture: Capture, type: string): MappedSpan {
  const mapped = agentInvocation(span, capture, text(span.attributes[ATTR_GEN_AI_OPERATION_NAME]) ?? type, 'barrier');
  const name = mapped.payload.agent === undefined ? entityOf(span) : undefined;
  return stated<Mapped<'agent_invocation', AgentInvocationPayload>>({
    ...mapped,
    payload: name === undefined ? mapped.payload : { ...mapped.payload, agent: { name } },
    approvals: resumedWith(span, capture, type),
  });
}

/** What an MCP server was asked. The tool that it runs for it has a span of its own below. */
function served(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  const method = span.attributes[ATTR_MCP_METHOD_NAME];
  return method === 'tools/call'
    ? agentInvocation(span, capture, method, 'transparent')
    : mapOpenTelemetry(span, capture);
}

/** A run that was suspended goes on with what somebody answered: `{"approved": true, "toolCallId": "call_1"}`. */
function resumedWith(span: SpanSnapshot, capture: Capture, type: string): readonly Approval[] | undefined {
  if (span.attributes[ATTR_RESUMED] !== true) return undefined;
  const input = record(span.attributes[`mastra.${type}.input`]);
  // The tool's own resume data stands one level down where its members clash with the tool's identity.
  const answer = typeof input?.['approved'] === 'boolean' ? input : record(input?.['resumeData']);
  const approved = answer?.['approved'];
  if (input === undefined || typeof approved !== 'boolean') return undefined;
  const id = text(input['toolCallId']);
  const name = text(input['toolName']);
  const reason = capture.messages === 'inline' ? text(answer?.['reason']) : undefined;
  const toolCall =
    id === undefined && name === undefined ? undefined : stated<NonNullable<Approval['toolCall']>>({ id, name });
  return [stated<Approval>({ approved, toolCall, reason })];
}

/** A search in a vector store or a memory: what was looked for, and what came of it. */
function looked(span: SpanSnapshot, capture: Capture, type: string, mapped: Context): MappedSpan {
  const { attributes } = span;
  const { payload } = mapped;
  const inline = capture.retrieval === 'inline';
  return {
    ...mapped,
    payload: stated<typeof payload>({
      ...payload,
      query: payload.query ?? (inline ? content(attributes[`mastra.${type}.input`]) : undefined),
      documents: payload.documents ?? found(attributes[`mastra.${type}.output`], inline),
    }),
  };
}

type Context = ReturnType<typeof retrieval>;

function found(output: unknown, inline: boolean): JsonValue | undefined {
  const list = record(output)?.['results'];
  return documents(list ?? output, inline);
}

function component(span: SpanSnapshot): MappedSpan {
  const mapped = guardrail(span);
  const name = entityOf(span);
  return name === undefined ? mapped : ({ ...mapped, payload: { ...mapped.payload, component: name } } as MappedSpan);
}

/** `invoke_workflow weather-wf`: what the span is about, behind its operation. */
function entityOf({ name, attributes }: SpanSnapshot): string | undefined {
  const operation = text(attributes[ATTR_GEN_AI_OPERATION_NAME]);
  return operation !== undefined && name.startsWith(`${operation} `)
    ? text(name.slice(operation.length + 1))
    : undefined;
}

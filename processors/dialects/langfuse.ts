import type { Capture } from '../../src/capture.ts';
import type { AgentInvocationPayload, ErrorPayload, LlmCallPayload, Usage } from '../../src/entry.ts';
import type { JsonValue } from '../../src/json.ts';
import { ATTR_GEN_AI_OPERATION_NAME } from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Dialect, Mapped, MappedSpan, Role, Stated } from './dialect.ts';
import { langfuseUsage } from './langfuse-usage.ts';
import { contextCall, documents, retrieval } from './opentelemetry-context.ts';
import { evaluation, guardrail } from './opentelemetry-guardrail.ts';
import { modelPayload } from './opentelemetry-model.ts';
import { parametersOf, type Parameter } from './opentelemetry-parameters.ts';
import { toolCall } from './opentelemetry-tool.ts';
import { agentInvocation, mapOpenTelemetry } from './opentelemetry.ts';
import { ending, modelOutcome, type Outcome } from './outcome.ts';
import { offeredTools, requestedToolCalls, type OfferedTools } from './tools.ts';
import {
  content,
  decimal,
  firstText,
  flag,
  isRecord,
  lookInto,
  millisUntil,
  number,
  raw,
  record,
  stated,
  statedOrNothing,
  text,
  texts,
  type Attributes,
} from './values.ts';

const SCOPE = 'langfuse-sdk';
const ATTR_TYPE = 'langfuse.observation.type';
const ATTR_INPUT = 'langfuse.observation.input';
const ATTR_OUTPUT = 'langfuse.observation.output';
const ATTR_MODEL = 'langfuse.observation.model.name';
const ATTR_PARAMETERS = 'langfuse.observation.model.parameters';
const ATTR_LEVEL = 'langfuse.observation.level';
const ATTR_MESSAGE = 'langfuse.observation.status_message';
const ATTR_COST = 'langfuse.observation.cost_details';
const ATTR_FIRST_TOKEN = 'langfuse.observation.completion_start_time';
const ATTR_PROMPT_NAME = 'langfuse.observation.prompt.name';
const ATTR_PROMPT_VERSION = 'langfuse.observation.prompt.version';
/** Where `@langfuse/openai` puts what OpenAI's Responses say of the tools. */
const ATTR_TOOLS = 'langfuse.observation.metadata.tools';

const SESSION_IDS = ['session.id', 'langfuse.session.id'] as const;
const USER_IDS = ['user.id', 'langfuse.user.id'] as const;

/** Parameters as clients name them: a free-form object. Others may be content, and are left out. */
const PARAMETERS: readonly Parameter[] = [
  {
    name: 'max_tokens',
    attributes: ['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'maxTokens', 'maxOutputTokens'],
    read: number,
  },
  { name: 'temperature', attributes: ['temperature'], read: number },
  { name: 'top_p', attributes: ['top_p', 'topP'], read: number },
  { name: 'top_k', attributes: ['top_k', 'topK'], read: number },
  { name: 'frequency_penalty', attributes: ['frequency_penalty', 'frequencyPenalty'], read: number },
  { name: 'presence_penalty', attributes: ['presence_penalty', 'presencePenalty'], read: number },
  { name: 'stop_sequences', attributes: ['stop', 'stop_sequences', 'stopSequences'], read: texts },
  { name: 'seed', attributes: ['seed'], read: number },
  { name: 'choice_count', attributes: ['n'], read: number },
  { name: 'reasoning_level', attributes: ['reasoning_effort', 'reasoningEffort'], read: text },
  { name: 'service_tier', attributes: ['service_tier'], read: text },
  { name: 'tool_choice', attributes: ['tool_choice', 'toolChoice'], read: content },
];

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
      return evaluation(span);
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

function generation(span: SpanSnapshot, capture: Capture): MappedSpan {
  const usage = langfuseUsage(span.attributes);
  const payload = generationPayload(span, capture);
  return stated<Mapped<'llm_call', LlmCallPayload>>({
    type: 'llm_call',
    role: 'leaf',
    payload,
    usage,
    ...ending(span, generationOutcome(span, payload.finish_reasons, usage)),
  });
}

/** A reply, be it empty, is set when there is one. Without it nothing tells how a generation ended. */
function generationOutcome(
  span: SpanSnapshot,
  reasons: readonly string[] | undefined,
  usage: Usage | undefined,
): Outcome {
  const outcome = modelOutcome(span, reasons, usage);
  return outcome === 'unknown' && span.attributes[ATTR_OUTPUT] !== undefined ? undefined : outcome;
}

function generationPayload(span: SpanSnapshot, capture: Capture): Stated<LlmCallPayload> {
  const { attributes } = span;
  const inline = capture.messages === 'inline';
  const parameters = record(attributes[ATTR_PARAMETERS]);
  const cost = decimal(record(attributes[ATTR_COST])?.['total']);
  const version = attributes[ATTR_PROMPT_VERSION];
  return {
    ...modelPayload(span, capture, text(attributes[ATTR_GEN_AI_OPERATION_NAME])),
    ...stated<Stated<LlmCallPayload>>({
      request_model: text(attributes[ATTR_MODEL]),
      parameters: parameters === undefined ? undefined : parametersOf(parameters, PARAMETERS),
      cost: cost === undefined ? undefined : { amount: cost },
      streaming: flag(parameters?.['stream']),
      time_to_first_chunk_ms: millisUntil(span.startMillis, attributes[ATTR_FIRST_TOKEN]),
      input_messages: inline ? messages(attributes[ATTR_INPUT]) : undefined,
      output_messages: inline ? content(attributes[ATTR_OUTPUT]) : undefined,
      prompt: statedOrNothing<{ readonly name?: string; readonly version?: string }>({
        name: text(attributes[ATTR_PROMPT_NAME]),
        version: typeof version === 'number' ? String(version) : text(version),
      }),
      tool_calls_requested: requestedToolCalls(withTools(attributes[ATTR_OUTPUT])),
      conversation_id: firstText(attributes, SESSION_IDS),
      user_id: firstText(attributes, USER_IDS),
      ...toolsOf(attributes),
    }),
  };
}

/** The whole input, or the messages in a request's. */
function messages(input: unknown): JsonValue | undefined {
  const whole = content(input);
  const inner = isRecord(whole) ? whole['messages'] : undefined;
  return Array.isArray(inner) ? inner : (whole ?? raw(input));
}

/** Content to look into for tools; most texts need no look. */
function withTools(value: unknown): JsonValue | undefined {
  return typeof value === 'string' && !value.includes('tool') && !value.includes('function_call')
    ? undefined
    : lookInto(value);
}

function toolsOf(attributes: Attributes): OfferedTools {
  const input = withTools(attributes[ATTR_INPUT]);
  return offeredTools((isRecord(input) ? input['tools'] : undefined) ?? attributes[ATTR_TOOLS]);
}

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
  const message = text(span.attributes[ATTR_MESSAGE]);
  const error: ErrorPayload | undefined = mapped.error ?? (message === undefined ? undefined : { message });
  return stated<M>({ ...mapped, outcome: 'error', error });
}

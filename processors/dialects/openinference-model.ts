import type { Capture } from '../../src/capture.ts';
import type { AgentRef, LlmCallPayload, Usage } from '../../src/entry.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Mapped, Stated } from './dialect.ts';
import { finishReasons } from './finish-reasons.ts';
import { generatedReply, runProvider } from './langchain.ts';
import { indexed, messagesAt, requestedCalls } from './openinference-messages.ts';
import { modelPayload } from './opentelemetry-model.ts';
import { parametersOf, type Parameter } from './opentelemetry-parameters.ts';
import { ending, modelOutcome } from './outcome.ts';
import { providerOf } from './providers.ts';
import { offeredTools } from './tools.ts';
import { GEN_AI_USAGE, usageOf, type UsageNames } from './usage.ts';
import {
  content,
  decimal,
  first,
  firstText,
  isRecord,
  number,
  raw,
  stated,
  statedOrNothing,
  text,
  texts,
  type Attributes,
} from './values.ts';

/** Counts of OpenInference; spans that carry the conventions' names too have them second. */
const USAGE: UsageNames = {
  input_tokens: ['llm.token_count.prompt', ...GEN_AI_USAGE.input_tokens],
  output_tokens: ['llm.token_count.completion', ...GEN_AI_USAGE.output_tokens],
  cache_read_input_tokens: ['llm.token_count.prompt_details.cache_read', ...GEN_AI_USAGE.cache_read_input_tokens],
  cache_write_input_tokens: ['llm.token_count.prompt_details.cache_write', ...GEN_AI_USAGE.cache_write_input_tokens],
  reasoning_output_tokens: ['llm.token_count.completion_details.reasoning', ...GEN_AI_USAGE.reasoning_output_tokens],
  total_tokens: ['llm.token_count.total', ...GEN_AI_USAGE.total_tokens],
};

/** In `llm.invocation_parameters`, which has prompts and whole tools in it too: only what is listed here is taken. */
const PARAMETERS: readonly Parameter[] = [
  {
    name: 'max_tokens',
    attributes: [
      'max_tokens',
      'max_output_tokens',
      'max_completion_tokens',
      'maxTokens',
      'maxOutputTokens',
      'max_tokens_to_sample',
    ],
    read: number,
  },
  { name: 'temperature', attributes: ['temperature'], read: number },
  { name: 'top_p', attributes: ['top_p', 'topP'], read: number },
  { name: 'top_k', attributes: ['top_k', 'topK'], read: number },
  { name: 'frequency_penalty', attributes: ['frequency_penalty', 'frequencyPenalty'], read: number },
  { name: 'presence_penalty', attributes: ['presence_penalty', 'presencePenalty'], read: number },
  { name: 'stop_sequences', attributes: ['stop', 'stop_sequences', 'stopSequences'], read: texts },
  { name: 'seed', attributes: ['seed'], read: number },
  { name: 'choice_count', attributes: ['n', 'candidateCount'], read: number },
  { name: 'reasoning_level', attributes: ['reasoning_effort'], read: text },
  { name: 'previous_response_id', attributes: ['previous_response_id'], read: text },
  { name: 'service_tier', attributes: ['service_tier'], read: text },
];

const REASONS = ['llm.finish_reason', 'llm.stop_reason', 'gen_ai.response.finish_reasons'] as const;
const REQUEST_MODELS = ['model', 'model_name', 'modelId', 'model_id'] as const;

/** One call to a model. */
export function modelCall(span: SpanSnapshot, capture: Capture): Mapped<'llm_call', LlmCallPayload> {
  const payload = callPayload(span, capture);
  const usage = reportedUsage(span.attributes);
  return stated<Mapped<'llm_call', LlmCallPayload>>({
    type: 'llm_call',
    role: 'leaf',
    payload,
    usage,
    ...ending(span, modelOutcome(span, payload.finish_reasons, usage)),
  });
}

/** Token counts that a span reports. */
export function reportedUsage(attributes: Attributes): Usage | undefined {
  return usageOf(attributes, USAGE);
}

/** What a span says about a model call; also asked of envelopes, which may stand for calls that nobody instrumented. */
export function callPayload(span: SpanSnapshot, capture: Capture): Stated<LlmCallPayload> {
  const { attributes } = span;
  const inline = capture.messages === 'inline';
  const parameters = invocationParameters(attributes);
  const reply = replyOf(attributes);
  const { provider, provider_raw } = providerOfSpan(attributes);
  const cost = decimal(attributes['llm.cost.total']);
  const own = stated<Stated<LlmCallPayload>>({
    provider,
    provider_raw,
    ...models(attributes, parameters, reply?.model),
    response_id: reply?.id,
    finish_reasons: finishReasons(first(attributes, REASONS)),
    parameters: parametersOf(parameters, PARAMETERS),
    cost: cost === undefined ? undefined : { amount: cost, currency: 'USD' },
    // LangChain writes `false` also where the reply was streamed.
    streaming: parameters['stream'] === true ? true : undefined,
    input_messages: inline ? inputOf(attributes) : undefined,
    output_messages: inline ? outputOf(attributes) : undefined,
    prompt: statedOrNothing<{ name?: string; version?: string }>({
      name: text(attributes['prompt.id']),
      version: text(attributes['llm.prompt_template.version']),
    }),
    ...toolsOf(attributes),
    tool_calls_requested: requestedCalls(attributes),
    agent: agentOf(attributes),
    conversation_id: text(attributes['session.id']),
    user_id: text(attributes['user.id']),
  });
  // Some carry both vocabularies: what this one leaves out, the conventions may say.
  return speaksConventions(attributes) ? { ...modelPayload(span, capture, undefined), ...own } : own;
}

function speaksConventions(attributes: Attributes): boolean {
  return attributes['gen_ai.request.model'] !== undefined || attributes['gen_ai.operation.name'] !== undefined;
}

/** The provider, which LangChain names in its metadata only. */
export function providerOfSpan(attributes: Attributes): ReturnType<typeof providerOf> {
  return providerOf(firstText(attributes, ['llm.provider', 'llm.system']) ?? runProvider(attributes));
}

/** The agent, or the node of a graph, that a span names. */
export function agentOf(attributes: Attributes): AgentRef | undefined {
  const name = firstText(attributes, ['agent.name', 'graph.node.name']);
  return name === undefined ? undefined : { name };
}

/**
 * `llm.model_name` is the model asked for until an instrumentation overwrites it with the one that answered; where the
 * request is known otherwise, and differs, it is the latter.
 */
function models(
  attributes: Attributes,
  parameters: Attributes,
  replied: string | undefined,
): { request_model: string | undefined; response_model: string | undefined } {
  const asked = text(attributes['llm.request.model_name']) ?? firstText(parameters, REQUEST_MODELS);
  const named = text(attributes['llm.model_name']);
  return {
    request_model: asked ?? named,
    response_model:
      text(attributes['llm.response.model_name']) ??
      replied ??
      (asked !== undefined && named !== asked ? named : undefined),
  };
}

/** The parameters of the request, Bedrock's from one level down. */
export function invocationParameters(attributes: Attributes): JsonObject {
  const parameters = content(attributes['llm.invocation_parameters']);
  if (!isRecord(parameters)) return {};
  const inner = parameters['inferenceConfig'] ?? parameters['textGenerationConfig'];
  return isRecord(inner) ? { ...parameters, ...inner } : parameters;
}

/** What a provider's reply has beside its id; a model may write a JSON object with an id, too. */
const REPLY_MEMBERS = ['choices', 'output', 'content', 'usage', 'stop_reason'] as const;

/** Id and model of the reply, which stand in its whole text only. */
function replyOf(attributes: Attributes): { id: string | undefined; model: string | undefined } | undefined {
  const output = attributes['output.value'];
  if (attributes['output.mime_type'] !== 'application/json' || typeof output !== 'string') return undefined;
  if (!output.includes('"id":')) return undefined;
  const value = content(output);
  if (!isRecord(value)) return undefined;
  if (value['generations'] !== undefined) return generatedReply(value);
  if (!REPLY_MEMBERS.some((member) => value[member] !== undefined)) return undefined;
  return { id: text(value['id']), model: text(value['model']) };
}

function toolsOf(attributes: Attributes): ReturnType<typeof offeredTools> {
  const definitions: string[] = [];
  indexed('llm.tools', (at) => {
    const definition = text(attributes[`${at}.tool.json_schema`]) ?? text(attributes[`${at}.tool.name`]);
    if (definition === undefined) return undefined;
    definitions.push(definition);
    return definitions;
  });
  return definitions.length === 0 ? {} : offeredTools(definitions);
}

function inputOf(attributes: Attributes): JsonValue | undefined {
  return (
    messagesAt(attributes, 'llm.input_messages') ??
    indexed('llm.prompts', (at) => promptAt(attributes[`${at}.prompt.text`])) ??
    content(attributes['input.value'])
  );
}

function outputOf(attributes: Attributes): JsonValue | undefined {
  return (
    messagesAt(attributes, 'llm.output_messages') ??
    indexed('llm.choices', (at) => promptAt(attributes[`${at}.completion.text`])) ??
    content(attributes['output.value'])
  );
}

function promptAt(value: unknown): { text: JsonValue } | undefined {
  const said = raw(value);
  return said === undefined ? undefined : { text: said };
}

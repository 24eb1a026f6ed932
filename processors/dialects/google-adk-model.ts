import type { Capture } from '../../src/capture.ts';
import type { ErrorPayload, LlmCallPayload, Usage } from '../../src/entry.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Mapped, Stated } from './dialect.ts';
import { finishReasons } from './finish-reasons.ts';
import { modelPayload } from './opentelemetry-model.ts';
import { parametersOf, type Parameter } from './opentelemetry-parameters.ts';
import { ending, modelOutcome } from './outcome.ts';
import { offeredTools, requestedToolCalls } from './tools.ts';
import { GEN_AI_USAGE, usageOf, type UsageNames } from './usage.ts';
import { first, isExact, number, raw, record, stated, statedOrNothing, text, texts } from './values.ts';

const ATTR_REQUEST = 'gcp.vertex.agent.llm_request';
const ATTR_RESPONSE = 'gcp.vertex.agent.llm_response';
const ATTR_SESSION_ID = 'gcp.vertex.agent.session_id';

/** It stands where a provider should: which model service was called is not said. */
const NO_PROVIDER = 'gcp.vertex.agent';

/** Of Python versions up to 2.2. */
const USAGE: UsageNames = {
  ...GEN_AI_USAGE,
  cache_read_input_tokens: [...GEN_AI_USAGE.cache_read_input_tokens, 'gen_ai.usage.experimental.cached_tokens'],
  reasoning_output_tokens: [...GEN_AI_USAGE.reasoning_output_tokens, 'gen_ai.usage.experimental.reasoning_tokens'],
};

/** Gemini's request configuration, in camelCase or, from Python, in snake_case. */
const PARAMETERS: readonly Parameter[] = [
  { name: 'max_tokens', attributes: ['maxOutputTokens', 'max_output_tokens'], read: number },
  { name: 'temperature', attributes: ['temperature'], read: number },
  { name: 'top_p', attributes: ['topP', 'top_p'], read: number },
  { name: 'top_k', attributes: ['topK', 'top_k'], read: number },
  { name: 'frequency_penalty', attributes: ['frequencyPenalty', 'frequency_penalty'], read: number },
  { name: 'presence_penalty', attributes: ['presencePenalty', 'presence_penalty'], read: number },
  { name: 'stop_sequences', attributes: ['stopSequences', 'stop_sequences'], read: texts },
  { name: 'seed', attributes: ['seed'], read: number },
  { name: 'choice_count', attributes: ['candidateCount', 'candidate_count'], read: number },
];

/** One call to a model, with what its request and response say beyond the attributes. */
export function adkModelCall(
  span: SpanSnapshot,
  capture: Capture,
  operation: string | undefined,
): Mapped<'llm_call', LlmCallPayload> {
  const response = record(span.attributes[ATTR_RESPONSE]);
  const usage = usageOfCall(span, record(member(response, 'usageMetadata', 'usage_metadata')));
  const payload = payloadOf(span, capture, operation, response);
  const error = failure(response);
  const end = ending(span, modelOutcome(span, payload.finish_reasons, usage));
  return stated<Mapped<'llm_call', LlmCallPayload>>({
    type: 'llm_call',
    role: 'leaf',
    payload,
    usage,
    outcome: error === undefined ? end.outcome : 'error',
    error: end.error ?? error,
  });
}

function payloadOf(
  span: SpanSnapshot,
  capture: Capture,
  operation: string | undefined,
  response: JsonObject | undefined,
): Stated<LlmCallPayload> {
  const { attributes } = span;
  const inline = capture.messages === 'inline';
  const base = modelPayload(span, capture, operation);
  const request = record(attributes[ATTR_REQUEST]);
  const config = record(request?.['config']);
  const reply = record(response?.['content']);
  const isProvider = base.provider !== NO_PROVIDER;
  const { tools_offered, tools_digest } = offeredTools(config?.['tools']);
  return stated<Stated<LlmCallPayload>>({
    ...base,
    provider: isProvider ? base.provider : undefined,
    provider_raw: isProvider ? base.provider_raw : NO_PROVIDER,
    request_model: base.request_model ?? text(request?.['model']),
    finish_reasons: base.finish_reasons ?? finishReasons(member(response, 'finishReason', 'finish_reason')),
    parameters: statedOrNothing<JsonObject>({
      ...(config === undefined ? undefined : parametersOf(config, PARAMETERS)),
      ...base.parameters,
    }),
    input_messages:
      base.input_messages ?? (inline ? copied(attributes[ATTR_REQUEST], request?.['contents']) : undefined),
    output_messages: base.output_messages ?? (inline ? copied(attributes[ATTR_RESPONSE], reply) : undefined),
    system_instructions:
      base.system_instructions ?? (inline ? member(config, 'systemInstruction', 'system_instruction') : undefined),
    tools_offered: base.tools_offered ?? tools_offered,
    tools_digest: base.tools_digest ?? tools_digest,
    tool_calls_requested: base.tool_calls_requested ?? requestedToolCalls(reply),
    conversation_id: base.conversation_id ?? text(attributes[ATTR_SESSION_ID]),
  });
}

/** A part of a JSON text, or the text itself where parsing changed its numbers. */
function copied(source: unknown, part: JsonValue | undefined): JsonValue | undefined {
  return part === undefined || isExact(source) ? part : raw(source);
}

function member(object: JsonObject | undefined, ...names: readonly string[]): JsonValue | undefined {
  return object === undefined ? undefined : (first(object, names) as JsonValue | undefined);
}

/** Gemini's own counts. */
const METADATA: UsageNames = {
  input_tokens: ['promptTokenCount', 'prompt_token_count'],
  output_tokens: ['candidatesTokenCount', 'candidates_token_count'],
  cache_read_input_tokens: ['cachedContentTokenCount', 'cached_content_token_count'],
  cache_write_input_tokens: [],
  reasoning_output_tokens: ['thoughtsTokenCount', 'thoughts_token_count'],
  total_tokens: ['totalTokenCount', 'total_token_count'],
};

/**
 * Gemini counts thoughts beside the reply, and some versions copy its count of the reply as that of the output. Where
 * prompt, reply and thoughts make up the total, the output is both together. Without the response nobody can tell.
 */
function usageOfCall(span: SpanSnapshot, metadata: JsonObject | undefined): Usage | undefined {
  const usage = usageOf(span.attributes, USAGE);
  const counted = metadata === undefined ? undefined : usageOf(metadata, METADATA);
  if (counted === undefined) return usage;
  const { input_tokens: input = 0, output_tokens: reply = 0, reasoning_output_tokens: thoughts } = counted;
  const apart = thoughts !== undefined && input + reply + thoughts === counted.total_tokens;
  return statedOrNothing<Usage>({
    ...counted,
    ...usage,
    output_tokens: apart ? reply + thoughts : (usage?.output_tokens ?? counted.output_tokens),
  });
}

/** A response in place of a reply: the model service refused, or gave nothing. */
function failure(response: JsonObject | undefined): ErrorPayload | undefined {
  const type = text(member(response, 'errorCode', 'error_code'));
  if (type === undefined) return undefined;
  return stated<ErrorPayload>({ type, message: text(member(response, 'errorMessage', 'error_message')) });
}

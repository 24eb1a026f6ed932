import type { Capture } from '../../src/capture.ts';
import type { LlmCallPayload, Usage } from '../../src/entry.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import {
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_RESPONSE_ID,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_SYSTEM,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  EVENT_EXCEPTION,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import { AI_CONVERSATION_IDS, AI_USER_IDS, linkedPrompt } from './ai-sdk-values.ts';
import type { Mapped, Stated } from './dialect.ts';
import { finishReasons } from './finish-reasons.ts';
import { parametersOf, type Parameter } from './opentelemetry-parameters.ts';
import { ending, modelOutcome, type Outcome } from './outcome.ts';
import { providerOf } from './providers.ts';
import { offeredTools, requestedToolCalls } from './tools.ts';
import { usageOf, type UsageNames } from './usage.ts';
import {
  content,
  count,
  decimal,
  first,
  firstText,
  isRecord,
  millis,
  number,
  stated,
  statedOrNothing,
  structure,
  text,
  texts,
  type Attributes,
} from './values.ts';

const MODELS = ['ai.model.id', ATTR_GEN_AI_REQUEST_MODEL] as const;
const PROVIDERS = ['ai.model.provider', ATTR_GEN_AI_SYSTEM] as const;
const RESPONSE_MODELS = [ATTR_GEN_AI_RESPONSE_MODEL, 'ai.response.model'] as const;
const RESPONSE_IDS = [ATTR_GEN_AI_RESPONSE_ID, 'ai.response.id'] as const;
const REASONS = [ATTR_GEN_AI_RESPONSE_FINISH_REASONS, 'ai.response.finishReason'] as const;

/** Text streams have the former, object streams the latter; both in milliseconds. */
const FIRST_CHUNK = ['ai.response.msToFirstChunk', 'ai.stream.msToFirstChunk'] as const;

/** Version 6 names first, then 5 and 4. */
const USAGE: UsageNames = {
  input_tokens: ['ai.usage.inputTokens', 'ai.usage.promptTokens', ATTR_GEN_AI_USAGE_INPUT_TOKENS, 'ai.usage.tokens'],
  output_tokens: ['ai.usage.outputTokens', 'ai.usage.completionTokens', ATTR_GEN_AI_USAGE_OUTPUT_TOKENS],
  cache_read_input_tokens: ['ai.usage.inputTokenDetails.cacheReadTokens', 'ai.usage.cachedInputTokens'],
  cache_write_input_tokens: ['ai.usage.inputTokenDetails.cacheWriteTokens'],
  reasoning_output_tokens: ['ai.usage.outputTokenDetails.reasoningTokens', 'ai.usage.reasoningTokens'],
  total_tokens: ['ai.usage.totalTokens'],
};

const PARAMETERS: readonly Parameter[] = [
  { name: 'max_tokens', attributes: ['ai.settings.maxOutputTokens', 'ai.settings.maxTokens'], read: number },
  { name: 'temperature', attributes: ['ai.settings.temperature'], read: number },
  { name: 'top_p', attributes: ['ai.settings.topP'], read: number },
  { name: 'top_k', attributes: ['ai.settings.topK'], read: number },
  { name: 'frequency_penalty', attributes: ['ai.settings.frequencyPenalty'], read: number },
  { name: 'presence_penalty', attributes: ['ai.settings.presencePenalty'], read: number },
  { name: 'stop_sequences', attributes: ['ai.settings.stopSequences'], read: texts },
  { name: 'seed', attributes: ['ai.settings.seed'], read: number },
  { name: 'max_retries', attributes: ['ai.settings.maxRetries'], read: number },
  { name: 'max_steps', attributes: ['ai.settings.maxSteps'], read: number },
  { name: 'mode', attributes: ['ai.settings.mode'], read: text },
  { name: 'output_type', attributes: ['ai.settings.output'], read: text },
  { name: 'tool_choice', attributes: ['ai.prompt.toolChoice'], read: content },
];

/** One call to a model: `ai.generateText.doGenerate` and its like. A retry is a span of its own. */
export function legacyModelCall(
  span: SpanSnapshot,
  capture: Capture,
  operation: string,
): Mapped<'llm_call', LlmCallPayload> {
  const metadata = providerMetadata(span.attributes);
  const usage = completed(legacyUsage(span.attributes), metadata);
  const payload = legacyModelPayload(span, capture, operation);
  const cost = metadata === undefined ? undefined : decimal(metadata['cost']);
  return stated<Mapped<'llm_call', LlmCallPayload>>({
    type: 'llm_call',
    role: 'leaf',
    payload: cost === undefined ? payload : { ...payload, cost: { amount: cost } },
    usage,
    ...ending(span, legacyOutcome(span, payload.finish_reasons, usage)),
  });
}

/**
 * As {@link modelOutcome}. The SDK records an exception with every error, and writes finish reason and usage only when a
 * reply was complete: an error status beside these is another processor's (OpenInference's hands on a tool's).
 */
export function legacyOutcome(
  span: SpanSnapshot,
  reasons: readonly string[] | undefined,
  usage: Usage | undefined,
): Outcome {
  if (span.status !== 'error') return modelOutcome(span, reasons, usage);
  const replied = usage?.output_tokens !== undefined && reasons !== undefined && !reasons.includes('error');
  return replied && !span.events.some(({ name }) => name === EVENT_EXCEPTION) ? 'ok' : undefined;
}

/** What a span says about a model call; also asked of the outer spans, which sum up the calls below them. */
export function legacyModelPayload(span: SpanSnapshot, capture: Capture, operation: string): Stated<LlmCallPayload> {
  const { attributes } = span;
  const inline = capture.messages === 'inline';
  const { provider, provider_raw, request_model, response_model } = legacyModel(attributes);
  const { tools_offered, tools_digest } = offeredTools(attributes['ai.prompt.tools']);
  return stated<Stated<LlmCallPayload>>({
    operation,
    provider,
    provider_raw,
    request_model,
    response_model,
    response_id: firstText(attributes, RESPONSE_IDS),
    finish_reasons: finishReasons(first(attributes, REASONS)),
    parameters: parametersOf(attributes, PARAMETERS),
    streaming: text(attributes['ai.operationId'])?.includes('.stream') === true ? true : undefined,
    time_to_first_chunk_ms: millis(first(attributes, FIRST_CHUNK)),
    input_messages: inline ? content(first(attributes, ['ai.prompt.messages', 'ai.prompt'])) : undefined,
    output_messages: inline ? outputMessages(attributes) : undefined,
    prompt: linkedPrompt(attributes),
    tools_digest,
    tools_offered,
    tool_calls_requested: requestedToolCalls({ tool_calls: structure(attributes['ai.response.toolCalls']) }),
    conversation_id: firstText(attributes, AI_CONVERSATION_IDS),
    user_id: firstText(attributes, AI_USER_IDS),
  });
}

/** Provider and models; the provider is dotted (`openai.chat`), in `gen_ai.system` too. */
export function legacyModel(
  attributes: Attributes,
): Pick<{ [K in keyof LlmCallPayload]: LlmCallPayload[K] | undefined }, 'request_model' | 'response_model'> &
  ReturnType<typeof providerOf> {
  const { provider, provider_raw } = providerOf(firstText(attributes, PROVIDERS));
  return {
    provider,
    provider_raw,
    request_model: firstText(attributes, MODELS),
    response_model: firstText(attributes, RESPONSE_MODELS),
  };
}

/** Token counts under the names of versions 4 to 6. */
export function legacyUsage(attributes: Attributes): Usage | undefined {
  return usageOf(attributes, USAGE);
}

/** The reply, which the SDK spreads over several attributes, as one message of the conventions' shape. */
function outputMessages(attributes: Attributes): JsonValue | undefined {
  const parts: JsonObject[] = [];
  const add = (type: string, part: JsonValue | undefined): void => {
    if (part !== undefined) parts.push({ type, content: part });
  };
  add('reasoning', text(attributes['ai.response.reasoning']));
  add('text', text(attributes['ai.response.text']));
  add('object', content(attributes['ai.response.object']));
  add('files', content(attributes['ai.response.files']));
  add('tool_calls', content(attributes['ai.response.toolCalls']));
  return parts.length === 0 ? undefined : [{ role: 'assistant', parts }];
}

/** Counts that versions 4 and 5 leave to what the provider's package says; gateways name the cost there. */
const IN_METADATA = /Tokens"|"cost"/;

/** The provider's own metadata of a call: `{"openai": {"reasoningTokens": 12}}`. */
function providerMetadata(attributes: Attributes): JsonObject | undefined {
  const source = attributes['ai.response.providerMetadata'];
  if (typeof source !== 'string' || !IN_METADATA.test(source)) return undefined;
  const metadata = content(source);
  if (!isRecord(metadata)) return undefined;
  for (const key in metadata) {
    const own = metadata[key];
    if (isRecord(own)) return own;
  }
  return undefined;
}

function completed(usage: Usage | undefined, metadata: JsonObject | undefined): Usage | undefined {
  // Version 6 says it all in attributes.
  if (metadata === undefined || usage?.cache_read_input_tokens !== undefined) return usage;
  return statedOrNothing<Usage>({
    ...usage,
    cache_read_input_tokens:
      usage?.cache_read_input_tokens ??
      count(metadata['cachedPromptTokens']) ??
      count(metadata['cacheReadInputTokens']),
    cache_write_input_tokens: usage?.cache_write_input_tokens ?? count(metadata['cacheCreationInputTokens']),
    reasoning_output_tokens: usage?.reasoning_output_tokens ?? count(metadata['reasoningTokens']),
  });
}

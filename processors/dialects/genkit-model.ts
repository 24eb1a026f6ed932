import type { Capture } from '../../src/capture.ts';
import type { LlmCallPayload, Usage } from '../../src/entry.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Mapped, Stated } from './dialect.ts';
import { finishReasons } from './finish-reasons.ts';
import { parametersOf, type Parameter } from './opentelemetry-parameters.ts';
import { ending, type Outcome } from './outcome.ts';
import { providerOf } from './providers.ts';
import { offeredTools, requestedToolCalls } from './tools.ts';
import { usageOf, type UsageNames } from './usage.ts';
import { firstText, isExact, isRecord, number, raw, record, stated, text, texts, type Attributes } from './values.ts';

export const INPUT = 'genkit:input';
export const OUTPUT = 'genkit:output';
const NAME = 'genkit:name';
const STATE = 'genkit:state';

/** Members of a response's `usage`. */
const USAGE: UsageNames = {
  input_tokens: ['inputTokens'],
  output_tokens: ['outputTokens'],
  cache_read_input_tokens: ['cachedContentTokens'],
  cache_write_input_tokens: [],
  reasoning_output_tokens: ['thoughtsTokens'],
  total_tokens: ['totalTokens'],
};

/** Members of a request's `config`. */
const CONFIG: readonly Parameter[] = [
  { name: 'max_tokens', attributes: ['maxOutputTokens', 'max_tokens'], read: number },
  { name: 'temperature', attributes: ['temperature'], read: number },
  { name: 'top_p', attributes: ['topP', 'top_p'], read: number },
  { name: 'top_k', attributes: ['topK', 'top_k'], read: number },
  { name: 'stop_sequences', attributes: ['stopSequences'], read: texts },
  { name: 'frequency_penalty', attributes: ['frequencyPenalty'], read: number },
  { name: 'presence_penalty', attributes: ['presencePenalty'], read: number },
  { name: 'seed', attributes: ['seed'], read: number },
];

/** The provider's own response is handed on in `raw`, in older versions in `custom`. */
const RESPONSE_IDS = ['id', 'responseId'] as const;
const RESPONSE_MODELS = ['model', 'modelVersion'] as const;

/** A model's action: one request to a model. */
export function genkitCall(
  span: SpanSnapshot,
  capture: Capture,
  operation: string,
): Mapped<'llm_call', LlmCallPayload> {
  const { attributes } = span;
  const inline = capture.messages === 'inline';
  const request = record(attributes[INPUT]) ?? {};
  const response = record(attributes[OUTPUT]) ?? {};
  const provided = member(response, 'raw', 'custom');
  const { message } = response;
  const { tools_offered, tools_digest } = offeredTools(request['tools']);
  const usage: Usage | undefined = usageOf(member(response, 'usage'), USAGE);
  return stated<Mapped<'llm_call', LlmCallPayload>>({
    type: 'llm_call',
    role: 'leaf',
    payload: stated<Stated<LlmCallPayload>>({
      operation,
      ...modelOf(attributes),
      response_model: firstText(provided, RESPONSE_MODELS),
      response_id: firstText(provided, RESPONSE_IDS),
      finish_reasons: finishReasons(response['finishReason']),
      parameters: parametersOf(member(request, 'config'), CONFIG),
      input_messages: inline ? written(attributes[INPUT], request['messages']) : undefined,
      output_messages: inline && message !== undefined ? written(attributes[OUTPUT], [message]) : undefined,
      tools_offered,
      tools_digest,
      tool_calls_requested: requestedToolCalls(message),
      conversation_id: conversationOf(attributes),
    }),
    usage,
    ...ending(span, outcomeOf(span)),
  });
}

/** `provider/model`, where the provider is the plugin that the model comes from; a model without a plugin has no slash. */
export function modelOf(attributes: Attributes): {
  readonly provider: string | undefined;
  readonly provider_raw: string | undefined;
  readonly request_model: string | undefined;
} {
  const name = text(attributes[NAME]);
  const slash = name?.indexOf('/') ?? -1;
  if (name === undefined || slash <= 0) return { ...providerOf(undefined), request_model: name };
  return { ...providerOf(name.slice(0, slash)), request_model: text(name.slice(slash + 1)) };
}

/** The session or thread that an action belongs to. */
export function conversationOf(attributes: Attributes): string | undefined {
  return firstText(attributes, ['genkit:sessionId', 'genkit:threadName']);
}

/** The status is left unset on success: the state tells. Without it, the action has not come to an end. */
export function outcomeOf(span: SpanSnapshot): Outcome {
  if (span.status === 'error') return undefined;
  const state = span.attributes[STATE];
  if (state === 'error') return 'error';
  return state === 'success' || span.status === 'ok' ? undefined : 'unknown';
}

/** The first of several members that is an object. */
function member(object: JsonObject, ...names: readonly string[]): JsonObject {
  return names.map((name) => object[name]).find(isRecord) ?? {};
}

/** A part of what a JSON text says; where parsing would lose digits, the text. */
function written(source: unknown, part: JsonValue | undefined): JsonValue | undefined {
  return isExact(source) ? part : raw(source);
}

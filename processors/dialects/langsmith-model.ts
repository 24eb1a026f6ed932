import type { Capture } from '../../src/capture.ts';
import type { LlmCallPayload, Usage } from '../../src/entry.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import {
  ATTR_GEN_AI_COMPLETION,
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROMPT,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_STOP_SEQUENCES,
  ATTR_GEN_AI_REQUEST_STREAM,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_SYSTEM,
  ATTR_GEN_AI_TOOL_DEFINITIONS,
  ATTR_USER_ID,
  EVENT_EXCEPTION,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import { inConventions, type Alias } from './aliases.ts';
import type { Mapped, Stated } from './dialect.ts';
import { modelCall } from './opentelemetry-model.ts';
import { parametersOf, type Parameter } from './opentelemetry-parameters.ts';
import { ending, type Outcome } from './outcome.ts';
import { providerOf } from './providers.ts';
import { requestedToolCalls } from './tools.ts';
import { GEN_AI_USAGE, usageOf } from './usage.ts';
import {
  count,
  decimal,
  firstText,
  isRecord,
  items,
  number,
  stated,
  statedOrNothing,
  record,
  text,
  type Attributes,
} from './values.ts';

const CONVERSATIONS = ['session_id', 'thread_id', 'conversation_id'].map((name) => `langsmith.metadata.${name}`);
const MODELS = [ATTR_GEN_AI_REQUEST_MODEL, 'langsmith.metadata.ls_model_name'] as const;
const USAGE_METADATA = 'langsmith.usage_metadata';
const INVOCATION = 'langsmith.metadata.ls_invocation_params';

/** What a provider's wrapper knows, and where users put ids. */
const ALIASES: readonly Alias[] = [
  [ATTR_GEN_AI_CONVERSATION_ID, CONVERSATIONS],
  [ATTR_USER_ID, ['langsmith.metadata.user_id']],
  [ATTR_GEN_AI_REQUEST_MODEL, ['langsmith.metadata.ls_model_name']],
  [ATTR_GEN_AI_REQUEST_STREAM, ['langsmith.request.streaming']],
  [ATTR_GEN_AI_REQUEST_STOP_SEQUENCES, ['langsmith.metadata.ls_stop']],
];

const NUMERAL = /^-?\d{1,15}(\.\d{1,15})?$/;

/** Metadata is written as text, whatever it was. */
const numeral = (value: unknown): number | undefined =>
  typeof value === 'string' && NUMERAL.test(value) ? Number(value) : number(value);

const METADATA: readonly Parameter[] = [
  { name: 'max_tokens', attributes: ['langsmith.metadata.ls_max_tokens'], read: numeral },
  { name: 'temperature', attributes: ['langsmith.metadata.ls_temperature'], read: numeral },
];

const INVOCATION_PARAMETERS: readonly Parameter[] = [
  'top_p',
  'top_k',
  'frequency_penalty',
  'presence_penalty',
  'seed',
].map((name) => ({ name, attributes: [name], read: number }));

/** One run of kind `llm`. */
export function langSmithCall(span: SpanSnapshot, capture: Capture): Mapped<'llm_call', LlmCallPayload> {
  const { attributes } = span;
  const renamed = inConventions(span, ALIASES);
  const call = modelCall(
    { ...renamed, attributes: { ...renamed.attributes, ...toolsOf(attributes) } },
    capture,
    text(attributes[ATTR_GEN_AI_OPERATION_NAME]),
  );
  const { provider: _provider, provider_raw: _raw, ...payload } = call.payload;
  return stated<Mapped<'llm_call', LlmCallPayload>>({
    type: 'llm_call',
    role: 'leaf',
    payload: stated<Stated<LlmCallPayload>>({
      ...payload,
      ...providerOfRun(attributes),
      parameters: statedOrNothing<JsonObject>({
        ...parametersOf(recordOf(attributes[INVOCATION]), INVOCATION_PARAMETERS),
        ...parametersOf(attributes, METADATA),
        ...payload.parameters,
      }),
      cost: payload.cost ?? costOfRun(attributes),
      tool_calls_requested: payload.tool_calls_requested ?? callsOf(attributes[ATTR_GEN_AI_COMPLETION]),
    }),
    usage: usageOfRun(attributes),
    ...ending(span, runOutcome(span) ?? (call.outcome === 'error' ? 'error' : undefined)),
  });
}

/**
 * The status of a run is set to `ok` when it starts, and an SDK does not take that back: what tells is the exception, and
 * the outputs, which a run that came to its end has even where they are hidden.
 */
export function runOutcome(span: SpanSnapshot): Outcome {
  if (span.status === 'error') return undefined;
  if (span.events.some(({ name }) => name === EVENT_EXCEPTION)) return 'error';
  return span.attributes[ATTR_GEN_AI_COMPLETION] === undefined ? 'unknown' : undefined;
}

export function conversationOf(attributes: Attributes): string | undefined {
  return firstText(attributes, [ATTR_GEN_AI_CONVERSATION_ID, ...CONVERSATIONS]);
}

/** The model of an embedding or call, and who provides it. */
export function modelOf(attributes: Attributes): {
  readonly provider: string | undefined;
  readonly provider_raw: string | undefined;
  readonly request_model: string | undefined;
  readonly response_model: string | undefined;
} {
  return {
    ...providerOfRun(attributes),
    request_model: firstText(attributes, MODELS),
    response_model: text(attributes[ATTR_GEN_AI_RESPONSE_MODEL]),
  };
}

/**
 * A wrapper knows its provider. `gen_ai.system` is guessed from the model's name by the SDK, and `langchain` where that
 * gives nothing, which is no provider.
 */
function providerOfRun(attributes: Attributes): ReturnType<typeof providerOf> {
  const known = text(attributes['langsmith.metadata.ls_provider']);
  const system = text(attributes[ATTR_GEN_AI_SYSTEM]);
  if (known === undefined && system === 'langchain') return { provider: undefined, provider_raw: system };
  return providerOf(known ?? system);
}

/** Counts on the span, their details in JSON beside them, or all of it in the run's metadata. */
export function usageOfRun(attributes: Attributes): Usage | undefined {
  const metadata = recordOf(attributes[USAGE_METADATA]);
  const details = (name: string, own: string): JsonObject => {
    const given = recordOf(attributes[own]);
    const inner = metadata[name];
    return Object.keys(given).length === 0 && isRecord(inner) ? inner : given;
  };
  const input = details('input_token_details', 'gen_ai.usage.input_token_details');
  const output = details('output_token_details', 'gen_ai.usage.output_token_details');
  const usage = usageOf(attributes, GEN_AI_USAGE);
  return statedOrNothing<Usage>({
    input_tokens: usage?.input_tokens ?? count(metadata['input_tokens']),
    output_tokens: usage?.output_tokens ?? count(metadata['output_tokens']),
    cache_read_input_tokens: usage?.cache_read_input_tokens ?? count(input['cache_read']),
    cache_write_input_tokens: usage?.cache_write_input_tokens ?? count(input['cache_creation']),
    reasoning_output_tokens: usage?.reasoning_output_tokens ?? count(output['reasoning']),
    total_tokens: usage?.total_tokens ?? count(metadata['total_tokens']),
  });
}

function costOfRun(attributes: Attributes): LlmCallPayload['cost'] {
  const amount = decimal(recordOf(attributes[USAGE_METADATA])['total_cost']);
  return amount === undefined ? undefined : { amount };
}

const recordOf = (value: unknown): JsonObject => record(value) ?? {};

/** The tools of a request, which a wrapper leaves in its inputs; most inputs need no look. */
function toolsOf(attributes: Attributes): Attributes {
  const prompt = attributes[ATTR_GEN_AI_PROMPT];
  if (attributes[ATTR_GEN_AI_TOOL_DEFINITIONS] !== undefined) return {};
  if (typeof prompt !== 'string' || !prompt.includes('"tools":')) return {};
  const tools = recordOf(prompt)['tools'];
  return Array.isArray(tools) ? { [ATTR_GEN_AI_TOOL_DEFINITIONS]: tools } : {};
}

/** The tool calls that a model asked for, in the shapes of OpenAI's two interfaces and of LangChain. */
function callsOf(completion: unknown): ReturnType<typeof requestedToolCalls> {
  if (typeof completion !== 'string' || !/tool|function_call/.test(completion)) return undefined;
  const reply = recordOf(completion);
  const generations = items(reply['generations']).flatMap((generation) =>
    Array.isArray(generation) ? items(generation) : [generation],
  );
  const messages = [...items(reply['choices']), ...generations.map(messageOf)];
  const output = reply['output'];
  if (Array.isArray(output)) messages.push({ parts: output });
  return requestedToolCalls(messages) ?? requestedToolCalls(reply['outputs']);
}

/** LangChain's serialised messages hold their members in `kwargs`. */
function messageOf(generation: JsonValue): JsonValue {
  const message = isRecord(generation) ? generation['message'] : undefined;
  const members = isRecord(message) ? message['kwargs'] : undefined;
  return members ?? message ?? null;
}

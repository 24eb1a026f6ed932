import type { Capture } from '../../src/capture.ts';
import type { LlmCallPayload, Usage } from '../../src/entry.ts';
import type { JsonValue } from '../../src/json.ts';
import { ATTR_GEN_AI_OPERATION_NAME } from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Mapped, MappedSpan, Stated } from './dialect.ts';
import { langfuseUsage } from './langfuse-usage.ts';
import { modelPayload } from './opentelemetry-model.ts';
import { parametersOf, type Parameter } from './opentelemetry-parameters.ts';
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
  record,
  stated,
  statedOrNothing,
  text,
  texts,
  type Attributes,
} from './values.ts';

export const ATTR_INPUT = 'langfuse.observation.input';
export const ATTR_OUTPUT = 'langfuse.observation.output';
export const ATTR_MODEL = 'langfuse.observation.model.name';
const ATTR_PARAMETERS = 'langfuse.observation.model.parameters';
const ATTR_COST = 'langfuse.observation.cost_details';
const ATTR_FIRST_TOKEN = 'langfuse.observation.completion_start_time';
const ATTR_PROMPT_NAME = 'langfuse.observation.prompt.name';
const ATTR_PROMPT_VERSION = 'langfuse.observation.prompt.version';
/** Where `@langfuse/openai` puts what OpenAI's Responses say of the tools. */
const ATTR_TOOLS = 'langfuse.observation.metadata.tools';

export const SESSION_IDS = ['session.id', 'langfuse.session.id'] as const;
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

/** One call to a model, as a client's wrapper or the application itself describes it. */
export function generation(span: SpanSnapshot, capture: Capture): MappedSpan {
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

/** What an observation says of a model call; also asked of those around calls. */
export function generationPayload(span: SpanSnapshot, capture: Capture): Stated<LlmCallPayload> {
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
  return Array.isArray(inner) ? inner : whole;
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

import type { JsonObject, JsonValue } from '../../src/json.ts';
import {
  ATTR_AWS_BEDROCK_GUARDRAIL_ID,
  ATTR_GEN_AI_OPENAI_REQUEST_RESPONSE_FORMAT,
  ATTR_GEN_AI_OPENAI_REQUEST_SEED,
  ATTR_GEN_AI_OPENAI_REQUEST_SERVICE_TIER,
  ATTR_GEN_AI_OUTPUT_TYPE,
  ATTR_GEN_AI_REQUEST_CHOICE_COUNT,
  ATTR_GEN_AI_REQUEST_ENCODING_FORMATS,
  ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY,
  ATTR_GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID,
  ATTR_GEN_AI_REQUEST_REASONING_LEVEL,
  ATTR_GEN_AI_REQUEST_SEED,
  ATTR_GEN_AI_REQUEST_STOP_SEQUENCES,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_K,
  ATTR_GEN_AI_REQUEST_TOP_P,
  ATTR_OPENAI_API_TYPE,
  ATTR_OPENAI_REQUEST_SERVICE_TIER,
} from '../../src/semconv.ts';
import { number, text, texts, type Attributes } from './values.ts';

/** Attributes of one request parameter, first match, and how its value is read. */
export interface Parameter {
  readonly name: string;
  readonly attributes: readonly string[];
  readonly read: (value: unknown) => JsonValue | undefined;
}

const PARAMETERS: readonly Parameter[] = [
  { name: 'max_tokens', attributes: [ATTR_GEN_AI_REQUEST_MAX_TOKENS], read: number },
  { name: 'temperature', attributes: [ATTR_GEN_AI_REQUEST_TEMPERATURE], read: number },
  { name: 'top_p', attributes: [ATTR_GEN_AI_REQUEST_TOP_P], read: number },
  { name: 'top_k', attributes: [ATTR_GEN_AI_REQUEST_TOP_K, 'llm.top_k'], read: number },
  {
    name: 'frequency_penalty',
    attributes: [ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY, 'llm.frequency_penalty'],
    read: number,
  },
  {
    name: 'presence_penalty',
    attributes: [ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY, 'llm.presence_penalty'],
    read: number,
  },
  {
    name: 'stop_sequences',
    attributes: [ATTR_GEN_AI_REQUEST_STOP_SEQUENCES, 'llm.chat.stop_sequences'],
    read: texts,
  },
  { name: 'seed', attributes: [ATTR_GEN_AI_REQUEST_SEED, ATTR_GEN_AI_OPENAI_REQUEST_SEED], read: number },
  { name: 'choice_count', attributes: [ATTR_GEN_AI_REQUEST_CHOICE_COUNT], read: number },
  { name: 'encoding_formats', attributes: [ATTR_GEN_AI_REQUEST_ENCODING_FORMATS], read: texts },
  { name: 'reasoning_level', attributes: [ATTR_GEN_AI_REQUEST_REASONING_LEVEL], read: text },
  { name: 'previous_response_id', attributes: [ATTR_GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID], read: text },
  {
    name: 'output_type',
    attributes: [ATTR_GEN_AI_OUTPUT_TYPE, ATTR_GEN_AI_OPENAI_REQUEST_RESPONSE_FORMAT],
    read: text,
  },
  {
    name: 'service_tier',
    attributes: [ATTR_OPENAI_REQUEST_SERVICE_TIER, ATTR_GEN_AI_OPENAI_REQUEST_SERVICE_TIER],
    read: text,
  },
  { name: 'api_type', attributes: [ATTR_OPENAI_API_TYPE], read: text },
  { name: 'guardrail_id', attributes: [ATTR_AWS_BEDROCK_GUARDRAIL_ID], read: text },
];

/** Parameters of the request, numbers as the span has them. */
export function parametersOf(
  attributes: Attributes,
  parameters: readonly Parameter[] = PARAMETERS,
): JsonObject | undefined {
  let result: Record<string, JsonValue> | undefined;
  for (const { name, attributes: keys, read } of parameters) {
    for (const key of keys) {
      const value = read(attributes[key]);
      if (value === undefined) continue;
      result ??= {};
      result[name] = value;
      break;
    }
  }
  return result;
}

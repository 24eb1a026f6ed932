import type { Capture } from '../../src/capture.ts';
import {
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_TOOL_CALL_ARGUMENTS,
  ATTR_GEN_AI_TOOL_CALL_RESULT,
  ATTR_GEN_AI_TOOL_DEFINITIONS,
  ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import { inConventions, type Alias } from './aliases.ts';
import type { Dialect, MappedSpan } from './dialect.ts';
import { mapOpenTelemetry } from './opentelemetry.ts';
import { record, text, type Attributes } from './values.ts';

const SCOPE = 'pydantic-ai';
const REQUEST = 'model_request_parameters';
const AGENT_NAME = 'agent_name';
const DEFERRAL = 'pydantic_ai.tool.deferral.name';

/** Names of instrumentation versions 1 and 2, and the sums of a run, which later versions keep apart from a call's usage. */
const ALIASES: readonly Alias[] = [
  [ATTR_GEN_AI_AGENT_NAME, [AGENT_NAME]],
  [ATTR_GEN_AI_REQUEST_MODEL, ['model_name']],
  [ATTR_GEN_AI_TOOL_CALL_ARGUMENTS, ['tool_arguments']],
  [ATTR_GEN_AI_TOOL_CALL_RESULT, ['tool_response']],
  [ATTR_GEN_AI_USAGE_INPUT_TOKENS, ['gen_ai.aggregated_usage.input_tokens']],
  [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS, ['gen_ai.aggregated_usage.output_tokens']],
  [
    ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
    ['gen_ai.aggregated_usage.cache_read.input_tokens', 'gen_ai.aggregated_usage.details.cache_read_tokens'],
  ],
  [
    ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
    ['gen_ai.aggregated_usage.cache_creation.input_tokens', 'gen_ai.aggregated_usage.details.cache_write_tokens'],
  ],
  [ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS, ['gen_ai.aggregated_usage.details.reasoning_tokens']],
];

/** Pydantic AI: the conventions, with older names of its own. */
export const pydanticAi: Dialect = {
  name: 'pydantic-ai',
  recognises: (attributes, scopeName) => scopeName === SCOPE || attributes[REQUEST] !== undefined,
  map,
};

function map(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  const renamed = inConventions(span, ALIASES);
  const added = { ...operationOf(span.attributes), ...toolsOf(span.attributes) };
  const mapped = mapOpenTelemetry({ ...renamed, attributes: { ...renamed.attributes, ...added } }, capture);
  // A tool that waits for approval, or is carried out elsewhere, has not run; versions before 5 end its span as failed.
  if (mapped?.type === 'tool_call' && text(span.attributes[DEFERRAL]) !== undefined) {
    return { ...mapped, outcome: 'unknown' };
  }
  return mapped;
}

/** Runs of an agent had no operation before version 3. */
function operationOf(attributes: Attributes): Attributes {
  return attributes[ATTR_GEN_AI_OPERATION_NAME] === undefined && text(attributes[AGENT_NAME]) !== undefined
    ? { [ATTR_GEN_AI_OPERATION_NAME]: 'invoke_agent' }
    : {};
}

/** The tools that a model was offered, from the parameters of its request. */
function toolsOf(attributes: Attributes): Attributes {
  if (attributes[ATTR_GEN_AI_TOOL_DEFINITIONS] !== undefined) return {};
  const tools = record(attributes[REQUEST])?.['function_tools'];
  return Array.isArray(tools) && tools.length > 0 ? { [ATTR_GEN_AI_TOOL_DEFINITIONS]: tools } : {};
}

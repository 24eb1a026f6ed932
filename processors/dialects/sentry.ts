import type { Capture } from '../../src/capture.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import {
  ATTR_GEN_AI_INPUT_MESSAGES,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_OUTPUT_MESSAGES,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT,
  ATTR_GEN_AI_WORKFLOW_NAME,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import { inConventions, type Alias } from './aliases.ts';
import type { Dialect, MappedSpan } from './dialect.ts';
import { mapOpenTelemetry } from './opentelemetry.ts';
import { stated, structure, text, type Attributes } from './values.ts';

const OP = 'sentry.op';
const PREFIX = 'gen_ai.';
const REPLY = 'gen_ai.response.text';
const TOOL_CALLS = 'gen_ai.response.tool_calls';

/** Names of versions 9 and 10; version 11 writes the conventions'. */
const ALIASES: readonly Alias[] = [
  [ATTR_GEN_AI_INPUT_MESSAGES, ['gen_ai.request.messages']],
  [ATTR_GEN_AI_RESPONSE_FINISH_REASONS, ['gen_ai.response.stop_reason']],
  [ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT, ['gen_ai.embeddings.input']],
  [ATTR_GEN_AI_WORKFLOW_NAME, ['gen_ai.pipeline.name']],
];

/** Sentry's AI integrations: the conventions, the operation in `sentry.op`, the reply in two attributes. */
export const sentry: Dialect = {
  name: 'sentry',
  recognises: (attributes) => operationOf(attributes) !== undefined,
  map,
};

function operationOf(attributes: Attributes): string | undefined {
  const op = attributes[OP];
  return typeof op === 'string' && op.startsWith(PREFIX) ? text(op.slice(PREFIX.length)) : undefined;
}

function map(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  const { attributes } = inConventions(span, ALIASES);
  const added = stated<JsonObject>({
    [ATTR_GEN_AI_OPERATION_NAME]: text(attributes[ATTR_GEN_AI_OPERATION_NAME]) ?? operationOf(attributes),
    [ATTR_GEN_AI_OUTPUT_MESSAGES]:
      attributes[ATTR_GEN_AI_OUTPUT_MESSAGES] === undefined ? replyOf(attributes) : undefined,
  });
  return mapOpenTelemetry({ ...span, attributes: { ...attributes, ...added } }, capture);
}

/** The reply as one message. */
function replyOf(attributes: Attributes): JsonValue | undefined {
  const content = structure(attributes[REPLY]);
  const calls = structure(attributes[TOOL_CALLS]);
  if (content === undefined && calls === undefined) return undefined;
  return [stated<JsonObject>({ role: 'assistant', content, tool_calls: calls })];
}

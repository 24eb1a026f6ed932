import type { Capture } from '../../src/capture.ts';
import type { LlmCallPayload } from '../../src/entry.ts';
import { ATTR_GEN_AI_OPERATION_NAME, ATTR_GEN_AI_REQUEST_MODEL } from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Dialect, Mapped, MappedSpan, Stated } from './dialect.ts';
import { contextCall } from './opentelemetry-context.ts';
import { modelCall } from './opentelemetry-model.ts';
import { mapOpenTelemetry } from './opentelemetry.ts';
import { providerOf } from './providers.ts';
import { isVectorCall, reranking, vectorCall } from './traceloop-context.ts';
import { conversationId, entity, guard, mcpRequest, userId } from './traceloop-entity.ts';
import { firstText, stated, statedOrNothing, text } from './values.ts';

const SPAN_KIND = 'traceloop.span.kind';
const REQUEST_TYPE = 'llm.request.type';
const SCOPES = '@traceloop/';
const MCP_SCOPE = '@traceloop/instrumentation-mcp';
const VERTEX_SCOPE = '@traceloop/instrumentation-vertexai';

/**
 * OpenLLMetry, the instrumentations of Traceloop: since 2026 the conventions, with kinds of its own for decorators and
 * frameworks; before, `llm.request.type` and one attribute for each member of a message.
 *
 * Traceloop's SDK also puts `traceloop.workflow.name` and the like on every span inside a workflow: no marks.
 */
export const traceloop: Dialect = {
  name: 'traceloop',
  recognises: (attributes, scopeName) =>
    attributes[SPAN_KIND] !== undefined ||
    attributes[REQUEST_TYPE] !== undefined ||
    attributes['gen_ai.prompt.0.role'] !== undefined ||
    scopeName.startsWith(SCOPES),
  map,
};

function map(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  const { attributes, name } = span;
  const operation = text(attributes[ATTR_GEN_AI_OPERATION_NAME]);
  if (operation === 'guard' || attributes['gen_ai.guardrail.status'] !== undefined) return guard(span);
  const kind = text(attributes[SPAN_KIND]);
  if (kind !== undefined) return entity(span, capture, kind, operation);
  if (span.scope.name === MCP_SCOPE && name.endsWith('.mcp')) return mcpRequest(span, capture, name.slice(0, -4));
  if (span.scope.name.startsWith(SCOPES) && isVectorCall(span)) return vectorCall(span, capture);
  const type = operation === undefined ? text(attributes[REQUEST_TYPE]) : undefined;
  const mapped = type === undefined ? mapOpenTelemetry(span, capture) : typed(span, capture, type);
  return mapped?.type === 'llm_call' ? withOwn(span, mapped) : mapped;
}

/** The older form, by its `llm.request.type`. */
function typed(span: SpanSnapshot, capture: Capture, type: string): MappedSpan | undefined {
  switch (type) {
    case 'chat':
    case 'completion':
      return modelCall(span, capture, type);
    case 'embedding':
    case 'embeddings':
      return contextCall(span, capture, 'embeddings');
    case 'rerank':
      return reranking(span, capture);
    default:
      return span.attributes[ATTR_GEN_AI_REQUEST_MODEL] === undefined
        ? mapOpenTelemetry(span, capture)
        : modelCall(span, capture, type);
  }
}

const PROMPT_VERSIONS = ['traceloop.prompt.version', 'traceloop.prompt.version_name'] as const;

/** What Traceloop adds to a model call: ids of the application, a managed prompt, the vendor in the span's name. */
function withOwn(span: SpanSnapshot, mapped: Mapped<'llm_call', LlmCallPayload>): Mapped<'llm_call', LlmCallPayload> {
  const { attributes } = span;
  const version = attributes['traceloop.prompt.version'];
  return {
    ...mapped,
    payload: stated<Stated<LlmCallPayload>>({
      ...mapped.payload,
      ...provider(span, mapped.payload),
      prompt:
        mapped.payload.prompt ??
        statedOrNothing<{ name?: string; version?: string }>({
          name: text(attributes['traceloop.prompt.key']),
          version: typeof version === 'number' ? String(version) : firstText(attributes, PROMPT_VERSIONS),
        }),
      conversation_id: mapped.payload.conversation_id ?? conversationId(attributes),
      user_id: mapped.payload.user_id ?? userId(attributes),
    }),
  };
}

function provider(
  span: SpanSnapshot,
  { provider: named, provider_raw }: Stated<LlmCallPayload>,
): { provider: string | undefined; provider_raw: string | undefined } {
  // `Google` is all that its span says, and the scope what it instruments.
  if (span.scope.name === VERTEX_SCOPE && named === 'gcp.gemini') return { provider: 'gcp.vertex_ai', provider_raw };
  if (named !== undefined) return { provider: named, provider_raw };
  // Calls that the application reports itself: `openai.chat`.
  const type = text(span.attributes[REQUEST_TYPE]);
  const vendor = type !== undefined && span.name.endsWith(`.${type}`) ? span.name.slice(0, -type.length - 1) : '';
  return providerOf(text(vendor));
}

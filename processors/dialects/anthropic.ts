import type { Capture } from '../../src/capture.ts';
import type { LlmCallPayload, ToolCallPayload } from '../../src/entry.ts';
import { ATTR_ERROR_TYPE, ATTR_GEN_AI_OPERATION_NAME } from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Dialect, Mapped, MappedSpan } from './dialect.ts';
import { finishReasons } from './finish-reasons.ts';
import { memory } from './opentelemetry-context.ts';
import { parametersOf, type Parameter } from './opentelemetry-parameters.ts';
import { agentInvocation, mapOpenTelemetry } from './opentelemetry.ts';
import { modelOutcome, type Outcome } from './outcome.ts';
import { content, number, stated, text } from './values.ts';

/** Scope of the TypeScript SDK (`com.anthropic.sdk.typescript`, `.vertex` … behind it) and its siblings. */
const SCOPE = 'com.anthropic.sdk.';

const ATTR_STOP_REASON = 'anthropic.message.stop_reason';
const ATTR_SESSION_ID = 'anthropic.session.id';
const ATTR_TOOL_RESULT = 'anthropic.tool_result.content';

/** Parameters beside those of the conventions. */
const PARAMETERS: readonly Parameter[] = [
  { name: 'service_tier', attributes: ['anthropic.request.service_tier'], read: text },
  { name: 'thinking_type', attributes: ['anthropic.thinking.type'], read: text },
  { name: 'thinking_budget_tokens', attributes: ['anthropic.thinking.budget_tokens'], read: number },
];

/** Calls of the API that are no call of a model and still part of what an agent did; they are recorded by name. */
const AGENT_API = /^anthropic\.(sessions|agents|memory_stores|messages\.batches)\./;
/** They only look: nothing is done, and whoever waits for an answer calls them over and over. */
const READS = /\.(list|retrieve|results|stream|download)$/;

/**
 * The spans that Anthropic's own SDK makes of its calls, from 0.134 on and by default: the GenAI conventions, with some
 * facts under names of its own. Input tokens include those of the cache; compaction's tokens come on top of the usage
 * and have no place in it.
 */
export const anthropic: Dialect = {
  name: 'anthropic',
  recognises: (_attributes, scopeName) => scopeName.startsWith(SCOPE),
  map,
};

function map(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  if (text(span.attributes[ATTR_GEN_AI_OPERATION_NAME]) === undefined) return apiCall(span, capture);
  const mapped = mapOpenTelemetry(span, capture);
  if (mapped === undefined) return undefined;
  if (mapped.type === 'llm_call') return modelCall(span, mapped);
  return cancelled(span, mapped.type === 'tool_call' ? toolRun(span, capture, mapped) : mapped);
}

function apiCall(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  if (!AGENT_API.test(span.name) || READS.test(span.name)) return undefined;
  if (span.name.startsWith('anthropic.memory_stores.')) return cancelled(span, memory(span, capture, span.name));
  // A model that a session is made with is not called by that: nothing here stands for a call.
  const { call: _, ...mapped } = agentInvocation(span, capture, span.name, 'transparent');
  return cancelled(span, withSession(span, mapped));
}

function modelCall(span: SpanSnapshot, mapped: Mapped<'llm_call', LlmCallPayload>): MappedSpan {
  const { attributes } = span;
  const { payload, usage } = mapped;
  const reasons = finishReasons(attributes[ATTR_STOP_REASON]) ?? payload.finish_reasons;
  const parameters = parametersOf(attributes, PARAMETERS);
  return withSession(
    span,
    stated<typeof mapped>({
      ...mapped,
      payload: stated<typeof payload>({
        ...payload,
        finish_reasons: reasons,
        parameters: parameters === undefined ? payload.parameters : { ...payload.parameters, ...parameters },
      }),
      // Tokens that came before a stream was let go are no end of it.
      outcome: modelOutcome(span, reasons, usage) ?? (reasons === undefined ? unsettled(span) : undefined),
    }),
  );
}

function toolRun(
  span: SpanSnapshot,
  capture: Capture,
  mapped: Mapped<'tool_call', ToolCallPayload>,
): Mapped<'tool_call', ToolCallPayload> {
  const result = capture.toolResults === 'inline' ? content(span.attributes[ATTR_TOOL_RESULT]) : undefined;
  return result === undefined ? mapped : { ...mapped, payload: { ...mapped.payload, result } };
}

function withSession<M extends Mapped<string, { readonly conversation_id?: string }>>(
  { attributes }: SpanSnapshot,
  mapped: M,
): M {
  const session = text(attributes[ATTR_SESSION_ID]);
  if (session === undefined || mapped.payload.conversation_id !== undefined) return mapped;
  return { ...mapped, payload: { ...mapped.payload, conversation_id: session } };
}

function cancelled<M extends MappedSpan>(span: SpanSnapshot, mapped: M): M {
  const outcome = mapped.outcome ?? unsettled(span);
  return outcome === undefined ? mapped : { ...mapped, outcome };
}

/** The SDK says `ok` of everything that went well; only what the application broke off is left unset. */
function unsettled(span: SpanSnapshot): Outcome {
  return span.status === 'unset' && text(span.attributes[ATTR_ERROR_TYPE]) === undefined ? 'unknown' : undefined;
}

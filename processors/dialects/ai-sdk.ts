import type { Capture } from '../../src/capture.ts';
import type { LlmCallPayload, Usage } from '../../src/entry.ts';
import {
  ATTR_GEN_AI_INPUT_MESSAGES,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import { approvalsIn } from './ai-sdk-approvals.ts';
import { AI_OPERATION_ID, mapLegacy } from './ai-sdk-legacy.ts';
import { AI_CONVERSATION_IDS, AI_USER_IDS, embeddedTexts, rankedDocuments } from './ai-sdk-values.ts';
import type { Dialect, Mapped, MappedSpan, Stated } from './dialect.ts';
import { finishReasons } from './finish-reasons.ts';
import { mapOpenTelemetry } from './opentelemetry.ts';
import { modelOutcome, type Outcome } from './outcome.ts';
import { count, first, firstText, stated, statedOrNothing } from './values.ts';

/** Scope of `@ai-sdk/otel`'s `OpenTelemetry`. */
const SCOPE = 'gen_ai';

/**
 * Vercel's AI SDK: versions 4 to 6 and the legacy integration of 7, which name their spans in `ai.operationId`, and
 * version 7, which writes the GenAI conventions under a scope of its own.
 */
export const aiSdk: Dialect = {
  name: 'ai-sdk',
  recognises: (attributes, scopeName) =>
    attributes[AI_OPERATION_ID] !== undefined ||
    (scopeName === SCOPE && attributes[ATTR_GEN_AI_OPERATION_NAME] !== undefined),
  map: (span, capture) => {
    const legacy = span.attributes[AI_OPERATION_ID] !== undefined;
    const mapped = legacy ? mapLegacy(span, capture) : mapCurrent(span, capture);
    const approvals = approvalsIn(first(span.attributes, legacy ? LEGACY_PROMPTS : PROMPTS), capture);
    return mapped === undefined || approvals === undefined ? mapped : { ...mapped, approvals };
  },
};

const LEGACY_PROMPTS = ['ai.prompt', 'ai.prompt.messages'] as const;
const PROMPTS = [ATTR_GEN_AI_INPUT_MESSAGES] as const;

/** Version 7: the conventions, with what the SDK adds to them and how it leaves the spans of an aborted run. */
function mapCurrent(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  const mapped = mapOpenTelemetry(span, capture);
  switch (mapped?.type) {
    case 'llm_call':
      return stated<typeof mapped>({
        ...mapped,
        payload: withIds(mapped.payload, span),
        usage: withReasoning(mapped.usage, span),
      });
    case 'context_assembly':
      return stated<typeof mapped>({ ...mapped, payload: withTexts(mapped.payload, span, capture) });
    case 'tool_call':
      return decided(span, mapped, toolOutcome(span, mapped.payload.tool_type));
    case 'agent_invocation': {
      const usage = withReasoning(mapped.usage, span);
      return decided(span, stated<typeof mapped>({ ...mapped, usage }), runOutcome(span, usage));
    }
    default:
      return mapped;
  }
}

function decided<M extends MappedSpan>(span: SpanSnapshot, mapped: M, outcome: Outcome): M {
  return outcome === undefined || span.status !== 'unset' || mapped.outcome !== undefined
    ? mapped
    : { ...mapped, outcome };
}

/** An abort ends the spans of running tools as they are; a tool that came to its end says how long it took. */
function toolOutcome(span: SpanSnapshot, type: string | undefined): Outcome {
  // Tools that the provider ran (`extension`) have no duration.
  return type === 'extension' || span.attributes['gen_ai.execute_tool.duration'] !== undefined ? undefined : 'unknown';
}

/** An abort ends the span of a run without its totals; that of a step never says anything about its end. */
function runOutcome(span: SpanSnapshot, usage: Usage | undefined): Outcome {
  return modelOutcome(span, finishReasons(span.attributes[ATTR_GEN_AI_RESPONSE_FINISH_REASONS]), usage);
}

type ModelPayload = Stated<LlmCallPayload>;

function withIds(payload: ModelPayload, { attributes }: SpanSnapshot): ModelPayload {
  const conversation = firstText(attributes, AI_CONVERSATION_IDS);
  const user = firstText(attributes, AI_USER_IDS);
  if (conversation === undefined && user === undefined) return payload;
  return stated<ModelPayload>({
    ...payload,
    conversation_id: payload.conversation_id ?? conversation,
    user_id: payload.user_id ?? user,
  });
}

type ContextPayload = Extract<MappedSpan, Mapped<'context_assembly', object>>['payload'];

/** Embedded texts and rankings, where the user asked the SDK for them. */
function withTexts(payload: ContextPayload, { attributes }: SpanSnapshot, capture: Capture): ContextPayload {
  const inline = capture.retrieval === 'inline';
  const query = inline ? embeddedTexts(attributes) : undefined;
  const documents = rankedDocuments(attributes, inline);
  if (query === undefined && documents === undefined) return payload;
  return stated<ContextPayload>({
    ...payload,
    query: payload.query ?? query,
    documents: payload.documents ?? documents,
  });
}

/** Reasoning tokens have no name in the SDK's version of the conventions. */
function withReasoning(usage: Usage | undefined, { attributes }: SpanSnapshot): Usage | undefined {
  const reasoning = count(attributes['ai.usage.outputTokenDetails.reasoningTokens']);
  if (reasoning === undefined) return usage;
  return statedOrNothing<Usage>({ ...usage, reasoning_output_tokens: usage?.reasoning_output_tokens ?? reasoning });
}

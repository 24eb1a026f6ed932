import type { Capture } from '../../src/capture.ts';
import type { AgentInvocationPayload, AgentRef, ContextAssemblyPayload, ToolCallPayload } from '../../src/entry.ts';
import { ATTR_GEN_AI_TOOL_CALL_ID, ATTR_GEN_AI_TOOL_NAME } from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import { legacyModel, legacyModelCall, legacyModelPayload, legacyOutcome, legacyUsage } from './ai-sdk-legacy-model.ts';
import { AI_CONVERSATION_IDS, embeddedTexts, rankedDocuments } from './ai-sdk-values.ts';
import type { Mapped, MappedSpan, Stated } from './dialect.ts';
import { ending, plainOutcome } from './outcome.ts';
import { content, firstText, stated, text } from './values.ts';

/** The marker of versions 4 to 6, and of version 7's legacy integration. */
export const AI_OPERATION_ID = 'ai.operationId';

/** Operations whose only call is their inner `.do…` span, which says all that they say. */
const WRAPPERS: ReadonlySet<string> = new Set(['ai.embed', 'ai.embedMany', 'ai.rerank', 'ai.decide']);

/** Operations without an inner span: the call itself. */
const SINGLE_CALLS: ReadonlySet<string> = new Set(['ai.generateSpeech', 'ai.transcribe', 'ai.streamTranscribe']);

/** Maps a span by its `ai.operationId`; an id that is not known is recorded by name and looked through. */
export function mapLegacy(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  const id = text(span.attributes[AI_OPERATION_ID]);
  if (id === undefined || WRAPPERS.has(id)) return undefined;
  if (id === 'ai.toolCall') return toolCall(span, capture);
  if (id.endsWith('.doGenerate') || id.endsWith('.doStream')) return legacyModelCall(span, capture, 'chat');
  if (id.endsWith('.doEmbed')) return contextCall(span, capture, 'embeddings');
  if (id.endsWith('.doRerank')) return contextCall(span, capture, 'rerank');
  if (id.includes('.do') || SINGLE_CALLS.has(id)) return legacyModelCall(span, capture, id);
  return run(span, capture, id);
}

/** Processors of others move the SDK's names elsewhere before they hand the span on: Sentry's, Traceloop's. */
const TOOL_NAMES = ['ai.toolCall.name', ATTR_GEN_AI_TOOL_NAME, 'traceloop.entity.name'] as const;
const TOOL_CALL_IDS = ['ai.toolCall.id', ATTR_GEN_AI_TOOL_CALL_ID] as const;

function toolCall(span: SpanSnapshot, capture: Capture): MappedSpan {
  const { attributes } = span;
  return stated<Mapped<'tool_call', ToolCallPayload>>({
    type: 'tool_call',
    role: 'barrier',
    payload: stated<Stated<ToolCallPayload>>({
      name: firstText(attributes, TOOL_NAMES) ?? span.name,
      call_id: firstText(attributes, TOOL_CALL_IDS),
      arguments: capture.toolArguments === 'inline' ? content(attributes['ai.toolCall.args']) : undefined,
      result: capture.toolResults === 'inline' ? content(attributes['ai.toolCall.result']) : undefined,
    }),
    ...ending(span, plainOutcome(span)),
  });
}

function contextCall(span: SpanSnapshot, capture: Capture, operation: 'embeddings' | 'rerank'): MappedSpan {
  const { attributes } = span;
  const inline = capture.retrieval === 'inline';
  return stated<Mapped<'context_assembly', ContextAssemblyPayload>>({
    type: 'context_assembly',
    role: 'leaf',
    payload: stated<Stated<ContextAssemblyPayload>>({
      operation,
      query: inline ? embeddedTexts(attributes) : undefined,
      documents: rankedDocuments(attributes, inline),
      ...legacyModel(attributes),
    }),
    usage: legacyUsage(attributes),
    ...ending(span, plainOutcome(span)),
  });
}

/** `generateText` and its like: an envelope around steps and tools, of which the usage is summed up. */
function run(span: SpanSnapshot, capture: Capture, id: string): MappedSpan {
  const { attributes } = span;
  const usage = legacyUsage(attributes);
  const call = legacyModelPayload(span, capture, id);
  const asksModel = call.request_model !== undefined;
  const name = text(attributes['ai.telemetry.metadata.agent']) ?? text(attributes['ai.telemetry.functionId']);
  const agent: AgentRef | undefined = name === undefined ? undefined : { name };
  return stated<Mapped<'agent_invocation', AgentInvocationPayload>>({
    type: 'agent_invocation',
    role: asksModel ? 'barrier' : 'transparent',
    payload: stated<Stated<AgentInvocationPayload>>({
      agent,
      operation: id,
      conversation_id: firstText(attributes, AI_CONVERSATION_IDS),
    }),
    usage,
    call: asksModel && usage !== undefined ? call : undefined,
    // An aborted stream ends the outer span with its status unset.
    ...ending(span, asksModel ? legacyOutcome(span, call.finish_reasons, usage) : plainOutcome(span)),
  });
}

import type { Capture } from '../../src/capture.ts';
import type { AgentRef, LlmCallPayload, Usage } from '../../src/entry.ts';
import type { JsonValue } from '../../src/json.ts';
import {
  ATTR_CLOUD_REGION,
  ATTR_ENDUSER_ID,
  ATTR_GEN_AI_AGENT_DESCRIPTION,
  ATTR_GEN_AI_AGENT_ID,
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_AGENT_VERSION,
  ATTR_GEN_AI_CLIENT_OPERATION_TIME_TO_FIRST_CHUNK,
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_PROMPT_NAME,
  ATTR_GEN_AI_PROMPT_VERSION,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_STREAM,
  ATTR_GEN_AI_RESPONSE_FINISH_REASON,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_RESPONSE_ID,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_RESPONSE_STATUS,
  ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
  ATTR_GEN_AI_SERVER_TIME_TO_FIRST_TOKEN,
  ATTR_GEN_AI_SYSTEM,
  ATTR_GEN_AI_TOOL_DEFINITIONS,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_SESSION_ID,
  ATTR_USER_ID,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Mapped, Stated } from './dialect.ts';
import { finishReasons } from './finish-reasons.ts';
import { messageFinishReasons, messagesOf } from './opentelemetry-messages.ts';
import { parametersOf } from './opentelemetry-parameters.ts';
import { ending, modelOutcome, type Outcome } from './outcome.ts';
import { providerOf } from './providers.ts';
import { offeredTools, requestedToolCalls, type OfferedTools } from './tools.ts';
import { costOf, GEN_AI_USAGE, usageOf } from './usage.ts';
import {
  content,
  count,
  first,
  firstText,
  flag,
  secondsToMillis,
  stated,
  statedOrNothing,
  structure,
  text,
  type Attributes,
} from './values.ts';

const PROVIDER_NAMES = [ATTR_GEN_AI_PROVIDER_NAME, ATTR_GEN_AI_SYSTEM] as const;
const CONVERSATION_IDS = [ATTR_GEN_AI_CONVERSATION_ID, 'gen_ai.session.id', ATTR_SESSION_ID] as const;
const USER_IDS = [ATTR_USER_ID, 'gen_ai.user.id', 'gen_ai.request.user', ATTR_ENDUSER_ID] as const;
const STREAMING = [ATTR_GEN_AI_REQUEST_STREAM, 'gen_ai.request.is_stream', 'gen_ai.response.streaming'] as const;
/** All in seconds. */
const TIMES_TO_FIRST_CHUNK = [
  ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
  ATTR_GEN_AI_CLIENT_OPERATION_TIME_TO_FIRST_CHUNK,
  ATTR_GEN_AI_SERVER_TIME_TO_FIRST_TOKEN,
] as const;
const DEFINITIONS = [ATTR_GEN_AI_TOOL_DEFINITIONS, 'gen_ai.request.available_tools', 'gen_ai.agent.tools'] as const;

const FIRST_FUNCTION = 'llm.request.functions.0.name';

/** One call to a model. */
export function modelCall(
  span: SpanSnapshot,
  capture: Capture,
  operation: string | undefined,
): Mapped<'llm_call', LlmCallPayload> {
  const usage = usageOf(span.attributes, GEN_AI_USAGE);
  const payload = modelPayload(span, capture, operation);
  const outcome = statusOutcome(span) ?? modelOutcome(span, payload.finish_reasons, usage);
  return stated<Mapped<'llm_call', LlmCallPayload>>({
    type: 'llm_call',
    role: 'leaf',
    payload,
    usage,
    ...ending(span, outcome),
  });
}

/** What a span says about a model call; also asked of envelopes, which may stand for calls that nobody instrumented. */
export function modelPayload(
  span: SpanSnapshot,
  capture: Capture,
  operation: string | undefined,
): Stated<LlmCallPayload> {
  const { attributes } = span;
  const inline = capture.messages === 'inline';
  const messages = messagesOf(span);
  const reasons =
    finishReasons(attributes[ATTR_GEN_AI_RESPONSE_FINISH_REASONS]) ??
    finishReasons(attributes[ATTR_GEN_AI_RESPONSE_FINISH_REASON]);
  const written = inline ? content(messages.output) : undefined;
  const output =
    inline && typeof messages.output === 'string' ? written : outputOf(messages.output, reasons === undefined);
  const { provider, provider_raw } = providerOfSpan(attributes);
  const { tools_offered, tools_digest } = toolsOf(attributes);
  return stated<Stated<LlmCallPayload>>({
    operation,
    provider,
    provider_raw,
    request_model: text(attributes[ATTR_GEN_AI_REQUEST_MODEL]),
    response_model: text(attributes[ATTR_GEN_AI_RESPONSE_MODEL]),
    response_id: text(attributes[ATTR_GEN_AI_RESPONSE_ID]),
    finish_reasons: reasons ?? finishReasons(messageFinishReasons(output)),
    parameters: parametersOf(attributes),
    cost: costOf(attributes),
    streaming: flag(first(attributes, STREAMING)),
    time_to_first_chunk_ms: timeToFirstChunk(attributes),
    input_messages: inline ? content(messages.input) : undefined,
    output_messages: written,
    system_instructions: inline ? content(messages.system) : undefined,
    prompt: promptOf(attributes),
    tools_digest,
    tools_offered,
    tool_calls_requested: requestedToolCalls(output),
    agent: agentOf(attributes),
    conversation_id: conversationOf(attributes),
    user_id: firstText(attributes, USER_IDS),
    server: serverOf(attributes),
  });
}

/** Output messages to look into for tool calls, and for finish reasons if need be; most texts need no look. */
function outputOf(output: unknown, wanted: boolean): JsonValue | undefined {
  return wanted || typeof output !== 'string' || output.includes('tool') ? structure(output) : undefined;
}

/** Background responses: anything but `completed` is a call of which the end is not seen. */
function statusOutcome(span: SpanSnapshot): Outcome {
  const status = text(span.attributes[ATTR_GEN_AI_RESPONSE_STATUS]);
  if (status === undefined || status === 'completed' || span.status !== 'unset') return undefined;
  return status === 'failed' ? 'error' : 'unknown';
}

/** Provider, by its current or older name. */
export function providerOfSpan(attributes: Attributes): ReturnType<typeof providerOf> {
  return providerOf(firstText(attributes, PROVIDER_NAMES));
}

/** The conversation or session that a span belongs to. */
export function conversationOf(attributes: Attributes): string | undefined {
  return firstText(attributes, CONVERSATION_IDS);
}

/** The agent that a span names. */
export function agentOf(attributes: Attributes): AgentRef | undefined {
  return statedOrNothing<AgentRef>({
    id: text(attributes[ATTR_GEN_AI_AGENT_ID]),
    name: text(attributes[ATTR_GEN_AI_AGENT_NAME]),
    version: text(attributes[ATTR_GEN_AI_AGENT_VERSION]),
    description: text(attributes[ATTR_GEN_AI_AGENT_DESCRIPTION]),
  });
}

function promptOf(attributes: Attributes): LlmCallPayload['prompt'] {
  return statedOrNothing<{ readonly name?: string; readonly version?: string }>({
    name: text(attributes[ATTR_GEN_AI_PROMPT_NAME]),
    version: text(attributes[ATTR_GEN_AI_PROMPT_VERSION]),
  });
}

function serverOf(attributes: Attributes): LlmCallPayload['server'] {
  return statedOrNothing<{ readonly address?: string; readonly port?: number; readonly region?: string }>({
    address: text(attributes[ATTR_SERVER_ADDRESS]),
    port: count(attributes[ATTR_SERVER_PORT]),
    region: text(attributes[ATTR_CLOUD_REGION]),
  });
}

function timeToFirstChunk(attributes: Attributes): number | undefined {
  return secondsToMillis(first(attributes, TIMES_TO_FIRST_CHUNK));
}

/** Definitions as one text or list, or one attribute a member, of which there is no text to take a digest of. */
function toolsOf(attributes: Attributes): OfferedTools {
  const definitions = first(attributes, DEFINITIONS);
  if (definitions !== undefined || attributes[FIRST_FUNCTION] === undefined) return offeredTools(definitions);
  const names: string[] = [];
  for (let index = 0; ; index++) {
    const name = text(attributes[`llm.request.functions.${index}.name`]);
    if (name === undefined) return names.length === 0 ? {} : { tools_offered: names };
    names.push(name);
  }
}

/** Whether a span says anything about a reply of a model. */
export function reportsReply(attributes: Attributes, usage: Usage | undefined): boolean {
  return (
    usage !== undefined ||
    attributes[ATTR_GEN_AI_RESPONSE_MODEL] !== undefined ||
    attributes[ATTR_GEN_AI_RESPONSE_ID] !== undefined ||
    attributes[ATTR_GEN_AI_RESPONSE_FINISH_REASONS] !== undefined
  );
}

import type { Capture } from '../../src/capture.ts';
import type { AgentInvocationPayload, AgentRef, ToolCallPayload } from '../../src/entry.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Mapped, MappedSpan, Stated } from './dialect.ts';
import { toolMessage } from './langchain.ts';
import { mcpMethod } from './opentelemetry-mcp.ts';
import { conversationOf } from './opentelemetry-model.ts';
import { ending, plainOutcome } from './outcome.ts';
import { content, firstText, isRecord, number, stated, statedOrNothing, text, type Attributes } from './values.ts';

/** Spans of decorators, frameworks and MCP clients: `traceloop.span.kind` with an entity's name, input and output. */

const INPUT = 'traceloop.entity.input';
const OUTPUT = 'traceloop.entity.output';
const ENTITY_NAME = 'traceloop.entity.name';
const PROPERTIES = 'traceloop.association.properties.';

const keys = (names: string): readonly string[] => names.split(' ').map((name) => `${PROPERTIES}${name}`);

/** Where applications put ids, by convention. */
const CONVERSATION_IDS = keys('session_id sessionId conversation_id conversationId chat_id chatId thread_id threadId');
const USER_IDS = keys('user_id userId');

export function conversationId(attributes: Attributes): string | undefined {
  return conversationOf(attributes) ?? firstText(attributes, CONVERSATION_IDS);
}

export function userId(attributes: Attributes): string | undefined {
  return firstText(attributes, USER_IDS);
}

/** A span with a kind. It is never the call to a model itself. */
export function entity(
  span: SpanSnapshot,
  capture: Capture,
  kind: string,
  operation: string | undefined,
): MappedSpan | undefined {
  // LangChain's tools are tasks by their kind.
  if (kind === 'tool' || operation === 'execute_tool') return toolRun(span, capture);
  // An MCP session: it holds a connection, and says nothing that its requests do not.
  if (kind === 'session') return undefined;
  const opaque = kind === 'agent' || kind === 'workflow';
  const { attributes } = span;
  return stated<Mapped<'agent_invocation', AgentInvocationPayload>>({
    type: 'agent_invocation',
    role: opaque ? 'barrier' : 'transparent',
    payload: stated<Stated<AgentInvocationPayload>>({
      agent: opaque ? agentRef(attributes) : undefined,
      operation: operation ?? kind,
      conversation_id: conversationId(attributes),
    }),
    ...ending(span, plainOutcome(span)),
  });
}

function agentRef(attributes: Attributes): AgentRef | undefined {
  const version = attributes['traceloop.entity.version'];
  return statedOrNothing<AgentRef>({
    name: firstText(attributes, [ENTITY_NAME, 'gen_ai.agent.name', 'traceloop.workflow.name']),
    version: typeof version === 'number' ? String(version) : text(version),
  });
}

function toolRun(span: SpanSnapshot, capture: Capture): MappedSpan {
  const { attributes } = span;
  // LangChain's name is the class of the tool; its message knows better.
  const message = toolMessage(attributes[OUTPUT]);
  const outcome = message?.failed === true && span.status !== 'error' ? 'error' : plainOutcome(span);
  return stated<Mapped<'tool_call', ToolCallPayload>>({
    type: 'tool_call',
    role: 'barrier',
    payload: stated<Stated<ToolCallPayload>>({
      name: message?.name ?? firstText(attributes, [ENTITY_NAME, 'gen_ai.tool.name']) ?? span.name,
      call_id: text(attributes['gen_ai.tool.call.id']) ?? message?.callId,
      arguments: capture.toolArguments === 'inline' ? toolArguments(content(attributes[INPUT])) : undefined,
      result: capture.toolResults === 'inline' ? content(attributes[OUTPUT]) : undefined,
    }),
    ...ending(span, outcome),
  });
}

/** MCP's input holds the arguments beside the name. */
function toolArguments(input: JsonValue | undefined): JsonValue | undefined {
  return isRecord(input) && input['tool_name'] !== undefined ? input['arguments'] : input;
}

/** A request of an MCP client that is no tool call: `resources/read.mcp`, what it asks for in its input. */
export function mcpRequest(span: SpanSnapshot, capture: Capture, method: string): MappedSpan | undefined {
  const input = content(span.attributes[INPUT]);
  if (!isRecord(input)) return mcpMethod(span, capture, method);
  const attributes = { ...span.attributes, 'mcp.resource.uri': input['uri'], 'gen_ai.prompt.name': input['name'] };
  return mcpMethod({ ...span, attributes }, capture, method);
}

/** A guard of Traceloop's own guardrails: another vocabulary than the conventions' drafts, under the same prefix. */
export function guard(span: SpanSnapshot): MappedSpan {
  const { attributes } = span;
  const error = statedOrNothing<{ type?: string; message?: string }>({
    type: text(attributes['gen_ai.guardrail.error.type']),
    message: text(attributes['gen_ai.guardrail.error.message']),
  });
  const outcome = error !== undefined && span.status === 'unset' ? 'error' : plainOutcome(span);
  return stated<MappedSpan>({
    type: 'guardrail',
    role: 'barrier',
    payload: stated<JsonObject>({
      component: text(attributes['gen_ai.guardrail.name']),
      verdict: text(attributes['gen_ai.guardrail.status']) ?? number(attributes['gen_ai.guardrail.status']),
    }),
    ...stated<{ error?: { type?: string; message?: string } }>({ error }),
    ...ending(span, outcome),
  });
}

import type { Capture } from '../../src/capture.ts';
import type { AgentInvocationPayload, ContextAssemblyPayload } from '../../src/entry.ts';
import { ATTR_GEN_AI_PROMPT_NAME, ATTR_MCP_RESOURCE_URI } from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Mapped, MappedSpan, Stated } from './dialect.ts';
import { toolCall } from './opentelemetry-tool.ts';
import { ending, plainOutcome } from './outcome.ts';
import { stated, text } from './values.ts';

/** Methods that keep a session going or say what there is: no tool, no model and no content of a decision. */
const PROTOCOL: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  'server/discover',
  'logging/setLevel',
  'completion/complete',
  'resources/subscribe',
  'resources/unsubscribe',
  'subscriptions/listen',
]);

/**
 * Spans of the Model Context Protocol. What is fetched into the context is `context_assembly`; requests of a server to
 * the client (`sampling/createMessage`, `elicitation/create`) and methods that are not known are recorded by name.
 */
export function mcpMethod(span: SpanSnapshot, capture: Capture, method: string): MappedSpan | undefined {
  if (method === 'tools/call') return toolCall(span, capture);
  if (method === 'resources/read') {
    return fetched(span, { operation: 'retrieval', data_source: text(span.attributes[ATTR_MCP_RESOURCE_URI]) });
  }
  if (method === 'prompts/get') {
    const id = text(span.attributes[ATTR_GEN_AI_PROMPT_NAME]);
    return fetched(span, { operation: 'assembly', blocks: id === undefined ? undefined : [{ id }] });
  }
  if (PROTOCOL.has(method) || method.endsWith('/list') || method.startsWith('notifications/')) return undefined;
  return stated<Mapped<'agent_invocation', AgentInvocationPayload>>({
    type: 'agent_invocation',
    role: 'transparent',
    payload: { operation: method },
    ...ending(span, plainOutcome(span)),
  });
}

function fetched(
  span: SpanSnapshot,
  members: { readonly [K in keyof Stated<ContextAssemblyPayload>]: Stated<ContextAssemblyPayload>[K] | undefined },
): MappedSpan {
  return stated<Mapped<'context_assembly', ContextAssemblyPayload>>({
    type: 'context_assembly',
    role: 'barrier',
    payload: stated<Stated<ContextAssemblyPayload>>(members),
    ...ending(span, plainOutcome(span)),
  });
}

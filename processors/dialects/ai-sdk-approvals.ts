import type { Capture } from '../../src/capture.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { Approval } from './dialect.ts';
import { isRecord, items, lookInto, stated, text } from './values.ts';

type Call = NonNullable<Approval['toolCall']>;

/**
 * Approvals of tool calls in a prompt (version 6 and later). The SDK acts on those in the last message, unless the tool's
 * result stands beside them; earlier ones are history, which the calls before have shown. Version 7 writes no request,
 * which alone names the tool call.
 */
export function approvalsIn(prompt: unknown, capture: Capture): readonly Approval[] | undefined {
  // Most prompts have none, and parsing one costs more than all the rest.
  if (typeof prompt !== 'string' || !/approval[-_]response/.test(prompt)) return undefined;
  const messages = messagesOf(lookInto(prompt));
  const last = messages.at(-1);
  if (!isRecord(last) || last['role'] !== 'tool') return undefined;
  const parts = partsOf(last);
  const finished = new Set(parts.filter(({ type }) => type === 'tool-result').map(({ toolCallId }) => toolCallId));
  const calls = requestedCalls(messages);
  const approvals: Approval[] = [];
  for (const part of parts) {
    const { type, approved } = part;
    if (!RESPONSES.has(type) || typeof approved !== 'boolean') continue;
    const approvalId = text(part['approvalId']) ?? text(part['approval_id']);
    const toolCall = approvalId === undefined ? undefined : calls.get(approvalId);
    if (toolCall?.id !== undefined && finished.has(toolCall.id)) continue;
    const reason = capture.messages === 'inline' ? text(part['reason']) : undefined;
    approvals.push(stated<Approval>({ approved, approvalId, toolCall: toolCall ?? {}, reason }));
  }
  return approvals.length === 0 ? undefined : approvals;
}

const RESPONSES: ReadonlySet<JsonValue | undefined> = new Set(['tool-approval-response', 'tool_approval_response']);

/** The messages of a call to a model, or of a run: `{"system": …, "messages": […]}`, or the list in `prompt`. */
function messagesOf(prompt: JsonValue | undefined): readonly JsonValue[] {
  if (!isRecord(prompt)) return items(prompt);
  return Array.isArray(prompt['messages']) ? items(prompt['messages']) : items(prompt['prompt']);
}

function partsOf(message: JsonValue): readonly JsonObject[] {
  if (!isRecord(message)) return [];
  return [...items(message['content']), ...items(message['parts'])].filter(isRecord);
}

/** The tool calls for which an approval was asked, by the approval's id. */
function requestedCalls(messages: readonly JsonValue[]): ReadonlyMap<string, Call> {
  const names = new Map<string, string | undefined>();
  const calls = new Map<string, Call>();
  for (const part of messages.flatMap(partsOf)) {
    const id = text(part['toolCallId']);
    if (id === undefined) continue;
    if (part['type'] === 'tool-call') names.set(id, text(part['toolName']));
    const approvalId = part['type'] === 'tool-approval-request' ? text(part['approvalId']) : undefined;
    // The call stands before the request for it.
    if (approvalId !== undefined) calls.set(approvalId, stated<Call>({ id, name: names.get(id) }));
  }
  return calls;
}

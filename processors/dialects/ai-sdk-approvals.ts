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
  const approvals: Approval[] = [];
  for (const part of parts) {
    const { type, approved } = part;
    if (!RESPONSES.has(type) || typeof approved !== 'boolean') continue;
    const approvalId = text(part['approvalId']) ?? text(part['approval_id']);
    const toolCall = approvalId === undefined ? undefined : requestedCall(messages, approvalId);
    if (toolCall?.id !== undefined && parts.some((other) => isResultOf(other, toolCall.id))) continue;
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

function requestedCall(messages: readonly JsonValue[], approvalId: string): Call | undefined {
  const parts = messages.flatMap(partsOf);
  const request = parts.find((part) => part['type'] === 'tool-approval-request' && part['approvalId'] === approvalId);
  const id = text(request?.['toolCallId']);
  if (id === undefined) return undefined;
  const call = parts.find((part) => part['type'] === 'tool-call' && part['toolCallId'] === id);
  return stated<Call>({ id, name: text(call?.['toolName']) });
}

function isResultOf(part: JsonObject, toolCallId: string | undefined): boolean {
  return part['type'] === 'tool-result' && part['toolCallId'] === toolCallId;
}

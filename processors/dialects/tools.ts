import type { LlmCallPayload } from '../../src/entry.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import { content, firstText, isRecord, items, jsonText, sha256, stated, statedOrNothing, text } from './values.ts';

/**
 * Names of tools and ids of tool calls, in the shapes that emitters write them. They are no content: recorded whatever
 * is captured.
 */

/** Tool calls that a model asks for. */
export type RequestedToolCalls = NonNullable<LlmCallPayload['tool_calls_requested']>;

/** Names of the tools a model was offered, and the digest by which the definitions can be compared. */
export interface OfferedTools {
  readonly tools_offered?: readonly string[];
  readonly tools_digest?: string;
}

/**
 * Tools offered to a model, from a JSON array of definitions or an array of JSON definitions or names.
 *
 * `tools_digest` is the SHA-256 of the definitions' text as the span holds it; of an array, of its JSON text.
 */
export function offeredTools(definitions: unknown): OfferedTools {
  const source = jsonText(definitions);
  if (source === undefined || source === '') return {};
  const known = seen.get(source);
  if (known !== undefined) return known;
  const offered = readTools(source);
  if (source.length > MAX_SEEN_CHARS) return offered;
  if (seen.size === MAX_SEEN) seen.clear();
  seen.set(source, offered);
  return offered;
}

/**
 * An agent offers the same tools in each of its calls, and reading them costs up to 6 µs, as much as writing the entry:
 * the last few texts are kept.
 */
const seen = new Map<string, OfferedTools>();
const MAX_SEEN = 16;
const MAX_SEEN_CHARS = 32_768;

function readTools(definitions: string): OfferedTools {
  const names: string[] = [];
  for (const item of items(content(definitions))) {
    const tool = typeof item === 'string' ? content(item) : item;
    for (const each of declarations(tool) ?? [tool]) {
      const name = toolName(each);
      if (name !== undefined) names.push(name);
    }
  }
  return stated<OfferedTools>({
    tools_offered: names.length === 0 ? undefined : names,
    tools_digest: sha256(definitions),
  });
}

/** Gemini's tools declare several functions each, in camelCase or, from Python, in snake_case. */
function declarations(tool: JsonValue | undefined): readonly JsonValue[] | undefined {
  const list = isRecord(tool) ? (tool['functionDeclarations'] ?? tool['function_declarations']) : undefined;
  return list === undefined ? undefined : items(list);
}

/** `{name}`, OpenAI's `{function: {name}}`, or the bare name. */
function toolName(tool: JsonValue | undefined): string | undefined {
  if (!isRecord(tool)) return text(tool);
  return text(tool['name']) ?? (isRecord(tool['function']) ? text(tool['function']['name']) : undefined);
}

/** Tool calls that a model asks for in its output messages; `undefined` if none. */
export function requestedToolCalls(messages: JsonValue | undefined): RequestedToolCalls | undefined {
  const calls: { readonly id?: string; readonly name?: string }[] = [];
  for (const message of Array.isArray(messages) ? items(messages) : [messages]) gather(message, calls);
  return calls.length === 0 ? undefined : calls;
}

type Calls = { readonly id?: string; readonly name?: string }[];

const TOOL_CALL_PARTS: ReadonlySet<JsonValue | undefined> = new Set([
  'tool_call', // the conventions
  'tool_use', // Anthropic
  'tool-call', // AI SDK
  'function_call', // OpenAI Responses
  'toolUse', // Strands
]);

function gather(message: JsonValue | undefined, calls: Calls): void {
  if (!isRecord(message)) return;
  // The items of OpenAI's Responses stand beside the messages.
  if (TOOL_CALL_PARTS.has(message['type'])) add(message, calls);
  gatherParts(message['parts'], calls);
  gatherParts(message['content'], calls);
  for (const call of items(contentOf(message['tool_calls']))) add(call, calls);
  // A choice holds the message one level down.
  const inner = contentOf(message['message']);
  if (isRecord(inner)) gather({ ...inner, message: undefined }, calls);
  else gatherParts(inner, calls);
}

function gatherParts(parts: JsonValue | undefined, calls: Calls): void {
  for (const part of items(contentOf(parts))) {
    if (!isRecord(part)) continue;
    if (TOOL_CALL_PARTS.has(part['type'])) add(part, calls);
    // Gemini's, Bedrock's and Genkit's parts have no type.
    else add(part['functionCall'] ?? part['function_call'] ?? part['toolUse'] ?? part['toolRequest'], calls);
  }
}

function contentOf(value: JsonValue | undefined): JsonValue | undefined {
  return typeof value === 'string' ? content(value) : value;
}

function add(call: JsonValue | undefined, calls: Calls): void {
  if (!isRecord(call)) return;
  const found = statedOrNothing<Calls[number]>({ id: callId(call), name: toolName(call) ?? text(call['toolName']) });
  if (found !== undefined) calls.push(found);
}

/** `call_id` is OpenAI Responses' (its `id` is the item's), `toolCallId` the AI SDK's, `toolUseId` Bedrock's, `ref` Genkit's. */
const CALL_IDS = ['call_id', 'id', 'toolCallId', 'toolUseId', 'ref'] as const;

function callId(call: JsonObject): string | undefined {
  return firstText(call, CALL_IDS);
}

import type { JsonObject, JsonValue } from '../../src/json.ts';
import { content, raw, statedOrNothing, text, type Attributes } from './values.ts';

/**
 * OpenInference writes lists as attributes, one a member: `llm.input_messages.0.message.role`. They are probed one index
 * after the other, so that the order is that of the indices; a few may be missing where an emitter had nothing to say.
 */

const MAX_MISSING = 3;

/** The items of an indexed list, each read at its own prefix. */
export function indexed<T extends object>(prefix: string, read: (at: string) => T | undefined): T[] | undefined {
  const found: T[] = [];
  for (let index = 0, missing = 0; missing < MAX_MISSING; index++) {
    const item = read(`${prefix}.${index}`);
    missing = item === undefined ? missing + 1 : 0;
    if (item !== undefined) found.push(item);
  }
  return found.length === 0 ? undefined : found;
}

interface Message {
  readonly role?: string;
  readonly name?: string;
  readonly tool_call_id?: string;
  readonly content?: JsonValue;
  readonly contents?: JsonValue;
  readonly tool_calls?: JsonValue;
  readonly function_call?: JsonValue;
}

/** Messages of a call, in the emitter's own shape; `undefined` if they say no more than who speaks. */
export function messagesAt(attributes: Attributes, prefix: string): JsonValue | undefined {
  let says = false;
  const messages = indexed(prefix, (item) => {
    const at = `${item}.message`;
    const said = statedOrNothing<Message>({
      name: text(attributes[`${at}.name`]),
      tool_call_id: text(attributes[`${at}.tool_call_id`]),
      content: raw(attributes[`${at}.content`]),
      contents: indexed(`${at}.contents`, (part) => partAt(attributes, part)) as JsonValue | undefined,
      tool_calls: indexed(`${at}.tool_calls`, (call) => callAt(attributes, `${call}.tool_call`)) as
        JsonValue | undefined,
      function_call: functionCallAt(attributes, at) as JsonValue | undefined,
    });
    says ||= said !== undefined;
    const role = text(attributes[`${at}.role`]);
    return role === undefined ? said : { role, ...said };
  });
  return says ? (messages as JsonValue | undefined) : undefined;
}

interface Part {
  readonly type?: string;
  readonly text?: JsonValue;
  readonly image?: JsonValue;
  readonly audio?: JsonValue;
  readonly video?: JsonValue;
  readonly id?: string;
  readonly signature?: string;
  readonly data?: string;
  readonly encrypted_content?: string;
  readonly tool_call?: JsonValue;
}

function partAt(attributes: Attributes, item: string): Part | undefined {
  const at = `${item}.message_content`;
  return statedOrNothing<Part>({
    type: text(attributes[`${at}.type`]),
    text: raw(attributes[`${at}.text`]),
    image: raw(attributes[`${at}.image.image.url`]),
    audio: raw(attributes[`${at}.audio.audio.url`] ?? attributes[`${at}.audio.audio.transcript`]),
    video: raw(attributes[`${at}.video.video.url`]),
    id: text(attributes[`${at}.id`]),
    signature: text(attributes[`${at}.signature`]),
    data: text(attributes[`${at}.data`]),
    encrypted_content: text(attributes[`${at}.encrypted_content`]),
    tool_call: callAt(attributes, `${item}.tool_call`) as JsonValue | undefined,
  });
}

interface ToolCall {
  readonly id?: string;
  readonly name?: string;
  readonly arguments?: JsonValue;
}

function callAt(attributes: Attributes, at: string): ToolCall | undefined {
  return statedOrNothing<ToolCall>({
    id: text(attributes[`${at}.id`]),
    name: text(attributes[`${at}.function.name`]),
    arguments: content(attributes[`${at}.function.arguments`]),
  });
}

function functionCallAt(attributes: Attributes, at: string): ToolCall | undefined {
  return statedOrNothing<ToolCall>({
    name: text(attributes[`${at}.function_call_name`]),
    arguments: content(attributes[`${at}.function_call_arguments_json`]),
  });
}

type Requested = { readonly id?: string; readonly name?: string };

/** Tools that the reply asks for, by name and id: no content. */
export function requestedCalls(attributes: Attributes): Requested[] | undefined {
  const calls: Requested[] = [];
  indexed('llm.output_messages', (item) => {
    const at = `${item}.message`;
    // Anthropic's parts repeat them.
    const own =
      indexed(`${at}.tool_calls`, (call) => requestedAt(attributes, `${call}.tool_call`)) ??
      indexed(`${at}.contents`, (part) => requestedAt(attributes, `${part}.tool_call`));
    const name = text(attributes[`${at}.function_call_name`]);
    if (own !== undefined) calls.push(...own);
    else if (name !== undefined) calls.push({ name });
    return own ?? (attributes[`${at}.role`] === undefined ? undefined : calls);
  });
  return calls.length === 0 ? undefined : calls;
}

function requestedAt(attributes: Attributes, at: string): Requested | undefined {
  return statedOrNothing<Requested>({
    id: text(attributes[`${at}.id`]),
    name: text(attributes[`${at}.function.name`]),
  });
}

interface DocumentAt {
  readonly id?: JsonValue;
  readonly score?: number;
  readonly content?: JsonValue;
  readonly metadata?: JsonValue;
}

/** Documents at a prefix: which ones and how well they matched; their texts only if these are captured. */
export function documentsAt(attributes: Attributes, prefix: string, inline: boolean): JsonValue | undefined {
  const found = indexed(prefix, (item) => {
    const at = `${item}.document`;
    const score = attributes[`${at}.score`];
    const id = attributes[`${at}.id`];
    return statedOrNothing<DocumentAt>({
      id: typeof id === 'number' && Number.isFinite(id) ? id : text(id),
      score: typeof score === 'number' && Number.isFinite(score) ? score : undefined,
      content: inline ? raw(attributes[`${at}.content`]) : undefined,
      metadata: inline ? content(attributes[`${at}.metadata`]) : undefined,
    });
  });
  return found as readonly JsonObject[] | undefined;
}

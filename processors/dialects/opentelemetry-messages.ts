import type { JsonObject, JsonValue } from '../../src/json.ts';
import {
  ATTR_GEN_AI_COMPLETION,
  ATTR_GEN_AI_INPUT_MESSAGES,
  ATTR_GEN_AI_OUTPUT_MESSAGES,
  ATTR_GEN_AI_PROMPT,
  ATTR_GEN_AI_SYSTEM_INSTRUCTIONS,
  EVENT_GEN_AI_ASSISTANT_MESSAGE,
  EVENT_GEN_AI_CHOICE,
  EVENT_GEN_AI_CONTENT_COMPLETION,
  EVENT_GEN_AI_CONTENT_PROMPT,
  EVENT_GEN_AI_INFERENCE_DETAILS,
  EVENT_GEN_AI_SYSTEM_MESSAGE,
  EVENT_GEN_AI_TOOL_MESSAGE,
  EVENT_GEN_AI_USER_MESSAGE,
} from '../../src/semconv.ts';
import type { SnapshotEvent, SpanSnapshot } from '../snapshot.ts';
import { content, isRecord, items, raw, stated, statedOrNothing, text, type Attributes } from './values.ts';

/**
 * Message content in the four generations of the conventions, newest first: JSON on the span or on a details event; one
 * attribute a member (`gen_ai.prompt.0.role`); whole texts; one event a message. The emitter's own shape is kept.
 */

/** What a span says about the messages of a call: values as found, not yet parsed. */
export interface Messages {
  readonly system: unknown;
  readonly input: unknown;
  readonly output: unknown;
}

/** That there are flattened messages: probed before names are put together, which costs 1 µs a call. */
const PROMPT_MARKERS = ['gen_ai.prompt.0.role', 'gen_ai.prompt.0.content'] as const;
const COMPLETION_MARKERS = [
  'gen_ai.completion.0.role',
  'gen_ai.completion.0.content',
  'gen_ai.completion.0.finish_reason',
  'gen_ai.completion.0.tool_calls.0.name',
] as const;

/** Messages of a call, from the newest generation that the span has. */
export function messagesOf(span: SpanSnapshot): Messages {
  const { attributes } = span;
  const events = span.events.length === 0 ? undefined : eventMessages(span.events);
  const source: Attributes = events?.details ?? {};
  return {
    system: attributes[ATTR_GEN_AI_SYSTEM_INSTRUCTIONS] ?? source[ATTR_GEN_AI_SYSTEM_INSTRUCTIONS],
    input:
      attributes[ATTR_GEN_AI_INPUT_MESSAGES] ??
      source[ATTR_GEN_AI_INPUT_MESSAGES] ??
      flattened(attributes, ATTR_GEN_AI_PROMPT, PROMPT_MARKERS) ??
      attributes[ATTR_GEN_AI_PROMPT] ??
      attributes[EVENT_GEN_AI_CONTENT_PROMPT] ??
      events?.input,
    output:
      attributes[ATTR_GEN_AI_OUTPUT_MESSAGES] ??
      source[ATTR_GEN_AI_OUTPUT_MESSAGES] ??
      flattened(attributes, ATTR_GEN_AI_COMPLETION, COMPLETION_MARKERS) ??
      attributes[ATTR_GEN_AI_COMPLETION] ??
      attributes[EVENT_GEN_AI_CONTENT_COMPLETION] ??
      events?.output,
  };
}

interface Message {
  readonly index?: JsonValue;
  readonly role?: string;
  readonly id?: string;
  readonly name?: string;
  readonly content?: JsonValue;
  readonly message?: JsonValue;
  readonly finish_reason?: string;
  readonly tool_call_id?: string;
  readonly tool_calls?: JsonValue;
}

/** Messages of which every member is an attribute. Probed one index after the other: no loop over all attributes. */
function flattened(
  attributes: Attributes,
  prefix: string,
  markers: readonly string[],
): readonly JsonValue[] | undefined {
  if (!markers.some((marker) => attributes[marker] !== undefined)) return undefined;
  const messages: JsonValue[] = [];
  for (let index = 0; ; index++) {
    const at = `${prefix}.${index}`;
    const message = statedOrNothing<Message>({
      role: text(attributes[`${at}.role`]),
      name: text(attributes[`${at}.name`]),
      // Traceloop's instrumentation of Cohere writes the text of a user as `user`.
      content: raw(attributes[`${at}.content`]) ?? raw(attributes[`${at}.user`]),
      finish_reason: text(attributes[`${at}.finish_reason`]),
      tool_call_id: text(attributes[`${at}.tool_call_id`]),
      tool_calls: flattenedCalls(attributes, `${at}.tool_calls`),
    });
    if (message === undefined) return messages.length === 0 ? undefined : messages;
    messages.push(message as JsonObject);
  }
}

function flattenedCalls(attributes: Attributes, prefix: string): readonly JsonValue[] | undefined {
  const calls: JsonValue[] = [];
  for (let index = 0; ; index++) {
    const call = statedOrNothing<{ id?: string; name?: string; arguments?: JsonValue }>({
      id: text(attributes[`${prefix}.${index}.id`]),
      name: text(attributes[`${prefix}.${index}.name`]),
      arguments: content(attributes[`${prefix}.${index}.arguments`]),
    });
    if (call === undefined) return calls.length === 0 ? undefined : calls;
    calls.push(call);
  }
}

/** Who speaks in an event that has no `role` of its own. */
const ROLES: ReadonlyMap<string, string> = new Map([
  [EVENT_GEN_AI_SYSTEM_MESSAGE, 'system'],
  [EVENT_GEN_AI_USER_MESSAGE, 'user'],
  [EVENT_GEN_AI_ASSISTANT_MESSAGE, 'assistant'],
  [EVENT_GEN_AI_TOOL_MESSAGE, 'tool'],
]);

interface EventMessages {
  readonly details: Attributes | undefined;
  readonly input: unknown;
  readonly output: unknown;
}

function eventMessages(events: readonly SnapshotEvent[]): EventMessages {
  let details: Attributes | undefined;
  let prompt: unknown;
  let completion: unknown;
  const input: JsonValue[] = [];
  const output: JsonValue[] = [];
  for (const { name: eventName, attributes } of events) {
    // Some name the event in an attribute only.
    const name = eventName.startsWith('gen_ai.') ? eventName : (text(attributes['event.name']) ?? eventName);
    const role = ROLES.get(name);
    if (role !== undefined) add(input, messageOf(attributes, role));
    else if (name === EVENT_GEN_AI_CHOICE) add(output, messageOf(attributes, undefined));
    else if (name === EVENT_GEN_AI_INFERENCE_DETAILS) details = { ...details, ...attributes };
    else if (name === EVENT_GEN_AI_CONTENT_PROMPT) prompt = attributes[ATTR_GEN_AI_PROMPT];
    else if (name === EVENT_GEN_AI_CONTENT_COMPLETION) completion = attributes[ATTR_GEN_AI_COMPLETION];
  }
  return {
    details,
    input: input.length === 0 ? prompt : input,
    output: output.length === 0 ? completion : output,
  };
}

function add(messages: JsonValue[], message: Message | undefined): void {
  if (message !== undefined) messages.push(message as JsonObject);
}

function messageOf(attributes: Attributes, role: string | undefined): Message | undefined {
  return statedOrNothing<Message>({
    index: content(attributes['index']),
    role: text(attributes['role']) ?? role,
    id: text(attributes['id']),
    name: text(attributes['name']),
    // Semantic Kernel puts the whole body into one attribute.
    content: raw(attributes['content']) ?? content(attributes['gen_ai.event.content']),
    message: content(attributes['message']),
    finish_reason: text(attributes['finish_reason']),
    tool_calls: content(attributes['tool_calls']),
  });
}

/** Finish reasons that messages carry themselves (deprecated; older generations have no other place). */
export function messageFinishReasons(messages: JsonValue | undefined): readonly string[] {
  const reasons: string[] = [];
  for (const message of items(messages)) {
    const reason = isRecord(message) ? text(message['finish_reason']) : undefined;
    if (reason !== undefined) reasons.push(reason);
  }
  return reasons;
}

/** Events that carry messages of a call, each alone or all of them. */
const MESSAGE_EVENTS: ReadonlySet<string> = new Set([
  ...ROLES.keys(),
  EVENT_GEN_AI_CHOICE,
  EVENT_GEN_AI_CONTENT_PROMPT,
  EVENT_GEN_AI_CONTENT_COMPLETION,
  EVENT_GEN_AI_INFERENCE_DETAILS,
]);

export function isMessageEvent(name: string): boolean {
  return MESSAGE_EVENTS.has(name);
}

/** One message by itself: who speaks, and what, in the emitter's own shape. */
export interface SpokenMessage {
  readonly role?: string;
  readonly parts: readonly JsonValue[];
}

/** The messages of one event, for entries of their own. */
export function spokenMessages(event: SnapshotEvent): readonly SpokenMessage[] {
  const { details, input, output } = eventMessages([event]);
  const system = listed(details?.[ATTR_GEN_AI_SYSTEM_INSTRUCTIONS]);
  return [
    ...(system.length === 0 ? [] : [{ role: 'system', parts: system }]),
    ...listed(details?.[ATTR_GEN_AI_INPUT_MESSAGES] ?? input).map((message) => spoken(message, undefined)),
    ...listed(details?.[ATTR_GEN_AI_OUTPUT_MESSAGES] ?? output).map((message) => spoken(message, 'assistant')),
  ];
}

/** Several messages, or one. */
function listed(value: unknown): readonly JsonValue[] {
  const found = content(value);
  if (found === undefined) return [];
  return Array.isArray(found) ? items(found) : [found];
}

function spoken(message: JsonValue, speaker: string | undefined): SpokenMessage {
  if (!isRecord(message)) return stated<SpokenMessage>({ role: speaker, parts: [message] });
  const { role, parts, ...rest } = message;
  return stated<SpokenMessage>({
    role: text(role) ?? speaker,
    parts: [...items(parts), ...(Object.keys(rest).length === 0 ? [] : [rest])],
  });
}

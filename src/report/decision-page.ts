import { isObject } from '../canonical.ts';
import { textOf, type JsonObject, type JsonValue } from '../json.ts';
import { Html, html } from './html.ts';
import type { Step, Story } from './stories.ts';
import { stepText } from './text/steps.ts';
import { entryName, namesOf, timeText, type View } from './view.ts';

/** One decision in plain words, step by step, each with the number of its entry. */

/** Of a long text so much is shown; the entry has the rest. */
const MAX_SHOWN_CHARS = 4_000;

export function decisionPage(view: View, story: Story, page: string): Html {
  const { text } = view;
  return html`<article class="decision" id="${page}" hidden="until-found" aria-labelledby="${page}-h">
    <h3 id="${page}-h">${text.pages.heading(story.id)}</h3>
    ${steps(view, story)}
    <p class="screen"><a href="#decisions">${text.pages.back}</a></p>
  </article>`;
}

export function steps(view: View, story: Story): Html {
  const names = namesOf(view);
  return html`<ol class="steps">
    ${story.steps.map((step) => {
      const { type, payload, ts, segment, seq } = step;
      return html`<li class="${classOf(step)}">
        <div class="when">${timeText(ts)} · ${entryName(segment, seq)}</div>
        <div>${stepText(type, payload, names)}</div>
        ${withheld(view, step)}${content(view, step)}
      </li>`;
    })}
  </ol>`;
}

function classOf({ type, payload }: Step): string {
  if (type === 'human_oversight') return 'is-review';
  const failed = payload['outcome'] === 'error' || payload['outcome'] === 'failed' || payload['outcome'] === 'unended';
  if (failed || type === 'incident' || type === 'gap') return 'is-exception';
  return type === 'decision' || type === 'decision_end' ? 'is-decision' : '';
}

function withheld({ text }: View, { withheld: values }: Step): Html {
  const absent = values.filter(({ state }) => state !== 'disclosed');
  if (absent.length === 0) return html``;
  return html`<div class="small quiet">
    ${absent.map(
      ({ pointer, state }) =>
        html`<div><code>${pointer.replace('/payload/', '')}</code>: ${text.pages.withheld[state]}</div>`,
    )}
  </div>`;
}

type ContentName = keyof View['text']['pages']['content'];

/** Member of a payload → what it is called. */
const CONTENT: Readonly<Record<string, ContentName>> = {
  input: 'input',
  output: 'output',
  data: 'data',
  input_messages: 'input',
  output_messages: 'output',
  system_instructions: 'messages',
  parts: 'messages',
  arguments: 'arguments',
  result: 'result',
  query: 'query',
  documents: 'documents',
  error: 'error',
};

/** What went in and came out, closed until somebody opens it, unless `open`. */
export function content({ text, record }: View, { type, payload, withheld: values }: Step, open = false): Html {
  const disclosed: JsonObject = Object.fromEntries(
    values.flatMap(({ pointer, state, value }) =>
      state === 'disclosed' && value !== undefined ? [[pointer.replace('/payload/', ''), value]] : [],
    ),
  );
  const shown = Object.entries({ ...payload, ...disclosed }).flatMap(([member, value]) => {
    const name = Object.hasOwn(CONTENT, member) ? CONTENT[member] : undefined;
    // The result of a decision is a word, and stands in its sentence.
    if (name === undefined || value === undefined || (type === 'decision_end' && member === 'result')) return [];
    if (type === 'human_oversight' || type === 'policy_flag') return [];
    return [
      html`<details ${open && new Html('open')}>
        <summary class="small">${text.pages.content[name]}</summary>
        <pre dir="auto">${cut(textValue(value), text)}</pre>
      </details>`,
    ];
  });
  const note = type === 'human_oversight' ? textOf(payload['note']) : '';
  const noteText = note === '' ? undefined : record.reviewers.areNamed ? note : text.pages.note;
  return html`${shown}${noteText !== undefined && html`<div class="small quiet">${noteText}</div>`}`;
}

function cut(value: string, text: View['text']): string {
  return value.length <= MAX_SHOWN_CHARS ? value : `${value.slice(0, MAX_SHOWN_CHARS)} ${text.pages.cut(value.length)}`;
}

/** A text as it is, messages by role, anything else as JSON over lines. */
export function textValue(value: JsonValue): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.length > 0 && value.every(isMessage)) {
    return value.map((message) => `${textOf(message['role'])}: ${messageText(message)}`).join('\n\n');
  }
  return JSON.stringify(value, undefined, 2);
}

function isMessage(value: JsonValue): value is JsonObject {
  return isObject(value) && typeof value['role'] === 'string';
}

function messageText({ role: _role, parts, content: body, ...rest }: JsonObject): string {
  if (typeof body === 'string') return body;
  const items = Array.isArray(parts) ? parts : Array.isArray(body) ? body : undefined;
  if (items === undefined) return JSON.stringify(body ?? rest, undefined, 2);
  return (items as readonly JsonValue[])
    .map((part) => {
      const said = isObject(part) ? (part['content'] ?? part['text']) : part;
      return typeof said === 'string' ? said : JSON.stringify(part);
    })
    .join('\n');
}

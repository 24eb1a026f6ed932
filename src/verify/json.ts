import { canonicalize } from '../canonical.ts';
import { MAX_DEPTH } from '../entry.ts';
import type { JsonValue } from '../json.ts';

/**
 * Strict reading of JSON from files that nobody trusts: every line, header, disclosure or catalogue goes through
 * {@link parseJson} and, where the format demands canonical bytes, {@link canonicalProblem}.
 */

/** Why bytes are not the JSON they should be; docs/format.md section 1, "Verifier", in this order. */
export type JsonProblem =
  'too_long' | 'not_utf8' | 'too_deep' | 'not_json' | 'surrogate' | 'number_range' | 'not_canonical';

export type ParsedJson =
  | { readonly ok: true; readonly value: JsonValue; readonly text: string }
  | { readonly ok: false; readonly problem: JsonProblem };

// `ignoreBOM: true` keeps a byte-order mark in the text, where JSON.parse then rejects it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const MAX_NUMBER = Number.MAX_SAFE_INTEGER;

/** Decodes and parses: length, UTF-8, depth, JSON. The value may still not be canonical. */
export function parseJson(bytes: Uint8Array, maxBytes: number): ParsedJson {
  if (bytes.length > maxBytes) return { ok: false, problem: 'too_long' };
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { ok: false, problem: 'not_utf8' };
  }
  if (isTooDeep(text)) return { ok: false, problem: 'too_deep' };
  try {
    return { ok: true, value: JSON.parse(text) as JsonValue, text };
  } catch {
    return { ok: false, problem: 'not_json' };
  }
}

/**
 * Whether brackets outside of strings nest deeper than the format allows. Asked before parsing: one peer's parser
 * overflows its stack at a nesting of 20,000. Most lines are too flat to need the count.
 */
export function isTooDeep(text: string): boolean {
  let openings = 0;
  for (let at = text.indexOf('{'); at >= 0 && openings <= MAX_DEPTH; at = text.indexOf('{', at + 1)) openings++;
  for (let at = text.indexOf('['); at >= 0 && openings <= MAX_DEPTH; at = text.indexOf('[', at + 1)) openings++;
  if (openings <= MAX_DEPTH) return false;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (inString) {
      if (char === '\\') index++;
      else if (char === '"') inString = false;
    } else if (char === '"') {
      inString = true;
    } else if (char === '{' || char === '[') {
      if (++depth > MAX_DEPTH) return true;
    } else if (char === '}' || char === ']') {
      depth--;
    }
  }
  return false;
}

/** What keeps `text`, which parsed to `value`, from being the RFC 8785 form of a value within the limits. */
export function canonicalProblem(value: JsonValue, text: string): JsonProblem | undefined {
  // JSON.stringify escapes lone surrogates and nothing else as \ud8..\udf: without one in the text there is none.
  if (text.includes('\\u') && hasLoneSurrogate(value)) return 'surrogate';
  if (isWrittenCanonically(value, text)) return undefined;
  if (!inRange(value)) return 'number_range';
  return canonicalize(value) === text ? undefined : 'not_canonical';
}

function hasLoneSurrogate(value: JsonValue): boolean {
  if (typeof value === 'string') return !value.isWellFormed();
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, member]) => !key.isWellFormed() || hasLoneSurrogate(member as JsonValue));
}

function inRange(value: JsonValue): boolean {
  if (typeof value === 'number') return value <= MAX_NUMBER && value >= -MAX_NUMBER;
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(inRange);
  const members = value as { readonly [member: string]: JsonValue };
  for (const key in members) if (!inRange(members[key] as JsonValue)) return false;
  return true;
}

/** Whether `text`, which parsed to `value`, is its canonical form with all numbers in range: without writing it anew. */
function isWrittenCanonically(value: JsonValue, text: string): boolean {
  return text.isWellFormed() && endOf(value, text, 0, text.includes('\\')) === text.length;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const DIGIT_0 = 0x30;

/** Where nothing ends: the text is not canonical, or has to be looked at in another way. */
const NOWHERE = -1;

/**
 * Where the canonical form of `value` ends that begins at `start` in the text, or {@link NOWHERE}. Token by token:
 * where one ends where it should, the next one begins there, so that what is compared is what the parser read. Members
 * must ascend, so no name comes twice.
 *
 * @param escapes - whether there is a backslash anywhere; without one, each string stands in the text as it is
 */
function endOf(value: JsonValue, text: string, start: number, escapes: boolean): number {
  switch (typeof value) {
    case 'string':
      return endOfString(value, text, start, escapes);
    case 'number':
      return endOfNumber(value, text, start);
    case 'boolean':
      return endOfWord(value ? 'true' : 'false', text, start);
    default:
      if (value === null) return endOfWord('null', text, start);
      return Array.isArray(value)
        ? endOfArray(value as readonly JsonValue[], text, start, escapes)
        : endOfObject(value as { readonly [member: string]: JsonValue }, text, start, escapes);
  }
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_0 + 9;
}

function endOfWord(word: string, text: string, start: number): number {
  return text.startsWith(word, start) ? start + word.length : NOWHERE;
}

function endOfString(value: string, text: string, start: number, escapes: boolean): number {
  if (text.charCodeAt(start) !== QUOTE) return NOWHERE;
  const end = start + 1 + value.length;
  if (!escapes) return text.charCodeAt(end) === QUOTE ? end + 1 : NOWHERE;
  // With an escape in it, it would be longer than what it says.
  if (text.charCodeAt(end) === QUOTE && text.startsWith(value, start + 1)) return end + 1;
  return endOfWord(JSON.stringify(value), text, start);
}

function endOfNumber(value: number, text: string, start: number): number {
  if (!(value <= MAX_NUMBER && value >= -MAX_NUMBER)) return NOWHERE;
  if (value >= 0 && value <= 9 && Number.isInteger(value)) {
    return text.charCodeAt(start) === DIGIT_0 + value ? start + 1 : NOWHERE;
  }
  // What stands behind it is compared next, so that no further digit follows.
  return endOfWord(`${value}`, text, start);
}

function endOfArray(items: readonly JsonValue[], text: string, start: number, escapes: boolean): number {
  if (text.charCodeAt(start) !== OPEN_ARRAY) return NOWHERE;
  let at = start + 1;
  for (let index = 0; index < items.length; index++) {
    if (index > 0 && text.charCodeAt(at++) !== COMMA) return NOWHERE;
    at = endOf(items[index] as JsonValue, text, at, escapes);
    if (at === NOWHERE) return NOWHERE;
  }
  return text.charCodeAt(at) === CLOSE_ARRAY ? at + 1 : NOWHERE;
}

function endOfObject(
  members: { readonly [member: string]: JsonValue },
  text: string,
  start: number,
  escapes: boolean,
): number {
  if (text.charCodeAt(start) !== OPEN_OBJECT) return NOWHERE;
  let at = start + 1;
  let previous: string | undefined;
  for (const name in members) {
    if (previous !== undefined && (name <= previous || text.charCodeAt(at++) !== COMMA)) return NOWHERE;
    // The parser keeps the order of the text but for names that look like integers, which it puts first. Of a name that
    // comes twice it keeps one, and then there is a member too many at the end.
    if (!escapes && isDigit(name.charCodeAt(0)) && !text.startsWith(name, at + 1)) return NOWHERE;
    at = endOfString(name, text, at, escapes);
    if (at === NOWHERE || text.charCodeAt(at++) !== COLON) return NOWHERE;
    at = endOf(members[name] as JsonValue, text, at, escapes);
    if (at === NOWHERE) return NOWHERE;
    previous = name;
  }
  return text.charCodeAt(at) === CLOSE_OBJECT ? at + 1 : NOWHERE;
}

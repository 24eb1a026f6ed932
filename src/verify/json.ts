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
function isTooDeep(text: string): boolean {
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
  if (!inRange(value)) return 'number_range';
  // The members of a parsed object stand in the order of the text, but for integer-like names: where the order is the
  // canonical one, JSON.stringify gives the canonical text, and faster than any code of ours.
  if (isSorted(value) && JSON.stringify(value) === text) return undefined;
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

function isSorted(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isSorted);
  const members = value as { readonly [member: string]: JsonValue };
  let previous = '';
  for (const key in members) {
    if (key < previous || !isSorted(members[key] as JsonValue)) return false;
    previous = key;
  }
  return true;
}

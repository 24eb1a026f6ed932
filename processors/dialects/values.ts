import { hash } from 'node:crypto';

import type { JsonObject, JsonValue } from '../../src/json.ts';

/**
 * Reads attribute values without trust: emitters write the same key as an array, a JSON string or a bare string, whole
 * numbers as doubles, and NaN for what they do not know. What is not usable is not stated: `undefined`.
 */

/** Attributes of a span or an event, of whatever type. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Longest JSON text that is parsed, in UTF-16 code units; longer content is kept as the text it is. */
export const MAX_JSON_CHARS = 1_048_576;

/** An integer literal that a double may not hold: parsing would change an account number in silence. */
const LONG_INTEGER = /[[,:\s]-?\d{16,}/;

/** An object of the members that are stated: those that are `undefined` are left out. */
export function stated<T extends object>(members: { readonly [K in keyof T]: T[K] | undefined }): T {
  const result: Record<string, unknown> = {};
  for (const key in members) {
    const value = members[key];
    if (value !== undefined) result[key] = value;
  }
  return result as T;
}

/** {@link stated}, or `undefined` if nothing is. */
export function statedOrNothing<T extends object>(members: { readonly [K in keyof T]: T[K] | undefined }):
  T | undefined {
  const result = stated<T>(members);
  for (const _ in result) return result;
  return undefined;
}

/** A text that is not empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The first of several attributes that holds a text. */
export function firstText(attributes: Attributes, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = attributes[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** The first of several attributes that is there at all. */
export function first(attributes: Attributes, keys: readonly string[]): unknown {
  for (const key of keys) {
    const value = attributes[key];
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

/** A finite number. */
export function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A count: a safe whole number, not negative. Doubles that are whole count. */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A truth value. */
export function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** Whole milliseconds of a duration in milliseconds. */
export function millis(value: unknown): number | undefined {
  return typeof value === 'number' ? count(Math.round(value)) : undefined;
}

/** Whole milliseconds of a duration in seconds. */
export function secondsToMillis(value: unknown): number | undefined {
  return typeof value === 'number' ? count(Math.round(value * 1_000)) : undefined;
}

/** A date with a time and an offset: RFC 3339, as emitters write times; some put it in JSON quotes. */
const TIME = /^"?(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2}))"?$/;

/** Whole milliseconds from a Unix time in milliseconds to a time in a text. */
export function millisUntil(fromMillis: number, time: unknown): number | undefined {
  const found = typeof time === 'string' ? TIME.exec(time)?.[1] : undefined;
  return found === undefined ? undefined : count(Date.parse(found) - fromMillis);
}

/** At most 30 digits behind the point: no amount is smaller. */
const DECIMAL = /^\d{1,30}(\.\d{1,30})?$/;

/** An amount as decimal text, without exponent: what money is written as. */
export function decimal(value: unknown): string | undefined {
  if (typeof value === 'string') return DECIMAL.test(value) ? value : undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > Number.MAX_SAFE_INTEGER) {
    return undefined;
  }
  const shortest = String(value);
  if (!shortest.includes('e')) return shortest;
  // Below 1e-6: the shortest form's digits, moved behind the point ("1.5e-7" is "0.00000015").
  const [digits = '', exponent = ''] = shortest.split('e-');
  const text = `0.${'0'.repeat(Number(exponent) - 1)}${digits.replace('.', '')}`;
  return DECIMAL.test(text) ? text : undefined;
}

/** Texts of an array, a JSON array or one bare text. */
export function texts(value: unknown): string[] | undefined {
  const list = typeof value === 'string' ? textsOf(value) : value;
  if (!Array.isArray(list)) return undefined;
  const result = list.filter((item): item is string => typeof item === 'string' && item !== '');
  return result.length === 0 ? undefined : result;
}

function textsOf(value: string): unknown {
  if (!value.trimStart().startsWith('[')) return [value];
  const list = content(value);
  return typeof list === 'string' ? [list] : list;
}

/**
 * Content as it is to be written: JSON objects and arrays in a text are parsed; a text that is too long, no JSON, or
 * would lose digits stays the text it is. Structures that the emitter set as such are handed on.
 */
export function content(value: unknown): JsonValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') return value as JsonValue;
  return isExact(value) ? parsed(value) : value;
}

/** Whether numbers in a JSON text keep all their digits when it is parsed. */
export function isExact(value: unknown): boolean {
  return typeof value !== 'string' || value.length > MAX_JSON_CHARS || !LONG_INTEGER.test(value);
}

function parsed(value: string): JsonValue {
  if (value.length > MAX_JSON_CHARS || !startsLikeJson(value)) return value;
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return value;
  }
}

/** A value of which the emitter writes the JSON text, so that a bare text stands in quotes. */
export function quoted(value: unknown): JsonValue | undefined {
  if (typeof value !== 'string' || !value.startsWith('"')) return content(value);
  return items(content(`[${value}]`))[0] ?? value;
}

function startsLikeJson(value: string): boolean {
  const start = value.trimStart().charCodeAt(0);
  return start === 0x5b || start === 0x7b;
}

/** Content that is plain text by its meaning: written as it is, even where it looks like JSON. */
export function raw(value: unknown): JsonValue | undefined {
  return value === undefined || value === null ? undefined : (value as JsonValue);
}

/** Content to walk through: as {@link content}, but plain JSON for certain, so that no getter can throw. */
export function structure(value: unknown): JsonValue | undefined {
  return typeof value === 'object' ? content(jsonText(value)) : content(value);
}

/** A text as it is, a structure as its JSON text; nothing of anything else. */
export function jsonText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    const json: unknown = JSON.stringify(value);
    return typeof json === 'string' ? json : undefined;
  } catch {
    // A cycle, a bigint, or a getter that throws.
    return undefined;
  }
}

/** Whether a JSON value is an object; its members are then unknown values. */
export function isRecord(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON to look into for names, ids and counts: parsed also where a number in it, which is not copied, loses digits. */
export function lookInto(value: unknown): JsonValue | undefined {
  const source = jsonText(value);
  return source === undefined ? undefined : parsed(source);
}

/** A JSON object to look into, from its text or as the emitter set it. */
export function record(value: unknown): JsonObject | undefined {
  const object = lookInto(value);
  return isRecord(object) ? object : undefined;
}

/** Items of a JSON array; none of anything else. */
export function items(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

/** SHA-256 of a text (UTF-8), in lower-case hex. */
export function sha256(value: string): string {
  return hash('sha256', value);
}

import type { JsonValue } from './json.ts';

/**
 * JSON Canonicalization Scheme, RFC 8785. Strings and numbers are ECMAScript's own (§3.2.2.2, §3.2.2.3), so
 * `JSON.stringify` writes them; members are sorted by UTF-16 code units (§3.2.3), which is the default sort.
 *
 * @param value - plain JSON: finite numbers, no lone surrogates, no cycles; members that are `undefined` are left out
 */
export function canonicalize(value: JsonValue): string {
  if (typeof value === 'string' || typeof value === 'number') return JSON.stringify(value);
  if (value === null || typeof value === 'boolean') return String(value);
  let text = '';
  if (isArray(value)) {
    for (const item of value) text += (text === '' ? '' : ',') + canonicalize(item);
    return `[${text}]`;
  }
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) text += (text === '' ? '' : ',') + JSON.stringify(key) + ':' + canonicalize(member);
  }
  return `{${text}}`;
}

const utf8 = new TextEncoder();

/** The UTF-8 bytes of {@link canonicalize}. */
export function canonicalBytes(value: JsonValue): Uint8Array {
  return utf8.encode(canonicalize(value));
}

/** `Array.isArray` that narrows readonly arrays too. */
export function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Whether a JSON value is an object, not `null` and not an array. */
export function isObject(value: JsonValue | undefined): value is { readonly [member: string]: JsonValue | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

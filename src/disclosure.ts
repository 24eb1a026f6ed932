import { decodeBase64Url, encodeBase64Url } from './base64.ts';
import { isArray, isObject } from './canonical.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { pathOf } from './pointer.ts';
import type { Primitives } from './primitives.ts';
import { canonicalProblem, parseJson } from './verify/json.ts';
import { MAX_DISCLOSURE_CHARS, MAX_DISCLOSURE_LINE_BYTES } from './withheld.ts';

/** What is disclosed of an entry: docs/format.md section 5. Whoever hands it over may hand over anything. */

const SALT_BYTES = 16;

const utf8 = new TextEncoder();

/** A line of a file of disclosures. */
export interface DisclosureLine {
  readonly disclosure: string;
  readonly pointer: string;
  readonly seq: number;
}

/** The line, if it is one; `undefined` for what is torn, or something else. */
export function parseDisclosureLine(bytes: Uint8Array): DisclosureLine | undefined {
  const parsed = parseJson(bytes, MAX_DISCLOSURE_LINE_BYTES);
  if (!parsed.ok || canonicalProblem(parsed.value, parsed.text) !== undefined || !isObject(parsed.value)) {
    return undefined;
  }
  const { disclosure, pointer, seq, ...further } = parsed.value;
  const isLine =
    typeof disclosure === 'string' &&
    disclosure.length <= MAX_DISCLOSURE_CHARS &&
    typeof pointer === 'string' &&
    typeof seq === 'number' &&
    Number.isInteger(seq) &&
    seq >= 0 &&
    Object.keys(further).length === 0;
  return isLine ? { disclosure, pointer, seq } : undefined;
}

/** What stands in `sd` for a disclosure. */
export function digestOf(primitives: Pick<Primitives, 'sha256'>, disclosure: string): string {
  return encodeBase64Url(primitives.sha256(utf8.encode(disclosure)));
}

/** The value that a disclosure discloses; `undefined` if it is none, whatever its digest is. */
export function disclosedValue(disclosure: string): { readonly value: JsonValue } | undefined {
  if (disclosure.length > MAX_DISCLOSURE_CHARS) return undefined;
  const bytes = decodeBase64Url(disclosure);
  if (bytes === undefined) return undefined;
  const parsed = parseJson(bytes, MAX_DISCLOSURE_CHARS);
  if (!parsed.ok || canonicalProblem(parsed.value, parsed.text) !== undefined) return undefined;
  if (!isArray(parsed.value) || parsed.value.length !== 2) return undefined;
  const [salt, value] = parsed.value;
  if (typeof salt !== 'string' || decodeBase64Url(salt)?.length !== SALT_BYTES) return undefined;
  return { value: value ?? null };
}

/**
 * The entry with what was withheld put back in its place: a new object, each member its own, so that no name in a
 * disclosure means anything but a name. The entry must be one that has been verified.
 *
 * @param disclosures - pointer → disclosure, of any of the values that the entry withholds
 * @throws TypeError if a disclosure is not the one that the entry has the digest of
 */
export function withDisclosures(
  primitives: Pick<Primitives, 'sha256'>,
  entry: JsonObject,
  disclosures: Readonly<Record<string, string>>,
): JsonObject {
  const { sd } = entry;
  let whole: JsonValue = entry;
  for (const [pointer, disclosure] of Object.entries(disclosures)) {
    const digest = isObject(sd) && Object.hasOwn(sd, pointer) ? sd[pointer] : undefined;
    const found = digestOf(primitives, disclosure) === digest ? disclosedValue(disclosure) : undefined;
    if (found === undefined) {
      throw new TypeError(`The disclosure of ${pointer} is not the one of the value that the entry withholds.`);
    }
    whole = withMember(whole, pathOf(pointer), found.value);
  }
  return whole as JsonObject;
}

function withMember(holder: JsonValue, [name = '', ...rest]: readonly string[], value: JsonValue): JsonValue {
  if (isArray(holder)) {
    return holder.map((item, index) => (String(index) === name ? withMember(item, rest, value) : item));
  }
  const copy: Record<string, JsonValue | undefined> = {};
  const own = isObject(holder) ? holder : {};
  const member =
    rest.length === 0 ? value : withMember((Object.hasOwn(own, name) ? own[name] : null) ?? null, rest, value);
  for (const [key, each] of [...Object.entries(own), [name, member] as const]) {
    // By assignment `__proto__` would be no member.
    Object.defineProperty(copy, key, { value: each, configurable: true, enumerable: true, writable: true });
  }
  return copy;
}

import { isObject } from './canonical.ts';

/** A value that JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [member: string]: JsonValue | undefined;
}

/** The value, if it is a text, and else an empty one: for members that a check before has shown to be texts. */
export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** The member at a path; `undefined` where there is none. Only own members are found. */
export function at(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  let found = value;
  for (const member of path) found = isObject(found) && Object.hasOwn(found, member) ? found[member] : undefined;
  return found;
}

/** The count at a path, 0 if there is none. */
export function countAt(value: JsonValue | undefined, ...path: readonly string[]): number {
  const count = at(value, ...path);
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/** Whether a text is an object or a list in JSON. */
export function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

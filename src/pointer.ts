import { isArray, isObject } from './canonical.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** JSON Pointers (RFC 6901) into an entry, as far as withheld values go by them. */

const POINTER = /^(?:\/(?:[^~/]|~[01])*)+$/;
const INDEX = /^(?:0|[1-9][0-9]{0,8})$/;

/** The pointer of a path (§4). */
export function pointer(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) {
    text += '/' + (typeof part === 'number' ? part : part.replaceAll('~', '~0').replaceAll('/', '~1'));
  }
  return text;
}

export function isPointer(text: string): boolean {
  return POINTER.test(text);
}

/** The names on the way of a pointer. */
export function pathOf(text: string): string[] {
  return text
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The object that holds the last member of a path; only own members and items are on the way. */
export function parentOf(value: JsonValue, path: readonly string[]): JsonObject | undefined {
  let found: JsonValue | undefined = value;
  for (const name of path.slice(0, -1)) {
    if (isObject(found)) found = Object.hasOwn(found, name) ? found[name] : undefined;
    else found = isArray(found) && INDEX.test(name) ? found[Number(name)] : undefined;
  }
  return isObject(found) ? found : undefined;
}

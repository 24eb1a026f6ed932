import type { JsonObject } from './json.ts';

/**
 * Whether the entry of a call adds one to how many there were ("What counts" in docs/format.md): not if others are named
 * that count for it, nor if it ends what was counted when it was recorded as unended.
 */
export function isCounted(payload: JsonObject): boolean {
  return !countsElsewhere(payload) && payload['ends'] === undefined;
}

/** Whether the same call is counted by other entries. */
export function countsElsewhere(payload: JsonObject): boolean {
  return payload['same_call'] !== undefined;
}

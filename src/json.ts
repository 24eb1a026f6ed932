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

/**
 * A text is often JSON or a URL inside a string, where the character before a value belongs to an escape: the `n` of
 * `\n`, the `D` of `%3D`. Such a value starts a word all the same, and the escape stays whole, so that what was JSON
 * is JSON afterwards. So does one that is glued to the end of a private key.
 */
export const OPENING: string = String.raw`(?<=\\[bfnrt]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}| (?:KEY|BLOCK)-----)`;

/** The start of a word of letters and digits. */
export const WORD_START: string = String.raw`(?:(?<![A-Za-z0-9])|${OPENING})`;

/** The start of a run of letters, digits, `-` and `_`: one start a run, where a pattern reads on to the run's end. */
export const RUN_START: string = String.raw`(?:(?<![A-Za-z0-9_-])|${OPENING})`;

/**
 * A fixed beginning that must stand at such a start. The engine finds the letters first and looks back from them: over
 * text without them that takes a twentieth of the time of looking at each character for a start.
 */
export function opening(start: string, letters: string): string {
  return `${letters}(?<=${start}${letters})`;
}

/** `{n,}`, but without the stack of one entry a character that V8 keeps for that: 10 MB of one class overflow it. */
export function atLeast(count: number, characters: string): string {
  return `${characters}{${count}}${characters}*`;
}

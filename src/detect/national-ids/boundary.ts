/** Not within a word, an id, a longer number or a decimal fraction; the letter of an escape of JSON is no word. */
export const START: string = String.raw`(?:(?<![\p{L}\p{N}_]|[\p{L}\p{N}][.,+/-]|[0-9] )|(?<=\\[bfnrt]))`;
export const END: string = String.raw`(?![\p{L}\p{N}_]|[.,/-][0-9A-Za-z]|[ ][0-9])`;

/**
 * The pattern of an identifier that stands by itself.
 *
 * @param head - how it begins, asked before its start is: the engine gets over 1 kB of numbers in 1 instead of 11 µs
 */
export function alone(source: string, head = '[0-9][0-9 .]'): RegExp {
  return new RegExp(`(?=${head})(?<![0-9])${START}(?:${source})${END}`, 'dgu');
}

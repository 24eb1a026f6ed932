import { OPENING } from '../word-start.ts';

/** Not within a word, an id, a longer number or a decimal fraction. */
export const START: string = String.raw`(?:(?<![\p{L}\p{N}_]|[\p{L}\p{N}][.,+/-]|[0-9] )|${OPENING})`;
export const END: string = String.raw`(?![\p{L}\p{N}_]|[.,/-][0-9A-Za-z]|[ ][0-9])`;

/** The pattern of an identifier that stands by itself. */
export function alone(source: string): RegExp {
  return new RegExp(`${START}(?:${source})${END}`, 'dgu');
}

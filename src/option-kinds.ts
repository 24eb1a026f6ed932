import { didYouMeanCode } from './did-you-mean.ts';

/** What options may be. Misuse is told at construction, also where nobody checks types. */

/** What a value must be, in words, and whether it is. */
export interface Kind {
  readonly what: string;
  is(value: unknown): boolean;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const TEXT: Kind = { what: 'a text', is: (value) => typeof value === 'string' };
export const TEXTS: Kind = {
  what: 'an array of texts',
  is: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
};
export const LIST: Kind = { what: 'an array', is: Array.isArray };
export const TRUTH: Kind = { what: 'true or false', is: (value) => typeof value === 'boolean' };
/** A whole number from `least` on. */
export const wholeFrom = (least: number): Kind => ({
  what: `a whole number from ${least} on`,
  is: (value) => Number.isSafeInteger(value) && (value as number) >= least,
});
export const COUNT: Kind = { ...wholeFrom(1), what: 'a whole number above 0' };
export const NUMBER: Kind = { what: 'a number', is: (value) => Number.isFinite(value) };
export const FUNCTION: Kind = { what: 'a function', is: (value) => typeof value === 'function' };
export const OBJECT: Kind = { what: 'an object', is: isRecord };
export const TIME: Kind = {
  what: 'a Date or a text',
  is: (value) => typeof value === 'string' || value instanceof Date,
};
export const oneOf = (...words: readonly string[]): Kind => ({
  what: words.map((word) => `'${word}'`).join(' or '),
  is: (value) => words.includes(value as string),
});

/**
 * @param unknown - how the message on an option that there is not begins, such as `AuditLog has no option `
 * @param prefix - what comes before an option's name, such as `clock.`
 * @throws TypeError
 */
export function checkMembers(
  given: object,
  kinds: Readonly<Record<string, Kind>>,
  unknown: string,
  prefix: string,
): void {
  for (const [name, value] of Object.entries(given)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      throw new TypeError(`${unknown}\`${name}\`${didYouMeanCode(name, Object.keys(kinds))}`);
    }
    if (value !== undefined && !kind.is(value)) {
      throw new TypeError(`\`${prefix}${name}\` is ${quoted(value)}; give ${kind.what}.`);
    }
  }
}

function quoted(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : `a value of type ${typeof value}`;
}

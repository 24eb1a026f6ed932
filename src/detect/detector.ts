import type { Category } from './categories.ts';

/** Countries whose identifiers are known, by ISO 3166-1. */
export const LOCALES = [
  'us',
  'gb',
  'in',
  'de',
  'fr',
  'es',
  'it',
  'nl',
  'be',
  'pl',
  'se',
  'fi',
  'dk',
  'no',
  'br',
  'ca',
  'au',
  'ch',
] as const;

export type Locale = (typeof LOCALES)[number];

/** What a pattern cannot say: a checksum, a date that exists, a placeholder. */
export interface Check {
  readonly name: string;
  /** @param start - where the value stands in the text, for checks that look at its neighbours */
  holds(value: string, text: string, start: number): boolean;
}

/**
 * One kind of content, as data: a category, what to look for first, and a pattern. The only code is the named check, so
 * that {@link DetectorDocument} says what a detector does.
 *
 * A text is given to the pattern only if `triggers` and `digits` are met, as far as they are there.
 */
export interface Detector {
  readonly category: Category;
  readonly locale?: Locale;
  /**
   * One of these stands in every text that the pattern can match, whatever its case. Letters alone are a whole word; a
   * `*` at the end lets the word go on, one at the beginning lets it start within another. `#` names a {@link Shape}.
   */
  readonly triggers?: readonly string[];
  /** A number of that many digits stands in every such text, with no more than two signs between any two of them. */
  readonly digits?: number;
  /**
   * What is taken out: from the start of the named group that matched, or of the match if there is none, to the match's end.
   * Flags `dg` at least. The text is hostile: no step may be repeated over the same characters, so each quantifier is
   * bounded, or runs over a class that the pattern cannot start in again, and alternatives begin differently.
   */
  readonly pattern: RegExp;
  readonly check?: Check;
  /** Knows a value by its name alone: where another detector knows the value, the find is that one's. */
  readonly yields?: true;
  /** Words, one of which must stand near: {@link CONTEXT_BEFORE} characters before the find, or a few behind it. */
  readonly context?: readonly string[];
}

/**
 * What stands in a text, where no word does: `#token` a letter right behind a digit, `#ipv4` four numbers with dots
 * between, `#colons` two colons with no more than four hex digits between, `#octets` two such hyphens or colons.
 */
export type Shape = '#token' | '#ipv4' | '#colons' | '#octets';

/** Numbers of content from here on may be somebody's (a card, an account), and are looked at as texts. */
export const MIN_NUMBER = 1_000_000;

/** How far from a find the words may stand that make it one, in UTF-16 units. */
export const CONTEXT_BEFORE = 48;
export const CONTEXT_BEHIND = 24;

/** One detector as JSON. */
export interface DetectorDocument {
  readonly name: Category;
  readonly locale?: Locale;
  /** The pattern's source, in the syntax of ECMAScript. */
  readonly pattern: string;
  readonly flags: string;
  readonly check?: string;
  readonly context?: readonly string[];
}

export function documentOf({ category, locale, pattern, check, context }: Detector): DetectorDocument {
  return {
    name: category,
    ...(locale === undefined ? {} : { locale }),
    pattern: pattern.source,
    flags: pattern.flags,
    ...(check === undefined ? {} : { check: check.name }),
    ...(context === undefined ? {} : { context }),
  };
}

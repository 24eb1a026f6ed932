import { createRequire } from 'node:module';

/** What of `compromise` is used: people's names, with their places in the text. */
interface Nlp {
  (text: string): {
    people(): {
      json(options: object): readonly { readonly offset?: { readonly start: number; readonly length: number } }[];
    };
  };
}

/** Where people's names stand, in no order. */
export type NameFinder = (text: string) => readonly { readonly start: number; readonly end: number }[];

/**
 * A finder of people's names in English, by the optional peer dependency `compromise`: a lexicon and rules of grammar.
 * Loading it takes a third of a second, and it reads some hundred times slower than all patterns.
 *
 * @throws TypeError if `compromise` is not installed
 */
export function nameFinder(): NameFinder {
  let nlp: Nlp;
  try {
    nlp = createRequire(import.meta.url)('compromise') as Nlp;
  } catch (cause) {
    throw new TypeError('The category `name` needs the package compromise: npm install compromise.', { cause });
  }
  return (text) =>
    nlp(text)
      .people()
      .json({ offset: true })
      .flatMap(({ offset }) =>
        offset === undefined ? [] : [{ start: offset.start, end: offset.start + offset.length }],
      );
}

import type { Detector } from './detector.ts';
import { DISGUISES } from './disguise.ts';
import { FirstLook, WHOLE_WORD } from './first-look.ts';

/** What a text may hold, by one pass of one regular expression. */
export interface Hits {
  /** By detector: whether one of its triggers stands in the text. */
  readonly triggered: Uint8Array;
  /** Of the number with the most digits. */
  digits: number;
  /** Something that may be written otherwise than it is read. */
  disguised: boolean;
}

/** From six digits on it is a number; a letter behind it goes with it. Fewer count if they are an IPv4 address. */
const NUMBER = String.raw`[0-9](?:(?:[\s.()/+-]{0,2}[0-9]){5,40}[a-z]?|(?!(?:st|nd|rd|th)\b)[a-z]|[0-9]{0,2}(?:\.[0-9]{1,3}){3})`;
const OCTETS = '[:-][0-9a-f]{0,4}[:-]';
/** What stands before a word that begins within another: an escape of JSON or a URL, or an underscore. */
const WITHIN = String.raw`(?:\\(?:[bfnrt]|u[0-9a-f]{4})|%[0-9a-f]{2}|_|-----)`;
const SIGNS = '@%&_\\\\';

interface Patterns {
  readonly any: RegExp;
  /** Words behind what {@link WITHIN} says: only asked of texts that have such signs. */
  readonly within: RegExp;
}

export class Prefilter {
  /** Detectors by what triggers them, in lower case: words, signs and shapes. */
  readonly #triggers = new Map<string, number[]>();
  readonly #firstLook: FirstLook;
  readonly #count: number;
  /** What words and others are to be found, by {@link treeOf}. */
  readonly #words: string[] = [];
  readonly #anywhere: string[] = [];
  #patterns: Patterns | undefined;

  constructor(detectors: readonly Detector[]) {
    this.#count = detectors.length;
    for (const [index, { triggers, context }] of detectors.entries()) {
      for (const trigger of triggers ?? (context ?? []).map(longestWord)) {
        const key = trigger.toLowerCase().replaceAll('*', '');
        this.#triggers.set(key, [...(this.#triggers.get(key) ?? []), index]);
        if (trigger.startsWith('#') || trigger === '@' || trigger === '%') continue;
        // The sign of a whole word: none of its letters, and last in the tree.
        const whole = trigger.endsWith('*') || /[^\p{L}\p{N}]$/u.test(key) ? key : key + WHOLE_WORD;
        (trigger.startsWith('*') ? this.#anywhere : this.#words).push(whole);
      }
    }
    this.#firstLook = new FirstLook(this.#words, this.#anywhere);
  }

  /** Made at the first text that needs them: most processes that open a log are short. */
  #made(): Patterns {
    if (this.#patterns !== undefined) return this.#patterns;
    const [words, anywhere] = [this.#words, this.#anywhere];
    this.#share([...words, ...anywhere]);
    const tree = treeOf(words);
    const parts = [
      `[${SIGNS}]|[${DISGUISES}]+`,
      NUMBER,
      OCTETS,
      treeOf(anywhere),
      words.length > 0 ? String.raw`\b${tree}` : '',
    ];
    this.#patterns = {
      any: new RegExp(parts.filter((part) => part !== '').join('|'), 'gi'),
      within: new RegExp(words.length > 0 ? `${WITHIN}(${tree})` : '(?!)', 'gi'),
    };
    return this.#patterns;
  }

  /** A trigger that begins with another one also triggers what that one does: of both only one is seen. */
  #share(triggers: readonly string[]): void {
    const keys = new Set(triggers);
    for (const longer of keys) {
      const from = longer.replace(WHOLE_WORD, '');
      for (let length = 1; length <= from.length; length++) {
        const to = from.slice(0, length);
        for (const shorter of [to, to + WHOLE_WORD]) {
          if (shorter === longer || !keys.has(shorter)) continue;
          const both = [...new Set([...this.#triggers.get(from)!, ...this.#triggers.get(to)!])];
          this.#triggers.set(from, both);
          if (!shorter.endsWith(WHOLE_WORD)) this.#triggers.set(to, both);
        }
      }
    }
  }

  /** Of a clean text `undefined`. */
  hits(text: string): Hits | undefined {
    return this.mayHold(text) ? this.secondLook(text) : undefined;
  }

  /** Whether {@link secondLook} is worth it: of most texts no. */
  mayHold(text: string): boolean {
    return this.#firstLook.mayHold(text);
  }

  /** What {@link hits} says, without the first look. */
  secondLook(text: string): Hits | undefined {
    const { any, within: behind } = this.#made();
    any.lastIndex = 0;
    let match = any.exec(text);
    if (match === null) return undefined;
    const hits: Hits = { triggered: new Uint8Array(this.#count), digits: 0, disguised: false };
    let within = false;
    for (; match !== null; match = any.exec(text)) {
      const [found] = match;
      const code = found.charCodeAt(0);
      if (code >= 0x30 && code <= 0x39) this.#number(found, hits);
      else if (code === 0x3a || code === 0x2d) {
        this.#octets(found, hits);
        any.lastIndex = match.index + 1;
      } else {
        const triggered = this.#triggers.get(found.length === 1 ? found : found.toLowerCase());
        if (triggered !== undefined) for (const detector of triggered) hits.triggered[detector] = 1;
        if (code === 0x5c || code === 0x25 || code === 0x5f) within = true;
        if (code > 0x7f || code === 0x25 || code === 0x26 || code === 0x5c) hits.disguised = true;
        // Another trigger may begin within this one.
        if (found.length > 1 && code <= 0x7f) any.lastIndex = match.index + 1;
      }
    }
    if (within || text.includes('-----')) {
      behind.lastIndex = 0;
      for (let match = behind.exec(text); match !== null; match = behind.exec(text)) {
        for (const detector of this.#triggers.get(match[1]!.toLowerCase()) ?? []) hits.triggered[detector] = 1;
        behind.lastIndex = match.index + 1;
      }
    }
    return hits;
  }

  #number(found: string, hits: Hits): void {
    let digits = 0;
    let dots = 0;
    let signs = 0;
    for (let index = 0; index < found.length; index++) {
      const code = found.charCodeAt(index);
      if (code >= 0x30 && code <= 0x39) digits++;
      else if (code === 0x2e) dots++;
      else if (code === 0x2d) signs++;
    }
    if (digits > hits.digits) hits.digits = digits;
    if (dots >= 3) this.#shape('#ipv4', hits);
    if (signs >= 5) this.#shape('#octets', hits);
    if (found.charCodeAt(found.length - 1) > 0x39) {
      this.#shape('#token', hits);
      hits.disguised = true;
    }
  }

  #octets(found: string, hits: Hits): void {
    if (found.includes(':')) this.#shape('#colons', hits);
    if (found.length === 4) this.#shape('#octets', hits);
  }

  #shape(shape: string, hits: Hits): void {
    const triggered = this.#triggers.get(shape);
    if (triggered !== undefined) for (const detector of triggered) hits.triggered[detector] = 1;
  }
}

/**
 * A pattern that matches what begins with one of the words, letter by letter as a tree: V8 tries the alternatives one
 * after the other, and over 1 kB of prose a list of 500 words takes twice as long as their tree (2.9 and 1.4 µs).
 */
function treeOf(words: readonly string[]): string {
  if (words.length === 0) return '';
  const branches = new Map<string, string[]>();
  for (const word of words) {
    if (word === '') return '';
    const branch = branches.get(word[0]!);
    if (branch === undefined) branches.set(word[0]!, [word.slice(1)]);
    else branch.push(word.slice(1));
  }
  const whole = branches.delete(WHOLE_WORD);
  const alternatives = [...branches].map(([letter, rests]) => escaped(letter) + treeOf(rests));
  if (whole) alternatives.push(String.raw`(?![a-z0-9])`);
  return alternatives.length === 1 ? alternatives[0]! : `(?:${alternatives.join('|')})`;
}

/** The rarest word of a phrase, as far as its length tells: what triggers it. */
export function longestWord(phrase: string): string {
  return phrase.split(' ').toSorted((one, other) => other.length - one.length)[0]!;
}

function escaped(letter: string): string {
  return letter.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

import { CATEGORIES, GROUPS, type Category } from './categories.ts';
import { CONTACT_DETECTORS } from './contact.ts';
import {
  CONTEXT_BEFORE,
  CONTEXT_BEHIND,
  documentOf,
  type Detector,
  type DetectorDocument,
  type Locale,
} from './detector.ts';
import { base64Texts, reveal } from './disguise.ts';
import { ENTROPY_DETECTORS } from './entropy.ts';
import { FINANCIAL_DETECTORS } from './financial.ts';
import { INJECTION_DETECTORS } from './injection.ts';
import { MEMBER_DETECTORS, memberDetectors, memberDocument, isGeneric, namesOf, wordsOf } from './member-names.ts';
import { nameFinder, type NameFinder } from './names.ts';
import { NATIONAL_ID_DETECTORS } from './national-ids/index.ts';
import { NETWORK_DETECTORS } from './network.ts';
import { Prefilter, type Hits } from './prefilter.ts';
import { SECRET_DETECTORS } from './secrets.ts';
import { SPECIAL_CATEGORY_DETECTORS } from './special-category.ts';

/** Every detector. Where two finds overlap, the one whose detector comes first here gives its category. */
export const DETECTORS: readonly Detector[] = [
  ...SECRET_DETECTORS,
  ...FINANCIAL_DETECTORS,
  ...NATIONAL_ID_DETECTORS,
  ...CONTACT_DETECTORS,
  ...NETWORK_DETECTORS,
  ...SPECIAL_CATEGORY_DETECTORS,
  ...INJECTION_DETECTORS,
  ...ENTROPY_DETECTORS,
];

/** What was found where, in UTF-16 offsets into the text that was given. */
export interface Find {
  readonly category: Category;
  readonly start: number;
  readonly end: number;
}

export interface ScannerOptions {
  /** What to look for. `high_entropy_secret` and `name` guess: they run only if they are among them. */
  readonly categories: Iterable<Category>;
  /** Whose national identifiers; those of all countries by default. */
  readonly locales?: readonly Locale[];
  /** Of finds that overlap the weightiest gives its category; of those that weigh the same the first detector's. */
  readonly weight?: (category: Category) => number;
}

export interface Scanner {
  /**
   * What stands in the text: ascending, not overlapping; of a clean text one array that is shared.
   *
   * @param name - of the member whose value the text is: `password`, `cardNumber`. It may make a find of what is none alone
   */
  find(text: string, name?: string): readonly Find[];
  /** What is looked for, as JSON. */
  readonly document: readonly DetectorDocument[];
}

/** What the name of a member says of its value. */
interface Label {
  /** What is read before the value. */
  readonly text: string;
  /** Of the detectors for which it is the word that stands near: mostly none. */
  readonly ranks: readonly number[];
  /** Those that know the value by the name. */
  readonly detectors: ReturnType<typeof memberDetectors>;
  /** Of what is counted as often as it is the number of a phone. */
  readonly isCounted: boolean;
}

/** The rank of what only the name of a member tells: the last. */
const BY_NAME = Number.MAX_SAFE_INTEGER;

/** One find as a detector made it: it may overlap others. `rank` says whose category is written. */
interface RankedFind extends Find {
  readonly rank: number;
}

const NOTHING: readonly RankedFind[] = [];

/** So many texts are remembered, of so many characters: those that an application uses over and over. */
const MAX_CLEAN = 4_096;
const MAX_CLEAN_CHARS = 64;

/** Names of members that are longer say nothing of their values; nor do names of what is no value but a text. */
const MAX_NAME_CHARS = 128;
const MAX_NAMED_CHARS = 8_192;

/**
 * A scanner for some categories. It finds patterns, not meaning.
 *
 * @throws TypeError for `name` if `compromise` is not installed
 */
export function scannerOf(options: ScannerOptions): Scanner {
  return new PatternScanner(options);
}

/** By patterns, and by names where they are asked for. */
class PatternScanner implements Scanner {
  readonly document: readonly DetectorDocument[];
  readonly #detectors: readonly Detector[];
  readonly #prefilter: Prefilter;
  readonly #names: NameFinder | undefined;
  readonly #weight: (category: Category) => number;
  readonly #wanted: ReadonlySet<string>;
  /** Short texts that look like something and hold nothing: models, versions, names of tools. */
  readonly #clean = new Set<string>();
  /** By name of a member. */
  readonly #labels = new Map<string, Label>();

  constructor({ categories, locales, weight = () => 0 }: ScannerOptions) {
    this.#weight = weight;
    const wanted = new Set<string>(categories);
    this.#wanted = wanted;
    this.#detectors = DETECTORS.filter(
      ({ category, locale }) =>
        wanted.has(category) && (locale === undefined || locales === undefined || locales.includes(locale)),
    );
    this.#prefilter = new Prefilter(this.#detectors);
    this.#names = wanted.has('name') ? nameFinder() : undefined;
    this.document = [
      ...this.#detectors.map(documentOf),
      ...MEMBER_DETECTORS.filter(({ category }) => wanted.has(category)).map(memberDocument),
      ...(this.#names === undefined ? [] : [{ name: 'name' as const, pattern: 'compromise', flags: '' }]),
    ];
  }

  find(text: string, name?: string): readonly Find[] {
    const label = name === undefined ? undefined : this.#labelOf(name);
    const isSuspicious = this.#names !== undefined || this.#prefilter.mayHold(text);
    if (!isSuspicious && label === undefined) return NOTHING;
    const isShort = text.length <= MAX_CLEAN_CHARS && this.#names === undefined && label === undefined;
    if (isShort && this.#clean.has(text)) return NOTHING;
    const unmarked = withoutMarks(text);
    const alone = isSuspicious ? this.#findEach(unmarked) : NOTHING;
    const finds = label === undefined ? alone : [...alone, ...this.#named(unmarked, label)];
    if (finds.length > 0) return this.#finished(finds);
    if (isShort && this.#clean.size < MAX_CLEAN) this.#clean.add(text);
    return NOTHING;
  }

  #finished(finds: readonly RankedFind[]): readonly Find[] {
    return this.#merged(this.#yielded(finds)).map(({ category, start, end }) => ({ category, start, end }));
  }

  /** Names are few: each is asked once whether it says what its value is. */
  #labelOf(name: string): Label | undefined {
    // A long one is no name, and may be somebody's secret: it is not kept.
    if (name.length > MAX_NAME_CHARS) return undefined;
    let label = this.#labels.get(name);
    if (label === undefined) {
      label = this.#labelled(name);
      if (this.#labels.size < MAX_CLEAN) this.#labels.set(name, label);
    }
    return label.ranks.length + label.detectors.length === 0 ? undefined : label;
  }

  #labelled(name: string): Label {
    const words = wordsOf(name);
    return {
      text: `${words}: `,
      ranks: [...this.#detectors.keys()].filter((rank) => {
        const { context, category } = this.#detectors[rank]!;
        return context !== undefined && isCalled(words, context, category);
      }),
      detectors: memberDetectors(words).filter(({ category }) => this.#wanted.has(category)),
      isCounted: COUNTED.test(namesOf(words).at(-1) ?? ''),
    };
  }

  /** What is a find as the value of a member of that name. */
  #named(value: string, { text: label, ranks, detectors, isCounted }: Label): readonly RankedFind[] {
    if (value.length > MAX_NAMED_CHARS) return NOTHING;
    const finds: RankedFind[] = [];
    for (const rank of ranks) this.#runOne(rank, label + value, finds, true);
    const found = finds
      .filter(({ start }) => start >= label.length)
      .map((find) => ({ ...find, start: find.start - label.length, end: find.end - label.length }))
      .filter(
        ({ category, start, end }) => !(isCounted && category === 'phone' && FEW_DIGITS.test(value.slice(start, end))),
      );
    const start = value.length - value.trimStart().length;
    const whole = value.trim();
    for (const { category, takes } of detectors) {
      if (whole.length > 0 && !whole.includes(MARKED) && takes(whole)) {
        found.push({ category, start, end: start + whole.length, rank: BY_NAME });
      }
    }
    return found;
  }

  /** Finds that overlap become one, so that no rest of either stays. */
  #merged(finds: readonly RankedFind[]): readonly RankedFind[] {
    const all: RankedFind[] = [];
    for (const find of finds.toSorted((left, right) => left.start - right.start)) {
      const last = all.at(-1);
      if (last === undefined || find.start >= last.end) {
        all.push(find);
        continue;
      }
      const { category, rank } = this.#outweighs(find, last) ? find : last;
      all[all.length - 1] = { category, rank, start: last.start, end: Math.max(last.end, find.end) };
    }
    return all;
  }

  #outweighs(one: RankedFind, other: RankedFind): boolean {
    const difference = this.#weight(one.category) - this.#weight(other.category);
    return difference === 0 ? one.rank < other.rank : difference > 0;
  }

  #findEach(text: string): readonly RankedFind[] {
    const hits = this.#prefilter.secondLook(text);
    if (hits === undefined && this.#names === undefined) return NOTHING;
    const finds: RankedFind[] = [];
    if (hits !== undefined) {
      this.#run(text, hits, finds);
      if (hits.disguised) this.#disguised(text, finds);
    }
    if (this.#names !== undefined) {
      for (const { start, end } of this.#names(text)) {
        if (!text.slice(start, end).includes(MARKED))
          finds.push({ category: 'name', start, end, rank: DETECTORS.length });
      }
    }
    return finds;
  }

  /** What only a name tells has the category of what else was found there. */
  #yielded(finds: readonly RankedFind[]): readonly RankedFind[] {
    const yields = ({ rank }: RankedFind): boolean => rank === BY_NAME || this.#detectors[rank]?.yields === true;
    if (finds.length < 2 || !finds.some(yields)) return finds;
    const known = new Places(finds.filter((find) => !yields(find)));
    return finds.map((find) => {
      if (!yields(find)) return find;
      const other = known.at(find);
      if (other === undefined || this.#weight(find.category) > this.#weight(other.category)) return find;
      return { ...find, category: other.category, rank: other.rank };
    });
  }

  #run(text: string, { triggered, digits: most }: Hits, finds: RankedFind[]): void {
    for (let rank = 0; rank < this.#detectors.length; rank++) {
      const { triggers, digits = 0, context } = this.#detectors[rank]!;
      if (digits > most || ((triggers ?? context) !== undefined && triggered[rank] === 0)) continue;
      this.#runOne(rank, text, finds);
    }
  }

  /** @param isNamed - the name of the member says what the context would */
  #runOne(rank: number, text: string, finds: RankedFind[], isNamed = false): void {
    const { category, pattern, check, context } = this.#detectors[rank]!;
    // Not by matchAll, which makes another regular expression each time.
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const start = startOf(match);
      const end = match.index + match[0].length;
      const found =
        check?.holds(text.slice(start, end), text, start) !== false &&
        (isNamed || context === undefined || isNear(context, category, text, start, end));
      if (found) finds.push({ category, start, end, rank });
      // What was no find may hide one that begins within it.
      else pattern.lastIndex = Math.max(match.index + 1, Math.min(start + 1, end));
    }
  }

  #disguised(text: string, finds: RankedFind[]): void {
    const revealed = reveal(text);
    if (revealed !== undefined) {
      const hits = this.#prefilter.hits(revealed.text);
      const plain: RankedFind[] = [];
      if (hits !== undefined) this.#run(revealed.text, hits, plain);
      const written = new Places(finds);
      for (const { category, rank, start: from, end: to } of plain) {
        const find = { category, rank, ...revealed.place(from, to) };
        // The signs of a URL that were encoded are not those that part it: what is in `://user:p%40ss@host` is known.
        if (written.at(find, (each) => each.category !== category) === undefined) finds.push(find);
      }
    }
    for (const { start, end, text: content } of base64Texts(text)) {
      const hits = this.#prefilter.hits(content);
      const within: RankedFind[] = [];
      if (hits !== undefined) this.#run(content, hits, within);
      const [find] = within;
      if (find !== undefined) finds.push({ category: find.category, start, end, rank: find.rank });
    }
  }
}

/** Finds by where they are: a text may hold a hundred thousand. */
class Places {
  /** By their starts. */
  readonly #finds: readonly RankedFind[];
  /** Where the find, and all before it, have ended. */
  readonly #ends: readonly number[];

  constructor(finds: readonly RankedFind[]) {
    this.#finds = finds.toSorted((left, right) => left.start - right.start);
    let last = 0;
    this.#ends = this.#finds.map(({ end }) => (last = Math.max(last, end)));
  }

  /** The last of those that have a place in common with it. */
  at({ start, end }: Find, isMeant: (find: RankedFind) => boolean = () => true): RankedFind | undefined {
    let low = 0;
    let high = this.#finds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#finds[middle]!.start < end) low = middle + 1;
      else high = middle;
    }
    for (let index = low - 1; index >= 0 && this.#ends[index]! > start; index--) {
      const find = this.#finds[index]!;
      if (find.end > start && isMeant(find)) return find;
    }
    return undefined;
  }
}

/** What stands in place of what was taken out says which category it was: nobody's faith or number. */
const MARK = new RegExp(String.raw`\[(?:redacted|withheld):(${CATEGORIES.join('|')})\]`, 'g');
const MARKED = '[redacted:_';

/** The text, as long as it is, in which no such mark names its category. */
function withoutMarks(text: string): string {
  if (!text.includes('[redacted:') && !text.includes('[withheld:')) return text;
  return text.replace(MARK, (_, category: string) => `[redacted:${'_'.repeat(category.length)}]`);
}

function startOf(match: RegExpExecArray): number {
  const groups = match.indices?.groups;
  if (groups === undefined) return match.index;
  for (const name of ['from', 'from_2', 'from_3', 'from_4']) if (groups[name] !== undefined) return groups[name][0];
  return match.index;
}

const CONTEXTS = new WeakMap<readonly string[], { readonly near: RegExp; readonly named: RegExp }>();

function contextOf(words: readonly string[]): { readonly near: RegExp; readonly named: RegExp } {
  let context = CONTEXTS.get(words);
  if (context === undefined) {
    const any = `(?:${words.map((word) => word.replaceAll(/[ -]/g, String.raw`[\s_-]{1,2}`)).join('|')})`;
    context = {
      near: new RegExp(String.raw`(?<![\p{L}\p{N}])${any}(?![\p{L}])`, 'iu'),
      named: new RegExp(String.raw`(?:^|[\s_-])${any}$`, 'iu'),
    };
    CONTEXTS.set(words, context);
  }
  return context;
}

/** Whether the words of a name are what such a value is called by; an id is the number itself where a state gives it. */
function isCalled(words: string, context: readonly string[], category: Category): boolean {
  const { named } = contextOf(context);
  const names = namesOf(words);
  const isOfState = (GROUPS.gov_id as readonly Category[]).includes(category);
  return names.some((name) => named.test(name) || (isOfState && named.test(name.replace(/ ids?$/i, ''))));
}

/** Devices, cells of tables and messages are counted more often than they are numbers of phones. */
const COUNTED = /(?:mobile|mobil|cell|sms|portable|handy|fax)$/i;
const FEW_DIGITS = /^[0-9]{1,8}$/;

/** The name of the member whose value begins there, in JSON. */
const MEMBER = /(?<=[{,]\s{0,8}\\{0,8})"((?:[^"\\]){1,64})\\{0,8}"\s{0,4}:\s{0,4}\\{0,8}"?$/;

/** Whether one of the words stands near, as a whole word; what was redacted before is no word. */
function isNear(words: readonly string[], category: Category, text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - CONTEXT_BEFORE), start);
  const [, name] = MEMBER.exec(before) ?? [];
  // A member of JSON is what it is called, not what its neighbours are; a `value` may be what they say.
  if (name !== undefined && !isGeneric(name)) return isCalled(wordsOf(name), words, category);
  const near = `${before}\n${text.slice(end, end + CONTEXT_BEHIND)}`;
  return contextOf(words).near.test(near.replace(/redacted:[a-z_]*/g, ''));
}

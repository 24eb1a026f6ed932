/**
 * JSON as acttrace's two implementations read it: numbers keep their spelling, since `1000` and `1000.0` are hashed
 * differently, and each has its own mind about what a number is. What either takes is taken here, so that what they accept
 * can be told from what they wrote.
 */

/** `python`: cendor-acttrace; `javascript`: @cendor/acttrace. */
export type Flavour = 'python' | 'javascript';

/** A number as it is spelled. */
export class Spelled {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Tree = null | boolean | string | Spelled | readonly Tree[] | Members;

/** An object: its members in the order of the text, of two with one name the last. */
export class Members {
  readonly own: Map<string, Tree> = new Map();
  /**
   * What a member `__proto__` makes of an object in JavaScript: its members are seen, and are not written again.
   */
  behind: Members | undefined;

  /** As `in` and member access see it. */
  get(name: string): Tree | undefined {
    return this.own.has(name) ? this.own.get(name) : this.behind?.get(name);
  }

  has(name: string): boolean {
    return this.own.has(name) || this.behind?.has(name) === true;
  }
}

/** The text is nothing that the implementation reads. */
export class TreeError extends Error {
  override readonly name = 'TreeError';
}

/** One of the implementations overflows its stack later than that, and the other one says so. */
const MAX_DEPTH = 500;

/** @throws TreeError */
export function parseTree(text: string, flavour: Flavour): Tree {
  return new TreeReader(text, flavour).whole();
}

const WHITE_SPACE = /[ \t\n\r]*/y;
const STRICT_NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|NaN|-?Infinity/y;
/** What one parser of the two takes for a number, before it asks what it is worth. */
const LOOSE_NUMBER = /-?[0-9.eE+-]*/y;

class TreeReader {
  readonly #text: string;
  readonly #flavour: Flavour;
  #at = 0;
  #depth = 0;

  constructor(text: string, flavour: Flavour) {
    this.#text = text;
    this.#flavour = flavour;
  }

  whole(): Tree {
    this.#skip();
    const tree = this.#value();
    this.#skip();
    if (this.#at !== this.#text.length) throw new TreeError('something stands behind the value');
    return tree;
  }

  #skip(): void {
    WHITE_SPACE.lastIndex = this.#at;
    WHITE_SPACE.exec(this.#text);
    this.#at = WHITE_SPACE.lastIndex;
  }

  #takes(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #value(): Tree {
    const char = this.#text[this.#at];
    if (char === '"') return this.#string();
    if (char === '{' || char === '[') {
      if (++this.#depth > MAX_DEPTH) throw new TreeError('it nests too deep');
      this.#at++;
      const tree = char === '{' ? this.#members() : this.#items();
      this.#depth--;
      return tree;
    }
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#number();
  }

  #members(): Members {
    const members = new Members();
    this.#skip();
    if (this.#takes('}')) return members;
    for (;;) {
      this.#skip();
      if (this.#text[this.#at] !== '"') throw new TreeError('a name is missing');
      const name = this.#string();
      this.#skip();
      if (!this.#takes(':')) throw new TreeError('a colon is missing');
      this.#skip();
      const value = this.#value();
      if (name !== '__proto__' || this.#flavour === 'python') members.own.set(name, value);
      else if (value instanceof Members) members.behind = value;
      else if (value === null) members.behind = undefined;
      this.#skip();
      if (this.#takes('}')) return members;
      if (!this.#takes(',')) throw new TreeError('a comma or a brace is missing');
    }
  }

  #items(): Tree[] {
    const items: Tree[] = [];
    this.#skip();
    if (this.#takes(']')) return items;
    for (;;) {
      this.#skip();
      items.push(this.#value());
      this.#skip();
      if (this.#takes(']')) return items;
      if (!this.#takes(',')) throw new TreeError('a comma or a bracket is missing');
    }
  }

  #string(): string {
    let end = this.#at + 1;
    for (;;) {
      const quote = this.#text.indexOf('"', end);
      if (quote < 0) throw new TreeError('a text does not end');
      let escapes = 0;
      while (this.#text[quote - 1 - escapes] === '\\') escapes++;
      end = quote + 1;
      if (escapes % 2 === 0) break;
    }
    const quoted = this.#text.slice(this.#at, end);
    this.#at = end;
    try {
      return JSON.parse(quoted) as string;
    } catch {
      throw new TreeError('a text is none');
    }
  }

  #number(): Spelled {
    const pattern = this.#flavour === 'python' ? STRICT_NUMBER : LOOSE_NUMBER;
    pattern.lastIndex = this.#at;
    const [text = ''] = pattern.exec(this.#text) ?? [];
    if (!/^(?:-?[0-9]|NaN|-?Infinity)/.test(text)) throw new TreeError('a value is missing');
    this.#at += text.length;
    const number = new Spelled(text);
    if (this.#flavour === 'javascript') spelledBy(number, this.#flavour);
    return number;
  }
}

/**
 * A number as an implementation writes it.
 *
 * @throws TreeError if it is none
 */
export function spelledBy({ text }: Spelled, flavour: Flavour): string {
  if (/[.eEN]|Inf/.test(text)) return flavour === 'python' ? pythonFloat(Number(text)) : javascriptFloat(Number(text));
  try {
    return BigInt(text).toString();
  } catch {
    throw new TreeError('a number is none');
  }
}

/** `repr(float)`: the shortest digits, as a plain number from 1e-4 up to 1e16. */
function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return `${value}`;
  if (Object.is(value, -0)) return '-0.0';
  const [, sign = '', first = '', rest = '', exponent = ''] =
    /^(-?)([0-9])(?:\.([0-9]+))?e([+-][0-9]+)$/.exec(value.toExponential()) ?? [];
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    const mantissa = rest === '' ? first : `${first}.${rest}`;
    return `${sign}${mantissa}e${power < 0 ? '-' : '+'}${Math.abs(power).toString().padStart(2, '0')}`;
  }
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${first}${rest}`;
  const digits = `${first}${rest}`.padEnd(power + 1, '0');
  return `${sign}${digits.slice(0, power + 1)}.${digits.slice(power + 1) || '0'}`;
}

/** As the port writes it: JavaScript's own form, made to look like the other one. */
function javascriptFloat(value: number): string {
  if (!Number.isFinite(value)) return `${value}`;
  const text = value.toString();
  const [, mantissa = '', sign = '', digits = ''] = /^(-?[0-9.]+)e([+-])([0-9]+)$/.exec(text) ?? [];
  if (mantissa !== '') return `${mantissa}e${sign}${digits.padStart(2, '0')}`;
  return text.includes('.') ? text : `${text}.0`;
}

/** Python's order of names: by code points, not by UTF-16 code units. */
export function byCodePoint(left: string, right: string): number {
  const [one, other] = [Array.from(left), Array.from(right)];
  for (const [index, char] of one.entries()) {
    const opposite = other[index];
    if (opposite === undefined) return 1;
    const difference = (char.codePointAt(0) ?? 0) - (opposite.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/**
 * What is hashed: names in order at every level, and nothing between the values.
 *
 * @throws TreeError for what one implementation cannot write at all
 */
export function canonicalText(tree: Tree, flavour: Flavour): string {
  return write(tree, flavour, [',', ':'], true);
}

/** A line as the writer leaves it: in the order in which it was read. @throws TreeError */
export function writtenText(tree: Tree, flavour: Flavour): string {
  return write(tree, flavour, [', ', ': '], false);
}

function write(tree: Tree, flavour: Flavour, between: readonly [string, string], sorted: boolean): string {
  if (tree === null || typeof tree === 'boolean') return `${tree}`;
  if (typeof tree === 'string') return writeString(tree, flavour);
  if (tree instanceof Spelled) return spelledBy(tree, flavour);
  if (!(tree instanceof Members)) {
    return `[${tree.map((item) => write(item, flavour, between, sorted)).join(between[0])}]`;
  }
  const names = [...tree.own.keys()];
  if (sorted) names.sort(byCodePoint);
  const members = names.map(
    (name) =>
      `${writeString(name, flavour)}${between[1]}${write(tree.own.get(name) ?? null, flavour, between, sorted)}`,
  );
  return `{${members.join(between[0])}}`;
}

function writeString(text: string, flavour: Flavour): string {
  // Python writes half a character as it is, which is no UTF-8, and gives up.
  if (flavour === 'python' && !text.isWellFormed()) throw new TreeError('half a character cannot be encoded');
  return JSON.stringify(text);
}

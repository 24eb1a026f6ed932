/**
 * The two things that writing JSON canonically does over and over: quoting texts and ordering names. Both have a short
 * way for what almost every entry holds.
 */

/** Texts up to this length are looked at here; longer ones go to `JSON.stringify`, whose own loop is faster. */
const SHORT_CHARS = 64;

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;

/** Whether a text is short and of printable ASCII that JSON writes as it is. */
export function isPlain(text: string): boolean {
  const { length } = text;
  if (length > SHORT_CHARS) return false;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < SPACE || code >= DELETE || code === QUOTE || code === BACKSLASH) return false;
  }
  return true;
}

/** A well-formed text as JSON (RFC 8785 §3.2.2.2). */
export function quote(text: string): string {
  return isPlain(text) ? `"${text}"` : JSON.stringify(text);
}

/** The members of objects of one shape, in their canonical order. */
export interface MemberOrder {
  readonly names: readonly string[];
  /** How the object begins: `{"name":`; `{` without a member. */
  readonly opening: string;
  /** What stands before the value of each: `,"name":`. */
  readonly labels: readonly string[];
}

/** Orders are remembered of objects of so many names at most, … */
const MAX_NAMES = 32;
/** … in a tree of so many names at most, none longer than this. */
const MAX_NODES = 8_192;
const MAX_NAME_CHARS = 128;

/**
 * Names in the order in which objects of one shape have them, as a path through a tree: an application has few shapes of
 * entries, and to walk through one takes a tenth of the time of sorting and quoting its names.
 */
class Shape {
  readonly name: string;
  /** Of objects that have just the names on the way here. */
  order: MemberOrder | undefined;
  /** What follows most often, … */
  next: Shape | undefined;
  /** … and else. */
  others: Map<string, Shape> | undefined;

  constructor(name: string) {
    this.name = name;
  }
}

const root = new Shape('');
let nodes = 0;

/** The members of an object with these well-formed names, in the order of RFC 8785 §3.2.3: by UTF-16 code units. */
export function memberOrder(names: readonly string[]): MemberOrder {
  if (names.length > MAX_NAMES) return ordered(names);
  let shape = root;
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string;
    const next = shape.next?.name === name ? shape.next : (shape.others?.get(name) ?? grown(shape, name));
    if (next === undefined) return ordered(names);
    shape = next;
  }
  return (shape.order ??= ordered(names));
}

function grown(shape: Shape, name: string): Shape | undefined {
  if (nodes >= MAX_NODES || name.length > MAX_NAME_CHARS) return undefined;
  nodes++;
  const next = new Shape(name);
  if (shape.next === undefined) shape.next = next;
  else (shape.others ??= new Map()).set(name, next);
  return next;
}

function ordered(names: readonly string[]): MemberOrder {
  const sorted = names.toSorted();
  const labels = sorted.map((name) => `,${quote(name)}:`);
  return { names: sorted, opening: `{${labels[0]?.slice(1) ?? ''}`, labels };
}

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

/** Orders of names are remembered for so many shapes of objects … */
const MAX_SHAPES = 512;
/** … of so many names at most. */
const MAX_NAMES = 32;

const orders = new Map<string, readonly string[]>();

/** The names in the order of RFC 8785 §3.2.3: by UTF-16 code units. */
export function sorted(names: readonly string[]): readonly string[] {
  if (isSorted(names)) return names;
  if (names.length > MAX_NAMES) return names.toSorted();
  // An application has few shapes of entries: to look one up takes a fifth of the time of sorting it.
  const shape = names.join('\n');
  let order = orders.get(shape);
  if (order === undefined) {
    order = names.toSorted();
    // A name with a line feed would make two shapes look the same.
    if (orders.size < MAX_SHAPES && shape.split('\n').length === names.length) orders.set(shape, order);
  }
  return order;
}

function isSorted(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index++) {
    if ((names[index - 1] ?? '') > (names[index] ?? '')) return false;
  }
  return true;
}

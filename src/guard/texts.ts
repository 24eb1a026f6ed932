import { pointer } from '../pointer.ts';

/**
 * The texts of what is to be sent: a string, messages of any maker, arguments of a tool, as deep as they go. Bytes, maps,
 * and files are not looked into. What has a `toJSON` is what that gives.
 */

export interface Text {
  readonly path: Path;
  readonly value: string;
  /** Texts of one number are read as one by a model: parts of a message, items of a list. */
  readonly run: number | undefined;
  /** The name of a member, not its value. */
  readonly isName: boolean;
}

/** What is nested deeper, or holds more, cannot be looked through, and must not be sent unseen. */
const MAX_DEPTH = 64;
const MAX_NODES = 1_000_000;

type Path = readonly (string | number)[];

/** What says to a provider which part is which, and is nobody's text, in messages and their parts. */
const PROTOCOL: ReadonlySet<string> = new Set([
  'id',
  'role',
  'toolCallId',
  'tool_call_id',
  'call_id',
  'tool_use_id',
  'type',
]);
const MAX_PROTOCOL_CHARS = 128;

/** Members in which a message holds its parts, and a part its text or parts of its own. */
const READ_ON: ReadonlySet<string> = new Set(['content', 'parts', 'text']);

type Members = Readonly<Record<string, unknown>>;

/** An object literal, or what JSON gives. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * What stands for a value where it is sent as JSON: a text that is boxed, or what its `toJSON` gives. A message of a class
 * has one, too, and members: it stays what it is.
 */
function asSent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Object.prototype.toString.call(value) === '[object String]') return String.prototype.valueOf.call(value);
  if (!('toJSON' in value) || typeof value.toJSON !== 'function') return value;
  const hasOwnTexts = hasMembers(value) && !isPlain(value) && Object.keys(value).length > 0;
  return hasOwnTexts ? value : (value.toJSON as () => unknown)();
}

/** What has its texts in its members: also a message that is of a class. Not bytes, maps, dates or files. */
export function hasMembers(value: unknown): value is Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !OPAQUE.test(Object.prototype.toString.call(value));
}

/** What has no texts in its members. A class may call itself what it likes, as LangChain's messages do. */
const OPAQUE =
  /^\[object (?:\w*Array|(?:Shared)?ArrayBuffer|DataView|(?:Weak)?(?:Map|Set)|Date|RegExp|Promise|URL|URLSearchParams|Blob|File|FormData|Headers|AbortSignal|\w*Stream)\]$/;

/**
 * @throws RangeError if it is nested deeper than {@link MAX_DEPTH}, or holds more than {@link MAX_NODES} values
 */
export function textsOf(input: unknown): readonly Text[] {
  const gathering = new Gathering();
  gathering.visit(input, [], undefined, false);
  return gathering.texts;
}

class Gathering {
  readonly texts: Text[] = [];
  readonly #ancestors: object[] = [];
  #nodes = 0;
  #runs = 0;

  /**
   * @param run - of the message that it is read with
   * @param isPart - whether it stands among the parts of a message
   */
  visit(given: unknown, path: Path, run: number | undefined, isPart: boolean): void {
    const value = asSent(given);
    this.#nodes++;
    if (this.#nodes > MAX_NODES) throw new RangeError(`More than ${MAX_NODES} values are too many to look through.`);
    if (typeof value === 'string') {
      this.texts.push({ path, value, run, isName: false });
    } else if (Array.isArray(value)) {
      this.#within(value, path, () => this.#items(value, path, run, isPart));
    } else if (hasMembers(value)) {
      this.#within(value, path, () => this.#members(value, path, run, isPart));
    }
  }

  #within(value: object, path: Path, visit: () => void): void {
    // What holds itself is looked through once.
    if (this.#ancestors.includes(value)) return;
    if (path.length > MAX_DEPTH) {
      throw new RangeError(`What is at ${pointer(path.slice(0, 4))}… is nested more than ${MAX_DEPTH} deep.`);
    }
    this.#ancestors.push(value);
    visit();
    this.#ancestors.pop();
  }

  #items(items: readonly unknown[], path: Path, run: number | undefined, isPart: boolean): void {
    const isList = items.length > 1 && items.every((item) => typeof item === 'string');
    const shared = run ?? (isList ? this.#runs++ : undefined);
    for (const [index, item] of items.entries()) this.visit(item, [...path, index], shared, isPart);
  }

  #members(value: Members, path: Path, run: number | undefined, isPart: boolean): void {
    const isMessage = typeof value['role'] === 'string';
    const ours = isMessage ? this.#runs++ : run;
    for (const [name, member] of Object.entries(value)) {
      const at = [...path, name];
      if (isMessage || isPart) {
        if (isProtocol(name, member)) continue;
        const readsOn = READ_ON.has(name);
        this.visit(member, at, readsOn ? ours : undefined, readsOn);
      } else {
        this.texts.push({ path: at, value: name, run: undefined, isName: true });
        this.visit(member, at, undefined, false);
      }
    }
  }
}

function isProtocol(name: string, value: unknown): boolean {
  return PROTOCOL.has(name) && typeof value === 'string' && value.length <= MAX_PROTOCOL_CHARS && !/\s/.test(value);
}

/**
 * The same input with other texts and names of members, by their pointers; what does not change is not copied.
 */
export function withTexts(
  input: unknown,
  texts: ReadonlyMap<string, string>,
  names: ReadonlyMap<string, string>,
): unknown {
  const ways = new Set<string>();
  for (const changed of [...texts.keys(), ...names.keys()]) {
    for (let end = changed.length; end >= 0; end = changed.lastIndexOf('/', end - 1)) {
      ways.add(changed.slice(0, end));
      if (end === 0) break;
    }
  }
  const copy = (given: unknown, at: string): unknown => {
    if (!ways.has(at)) return given;
    const value = asSent(given);
    if (typeof value === 'string') return texts.get(at) ?? value;
    if (Array.isArray(value)) return value.map((item, index) => copy(item, at + pointer([index])));
    if (!hasMembers(value)) return value;
    const taken = new Set(Object.keys(value));
    const members = Object.entries(value).map(([name, member]) => {
      const below = at + pointer([name]);
      return [free(names.get(below), name, taken), copy(member, below)];
    });
    const copied = Object.fromEntries(members) as object;
    return isPlain(value)
      ? copied
      : Object.assign(Object.create(Object.getPrototypeOf(value) as object | null) as object, copied);
  };
  return copy(input, '');
}

/** A name that no other member has. */
function free(wanted: string | undefined, name: string, taken: Set<string>): string {
  if (wanted === undefined) return name;
  let shown = wanted;
  for (let number = 2; taken.has(shown); number++) shown = `${wanted} ${number}`;
  taken.add(shown);
  return shown;
}

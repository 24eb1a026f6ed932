import { isBoxedPrimitive } from 'node:util/types';

import { MAX_DEPTH } from './entry.ts';
import { MIN_NUMBER } from './detect/detector.ts';
import { memberName } from './detect/member-names.ts';
import { FreeNames } from './free-names.ts';
import { isPlain, memberOrder, quote } from './json-text.ts';
import { pointer } from './pointer.ts';

/**
 * Turns whatever a caller or an instrumentation hands over into canonical JSON (RFC 8785), totally: nothing throws and
 * nothing is changed in silence. What JSON cannot say becomes `null` or a string, and `marks` says what was changed
 * where (the `lossy` of an entry). `toJSON` is never called; the keys `toJSON` and `__proto__` are data.
 */

/** What normalising changed, by JSON Pointer (RFC 6901). */
export type LossyMarks = Record<string, string>;

export type LossyKind =
  | 'undefined'
  | 'bigint'
  | 'unsafe'
  | 'nonfinite'
  | 'negative_zero'
  | 'date'
  | 'surrogate'
  | 'collection'
  | 'binary'
  | 'function'
  | 'symbol'
  | 'cycle'
  | 'getter'
  | 'depth';

/** Names of members that were found to need no change. */
export interface NameMemory {
  has(name: string): boolean;
  /** Of a name that the filter kept. */
  add(name: string): void;
}

/**
 * Changes a text before it is written: redaction. Sees well-formed text only, and numbers as texts; the name is that of
 * the member within the value, whose value the text is or is listed in.
 */
export type TextFilter = (text: string, name?: string) => string;

const keepText: TextFilter = (text) => text;

/**
 * Texts longer than this are cut before redaction; a line holds 65,535 bytes, and a detector over 10 MB would hold up
 * the application for what cannot be kept anyway.
 */
const MAX_TEXT_CHARS = 131_072;

/**
 * What is written of one payload before it is fitted into a line: one for each value and character. It is thirty lines
 * full, so that nothing is lost that could be kept; a hole costs as much as a value, and there may be ten million.
 */
const MAX_COST = 2_097_152;
/** A mark takes as much of a line as a text. */
const MARK_COST = 64;

/** A token that the first cut may have halved, so that no detector knows it, goes with the cut. */
const MAX_HALVED_CHARS = 4_096;

/** Names are remembered as clean up to so many characters. */
const MAX_CLEAN_CHARS = 64;

/** Writes the members of one object as canonical JSON text, and gathers what had to be changed. */
export class Normaliser {
  readonly marks: LossyMarks = {};
  /** Objects and arrays on the way to the value at hand: an ancestor seen again is a cycle. */
  readonly #ancestors: object[] = [];
  readonly #path: (string | number)[];
  readonly #baseDepth: number;
  readonly #cleanNames: NameMemory | undefined;
  #filter: TextFilter = keepText;
  #filtersNumbers = false;
  /** Of the member at hand, within the value that is written. */
  #name: string | undefined;
  #marked = false;
  #cost = 0;

  /**
   * @param path - where the value stands in the entry, such as `['payload', 'input']`
   * @param cleanNames - where names are remembered that the filters keep, if these always answer the same
   */
  constructor(path: readonly string[], cleanNames?: NameMemory) {
    this.#cleanNames = cleanNames;
    this.#path = [...path];
    // The entry is depth 1, and each member of the path one deeper.
    this.#baseDepth = path.length + 1;
  }

  /** Whether anything was changed. */
  get marked(): boolean {
    return this.#marked;
  }

  /**
   * Writes one member of the object that the path leads to.
   *
   * @param isContent - whether numbers in it may be somebody's, and the filter sees them, too
   * @param name - whose value it is, if it stands within content that is written in parts
   */
  member(key: string, value: unknown, filter: TextFilter = keepText, isContent = false, name?: string): string {
    this.#filter = filter;
    this.#filtersNumbers = isContent && filter !== keepText;
    this.#name = name;
    this.#path.push(key);
    const text = this.#write(value);
    this.#path.pop();
    return text;
  }

  #write(value: unknown): string {
    this.#cost++;
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return this.#number(value);
      case 'boolean':
        return value ? 'true' : 'false';
      case 'object':
        return value === null ? 'null' : this.#object(value);
      case 'bigint':
        this.#mark('bigint');
        return quote(this.#filter(`${value}`, this.#name));
      default:
        this.#mark(typeof value === 'undefined' ? 'undefined' : typeof value === 'function' ? 'function' : 'symbol');
        return 'null';
    }
  }

  #text(value: string): string {
    this.#cost += Math.min(value.length, MAX_TEXT_CHARS);
    if (isPlain(value)) {
      const kept = this.#filter(value, this.#name);
      return kept === value ? `"${value}"` : quote(kept);
    }
    let text = value;
    if (text.length > MAX_TEXT_CHARS) {
      this.#mark(`cut:${Buffer.byteLength(text)}`);
      text = withoutHalvedToken(text.slice(0, MAX_TEXT_CHARS));
    }
    if (!text.isWellFormed()) {
      this.#mark('surrogate');
      text = text.toWellFormed();
    }
    return quote(this.#filter(text, this.#name));
  }

  #number(value: number): string {
    if (!Number.isFinite(value)) {
      this.#mark('nonfinite');
      return `"${value}"`;
    }
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
      this.#mark('unsafe');
      return quote(this.#filter(`${value}`, this.#name));
    }
    if (Object.is(value, -0)) {
      this.#mark('negative_zero');
      return '0';
    }
    const text = `${value}`;
    if (!this.#filtersNumbers || (value < MIN_NUMBER && value > -MIN_NUMBER)) return text;
    const kept = this.#filter(text, this.#name);
    return kept === text ? text : quote(kept);
  }

  #object(value: object): string {
    if (this.#ancestors.includes(value)) return this.#nothing('cycle');
    if (this.#baseDepth + this.#ancestors.length + 1 > MAX_DEPTH) return this.#nothing('depth');
    this.#ancestors.push(value);
    const length = this.#path.length;
    try {
      if (Array.isArray(value)) return this.#array(value);
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype === Object.prototype) return this.#members(value as Readonly<Record<string, unknown>>);
      if (isBoxedPrimitive(value)) {
        // Member by member a boxed text would be letters, which no redactor knows again.
        return this.#write(value.valueOf());
      }
      if (value instanceof Error)
        return this.#members(
          Object.assign({} as Record<string, unknown>, value, { name: value.name, message: value.message }),
        );
      if (value instanceof URL) return this.#text(value.href);
      if (value instanceof Date) return this.#date(value);
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return this.#nothing('binary');
      if (value instanceof Map || value instanceof Set || value instanceof WeakMap || value instanceof WeakSet) {
        return this.#nothing('collection');
      }
      // A promise, say, or what keeps all that it has to itself: `{}` would say that there was nothing.
      if (Object.keys(value).length === 0 && !isPlainObject(prototype)) return this.#nothing('collection');
      return this.#members(value as Readonly<Record<string, unknown>>);
    } catch {
      // A getter or a proxy threw. The rest of the object goes with it; its neighbours stay.
      this.#path.length = length;
      return this.#nothing('getter');
    } finally {
      this.#ancestors.pop();
    }
  }

  #array(items: readonly unknown[]): string {
    const name = this.#name;
    let text = '';
    // By index: holes are `undefined`, and a caller's own iterator is not asked.
    for (let index = 0; index < items.length; index++) {
      if (this.#isSpent(text, items.length - index)) break;
      this.#path.push(index);
      this.#name = name;
      text += (index === 0 ? '' : ',') + this.#write(items[index]);
      this.#path.pop();
    }
    return `[${text}]`;
  }

  /** Whether so much is written that the rest is left out; then the mark says at least how large the whole was. */
  #isSpent(text: string, left: number): boolean {
    if (this.#cost < MAX_COST) return false;
    this.#mark(`cut:${Buffer.byteLength(text) + 2 * left}`);
    return true;
  }

  #date(date: Date): string {
    const millis = date.getTime();
    this.#mark('date');
    return Number.isNaN(millis) ? 'null' : `"${date.toISOString()}"`;
  }

  #members(object: Readonly<Record<string, unknown>>): string {
    const keys = Object.keys(object);
    const renamed = this.#renamed(keys);
    const { names, opening, labels } = memberOrder(renamed === undefined ? keys : [...renamed.keys()]);
    const above = this.#name;
    let text = opening;
    for (let index = 0; index < names.length; index++) {
      if (this.#isSpent(text, names.length - index)) {
        return index === 0 ? '{}' : `${text}}`;
      }
      const name = names[index] as string;
      this.#path.push(name);
      if (index > 0) text += labels[index] as string;
      const key = renamed?.get(name) ?? name;
      this.#name = memberName(key, above);
      text += this.#read(object, key);
      this.#path.pop();
    }
    return `${text}}`;
  }

  #read(object: Readonly<Record<string, unknown>>, key: string): string {
    let value: unknown;
    try {
      value = object[key];
    } catch {
      return this.#nothing('getter');
    }
    return this.#write(value);
  }

  /** New names by which keys are written, where one of them holds a lone surrogate or what a filter takes out. */
  #renamed(keys: readonly string[]): Map<string, string> | undefined {
    // Almost always none: then nothing is put together.
    if (this.#areKept(keys)) return undefined;
    const byName = new Map<string, string>();
    // Two addresses that became the same mark stay two members.
    const free = new FreeNames();
    for (const key of keys) byName.set(free.take(this.#written(key)), key);
    return byName;
  }

  #areKept(keys: readonly string[]): boolean {
    const clean = this.#filter === keepText ? undefined : this.#cleanNames;
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as string;
      if (clean?.has(key) === true) continue;
      if (!key.isWellFormed() || this.#filter(key) !== key) return false;
      if (clean !== undefined && key.length <= MAX_CLEAN_CHARS) clean.add(key);
    }
    return true;
  }

  #written(key: string): string {
    let name = key;
    if (!name.isWellFormed()) {
      this.#mark('surrogate');
      name = name.toWellFormed();
    }
    return this.#filter(name);
  }

  #nothing(kind: LossyKind): string {
    this.#mark(kind);
    return 'null';
  }

  #mark(what: LossyKind | `cut:${number}`): void {
    this.#marked = true;
    this.#cost += MARK_COST;
    this.marks[pointer(this.#path)] = what;
  }
}

/** Also of another realm: a prototype that has none itself. */
function isPlainObject(prototype: unknown): boolean {
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** By hand: a pattern anchored at the end alone is tried from every place of a text without white space, for seconds. */
function withoutHalvedToken(text: string): string {
  let end = text.length;
  while (end > 0 && text.length - end < MAX_HALVED_CHARS && /\S/.test(text[end - 1] ?? ' ')) end--;
  return text.slice(0, end);
}

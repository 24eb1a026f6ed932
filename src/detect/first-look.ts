import { DISGUISES } from './disguise.ts';

/**
 * Whether a text may hold anything at all: one pass over its characters, by tables. It says yes to every text in which
 * the pre-filter's regular expression finds something, and no to almost all others; over 1 kB of prose it takes a third
 * of the time of the expression, which has to try some hundred words at the start of each.
 */

/** Low five bits of a class: which letter it is, or what of the kinds that stand in triggers. */
const LETTER = 0x1f;
const DIGIT = 27;
const WIDE = 31;
const OTHERS: Readonly<Record<string, number>> = { '-': 28, ']': 29, ')': 29, '}': 29, '>': 29, '.': 30 };
/** Bits above: what a character may be part of. */
const IS_DIGIT = 0x20;
const PARTS_NUMBER = 0x40;
const IS_HEX = 0x80;
const IS_OCTET_SIGN = 0x100;
const IS_SUSPICIOUS = 0x200;
const IS_DOT = 0x400;

const IS_ASCII_LETTER = 0x800;
const IS_WIDE = 0x1000;

/** By byte of UTF-8. */
const CLASSES: Uint16Array = classes();

function classes(): Uint16Array {
  const table = new Uint16Array(256).fill(WIDE | IS_WIDE, 128);
  for (let code = 0; code < 128; code++) {
    const char = String.fromCharCode(code);
    const lower = char.toLowerCase();
    let kind = OTHERS[char] ?? 0;
    if (lower >= 'a' && lower <= 'z') kind = (lower.charCodeAt(0) - 0x60) | IS_ASCII_LETTER;
    if (lower >= 'a' && lower <= 'f') kind |= IS_HEX;
    if (char >= '0' && char <= '9') kind = DIGIT | IS_DIGIT | IS_HEX;
    if (/[\s.()/+-]/.test(char)) kind |= PARTS_NUMBER;
    if (char === '.') kind |= IS_DOT;
    if (char === ':' || char === '-') kind |= IS_OCTET_SIGN;
    if ('@%&\\'.includes(char)) kind |= IS_SUSPICIOUS;
    table[code] = kind;
  }
  return table;
}

/** Beyond ASCII, made at the first such character: most programs never meet all of them. */
let wide: Uint8Array | undefined;

function isDisguise(code: number): boolean {
  if (wide === undefined) {
    wide = new Uint8Array(0x10000);
    const disguise = new RegExp(`[${DISGUISES}]|\\s`);
    for (let each = 128; each < wide.length; each++) wide[each] = disguise.test(String.fromCharCode(each)) ? 1 : 0;
  }
  return wide[code] === 1;
}

/** From so many digits on a number may be one that is looked for. */
const MIN_DIGITS = 6;
/** Two signs, four digits between. */
const OCTET_CHARS = 5;
const MAX_SEPARATORS = 2;
const IPV4_DOTS = 3;

/** How often a letter stands in English, of a thousand: of a trigger its rarest four are looked for. */
const FREQUENCIES =
  'e127 t91 a82 o75 i70 n67 s63 h61 r60 d43 l40 c28 u28 m24 w24 f22 g20 y20 p19 b15 v10 k8 j2 x2 q1 z1';
const FREQUENCY: ReadonlyMap<string, number> = new Map(
  FREQUENCIES.split(' ').map((each) => [each.charAt(0), Number(each.slice(1))]),
);

/** Four classes of five bits are looked for together: a bit for each four. */
const GRAM = 4;
const GRAM_MASK = 0xfffff;
/** Before the start of a word stands none of its characters: a sign, or a letter beyond ASCII. */
const BOUNDARIES: readonly number[] = [0, ...new Set(Object.values(OTHERS)), WIDE];
const ANY: readonly number[] = Array.from({ length: LETTER + 1 }, (_, kind) => kind);

/** What is to be there behind a four that was seen. */
interface Trigger {
  /** Lower case. */
  readonly text: string;
  readonly isAscii: boolean;
  /** How many characters from its start the four ends. */
  readonly end: number;
  readonly startsWord: boolean;
  readonly endsWord: boolean;
}

/** The sign that {@link FirstLook} knows a whole word by, at its end. */
export const WHOLE_WORD = '\0';

export class FirstLook {
  readonly #grams = new Uint32Array((GRAM_MASK + 1) >>> 5);
  readonly #triggers = new Map<number, Trigger[]>();

  /**
   * One of the triggers stands in each text that is to be looked at; signs and shapes are known without. {@link
   * WHOLE_WORD} ends those behind which no letter and no digit may stand.
   *
   * @param words - that stand at the start of a word
   * @param anywhere - that stand anywhere
   */
  constructor(words: Iterable<string>, anywhere: Iterable<string>) {
    for (const word of words) this.#add(word.toLowerCase(), true);
    for (const trigger of anywhere) this.#add(trigger.toLowerCase(), false);
  }

  #add(written: string, startsWord: boolean): void {
    const endsWord = written.endsWith(WHOLE_WORD);
    const text = endsWord ? written.slice(0, -1) : written;
    const kinds = text.split('').map(kindOf);
    const trigger = { text, isAscii: !kinds.includes(WIDE), startsWord, endsWord };
    if (kinds.length >= GRAM) {
      let rarest = 0;
      for (let at = 1; at + GRAM <= kinds.length; at++) if (rarity(text, at) < rarity(text, rarest)) rarest = at;
      this.#set(kinds.slice(rarest, rarest + GRAM), { ...trigger, end: rarest + GRAM });
      return;
    }
    let heads: readonly (readonly number[])[] = (startsWord ? BOUNDARIES : ANY).map((kind) => [kind]);
    for (let length = kinds.length + 1; length < GRAM; length++) {
      heads = heads.flatMap((head) => ANY.map((kind) => [kind, ...head]));
    }
    for (const head of heads) this.#set([...head, ...kinds], { ...trigger, end: kinds.length });
  }

  #set(kinds: readonly number[], trigger: Trigger): void {
    const gram = kinds.reduce((last, kind) => (last << 5) | kind, 0);
    this.#grams[gram >>> 5]! |= 1 << (gram & 0x1f);
    const known = this.#triggers.get(gram);
    if (known === undefined) this.#triggers.set(gram, [trigger]);
    else known.push(trigger);
  }

  /** Whether a trigger stands there, of which the four that ends at a byte is a part. */
  #isThere(gram: number, last: number, written: number): boolean {
    return this.#triggers.get(gram)!.some(({ text, isAscii, end, startsWord, endsWord }) => {
      const start = last + 1 - end;
      // Of letters of several bytes the second look will tell.
      if (!isAscii) return true;
      for (let index = 0; index < text.length; index++) {
        const code = text.charCodeAt(index);
        const byte = start + index < written ? BYTES[start + index]! : 0;
        if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== code) return false;
      }
      // Behind an underscore a word begins, too.
      if (startsWord && start > 0 && isAlphanumeric(BYTES[start - 1]!) && isAlphanumeric(text.charCodeAt(0)))
        return false;
      const behind = start + text.length;
      return !endsWord || behind >= written || !isAlphanumeric(BYTES[behind]!);
    });
  }

  /** Never no where something is. */
  mayHold(text: string): boolean {
    if (text.length > MAX_CHARS) return true;
    if (text.length >= MIN_ID_CHARS && text.length <= MAX_ID_CHARS && ID.test(text)) return false;
    // Bytes are read in a third of the time that characters of a string take.
    const { written } = ENCODER.encodeInto(text, BYTES);
    const grams = this.#grams;
    let last = 0;
    // Places of the last ones, so that a letter, which most bytes are, changes nothing but `last`.
    let digitAt = NOWHERE;
    let partAt = NOWHERE;
    let signAt = NOWHERE;
    let digits = 0;
    let separators = 0;
    let dots = 0;
    for (let index = 0; index < written; index++) {
      const kind = CLASSES[BYTES[index]!]!;
      last = ((last << 5) | (kind & LETTER)) & GRAM_MASK;
      if (((grams[last >>> 5]! >>> (last & 0x1f)) & 1) === 1 && this.#isThere(last, index, written)) return true;
      if ((kind & IS_ASCII_LETTER) !== 0) {
        if (digitAt === index - 1 && !isOrdinal(index)) return true;
      } else if ((kind & IS_DIGIT) !== 0) {
        if (partAt !== index - 1 || separators > MAX_SEPARATORS) digits = 0;
        if (digits === 0) dots = 0;
        if (++digits >= MIN_DIGITS || dots >= IPV4_DOTS) return true;
        separators = 0;
        digitAt = partAt = index;
      } else if (kind > LETTER) {
        if ((kind & IS_SUSPICIOUS) !== 0) return true;
        // A number begins with a digit.
        if ((kind & PARTS_NUMBER) !== 0 && partAt === index - 1) {
          separators++;
          if ((kind & IS_DOT) !== 0) dots++;
          partAt = index;
        }
        if ((kind & IS_OCTET_SIGN) !== 0) {
          if (areHex(signAt, index)) return true;
          signAt = index;
        }
        if ((kind & IS_WIDE) !== 0) {
          const [code, length] = codeAt(index);
          if (isDisguise(code)) return true;
          index += length - 1;
        }
      }
    }
    return false;
  }
}

const NOWHERE = -8;

/** Whether between two signs stand four hex digits at most, and nothing else. */
function areHex(from: number, to: number): boolean {
  if (to - from > OCTET_CHARS) return false;
  for (let index = from + 1; index < to; index++) if ((CLASSES[BYTES[index]!]! & IS_HEX) === 0) return false;
  return true;
}

/** A UUID, or a time stamp of RFC 3339: nothing that is looked for. */
const ID =
  /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)$/i;
const MIN_ID_CHARS = 19;
const MAX_ID_CHARS = 36;

/** Longer texts are rare, and worth the second look. */
const MAX_CHARS = 16_384;
const BYTES = new Uint8Array(3 * MAX_CHARS);
const ENCODER = new TextEncoder();

/** The character of two bytes or three that begins there; of one of four bytes the first half of its pair. */
function codeAt(index: number): readonly [code: number, length: number] {
  const [first = 0, second = 0, third = 0] = BYTES.subarray(index, index + 3);
  if (first < 0xe0) return [((first & 0x1f) << 6) | (second & 0x3f), 2];
  if (first < 0xf0) return [((first & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f), 3];
  const head = ((first & 0x07) << 8) | ((second & 0x3f) << 2) | ((third & 0x30) >>> 4);
  return [0xd800 + head - 0x40, 4];
}

function isAlphanumeric(byte: number): boolean {
  return (CLASSES[byte]! & (IS_ASCII_LETTER | IS_DIGIT)) !== 0;
}

function kindOf(char: string): number {
  const code = char.charCodeAt(0);
  return code < 128 ? CLASSES[code]! & LETTER : WIDE;
}

function rarity(trigger: string, at: number): number {
  let product = 1;
  for (let index = at; index < at + GRAM; index++) product *= FREQUENCY.get(trigger.charAt(index)) ?? 1;
  return product;
}

/** `1st`, `2nd`, `3rd`, `4th`: its letters are no part of an identifier. */
function isOrdinal(at: number): boolean {
  const [first = 0, second = 0, behind = 0] = BYTES.subarray(at, at + 3);
  if (behind === 0x5f || isAlphanumeric(behind)) return false;
  return /^(?:st|nd|rd|th)$/i.test(String.fromCharCode(first, second));
}

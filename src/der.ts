/**
 * DER (X.690 §10): the one encoding that signatures over ASN.1 are made over. As strict as the definition: definite
 * lengths in the fewest bytes, nothing behind a value, so that a value has one spelling and what is read is all there is.
 * Only what certificates, time-stamps and requests for them are made of.
 */

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OBJECT_IDENTIFIER = 0x06;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;

/** Tag of a constructed `[n]`; primitive ones lack the bit 0x20. */
export function context(number: number): number {
  return 0xa0 | number;
}

/** Longest value that is read: an entry that holds one is shorter. */
const MAX_DER_BYTES = 1_048_576;

/** What is read is not DER, or not the type that stands there. Caught where the reading began. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly bytes: Uint8Array;
}

/** Reads values that stand one behind the other. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    if (bytes.length > MAX_DER_BYTES) throw new DerError(`more than ${MAX_DER_BYTES} bytes`);
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next value, whatever it is. */
  any(): DerValue {
    const start = this.#at;
    const tag = this.#byte();
    if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of several bytes');
    const length = this.#length();
    const from = this.#at;
    if (length > this.#bytes.length - from) throw new DerError('a value is cut off');
    this.#at = from + length;
    return {
      tag,
      content: this.#bytes.subarray(from, this.#at),
      bytes: this.#bytes.subarray(start, this.#at),
    };
  }

  /** The next value, which must be of this tag. */
  read(tag: number): DerValue {
    const value = this.any();
    if (value.tag !== tag)
      throw new DerError(`the tag 0x${value.tag.toString(16)} where 0x${tag.toString(16)} belongs`);
    return value;
  }

  /** The next value, if it is of this tag. */
  optional(tag: number): DerValue | undefined {
    return this.#bytes[this.#at] === tag ? this.any() : undefined;
  }

  /** What stands inside the next value. */
  inside(tag: number): DerReader {
    return new DerReader(this.read(tag).content);
  }

  /** After the last value: nothing may follow. */
  end(): void {
    if (!this.done) throw new DerError('something stands behind the last value');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new DerError('a value is cut off');
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count < 1 || count > 3) throw new DerError('a length that is none');
    let length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + this.#byte();
    if (length < (count === 1 ? 0x80 : 256 ** (count - 1)))
      throw new DerError('a length with more bytes than it takes');
    return length;
  }
}

/** The one value that bytes are. */
export function derValue(bytes: Uint8Array, tag: number): DerValue {
  const reader = new DerReader(bytes);
  const value = reader.read(tag);
  reader.end();
  return value;
}

/** All values inside of one. */
export function valuesIn(content: Uint8Array): DerValue[] {
  const reader = new DerReader(content);
  const values: DerValue[] = [];
  while (!reader.done) values.push(reader.any());
  return values;
}

/** Two's complement, big endian, in the fewest bytes. */
export function checkInteger(content: Uint8Array): Uint8Array {
  const [first, second] = content;
  if (first === undefined) throw new DerError('an integer without bytes');
  const isPadded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (isPadded) throw new DerError('an integer with more bytes than it takes');
  return content;
}

/** An integer from 0 to 2^31 − 1. */
export function smallInteger(content: Uint8Array): number {
  const bytes = checkInteger(content);
  if (bytes.length > 4 || (bytes[0] ?? 0) >= 0x80) throw new DerError('an integer out of range');
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

export function booleanOf(content: Uint8Array): boolean {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError('a boolean that is none');
  return content[0] === 0xff;
}

/** The bytes of a BIT STRING that is whole bytes, as keys and signatures are. */
export function wholeBits(content: Uint8Array): Uint8Array {
  if (content[0] !== 0) throw new DerError('a bit string that is no whole bytes');
  return content.subarray(1);
}

/** Dotted form of an OBJECT IDENTIFIER. */
export function oidOf(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  let isFirst = true;
  for (const [index, byte] of content.entries()) {
    if (isFirst && byte === 0x80) throw new DerError('an object identifier with more bytes than it takes');
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) throw new DerError('an object identifier out of range');
    isFirst = byte < 0x80;
    if (!isFirst) {
      if (index === content.length - 1) throw new DerError('an object identifier that is cut off');
      continue;
    }
    if (arcs.length === 0) {
      const top = Math.min(2, Math.floor(arc / 40));
      arcs.push(top, arc - 40 * top);
    } else {
      arcs.push(arc);
    }
    arc = 0;
  }
  if (arcs.length === 0) throw new DerError('an object identifier without bytes');
  return arcs.join('.');
}

const UTC_FORM = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_FORM = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d*[1-9]))?Z$/;

/** Unix milliseconds of a UTCTime or GeneralizedTime in the form of RFC 5280 §4.1.2.5 and RFC 3161 §2.4.2. */
export function timeOf({ tag, content }: DerValue): number {
  const text = String.fromCharCode(...content.subarray(0, 40));
  const [, year, month, day, hour, minute, second, fraction = ''] =
    (tag === UTC_TIME ? UTC_FORM : tag === GENERALIZED_TIME ? GENERALIZED_FORM : /(?!)/).exec(text) ?? [];
  if (year === undefined || content.length > 40) throw new DerError('a time that is none');
  const century = tag === UTC_TIME ? (Number(year) < 50 ? '20' : '19') : '';
  const iso = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const millis = Date.parse(iso);
  // A date that there is not, such as the 30th of February, is moved by Date, and read by nobody else.
  if (Number.isNaN(millis) || new Date(millis).toISOString() !== iso) throw new DerError('a time that is none');
  return millis;
}

/** A value of this tag around others, one behind the other. */
export function encodeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const lengthBytes: number[] = [];
  if (length < 0x80) lengthBytes.push(length);
  else {
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) lengthBytes.unshift(rest % 256);
    lengthBytes.unshift(0x80 | lengthBytes.length);
  }
  const bytes = new Uint8Array(1 + lengthBytes.length + length);
  bytes.set([tag, ...lengthBytes]);
  let at = 1 + lengthBytes.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** An unsigned number, big endian. */
export function encodeUnsigned(number: Uint8Array): Uint8Array {
  const from = number.findIndex((byte) => byte !== 0);
  const digits = from === -1 ? Uint8Array.of(0) : number.subarray(from);
  const sign = (digits[0] ?? 0) >= 0x80 ? [Uint8Array.of(0)] : [];
  return encodeDer(INTEGER, ...sign, digits);
}

export function encodeOid(dotted: string): Uint8Array {
  const [top = 0, second = 0, ...arcs] = dotted.split('.').map(Number);
  const content = [40 * top + second, ...arcs].flatMap((arc) => {
    const bytes = [arc % 128];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128));
    return bytes;
  });
  return encodeDer(OBJECT_IDENTIFIER, Uint8Array.from(content));
}

import { fc } from './fast-check.ts';

/** Names that trip serialisers: array indices, the prototype's, what `JSON.stringify` calls, what sorts oddly. */
const NAMES = [
  ['', '0', '1', '2', '9', '10', '01', '-1', '1.5', '4294967294', '4294967295', '9007199254740993'],
  ['__proto__', 'toJSON', 'constructor', 'hasOwnProperty', 'valueOf', 'length', 'a', 'A', 'aa', 'b'],
  ['\u0000', '\n', '\r', '"', '\\', '/', '\u007f', '\u0080', '\u00f6', '\u2028', '\u20ac'],
  // U+1F600 is D83D DE00 in UTF-16: before U+FB33 there, after it by code point.
  ['\u{1F600}', '\u{10FFFF}', '\uE000', '\uFB33', '\uFFFF'],
].flat();

/** Any text without lone surrogates, supplementary characters included. */
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom(...NAMES));

function writeNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}

/**
 * JSON texts, as text, so that `JSON.parse` makes the value: names like `__proto__` are then members like any other.
 * Members stand in any order, a name may come twice, strings and numbers are spelled as ECMAScript spells them.
 *
 * @param numbers - by default all finite numbers
 */
export function jsonTexts(
  numbers: fc.Arbitrary<number> = fc.double({ noNaN: true, noDefaultInfinity: true }),
): fc.Arbitrary<string> {
  const scalar = fc.oneof(
    fc.constantFrom('null', 'true', 'false', '-0', '0', '9007199254740991', '-9007199254740991'),
    fc.oneof(numbers, fc.integer(), fc.maxSafeInteger()).map(writeNumber),
    text.map((value) => JSON.stringify(value)),
  );
  return fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
    value: fc.oneof({ maxDepth: 6, withCrossShrink: true }, scalar, tie('array'), tie('object')),
    array: fc.array(tie('value'), { maxLength: 6 }).map((items) => `[${items.join(',')}]`),
    object: fc
      .array(fc.tuple(text, tie('value')), { maxLength: 8 })
      .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`),
  })).value;
}

/** Numbers that an entry may hold: within ±(2^53 - 1), integers or not. */
export const entryNumbers: fc.Arbitrary<number> = fc.double({
  noNaN: true,
  min: Number.MIN_SAFE_INTEGER,
  max: Number.MAX_SAFE_INTEGER,
});

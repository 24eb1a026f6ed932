import second from 'canonicalize';
import { fc } from './fast-check.ts';
import { canonicalize as oracle } from 'json-canonicalize';
import { describe, expect, it } from 'vitest';

import { canonicalBytes, canonicalize, isArray, isObject } from '../src/canonical.ts';
import type { JsonValue } from '../src/json.ts';
import { jsonTexts } from './json-text.ts';

function parse(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

/** A name in place of `toJSON` that no other name stands next to. */
const STAND_IN = 'toJSON\u0000';

/**
 * json-canonicalize 3.0.1 leaves objects with a member `toJSON` unsorted, even where it is data: it is given another
 * name that sorts in the same place, and the name is put back in the text.
 */
function oracleText(value: JsonValue): string {
  const rename = (part: JsonValue): JsonValue => {
    if (isArray(part)) return part.map(rename);
    if (!isObject(part)) return part;
    const members = Object.entries(part).map(([name, member]): [string, JsonValue] => [
      name === 'toJSON' ? STAND_IN : name,
      rename(member ?? null),
    ]);
    // Object.fromEntries defines own properties, `__proto__` too.
    return Object.fromEntries(members);
  };
  return oracle(rename(value)).replaceAll(`${JSON.stringify(STAND_IN)}:`, '"toJSON":');
}

describe('canonicalize', () => {
  it.each([
    ['null', 'null'],
    [' [ ] ', '[]'],
    ['{ }', '{}'],
    ['[ "" , [ ] , { } , 0 ]', '["",[],{},0]'],
    // Strings, §3.2.2.2: two-character escapes where JSON has them, \u00xx in lower case, nothing else escaped.
    [String.raw`"\u0008\u0009\u000A\u000c\u000D\u0022\u005c\/"`, String.raw`"\b\t\n\f\r\"\\/"`],
    [
      String.raw`"\u0000\u001F\u001b\u007F\u00e9\u2028\uD83D\uDE00"`,
      '"\\u0000\\u001f\\u001b\u007f\u00e9\u2028\u{1F600}"',
    ],
    // Numbers, §3.2.2.3.
    ['[-0, 1.0, 1E2, 100e-2, 0.000001, 0.0000001]', '[0,1,100,1,0.000001,1e-7]'],
    [
      '[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]',
      '[333333333.3333333,1e+30,4.5,0.002,1e-27]',
    ],
    ['[999999999999999999999, 1000000000000000000000]', '[1e+21,1e+21]'],
    [
      '[9007199254740991, 9007199254740993, 5e-324, 1.7976931348623157e308]',
      '[9007199254740991,9007199254740992,5e-324,1.7976931348623157e+308]',
    ],
    // Names, §3.2.3: by UTF-16 code units.
    [
      String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign","\u{1F600}":"Emoji: Grinning Face","\uFB33":"Hebrew Letter Dalet With Dagesh"}',
    ],
    ['{"b":1,"a":2,"aa":3,"A":4,"":5}', '{"":5,"A":4,"a":2,"aa":3,"b":1}'],
    // ECMAScript enumerates 2 before 10; "10" sorts before "2".
    ['{"2":1,"10":2,"1":3,"01":4,"-1":5}', '{"-1":5,"01":4,"1":3,"10":2,"2":1}'],
    [
      '{"z":{"__proto__":{"b":1,"a":2},"toJSON":"x","constructor":null}}',
      '{"z":{"__proto__":{"a":2,"b":1},"constructor":null,"toJSON":"x"}}',
    ],
    // The last of two members counts, as JSON.parse has it.
    ['{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'],
  ])('%s', (text, canonical) => {
    expect(canonicalize(parse(text))).toBe(canonical);
    expect(canonicalize(parse(canonical))).toBe(canonical);
  });

  it('leaves out members that are undefined', () => {
    expect(canonicalize({ b: undefined, a: 1, c: { d: undefined } })).toBe('{"a":1,"c":{}}');
  });

  it('agrees with json-canonicalize and canonicalize, and its text is a fixed point', () => {
    let count = 0;
    fc.assert(
      fc.property(jsonTexts(), (text) => {
        const value = parse(text);
        const canonical = canonicalize(value);
        expect(canonical).toBe(oracleText(value));
        expect(canonical).toBe(second(value));
        expect(canonicalize(parse(canonical))).toBe(canonical);
        expect(Buffer.from(canonicalBytes(value)).toString('utf8')).toBe(canonical);
        count++;
      }),
      { numRuns: 2_000 },
    );
    console.log(`RFC 8785: ${count} values as json-canonicalize and canonicalize write them`);
  });

  it('does not depend on the order of members', () => {
    const members = fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary' }), fc.nat()), { selector: ([name]) => name });
    const orders = members.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
    );
    fc.assert(
      fc.property(orders, ([one, other]) => {
        expect(canonicalize(Object.fromEntries(one))).toBe(canonicalize(Object.fromEntries(other)));
      }),
    );
  });
});

it.each([
  [[], true, false],
  [{}, false, true],
  [null, false, false],
  ['[]', false, false],
  [0, false, false],
  [undefined, false, false],
])('%j is an array: %s, an object: %s', (value: JsonValue | undefined, array, object) => {
  expect(isArray(value)).toBe(array);
  expect(isObject(value)).toBe(object);
});

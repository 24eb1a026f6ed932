import { fc } from '../fast-check.ts';
import { canonicalize as oracle } from 'json-canonicalize';
import { describe, expect, it } from 'vitest';

import { canonicalize } from '../../src/canonical.ts';
import { MAX_DEPTH } from '../../src/entry.ts';
import type { JsonValue } from '../../src/json.ts';
import { canonicalProblem, parseJson, type JsonProblem } from '../../src/verify/json.ts';
import { entryNumbers, jsonTexts } from '../json-text.ts';

const MAX_BYTES = 1_000_000;

const utf8 = new TextEncoder();

/** What a verifier finds wrong with bytes. */
function problemOf(bytes: Uint8Array, maxBytes = MAX_BYTES): JsonProblem | undefined {
  const parsed = parseJson(bytes, maxBytes);
  return parsed.ok ? canonicalProblem(parsed.value, parsed.text) : parsed.problem;
}

function problemOfText(text: string): JsonProblem | undefined {
  return problemOf(utf8.encode(text));
}

/**
 * Whether bytes that somebody changed are judged rightly: accepted means that they are the canonical text of what was
 * parsed, by our writer and by another one's, and `not_canonical` that they are not.
 */
function checkVerdict(bytes: Uint8Array): 'accepted' | 'rejected' {
  const parsed = parseJson(bytes, MAX_BYTES);
  if (!parsed.ok) return 'rejected';
  const problem = canonicalProblem(parsed.value, parsed.text);
  if (problem === 'not_canonical') expect(canonicalize(parsed.value)).not.toBe(parsed.text);
  if (problem !== undefined) return 'rejected';
  expect(canonicalize(parsed.value)).toBe(parsed.text);
  // json-canonicalize does not sort objects that have a member toJSON.
  if (!parsed.text.includes('"toJSON":')) expect(oracle(parsed.value)).toBe(parsed.text);
  expect(Buffer.from(utf8.encode(parsed.text)).equals(bytes)).toBe(true);
  return 'accepted';
}

/** All that canonical JSON consists of, and what it must not hold. */
const CHARACTERS = [
  ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)),
  '\uFEFF',
  '\u00e9',
  '\u{1F600}',
];

const LINE = canonicalize(
  JSON.parse(String.raw`{
    "10": [0, -1.5, 1e-7, 9007199254740991, true, false, null],
    "2": { "": {}, "\ufb33": "\ud83d\ude00", "\ud83d\ude00": [[]] },
    "__proto__": { "b": "data", "a": [] },
    "payload": { "data": { "\u2028": "\n\"\\\u0001\u007f", "amount": 12.5 }, "outcome": "ok" }
  }`) as JsonValue,
);

function nested(depth: number, open: string, close: string, core = ''): string {
  return open.repeat(depth) + core + close.repeat(depth);
}

describe('the problem of bytes that are not canonical JSON', () => {
  const cases: readonly (readonly [what: string, text: string, problem: JsonProblem | undefined])[] = [
    ['an object', '{"a":1,"b":[true,null]}', undefined],
    ['a scalar', '"x"', undefined],
    ['an escaped lone high surrogate', String.raw`"\ud800"`, 'surrogate'],
    ['an escaped lone low surrogate', String.raw`["\uDFFF"]`, 'surrogate'],
    ['a reversed pair', String.raw`"\ude00\ud83d"`, 'surrogate'],
    ['a lone surrogate in a name', String.raw`{"\ud800":1}`, 'surrogate'],
    ['a lone surrogate, and a number out of range', String.raw`[1e21,"\ud800"]`, 'surrogate'],
    ['an escaped pair', String.raw`"\ud83d\ude00"`, 'not_canonical'],
    ['an escaped backslash before ud800', String.raw`"\\ud800"`, undefined],
    ['2^53 - 1', '9007199254740991', undefined],
    ['-(2^53 - 1)', '-9007199254740991', undefined],
    ['2^53', '9007199254740992', 'number_range'],
    ['-(2^53)', '-9007199254740992', 'number_range'],
    ['2^53 + 1, which ECMAScript reads as 2^53', '[9007199254740993]', 'number_range'],
    ['2^53 spelled with an exponent', '9.007199254740992e15', 'number_range'],
    ['1e+21', '{"a":1e+21}', 'number_range'],
    ['-1e+21', '-1e+21', 'number_range'],
    ['a number beyond all doubles', '1e400', 'number_range'],
    ['the same, negative and deep', '{"a":[{"b":-1e400}]}', 'number_range'],
    ['2^53 - 1 with a fraction that is lost', '9007199254740991.3', 'not_canonical'],
    ['minus zero', '-0', 'not_canonical'],
    ['minus zero in an array', '[-0]', 'not_canonical'],
    ['minus zero with a fraction', '-0.0', 'not_canonical'],
    ['1.0', '1.0', 'not_canonical'],
    ['1E0', '1E0', 'not_canonical'],
    ['1e-7', '1e-7', undefined],
    ['0.0000001', '0.0000001', 'not_canonical'],
    ['a number too small for a double', '1e-400', 'not_canonical'],
    ['a number of more digits than a double has', '0.10000000000000000001', 'not_canonical'],
    ['a name twice', '{"a":1,"a":1}', 'not_canonical'],
    ['a name twice, other values', '{"a":2,"a":1}', 'not_canonical'],
    ['__proto__ twice', '{"__proto__":{},"__proto__":{}}', 'not_canonical'],
    ['a name twice, once escaped', String.raw`{"a":1,"\u0061":1}`, 'not_canonical'],
    ['__proto__', '{"__proto__":{"a":1},"toJSON":{"b":2}}', undefined],
    ['names in another order', '{"b":1,"a":1}', 'not_canonical'],
    ['names in another order, deep', '[{"a":[{"b":1,"a":1}]}]', 'not_canonical'],
    ['integer-like names in canonical order', '{"10":1,"2":1}', undefined],
    ['integer-like names in numeric order', '{"2":1,"10":1}', 'not_canonical'],
    ['integer-like names behind others', '{"a":1,"1":1}', 'not_canonical'],
    ['supplementary names by UTF-16', '{"\u{1F600}":1,"\uFB33":2}', undefined],
    ['supplementary names by code point', '{"\uFB33":2,"\u{1F600}":1}', 'not_canonical'],
    ['a space', '{"a": 1}', 'not_canonical'],
    ['a space before', ' {}', 'not_canonical'],
    ['a line feed behind', '{}\n', 'not_canonical'],
    ['a carriage return behind, of a CRLF file', '{}\r', 'not_canonical'],
    ['CRLF inside', '{\r\n}', 'not_canonical'],
    ['a character that needs no escape', String.raw`"\u0061"`, 'not_canonical'],
    ['a solidus escaped', String.raw`"\/"`, 'not_canonical'],
    ['an escape in upper case', String.raw`"\u001F"`, 'not_canonical'],
    ['a long escape for a short one', String.raw`"\u000a"`, 'not_canonical'],
    ['U+2028 escaped', String.raw`"\u2028"`, 'not_canonical'],
    ['a byte-order mark', '\uFEFF{}', 'not_json'],
    ['nothing', '', 'not_json'],
    ['two values', '{}{}', 'not_json'],
    ['a comma too many', '[1,]', 'not_json'],
    ['a comment', '{}/**/', 'not_json'],
    ['NaN', 'NaN', 'not_json'],
    ['a raw line feed in a string', '"\n"', 'not_json'],
    ['a raw NUL', '"\u0000"', 'not_json'],
    ['arrays as deep as allowed', nested(MAX_DEPTH, '[', ']'), undefined],
    ['objects as deep as allowed', nested(MAX_DEPTH, '{"a":', '}', '0'), undefined],
    ['arrays one deeper', nested(MAX_DEPTH + 1, '[', ']'), 'too_deep'],
    ['objects one deeper', nested(MAX_DEPTH + 1, '{"a":', '}', '0'), 'too_deep'],
    ['both in turn, one deeper', nested(MAX_DEPTH / 2, '[{"a":', '}]', '[]'), 'too_deep'],
    ['as deep as allowed, twice', `[${nested(MAX_DEPTH - 1, '[', ']')},${nested(MAX_DEPTH - 1, '[', ']')}]`, undefined],
    ['one deeper behind a flat part', `[[],[],{},"[",${nested(MAX_DEPTH, '[', ']')}]`, 'too_deep'],
    ['20,000 arrays', nested(20_000, '[', ']'), 'too_deep'],
    ['20,000 objects', nested(20_000, '{"a":', '}', '0'), 'too_deep'],
    ['20,000 arrays that are never closed', '['.repeat(20_000), 'too_deep'],
    [
      '20,000 arrays behind a string that ends in a backslash',
      String.raw`["\\",${nested(20_000, '[', ']')}]`,
      'too_deep',
    ],
    ['20,000 arrays behind a string with a quote', String.raw`["\"",${nested(20_000, '[', ']')}]`, 'too_deep'],
    ['20,000 arrays behind as many closings', nested(20_000, ']', '['), 'not_json'],
    ['20,000 arrays one beside the other', `[${Array.from({ length: 20_000 }, () => '[]').join(',')}]`, undefined],
    ['20,000 brackets in a string', `"${'[{'.repeat(10_000)}"`, undefined],
    ['20,000 brackets in a string with quotes', JSON.stringify(`"${'["{'.repeat(10_000)}\\`), undefined],
  ];

  it.each(cases)('%s', (_, text, problem) => {
    expect(problemOfText(text)).toBe(problem);
  });

  const notUtf8: readonly (readonly [what: string, bytes: readonly number[]])[] = [
    ['a raw lone surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a raw surrogate pair (CESU-8)', [0x22, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80, 0x22]],
    ['an overlong quote', [0xc0, 0xa2]],
    ['a lone continuation byte', [0x22, 0x80, 0x22]],
    ['a sequence cut short', [0x22, 0xe2, 0x82]],
    ['a code point beyond U+10FFFF', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    ['the byte FF', [0xff]],
  ];

  it.each(notUtf8)('%s is not UTF-8', (_, bytes) => {
    expect(problemOf(Uint8Array.from(bytes))).toBe('not_utf8');
    // A decoder that kept something of it would spoil the next line.
    expect(problemOfText('{}')).toBeUndefined();
  });

  it('is length before anything else', () => {
    expect(problemOf(utf8.encode('"\u20ac"'), 5)).toBeUndefined();
    expect(problemOf(utf8.encode('"\u20ac"'), 4)).toBe('too_long');
    expect(problemOf(new Uint8Array(10).fill(0xff), 9)).toBe('too_long');
    expect(problemOf(utf8.encode('['.repeat(20_000)), 19_999)).toBe('too_long');
  });

  it('is UTF-8 before depth', () => {
    expect(problemOf(Uint8Array.from([...utf8.encode('['.repeat(100)), 0xff]))).toBe('not_utf8');
  });

  it('is found for a raw lone surrogate in a text, too', () => {
    // Bytes cannot hold one; a caller with a text of its own could.
    expect(canonicalProblem('\ud800', '"\ud800"')).toBe('not_canonical');
    expect(canonicalProblem({ '\ud800': 1 }, '{"\ud800":1}')).toBe('not_canonical');
  });
});

describe('canonical text', () => {
  it('has no problem', () => {
    fc.assert(
      fc.property(jsonTexts(entryNumbers), (text) => {
        const value = JSON.parse(text) as JsonValue;
        const canonical = canonicalize(value);
        expect(problemOfText(canonical)).toBeUndefined();
        expect(problemOfText(text)).toBe(text === canonical ? undefined : 'not_canonical');
      }),
      { numRuns: 2_000 },
    );
  });

  it('has the problem number_range if any of its numbers is out of range', () => {
    fc.assert(
      fc.property(jsonTexts(), (text) => {
        const canonical = canonicalize(JSON.parse(text) as JsonValue);
        let outOfRange = false;
        JSON.parse(canonical, (_, value: unknown) => {
          if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) outOfRange = true;
          return value;
        });
        expect(problemOfText(canonical)).toBe(outOfRange ? 'number_range' : undefined);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is told from any other spelling of its value, also from one that is as long', () => {
    // Shorter numbers make up for white space, escapes and members that are lost to a later one of the same name.
    const number = fc.constantFrom('1e2', '100', '1e3', '1E5', '100000', '-0', '0', '1.0', '1e-7', '0.0000001', '7');
    const space = fc.constantFrom('', '', '', ' ', '  ', '\n');
    const name = fc.constantFrom('a', 'a100', 'b', '2', '10', 'aa', '__proto__', String.raw`\u0061`, String.raw`\"`);
    const string = fc.constantFrom(
      'x',
      '100',
      '1e2',
      '","',
      String.raw`\u0031`,
      String.raw`\\`,
      String.raw`\/`,
      '1,"b":2',
    );
    const scalar = fc.oneof(
      number,
      string.map((text) => `"${text}"`),
    );
    const member = fc
      .tuple(space, name, space, scalar, space)
      .map(([before, key, between, value, after]) => `${before}"${key}":${between}${value}${after}`);
    const object = fc.array(member, { minLength: 1, maxLength: 5 }).map((members) => `{${members.join(',')}}`);
    const array = fc
      .array(fc.oneof(object, scalar), { minLength: 1, maxLength: 4 })
      .map((items) => `[${items.join(',')}]`);
    let ofOneLength = 0;
    fc.assert(
      fc.property(fc.oneof(object, array), (text) => {
        let value: JsonValue;
        try {
          value = JSON.parse(text) as JsonValue;
        } catch {
          return;
        }
        const canonical = canonicalize(value);
        if (text !== canonical && text.length === canonical.length) ofOneLength++;
        expect(problemOfText(text)).toBe(text === canonical ? undefined : 'not_canonical');
      }),
      { numRuns: 20_000 },
    );
    expect(ofOneLength).toBeGreaterThan(100);
  });

  it('that was edited in one place is rejected, or is the canonical text of what it says now', () => {
    const edits = { accepted: 0, rejected: 0 };
    const edit = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('insert', 'replace', 'delete', 'repeat', 'swap'),
      character: fc.constantFrom(...CHARACTERS),
    });
    fc.assert(
      fc.property(jsonTexts(entryNumbers), fc.array(edit, { minLength: 10, maxLength: 30 }), (text, list) => {
        const characters = Array.from(canonicalize(JSON.parse(text) as JsonValue));
        for (const { at: anywhere, kind, character } of list) {
          const at = anywhere % characters.length;
          const [here = '', next = ''] = characters.slice(at, at + 2);
          const edited =
            kind === 'insert'
              ? characters.toSpliced(at, 0, character)
              : kind === 'replace'
                ? characters.with(at, character)
                : kind === 'delete'
                  ? characters.toSpliced(at, 1)
                  : kind === 'repeat'
                    ? characters.toSpliced(at, 0, here)
                    : characters.toSpliced(at, 2, next, here);
          edits[checkVerdict(utf8.encode(edited.join('')))]++;
        }
      }),
      { numRuns: 1_000 },
    );
    expect(edits.accepted).toBeGreaterThan(0);
    console.log(
      `Canonical JSON: ${edits.rejected} edits rejected, ${edits.accepted} are canonical texts of other values`,
    );
  });

  it('of one line: every edit of one character and every flipped bit', () => {
    const edits = { accepted: 0, rejected: 0 };
    const characters = Array.from(LINE);
    expect(problemOfText(LINE)).toBeUndefined();
    for (const at of characters.keys()) {
      edits[checkVerdict(utf8.encode(characters.toSpliced(at, 1).join('')))]++;
      for (const character of CHARACTERS) {
        edits[checkVerdict(utf8.encode(characters.with(at, character).join('')))]++;
        edits[checkVerdict(utf8.encode(characters.toSpliced(at, 0, character).join('')))]++;
      }
    }
    const bytes = utf8.encode(LINE);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit % 8));
      edits[checkVerdict(flipped)]++;
    }
    console.log(`Canonical JSON: of one line, ${edits.rejected} edits rejected, ${edits.accepted} canonical texts`);
  });
});

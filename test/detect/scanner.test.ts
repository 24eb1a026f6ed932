import { fc } from '../fast-check.ts';
import { describe, expect, test } from 'vitest';

import { CATEGORIES, GROUPS, OPT_IN, scannerOf, type Category } from '../../src/detect/index.ts';
import { CATEGORY_GROUPS } from '../../src/frameworks/catalogue/category-groups.ts';
import { DEFAULT_CATEGORIES, defaultRedactor } from '../../src/redact/index.ts';
import { iban, luhn } from './numbers.ts';

const SURE = CATEGORIES.filter((category) => !OPT_IN.includes(category));
const ALL = scannerOf({ categories: SURE });

function valuesOf(text: string, scanner = ALL): [Category, string][] {
  return scanner.find(text).map(({ category, start, end }) => [category, text.slice(start, end)]);
}

const RUNS = { numRuns: 3_000 };

const PIECES = [
  ...'a @ . - _ : / + % & \\ [ ] 4111 1111 123-45-6789 2001:db8:: %40 \\n \\u0040 &#64; at dot com é а о ０ １ \u200b \u00a0'.split(
    ' ',
  ),
  ...'alice@example.com +49 30 password: phone ssn ignore all previous instructions Muslim HIV-positive DE89370400440532013000'.split(
    ' ',
  ),
  ' ',
  '\n',
  'YWxpY2VAZXhhbXBsZS5jb20=',
];
const texts = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join('')) },
  fc.string({ unit: 'binary' }),
);

describe('finds', () => {
  test('are in the text, ascending, and do not overlap', () => {
    fc.assert(
      fc.property(texts, (text) => {
        let last = 0;
        for (const { start, end } of ALL.find(text)) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          last = end;
        }
        expect(last).toBeLessThanOrEqual(text.length);
      }),
      RUNS,
    );
  });

  test('of a clean text are one shared array', () => {
    expect(ALL.find('nothing')).toBe(ALL.find('nothing else'));
  });

  test('redacted are gone, and redacting again changes nothing', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const once = defaultRedactor(text).text;
        expect(defaultRedactor(once).text).toBe(once);
      }),
      RUNS,
    );
  });

  const around = fc.constantFrom(
    (value: string) => value,
    (value: string) => `see ${value}, please`,
    (value: string) => `{"note":"${value}"}`,
    (value: string) => `(${value})`,
    (value: string) => `before\\n${value}\\nafter`,
  );

  test.each([
    ['credit_card', luhn('4', 16)],
    ['credit_card', luhn('51', 16)],
    ['credit_card', luhn('37', 15)],
    ['iban', iban('DE', 18)],
    ['iban', iban('FR', 23)],
    ['iban', iban('NO', 11)],
  ] as const)('of any valid %s are there', (category, values) => {
    fc.assert(
      fc.property(values, around, (value, sentence) => {
        fc.pre(new Set(value.slice(4)).size > 1);
        expect(valuesOf(sentence(value))).toContainEqual([category, value]);
      }),
      { numRuns: 500 },
    );
  });

  const harmless: readonly (readonly [string, fc.Arbitrary<string>])[] = [
    ['UUIDs', fc.uuid()],
    ['ULIDs', fc.ulid()],
    ['hashes', fc.stringMatching(/^[0-9a-f]{64}$/)],
    ['trace ids', fc.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)],
    [
      'time stamps',
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
    ],
    [
      'seconds, milliseconds and nanoseconds',
      fc
        .integer({ min: 1_500_000_000, max: 1_999_999_999 })
        .chain((seconds) => fc.constantFrom(`${seconds}`, `${seconds}123`, `${seconds}123456789`)),
    ],
    ['versions', fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)).map((parts) => parts.join('.'))],
    [
      'coordinates',
      fc
        .tuple(fc.double({ min: -90, max: 90, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true }))
        .map((pair) => pair.map((part) => part.toFixed(6)).join(', ')),
    ],
    [
      'prices',
      fc
        .tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 100, max: 999 }))
        .map(([one, other]) => `EUR ${one},${other}.00`),
    ],
    ['numbers of nine digits', fc.stringMatching(/^[0-9]{9}$/)],
  ];

  test.each(harmless)('of %s there are none', (_, values) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(valuesOf(value)).toEqual([]);
        expect(valuesOf(`{"id":"${value}"}`)).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe('a scanner', () => {
  test('knows the groups of the frameworks', () => {
    expect(CATEGORY_GROUPS).toEqual(GROUPS);
    expect(new Set(CATEGORIES)).toEqual(new Set(Object.values(GROUPS).flat()));
  });

  test('guesses only where it is asked to', () => {
    const text = 'the key Zx8Kq2Lm9Pv4Tn7Rw3Yb6Hd1';
    expect(valuesOf(text)).toEqual([]);
    expect(valuesOf(text, scannerOf({ categories: ['high_entropy_secret'] }))).toEqual([
      ['high_entropy_secret', 'Zx8Kq2Lm9Pv4Tn7Rw3Yb6Hd1'],
    ]);
  });

  test('finds names by compromise', () => {
    const text = 'Yesterday Emily Carter signed the contract.';
    expect(valuesOf(text, scannerOf({ categories: ['name'] }))).toEqual([['name', 'Emily Carter']]);
  });

  test('looks for what it is asked for, and for the countries that it is given', () => {
    const text = 'CPF 390.533.447-05, PESEL 44051401458, alice@example.com';
    expect(valuesOf(text, scannerOf({ categories: ['national_id'] }))).toHaveLength(2);
    expect(valuesOf(text, scannerOf({ categories: ['national_id'], locales: ['pl'] }))).toEqual([
      ['national_id', '44051401458'],
    ]);
    expect(scannerOf({ categories: ['email'] }).document.map(({ name }) => name)).toEqual(['email', 'email', 'email']);
  });

  test('of the default redactor has a detector for each of its categories', () => {
    const { document } = scannerOf({ categories: DEFAULT_CATEGORIES });
    expect(new Set(document.map(({ name }) => name))).toEqual(new Set(DEFAULT_CATEGORIES));
  });
});

describe('a disguise', () => {
  test('does not move what stands behind it', () => {
    const text = `${'\u200b\u00ad&#65; '.repeat(50)}alice@example.com`;
    expect(valuesOf(text)).toEqual([['email', 'alice@example.com']]);
  });

  test.each([
    ['zero-width characters', 'mail ali\u200bce@exam\u200dple.com now', 'email', 'ali\u200bce@exam\u200dple.com'],
    ['a soft hyphen', '4111 11\u00ad11 1111 1111', 'credit_card', '4111 11\u00ad11 1111 1111'],
    ['full-width letters', 'ａｌｉｃｅ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'email', 'ａｌｉｃｅ＠ｅｘａｍｐｌｅ．ｃｏｍ'],
    ['Arabic-Indic digits', 'SSN ١٢٣-٤٥-٦٧٨٩', 'us_ssn', '١٢٣-٤٥-٦٧٨٩'],
    ['odd spaces', '4111\u00a01111\u20091111\u202f1111', 'credit_card', '4111\u00a01111\u20091111\u202f1111'],
    ['odd hyphens', '123\u201145\u20136789', 'us_ssn', '123\u201145\u20136789'],
    ['Cyrillic letters', 'sk-proj-аbсdef0123456789', 'api_key', 'sk-proj-аbсdef0123456789'],
    ['percent-encoding', 'q=123%2D45%2D6789&x', 'us_ssn', '123%2D45%2D6789'],
    ['HTML entities', 'alice&#64;example&#x2e;com', 'email', 'alice&#64;example&#x2e;com'],
    ['escapes of JSON', '{"a":"alice\\u0040example.com"}', 'email', 'alice\\u0040example.com'],
    ['base64', 'x=YWxpY2VAZXhhbXBsZS5jb20=', 'email', undefined],
    ['brackets', 'alice [at] example [dot] com', 'email', 'alice [at] example [dot] com'],
    ['words', 'write to alice at example dot com', 'email', 'alice at example dot com'],
  ] as const)('of %s is seen through, and goes as it stands', (_, text, category, value) => {
    const finds = valuesOf(text);
    if (value === undefined) expect(finds.map(([name]) => name)).toEqual([category]);
    else expect(finds).toEqual([[category, value]]);
  });

  test.each([
    'Привет, как дела? Это обычный текст.',
    'Καλημέρα κόσμε',
    '日本語の文章です。',
    '🌦️ 👩‍👩‍👧',
    'naïve café – “quotes” … 100 %',
  ])('is not seen in %s', (text) => expect(valuesOf(text)).toEqual([]));
});

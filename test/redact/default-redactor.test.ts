import { fc } from '../fast-check.ts';
import { describe, expect, test } from 'vitest';
import { scannerOf } from '../../src/detect/index.ts';
import { DEFAULT_CATEGORIES, defaultRedactor, type Redactor } from '../../src/redact/index.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';
const ADDRESS = 'alice@example.com';
const SCANNER = scannerOf({ categories: DEFAULT_CATEGORIES });
const RUN = 'Z9'.repeat(20);

/** Pieces of which finds, near misses and their joints are made: far denser than any text. */
const PIECES: readonly string[] = [
  ...String.raw`a n b1 com git é 日本 🌦️ . - _ + = / | : @ %40 " ' \ \n \u00f6 \u003c %20 %2B %C3%B6 [ ] -----`.split(
    ' ',
  ),
  ...'[redacted:email] [redacted: x.co 2x. 1.2. xn--p1ai mailto: https:// :// user: authorization":"'.split(' '),
  ...'abcdef abc123 1234567890 sk- sk-proj- eyJ eyJhbGciOiJIUzI1NiJ9 .eyJzdWIiOiIxIn0 AKIA IOSFODNN7EXAMPLE'.split(' '),
  ...'AIza ghp_ github_pat_ xoxb- hf_ sk_live_ rk_test_ MIIEvQIBADANBgkqhkiG9w0BAQEF secretAccessKey":"'.split(' '),
  ADDRESS,
  JWT,
  RUN,
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  ...'Bearer ¦bearer ¦Authorization: ¦ ¦\n¦\r\n¦\t¦-----BEGIN PRIVATE KEY-----¦-----END PRIVATE KEY-----'.split('¦'),
];

const dense = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(''));
const texts = fc.oneof({ weight: 8, arbitrary: dense }, fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
const RUNS = { numRuns: 20_000 };

/** How many replacements stand in a text. */
function written(text: string): number {
  return text.split('[redacted:').length - 1;
}

describe('for any text', () => {
  test('redacting again changes nothing and reports nothing', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const once = defaultRedactor(text).text;
        expect(defaultRedactor(once)).toEqual({ text: once, categories: [] });
      }),
      RUNS,
    );
  });

  test('there are categories if and only if the text changed, each known, once, and in order', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const redaction = defaultRedactor(text);
        expect(redaction.categories.length > 0).toBe(redaction.text !== text);
        expect(redaction.categories).toEqual(DEFAULT_CATEGORIES.filter((name) => redaction.categories.includes(name)));
      }),
      RUNS,
    );
  });

  test('what stands in place of a find has its category', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const redaction = defaultRedactor(text);
        expect(written(redaction.text) - written(text)).toBeGreaterThanOrEqual(redaction.categories.length > 0 ? 1 : 0);
        if (written(text) > 0) return;
        for (const [, name] of redaction.text.matchAll(/\[redacted:([a-z_]+)\]/g)) {
          expect(redaction.categories).toContain(name);
        }
      }),
      RUNS,
    );
  });

  test('nothing is left that would be found', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const redacted = defaultRedactor(text).text;
        expect(SCANNER.find(redacted)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('an address that a find kept from being one is found when that is gone', () => {
    const text = `secretAccessKey":"://${'Z9'.repeat(20)}_alice@example.com`;
    const { text: redacted, categories } = defaultRedactor(text);
    expect(redacted).not.toContain('alice@example.com');
    expect(categories).toEqual(['email', 'aws_key']);
    expect(defaultRedactor(redacted).text).toBe(redacted);
  });

  test('a unique value is nowhere in the result', () => {
    const word = fc.stringMatching(/^[a-z]{12}[0-9]{6}$/);
    const around = fc.constantFrom('', ' ', '\n', '\r\n', '"', '<', '(', ',', '\\n', '=');
    const shapes: ((value: string) => string)[] = [
      (value) => `${value}@example.com`,
      (value) => `sk-${value}`,
      (value) => `sk-proj-${value}`,
      (value) => `Bearer ${value}`,
      (value) => `https://user:${value}@example.com/`,
      (value) => `eyJhbGciOiJIUzI1NiJ9.eyJ${value}.${value}`,
      (value) => `xoxb-${value}`,
      (value) => `ghp_${value}${value}`,
    ];
    fc.assert(
      fc.property(word, fc.constantFrom(...shapes), around, around, (value, shape, before, after) => {
        expect(defaultRedactor(before + shape(value) + after).text).not.toContain(value);
      }),
      RUNS,
    );
  });

  test('JSON stays JSON', () => {
    fc.assert(
      // A private key may begin in one string and end in another: what is between them is not JSON any more.
      fc.property(
        texts.filter((text) => !text.includes('-----')),
        (text) => {
          const json = JSON.stringify({ arguments: JSON.stringify({ text }), list: [text, 1] });
          expect(() => JSON.parse(defaultRedactor(json).text)).not.toThrow();
        },
      ),
      RUNS,
    );
  });
});

describe('more than one find', () => {
  test('each is replaced, and its category is told once', () => {
    expect(defaultRedactor(`${ADDRESS}, bob@example.org and sk-abc123\r\nthen ${ADDRESS}\nend`)).toEqual({
      text: '[redacted:email], [redacted:email] and [redacted:api_key]\r\nthen [redacted:email]\nend',
      categories: ['email', 'api_key'],
    });
  });

  test.each([
    ['a JWT as a bearer token', `Bearer ${JWT}`, 'Bearer [redacted:bearer_token]', ['bearer_token']],
    ['an API key as a bearer token', 'Bearer sk-abc123', 'Bearer [redacted:bearer_token]', ['bearer_token']],
    ['an address that begins as a token', `Bearer x1.${ADDRESS}`, 'Bearer [redacted:bearer_token]', ['bearer_token']],
    [
      'an address beside a token',
      `Bearer abc123,${ADDRESS}`,
      'Bearer [redacted:bearer_token],[redacted:email]',
      ['email', 'bearer_token'],
    ],
    [
      'a token as a password',
      `https://x:ghp_${RUN}@github.com`,
      'https://x:[redacted:github_token]@github.com',
      ['github_token'],
    ],
    [
      'a token as a user',
      `https://ghp_${RUN}@github.com`,
      'https://[redacted:github_token]@github.com',
      ['github_token'],
    ],
    ['two addresses that share a part', 'a@b.example@c.example', '[redacted:email]', ['email']],
    [
      'a key in a private key',
      '-----BEGIN PRIVATE KEY-----\nsk-abc123\n-----END PRIVATE KEY-----',
      '[redacted:private_key]',
      ['private_key'],
    ],
    [
      'two private keys',
      '-----BEGIN PRIVATE KEY-----\nQQ==\n-----END PRIVATE KEY----------BEGIN PRIVATE KEY-----\nQg==\n-----END PRIVATE KEY-----',
      '[redacted:private_key][redacted:private_key]',
      ['private_key'],
    ],
  ])('%s', (_, text, redacted, categories) => {
    expect(defaultRedactor(text)).toEqual({ text: redacted, categories });
  });

  test('a text that already has a replacement keeps it, and the rest is redacted', () => {
    expect(defaultRedactor(`[redacted:email] ${ADDRESS} [redacted:phone]`)).toEqual({
      text: '[redacted:email] [redacted:email] [redacted:phone]',
      categories: ['email'],
    });
  });
});

/** One of a user's own. */
const ownRedactor: Redactor = (text, field) => (field.member === 'note' ? defaultRedactor(text) : text);

test('a redactor of the user can call it', () => {
  expect(ownRedactor(ADDRESS, { type: 'decision', member: 'note', withholdable: false })).toEqual({
    text: '[redacted:email]',
    categories: ['email'],
  });
});

import { expect, test } from 'vitest';
import { CATEGORIES, OPT_IN, scannerOf } from '../../src/detect/index.ts';
import { DETECTORS } from '../../src/detect/scanner.ts';
import { defaultRedactor } from '../../src/redact/index.ts';

const ALL = scannerOf({ categories: CATEGORIES.filter((category) => !OPT_IN.includes(category)) });

/**
 * An attacker who writes what a model reads chooses these texts. Each is grown four times and again: a pattern that
 * reads the same characters over and over takes sixteen times as long, or never ends; it is stopped at the first step.
 */

const KEY = '-----BEGIN PRIVATE KEY-----';

/** What is repeated, and what stands once before and after it. */
const HOSTILE: readonly (readonly [unit: string, before?: string, after?: string])[] = [
  ['a', '', '@'],
  ['a', '', '@x.co'],
  ['a', '@'],
  ['a', 'a@'],
  ['a', 'a@a.'],
  ['@'],
  ['a@'],
  ['a@a.'],
  ['@a.co'],
  ['.', 'a@a'],
  ['.', '', '@x.co'],
  ['a.', '', '@x.co'],
  ['a.', '', '@'],
  ['a.', 'a@', '1'],
  ['a.', 'https://', '@x.co'],
  [`${'a.'.repeat(120)}@`],
  [`${'a.'.repeat(120)}@1.`],
  [`://${'a.'.repeat(120)}@x.co `],
  ['é.', '', '@x.co'],
  ['-', 'a@a', '.co'],
  ['%40'],
  ['a%40'],
  ['%2B', '', '%40x.co'],
  ['%C3%B6', '', '%40x.co'],
  ['\\u00f6', '', '@x.co'],
  ['\\n@'],
  ['git@'],
  ['://', '@'],
  ['://a:', '', '@'],
  ['://a:b', '', '@'],
  [':', '://', '@'],
  ['a', '://a:', '@'],
  ['[redacted:', '://a:', '@'],
  ['sk-'],
  [' sk-'],
  ['\\nsk-'],
  ['%20sk-'],
  ['a-', 'sk-'],
  ['a', 'sk-'],
  ['1a-', 'sk-'],
  ['1a', 'sk--'],
  ['sk-abc12'],
  ['sk-proj-'],
  ['sk-proj-a '],
  ['sk_live_'],
  ['hf_'],
  [`hf_${'a'.repeat(29)} `],
  ['Bearer '],
  ['Bearer'],
  ['Bearer \t'],
  [' ', 'Bearer', 'x'],
  ['a', 'Bearer '],
  ['.', 'Bearer a1'],
  ['=', 'Bearer abc123'],
  ['a.', 'Bearer '],
  ['Authorization: Bearer '],
  ['Authorization: Bearer a '],
  [':', 'Authorization', 'Bearer abc'],
  ['eyJ'],
  ['eyJ-'],
  ['eyJ.'],
  ['eyJaaaaaaaa.'],
  ['eyJaaaaaaaa.eyJ'],
  ['a', 'eyJ'],
  ['.', 'eyJaaaaaaaa'],
  ['\\neyJaaaaaaaa'],
  [' KEY-----eyJaaaaaaaa'],
  ['KEY-----eyJaaaaaaaa'],
  [KEY],
  [`${KEY}\n`],
  [`${KEY}\n${'a'.repeat(64)}\n`],
  [`${KEY}-----END `],
  ['a', KEY],
  ['\n', KEY],
  ['[', KEY],
  ['-', KEY],
  ['- ', KEY],
  [' '.repeat(16) + 'a'.repeat(20), KEY],
  ['-----BEGIN '],
  ['-----BEGIN A', '', 'PRIVATE KEY'],
  ['A', '-----BEGIN ', 'PRIVATE KEY'],
  ['AKIA'],
  [`AKIA${'A'.repeat(15)} `],
  ['secretAccessKey'],
  ['secretAccessKey:'],
  ['"', 'secretAccessKey'],
  ['\\"', 'secretAccessKey'],
  ['AIza'],
  ['AIza-'],
  ['ghp_'],
  ['github_pat_'],
  ['xoxb-'],
  ['xox'],
  // What a checker of patterns (`npm run bench:patterns`) takes for attacks.
  ['n\tK0RadN+', '-----BEGIN PRIVATE KEY-----\tK0RadNePrAOKYIaTarne'],
  ['Bearer   \t ', 'bearer\tAuthzation= ==\t= \\', '\0'],
  ['sk-s', '', '\\i%'],
];

/**
 * What is linear reads this in a hundredth of a second. A pattern that backtracks takes its square of steps, some
 * minutes: the bound lies so far from both that no machine's mood tips it.
 */
const HOSTILE_CHARS = 250_000;
const BOUND_MILLIS = 10_000;

for (const [unit, before = '', after = ''] of HOSTILE) {
  test(`${JSON.stringify([before, unit.slice(0, 40), after])} over and over is read at once`, () => {
    const text = before + unit.repeat(Math.ceil(HOSTILE_CHARS / unit.length)) + after;
    const start = performance.now();
    defaultRedactor(text);
    ALL.find(text);
    expect(performance.now() - start).toBeLessThan(BOUND_MILLIS);
  });
}

/** What a pattern is made of, over and over: whatever it begins with, and never ends. */
const UNITS =
  '1¦12 ¦1-¦1.¦(1) ¦0 ¦+1 ¦A¦AB12 ¦DE89 ¦DE89¦12:¦:¦a:¦::1¦00:¦00-¦1.1.1.¦756.¦4111 ¦4111-¦9¦1\n¦password ¦password:¦password: "¦password="a¦"password":"\\¦pwd=\'a¦password is ¦curl -u ¦curl ¦mysql ¦--password ¦<password>¦api_key=¦api_key: "a¦token=1a¦AccountKey=¦sig=¦?sig=a¦SG.¦SG.a.¦1:a¦12345678:¦ at ¦a at b dot ¦a [at] ¦[at]¦dot ¦ignore ¦ignore all ¦ignore all previous ¦act as ¦pretend to be ¦from now on ¦stop doing ¦remember this ¦reveal the ¦your new ¦in all future ¦instead of a ¦respond a ¦act a ¦diagnosed with ¦diagnosed   ¦BRCA1-¦phone 1 ¦ssn 1¦tel 12 ¦%41¦%25¦%2541¦%C3¦%C3%A9¦\\u0041¦\\\\¦\\¦&#64;¦&amp;¦&a¦\u200b¦а¦аb¦０¦YWxpY2VAZXhhbXBsZS5jb20= ¦QUFB¦YWxp1'.split(
    '¦',
  );

test.each(UNITS)('%j over and over is read at once by all detectors', (unit) => {
  const text = unit.repeat(Math.ceil(HOSTILE_CHARS / unit.length));
  const times = [1, 4].map((parts) => {
    const start = performance.now();
    ALL.find(text.slice(0, (text.length * parts) / 4));
    return performance.now() - start;
  });
  expect(times[1]).toBeLessThan(BOUND_MILLIS / 2);
  expect(times[1]).toBeLessThan(16 * Math.max(times[0]!, 40));
});

test('each pattern alone reads what triggers it, over and over, at once', () => {
  for (const { category, triggers = [], context = [], pattern } of DETECTORS) {
    for (const trigger of [...triggers, ...context]) {
      for (const tail of ['', ' ', '1', ': ', '="']) {
        const unit = `${trigger.replaceAll('*', '')}${tail}`;
        const text = unit.repeat(Math.ceil(40_000 / unit.length));
        const start = performance.now();
        pattern.lastIndex = 0;
        while (pattern.exec(text) !== null);
        expect(performance.now() - start, `${category} ${unit}`).toBeLessThan(2_000);
      }
    }
  }
});

/** What is read to the end of a word: the engine must not keep a note of each character. */
const OPENINGS =
  'sk-¦sk-proj-¦sk_live_¦hf_¦eyJ¦eyJaaaaaaaa.¦eyJaaaaaaaa.eyJ¦AIza¦ghp_¦github_pat_¦xoxb-¦AKIA¦Bearer ¦Bearer 1¦secretAccessKey=¦://a:¦a@¦a@a.'.split(
    '¦',
  );

test.each([...OPENINGS, KEY])('ten megabytes after %j do not overflow the stack of the engine', (before) => {
  const text = `${before}${'a'.repeat(10_000_000)}`;
  expect(() => defaultRedactor(`${text}@x.co`)).not.toThrow();
  expect(() => defaultRedactor(`${text} PRIVATE KEY`)).not.toThrow();
});

test('ten megabytes of base64 after the header of a private key do not overflow it', () => {
  expect(() => defaultRedactor(KEY + `\n${'a'.repeat(20)}`.repeat(500_000))).not.toThrow();
});

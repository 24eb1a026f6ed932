import { describe, expect, test } from 'vitest';

import { CATEGORIES, scannerOf } from '../../src/detect/index.ts';
import { Prefilter } from '../../src/detect/prefilter.ts';
import { DETECTORS } from '../../src/detect/scanner.ts';
import { fc } from '../fast-check.ts';

/** The first look never says that nothing is there where the second one finds something. */

const prefilter = new Prefilter(DETECTORS);

const TRIGGERS = [
  ...new Set(
    DETECTORS.flatMap(({ triggers, context }) => triggers ?? context ?? []).map((trigger) =>
      trigger.replaceAll('*', ''),
    ),
  ),
];

/** Fewer digits are no number of any kind. */
const MIN_DIGITS = 6;

/** Whether the second look would have any detector look at it. An underscore alone, or an id, is nothing. */
function isMissed(text: string): boolean {
  if (prefilter.mayHold(text)) return false;
  const hits = prefilter.secondLook(text);
  return hits !== undefined && (hits.disguised || hits.digits >= MIN_DIGITS || hits.triggered.includes(1));
}

/** As it is written in a text: in any case, behind and before anything. */
const written = fc
  .tuple(fc.constantFrom(...TRIGGERS), fc.constantFrom('lower', 'upper', 'given'))
  .map(([trigger, form]) =>
    form === 'lower' ? trigger.toLowerCase() : form === 'upper' ? trigger.toUpperCase() : trigger,
  );
const number = fc
  .array(
    fc.constantFrom('0', '1', '9', '12', '345', '.', ' ', '-', '(', ')', '/', '+', ':', 'a', 'f', 'th', 'st', 'x'),
    {
      maxLength: 14,
    },
  )
  .map((parts) => parts.join(''));
const piece = fc.oneof(
  written,
  number,
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom(' ', '\n', '"', '\u00e9', '\u00df', '\u200b', '\u00a0', '\u{1d7d8}', '\ud800', 'the ', ', '),
);
const text = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));

describe('the first look', () => {
  test.each(TRIGGERS)('sees %j', (trigger) => {
    for (const around of ['', ' ', '"', '.', '-', '\u00e9'])
      expect(isMissed(`${around}${trigger}${around}`)).toBe(false);
  });

  test('sees whatever the second sees', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(isMissed(given)).toBe(false);
      }),
      { numRuns: 20_000 },
    );
  });

  test('sees it in long texts, too', () => {
    for (const length of [1_000, 16_380, 16_385, 100_000]) {
      expect(isMissed(`${'a '.repeat(length / 2)}password`)).toBe(false);
      expect(isMissed(`${'\u4e2d'.repeat(length)} 123456789`)).toBe(false);
    }
  });

  test.each([
    '2026-07-01T06:00:00.000Z',
    '2026-07-01 06:00:00+02:00',
    '550e8400-e29b-41d4-a716-446655440000',
    'application_for_a_loan',
  ])('lets %s go', (id) => {
    expect(prefilter.mayHold(id)).toBe(false);
    expect(scannerOf({ categories: CATEGORIES.filter((category) => category !== 'name') }).find(id)).toEqual([]);
  });

  test('lets prose go', () => {
    const prose =
      'The loan of 12,500 euro is meant for a kitchen; they came on the 17th of May 2019, well-known, at 14:05. ';
    expect(new Prefilter(DETECTORS.filter(({ category }) => category !== 'health')).mayHold(prose)).toBe(false);
  });
});

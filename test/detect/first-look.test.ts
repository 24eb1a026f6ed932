import { describe, expect, test } from 'vitest';

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

function isMissed(text: string): boolean {
  return prefilter.hits(text) === undefined && prefilter.secondLook(text) !== undefined;
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

  test('lets prose go', () => {
    const prose =
      'The loan of 12,500 euro is meant for a kitchen; they came on the 17th of May 2019, well-known, at 14:05. ';
    expect(new Prefilter(DETECTORS.filter(({ category }) => category !== 'health')).hits(prose)).toBeUndefined();
  });
});

import { digitsOf, isDay, weighted } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

const isBirthday: Check = {
  name: 'dk_birthday',
  holds: (value) => isDay(Number(value.slice(2, 4)), Number(value.slice(0, 2))),
};

/** CPR-kontoret: modulus 11, which numbers since 2007 need not fulfil; those are found by their context alone. */
const isCpr: Check = {
  name: 'dk_cpr',
  holds: (value, text, start) =>
    isBirthday.holds(value, text, start) && weighted(digitsOf(value), [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
};

export const DK: readonly Detector[] = [
  { category: 'national_id', locale: 'dk', digits: 10, pattern: alone('[0-9]{6}-[0-9]{4}'), check: isCpr },
  {
    category: 'national_id',
    locale: 'dk',
    digits: 10,
    pattern: alone('[0-9]{6}[ -]?[0-9]{4}'),
    check: isBirthday,
    context: ['cpr', 'cpr-nr', 'cpr-nummer', 'personnummer', 'cpr-number'],
  },
];

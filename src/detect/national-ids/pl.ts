import { isDay, weighted } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** Ustawa o ewidencji ludności, art. 15: 20 is added to the month for each century after 1900. */
const isPesel: Check = {
  name: 'pl_pesel',
  holds: (digits) =>
    isDay(Number(digits.slice(2, 4)) % 20, Number(digits.slice(4, 6))) &&
    weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0,
};

export const PL: readonly Detector[] = [
  {
    category: 'national_id',
    locale: 'pl',
    digits: 11,
    pattern: alone('[0-9]{11}'),
    check: isPesel,
    context: ['pesel', 'numer ewidencyjny'],
  },
];

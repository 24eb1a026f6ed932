import { digitsOf, weighted } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** Rijksdienst voor Identiteitsgegevens: the test by eleven. */
const isBsn: Check = {
  name: 'nl_bsn',
  holds(value) {
    const digits = digitsOf(value);
    return Number(digits) > 0 && weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;
  },
};

export const NL: readonly Detector[] = [
  {
    category: 'national_id',
    locale: 'nl',
    digits: 9,
    pattern: alone(String.raw`[0-9]{9}|[0-9]{4}[ .][0-9]{2}[ .][0-9]{3}|[0-9]{3}[ .][0-9]{3}[ .][0-9]{3}`),
    check: isBsn,
    context: [
      'bsn',
      'burgerservicenummer',
      'sofinummer',
      'sofi-nummer',
      'burger service nummer',
      'citizen service number',
    ],
  },
];

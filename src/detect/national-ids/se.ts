import { digitsOf, isDay, isLuhn } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** Skatteverket, SKV 704: Luhn over ten digits; 60 is added to the day of a coordination number. */
const isPersonnummer: Check = {
  name: 'se_personnummer',
  holds(value) {
    const digits = digitsOf(value).slice(-10);
    return isDay(Number(digits.slice(2, 4)), Number(digits.slice(4, 6)) % 60) && isLuhn(digits);
  },
};

export const SE: readonly Detector[] = [
  {
    category: 'national_id',
    locale: 'se',
    digits: 6,
    pattern: alone('(?:18|19|20)?[0-9]{6}[+-][0-9]{4}'),
    check: isPersonnummer,
  },
  {
    category: 'national_id',
    locale: 'se',
    digits: 10,
    pattern: alone('(?:18|19|20)?[0-9]{6} ?[0-9]{4}'),
    check: isPersonnummer,
    context: ['personnummer', 'samordningsnummer', 'personnr'],
  },
];

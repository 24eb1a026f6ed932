import { digitsOf, isDay, weighted } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** Skatteetaten: two check digits of modulus 11; 40 is added to the day of a D-number. */
const isFoedselsnummer: Check = {
  name: 'no_foedselsnummer',
  holds(value) {
    const digits = digitsOf(value);
    return (
      isDay(Number(digits.slice(2, 4)) % 40, Number(digits.slice(0, 2)) % 40) &&
      weighted(digits, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
      weighted(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0
    );
  },
};

export const NO: readonly Detector[] = [
  { category: 'national_id', locale: 'no', digits: 11, pattern: alone('[0-9]{6} [0-9]{5}'), check: isFoedselsnummer },
  {
    category: 'national_id',
    locale: 'no',
    digits: 11,
    pattern: alone('[0-9]{11}'),
    check: isFoedselsnummer,
    context: ['fødselsnummer', 'fodselsnummer', 'fødselsnr', 'personnummer', 'fnr', 'd-nummer'],
  },
];

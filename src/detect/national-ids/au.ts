import { digitsOf, weighted } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** Australian Taxation Office: modulus 11. */
const isTfn: Check = {
  name: 'au_tfn',
  holds: (value) => weighted(digitsOf(value), [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
};

/** Services Australia: the ninth digit checks the eight before it; the tenth counts the cards. */
const isMedicare: Check = {
  name: 'au_medicare',
  holds(value) {
    const digits = digitsOf(value);
    return weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === Number(digits[8]);
  },
};

export const AU: readonly Detector[] = [
  {
    category: 'national_id',
    locale: 'au',
    digits: 9,
    pattern: alone('[0-9]{3}([ -]?)[0-9]{3}\\1[0-9]{3}'),
    check: isTfn,
    context: ['tfn', 'tax file number', 'tax file'],
  },
  {
    category: 'national_id',
    locale: 'au',
    digits: 10,
    pattern: alone('[2-6][0-9]{3}[ -]?[0-9]{5}[ -]?[0-9](?:[ /-]?[0-9])?'),
    check: isMedicare,
    context: ['medicare'],
  },
];

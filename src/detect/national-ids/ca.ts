import { digitsOf, isLuhn } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** Service Canada: Luhn; none begins with 8, and 0 is for fictitious ones. */
const isSin: Check = {
  name: 'luhn',
  holds: (value) => !/^[08]{3}/.test(value) && isLuhn(digitsOf(value)),
};

export const CA: readonly Detector[] = [
  {
    category: 'national_id',
    locale: 'ca',
    digits: 9,
    pattern: alone('[0-9]{3}([ -]?)[0-9]{3}\\1[0-9]{3}'),
    check: isSin,
    context: ['sin', 'social insurance', "d'assurance sociale", 'assurance sociale', 'nas'],
  },
];

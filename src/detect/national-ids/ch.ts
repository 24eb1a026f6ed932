import { digitsOf, isEan13 } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** Zentrale Ausgleichsstelle: 756 for Switzerland, and the check digit of an EAN. */
const isAhv: Check = {
  name: 'ean13',
  holds: (value) => isEan13(digitsOf(value)),
};

export const CH: readonly Detector[] = [
  {
    category: 'national_id',
    locale: 'ch',
    digits: 13,
    pattern: alone(String.raw`756[. ][0-9]{4}[. ][0-9]{4}[. ][0-9]{2}`),
    check: isAhv,
  },
  {
    category: 'national_id',
    locale: 'ch',
    digits: 13,
    pattern: alone('756[0-9]{10}'),
    check: isAhv,
    context: 'ahv,avs,ahv-nummer,ahvn13,navs13,sozialversicherungsnummer,versichertennummer,social security'.split(','),
  },
];

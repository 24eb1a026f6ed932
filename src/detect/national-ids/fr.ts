import { digitsOf, mod97 } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** INSEE: sex, year, month, department (2A and 2B in Corsica), commune, order, and a key of 97 less the rest. */
const NIR = String.raw`[1-478][ ]?[0-9]{2}[ ]?(?:0[1-9]|1[0-2]|[2-9][0-9])[ ]?(?:[0-9]{2}|2[ABab])[ ]?[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{2}`;

const isNir: Check = {
  name: 'fr_nir',
  holds(value) {
    const text = value.replaceAll(' ', '').toUpperCase();
    const digits = text.slice(0, 13).replace('2A', '19').replace('2B', '18');
    return 97 - mod97(digits) === Number(text.slice(13));
  },
};

/** The tax number, SPI: thirteen digits, the last three are what 511 leaves of the first ten. */
const isSpi: Check = {
  name: 'fr_spi',
  holds(value) {
    const digits = digitsOf(value);
    return Number(digits.slice(0, 10)) % 511 === Number(digits.slice(10));
  },
};

const WORDS = 'nir,sécurité sociale,securite sociale,numéro de sécu,insee,carte vitale,social security'.split(',');

export const FR: readonly Detector[] = [
  { category: 'national_id', locale: 'fr', digits: 13, pattern: alone(`(?=[0-9]{1,15}[ ])${NIR}`), check: isNir },
  {
    category: 'national_id',
    locale: 'fr',
    digits: 5,
    triggers: ['#token'],
    pattern: alone(`(?=[0-9 ]{5,8}2[ABab])${NIR}`),
    check: isNir,
  },
  { category: 'national_id', locale: 'fr', digits: 13, pattern: alone(NIR), check: isNir, context: WORDS },
  {
    category: 'national_id',
    locale: 'fr',
    digits: 13,
    pattern: alone('[0-3][0-9][ ]?[0-9]{2}[ ]?[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{3}'),
    check: isSpi,
    context: ['spi', 'numéro fiscal', 'fiscal'],
  },
];

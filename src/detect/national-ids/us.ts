import { digitsOf } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** Social Security Administration, POMS RM 10201.035: areas, groups and serials that were never issued. */
const isSsn: Check = {
  name: 'ssn',
  holds: (value) => /^(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}$/.test(digitsOf(value)),
};

/** Its hyphens say what it is, also behind another number or a comma. */
const SSN = String.raw`(?=[0-9]{3}-)(?<![0-9])(?:(?<![\p{L}\p{N}_]|[\p{L}\p{N}][.+/-])|(?<=\\[bfnrt]))[0-9]{3}-\s?[0-9]{2}-\s?[0-9]{4}(?![\p{L}\p{N}_]|[./-][0-9A-Za-z])`;

const SSN_WORDS = ['ssn', 'social security', 'social', 'sozialversicherungsnummer'];

export const US: readonly Detector[] = [
  {
    category: 'us_ssn',
    locale: 'us',
    digits: 9,
    pattern: new RegExp(SSN, 'dgu'),
    check: isSsn,
  },
  {
    category: 'us_ssn',
    locale: 'us',
    digits: 9,
    pattern: alone('[0-9]{9}|[0-9]{3}[ .][0-9]{2}[ .][0-9]{4}'),
    check: isSsn,
    context: SSN_WORDS,
  },
  // Internal Revenue Manual 3.21.263: individual taxpayers who have no social security number.
  {
    category: 'national_id',
    locale: 'us',
    digits: 9,
    pattern: alone('9[0-9]{2}[ -]?(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])[ -]?[0-9]{4}'),
    context: ['itin', 'taxpayer'],
  },
];

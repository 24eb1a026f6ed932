import { digitsOf, weighted } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** HM Revenue & Customs, NIM39110: letters that no prefix has, and prefixes that are not given out. */
const NINO_STEM = '(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:[ -]?[0-9]{2}){3}';
const NINO_HEAD = '[A-Z]{2}[ -]?[0-9]';
const NINO = alone(`${NINO_STEM}[ -]?[A-D]`, NINO_HEAD);
/** Beside its name also in small letters, and without the letter at its end. */
const NAMED_NINO = new RegExp(alone(`${NINO_STEM}(?:[ -]?[A-D])?`, NINO_HEAD).source, 'dgi');

/** NHS Data Dictionary, NHS NUMBER: modulus 11. */
const isNhs: Check = {
  name: 'nhs_number',
  holds(value) {
    const digits = digitsOf(value);
    const rest = (11 - (weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
    return rest === Number(digits[9]);
  },
};

export const GB: readonly Detector[] = [
  { category: 'uk_nino', locale: 'gb', digits: 6, pattern: NINO },
  { category: 'uk_nino', locale: 'gb', triggers: ['#token'], pattern: NINO },
  {
    category: 'uk_nino',
    locale: 'gb',
    digits: 6,
    pattern: NAMED_NINO,
    context: ['nino', 'national insurance', 'ni number', 'insurance number'],
  },
  {
    category: 'national_id',
    locale: 'gb',
    digits: 10,
    pattern: alone('[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}'),
    check: isNhs,
    context: ['nhs'],
  },
];

import { digitsOf, isVerhoeff } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

const isAadhaar: Check = {
  name: 'verhoeff',
  holds(value) {
    const digits = digitsOf(value);
    // UIDAI gives out no palindromes.
    return isVerhoeff(digits) && digits !== digits.split('').toReversed().join('');
  },
};

export const IN: readonly Detector[] = [
  {
    category: 'in_aadhaar',
    locale: 'in',
    digits: 12,
    pattern: alone('[2-9][0-9]{3}([ -])[0-9]{4}\\1[0-9]{4}'),
    check: isAadhaar,
  },
  {
    category: 'in_aadhaar',
    locale: 'in',
    digits: 12,
    pattern: alone('[2-9][0-9]{11}'),
    check: isAadhaar,
    context: ['aadhaar', 'aadhar', 'uidai'],
  },
  // Income Tax Department: the fourth letter says what its holder is, P a person.
  {
    category: 'national_id',
    locale: 'in',
    triggers: ['#token'],
    pattern: alone('[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]', '[A-Z]{5}'),
    context: ['pan', 'permanent account', 'income tax'],
  },
];

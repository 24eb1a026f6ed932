import { digitsOf, isDay, isMod11_10 } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** § 139b AO: of the first ten digits one stands there twice or three times, the others once at most. */
const isTaxId: Check = {
  name: 'de_tax_id',
  holds(value) {
    const digits = digitsOf(value);
    const counts = new Map<string, number>();
    for (const digit of digits.slice(0, 10)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    const repeated = [...counts.values()].filter((count) => count > 1);
    return repeated.length === 1 && repeated[0]! <= 3 && isMod11_10(digits);
  },
};

/** § 2 VKVV: area, birthday, initial, serial, check digit. */
const isPensionNumber: Check = {
  name: 'de_pension_number',
  holds(value) {
    const text = value.replaceAll(' ', '');
    if (!isDay(Number(text.slice(4, 6)), Number(text.slice(2, 4)) % 50)) return false;
    const letter = String(text.charCodeAt(8) - 64).padStart(2, '0');
    const digits = text.slice(0, 8) + letter + text.slice(9, 11);
    const weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
    const sum = weights.reduce((total, weight, index) => {
      const product = weight * Number(digits[index]);
      return total + Math.floor(product / 10) + (product % 10);
    }, 0);
    return sum % 10 === Number(text[11]);
  },
};

const TAX_WORDS =
  'steuer-id,steuerid,steuer-idnr,idnr,id-nr,steueridentifikationsnummer,identifikationsnummer,steuernummer,tin,tax id,tax number'.split(
    ',',
  );

export const DE: readonly Detector[] = [
  {
    category: 'national_id',
    locale: 'de',
    digits: 11,
    pattern: alone('[1-9][0-9] [0-9]{3} [0-9]{3} [0-9]{3}'),
    check: isTaxId,
  },
  {
    category: 'national_id',
    locale: 'de',
    digits: 11,
    pattern: alone('[1-9][0-9]{10}'),
    check: isTaxId,
    context: TAX_WORDS,
  },
  {
    category: 'national_id',
    locale: 'de',
    digits: 8,
    pattern: alone('[0-9]{2} ?[0-9]{6} ?[A-Z] ?[0-9]{3}'),
    check: isPensionNumber,
  },
];

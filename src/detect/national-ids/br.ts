import { digitsOf, weighted } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** Receita Federal: two check digits of modulus 11. */
const isCpf: Check = {
  name: 'br_cpf',
  holds(value) {
    const digits = digitsOf(value);
    if (/^([0-9])\1+$/.test(digits)) return false;
    const first = ((weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10;
    const second = ((weighted(digits, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10;
    return first === Number(digits[9]) && second === Number(digits[10]);
  },
};

export const BR: readonly Detector[] = [
  {
    category: 'national_id',
    locale: 'br',
    digits: 11,
    pattern: alone(String.raw`[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}`),
    check: isCpf,
  },
  {
    category: 'national_id',
    locale: 'br',
    digits: 11,
    pattern: alone('[0-9]{9}-?[0-9]{2}'),
    check: isCpf,
    context: ['cpf', 'cadastro de pessoas'],
  },
];

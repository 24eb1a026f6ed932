import { fc } from '../fast-check.ts';

import { isLuhn } from '../../src/detect/checksums.ts';

/** Numbers of some digits that begin so, with the digit that Luhn's formula asks for. */
export function luhn(prefix: string, length: number): fc.Arbitrary<string> {
  return digits(length - prefix.length - 1).map((middle) => {
    const body = prefix + middle;
    return body + '0123456789'.split('').find((check) => isLuhn(body + check));
  });
}

export function digits(length: number): fc.Arbitrary<string> {
  return fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
}

/** IBANs of a country whose account numbers are digits, with the check digits of ISO 13616. */
export function iban(country: string, length: number): fc.Arbitrary<string> {
  return digits(length).map((account) => {
    const numeric = `${account}${country}00`
      .split('')
      .map((character) => Number.parseInt(character, 36))
      .join('');
    return `${country}${String(98n - (BigInt(numeric) % 97n)).padStart(2, '0')}${account}`;
  });
}

import { digitsOf } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** Of two digits of a year, from where on they are one of the last century. */
const LAST_YEAR = 50;

/** IBZ, Rijksregisternummer: 97 less the rest; from 2000 on a 2 stands before it. */
const isRegisterNumber: Check = {
  name: 'be_register_number',
  holds(value) {
    const digits = digitsOf(value);
    const key = Number(digits.slice(9));
    const first = Number(digits.slice(0, 9));
    // Months of 20 and 40 more are the BIS numbers of people who are not in the register.
    const month = Number(digits.slice(2, 4)) % 20;
    return (
      month <= 12 &&
      Number(digits.slice(4, 6)) <= 31 &&
      (97 - (first % 97) === key ||
        (Number(digits.slice(0, 2)) < LAST_YEAR && 97 - ((first + 2_000_000_000) % 97) === key))
    );
  },
};

export const BE: readonly Detector[] = [
  {
    category: 'national_id',
    locale: 'be',
    digits: 11,
    pattern: alone(String.raw`[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}[.-][0-9]{2}`),
    check: isRegisterNumber,
  },
  {
    category: 'national_id',
    locale: 'be',
    digits: 11,
    pattern: alone('[0-9]{11}|[0-9]{6}[ -][0-9]{3}[ -][0-9]{2}|[0-9]{2} [0-9]{2} [0-9]{2} [0-9]{3} [0-9]{2}'),
    check: isRegisterNumber,
    context:
      'rijksregisternummer,rijksregister,registre national,numéro national,niss,insz,national number,national register'.split(
        ',',
      ),
  },
];

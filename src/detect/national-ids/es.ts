import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** Ministerio del Interior: the letter is what 23 leaves; of a foreigner X, Y and Z count as 0, 1 and 2. */
const isDni: Check = {
  name: 'es_dni',
  holds(value) {
    const text = value.replace(/[ .-]/g, '').toUpperCase();
    const number = text.slice(0, -1).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter)));
    return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(number) % 23] === text.at(-1);
  },
};

const WORDS = 'dni,nif,nie,documento,identidad,identificación,identificacion,tax id'.split(',');

export const ES: readonly Detector[] = [
  {
    category: 'national_id',
    locale: 'es',
    digits: 7,
    pattern: alone(
      String.raw`(?:[0-9]{2}\.[0-9]{3}\.[0-9]{3}[ -]?|[0-9]{8}-)[A-Z]|[XYZ][ -]?[0-9]{7}[ -]?[A-Z]`,
      '[0-9XYZ][0-9 -]',
    ),
    check: isDni,
  },
  {
    category: 'national_id',
    locale: 'es',
    triggers: ['#token'],
    pattern: alone('[XYZ][0-9]{7}[A-Z]', '[XYZ][0-9]'),
    check: isDni,
  },
  {
    category: 'national_id',
    locale: 'es',
    digits: 8,
    pattern: alone('[0-9]{8}[ ]?[A-Za-z]'),
    check: isDni,
    context: WORDS,
  },
];

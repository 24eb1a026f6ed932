import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** D.M. 23 dicembre 1976, art. 2 and 6: names, birthday, place; letters stand for digits where two people share one. */
const CODICE = alone(
  '[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]|[A-Z]{3} [A-Z]{3} [0-9]{2}[ABCDEHLMPRST][0-9]{2} [A-Z][0-9]{3}[A-Z]',
  '[A-Z]{3}[A-Z ]',
);
/** What a character counts for at an odd place, by its place in the alphabet. */
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

const isCodice: Check = {
  name: 'it_codice_fiscale',
  holds(value) {
    const text = value.replaceAll(' ', '').toUpperCase();
    let sum = 0;
    for (let index = 0; index < 15; index++) {
      const code = text.charCodeAt(index);
      const place = code < 58 ? code - 48 : code - 65;
      sum += index % 2 === 0 ? ODD[place]! : place;
    }
    return sum % 26 === text.charCodeAt(15) - 65;
  },
};

export const IT: readonly Detector[] = [
  {
    category: 'national_id',
    locale: 'it',
    triggers: ['#token'],
    pattern: new RegExp(CODICE.source, 'dgi'),
    check: isCodice,
  },
];

import { digitsOf } from './checksums.ts';
import type { Check, Detector } from './detector.ts';
import { OPENING } from './word-start.ts';

// E-mail ------------------------------------------------------------------------------------------------------------

/** The separator, also as a URL writes it. */
const AT = String.raw`(?:@|%40)`;
/** A letter that JSON writes in ASCII: `\u00f6`. Not one of ASCII, which is `<` or a line feed. */
const JSON_LETTER = String.raw`(?<!\\)\\u(?!00[0-7])[0-9A-Fa-f]{4}`;
/** Percent-encoded `+`, `-`, `.`, `'`, `_` and the bytes of letters outside ASCII. */
const URL_LETTER = String.raw`%(?:2[BDEbde7]|5[Ff]|[89A-Fa-f][0-9A-Fa-f])`;
/** Where the local part starts: not within a word or an escape, and after the backslash of `DOMAIN\user`. */
const LOCAL_START = String.raw`(?:(?<![\p{L}\p{N}_%\\])|(?<=\\)(?![bfnrt]|u[0-9A-Fa-f]{4})|${OPENING})`;
/** `git@host:path` names no person. In `scheme://user:password@host` no e-mail stands; `password` sees to it. */
const NO_ADDRESS = String.raw`(?!git${AT})(?<!(?<!mailto):\/\/[^\s/?#@"'<>]{0,256})`;
/** RFC 6531: letters of any script. Of the signs of RFC 5322 §3.2.3 only those that real addresses have. */
const LOCAL_PART = String.raw`(?:[\p{L}\p{N}_]|${JSON_LETTER}|${URL_LETTER})(?:${JSON_LETTER}|${URL_LETTER}|[\p{L}\p{M}\p{N}._+'-]){0,255}`;
/** Not a version (`openai@4.0.0-beta.x`) nor a picture's scale (`logo@2x.png`). */
const NO_DOMAIN = String.raw`(?!v?[0-9]{1,9}\.[0-9]{1,9}\.|[1-9]x\.)`;
/** The last label has letters only, or is punycode. What is glued to its end goes with it. */
const DOMAIN = String.raw`(?:[\p{L}\p{M}\p{N}-]{1,63}\.){1,16}(?:[Xx][Nn]--[A-Za-z0-9-]{2,59}|[\p{L}\p{M}]{2,63})[\p{L}\p{M}\p{N}_]*`;

/** Begins with its rarest character and looks back from there: what stands between two of them is read once. */
const EMAIL = String.raw`${AT}(?<=${NO_ADDRESS}${LOCAL_START}(?<from>${LOCAL_PART})${AT})${NO_DOMAIN}${DOMAIN}`;

/** `name [at] example [dot] com`. Without brackets both words must be there, and the last label be a common one. */
const BRACKETED = (word: string): string => String.raw`[ ]?[[({<][ ]?(?:${word})[ ]?[\])}>][ ]?`;
const SPELLED_DOT = String.raw`(?:${BRACKETED('dot|punkt|punto|point')}|[ ](?:dot|punkt|punto|point)[ ]|\.)`;
const BRACKETED_AT = String.raw`(?:at|ät|arroba|arobase)`;
const SPELLED_EMAIL = String.raw`${BRACKETED_AT}(?<=(?<![\p{L}\p{N}._-])(?<from>[\p{L}\p{N}_][\p{L}\p{N}._+-]{0,63})[ ]?[[({<][ ]?${BRACKETED_AT})[ ]?[\])}>][ ]?(?:[\p{L}\p{N}-]{1,63}${SPELLED_DOT}){1,8}\p{L}{2,63}(?![\p{L}\p{N}_])`;
const SPOKEN_EMAIL = String.raw` at (?<=(?<![\p{L}\p{N}._-])(?<from>[\p{L}\p{N}_][\p{L}\p{N}._+-]{0,63}) at )(?:[\p{L}\p{N}-]{1,63} (?:dot|punkt|punto|point) ){1,8}(?:com|org|net|edu|gov|io|ai|de|fr|es|it|nl|uk|eu|ch|at|info|example|test)(?![\p{L}\p{N}_])`;

const isNamed: Check = {
  name: 'no_verb',
  holds: (value) =>
    !/^(?:look|us|me|is|are|was|found|visit|live|hosted|available|meet|see|work|based|online|be) /i.test(value),
};

// Phone -------------------------------------------------------------------------------------------------------------

/** Not within a word, a number, an id or a decimal fraction. */
const NUMBER_START = String.raw`(?=[(0-9][0-9])(?<![0-9])(?:(?<![\p{L}\p{N}_]|[\p{L}\p{N}][.,+/=-]|[0-9] )|(?<=\\[bfnrt]))`;
const NUMBER_END = String.raw`(?![\p{L}\p{N}_]|[.,:/-][0-9]|-[\p{L}]|[ ][0-9])`;

/** ITU-T E.164. Two signs at most between two digits: `+49 (0)30 …`. */
const INTERNATIONAL = String.raw`(?=\+[1-9]|00[1-9])(?:(?<![\p{L}\p{N}_+]|[0-9.,][ ]?)|(?<=\\[bfnrt]))(?:\+|00(?=[1-9][0-9]{0,2}[ ./(-]))[1-9](?:[\s.()/-]{0,2}[0-9]){6,15}${NUMBER_END}`;

const isE164: Check = {
  name: 'e164',
  holds(value) {
    // ISO 6709 writes a place so: +40.7128-074.0060.
    if (/^\+[0-9]{1,3}\.[0-9]{3,}(?:[+-]|$)/.test(value)) return false;
    const digits = digitsOf(value).replace(/^00/, '');
    if (digits.startsWith('1')) return /^1[2-9][0-9]{2}[2-9][0-9]{6}$/.test(digits);
    return digits.length >= 8 && digits.length <= 16 && CALLING_CODE.test(digits);
  },
};

/** The calling codes of ITU-T E.164 that are assigned. */
const CALLING_CODE =
  /^(?:7|2(?:0|1[12368]|2[0-9]|3[0-9]|4[0-9]|5[0-8]|6[0-9]|7|9[01789])|3(?:0|[12346]|5[0-9]|7[0-8]|8[0-35-79]|9)|4(?:0|1|2[013]|[3-9])|5(?:0[0-9]|[1-8]|9[0-9])|6(?:[0-6]|7[02-9]|8[0-35-9]|9[0-2])|8(?:00|08|1|2|4|5[02356]|6|7[08]|8[0-368])|9(?:[0-58]|6[0-8]|7[0-79]|9[2-68]))/;

/** ITU-T E.164 in North America: area and exchange begin with 2 to 9. */
const NORTH_AMERICAN = String.raw`${NUMBER_START}(?:1[ .-])?(?:\([2-9][0-9]{2}\)[ -]?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}${NUMBER_END}`;

/** A leading zero and groups: France, Belgium, the United Kingdom, Germany, Italy, the Netherlands, Australia … */
const TRUNK = String.raw`${NUMBER_START}(?:0[1-9](?:[ .-][0-9]{2}){4}|\(?0[1-9][0-9]{0,4}\)?[ /-]{1,3}[0-9]{3,4}(?:[ -][0-9]{3,4}|[0-9]{2,4})|0[1-9][0-9]{1,3}[ ][0-9]{2,3}(?:[ ][0-9]{2}){2})${NUMBER_END}`;

const isTrunk: Check = {
  name: 'trunk_number',
  holds(value) {
    const { length } = digitsOf(value);
    return length >= 9 && length <= 12;
  },
};

/** Anything like a number, beside a word that says so. */
const NAMED_NUMBER = String.raw`(?=[(0-9][0-9])(?<![0-9])(?<![\p{L}\p{N}_.-])\(?[0-9](?:[ .()/-]{0,2}[0-9]){6,14}${NUMBER_END}`;

const isNoDate: Check = {
  name: 'no_date',
  holds: (value) =>
    !/^(?:(?:19|20)[0-9]{2}[-./][0-9]{1,2}[-./][0-9]{1,2}|[0-9]{1,2}[-./][0-9]{1,2}[-./](?:19|20)[0-9]{2})/.test(
      value,
    ) && !/^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$/.test(value),
};

const PHONE_WORDS =
  'phone|phones|telephone|tel|mobile|cell|cellphone|fax|whatsapp|sms|telefon|telefonnummer|handy|handynummer|mobil|rufnummer|téléphone|portable|móvil|teléfono|celular|telefono|cellulare|telefoon|telefone|call me|call us|ring me|text me|reach me|msisdn'.split(
    '|',
  );

export const CONTACT_DETECTORS: readonly Detector[] = [
  { category: 'email', triggers: ['@', '%'], pattern: new RegExp(EMAIL, 'dgu') },
  {
    category: 'email',
    triggers: ['*at]', '*at)', '*at}', '*at>', '*at ]', '*at )', '*ät]', '*ät)', 'arroba', 'arobase'],
    pattern: new RegExp(SPELLED_EMAIL, 'dgiu'),
  },
  {
    category: 'email',
    triggers: ['dot', 'punkt', 'punto', 'point'],
    pattern: new RegExp(SPOKEN_EMAIL, 'dgiu'),
    check: isNamed,
  },
  { category: 'phone', digits: 7, pattern: new RegExp(INTERNATIONAL, 'dgu'), check: isE164 },
  { category: 'phone', digits: 10, pattern: new RegExp(NORTH_AMERICAN, 'dgu') },
  { category: 'phone', digits: 9, pattern: new RegExp(TRUNK, 'dgu'), check: isTrunk },
  { category: 'phone', digits: 7, pattern: new RegExp(NAMED_NUMBER, 'dgu'), check: isNoDate, context: PHONE_WORDS },
];

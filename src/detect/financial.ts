import { digitsOf, isLuhn, mod97, weighted } from './checksums.ts';
import type { Check, Detector } from './detector.ts';

// Cards -------------------------------------------------------------------------------------------------------------

/** ISO/IEC 7812: who issues it, and how many digits its numbers have. */
const ISSUERS: readonly (readonly [name: string, prefix: RegExp, lengths: readonly number[]])[] = [
  ['visa', /^4/, [13, 16, 19]],
  ['mastercard', /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  ['american express', /^3[47]/, [15]],
  ['discover', /^(?:6011|64[4-9]|65)/, [16, 19]],
  ['diners club', /^(?:30[0-5]|3095|36|3[89])/, [14, 16, 19]],
  ['jcb', /^35(?:2[89]|[3-8])/, [16, 19]],
  ['unionpay', /^62/, [16, 17, 18, 19]],
  ['maestro', /^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [13, 14, 15, 16, 17, 18, 19]],
  ['mir', /^220[0-4]/, [16, 17, 18, 19]],
  ['rupay', /^(?:60|81|82|508)/, [16]],
  ['elo', /^(?:4011|438935|45(?:1416|763[12])|504175|5067|509|627780|636[23]|650[0-9]|651[67]|655)/, [16]],
];

const CARD_WORDS =
  'card|cards|cardnumber|credit card|creditcard|debit card|visa|karte|kreditkarte|kartennummer|carte|tarjeta|carta|cartão|pan'.split(
    '|',
  );

const isCard: Check = {
  name: 'card',
  holds(value) {
    const digits = digitsOf(value);
    // Visa gave out thirteen digits once; so many have articles (EAN-13), orders and times, and one in ten fits.
    if (digits.length === 13 && digits === value) return false;
    return isCardNumber(digits);
  },
};

const isOldCard: Check = { name: 'card', holds: (value) => isCardNumber(value) };

function isCardNumber(digits: string): boolean {
  if (/^([0-9])\1+$/.test(digits) || !isLuhn(digits)) return false;
  return ISSUERS.some(([, prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits));
}

/** Not within a longer run of digits, of hex or of a UUID, and no decimals. */
const CARD = String.raw`(?=[0-9])(?<![0-9])(?:(?<![\p{L}\p{N}]|[0-9A-Za-z][.+-]|[0-9] )|(?<=\\[bfnrt]))(?:[0-9](?:[\s-]?[0-9]){12,18}|[0-9]{4}(?:\.[0-9]{4}){3})(?![\p{L}\p{N}]|[ ][0-9]{2}|[.-][0-9A-Za-z])`;
/** As cards print it, also beside other numbers: an expiry date, an account, a date. Not within a list of such groups. */
const CARD_GROUPED = String.raw`(?=[0-9]{4}[\s-])(?<![0-9])(?:(?<![\p{L}\p{N}]|[0-9A-Za-z][.+-]|[0-9]{4} )|(?<=\\[bfnrt]))(?:[0-9]{4}([\s-])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|[0-9]{4}([\s-])[0-9]{6}\2[0-9]{5})(?![\p{L}\p{N}]|[ ][0-9]{4}(?![0-9/.-])|[.-][0-9A-Za-z])`;
/** One run of digits, also between other numbers. */
const CARD_RUN = String.raw`(?=[0-9]{4})(?<![0-9])(?:(?<![\p{L}\p{N}]|[0-9A-Za-z][.+-])|(?<=\\[bfnrt]))[0-9]{13,19}(?![\p{L}\p{N}]|[.-][0-9A-Za-z])`;

// IBAN --------------------------------------------------------------------------------------------------------------

/** Length by country: SWIFT's IBAN Registry, release 99. */
const IBAN_LENGTHS: Readonly<Record<number, string>> = {
  15: 'NO',
  16: 'BE',
  18: 'DK FI FK FO GL NL SD',
  19: 'MK SI',
  20: 'AT BA EE KZ LT LU MN XK',
  21: 'CH HR LI LV',
  22: 'BG BH CR DE GB GE IE ME RS VA',
  23: 'AE GI IL IQ OM SO TL',
  24: 'AD CZ ES MD PK RO SA SE SK TN VG',
  25: 'LY PT ST',
  26: 'IS TR',
  27: 'BI DJ FR GR IT MC MR SM',
  28: 'AL AZ BY CY DO GT HN HU LB NI PL SV',
  29: 'BR EG PS QA UA',
  30: 'JO KW MU YE',
  31: 'MT SC',
  32: 'LC',
  33: 'RU',
};

/** One alternative a length, so that no word behind a number in groups is taken for its last group. */
const IBAN = String.raw`(?=[A-Z]{2}[ ]?[0-9]{2})(?:(?<![\p{L}\p{N}_]|[0-9A-Za-z]-)|(?<=\\[bfnrt]))(?:${Object.entries(
  IBAN_LENGTHS,
)
  .map(
    ([length, countries]) =>
      String.raw`(?:${countries.replaceAll(' ', '|')})[ ]?[0-9]{2}(?:[\s-]?[A-Z0-9]){${Number(length) - 4}}`,
  )
  .join('|')})(?![\p{L}\p{N}_])`;

const isIban: Check = {
  name: 'mod97',
  holds(value) {
    const text = value.replace(/[\s-]/g, '').toUpperCase();
    return mod97(text.slice(4) + text.slice(0, 4)) === 1;
  },
};

// Banks -------------------------------------------------------------------------------------------------------------

/** Routing numbers of the American Bankers Association: ranges of the Federal Reserve, then a sum. */
const isRouting: Check = {
  name: 'aba',
  holds(text) {
    const value = digitsOf(text);
    const prefix = Number(value.slice(0, 2));
    const ranges = prefix <= 12 || (prefix >= 21 && prefix <= 32) || (prefix >= 61 && prefix <= 72) || prefix === 80;
    return ranges && !/^0+$/.test(value) && weighted(value, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0;
  },
};

/** ISO 3166-1, and XK, which SWIFT uses for Kosovo. */
const COUNTRIES =
  'A[DEFGILMOQRSTUWXZ]|B[ABDEFGHIJLMNOQRSTVWYZ]|C[ACDFGHIKLMNORUVWXYZ]|D[EJKMOZ]|E[CEGHRST]|F[IJKMOR]|G[ABDEFGHILMNPQRSTUWY]|H[KMNRTU]|I[DELMNOQRST]|J[EMOP]|K[EGHIMNPRWYZ]|L[ABCIKRSTUVY]|M[ACDEFGHKLMNOPQRSTUVWXYZ]|N[ACEFGILOPRUZ]|OM|P[AEFGHKLMNRSTWY]|QA|R[EOSUW]|S[ABCDEGHIJKLMNORSTVXYZ]|T[CDFGHJKLMNORTVWZ]|U[AGMSYZ]|V[ACEGINU]|W[FS]|XK|Y[ET]|Z[AMW]';

/** ISO 9362. Eight capitals are a word as often, so that context must say what it is. */
const BIC = String.raw`(?<![\p{L}\p{N}_-])[A-Z]{4}(?:${COUNTRIES})[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![\p{L}\p{N}_-])`;

const BIC_WORDS = ['bic', 'bicfi', 'swift', 'bank identifier', 'iban'];

export const FINANCIAL_DETECTORS: readonly Detector[] = [
  { category: 'iban', digits: 6, pattern: new RegExp(IBAN, 'dgiu'), check: isIban },
  { category: 'iban', triggers: ['#token'], pattern: new RegExp(IBAN, 'dgiu'), check: isIban },
  { category: 'credit_card', digits: 13, pattern: new RegExp(CARD, 'dgu'), check: isCard },
  { category: 'credit_card', digits: 13, pattern: new RegExp(CARD_RUN, 'dgu'), check: isCard },
  { category: 'credit_card', digits: 13, pattern: new RegExp(CARD_GROUPED, 'dgu'), check: isCard },
  {
    category: 'credit_card',
    digits: 13,
    pattern: /(?<![\p{L}\p{N}]|[0-9A-Za-z][.+-])4[0-9]{12}(?![\p{L}\p{N}]|[.-][0-9A-Za-z])/dgu,
    check: isOldCard,
    context: CARD_WORDS,
  },
  {
    category: 'us_routing',
    digits: 9,
    pattern: /(?<![\p{L}\p{N}_.-])[0-9]{4}-?[0-9]{4}-?[0-9](?![\p{L}\p{N}_-]|\.[0-9])/dgu,
    check: isRouting,
    context: ['routing', 'aba', 'rtn', 'transit number', 'ach'],
  },
  {
    category: 'swift_bic',
    pattern: new RegExp(BIC, 'dgu'),
    context: BIC_WORDS,
  },
  {
    category: 'swift_bic',
    pattern: new RegExp(String.raw`(?<=bic(?:fi)?\W{1,4})${BIC}`, 'dgiu'),
    context: ['bic', 'bicfi'],
  },
];

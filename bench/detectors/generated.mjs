// Values made by the rules of each category, in sentences; the same each time. Written by who wrote the detectors: what
// they measure is that nothing is lost, not how texts are in the wild.

/** A generator of numbers (mulberry32), so that each run measures the same texts. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const next = numbers(20_251_123);
const pick = (list) => list[next(list.length)];
const digits = (count) => Array.from({ length: count }, () => next(10)).join('');
const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const drawn = (count, alphabet = ALNUM) =>
  Array.from({ length: count }, () => alphabet[next(alphabet.length)]).join('');
const HEX = '0123456789abcdef';

function luhn(prefix, length) {
  const body = prefix + digits(length - prefix.length - 1);
  for (let check = 0; check < 10; check++) {
    const number = body + check;
    let sum = 0;
    for (let index = 0; index < number.length; index++) {
      let digit = Number(number[number.length - 1 - index]);
      if (index % 2 === 1) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
      sum += digit;
    }
    if (sum % 10 === 0) return number;
  }
  throw new Error('no digit checks');
}

const groups = (text, ...lengths) => {
  let from = 0;
  return lengths.map((length) => text.slice(from, (from += length))).join(' ');
};

function iban(country, bban) {
  const numeric = `${bban}${country}00`
    .split('')
    .map((character) => Number.parseInt(character, 36))
    .join('');
  return `${country}${String(98n - (BigInt(numeric) % 97n)).padStart(2, '0')}${bban}`;
}

const SENTENCES = [
  (value) => value,
  (value) => `The value is ${value}.`,
  (value) => `{"note":"see ${value}, please"}`,
  (value) => `Before\n${value}\nafter`,
  (value) => `(${value})`,
];

const MAKERS = {
  email: () => `${drawn(8, 'abcdefghijklmnop')}.${drawn(5, 'abcdefgh')}@${drawn(7, 'abcdefghijklmnop')}.example.com`,
  credit_card: () => {
    const number = pick([() => luhn('4', 16), () => luhn('5' + (1 + next(5)), 16), () => luhn('6011', 16)])();
    return pick([number, groups(number, 4, 4, 4, 4), groups(number, 4, 4, 4, 4).replaceAll(' ', '-')]);
  },
  iban: () => {
    const number = pick([
      () => iban('DE', digits(18)),
      () => iban('GB', `WEST${digits(14)}`),
      () => iban('FR', digits(23)),
      () => iban('NL', `ABNA${digits(10)}`),
      () => iban('ES', digits(20)),
    ])();
    return pick([number, number.replace(/(.{4})(?=.)/g, '$1 ')]);
  },
  us_ssn: () =>
    `${String(1 + next(665)).padStart(3, '0')}-${String(1 + next(99)).padStart(2, '0')}-${String(1 + next(9999)).padStart(4, '0')}`,
  phone: () =>
    pick([
      `+49 30 ${digits(8)}`,
      `+1 415 ${2 + next(8)}${digits(2)} ${digits(4)}`,
      `(415) ${2 + next(8)}${digits(2)}-${digits(4)}`,
      `+33 1 ${groups(digits(8), 2, 2, 2, 2)}`,
    ]),
  ipv4: () => `${11 + next(110)}.${next(256)}.${next(256)}.${1 + next(254)}`,
  ipv6: () => `2001:db8:${drawn(4, HEX)}::${1 + next(9)}${drawn(3, HEX)}`,
  mac_address: () =>
    Array.from({ length: 6 }, () => drawn(2, HEX))
      .join(':')
      .replace(/^../, '0a'),
  api_key: () =>
    pick([
      `sk-proj-${drawn(48)}`,
      `sk-ant-api03-${drawn(60)}`,
      `glpat-a1${drawn(18)}`,
      `hf_${drawn(34)}`,
      `SG.${drawn(22)}.${drawn(43)}`,
      `hvs.${drawn(28)}`,
      `npm_${drawn(36)}`,
    ]),
  aws_key: () => `AKIA${drawn(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`,
  google_api_key: () => `AIza${drawn(35)}`,
  github_token: () => pick([`ghp_${drawn(36)}`, `github_pat_${drawn(22)}_${drawn(59)}`]),
  slack_token: () => `xoxb-${digits(12)}-${digits(12)}-${drawn(24)}`,
};

/** Lines as those of hostile.jsonl: two hundred of each category. */
export function generated() {
  return Object.entries(MAKERS).flatMap(([category, make]) =>
    Array.from({ length: 200 }, () => {
      const value = make();
      return { text: pick(SENTENCES)(value), expect: [{ category, value }], why: 'generated' };
    }),
  );
}

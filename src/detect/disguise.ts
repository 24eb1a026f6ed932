/** A text as it is read, and where a stretch of it stands in the text as it is written. */
export interface Revealed {
  readonly text: string;
  /** Whole units only: what is read of an escape goes with all of it. */
  place(start: number, end: number): { readonly start: number; readonly end: number };
}

/** One unit: where it is read, and where it is written. */
interface Unit {
  readonly readStart: number;
  readonly readEnd: number;
  readonly start: number;
  readonly end: number;
}

/** U+200B to U+200F, U+202A to U+202E, U+2060 to U+2069, soft hyphen, Mongolian vowel separator, byte-order mark. */
const INVISIBLE = String.raw`\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff`;
const SPACES = String.raw`\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000`;
const HYPHENS = String.raw`\u2010-\u2015\u2212\ufe58\ufe63\uff0d`;
/** Full-width forms, letters and digits in circles; mathematical ones are pairs that begin with U+D835. */
const COMPATIBLE = String.raw`\uff01-\uff0c\uff0e-\uff5e\uff61\u3002\u2460-\u24ff\u2100-\u214f\ud835\u2024\ufe52`;
/** Zeros of the decimal digits of other scripts (general category Nd). */
const ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
];
const DIGITS = ZEROS.map((zero) => String.raw`\u${hex(zero)}-\u${hex(zero + 9)}`).join('');
/** Letters of Cyrillic and Greek that look like those of ASCII (a part of Unicode's confusables). */
const LOOK_ALIKE =
  'аaеeоoрpсcуyхxѕsіiјjһhԁdԛqԝwӏlкkАAВBЕEКKМMНHОOРPСCТTУYХXЅSІIЈJοoαaνvιiκkρpτtυuχxγyΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX';
const LETTERS = new Map(
  Array.from({ length: LOOK_ALIKE.length / 2 }, (_, index) => [LOOK_ALIKE[2 * index]!, LOOK_ALIKE[2 * index + 1]!]),
);

/** The characters that are worth a second look, as a class; `%`, `&` and `\` are besides. */
export const DISGUISES: string = `${INVISIBLE}${SPACES}${HYPHENS}${COMPATIBLE}${DIGITS}\u0370-\u03ff\u0400-\u052f`;

const ENTITIES: Readonly<Record<string, string>> = {
  commat: '@',
  period: '.',
  lowbar: '_',
  hyphen: '-',
  dash: '-',
  colon: ':',
  equals: '=',
  sol: '/',
  plus: '+',
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  shy: '',
  zwnj: '',
  zwj: '',
};

/**
 * What stands for one character or a few: an escape of JSON (however often quoted), percent-encoding (encoded up to
 * three times), an HTML entity, or a character of {@link DISGUISES}. Each has a bounded length, so that it is one pass.
 */
const UNIT = new RegExp(
  String.raw`(?<!\\)\\{1,8}(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})|(?:%(?:25){0,2}[89A-Fa-f][0-9A-Fa-f]){2,4}|%(?:25){0,2}[0-7][0-9A-Fa-f]|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});|\ud835[\udc00-\udfff]|[${DISGUISES}]`,
  'g',
);

/** The text as it is read, in time that grows with its length; `undefined` if that is how it is written. */
export function reveal(text: string): Revealed | undefined {
  let read = '';
  const units: Unit[] = [];
  let kept = 0;
  UNIT.lastIndex = 0;
  for (let match = UNIT.exec(text); match !== null; match = UNIT.exec(text)) {
    const [unit] = match;
    const character = readOf(unit, text, match.index);
    if (character === unit) continue;
    read += text.slice(kept, match.index);
    kept = match.index + unit.length;
    units.push({ readStart: read.length, readEnd: read.length + character.length, start: match.index, end: kept });
    read += character;
  }
  if (units.length === 0) return undefined;
  return {
    text: read + text.slice(kept),
    place: (start, end) => ({ start: writtenAt(units, start).start, end: writtenAt(units, end - 1).end }),
  };
}

/** Where the character at a place of the read text is written: in a unit, or as far behind the last one as it is read. */
function writtenAt(units: readonly Unit[], at: number): { start: number; end: number } {
  let low = 0;
  let high = units.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (units[middle]!.readStart <= at) low = middle + 1;
    else high = middle;
  }
  // Of units that are read as nothing several stand at one place.
  const unit = units[low - 1];
  if (unit === undefined) return { start: at, end: at + 1 };
  if (at < unit.readEnd) return { start: unit.start, end: unit.end };
  const start = unit.end + (at - unit.readEnd);
  return { start, end: start + 1 };
}

function readOf(unit: string, text: string, start: number): string {
  switch (unit[0]) {
    case '\\':
      return characterOf(
        String.fromCharCode(Number.parseInt(unit.replace(/^\\+[ux]/, ''), 16)),
        text,
        start,
        unit.length,
      );
    case '%':
      return percentDecoded(unit);
    case '&':
      return entityOf(unit);
    default:
      return characterOf(unit, text, start, unit.length);
  }
}

function percentDecoded(unit: string): string {
  // One sign of ASCII, as most are.
  if (unit.length === 3) return String.fromCharCode(Number.parseInt(unit.slice(1), 16));
  try {
    return decodeURIComponent(unit.replaceAll('%25', '%').replace(/%(?:25)+/g, '%'));
  } catch {
    return unit;
  }
}

function entityOf(unit: string): string {
  if (unit[1] !== '#') return ENTITIES[unit.slice(1, -1).toLowerCase()] ?? unit;
  const code = /^&#[xX]/.test(unit) ? Number.parseInt(unit.slice(3, -1), 16) : Number(unit.slice(2, -1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : unit;
}

const IS_INVISIBLE = new RegExp(`^[${INVISIBLE}]$`);
const IS_SPACE = new RegExp(`^[${SPACES}]$`);
const IS_HYPHEN = new RegExp(`^[${HYPHENS}]$`);
const IS_COMPATIBLE = new RegExp(`^[${COMPATIBLE}]`);

function characterOf(character: string, text: string, start: number, length: number): string {
  if (IS_INVISIBLE.test(character)) return '';
  if (IS_SPACE.test(character)) return ' ';
  if (IS_HYPHEN.test(character)) return '-';
  if (IS_COMPATIBLE.test(character)) return character.normalize('NFKC').replaceAll('。', '.');
  const code = character.charCodeAt(0);
  const zero = ZEROS.find((first) => code >= first && code <= first + 9);
  if (zero !== undefined) return String(code - zero);
  if (/[ОоΟο]/.test(character) && isDigit(text, start - 1) && isDigit(text, start + length)) return '0';
  const letter = LETTERS.get(character);
  return letter !== undefined && isAmongAscii(text, start, length) ? letter : character;
}

/** How far a look-alike letter may stand from one of ASCII in the same word; all of a Russian word stays as it is. */
const NEIGHBOURS = 12;

function isAmongAscii(text: string, start: number, length: number): boolean {
  return isAsciiNear(text, start - 1, -1) || isAsciiNear(text, start + length, 1);
}

function isAsciiNear(text: string, from: number, step: number): boolean {
  for (let index = from, seen = 0; seen < NEIGHBOURS && index >= 0 && index < text.length; index += step, seen++) {
    const code = text.charCodeAt(index);
    if ((code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)) return true;
    if (code < 0x370 || code > 0x52f) return false;
  }
  return false;
}

function isDigit(text: string, index: number): boolean {
  return text[index] !== undefined && /[0-9 -]/.test(text[index]);
}

function hex(code: number): string {
  return code.toString(16).padStart(4, '0');
}

/** At most so much base64 is decoded of one text, so that a picture costs no more than a page. */
const MAX_BASE64_CHARS = 65_536;
const MAX_BASE64_RUNS = 64;
const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16}[A-Za-z0-9+/_-]*={0,2}(?![A-Za-z0-9+/_=-])/g;

/** A run of base64 whose bytes are printable text. */
export interface Decoded {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Runs of base64 or base64url, within the bounds above. Bytes that are no text (hashes, pictures) are left out. */
export function base64Texts(text: string): Decoded[] {
  const decoded: Decoded[] = [];
  let chars = 0;
  let runs = 0;
  BASE64.lastIndex = 0;
  for (let match = BASE64.exec(text); match !== null; match = BASE64.exec(text)) {
    const [run] = match;
    if (!/[0-9]/.test(run) || !/[a-z]/.test(run) || !/[A-Z]/.test(run)) continue;
    chars += run.length;
    if (chars > MAX_BASE64_CHARS || ++runs > MAX_BASE64_RUNS) break;
    const content = Buffer.from(run, 'base64').toString('latin1');
    if (/^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(content) && isText(content)) {
      decoded.push({ start: match.index, end: match.index + run.length, text: content });
    }
  }
  return decoded;
}

/** Random bytes are text by chance as seldom as sixteen of them are all ASCII. */
function isText(content: string): boolean {
  return (
    !/[\x80-\xff]/.test(content) ||
    /^[\x20-\x7e\n\r\t]*$/.test(
      Buffer.from(content, 'latin1')
        .toString('utf8')
        .replace(/[\u00a0-\uffef]/g, ''),
    )
  );
}

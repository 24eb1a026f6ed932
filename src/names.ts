/** The grammars of docs/format.md section 1, "Names": a name read from a file is matched, never opened as a path. */

const LOG_NAME = /^[A-Za-z0-9._~\-/]{1,200}$/;
const SEGMENT_NAME = /^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}$/;
const SEGMENT_FILE_END = '.jsonl';
const DISCLOSURES_FILE = /^([0-9]{8}T[0-9]{6}Z-[0-9a-f]{16})\.disclosures\.jsonl$/;

/** Whether a text can name a log, which is also the name of its key. */
export function isLogName(text: string): boolean {
  return LOG_NAME.test(text) && text.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Whether a text can name a segment. */
export function isSegmentName(text: string): boolean {
  return SEGMENT_NAME.test(text);
}

/** Hex digits of a segment's name that say the millisecond, and those that are random. */
const MILLIS_DIGITS = 3;
export const SEGMENT_RANDOM_DIGITS = 13;

/**
 * The name of a new segment: `<UTC second>-<16 hex digits>`, of which the first three are the millisecond, so that names
 * sort by the time they were opened.
 */
export function segmentName(openedMillis: number, random: string): string {
  const time = new Date(openedMillis).toISOString();
  const second = time.slice(0, 19).replace(/[-:]/g, '');
  return `${second}Z-${Number(time.slice(20, 23)).toString(16).padStart(MILLIS_DIGITS, '0')}${random}`;
}

/** When a segment was opened, by its name, in Unix milliseconds. Of a name of other making only the second is known. */
export function segmentMillis(segment: string): number {
  const [, date, hours, minutes, seconds, millis] = /^(\d{8})T(\d\d)(\d\d)(\d\d)Z-([0-9a-f]{3})/.exec(segment) ?? [];
  const day = `${date?.slice(0, 4)}-${date?.slice(4, 6)}-${date?.slice(6)}`;
  return Date.parse(`${day}T${hours}:${minutes}:${seconds}.000Z`) + Math.min(Number.parseInt(millis ?? '0', 16), 999);
}

/** The segment that a file's name stands for; `undefined` if the file is not the log's. */
export function segmentOfFile(fileName: string): string | undefined {
  if (!fileName.endsWith(SEGMENT_FILE_END)) return undefined;
  const segment = fileName.slice(0, -SEGMENT_FILE_END.length);
  return SEGMENT_NAME.test(segment) ? segment : undefined;
}

/** The segment that a file of disclosures belongs to; `undefined` if it is none. */
export function segmentOfDisclosures(fileName: string): string | undefined {
  return DISCLOSURES_FILE.exec(fileName)?.[1];
}

/** The name of the file that holds what a segment withholds. */
export function disclosuresFile(segment: string): string {
  return `${segment}.disclosures.jsonl`;
}

const DIGIT_0 = 0x30;
const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;

/** By character code: 1 for a digit of lower-case hexadecimal. */
const HEX_DIGITS: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) =>
  /[0-9a-f]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** Whether a text is so many digits of lower-case hexadecimal. By hand: it is asked of every line and span. */
export function isHex(text: string, digits: number): boolean {
  if (text.length !== digits) return false;
  for (let index = 0; index < digits; index++) if ((HEX_DIGITS[text.charCodeAt(index)] ?? 0) === 0) return false;
  return true;
}

const isZero = (text: string): boolean => /^0*$/.test(text);

/** Whether a text is a W3C trace id that is not all zero. */
export function isTraceId(text: string): boolean {
  return isHex(text, TRACE_ID_DIGITS) && (text.charCodeAt(0) !== DIGIT_0 || !isZero(text));
}

/** Whether a text is a W3C span id that is not all zero. */
export function isSpanId(text: string): boolean {
  return isHex(text, SPAN_ID_DIGITS) && (text.charCodeAt(0) !== DIGIT_0 || !isZero(text));
}

/** Where the digits of a time stand, and its other characters: `YYYY-MM-DDThh:mm:ss.mmmZ`. */
const TIME_FORM = '0000-00-00T00:00:00.000Z';
const DIGIT_9 = 0x39;

/** Whether a text is a time of the format: UTC with milliseconds, a day that exists, years 1970 to 9999. */
export function isTime(text: string): boolean {
  if (text.length !== TIME_FORM.length) return false;
  // By hand: it is asked of every line, and a pattern, Date.parse and the way back take ten times as long.
  for (let index = 0; index < TIME_FORM.length; index++) {
    const code = text.charCodeAt(index);
    const form = TIME_FORM.charCodeAt(index);
    if (form === DIGIT_0 ? code < DIGIT_0 || code > DIGIT_9 : code !== form) return false;
  }
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return false;
  return two(text, 11) < 24 && two(text, 14) < 60 && two(text, 17) < 60;
}

/** The number that two digits at a place of a text are. */
function two(text: string, at: number): number {
  return (text.charCodeAt(at) - DIGIT_0) * 10 + text.charCodeAt(at + 1) - DIGIT_0;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

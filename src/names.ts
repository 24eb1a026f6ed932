/** The grammars of docs/format.md section 1, "Names": a name read from a file is matched, never opened as a path. */

const LOG_NAME = /^[A-Za-z0-9._~\-/]{1,200}$/;
const SEGMENT_NAME = /^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}$/;
const SEGMENT_FILE = /^([0-9]{8}T[0-9]{6}Z-[0-9a-f]{16})\.jsonl$/;

/** Whether a text can name a log, which is also the name of its key. */
export function isLogName(text: string): boolean {
  return LOG_NAME.test(text) && text.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Whether a text can name a segment. */
export function isSegmentName(text: string): boolean {
  return SEGMENT_NAME.test(text);
}

/** The name of a new segment: `<UTC second>-<16 hex digits>`, so that names sort by the time they were opened. */
export function segmentName(openedMillis: number, random: string): string {
  return `${new Date(openedMillis).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z-${random}`;
}

/** The segment that a file's name stands for; `undefined` if the file is not the log's. */
export function segmentOfFile(fileName: string): string | undefined {
  return SEGMENT_FILE.exec(fileName)?.[1];
}

const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

/** Whether a text is a time of the format: UTC with milliseconds, a day that exists, years 1970 to 9999. */
export function isTime(text: string): boolean {
  if (!TIME.test(text)) return false;
  const millis = Date.parse(text);
  return millis >= 0 && new Date(millis).toISOString() === text;
}

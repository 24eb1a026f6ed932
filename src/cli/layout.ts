import { escapeText } from '../verify/problem.ts';

export { counted, grouped } from '../counted.ts';

/** Text laid out for a screen. Whatever comes from a file goes through {@link shown} first. */

/** Everything that is printed fits so many columns, but for what is to be copied whole: keys and paths. */
export const COLUMNS = 100;

/** A value from a file, escaped: data stays data. */
export function shown(value: unknown): string {
  return escapeText(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
}

const segmenter = new Intl.Segmenter();

/** Text in which each code unit is a character of one column: ASCII, Latin, and the signs that this program adds. */
const PLAIN = /^[\u0020-\u007e\u00a0-\u02ff…→✓✗]*$/;

/** What takes two columns: East Asian wide and full-width forms, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

function charactersOf(text: string): string[] {
  return PLAIN.test(text) ? text.split('') : Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function charWidth(char: string): number {
  return WIDE.test(char) ? 2 : 1;
}

/** Columns that a text takes on a terminal. */
function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return charactersOf(text).reduce((width, char) => width + charWidth(char), 0);
}

/** The text, or its beginning and `…`. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let columns = 1;
  for (const char of charactersOf(text)) {
    columns += charWidth(char);
    if (columns > width) break;
    kept += char;
  }
  return `${kept.trimEnd()}…`;
}

/** The text, filled up with spaces. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Breaks a text at spaces. A word that is longer than a line stays whole. */
export function wrap(text: string, indent = '', firstIndent: string = indent): string[] {
  const lines: string[] = [];
  let line = firstIndent;
  let empty = true;
  for (const word of text.split(/ +/)) {
    if (!empty && widthOf(line) + 1 + widthOf(word) > COLUMNS) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}

/** A paragraph that hangs behind a label of a given width. */
export function labelled(label: string, width: number, text: string): string[] {
  return wrap(text, ' '.repeat(width), pad(label, width));
}

/** Pads cells to columns; `right` are the indexes of those that hold numbers. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return right.includes(column) ? ' '.repeat(width - widthOf(cell)) + cell : pad(cell, width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** `12.3 MB` */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/**
 * One JSON document. Characters that JSON allows in a string and a terminal obeys, C1 controls and bidirectional marks
 * among them, are written as `\u` escapes: the same document for a parser.
 */
export function jsonText(value: unknown): string {
  return escapeJson(JSON.stringify(value, undefined, 2));
}

/** Escapes the same characters in a text that is JSON already. */
export function escapeJson(json: string): string {
  return json.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    [...Array(char.length).keys()]
      .map((index) => `\\u${char.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

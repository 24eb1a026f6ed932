import { escapeText } from '../verify/problem.ts';

/** Text laid out for a screen. Whatever comes from a file goes through {@link shown} first. */

/** Everything that is printed fits so many columns, but for what is to be copied whole: keys and paths. */
export const COLUMNS = 100;

/** A value from a file, escaped: data stays data. */
export function shown(value: unknown): string {
  return escapeText(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
}

/** Columns that a text takes, near enough: one for each code point. */
function widthOf(text: string): number {
  return [...text].length;
}

/** The text, or its beginning and `…`. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return `${[...text]
    .slice(0, width - 1)
    .join('')
    .trimEnd()}…`;
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
  return wrap(text, ' '.repeat(width), label.padEnd(width));
}

/** Pads cells to columns; `right` are the indexes of those that hold numbers. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)));
        return right.includes(column) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** `1,234,567` */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 entry`, `2 entries` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
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

/** HTML that is safe by construction: every value is escaped, and nothing else becomes markup. */

/** Markup; made by {@link html} alone. */
export class Html {
  readonly text: string;

  /** @param text - markup: never anything from a file */
  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

/** A template whose values are escaped, but for {@link Html}; lists are joined, what is undefined or false is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0] ?? '';
  for (const [index, value] of values.entries()) text += markupOf(value) + (parts[index + 1] ?? '');
  return new Html(text);
}

function markupOf(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (value === undefined || value === false) return '';
  if (typeof value === 'object') return value.map(markupOf).join('');
  return escaped(String(value));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * A text from a file. Characters that are not seen, or turn the text around them, are shown by their numbers; line feeds
 * and tabs stay, and so do the joiners that some scripts are written with.
 */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"']/g, (char) => ESCAPES[char] ?? '')
    .replace(/(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
      return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
    });
}

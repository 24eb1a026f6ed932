import { html, type Html, type HtmlValue } from './html.ts';
import type { RecordRead } from './reading.ts';
import type { EN } from './text/en.ts';
import type { StepNames } from './text/steps.ts';

/** What all parts of a page share. */
export interface View {
  readonly record: RecordRead;
  /** SHA-256 of the whole file, hex. */
  readonly digest: string;
  readonly text: typeof EN;
  /** Ids of the decisions that have a page. */
  readonly pages: ReadonlyMap<string, string>;
}

/** The page of a decision, or its id alone. */
export function decisionLink({ pages }: View, id: string): Html {
  const page = pages.get(id);
  return page === undefined ? html`<code>${id}</code>` : html`<a href="#${page}"><code>${id}</code></a>`;
}

/** An entry as `spanseal inspect` and `prove` name it: segment and seq. */
export function entryName(segment: string | undefined, seq: number | undefined): Html {
  return html`<code>${segment ?? '?'}${seq === undefined ? '' : `:${seq}`}</code>`;
}

/** A time of the record, as a reader reads it: to the second, UTC. */
export function timeText(ts: string | undefined): string {
  return ts === undefined ? '' : ts.replace('T', ' ').replace(/(?:\.\d+)?Z$/, '');
}

export function millisText(millis: number): string {
  const date = new Date(millis);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 16).replace('T', ' ');
}

export interface Column<T> {
  readonly head: string;
  readonly cell: (item: T) => HtmlValue;
  /** How the cell is set: `n` a number, `t` a time. */
  readonly kind?: 'n' | 't';
}

/** A table, or nothing where there are no rows. The first column heads its row. */
export function table<T>(caption: string, columns: readonly Column<T>[], items: readonly T[]): Html {
  if (items.length === 0) return html``;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ head, kind }) => html`<th scope="col" class="${kind ?? ''}">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${items.map(
          (item) =>
            html`<tr>
              ${columns.map(({ cell, kind }, index) =>
                index === 0
                  ? html`<th scope="row" class="${kind ?? ''}">${cell(item)}</th>`
                  : html`<td class="${kind ?? ''}">${cell(item)}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** How sentences about entries name people. */
export function namesOf({ record: { reviewers } }: View): StepNames {
  return {
    reviewer: (name) => reviewers.of(name),
    shown: (text) => reviewers.shown(text),
    named: reviewers.areNamed,
  };
}

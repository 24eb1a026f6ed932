import { textOf } from '../json.ts';
import { PACKAGE_VERSION } from '../version.ts';
import { decisionPage } from './decision-page.ts';
import { evidence } from './evidence-section.ts';
import { firstScreen } from './first-screen.ts';
import { Html, html } from './html.ts';
import type { RecordRead } from './reading.ts';
import * as sections from './sections.ts';
import { STYLE } from './style.ts';
import { EN } from './text/en.ts';
import type { View } from './view.ts';

/** So many decisions get a page of their own, those with exceptions first. */
export const DEFAULT_DECISION_PAGES = 500;

export interface RenderOptions {
  /** SHA-256 of the whole file, hex. */
  readonly digest: string;
  /** Most decisions that get a page. Default {@link DEFAULT_DECISION_PAGES}. */
  readonly pages?: number;
}

/** What a page may do: show itself. No script, no network, no frame around it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The report as one file. The same record gives the same bytes. */
export function reportDocument(record: RecordRead, options: RenderOptions): string {
  const view = viewOf(record, options);
  const { text } = view;
  return documentOf(
    text.page.title(textOf(record.header['system'])),
    html`<h1>${text.page.title(textOf(record.header['system']))}</h1>
      <p class="lead">${text.page.lead}</p>
      ${reportBody(view)}
      <footer><p class="small quiet">${text.page.footer(PACKAGE_VERSION)} ${text.page.readingAid}</p></footer>`,
  );
}

export function viewOf(record: RecordRead, { digest, pages = DEFAULT_DECISION_PAGES }: RenderOptions): View {
  const told = sections.byWeight(record.stories.filter(({ steps }) => steps.length > 0)).slice(0, pages);
  return {
    record,
    digest,
    text: EN,
    pages: new Map(told.map(({ id }, index) => [id, `decision-${index + 1}`])),
  };
}

/** First screen and sections, without a frame: the page that verifies shows the same. */
export function reportBody(view: View): Html {
  const { text } = view;
  const parts: readonly (readonly [string, string, Html])[] = [
    ['scope', text.sections.scope, sections.scope(view)],
    ['record', text.sections.record, sections.segments(view)],
    ['exceptions', text.sections.exceptions, sections.exceptions(view)],
    ['time', text.sections.time, sections.timeLine(view)],
    ['decisions', text.sections.decisions, sections.decisions(view)],
    ['oversight', text.sections.oversight, sections.oversight(view)],
    ['running', text.sections.running, sections.running(view)],
    ['evidence', text.sections.evidence, evidence(view)],
    ['custody', text.sections.custody, sections.custody(view)],
    ['pages', text.sections.pages, pagesOf(view)],
  ];
  return html`${firstScreen(view)}
    <nav aria-label="${text.page.contents}">
      <h2 style="border:0;font-size:1.05rem;margin:1.5rem 0 0">${text.page.contents}</h2>
      <ol>
        ${parts.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
      </ol>
    </nav>
    ${parts.map(([id, title, content]) => sections.section(id, title, content))}`;
}

function pagesOf(view: View): Html {
  const { record, pages, text } = view;
  const told = record.stories.filter(({ id }) => pages.has(id));
  const left = record.stories.length - told.length;
  return html`<p>${told.length === 0 ? text.pages.none : text.pages.lead} ${left > 0 && text.pages.leftOut(left)}</p>
    ${told.map((story) => decisionPage(view, story, pages.get(story.id) ?? ''))}`;
}

/** A whole page around a body. */
export function documentOf(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="${EN.language}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Html(POLICY)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="generator" content="spanseal ${PACKAGE_VERSION}" />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">${EN.page.skip}</a>
        <main id="main">${body}</main>
      </body>
    </html> `.text;
}

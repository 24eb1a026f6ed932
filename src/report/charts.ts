import { html, type Html } from './html.ts';
import type { TimePart } from './timeline.ts';

/** Pictures, drawn as SVG without a script; each says in a title what it shows, and its numbers stand in text beside it. */

export interface Segment {
  readonly label: string;
  readonly count: number;
  /** One of the style's classes, s0 to s5. */
  readonly style: string;
}

/** One bar in parts, with its legend: the parts of a whole. */
export function partsBar(title: string, segments: readonly Segment[], format: (count: number) => string): Html {
  const shown = segments.filter(({ count }) => count > 0);
  const total = shown.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return html``;
  let x = 0;
  const bars = shown.map(({ count, style, label }) => {
    const width = (1_000 * count) / total;
    const bar = html`<rect
      class="${style}"
      x="${x.toFixed(1)}"
      width="${Math.max(1.5, width - 1).toFixed(1)}"
      height="16"
      ><title>${label}: ${format(count)}</title></rect
    >`;
    x += width;
    return bar;
  });
  return html`<figure>
    <svg viewBox="0 0 1000 16" preserveAspectRatio="none" style="height:1rem" role="img" aria-label="${title}">
      ${bars}
    </svg>
    <ul class="legend">
      ${shown.map(({ label, count, style }) => html`<li><span class="${style}"></span>${label}: ${format(count)}</li>`)}
    </ul>
  </figure>`;
}

const WIDTH = 960;
const ROW = 46;
const LEFT = 92;

export interface TimeRow {
  readonly label: string;
  readonly style: string;
  readonly count: (part: TimePart) => number;
}

/** Columns over time, one row for each kind, each row by its own greatest value. */
export function timeChart(
  title: string,
  parts: readonly TimePart[],
  rows: readonly TimeRow[],
  texts: { readonly time: (millis: number) => string; readonly most: (count: number) => string },
): Html {
  if (parts.length === 0) return html``;
  const step = (WIDTH - LEFT) / parts.length;
  const height = rows.length * ROW + 22;
  const drawn = rows.map(({ label, style, count }, row) => {
    const most = Math.max(1, ...parts.map(count));
    const base = (row + 1) * ROW;
    const columns = parts.map((part, index) => {
      const value = count(part);
      if (value === 0) return undefined;
      const tall = Math.max(2, ((ROW - 14) * value) / most);
      return html`<rect
        class="${style}"
        x="${(LEFT + index * step).toFixed(1)}"
        y="${(base - tall).toFixed(1)}"
        width="${Math.max(1, Math.min(step - 1, 24)).toFixed(1)}"
        height="${tall.toFixed(1)}"
        ><title>${texts.time(part.from)}: ${value}</title></rect
      >`;
    });
    return html`<text x="0" y="${base - 16}">${label}</text
      ><text x="0" y="${base - 2}" opacity="0.65">${texts.most(Math.max(0, ...parts.map(count)))}</text>
      <line class="axis" x1="${LEFT}" y1="${base}" x2="${WIDTH}" y2="${base}" />${columns}`;
  });
  const [first] = parts;
  const last = parts.at(-1);
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
      ${drawn}
      <text x="${LEFT}" y="${height - 4}">${texts.time(first?.from ?? 0)}</text>
      <text x="${WIDTH}" y="${height - 4}" text-anchor="end">${texts.time(last?.to ?? 0)}</text>
    </svg>
    <figcaption>${title}</figcaption>
  </figure>`;
}

export interface Span {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly style: string;
  readonly title: string;
}

/** Segments side by side in time: where they overlap, and where nothing is. */
export function spansChart(title: string, spans: readonly Span[], time: (millis: number) => string): Html {
  if (spans.length === 0) return html``;
  const from = Math.min(...spans.map((span) => span.from));
  const to = Math.max(from + 1, ...spans.map((span) => span.to));
  const row = 20;
  const height = spans.length * row + 22;
  const x = (at: number): number => LEFT + ((WIDTH - LEFT - 2) * (at - from)) / (to - from);
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
      ${spans.map(
        (span, index) =>
          html`<text x="0" y="${index * row + 14}">${span.label}</text
            ><rect
              class="${span.style}"
              rx="2"
              x="${x(span.from).toFixed(1)}"
              y="${index * row + 4}"
              width="${Math.max(3, x(span.to) - x(span.from)).toFixed(1)}"
              height="12"
              ><title>${span.title}</title></rect
            >`,
      )}
      <text x="${LEFT}" y="${height - 4}">${time(from)}</text>
      <text x="${WIDTH}" y="${height - 4}" text-anchor="end">${time(to)}</text>
    </svg>
    <figcaption>${title}</figcaption>
  </figure>`;
}

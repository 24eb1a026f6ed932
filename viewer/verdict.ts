import { mark } from '../src/report/first-screen.ts';
import { html, type Html } from '../src/report/html.ts';
import { verdictTable } from '../src/report/sections.ts';
import { EN } from '../src/report/text/en.ts';
import { EXIT_FAILS, EXIT_HOLDS, exitCode, type Report, type Verdicts } from '../src/verify/report.ts';

/** The answer in short: never a bare yes. */
export function verdictOf(report: Report, digest: string): Html {
  const { failed, demanded, verdicts, entries, segments } = report;
  const { viewer: text } = EN;
  const what = text.what(entries, segments.length);
  const exit = exitCode(report);
  const names = Object.keys(verdicts) as (keyof Verdicts)[];
  const notShown = names
    .filter((name) => !demanded.includes(name))
    .map((name) => `${name} (${verdicts[name].replaceAll('_', ' ')})`);
  const [style, said] =
    exit === EXIT_HOLDS
      ? (['good', text.demandedHolds(demanded.join(', '), what, notShown.join(', '))] as const)
      : exit === EXIT_FAILS
        ? (['bad', text.fails(failed.join(', '), what)] as const)
        : (['warn', text.intact(what)] as const);
  const word = { good: text.mark.holds, bad: text.mark.fails, warn: text.mark.intact }[style];
  return html`<h2>${text.verdict}</h2>
    <p><code>${report.file}</code>, SHA-256 <code>${digest}</code></p>
    <p class="upshot ${style}">${mark(style, word)} ${said}</p>
    ${verdictTable(report, EN)}`;
}

import { counted } from '../src/counted.ts';
import { mark } from '../src/report/first-screen.ts';
import { html, type Html } from '../src/report/html.ts';
import { verdictTable } from '../src/report/sections.ts';
import { EN } from '../src/report/text/en.ts';
import { EXIT_FAILS, EXIT_HOLDS, exitCode, type Report, type Verdicts } from '../src/verify/report.ts';

/** The answer in short: never a bare yes. */
export function verdictOf(report: Report, digest: string): Html {
  const { failed, demanded, verdicts, entries, segments } = report;
  const what = `${counted(entries, 'entry', 'entries')} in ${counted(segments.length, 'segment')}`;
  const exit = exitCode(report);
  const names = Object.keys(verdicts) as (keyof Verdicts)[];
  const notShown = names
    .filter((name) => !demanded.includes(name))
    .map((name) => `${name} (${verdicts[name].replaceAll('_', ' ')})`);
  const upshot =
    exit === EXIT_HOLDS
      ? html`<p class="upshot good">
          ${mark('good', 'Holds')} What was demanded holds: ${demanded.join(', ')}, over ${what}. Not shown:
          ${notShown.join(', ')}.
        </p>`
      : exit === EXIT_FAILS
        ? html`<p class="upshot bad">${mark('bad', 'Fails')} in ${failed.join(', ')}; ${what} were read.</p>`
        : html`<p class="upshot warn">
            ${mark('warn', 'Intact, not authenticated')} ${what} are whole, and no key was given to check who signed
            them. Get the verifier key from somebody you trust, not from this file.
          </p>`;
  return html`<h2>Verdict</h2>
    <p><code>${report.file}</code>, SHA-256 <code>${digest}</code></p>
    ${upshot} ${verdictTable(report, EN)}`;
}

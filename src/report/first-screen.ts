import { grouped } from '../counted.ts';
import { isArray, isObject } from '../canonical.ts';
import { at, countAt, textOf, type JsonValue } from '../json.ts';
import { VERDICT_TEXTS } from '../verdict-texts.ts';
import type { Verdicts } from '../verify/report.ts';
import { partsBar, type Segment } from './charts.ts';
import { differenceOf } from './exceptions.ts';
import { html, type Html } from './html.ts';
import { resultOf, reviewState, type ReviewState, type Story } from './stories.ts';
import { timeText, type View } from './view.ts';
import { lookUp } from './text/look-up.ts';

/** What one must know before anything else, in this order. */
export function firstScreen(view: View): Html {
  const { first } = view.text;
  const rows: readonly (readonly [string, Html, boolean?])[] = [
    [first.whose, whose(view)],
    [first.period, period(view)],
    [first.consistent, consistent(view), view.record.report.verdicts.integrity !== 'consistent'],
    [first.signed, signed(view)],
    [first.independence, independence(view)],
    [first.population, population(view)],
    [first.exceptions, exceptions(view)],
    [first.decisions, decisions(view)],
    [first.force, force(view)],
    [first.limits, limits(view)],
    [first.export, exported(view)],
  ];
  return html`<section aria-labelledby="glance">
    <h2 id="glance" style="border-top:0;margin-top:1rem">${first.heading}</h2>
    <dl class="first">
      ${rows.map(
        ([label, content, bad]) =>
          html`<div class="${bad === true ? 'row-bad' : ''}">
            <dt>${label}</dt>
            <dd>${content}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

type Tone = 'good' | 'bad' | 'warn' | 'plain';

const SIGNS: Readonly<Record<Tone, string>> = { good: '✓ ', bad: '✗ ', warn: '! ', plain: '' };

/** A word with its colour and a sign: never the colour alone. */
export function mark(tone: Tone, word: string): Html {
  return html`<span class="mark ${tone}">${SIGNS[tone]}${word}</span>`;
}

function whose({ record: { header }, text }: View): Html {
  const operator = textOf(header['operator']);
  return html`<p><strong>${textOf(header['system'])}</strong> (log <code>${textOf(header['log'])}</code>)</p>
    <p>
      ${operator === '' ? text.whose.notDeclared : text.whose.operator(operator, textOf(header['legal_role']).replaceAll('_', ' '))}
    </p>
    <p>${text.whose.declared(textOf(header['environment']), textOf(header['risk_tier']))}</p>`;
}

function period({ record: { header, summary, clocks }, text }: View): Html {
  const asked = header['period'];
  return html`<p>
      <strong>${text.period.range(timeText(textOf(summary['first_ts'])), timeText(textOf(summary['last_ts'])))}</strong>
    </p>
    ${isObject(asked) && html`<p>${text.period.selected(timeText(textOf(asked['from'])), timeText(textOf(asked['to'])))}</p>`}
    ${at(header['selection'], 'kind') === 'decision' && html`<p>${text.period.decision}</p>`}
    <p>${text.period.clock(clocks)}</p>`;
}

function consistent({ record: { report }, text }: View): Html {
  const { integrity, completeness, mapping } = report.verdicts;
  const tone = integrity === 'consistent' ? 'good' : 'bad';
  const [problem] = report.problems;
  return html`<p>${mark(tone, text.record[integrity])} ${VERDICT_TEXTS.integrity[integrity]}</p>
    ${problem !== undefined && html`<p>${text.record.where(placeText(problem))} ${text.record.places(total(report.problemCounts))}</p>`}
    <p>
      ${mark(toneOf(report, 'completeness'), `${text.record.completeness}: ${completeness}`)}
      ${VERDICT_TEXTS.completeness[completeness]}
    </p>
    <p>
      ${mark(toneOf(report, 'mapping'), `${text.record.mapping}: ${mapping.replaceAll('_', ' ')}`)}
      ${VERDICT_TEXTS.mapping[mapping]}
    </p>`;
}

/** `file:line, entry 17`, and what is wrong there. */
export function placeText(problem: {
  file: string;
  line?: number | undefined;
  seq?: number | undefined;
  segment?: string | undefined;
  what: string;
}): string {
  const { file, line, seq, segment, what } = problem;
  const place = line === undefined || line === 0 ? file : `${file}:${line}`;
  const within = segment === undefined ? '' : `, segment ${segment}`;
  return `${place}${within}${seq === undefined ? '' : `, entry ${seq}`}: ${what}`;
}

function total(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

export function toneOf({ failed, demanded, verdicts }: View['record']['report'], name: keyof Verdicts): Tone {
  if (failed.includes(name)) return name === 'authenticity' && verdicts.authenticity !== 'failed' ? 'warn' : 'bad';
  if (['open', 'catalogue_unknown', 'selection', 'shared_key'].includes(verdicts[name])) return 'warn';
  return demanded.includes(name) ? 'good' : 'plain';
}

function signed({ record: { report, header }, text }: View): Html {
  const { authenticity } = report.verdicts;
  const key = typeof header['key'] === 'string' ? header['key'] : text.unknown;
  const said = {
    signed: text.signed.signed(key),
    shared_key: text.signed.shared_key,
    unknown_key: text.signed.unknown_key(key),
    none: text.signed.none,
    failed: text.signed.failed,
  }[authenticity];
  const tone =
    authenticity === 'signed'
      ? report.verdicts.integrity === 'consistent'
        ? 'good'
        : 'warn'
      : authenticity === 'failed'
        ? 'bad'
        : 'warn';
  return html`<p>${mark(tone, authenticity.replaceAll('_', ' '))} ${said}</p>`;
}

function independence({ record: { report } }: View): Html {
  const { independence: answer } = report.verdicts;
  const tone = answer === 'self_attested' ? 'warn' : answer === 'failed' ? 'bad' : 'good';
  const by = Object.values(report.vouched).flatMap((vouched) =>
    vouched === undefined
      ? []
      : [
          html`<p>
            ${vouched.by.join(', ')}: ${grouped(vouched.entries)} of ${grouped(report.entries)},
            ${timeText(vouched.latest)}
          </p>`,
        ],
  );
  return html`<p>${mark(tone, answer.replaceAll('_', ' '))} ${VERDICT_TEXTS.independence[answer]}</p>
    ${by}`;
}

function population({ record: { summary, reconciliations, header, services }, text }: View): Html {
  const count = countAt(summary, 'population', 'count');
  const digest = textOf(at(summary, 'population', 'ids_digest'));
  const differences = reconciliations.map(({ payload }) => differenceOf(payload));
  const differing = differences.filter((difference) => difference !== undefined && difference !== 0).length;
  const unsaid = differences.filter((difference) => difference === undefined).length;
  const expected = textsOf(header['expected_sources']);
  return html`<p><strong>${text.population.decisions(count)}</strong></p>
    ${digest !== '' && html`<p class="small quiet">${text.population.digest(digest)}</p>`}
    <p>${text.population.reconciled(reconciliations.length, differing, unsaid)}</p>
    ${expected.length > 0 && html`<p>${text.population.expected(expected)}</p>`}
    ${services.length > 0 && html`<p class="small quiet">${text.population.services(services.slice(0, 10))}</p>`}
    ${count > 0 && html`<p class="small quiet">${text.population.sample(count)}</p>`}`;
}

export function textsOf(value: JsonValue | undefined): readonly string[] {
  return isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function exceptions({ record, text }: View): Html {
  const groups = record.exceptions;
  if (groups.length === 0) return html`<p>${text.exceptions.none}</p>`;
  const sum = groups.reduce((all, { count }) => all + count, 0);
  return html`<p>${mark('warn', text.exceptions.total(sum))}</p>
    <ul class="legend">
      ${groups.map(({ kind, count }) => html`<li><a href="#exception-${kind}">${text.exceptionKinds[kind][0]}: ${grouped(count)}</a></li>`)}
    </ul>`;
}

const STYLES = ['s1', 's3', 's4', 's2', 's5'];
const REVIEW_STATES: readonly (readonly [ReviewState, string])[] = [
  ['reviewed', 's3'],
  ['missing', 's0'],
  ['others', 's4'],
  ['notRequired', 's5'],
  ['notDeclared', 's2'],
];
const MAX_PARTS = 8;
const MAX_ASKED = 4;

function decisions({ record: { stories, storiesLeftOut, entriesLeftOut }, text }: View): Html {
  const begun = stories.filter((story) => story.begun !== undefined);
  if (begun.length === 0) return html`<p>${text.decisions.none}</p>`;
  const { review } = text.decisions;
  const bars: readonly (readonly [string, readonly Segment[]])[] = [
    [text.decisions.byResult, counts(begun, (story) => resultOf(story) || text.decisions.noResult)],
    [
      text.decisions.byAutomation,
      counts(begun, ({ begun: decision }) => {
        const automation = textOf(decision?.payload['automation']);
        return lookUp(text.decisions.automation, automation) ?? (automation || text.decisions.noAutomation);
      }),
    ],
    [
      text.decisions.byReview,
      REVIEW_STATES.map(([state, style]) => ({
        label: review[state],
        count: begun.filter((story) => reviewState(story) === state).length,
        style,
      })),
    ],
  ];
  return html`${bars.map(
    ([title, parts]) =>
      html`<p class="small quiet" style="margin-top:.4rem">${title}</p>
        ${partsBar(title, parts, grouped)}`,
  )}
  ${storiesLeftOut > 0 && html`<p>${text.decisions.leftOut(storiesLeftOut)}</p>`}
  ${entriesLeftOut > 0 && html`<p>${text.decisions.entriesLeftOut(entriesLeftOut)}</p>`}`;
}

function counts(stories: readonly Story[], labelOf: (story: Story) => string): readonly Segment[] {
  const found = new Map<string, number>();
  for (const story of stories) {
    const label = labelOf(story);
    found.set(label, (found.get(label) ?? 0) + 1);
  }
  const sorted = [...found].sort(([, left], [, right]) => right - left);
  const rest = sorted.slice(MAX_PARTS).reduce((sum, [, count]) => sum + count, 0);
  const shown = rest > 0 ? [...sorted.slice(0, MAX_PARTS), ['…', rest] as const] : sorted;
  return shown.map(([label, count], index) => ({ label, count, style: STYLES[index % STYLES.length] ?? 's5' }));
}

function force({ record: { report, evidence, day, profile, unknownFrameworks }, text }: View): Html {
  if (evidence.length === 0) {
    const { mapping } = report.verdicts;
    const why = unknownFrameworks.length > 0 ? text.evidence.unknown(unknownFrameworks) : text.evidence.notRecomputed;
    return html`<p>${mapping === 'not_annotated' ? text.force.noFramework : why}</p>`;
  }
  const lines = evidence.flatMap(({ framework, controls }) => {
    const until = new Map<string, number>();
    let notApplicable = 0;
    for (const { applicability } of controls) {
      if (applicability.state === 'not_in_force')
        until.set(applicability.until, (until.get(applicability.until) ?? 0) + 1);
      if (applicability.state === 'not_applicable') notApplicable++;
    }
    return [
      ...[...until]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([date, count]) => text.force.notInForce(count, framework.title, date)),
      ...(notApplicable === 0 ? [] : [text.force.notApplicable(notApplicable, framework.title)]),
    ];
  });
  return html`${lines.length === 0 ? html`<p>${text.force.none}</p>` : lines.map((line) => html`<p>${line}</p>`)}
    ${Object.keys(profile).length === 0 && html`<p>${text.force.noProfile}</p>`}
    <p class="small quiet">${text.force.asOf(day)}</p>`;
}

function limits({ record: { evidence }, text }: View): Html {
  const asked = evidence.flatMap(({ notInLogs }) => notInLogs);
  // The first of each framework: the list of all is long.
  const firstAsked = evidence.flatMap(({ notInLogs }) => notInLogs.slice(0, 1)).slice(0, MAX_ASKED);
  return html`<ul style="margin:.15rem 0;padding-left:1.1rem">
      ${text.limits.points.map((point) => html`<li>${point}</li>`)}
    </ul>
    ${
      asked.length > 0 &&
      html`<p><a href="#evidence">${text.limits.ask(asked.length)}</a> ${text.limits.askFirst}</p>
        <ul style="margin:.15rem 0;padding-left:1.1rem">
          ${firstAsked.map(({ ask_for: ask, clause, title }) => html`<li>${title}: ${ask} <span class="quiet">(${clause})</span></li>`)}
        </ul>`
    }`;
}

function exported({ record: { header, reviewers }, digest, text }: View): Html {
  const request = textOf(header['request_ref']);
  return html`<p>
      ${text.exported.by(reviewers.shown(textOf(header['exported_by'])), textOf(header['purpose']).replaceAll('_', ' '), textOf(header['recipient']))}
      ${request !== '' && text.exported.request(request)}
    </p>
    <p>${text.exported.created(timeText(textOf(header['created'])), textOf(header['pack_id']))}</p>
    <p class="small">${text.exported.digest(digest)}</p>
    <p><strong>${text.page.readingAid}</strong></p>`;
}

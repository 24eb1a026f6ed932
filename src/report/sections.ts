import { grouped } from '../counted.ts';
import { isArray } from '../canonical.ts';
import { at, textOf } from '../json.ts';
import { VERDICT_TEXTS } from '../verdict-texts.ts';
import { PROBLEMS } from '../verify/problem.ts';
import type { Report, Verdicts } from '../verify/report.ts';
import { spansChart, timeChart } from './charts.ts';
import { mark, placeText, toneOf } from './first-screen.ts';
import { html, type Html } from './html.ts';
import type { ExceptionPlace } from './exceptions.ts';
import type { Share } from './oversight.ts';
import type { Use } from './running.ts';
import { changedResult, resultOf, reviewState, type Story } from './stories.ts';
import type { TimePart } from './timeline.ts';
import { decisionLink, entryName, millisText, table, timeText, type View } from './view.ts';
import { lookUp } from './text/look-up.ts';

/** The sections below the first screen, each a function of the view. */

export function section(id: string, title: string, content: Html): Html {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content}
  </section>`;
}

export function scope({ record, text }: View): Html {
  const { header, profile, declaredProfiles } = record;
  const selection = textOf(at(header['selection'], 'kind'));
  const values: Record<string, string> = {
    selection: lookUp(text.scope.selection, selection) ?? selection,
    generator: `${textOf(at(header['generator'], 'name'))} ${textOf(at(header['generator'], 'version'))}`,
    frameworks: isArray(header['frameworks'])
      ? header['frameworks'].map((framework) => textOf(at(framework, 'id'))).join(', ')
      : '',
    catalogue: `${textOf(at(header['catalogue'], 'version'))}, as of ${textOf(at(header['catalogue'], 'as_of'))}`,
    created: timeText(textOf(header['created'])),
  };
  const rows = Object.entries(text.scope.members).flatMap(([member, label]) => {
    const value = values[member] ?? textOf(header[member]);
    return value === '' ? [] : [{ label, value }];
  });
  const declared = Object.entries(profile).map(([member, value]) => ({
    label: member.replaceAll('_', ' '),
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));
  const differs =
    declaredProfiles !== undefined &&
    Object.keys(profile).length > 0 &&
    !declaredProfiles.includes(textOf(header['profile_digest']));
  const left = header['not_included'];
  const columns = [
    { head: text.scope.member, cell: ({ label }: { label: string }) => label },
    { head: text.scope.value, cell: ({ value }: { value: string }) => value },
  ];
  return html`${table(text.sections.scope, columns, rows)}
    ${isArray(left) && html`<p class="note warn">${text.scope.notIncluded(left.length)}</p>`}
    <h3>${text.scope.profile}</h3>
    ${declared.length === 0 ? html`<p>${text.scope.noProfile}</p>` : table(text.scope.profile, columns, declared)}
    ${differs && html`<p class="note warn">${text.scope.profileDiffers}</p>`}`;
}

const MAX_SEGMENTS = 200;
const MAX_DRAWN = 40;
const MAX_PROBLEMS = 100;

/** Each verdict with what it means. */
export function verdictTable(report: Report, text: View['text']): Html {
  const { verdicts } = report;
  return table(
    text.segments.verdicts,
    [
      { head: text.segments.verdict, cell: (name) => name },
      { head: text.segments.answer, cell: (name) => mark(toneOf(report, name), verdicts[name].replaceAll('_', ' ')) },
      {
        head: text.segments.means,
        cell: (name) => (VERDICT_TEXTS[name] as Readonly<Record<string, string>>)[verdicts[name]],
      },
    ],
    Object.keys(verdicts) as (keyof Verdicts)[],
  );
}

export function segments({ record: { report }, text }: View): Html {
  const { segments: all, problems, notices } = report;
  // Of a verifier key the name and the id: the key itself stands on the first screen.
  const signerText = (by: string): string => lookUp(text.segments.signers, by) ?? by.split('+').slice(0, 2).join('+');
  return html`<p>${text.segments.lead}</p>
    ${verdictTable(report, text)}
    ${
      problems.length > 0 &&
      html`<h3 id="problems">${text.record.problems}</h3>
        <ul>
          ${problems.slice(0, MAX_PROBLEMS).map((problem) => html`<li class="bad"><code>${problem.code}</code> ${placeText(problem)} <span class="quiet">${PROBLEMS[problem.code].means}</span></li>`)}
        </ul>
        ${problems.length > MAX_PROBLEMS && html`<p>${text.more(problems.length - MAX_PROBLEMS)}</p>`}`
    }
    ${spansChart(
      text.segments.chart,
      all.slice(0, MAX_DRAWN).flatMap(({ segment, firstTs, lastTs, state }) => {
        const [from, to] = [Date.parse(firstTs ?? ''), Date.parse(lastTs ?? '')];
        if (Number.isNaN(from) || Number.isNaN(to)) return [];
        const style = state === 'closed' ? 's1' : state === 'open' ? 's0' : 's4';
        return [
          {
            label: segment.slice(-8),
            from,
            to,
            style,
            title: `${segment}: ${timeText(firstTs)} – ${timeText(lastTs)}`,
          },
        ];
      }),
      millisText,
    )}
    ${table(
      text.segments.caption(all.length),
      [
        {
          head: text.segments.name,
          cell: ({ segment, file }) => html`<code>${segment === '' ? file : segment}</code>`,
        },
        { head: text.segments.state, cell: ({ state }) => text.segments.states[state], kind: 't' },
        { head: text.segments.entries, cell: ({ entries }) => grouped(entries), kind: 'n' },
        { head: text.segments.sealed, cell: ({ sealed }) => grouped(sealed), kind: 'n' },
        { head: text.segments.first, cell: ({ firstTs }) => timeText(firstTs), kind: 't' },
        { head: text.segments.last, cell: ({ lastTs }) => timeText(lastTs), kind: 't' },
        { head: text.segments.signer, cell: ({ signedBy }) => signerText(signedBy) },
        { head: text.segments.root, cell: ({ root }) => html`<code>${root ?? ''}</code>` },
      ],
      all.slice(0, MAX_SEGMENTS),
    )}
    ${all.length > MAX_SEGMENTS && html`<p>${text.more(all.length - MAX_SEGMENTS)}</p>`}
    ${
      notices.length > 0 &&
      html`<h3>${text.segments.notices}</h3>
        <ul>
          ${notices
            .slice(0, MAX_PROBLEMS)
            .map(({ code, segment, file, what }) => html`<li><code>${code}</code> ${segment ?? file}: ${what}</li>`)}
        </ul>`
    }`;
}

const MAX_PLACES = 20;

export function exceptions(view: View): Html {
  const { record, text } = view;
  if (record.exceptions.length === 0) return html`<p>${text.exceptions.none}</p>`;
  return html`<p>${text.exceptions.lead}</p>
    ${record.exceptions.map(({ kind, count, places }) => {
      const [title, means, ask] = text.exceptionKinds[kind];
      return html`<h3 id="exception-${kind}">${title}: ${grouped(count)}</h3>
        <p>${means} <strong>${text.exceptions.ask}</strong>: ${ask}.</p>
        <ul class="small">
          ${places.slice(0, MAX_PLACES).map((place) => html`<li>${placeOf(view, place)}</li>`)}
        </ul>
        ${count > Math.min(places.length, MAX_PLACES) && kind !== 'gap' && kind !== 'unsealed_tail' && html`<p class="small">${text.more(count - Math.min(places.length, MAX_PLACES))}</p>`}`;
    })}`;
}

function placeOf(view: View, { segment, seq, ts, decision, what }: ExceptionPlace): Html {
  return html`${ts !== undefined && html`<span class="quiet">${timeText(ts)}</span> `}${segment !== undefined && entryName(segment, seq)}
  ${decision !== undefined && html` ${decisionLink(view, decision)}`}${what !== undefined && html` ${what}`}`;
}

export function timeLine({ record: { timeLine: parts }, text }: View): Html {
  if (parts.length === 0) return html`<p>${text.time.none}</p>`;
  const { rows } = text.time;
  const kinds = ['decisions', 'calls', 'reviews', 'flags', 'exceptions'] as const;
  const styles = { decisions: 's1', calls: 's5', reviews: 's2', flags: 's4', exceptions: 's0' } as const;
  const busy = parts.filter((part) => kinds.some((kind) => part[kind] > 0));
  return html`${timeChart(
      text.time.chart,
      parts,
      kinds.map((kind) => ({ label: rows[kind], style: styles[kind], count: (part: TimePart) => part[kind] })),
      { time: millisText, most: text.time.most },
    )}
    <details>
      <summary>${text.time.caption}</summary>
      ${table(
        text.time.caption,
        [
          { head: text.time.from, cell: ({ from }: TimePart) => millisText(from), kind: 't' },
          ...kinds.map((kind) => ({
            head: rows[kind],
            cell: (part: TimePart) => grouped(part[kind]),
            kind: 'n' as const,
          })),
        ],
        busy,
      )}
    </details>`;
}

const MAX_LISTED = 1_000;

export function decisions(view: View): Html {
  const { record, text } = view;
  const { table: heads, review } = text.decisions;
  const stories = record.stories.filter((story) => story.begun !== undefined || story.ended !== undefined);
  if (stories.length === 0) return html`<p>${text.decisions.none}</p>`;
  const shown = byWeight(stories).slice(0, MAX_LISTED);
  // Of a decision that begins elsewhere it is not known what was declared.
  const reviewText = (story: Story): string =>
    story.begun === undefined && story.reviews.length === 0 ? '' : review[reviewState(story)];
  return html`${table(
    heads.caption(shown.length, stories.length),
    [
      { head: heads.id, cell: ({ id }: Story) => decisionLink(view, id) },
      { head: heads.begun, cell: (story: Story) => timeText(story.begun?.ts ?? story.firstTs), kind: 't' },
      { head: heads.type, cell: ({ begun }: Story) => textOf(begun?.payload['decision_type']).replaceAll('_', ' ') },
      {
        head: heads.result,
        cell: (story: Story) =>
          [resultOf(story) || textOf(story.ended?.payload['outcome']), changedResult(story)]
            .filter(Boolean)
            .join(' → '),
      },
      {
        head: heads.automation,
        cell: ({ begun }: Story) =>
          lookUp(text.decisions.automation, textOf(begun?.payload['automation'])) ??
          textOf(begun?.payload['automation']),
      },
      { head: heads.review, cell: reviewText },
      {
        head: heads.exceptions,
        cell: (story: Story) => (story.exceptions === 0 ? '' : grouped(story.exceptions)),
        kind: 'n',
      },
    ],
    shown,
  )}
  ${view.pages.size < stories.length && html`<p class="quiet">${text.decisions.noPage}</p>`}
  ${record.storiesLeftOut > 0 && html`<p>${text.decisions.leftOut(record.storiesLeftOut)}</p>`}`;
}

/** Those that need an explanation first, then in the order of the record. */
export function byWeight(stories: readonly Story[]): readonly Story[] {
  return stories.toSorted((left, right) => Math.min(1, right.exceptions) - Math.min(1, left.exceptions));
}

export function oversight({ record: { oversight: figures, reviewers }, text }: View): Html {
  const { reviews } = figures;
  if (reviews.byPersons + reviews.byOthers === 0 && figures.required.part === 0)
    return html`<p>${text.oversight.none}</p>`;
  const rows = Object.entries(text.oversight.rows).map(([name, [label, over]]) => ({
    label,
    over,
    share: figures[name as 'changed'],
  }));
  const signatures = Object.entries(figures.signatures).filter(([, count]) => count > 0);
  return html`<p>${text.oversight.lead(reviewers.areNamed)}</p>
    ${table(
      text.sections.oversight,
      [
        { head: text.oversight.measure, cell: ({ label }: { label: string }) => label },
        {
          head: text.oversight.count,
          cell: ({ share }: { share: Share | undefined }) =>
            share === undefined ? text.oversight.fewerThanFive : text.share(share),
          kind: 'n',
        },
        { head: text.oversight.means, cell: ({ over }: { over: string }) => over },
      ],
      rows,
    )}
    ${reviews.byOthers > 0 && html`<p class="note warn">${text.oversight.others(reviews.byOthers)}</p>`}
    ${reviews.outsideDecisions > 0 && html`<p>${text.oversight.outside(reviews.outsideDecisions)}</p>`}
    ${table(
      text.oversight.byAction,
      [
        { head: text.oversight.measure, cell: ([action]: [string, number]) => action.replaceAll('_', ' ') },
        {
          head: text.oversight.reviews,
          cell: ([, count]: [string, number]) => text.share({ part: count, of: reviews.byPersons }),
          kind: 'n',
        },
      ],
      [...(figures.byAction ?? [])],
    )}
    ${table(
      text.oversight.reviewers,
      [
        { head: text.oversight.reviewer, cell: ({ reviewer }) => reviewer },
        {
          head: text.oversight.reviews,
          cell: ({ reviews: count }) => text.share({ part: count, of: reviews.byPersons }),
          kind: 'n',
        },
        { head: text.oversight.changedBy, cell: ({ changed }) => text.share(changed), kind: 'n' },
        {
          head: text.oversight.median,
          cell: ({ medianSeconds: found }) =>
            found === undefined ? text.oversight.tooFew : text.oversight.medianOf(found.seconds, found.of),
        },
      ],
      figures.reviewers,
    )}
    ${figures.reviewersBelow > 0 && html`<p>${text.oversight.below(figures.reviewersBelow)}</p>`}
    ${
      figures.signatures.none === reviews.byPersons + reviews.byOthers
        ? html`<p>${text.oversight.unsigned}</p>`
        : table(
            text.oversight.signatures,
            [
              {
                head: text.oversight.signatures,
                cell: ([state]: [string, number]) =>
                  (text.oversight.signature as Readonly<Record<string, string>>)[state],
              },
              { head: text.oversight.reviews, cell: ([, count]: [string, number]) => grouped(count), kind: 'n' },
            ],
            signatures,
          )
    }`;
}

export function running({ record: { running: ran }, text }: View): Html {
  const { running: t } = text;
  const lists = (['agents', 'prompts', 'tools', 'sources', 'instrumentations'] as const).filter(
    (kind) => ran[kind].length > 0,
  );
  if (ran.models.length === 0 && lists.length === 0) return html`<p>${t.none}</p>`;
  const costs = [...ran.cost].map(
    ([currency, sum]) => `${Number(sum.toFixed(10))}${currency === '' ? '' : ` ${currency}`}`,
  );
  return html`${table(
      t.models,
      [
        { head: t.model, cell: ({ model }) => model || text.unknown },
        { head: t.provider, cell: ({ provider }) => provider || text.unknown },
        { head: t.calls, cell: ({ calls }) => grouped(calls), kind: 'n' },
        { head: t.errors, cell: ({ errors }) => grouped(errors), kind: 'n' },
        { head: t.input, cell: ({ inputTokens }) => grouped(inputTokens), kind: 'n' },
        { head: t.output, cell: ({ outputTokens }) => grouped(outputTokens), kind: 'n' },
        { head: t.withoutUsage, cell: ({ withoutUsage }) => grouped(withoutUsage), kind: 'n' },
        { head: t.first, cell: ({ firstTs }) => timeText(firstTs), kind: 't' },
        { head: t.last, cell: ({ lastTs }) => timeText(lastTs), kind: 't' },
      ],
      ran.models,
    )}
    ${costs.length > 0 && html`<p>${t.cost(costs)}</p>`}
    ${lists.map((kind) =>
      table(
        t.lists[kind],
        [
          { head: t.name, cell: ({ name }: Use) => name || text.unknown },
          { head: t.version, cell: ({ version }: Use) => version },
          { head: t.uses, cell: ({ uses }: Use) => grouped(uses), kind: 'n' },
          { head: t.errors, cell: ({ errors }: Use) => grouped(errors), kind: 'n' },
          { head: t.first, cell: ({ firstTs }: Use) => timeText(firstTs), kind: 't' },
          { head: t.last, cell: ({ lastTs }: Use) => timeText(lastTs), kind: 't' },
        ],
        ran[kind],
      ),
    )}
    ${ran.further > 0 && html`<p>${t.further(ran.further)}</p>`}
    <h3>${t.changes}</h3>
    ${ran.changes.length === 0 ? html`<p>${t.noChanges}</p>` : undefined}
    ${table(
      t.changes,
      [
        { head: t.when, cell: ({ ts }) => timeText(ts), kind: 't' },
        {
          head: t.what,
          cell: ({ kind, subject, declared }) =>
            html`${kind.replaceAll('_', ' ')}
            ${subject}${!declared && html` <span class="warn">(${t.undeclared})</span>`}`,
        },
        { head: t.from, cell: ({ from }) => from },
        { head: t.to, cell: ({ to }) => to },
        { head: text.exceptions.where, cell: ({ segment, seq }) => entryName(segment, seq) },
      ],
      ran.changes,
    )}
    ${ran.changesLeftOut > 0 && html`<p>${text.more(ran.changesLeftOut)}</p>`}`;
}

export function custody({ record: { custody: entries, reviewers }, text }: View): Html {
  if (entries.length === 0) return html`<p>${text.custody.none}</p>`;
  const word =
    (member: string) =>
    ({ payload }: (typeof entries)[number]) =>
      reviewers.shown(textOf(payload[member])).replaceAll('_', ' ');
  return table(
    text.sections.custody,
    [
      { head: text.custody.when, cell: ({ ts }) => timeText(ts), kind: 't' },
      { head: text.custody.action, cell: word('action') },
      { head: text.custody.by, cell: word('performed_by') },
      { head: text.custody.to, cell: word('recipient') },
      { head: text.custody.purpose, cell: word('purpose') },
      { head: text.custody.digest, cell: ({ payload }) => html`<code>${textOf(payload['pack_digest'])}</code>` },
      { head: text.exceptions.where, cell: ({ segment, seq }) => entryName(segment, seq) },
    ],
    entries,
  );
}

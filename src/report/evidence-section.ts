import { grouped } from '../counted.ts';
import type { ControlEvidence, EvidenceState, FrameworkEvidence } from '../frameworks/evidence.ts';
import { EVIDENCE_STATES } from '../frameworks/evidence.ts';
import { STRENGTHS } from '../frameworks/framework.ts';
import { partsBar } from './charts.ts';
import { html, type Html } from './html.ts';
import { table, type Column, type View } from './view.ts';
import { lookUp } from './text/look-up.ts';

/** What was found for each control, by clause: exceptions first, and last what no log can show. */
export function evidence(view: View): Html {
  const { record, text } = view;
  return html`<p>${text.evidence.lead}</p>
    ${record.unknownFrameworks.length > 0 && html`<p class="note warn">${text.evidence.unknown(record.unknownFrameworks)}</p>`}
    ${record.evidence.length === 0 && record.report.verdicts.mapping !== 'not_annotated' && html`<p class="note warn">${text.evidence.notRecomputed}</p>`}
    ${record.evidence.map((found) => ofFramework(view, found))}`;
}

const STYLES: Readonly<Record<EvidenceState, string>> = {
  exception: 's0',
  none: 's5',
  contextual: 's4',
  supporting: 's3',
  direct: 's1',
  not_applicable: 's5',
  not_in_force: 's2',
};

function ofFramework({ text }: View, { framework, controls, notInLogs }: FrameworkEvidence): Html {
  const { evidence: t } = text;
  const of = (state: EvidenceState): readonly ControlEvidence[] => controls.filter((each) => each.state === state);
  return html`<h3 id="framework-${framework.id}">${framework.title}</h3>
    <p class="small quiet">${framework.version}. ${t.status(framework.status_as_of)}${framework.status}</p>
    ${partsBar(
      t.chart(framework.title),
      EVIDENCE_STATES.map((state) => ({ label: t.states[state], count: of(state).length, style: STYLES[state] })),
      grouped,
    )}
    ${EVIDENCE_STATES.map((state) => {
      const found = of(state);
      if (found.length === 0) return undefined;
      if (state === 'not_applicable')
        return html`<h4>${t.headings[state]}</h4>
          ${byReason(text, found)}`;
      return html`<h4>${t.headings[state]}</h4>
        ${table(`${framework.title}: ${t.headings[state]}`, columnsOf(state, text), found)}`;
    })}
    ${
      notInLogs.length > 0 &&
      html`<h4>${t.notInLogs}</h4>
        <ul>
          ${notInLogs.map(({ clause, title, ask_for: ask }) => html`<li><strong>${clause}</strong> ${title}: ${ask}</li>`)}
        </ul>`
    }`;
}

/** One reason often holds for many. */
function byReason({ evidence: t }: View['text'], found: readonly ControlEvidence[]): Html {
  const reasons = new Map<string, ControlEvidence[]>();
  for (const each of found) {
    const reason = each.applicability.state === 'not_applicable' ? t.because(each.applicability.because) : '';
    reasons.set(reason, [...(reasons.get(reason) ?? []), each]);
  }
  return html`${[...reasons].map(
    ([reason, controls]) =>
      html`<p>${reason}</p>
        <ul class="columns">
          ${controls.map(({ control }) => html`<li><code>${control.id}</code> ${control.title} <span class="quiet">(${control.clause})</span></li>`)}
        </ul>`,
  )}`;
}

function columnsOf(state: EvidenceState, { evidence: t }: View['text']): readonly Column<ControlEvidence>[] {
  const control: Column<ControlEvidence> = {
    head: t.control,
    cell: ({ control: { id, title } }) => html`<code>${id}</code><br /><span style="font-weight:400">${title}</span>`,
  };
  const clause: Column<ControlEvidence> = { head: t.clause, cell: (each) => each.control.clause };
  const found: Column<ControlEvidence> = {
    head: t.found,
    cell: ({ counts }) =>
      STRENGTHS.toReversed()
        .filter((strength) => counts[strength] > 0)
        .map(
          (strength) =>
            html`<div class="${strength === 'exception' ? 'bad' : ''}">
              ${grouped(counts[strength])} ${t.strengths[strength]}
            </div>`,
        ),
  };
  const shows: Column<ControlEvidence> = {
    head: t.shows,
    cell: ({ control: { evidence_for: can }, parts }) => {
      const names = [...new Set(parts.flatMap((part) => lookUp(t.partNames, part) ?? []))];
      return html`<span class="small">${can}${names.length > 0 && html` ${t.parts(names)}`}</span>`;
    },
  };
  switch (state) {
    case 'not_in_force':
      return [
        control,
        clause,
        {
          head: t.until,
          cell: ({ applicability: a }) => (a.state === 'not_in_force' ? t.untilDay(a.until, a.whom) : ''),
        },
        found,
        shows,
      ];
    case 'none':
      return [control, clause, shows];
    default:
      return [control, clause, found, shows];
  }
}

import { isArray, isObject } from '../canonical.ts';
import { at, textOf, type JsonObject, type JsonValue } from '../json.ts';
import { content, steps } from './decision-page.ts';
import { documentOf, viewOf, type RenderOptions } from './document.ts';
import { mark, textsOf, toneOf } from './first-screen.ts';
import { html, type Html } from './html.ts';
import type { RecordRead } from './reading.ts';
import { segments } from './sections.ts';
import { changedResult, personReviews, resultOf, type Step, type Story } from './stories.ts';
import { stepText } from './text/steps.ts';
import { EXIT_NO_KEY, exitCode } from '../verify/report.ts';
import { entryName, namesOf, table, timeText, type View } from './view.ts';
import { lookUp } from './text/look-up.ts';

/**
 * One decision for the person whom it is about, in plain words, with an annex for whoever checks it.
 *
 * @param record - read with `decisions: [id]` and `leafHashes`
 */
export function dossierDocument(record: RecordRead, story: Story, options: RenderOptions): string {
  const view = viewOf(record, options);
  const { dossier } = view.text;
  const parts: readonly (readonly [string, Html])[] = [
    [dossier.what, what(view, story)],
    [dossier.role, role(view, story)],
    [dossier.reasons, reasons(view, story)],
    [dossier.data, data(view, story)],
    [dossier.human, human(view, story)],
    [dossier.notices, notices(view, story)],
    [dossier.rights, rights(view)],
    [dossier.withheld, withheld(view, story)],
  ];
  return documentOf(
    dossier.title(story.id),
    html`<h1>${dossier.title(story.id)}</h1>
      <p class="lead">${dossier.lead}</p>
      ${standing(view)} ${leftOut(view, story)}
      ${parts.map(
        ([title, part]) =>
          html`<section>
            <h2>${title}</h2>
            ${part}
          </section>`,
      )}
      <section>
        <h2>${dossier.annex}</h2>
        ${annex(view, story)}
      </section>`,
  );
}

/** What the record behind it is worth, first. */
function standing({ record: { report }, text }: View): Html {
  const { integrity, authenticity } = report.verdicts;
  return html`<p>
    ${mark(toneOf(report, 'integrity'), text.record[integrity])}
    ${mark(toneOf(report, 'authenticity'), authenticity.replaceAll('_', ' '))}
    ${exitCode(report) === EXIT_NO_KEY ? (authenticity === 'none' ? text.dossier.unsigned : text.dossier.noKey) : report.ok ? text.dossier.holds : text.dossier.fails(report.failed.join(', '))}
  </p>`;
}

function notIncluded({ record: { header } }: View): number {
  const { not_included: left } = header;
  return isArray(left) ? left.length : 0;
}

/** Before anything else: what follows tells less than there is. */
function leftOut(view: View, { begun, stepsLeftOut, reviewsLeftOut }: Story): Html {
  const { dossier, period } = view.text;
  const kind = at(view.record.header['selection'], 'kind');
  const left = notIncluded(view);
  return html`${kind === 'decision' && html`<p class="small quiet">${period.decision}</p>`}
  ${kind === 'period' && html`<p class="note warn">${dossier.period}</p>`}
  ${begun === undefined && html`<p class="note warn">${dossier.notBegun}</p>`}
  ${left > 0 && html`<p class="note warn">${dossier.notIncluded(left)}</p>`}
  ${stepsLeftOut > 0 && html`<p class="note warn">${dossier.stepsLeftOut(stepsLeftOut)}</p>`}
  ${reviewsLeftOut > 0 && html`<p class="note warn">${dossier.reviewsLeftOut(reviewsLeftOut)}</p>`}`;
}

/** Whether what is not found may stand in entries that are not here. */
function isPartial(view: View, { begun, stepsLeftOut }: Story): boolean {
  const isPeriod = at(view.record.header['selection'], 'kind') === 'period';
  return isPeriod || begun === undefined || stepsLeftOut > 0 || notIncluded(view) > 0;
}

/** What is said where nothing was found: not that there is nothing, if a part is not here. */
function absence(view: View, story: Story, said: string): string {
  return isPartial(view, story) ? view.text.dossier.notToldHere : said;
}

function what(view: View, story: Story): Html {
  const { dossier } = view.text;
  const { header } = view.record;
  const begun: JsonObject = story.begun?.payload ?? {};
  const ended: JsonObject = story.ended?.payload ?? {};
  const final = changedResult(story);
  return html`<p>
      ${dossier.by(textOf(header['operator']), textOf(header['system']))}
      ${story.begun !== undefined && dossier.on(timeText(story.begun.ts))}
      ${begun['decision_type'] !== undefined && dossier.about(plain(begun['decision_type']))}
      ${begun['purpose'] !== undefined && dossier.purpose(textOf(begun['purpose']))}
    </p>
    <p>
      <strong>
        ${story.ended === undefined ? absence(view, story, dossier.result('', '')) : dossier.result(resultOf(story), textOf(ended['outcome']))}
        ${final !== undefined && (resultOf(story) === '' ? dossier.decided(final) : dossier.changed(final))}
      </strong>
      ${ended['effective_at'] !== undefined && dossier.effective(timeText(textOf(ended['effective_at'])))}
    </p>
    <p>${lookUp(dossier.effects, textOf(begun['effect'])) ?? dossier.effectUnknown}</p>`;
}

function role({ text }: View, story: Story): Html {
  const { dossier } = text;
  const calls = story.counts.llm_call ?? 0;
  const tools = story.counts.tool_call ?? 0;
  return html`<p>
      ${lookUp(dossier.automation, textOf(story.begun?.payload['automation'])) ?? dossier.automationUnknown}
    </p>
    <p>
      ${calls === 0 ? dossier.noModel : dossier.models(calls, [...story.models])}
      ${tools > 0 && dossier.tools(tools, [...story.tools])}
    </p>`;
}

function reasons(view: View, story: Story): Html {
  const { dossier } = view.text;
  const codes = story.ended?.payload['reason_codes'];
  const elements = story.steps.filter(({ type }) => ['decision', 'decision_record', 'context_assembly'].includes(type));
  const shown = elements.map((step) => content(view, step, true)).filter(({ text }) => text.trim() !== '');
  return html`${
      isArray(codes) && codes.length > 0
        ? html`<p>${dossier.codes}</p>
            <ul>
              ${codes.map((code) => html`<li>${plain(code)}</li>`)}
            </ul>`
        : html`<p>${absence(view, story, dossier.noReasons)}</p>`
    }
    <p>${shown.length === 0 ? absence(view, story, dossier.noElements) : dossier.elements}</p>
    ${shown}`;
}

function data(view: View, story: Story): Html {
  const { dossier } = view.text;
  const of = (type: string): readonly Step[] => story.steps.filter((step) => step.type === type);
  const categories = new Set(of('policy_flag').flatMap(({ payload }) => textsOf(payload['data'])));
  const classes = new Set(of('tool_call').flatMap(({ payload }) => textsOf(payload['data_classes'])));
  const sources = new Set(of('context_assembly').flatMap(({ payload }) => textOf(payload['data_source']) || []));
  const members = new Set(
    of('decision').flatMap(({ payload }) => (isObject(payload['input']) ? Object.keys(payload['input']) : [])),
  );
  const lists: readonly (readonly [string, ReadonlySet<string>])[] = [
    [dossier.given, members],
    [dossier.sources, sources],
    [dossier.classes, classes],
    [dossier.categories, categories],
  ];
  const shown = lists.filter(([, found]) => found.size > 0);
  return shown.length === 0
    ? html`<p>${absence(view, story, dossier.noData)}</p>`
    : html`<ul>
        ${shown.map(([label, found]) => html`<li>${label}: ${[...found].map(plain).join(', ')}</li>`)}
      </ul>`;
}

function human(view: View, story: Story): Html {
  const { dossier } = view.text;
  const names = namesOf(view);
  const required = story.begun?.payload['review_required'] === true;
  return html`<p>
      ${personReviews(story).length === 0 ? absence(view, story, dossier.nobody(required)) : dossier.reviewed}
    </p>
    <ul>
      ${story.reviews.map(({ ts, payload }) => html`<li>${timeText(ts)}: ${stepText('human_oversight', payload, names)}</li>`)}
    </ul>`;
}

function notices(view: View, story: Story): Html {
  const { dossier } = view.text;
  const begun: JsonObject = story.begun?.payload ?? {};
  const lines = [
    line(dossier.notice, at(begun['notice'], 'ref'), at(begun['notice'], 'given_at')),
    line(dossier.disclosure, at(begun['ai_disclosure'], 'ref'), at(begun['ai_disclosure'], 'shown_at')),
    line(dossier.basis, begun['legal_basis_ref'], undefined),
  ].filter((each) => each !== undefined);
  return lines.length === 0
    ? html`<p>${absence(view, story, dossier.noNotices)}</p>`
    : html`<ul>
        ${lines.map((each) => html`<li>${each}</li>`)}
      </ul>`;
}

function line(label: string, reference: JsonValue | undefined, when: JsonValue | undefined): string | undefined {
  if (typeof reference !== 'string' && typeof when !== 'string') return undefined;
  return `${label}: ${textOf(reference)}${typeof when === 'string' ? ` (${timeText(when)})` : ''}`;
}

function rights({ record: { header }, text }: View): Html {
  const { dossier } = text;
  return html`<p>${dossier.rightsLead(textOf(header['operator']))}</p>
    <ul>
      ${dossier.rightsList.map((right) => html`<li>${right}</li>`)}
    </ul>`;
}

function withheld(view: View, story: Story): Html {
  const { text } = view;
  const { dossier } = text;
  const { notCaptured } = view.record;
  const absent = story.steps.flatMap(({ segment, seq, withheld: values, cut }) => [
    ...values
      .filter(({ state }) => state !== 'disclosed')
      .map(({ pointer, state }) => ({ pointer, why: dossier.why[state], segment, seq })),
    ...Object.entries(cut).map(([pointer, mark]) => ({ pointer, why: dossier.cut(mark), segment, seq })),
  ]);
  return html`<p>${dossier.redacted}</p>
    ${notCaptured === undefined && html`<p>${dossier.capturedUnknown}</p>`}
    ${notCaptured !== undefined && notCaptured.length > 0 && html`<p>${dossier.notCaptured(notCaptured)}</p>`}
    ${absent.length === 0 ? html`<p>${absence(view, story, dossier.nothingWithheld)}</p>` : undefined}
    ${table(
      dossier.withheld,
      [
        { head: text.exceptions.where, cell: ({ segment, seq }) => entryName(segment, seq) },
        { head: text.segments.name, cell: ({ pointer }) => html`<code>${pointer.replace('/payload/', '')}</code>` },
        { head: text.evidence.why, cell: ({ why }) => why },
      ],
      absent,
    )}`;
}

function annex(view: View, story: Story): Html {
  const { record, digest, text } = view;
  return html`<p>${text.dossier.howToVerify(digest)}</p>
    ${story.stepsLeftOut > 0 && html`<p class="note warn">${text.more(story.stepsLeftOut)}</p>`} ${steps(view, story)}
    ${table(
      text.dossier.entries,
      [
        { head: text.exceptions.where, cell: ({ segment, seq }: Step) => entryName(segment, seq) },
        { head: text.dossier.type, cell: ({ type }: Step) => type },
        { head: text.custody.when, cell: ({ ts }: Step) => ts, kind: 't' },
        { head: text.dossier.leaf, cell: ({ leafHash }: Step) => html`<code>${leafHash ?? ''}</code>` },
      ],
      story.steps,
    )}
    ${segments({ ...view, record })}`;
}

function plain(value: JsonValue | undefined): string {
  return textOf(value).replaceAll('_', ' ');
}

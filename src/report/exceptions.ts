import { isArray } from '../canonical.ts';
import { countsElsewhere } from '../what-counts.ts';
import { at, countAt, textOf, type JsonObject, type JsonValue } from '../json.ts';
import { wasBlocked } from './blocked.ts';
import { strengthsOf } from '../frameworks/index.ts';
import type { Report } from '../verify/report.ts';
import type { SeenEntry } from '../verify/seen.ts';
import { needsReview, personReviews, type Place, type Story } from './stories.ts';

/** What in a record needs an explanation. They are counted and shown first, and never netted against anything. */

export const EXCEPTION_KINDS = [
  'gap',
  'recovery',
  'open_segment',
  'unsealed_tail',
  'torn_tail',
  'clock_step',
  'incident',
  'flag_critical',
  'review_missing',
  'reviewer_not_person',
  'own_review',
  'reviewer_signature',
  'decision_failed',
  'decision_unended',
  'decision_repeated',
  'span_unended',
  'call_failed',
  'outside_decision',
  'possible_same_call',
  'attributes_dropped',
  'reconciliation_difference',
  'erasure',
  'retention',
  'declaration_changed',
  'control',
] as const;

export type ExceptionKind = (typeof EXCEPTION_KINDS)[number];

export interface ExceptionPlace extends Partial<Place> {
  readonly ts?: string;
  readonly decision?: string;
  /** What stands there, from the file: a name, a reason, a number. */
  readonly what?: string;
}

/** Whatever else is said of a flag may be as bad as the worst. */
const MILD: ReadonlySet<unknown> = new Set(['info', 'warning']);

export interface ExceptionGroup {
  readonly kind: ExceptionKind;
  readonly count: number;
  /** The first of them. */
  readonly places: readonly ExceptionPlace[];
}

const MAX_PLACES = 50;
/** Unended spans whose end may follow are remembered so far; of later ones it is not known. */
const MAX_UNENDED = 20_000;

const CALLS: ReadonlySet<string> = new Set(['llm_call', 'tool_call', 'agent_invocation', 'context_assembly']);

/**
 * What is missing in the record by a reconciliation: what its writer says, or the numbers if they say otherwise;
 * undefined if the entry does not hold both.
 */
export function differenceOf({ difference, expected, recorded }: JsonObject): number | undefined {
  if (typeof difference === 'number' && difference !== 0) return difference;
  return typeof expected === 'number' && typeof recorded === 'number' ? expected - recorded : undefined;
}

/** Whether somebody reviewed what they began themselves. */
function isOwn(review: JsonObject, actor: JsonValue | undefined): boolean {
  const reviewer = textOf(review['reviewer']);
  return reviewer !== '' && (reviewer === review['initiated_by'] || reviewer === actor);
}

/** Where an entry stands, and whose decision it belongs to. */
export function placeOf({ entry, segment = '' }: SeenEntry): ExceptionPlace {
  const { seq, ts, decision_id: decision } = entry;
  return { segment, seq, ts, ...(decision === undefined ? {} : { decision }) };
}

export class Exceptions {
  readonly #groups = new Map<ExceptionKind, { count: number; places: ExceptionPlace[] }>();
  readonly #unended = new Map<string, ExceptionPlace>();

  /** @param story - of the decision that it belongs to */
  see(seen: SeenEntry, story: Story | undefined): void {
    const { entry, controls } = seen;
    const { type, payload } = entry;
    const place = placeOf(seen);
    const found = (kind: ExceptionKind, what?: string, count = 1): void => {
      if (story !== undefined && kind !== 'control') story.exceptions++;
      this.add(kind, { ...place, ...(what === undefined || what === '' ? {} : { what }) }, count);
    };
    switch (type) {
      case 'gap':
        found('gap', `${countAt(payload, 'lost')}`, Math.max(1, countAt(payload, 'lost')));
        break;
      case 'recovery':
        found('recovery', textOf(payload['segment']));
        break;
      case 'clock_step':
        found('clock_step', `${textOf(payload['before'])} → ${textOf(payload['after'])}`);
        break;
      case 'incident':
        found('incident', textOf(payload['class']));
        break;
      case 'policy_flag':
        if (!MILD.has(payload['severity'])) found('flag_critical', textOf(payload['reason']));
        break;
      case 'human_oversight':
        if (payload['reviewer_kind'] !== 'person') found('reviewer_not_person', textOf(payload['reviewer_kind']));
        if (story === undefined && isOwn(payload, undefined)) found('own_review');
        break;
      case 'decision_end':
        if (payload['outcome'] === 'failed') found('decision_failed', textOf(at(payload, 'error', 'type')));
        break;
      case 'reconciliation':
        if (differenceOf(payload) !== 0) {
          const difference = differenceOf(payload) ?? 'the record does not say both numbers';
          found('reconciliation_difference', `${textOf(payload['source'])}: ${difference}`);
        }
        break;
      case 'erasure':
        if (payload['outcome'] === 'done') found('erasure', textOf(payload['request_ref']));
        break;
      case 'retention':
        found('retention', textOf(payload['reason']));
        break;
    }
    if (CALLS.has(type)) this.#call(seen, place, found);
    if (controls !== undefined) this.#controls(seen, found);
  }

  #call(
    { entry, segment = '' }: SeenEntry,
    place: ExceptionPlace,
    found: (kind: ExceptionKind, what?: string) => void,
  ): void {
    const { payload, type, seq, decision_id: decision } = entry;
    const name = textOf(
      payload['response_model'] ?? payload['request_model'] ?? payload['name'] ?? at(payload, 'agent', 'name'),
    );
    const { outcome, ends } = payload;
    if (typeof ends === 'number') this.#unended.delete(`${textOf(payload['ends_segment']) || segment}:${ends}`);
    // What another entry counts is told of there, but for how it ended if only this one knows.
    const isElsewhere = countsElsewhere(payload);
    if (outcome === 'error' && (!isElsewhere || endsAnother(payload))) {
      const why = wasBlocked(payload) ? 'blocked by a policy' : textOf(at(payload, 'error', 'type'));
      found('call_failed', [name, why].filter(Boolean).join(': '));
    }
    if (outcome === 'unended' && !isElsewhere) {
      const what = [name, textOf(payload['unended_because'])].filter(Boolean).join(': ');
      if (this.#unended.size < MAX_UNENDED) this.#unended.set(`${segment}:${seq}`, { ...place, what });
      else found('span_unended', what);
    }
    if (decision === undefined && type !== 'context_assembly' && payload['span'] !== undefined && !isElsewhere) {
      found('outside_decision', name);
    }
    if (payload['possible_same_call'] !== undefined) found('possible_same_call', name);
    if (countAt(payload, 'span', 'dropped_attributes') > 0) found('attributes_dropped', name);
  }

  #controls({ controls = {} }: SeenEntry, found: (kind: ExceptionKind, what?: string) => void): void {
    const ids = Object.values(controls).flatMap((of) =>
      Object.entries(of).flatMap(([id, annotation]) => (strengthsOf(annotation).includes('exception') ? [id] : [])),
    );
    if (ids.length > 0) found('control', ids.join(', '));
  }

  add(kind: ExceptionKind, place: ExceptionPlace, count = 1): void {
    const group = this.#groups.get(kind) ?? { count: 0, places: [] };
    group.count += count;
    if (group.places.length < MAX_PLACES) group.places.push(place);
    this.#groups.set(kind, group);
  }

  /** After the last entry: what only the whole shows. */
  end(stories: readonly Story[], report: Report): readonly ExceptionGroup[] {
    for (const place of this.#unended.values()) this.add('span_unended', place);
    for (const story of stories) {
      const { segment, seq, ts } = story.begun ?? { ts: story.firstTs };
      const where: ExceptionPlace = {
        decision: story.id,
        ts,
        ...(segment === undefined || seq === undefined ? {} : { segment, seq }),
      };
      const isUnended = story.begun !== undefined && (story.ended?.payload['outcome'] ?? 'unended') === 'unended';
      if (isUnended) this.#of(story, 'decision_unended', where);
      if (needsReview(story) && personReviews(story).length === 0) this.#of(story, 'review_missing', where);
      if ((story.counts.decision ?? 0) > 1 || (story.counts.decision_end ?? 0) > 1)
        this.#of(story, 'decision_repeated', where);
      // The beginning may stand in a later segment than the review.
      for (const { payload, ...place } of story.reviews) {
        if (isOwn(payload, story.begun?.payload['actor']))
          this.#of(story, 'own_review', { decision: story.id, ...place });
      }
    }
    for (const { segment, file, state, entries, sealed, torn } of report.segments) {
      const where = { segment: segment === '' ? file : segment };
      if (state === 'open') this.add('open_segment', where);
      if (state !== 'part' && state !== 'closed' && entries > sealed) {
        this.add('unsealed_tail', { ...where, what: String(entries - sealed) }, entries - sealed);
      }
      if (torn > 0) this.add('torn_tail', { ...where, what: String(torn) });
    }
    for (const { code, what } of report.notices)
      if (code === 'declaration_changed') this.add('declaration_changed', { what });
    return this.groups;
  }

  #of(story: Story, kind: ExceptionKind, where: ExceptionPlace): void {
    story.exceptions++;
    this.add(kind, where);
  }

  get groups(): readonly ExceptionGroup[] {
    return EXCEPTION_KINDS.flatMap((kind) => {
      const group = this.#groups.get(kind);
      return group === undefined ? [] : [{ kind, ...group }];
    });
  }
}

/** Whether it says that a call failed whose own entry does not know how it ended. */
function endsAnother(payload: JsonObject): boolean {
  const ended = payload['outcome_of'];
  return isArray(ended) && ended.some((each) => at(each, 'outcome') === 'error');
}

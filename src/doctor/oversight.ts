import { counted } from '../counted.ts';
import type { EntryType } from '../entry.ts';
import { escapeText } from '../verify/problem.ts';
import { at } from '../json.ts';
import { share, type ExaminedEntry, type Examiner } from './examiner.ts';
import { finding, type DoctorFinding } from './finding.ts';

/** So many decisions that await a review are known by their ids; beyond that they are counted. */
const MAX_PENDING = 10_000;

const SHOWN_PENDING = 5;

/** A review is not missing before somebody can have made it. */
const REVIEW_MILLIS: number = 24 * 60 * 60 * 1_000;

const CALLS: ReadonlySet<EntryType> = new Set(['llm_call', 'tool_call', 'agent_invocation']);

/** What the calls were for, and who looked at it. */
export class Oversight implements Examiner {
  /** Id → when it was decided. */
  readonly #pending = new Map<string, string>();
  #pendingFurther = 0;
  #decisions = 0;
  #calls = 0;
  #callsOutside = 0;
  #withBasis = 0;
  #byStorage = 0;
  #reviews = 0;
  #reviewersUnknown = 0;
  #reviewsOfSpans = 0;
  #newest = '';

  entry({ type, ts, payload, decision_id: id }: ExaminedEntry): void {
    if (ts > this.#newest) this.#newest = ts;
    if (type === 'decision') this.#decision(id, ts, payload['review_required'] === true);
    if (type === 'human_oversight') {
      this.#reviews++;
      if (id !== undefined) this.#pending.delete(id);
      if (payload['reviewer_kind'] === 'unknown') {
        this.#reviewersUnknown++;
        if (payload['instrumentation'] !== undefined) this.#reviewsOfSpans++;
      }
    }
    if (at(payload, 'span') === undefined) return;
    if (CALLS.has(type)) {
      this.#calls++;
      if (id === undefined) this.#callsOutside++;
    }
    if (id === undefined) return;
    this.#withBasis++;
    if (payload['decision_basis'] === 'storage') this.#byStorage++;
  }

  #decision(id: string | undefined, ts: string, reviewRequired: boolean): void {
    this.#decisions++;
    if (!reviewRequired || id === undefined) return;
    if (this.#pending.size < MAX_PENDING) this.#pending.set(id, ts);
    else this.#pendingFurther++;
  }

  *findings(): Iterable<DoctorFinding> {
    if (this.#calls > 0 && this.#decisions === 0) {
      yield finding('no_decisions', `${counted(this.#calls, 'call')} and no decision.`);
    } else if (this.#callsOutside > 0) {
      yield finding(
        'calls_outside_decisions',
        `${share(this.#callsOutside, this.#calls)} calls belong to no decision.`,
      );
    }
    if (this.#byStorage > 0) {
      yield finding(
        'context_lost',
        `${share(this.#byStorage, this.#withBasis)} entries of spans in decisions say decision_basis: storage.`,
      );
    }
    if (this.#pending.size > 0) yield this.#missing();
    if (this.#reviewersUnknown > 0) {
      const ofSpans =
        this.#reviewsOfSpans === 0
          ? ''
          : ` ${counted(this.#reviewsOfSpans, 'of them was', 'of them were')} told by spans.`;
      yield finding(
        'reviewer_unknown',
        `${share(this.#reviewersUnknown, this.#reviews)} reviews do not say who looked.${ofSpans}`,
      );
    }
  }

  #missing(): DoctorFinding {
    // In the order of their decisions: the first is the oldest.
    const [oldest] = this.#pending.values();
    const age = Date.parse(this.#newest) - Date.parse(oldest ?? this.#newest);
    const further =
      this.#pendingFurther === 0 ? '' : ` ${counted(this.#pendingFurther, 'later one')} was not looked at.`;
    return finding(
      'review_missing',
      `${counted(this.#pending.size, 'decision that requires a review has', 'decisions that require a review have')} none yet; the oldest is of ${oldest}.${further}`,
      {
        severity: age > REVIEW_MILLIS ? 'warning' : 'note',
        where: [...this.#pending.keys()].slice(0, SHOWN_PENDING).map((id) => escapeText(id)),
      },
    );
  }
}

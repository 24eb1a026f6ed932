import { at, textOf, type JsonObject } from '../json.ts';
import type { Keys } from '../verify/keys.ts';
import type { SeenEntry } from '../verify/seen.ts';
import { checkOversightSignature, type SignatureState } from '../oversight-signature.ts';
import { needsReview, personReviews, resultOf, type Review, type Story } from './stories.ts';

/** Who looked at what, with every denominator. About people: nothing is said of a reviewer with few reviews. */

/** Of whom there are fewer reviews, nothing is counted alone: so few say nothing of a person's work, and too much. */
export const MIN_REVIEWS = 5;

/** A number of cases, out of those in which it could have been, or could be told. */
export interface Share {
  readonly part: number;
  readonly of: number;
}

export interface ReviewerFigures {
  /** `R1`, or the name, where names were asked for. */
  readonly reviewer: string;
  readonly reviews: number;
  readonly changed: Share;
  /** Median of the seconds between `opened_at` and `decided_at`, over those reviews that have both. */
  readonly medianSeconds: { readonly seconds: number; readonly of: number } | undefined;
}

export interface Oversight {
  readonly decisions: number;
  /** Decisions that declare that they need a review. */
  readonly required: Share;
  /** Of the required: by a person. */
  readonly done: Share;
  /** Of all decisions: reviewed by a person, asked for or not. */
  readonly reviewed: Share;
  /** Of the reviewed ones for which it can be told: before the decision took effect. */
  readonly beforeEffect: Share;
  /** Of the reviewed ones: the result was changed, or stopped; undefined where there are too few reviews to say. */
  readonly changed: Share | undefined;
  /** Of the reviewed ones in which every reviewer is named: by two different persons or more. */
  readonly fourEyes: Share;
  /** Entries of oversight by persons, and by others or nobody that is named. */
  readonly reviews: { readonly byPersons: number; readonly byOthers: number; readonly outsideDecisions: number };
  /** Reviews by persons; undefined where there are fewer than {@link MIN_REVIEWS}. */
  readonly byAction: ReadonlyMap<string, number> | undefined;
  /** With {@link MIN_REVIEWS} or more. */
  readonly reviewers: readonly ReviewerFigures[];
  /** How many are not counted alone; nothing more is said of them. */
  readonly reviewersBelow: number;
  readonly signatures: Readonly<Record<SignatureState, number>>;
}

/** Reviewers so far are told apart; later ones are one. */
const MAX_REVIEWERS = 10_000;
const MAX_ACTIONS = 100;
/** Signatures so far are remembered, to know one that comes again. */
const MAX_SIGNATURES = 100_000;
/** Durations that are kept of each. */
const MAX_DURATIONS = 10_000;

/** Actions by which a reviewer changes what comes of a decision. */
const CHANGING: ReadonlySet<string> = new Set([
  'rejected',
  'overridden',
  'reversed',
  'corrected',
  'disregarded',
  'stopped',
  'interrupted',
  'disabled',
  'rolled_back',
]);

interface Reviewed {
  reviews: number;
  changed: number;
  readonly seconds: number[];
}

/** What stands in place of reviewers' names: R1, R2 …, in the order in which they first appear. */
export class Reviewers {
  readonly #numbers = new Map<string, number>();
  readonly #named: boolean;
  #further = false;

  constructor(named: boolean) {
    this.#named = named;
  }

  get areNamed(): boolean {
    return this.#named;
  }

  /** The text that stands for a person; the same for the same person. */
  of(reviewer: string): string {
    if (this.#named) return reviewer;
    let number = this.#numbers.get(reviewer);
    if (number === undefined) {
      if (this.#numbers.size >= MAX_REVIEWERS) {
        this.#further = true;
        return 'R…';
      }
      this.#numbers.set(reviewer, (number = this.#numbers.size + 1));
    }
    return `R${number}`;
  }

  /** What to show of any text that may name one of them. Of which there are too many to know, each text may. */
  shown(text: string): string {
    return this.#numbers.has(text) || (this.#further && text !== '') ? this.of(text) : text;
  }
}

export class OversightFigures {
  readonly #reviewers: Reviewers;
  readonly #keys: Keys;
  readonly #byReviewer = new Map<string, Reviewed>();
  readonly #byAction = new Map<string, number>();
  readonly #signatures: Record<SignatureState, number> = { signed: 0, unknown_key: 0, failed: 0, none: 0 };
  #byPersons = 0;
  #byOthers = 0;
  #outsideDecisions = 0;
  readonly #seenSignatures = new Set<string>();

  /** @param keys - verifier keys of reviewers */
  constructor(reviewers: Reviewers, keys: Keys) {
    this.#reviewers = reviewers;
    this.#keys = keys;
  }

  /** Returns how its signature stands. */
  see({ entry, log }: SeenEntry): SignatureState {
    const { payload, decision_id: decision } = entry;
    const state = this.#signatureOf(payload, { decisionId: decision, log });
    this.#signatures[state]++;
    const { reviewer } = payload;
    const name = typeof reviewer === 'string' && reviewer !== '' ? this.#reviewers.of(reviewer) : undefined;
    if (payload['reviewer_kind'] !== 'person') {
      this.#byOthers++;
      return state;
    }
    this.#byPersons++;
    if (decision === undefined) this.#outsideDecisions++;
    count(this.#byAction, textOf(payload['action']));
    if (name === undefined) return state;
    const of = this.#byReviewer.get(name) ?? { reviews: 0, changed: 0, seconds: [] };
    this.#byReviewer.set(name, of);
    of.reviews++;
    // What a decision came to is known at the end.
    if (decision === undefined && isChanging(payload, '')) of.changed++;
    const seconds = secondsOf(payload);
    if (seconds !== undefined && of.seconds.length < MAX_DURATIONS) of.seconds.push(seconds);
    return state;
  }

  /** One signature is over one review: what comes again was copied. */
  #signatureOf(payload: JsonObject, of: Parameters<typeof checkOversightSignature>[2]): SignatureState {
    const state = checkOversightSignature(this.#keys, payload, of);
    const sig = at(payload, 'signature', 'sig');
    if (typeof sig !== 'string' || state === 'failed') return state;
    if (this.#seenSignatures.has(sig)) return 'failed';
    if (this.#seenSignatures.size < MAX_SIGNATURES) this.#seenSignatures.add(sig);
    return state;
  }

  #countChanges(stories: readonly Story[]): void {
    for (const story of stories) {
      for (const { payload } of personReviews(story)) {
        const reviewer = textOf(payload['reviewer']);
        const of = reviewer === '' ? undefined : this.#byReviewer.get(this.#reviewers.of(reviewer));
        if (of !== undefined && isChanging(payload, resultOf(story))) of.changed++;
      }
    }
  }

  end(stories: readonly Story[]): Oversight {
    const begun = stories.filter((story) => story.begun !== undefined);
    const required = begun.filter(needsReview);
    const reviewed = begun.filter((story) => personReviews(story).length > 0);
    const timed = reviewed.flatMap((story) => {
      const before = beforeEffect(story);
      return before === undefined ? [] : [before];
    });
    const named = reviewed.filter((story) =>
      personReviews(story).every(({ payload }) => textOf(payload['reviewer']) !== ''),
    );
    this.#countChanges(stories);
    const shown = countedAlone([...this.#byReviewer]);
    // With so few the numbers would be single reviews of persons.
    const enough = this.#byPersons >= MIN_REVIEWS;
    return {
      decisions: begun.length,
      required: { part: required.length, of: begun.length },
      done: { part: required.filter((story) => personReviews(story).length > 0).length, of: required.length },
      reviewed: { part: reviewed.length, of: begun.length },
      beforeEffect: { part: timed.filter(Boolean).length, of: timed.length },
      changed: enough
        ? {
            part: reviewed.filter(hasChange).length,
            of: reviewed.length,
          }
        : undefined,
      fourEyes: {
        part: named.filter((story) => new Set(personReviews(story).map(({ payload }) => payload['reviewer'])).size > 1)
          .length,
        of: named.length,
      },
      reviews: { byPersons: this.#byPersons, byOthers: this.#byOthers, outsideDecisions: this.#outsideDecisions },
      byAction: enough ? this.#byAction : undefined,
      reviewers: shown.map(([reviewer, { reviews, changed, seconds }]) => ({
        reviewer,
        reviews,
        changed: { part: changed, of: reviews },
        // Fewer than that would be single reviews of a person.
        medianSeconds: seconds.length < MIN_REVIEWS ? undefined : { seconds: median(seconds), of: seconds.length },
      })),
      reviewersBelow: this.#byReviewer.size - shown.length,
      signatures: this.#signatures,
    };
  }
}

function hasChange(story: Story): boolean {
  return personReviews(story).some(({ payload }) => isChanging(payload, resultOf(story)));
}

/**
 * Those with {@link MIN_REVIEWS} or more. If the others have fewer together, the next one is left out, too: what is left
 * of the totals would be theirs.
 */
function countedAlone(figures: readonly (readonly [string, Reviewed])[]): readonly (readonly [string, Reviewed])[] {
  const ascending = figures.toSorted(([, left], [, right]) => left.reviews - right.reviews);
  const hidden = new Set<string>();
  let sum = 0;
  for (const [reviewer, { reviews }] of ascending) {
    if (reviews >= MIN_REVIEWS && (sum === 0 || sum >= MIN_REVIEWS)) break;
    hidden.add(reviewer);
    sum += reviews;
  }
  return figures.filter(([reviewer]) => !hidden.has(reviewer));
}

/**
 * Whether a review changed what came of the decision.
 *
 * @param result - that the application gave it; empty if none
 */
export function isChanging(
  { proposed_result: proposed, final_result: final, action }: JsonObject,
  result: string,
): boolean {
  const before = typeof proposed === 'string' ? proposed : result;
  if (before !== '' && typeof final === 'string') return before !== final;
  return typeof action === 'string' && CHANGING.has(action);
}

/** Whether the first review by a person came before the effect; undefined where nothing says so. */
function beforeEffect(story: Story): boolean | undefined {
  const effective = story.ended?.payload['effective_at'];
  const told = personReviews(story).flatMap((review) => {
    const before = isBefore(review, typeof effective === 'string' ? effective : undefined);
    return before === undefined ? [] : [before];
  });
  return told.length === 0 ? undefined : told.includes(true);
}

function isBefore({ payload, ts }: Review, effective: string | undefined): boolean | undefined {
  // A time outweighs a word.
  if (effective !== undefined) return (textOf(payload['decided_at']) || ts) <= effective;
  if (payload['stage'] === 'before_effect') return true;
  return payload['stage'] === 'after_effect' ? false : undefined;
}

function secondsOf({ opened_at: opened, decided_at: decided }: JsonObject): number | undefined {
  if (typeof opened !== 'string' || typeof decided !== 'string') return undefined;
  const seconds = (Date.parse(decided) - Date.parse(opened)) / 1_000;
  return seconds >= 0 ? seconds : undefined;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function count(counts: Map<string, number>, word: string): void {
  if (counts.has(word) || counts.size < MAX_ACTIONS) counts.set(word, (counts.get(word) ?? 0) + 1);
}

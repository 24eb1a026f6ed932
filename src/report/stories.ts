import { isCounted } from '../what-counts.ts';
import { disclosedValue } from '../disclosure.ts';
import type { EntryType } from '../entry.ts';
import { at, textOf, type JsonObject, type JsonValue } from '../json.ts';
import type { SeenEntry } from '../verify/seen.ts';

/** What happened in each decision, step by step: memory is bounded, and what is left out is counted. */

/** So many decisions are told apart; later ones are counted. Each takes some 500 bytes. */
export const MAX_STORIES = 50_000;
/** Ids of which no `decision` was seen have places of their own, so that they take none from decisions. */
const MAX_UNBEGUN = 50_000;
/** So much of their entries is kept, as UTF-16 code units of JSON; of later ones only what the totals need. */
const MAX_KEPT_CHARS = 16_777_216;
/** Reviews that are kept of one decision. */
const MAX_REVIEWS = 100;
/** Models and tools that are named in a story. */
const MAX_NAMED = 20;

/** Where an entry stands: what one gives to `spanseal prove`. */
export interface Place {
  readonly segment: string;
  readonly seq: number;
}

/** How a value stands that the entry withholds. */
export type WithheldState = 'withheld' | 'erased' | 'disclosed';

export interface Step extends Place {
  readonly ts: string;
  readonly type: EntryType;
  readonly payload: JsonObject;
  /** Leaf hash, hex; where it was asked for. */
  readonly leafHash?: string;
  /** Pointer → what a line could not hold of it. */
  readonly cut: Readonly<Record<string, string>>;
  /** Pointer → how it stands; the value where it is disclosed. */
  readonly withheld: readonly { readonly pointer: string; readonly state: WithheldState; readonly value?: JsonValue }[];
}

export interface Review extends Place {
  readonly ts: string;
  readonly payload: JsonObject;
}

export interface Story {
  readonly id: string;
  /** Where its `decision` stands; undefined if that is not in the file. */
  begun: (Place & { readonly ts: string; readonly payload: JsonObject }) | undefined;
  ended: (Place & { readonly ts: string; readonly payload: JsonObject }) | undefined;
  /** First and last time in it. */
  firstTs: string;
  lastTs: string;
  /** In the order of the file; of too many, those by persons and the last of them. */
  readonly reviews: Review[];
  reviewsLeftOut: number;
  /** Entries by type. */
  readonly counts: Partial<Record<EntryType, number>>;
  /** Entries that need an explanation: {@link Exceptions} says which. */
  exceptions: number;
  /** In the order of the file; empty where there are too many to keep. */
  readonly steps: Step[];
  stepsLeftOut: number;
  /** Models that answered, tools that ran. */
  readonly models: Set<string>;
  readonly tools: Set<string>;
}

/** Members of a payload that a story keeps where its steps are not kept. */
const KEPT_OF_DECISION = [
  'actor',
  'actor_kind',
  'decision_type',
  'automation',
  'effect',
  'review_required',
  'purpose',
  'case_ref',
  'notice',
  'ai_disclosure',
  'legal_basis_ref',
];
const KEPT_OF_END = ['outcome', 'result', 'reason_codes', 'effective_at', 'settled_at', 'duration_ms'];

export interface StoriesOptions {
  /** Ids of the decisions to follow; by default all. */
  readonly only?: readonly string[] | undefined;
  /** Ids of the decisions whose steps are kept; by default those that come first. */
  readonly stepsOf?: readonly string[] | undefined;
  /** Makes the leaf hash of a line, if steps are to have it. */
  readonly leafHash?: ((line: Uint8Array) => string) | undefined;
}

export class Stories {
  readonly #stories = new Map<string, Story>();
  readonly #only: ReadonlySet<string> | undefined;
  readonly #stepsOf: ReadonlySet<string> | undefined;
  readonly #leafHash: ((line: Uint8Array) => string) | undefined;
  #kept = 0;
  #unbegun = 0;
  /** Decisions beyond those that are told apart. */
  further = 0;
  /** Entries of ids beyond those that are told apart. */
  furtherEntries = 0;

  constructor({ only, stepsOf, leafHash }: StoriesOptions) {
    this.#only = only === undefined ? undefined : new Set(only);
    this.#stepsOf = stepsOf === undefined ? undefined : new Set(stepsOf);
    this.#leafHash = leafHash;
  }

  get all(): readonly Story[] {
    return [...this.#stories.values()];
  }

  see(seen: SeenEntry): Story | undefined {
    const { entry } = seen;
    const { decision_id: id, type, payload, ts, seq } = entry;
    if (id === undefined || (this.#only !== undefined && !this.#only.has(id))) return undefined;
    const story = this.#storyOf(id, seen);
    if (story === undefined) {
      this.furtherEntries++;
      return undefined;
    }
    const place = { segment: seen.segment ?? '', seq, ts };
    if (isCounted(payload)) story.counts[type] = (story.counts[type] ?? 0) + 1;
    if (ts < story.firstTs) story.firstTs = ts;
    if (ts > story.lastTs) story.lastTs = ts;
    if (type === 'decision') story.begun ??= { ...place, payload: picked(payload, KEPT_OF_DECISION) };
    if (type === 'decision_end') story.ended = { ...place, payload: picked(payload, KEPT_OF_END) };
    if (type === 'human_oversight') addReview(story, { ...place, payload });
    if (type === 'llm_call') name(story.models, at(payload, 'response_model') ?? at(payload, 'request_model'));
    if (type === 'tool_call') name(story.tools, at(payload, 'name'));
    this.#keep(story, seen);
    return story;
  }

  #storyOf(id: string, { entry: { type, ts } }: SeenEntry): Story | undefined {
    const begins = type === 'decision';
    const isFull = this.#stories.size - this.#unbegun >= MAX_STORIES;
    const found = this.#stories.get(id);
    if (found !== undefined) {
      if (!begins || found.begun !== undefined) return found;
      this.#unbegun--;
      if (!isFull) return found;
      this.#stories.delete(id);
    }
    if (begins && isFull) this.further++;
    if (begins ? isFull : this.#unbegun >= MAX_UNBEGUN) return undefined;
    if (!begins) this.#unbegun++;
    const story: Story = {
      id,
      begun: undefined,
      ended: undefined,
      firstTs: ts,
      lastTs: ts,
      reviews: [],
      reviewsLeftOut: 0,
      counts: {},
      exceptions: 0,
      steps: [],
      stepsLeftOut: 0,
      models: new Set(),
      tools: new Set(),
    };
    this.#stories.set(id, story);
    return story;
  }

  #keep(story: Story, { entry, segment, beside, bytes }: SeenEntry): void {
    if (this.#stepsOf !== undefined && !this.#stepsOf.has(story.id)) return;
    const size = JSON.stringify(entry.payload).length;
    // A story of which a part is missing would be read as the whole.
    if (story.stepsLeftOut > 0 || this.#kept + size > MAX_KEPT_CHARS) {
      this.#kept -= story.steps.reduce((sum, { payload }) => sum + JSON.stringify(payload).length, 0);
      story.stepsLeftOut += story.steps.splice(0).length + 1;
      return;
    }
    this.#kept += size;
    const { seq, ts, type, payload, sd = {}, lossy = {} } = entry;
    const withheld = Object.keys(sd).map((pointer) => ({ pointer, ...stateOf(beside, pointer) }));
    const leaf = this.#leafHash === undefined ? {} : { leafHash: this.#leafHash(bytes) };
    const cut = Object.fromEntries(Object.entries(lossy).filter(([, mark]) => mark.startsWith('cut:')));
    story.steps.push({ segment: segment ?? '', seq, ts, type, payload, cut, withheld, ...leaf });
  }
}

/** Whether anybody looked, and what the last one made of it, holds however many there are. */
function addReview(story: Story, review: Review): void {
  const { reviews } = story;
  if (reviews.length < MAX_REVIEWS) {
    reviews.push(review);
    return;
  }
  story.reviewsLeftOut++;
  if (!isByPerson(review)) return;
  const other = reviews.findIndex((each) => !isByPerson(each));
  reviews.splice(other === -1 ? reviews.length - 1 : other, 1);
  reviews.push(review);
}

function isByPerson({ payload }: Review): boolean {
  return payload['reviewer_kind'] === 'person';
}

function stateOf(beside: JsonObject | undefined, pointer: string): { state: WithheldState; value?: JsonValue } {
  const disclosure = at(beside, 'disclosures', pointer);
  const found = typeof disclosure === 'string' ? disclosedValue(disclosure) : undefined;
  if (found !== undefined) return { state: 'disclosed', value: found.value };
  return { state: at(beside, 'absent', pointer) === 'erased' ? 'erased' : 'withheld' };
}

function name(names: Set<string>, value: JsonValue | undefined): void {
  if (typeof value === 'string' && names.size < MAX_NAMED) names.add(value);
}

function picked(payload: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(
    members.flatMap((member) => (payload[member] === undefined ? [] : [[member, payload[member]]])),
  );
}

/** The result that an application gave its decision. */
export function resultOf({ ended }: Story): string {
  return textOf(ended?.payload['result']);
}

/** How a decision stands as to reviews. */
export type ReviewState = 'reviewed' | 'missing' | 'others' | 'notRequired' | 'notDeclared';

export function reviewState(story: Story): ReviewState {
  if (personReviews(story).length > 0) return 'reviewed';
  if (needsReview(story)) return 'missing';
  if (story.reviews.length > 0) return 'others';
  return story.begun?.payload['review_required'] === false ? 'notRequired' : 'notDeclared';
}

/** Whether somebody declared that the decision needs a review. */
export function needsReview({ begun }: Story): boolean {
  return begun?.payload['review_required'] === true;
}

/** Reviews by persons: what others did is no human oversight. */
export function personReviews({ reviews }: Story): readonly Review[] {
  return reviews.filter(isByPerson);
}

/** The result that the last review by a person gave it, if that is another one. */
export function changedResult(story: Story): string | undefined {
  const given = personReviews(story).flatMap(({ payload }) => textOf(payload['final_result']) || []);
  const last = given.at(-1);
  return last === resultOf(story) ? undefined : last;
}

import type { EntryType } from './entry.ts';

/** So many decisions are counted at a time; the one that had no entry for longest is dropped. */
const MAX_COUNTED = 4_096;

type Counts = Partial<Record<EntryType, number>>;

/** How many entries of each type a decision has in the current segment: what its `decision_end` states. */
export class DecisionCounts {
  readonly #counts = new Map<string, Counts>();
  #segment = '';
  /** Whether a decision was dropped in this segment: one that comes back could then be counted short. */
  #dropped = false;

  add(decisionId: string, segment: string, type: EntryType): void {
    if (segment !== this.#segment) {
      this.#segment = segment;
      this.#counts.clear();
      this.#dropped = false;
    }
    const counts = this.#counts.get(decisionId) ?? {};
    counts[type] = (counts[type] ?? 0) + 1;
    // Inserted anew: the order of the map is the order of use.
    this.#counts.delete(decisionId);
    this.#counts.set(decisionId, counts);
    if (this.#counts.size > MAX_COUNTED) {
      const [oldest] = this.#counts.keys();
      if (oldest !== undefined) this.#counts.delete(oldest);
      this.#dropped = true;
    }
  }

  /** The counts of a decision; `undefined` where they may not be all. */
  of(decisionId: string, segment: string | undefined): Counts | undefined {
    if (segment !== this.#segment) return {};
    const counts = this.#counts.get(decisionId);
    if (this.#dropped) return counts?.decision === undefined ? undefined : { ...counts };
    return { ...counts };
  }
}

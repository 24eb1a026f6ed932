import { NameCounts } from './name-counts.ts';

/** So many calls wait for what an outer span may say of them; the outer one ends soon after. */
const MAX_WAITING = 4_096;

/** Calls whose own span leaves something out, by scope: unless an outer span of the same call says it. */
export class Unsaid {
  readonly #settled = new NameCounts();
  /** Span id → scope, in the order in which they came. */
  readonly #waiting = new Map<string, string>();

  add(scope: string, spanId: string | undefined): void {
    if (spanId === undefined) {
      this.#settled.add(scope);
      return;
    }
    this.#waiting.set(spanId, scope);
    if (this.#waiting.size <= MAX_WAITING) return;
    const [oldest] = this.#waiting;
    if (oldest === undefined) return;
    this.#waiting.delete(oldest[0]);
    this.#settled.add(oldest[1]);
  }

  /** An outer span says it. */
  said(spanId: string): void {
    this.#waiting.delete(spanId);
  }

  counts(): NameCounts {
    const counts = new NameCounts();
    for (const [scope, count] of this.#settled.entries()) counts.add(scope, count);
    for (const scope of this.#waiting.values()) counts.add(scope);
    return counts;
  }
}

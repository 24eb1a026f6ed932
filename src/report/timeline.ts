import { isCounted } from '../what-counts.ts';
import type { SeenEntry } from '../verify/seen.ts';

/** When what happened: equal parts of time that grow with the record, so that memory does not. */

export interface TimePart {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  decisions: number;
  calls: number;
  reviews: number;
  flags: number;
  /** Gaps, recoveries, clock steps, incidents. */
  exceptions: number;
}

const MAX_PARTS = 96;
const FIRST_MILLIS = 1_000;

const KINDS: Readonly<Partial<Record<string, Exclude<keyof TimePart, 'from' | 'to'>>>> = {
  decision: 'decisions',
  llm_call: 'calls',
  tool_call: 'calls',
  agent_invocation: 'calls',
  context_assembly: 'calls',
  human_oversight: 'reviews',
  policy_flag: 'flags',
  gap: 'exceptions',
  recovery: 'exceptions',
  clock_step: 'exceptions',
  incident: 'exceptions',
};

export class TimeLine {
  #parts = new Map<number, TimePart>();
  #millis = FIRST_MILLIS;

  see({ entry: { ts, type, payload } }: SeenEntry): void {
    const kind = Object.hasOwn(KINDS, type) && isCounted(payload) ? KINDS[type] : undefined;
    const time = Date.parse(ts);
    if (kind === undefined || Number.isNaN(time)) return;
    let part = this.#partOf(time);
    while (part === undefined) {
      this.#double();
      part = this.#partOf(time);
    }
    part[kind]++;
  }

  #partOf(time: number): TimePart | undefined {
    const index = Math.floor(time / this.#millis);
    const found = this.#parts.get(index);
    if (found !== undefined) return found;
    const indexes = [...this.#parts.keys(), index];
    if (Math.max(...indexes) - Math.min(...indexes) >= MAX_PARTS) return undefined;
    const part = emptyPart(index, this.#millis);
    this.#parts.set(index, part);
    return part;
  }

  #double(): void {
    this.#millis *= 2;
    const parts = new Map<number, TimePart>();
    for (const part of this.#parts.values()) {
      const index = Math.floor(part.from / this.#millis);
      const into = parts.get(index) ?? emptyPart(index, this.#millis);
      parts.set(index, into);
      into.decisions += part.decisions;
      into.calls += part.calls;
      into.reviews += part.reviews;
      into.flags += part.flags;
      into.exceptions += part.exceptions;
    }
    this.#parts = parts;
  }

  /** All parts from the first to the last, those in which nothing happened among them. */
  end(): readonly TimePart[] {
    const indexes = [...this.#parts.keys()];
    if (indexes.length === 0) return [];
    const first = Math.min(...indexes);
    return Array.from(
      { length: Math.max(...indexes) - first + 1 },
      (_, index) => this.#parts.get(first + index) ?? emptyPart(first + index, this.#millis),
    );
  }
}

function emptyPart(index: number, millis: number): TimePart {
  return {
    from: index * millis,
    to: (index + 1) * millis,
    decisions: 0,
    calls: 0,
    reviews: 0,
    flags: 0,
    exceptions: 0,
  };
}

import { isArray, isObject } from '../canonical.ts';
import { textOf, type JsonObject } from '../json.ts';
import type { Place } from './problem.ts';

/** A value that a sealed `erasure` says is gone. */
export interface Erasure {
  /** Where it says so. */
  readonly place: Place;
  readonly segment: string;
  readonly seq: number;
  readonly pointer: string;
  readonly digest: string;
}

/** So many are kept in one verification: whoever makes a hostile file could name any number. */
export const MAX_ERASURES = 1_000_000;

/** How many more erasures are kept. */
export interface ErasureBudget {
  left: number;
}

/** The values that an `erasure` says are gone; none of one that was refused, or held. */
export function* erasuresIn(payload: JsonObject, place: Place): Generator<Erasure> {
  const { outcome, values } = payload;
  if (outcome !== 'done' || !isArray(values)) return;
  for (const value of values) {
    if (!isObject(value)) continue;
    const { segment, seq, pointer, digest } = value;
    yield {
      place,
      segment: textOf(segment),
      seq: Number(seq),
      pointer: textOf(pointer),
      digest: textOf(digest),
    };
  }
}

/** What is erased, by where it stood. An erasure that is recorded twice, after a crash, is one. */
export class Erasures {
  readonly #bySegment = new Map<string, Map<string, Erasure>>();
  readonly #met = new Set<Erasure>();

  constructor(erasures: Iterable<Erasure>) {
    for (const erasure of erasures) {
      const { segment, seq, pointer } = erasure;
      let values = this.#bySegment.get(segment);
      if (values === undefined) this.#bySegment.set(segment, (values = new Map<string, Erasure>()));
      const key = `${seq} ${pointer}`;
      if (!values.has(key)) values.set(key, erasure);
    }
  }

  has(segment: string): boolean {
    return this.#bySegment.has(segment);
  }

  /** Whether a value is erased; one that is asked for has been met. */
  find(segment: string, seq: number, pointer: string, digest: string): Erasure | undefined {
    const erasure = this.#bySegment.get(segment)?.get(`${seq} ${pointer}`);
    if (erasure?.digest !== digest) return undefined;
    this.#met.add(erasure);
    return erasure;
  }

  /** Erasures in a segment of what it does not withhold. */
  *unmet(segment: string): Generator<Erasure> {
    for (const erasure of this.#bySegment.get(segment)?.values() ?? []) {
      if (!this.#met.has(erasure)) yield erasure;
    }
  }
}

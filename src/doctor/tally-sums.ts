import { isObject } from '../canonical.ts';
import { at, countAt, type JsonObject } from '../json.ts';
import { type ExaminedEntry } from './examiner.ts';
import { NameCounts } from './name-counts.ts';

const COUNTERS = {
  started: ['spans', 'started'],
  ended: ['spans', 'ended'],
  recorded: ['spans', 'recorded'],
  notRecorded: ['spans', 'not_recorded'],
  writeFailures: ['write_failures'],
  sealsDiscarded: ['seals_discarded'],
  afterClose: ['after_close'],
} as const;

type Counter = keyof typeof COUNTERS;

/** The counters of a log: the last tally of each segment has all of the segment, and they add up. */
export class TallySums {
  readonly #sums: Record<Counter, number> = {
    started: 0,
    ended: 0,
    recorded: 0,
    notRecorded: 0,
    writeFailures: 0,
    sealsDiscarded: 0,
    afterClose: 0,
  };
  readonly #ignored = new NameCounts();
  #last: JsonObject | undefined;
  #any = false;

  entry({ type, payload }: Pick<ExaminedEntry, 'type' | 'payload'>): void {
    if (type === 'audit_open') this.#fold();
    const tally = type === 'tally' ? payload : type === 'audit_close' ? at(payload, 'tally') : undefined;
    if (!isObject(tally)) return;
    this.#last = tally;
    this.#any = true;
  }

  #fold(): void {
    if (this.#last === undefined) return;
    for (const counter of Object.keys(COUNTERS) as Counter[]) {
      this.#sums[counter] += countAt(this.#last, ...COUNTERS[counter]);
    }
    const ignored = at(this.#last, 'spans', 'ignored');
    for (const reason of isObject(ignored) ? Object.keys(ignored) : []) {
      this.#ignored.add(reason, countAt(ignored, reason));
    }
    this.#last = undefined;
  }

  /** Whether there is any tally at all. */
  get any(): boolean {
    return this.#any;
  }

  get(counter: Counter): number {
    return this.#sums[counter] + countAt(this.#last, ...COUNTERS[counter]);
  }

  ignored(reason: string): number {
    return this.#ignored.of(reason) + countAt(this.#last, 'spans', 'ignored', reason);
  }
}

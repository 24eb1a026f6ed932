import type { TallyPayload } from './entry.ts';

/**
 * What reached the processors and the log since the segment before was closed. The arithmetic holds at every moment:
 * carried + started = ended + unended + open, and recorded + Σ ignored = ended + late + unended.
 */
export class Tally {
  readonly #from: string;
  readonly #carried: number;
  #started = 0;
  #ended = 0;
  #late = 0;
  #unended = 0;
  #recorded = 0;
  #notRecorded = 0;
  readonly #ignored: Record<string, number> = {};
  #decisionsStarted = 0;
  #decisionsEnded = 0;
  #decisionsFailed = 0;
  #decisionsOpen: number;
  /** Of all windows before this one: by what kept spans from being recorded, `''` for those that were. */
  readonly #settledBefore: ReadonlyMap<string, number>;
  #oversightRequired = 0;
  #oversightRecorded = 0;
  writeFailures = 0;
  sealsDiscarded = 0;
  afterClose = 0;

  /** @param before - the tally of the segment before: what is open there is carried over */
  constructor(from: string, before?: Tally) {
    this.#from = from;
    this.#carried = before?.openSpans ?? 0;
    this.#decisionsOpen = before?.openDecisions ?? 0;
    this.#settledBefore = before?.settled ?? new Map();
  }

  /** Spans that are done with since the log was made, by what kept them from being recorded; `''` if nothing did. */
  get settled(): ReadonlyMap<string, number> {
    const settled = new Map(this.#settledBefore);
    for (const [why, count] of [['', this.#recorded] as const, ...Object.entries(this.#ignored)]) {
      settled.set(why, (settled.get(why) ?? 0) + count);
    }
    return settled;
  }

  get openSpans(): number {
    return this.#carried + this.#started - this.#ended - this.#unended;
  }

  get openDecisions(): number {
    return this.#decisionsOpen;
  }

  spanStarted(): void {
    this.#started++;
  }

  /** A span ended; `ignored` says why nothing was recorded of it. */
  spanEnded(ignored?: string): void {
    // Its start was not seen: the processor was registered later. Then it starts as it ends.
    if (this.openSpans === 0) this.#started++;
    this.#ended++;
    this.#settle(ignored);
  }

  /** A span was recorded as unended, or could not be. */
  spanUnended(ignored?: string): void {
    if (this.openSpans === 0) this.#started++;
    this.#unended++;
    this.#settle(ignored);
  }

  /** A span ended after it had been recorded as unended. */
  spanEndedLate(ignored?: string): void {
    this.#late++;
    this.#settle(ignored);
  }

  /** A sampler dropped a span: no processor will see it. */
  spanNotRecorded(): void {
    this.#notRecorded++;
  }

  #settle(ignored: string | undefined): void {
    if (ignored === undefined) this.#recorded++;
    else this.#ignored[ignored] = (this.#ignored[ignored] ?? 0) + 1;
  }

  decisionStarted(reviewRequired: boolean): void {
    this.#decisionsStarted++;
    this.#decisionsOpen++;
    if (reviewRequired) this.#oversightRequired++;
  }

  decisionEnded(failed: boolean): void {
    this.#decisionsEnded++;
    this.#decisionsOpen--;
    if (failed) this.#decisionsFailed++;
  }

  oversightRecorded(): void {
    this.#oversightRecorded++;
  }

  payload(to: string): TallyPayload {
    return {
      window: { from: this.#from, to },
      spans: {
        carried: this.#carried,
        started: this.#started,
        ended: this.#ended,
        late: this.#late,
        unended: this.#unended,
        open: this.openSpans,
        recorded: this.#recorded,
        ignored: { ...this.#ignored },
        not_recorded: this.#notRecorded,
      },
      decisions: {
        started: this.#decisionsStarted,
        ended: this.#decisionsEnded,
        failed: this.#decisionsFailed,
        open: this.#decisionsOpen,
      },
      oversight: { required: this.#oversightRequired, recorded: this.#oversightRecorded },
      write_failures: this.writeFailures,
      seals_discarded: this.sealsDiscarded,
      after_close: this.afterClose,
    };
  }
}

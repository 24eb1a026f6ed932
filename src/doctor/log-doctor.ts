import { counted } from '../counted.ts';
import type { TallyPayload } from '../entry.ts';
import type { JsonObject } from '../json.ts';
import { escapeText } from '../verify/problem.ts';
import { Arrival } from './arrival.ts';
import { Content } from './content.ts';
import { Endings } from './endings.ts';
import { Environment } from './environment.ts';
import type { ExaminedEntry, Examiner } from './examiner.ts';
import { finding, worstFirst, type DoctorFinding } from './finding.ts';
import { Instrumentations } from './instrumentations.ts';
import { Keeping } from './keeping.ts';
import { Oversight } from './oversight.ts';
import { SegmentsLeft, type SegmentsLeftOptions } from './segments-left.ts';
import { TallySums } from './tally-sums.ts';

const SHOWN_LINES = 5;

/**
 * Finds out from a log, entry after entry, what is wrong with the set-up that writes it. Memory stays flat. It verifies
 * nothing: a log that was forged is believed.
 */
export class LogDoctor {
  readonly #sums = new TallySums();
  readonly #segments: SegmentsLeft;
  readonly #examiners: readonly Examiner[];
  #entries = 0;
  #badLines = 0;
  #unfinished = 0;
  readonly #where: string[] = [];

  constructor(options: SegmentsLeftOptions = {}) {
    this.#segments = new SegmentsLeft(options);
    this.#examiners = [
      new Arrival(this.#sums),
      new Instrumentations(this.#sums),
      new Content(),
      new Endings(),
      new Oversight(),
      new Environment(),
      new Keeping(this.#sums),
      this.#segments,
    ];
  }

  /** A segment begins, also if it turns out to have no first line. */
  segment(name: string): void {
    this.#segments.segment(name);
  }

  /** @param line - the entry as JSON */
  entry(entry: ExaminedEntry, line: string): void {
    this.#entries++;
    this.#sums.entry(entry);
    for (const examiner of this.#examiners) examiner.entry(entry, line);
  }

  /** The counters of the segment that is being written, newer than any tally in it. */
  counters(tally: TallyPayload): void {
    this.#sums.entry({ type: 'tally', payload: tally as unknown as JsonObject });
  }

  /** A line that is no entry. */
  badLine(file: string, line: number, what: string, unfinished: boolean): void {
    if (unfinished) this.#unfinished++;
    else this.#badLines++;
    if (this.#where.length < SHOWN_LINES) this.#where.push(escapeText(`${file}:${line}: ${what}`));
  }

  get entries(): number {
    return this.#entries;
  }

  get segments(): number {
    return this.#segments.segments;
  }

  /** Worst first. */
  findings(): DoctorFinding[] {
    const found: DoctorFinding[] = [];
    if (this.#entries === 0 && !this.#sums.any) found.push(finding('no_entries', 'There is no entry here.'));
    const bad = this.#badLines + this.#unfinished;
    if (bad > 0) {
      found.push(
        finding('unreadable_lines', `${counted(bad, 'line is', 'lines are')} no entry.`, {
          severity: this.#badLines > 0 ? 'problem' : 'note',
          where: this.#where,
        }),
      );
    }
    if (this.#entries > 0 || this.#sums.any) {
      for (const examiner of this.#examiners) found.push(...examiner.findings());
    }
    return worstFirst(found);
  }
}

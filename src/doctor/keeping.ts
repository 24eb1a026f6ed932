import { counted } from '../counted.ts';
import { isArray } from '../canonical.ts';
import { REDACTOR_FAILED, REDACTOR_FAILED_TEXT } from '../entry-line.ts';
import { countAt } from '../json.ts';
import { textAt, type ExaminedEntry, type Examiner } from './examiner.ts';
import { finding, type DoctorFinding } from './finding.ts';
import { NameCounts } from './name-counts.ts';
import type { TallySums } from './tally-sums.ts';

/** How the log was written and sealed: what was lost, and what nobody vouches for. */
export class Keeping implements Examiner {
  readonly #sums: TallySums;
  #unsigned: string | undefined;
  #lost = 0;
  #gaps = 0;
  readonly #reasons = new NameCounts();
  #clockSteps = 0;
  #lastClockStep = '';
  /** Entries that hold the text, and flags that say so: `flagOnRedact: false` leaves the flags out. */
  #leftOut = 0;
  #flagged = 0;

  constructor(sums: TallySums) {
    this.#sums = sums;
  }

  entry({ type, payload, ts }: ExaminedEntry, line: string): void {
    if (line.includes(REDACTOR_FAILED_TEXT)) this.#leftOut++;
    switch (type) {
      case 'audit_open':
        this.#unsigned = payload['key'] === null ? (textAt(payload, 'segment') ?? '') : undefined;
        break;
      case 'gap':
        this.#gaps++;
        this.#lost += countAt(payload, 'lost');
        this.#reasons.add(textAt(payload, 'reason') ?? '(no reason)', countAt(payload, 'lost'));
        break;
      case 'clock_step':
        this.#clockSteps++;
        this.#lastClockStep = ts;
        break;
      case 'policy_flag':
        if (payload['auto'] === true && isArray(payload['data']) && payload['data'].includes(REDACTOR_FAILED)) {
          this.#flagged++;
        }
        break;
    }
  }

  *findings(): Iterable<DoctorFinding> {
    if (this.#unsigned !== undefined)
      yield finding('unsigned', 'The newest segment has no key, and its seals no signature.');
    if (this.#gaps > 0) {
      yield finding('gaps', `${counted(this.#lost, 'entry', 'entries')} lost in ${counted(this.#gaps, 'gap')}.`, {
        where: this.#reasons.lines(),
      });
    }
    const failures = this.#sums.get('writeFailures');
    if (failures > 0) yield finding('write_failures', `Writing failed ${counted(failures, 'time')}.`);
    const discarded = this.#sums.get('sealsDiscarded');
    if (discarded > 0) yield finding('seals_discarded', `${counted(discarded, 'seal was', 'seals were')} thrown away.`);
    const leftOut = Math.max(this.#leftOut, this.#flagged);
    if (leftOut > 0) {
      const entries = counted(leftOut, 'entry', 'entries');
      yield finding('redactor_failed', `In ${entries} stands "${REDACTOR_FAILED_TEXT}".`);
    }
    if (this.#clockSteps > 0) {
      yield finding(
        'clock_steps',
        `The clock was set ${counted(this.#clockSteps, 'time')}, last at ${this.#lastClockStep}.`,
      );
    }
  }
}

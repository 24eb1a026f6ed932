import { counted } from '../counted.ts';
import { at } from '../json.ts';
import { scopeOf, share, textAt, type ExaminedEntry, type Examiner } from './examiner.ts';
import { finding, type DoctorFinding } from './finding.ts';
import { NameCounts } from './name-counts.ts';

/** Spans that never ended, and those that did later. */
export class Endings implements Examiner {
  #spans = 0;
  readonly #unended = new NameCounts();
  readonly #late = new NameCounts();
  #beforeShutdown = 0;

  entry({ payload }: ExaminedEntry): void {
    if (at(payload, 'span') === undefined) return;
    const because = textAt(payload, 'unended_because');
    if (payload['ends'] !== undefined) this.#late.add(scopeOf(payload));
    else this.#spans++;
    if (because === undefined) return;
    this.#unended.add(`${scopeOf(payload)}, ${because}`);
    if (because !== 'shutdown') this.#beforeShutdown++;
  }

  *findings(): Iterable<DoctorFinding> {
    const late = this.#late.total;
    const never = this.#unended.total - late;
    if (never > 0) {
      const later = late === 0 ? '' : ` ${counted(late, 'more')} ended later.`;
      yield finding('unended_spans', `${share(never, this.#spans)} GenAI spans never ended.${later}`, {
        // Those that ended later had been given up before the shutdown.
        severity: this.#beforeShutdown > late ? 'warning' : 'note',
        where: this.#unended.lines(),
      });
    }
    if (late > 0) {
      yield finding('late_ends', `${counted(late, 'span')} ended after having been recorded as unended.`, {
        where: this.#late.lines(),
      });
    }
  }
}

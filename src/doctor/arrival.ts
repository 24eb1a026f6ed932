import { counted, grouped } from '../counted.ts';
import { at, type JsonValue } from '../json.ts';
import { share, textAt, type ExaminedEntry, type Examiner } from './examiner.ts';
import { finding, type DoctorFinding } from './finding.ts';
import type { TallySums } from './tally-sums.ts';

/** Whether spans come to the log, and which of them do not. */
export class Arrival implements Examiner {
  readonly #sums: TallySums;
  #spanEntries = 0;
  #unsampled = 0;
  /** Of the newest segment: what an older one said may be mended. */
  #sampling: JsonValue | undefined;

  constructor(sums: TallySums) {
    this.#sums = sums;
  }

  entry({ type, payload }: ExaminedEntry): void {
    if (type === 'audit_open') this.#sampling = at(payload, 'sampling');
    if (at(payload, 'span') === undefined) return;
    this.#spanEntries++;
    if (at(payload, 'span', 'sampled') === false) this.#unsampled++;
  }

  *findings(): Iterable<DoctorFinding> {
    const sums = this.#sums;
    if (this.#spanEntries === 0) yield* this.#nothing();
    const lost = sums.ignored('failed') + sums.ignored('write_failed');
    if (lost > 0) yield finding('spans_lost', `${counted(lost, 'GenAI span')} could not be written.`);
    const late = Math.max(sums.get('afterClose'), sums.ignored('after_close'));
    if (late > 0) {
      yield finding(
        'after_close',
        `${counted(late, 'span or call', 'spans and calls')} came after the log had closed.`,
      );
    }
    const dropped = sums.get('notRecorded');
    if (dropped > 0) {
      yield finding(
        'sampled_away',
        `A sampler dropped ${counted(dropped, 'span')}; ${grouped(sums.get('ended'))} ended here.`,
      );
    }
    yield* this.#declared();
    if (this.#unsampled > 0) {
      yield finding(
        'unsampled_recorded',
        `${share(this.#unsampled, this.#spanEntries)} entries are of spans that were not sampled.`,
      );
    }
  }

  *#nothing(): Iterable<DoctorFinding> {
    const [started, ended] = [this.#sums.get('started'), this.#sums.get('ended')];
    if (!this.#sums.any) {
      yield finding('not_counted', 'No entry is of a span, and no tally says how many spans there were.');
    } else if (started === 0) {
      yield finding('no_spans', 'No span reached the log.');
    } else if (ended > 0 && this.#sums.get('recorded') === 0) {
      yield finding('no_genai_spans', `${counted(ended, 'span')} ended, and none was a GenAI span.`);
    }
  }

  *#declared(): Iterable<DoctorFinding> {
    if (this.#sampling === undefined) {
      if (this.#spanEntries > 0)
        yield finding('sampling_undeclared', 'The newest segment does not say how spans are sampled.');
      return;
    }
    if (at(this.#sampling, 'source') === 'exporter') {
      yield finding('exporter_source', 'Spans come through an exporter.');
    }
    if (at(this.#sampling, 'record') === 'predicate') {
      const sampler = textAt(this.#sampling, 'sampler') ?? 'A sampler';
      yield finding('sampler_predicate', `${sampler} is wrapped, and a function says what is recorded of the rest.`);
    }
  }
}

import { counted, grouped } from '../counted.ts';
import { isObject } from '../canonical.ts';
import { parseCheckpoint } from '../checkpoint.ts';
import { textOf, type JsonObject } from '../json.ts';
import { textAt, type ExaminedEntry, type Examiner } from './examiner.ts';
import { finding, type DoctorFinding } from './finding.ts';

/** So many segments that were left open, and recoveries of them, are known by name. */
const MAX_NAMES = 10_000;
const SHOWN_SEGMENTS = 5;

export interface SegmentsLeftOptions {
  /** Whether the process that wrote a segment, as its `audit_open` says, certainly runs no more. */
  readonly isGone?: ((writer: JsonObject) => boolean) | undefined;
  /** The segment that this process is writing: it is open as it should be. */
  readonly current?: string | undefined;
}

interface Left {
  readonly entries: number;
  readonly unsealed: number;
  readonly gone: boolean;
  readonly host: string | undefined;
}

/** Segments that were never closed: being written, recovered, or left by a process that died. */
export class SegmentsLeft implements Examiner {
  readonly #options: SegmentsLeftOptions;
  readonly #left = new Map<string, Left>();
  readonly #recovered = new Set<string>();
  #segments = 0;
  #name: string | undefined;
  #writer: JsonObject | undefined;
  #entries = 0;
  #sealed = 0;
  /** After the last entry that says something: no seal covers itself, and need not. */
  #worthSealing = 0;
  #closing = false;
  #closed = false;

  constructor(options: SegmentsLeftOptions) {
    this.#options = options;
  }

  /** A segment begins. */
  segment(name: string): void {
    this.#settle();
    this.#segments++;
    this.#name = name;
    this.#writer = undefined;
    this.#entries = 0;
    this.#sealed = 0;
    this.#worthSealing = 0;
    this.#closing = false;
    this.#closed = false;
  }

  get segments(): number {
    return this.#segments;
  }

  entry({ type, seq, payload }: ExaminedEntry): void {
    if (type === 'audit_open') {
      const name = textOf(payload['segment']);
      if (name !== this.#name) this.segment(name);
      const writer = payload['process'];
      this.#writer = isObject(writer) ? writer : undefined;
    }
    this.#entries++;
    if (type !== 'seal' && type !== 'tally') this.#worthSealing = seq + 1;
    if (type === 'seal') {
      const size = parseCheckpoint(textOf(payload['checkpoint']))?.size ?? 0;
      this.#sealed = Math.max(this.#sealed, size);
      this.#closed = this.#closing && size === seq;
    }
    this.#closing = type === 'audit_close';
    if (type === 'recovery' && this.#recovered.size < MAX_NAMES) this.#recovered.add(textOf(payload['segment']));
  }

  #settle(): void {
    if (this.#name === undefined || this.#closed || this.#left.size >= MAX_NAMES) return;
    if (this.#name === this.#options.current) return;
    this.#left.set(this.#name, {
      entries: this.#entries,
      unsealed: Math.max(0, this.#worthSealing - this.#sealed),
      gone: this.#writer !== undefined && this.#options.isGone?.(this.#writer) === true,
      host: textAt(this.#writer, 'host'),
    });
  }

  *findings(): Iterable<DoctorFinding> {
    this.#settle();
    const left = [...this.#left];
    const unrecovered = left.filter(([name]) => !this.#recovered.has(name));
    const dead = unrecovered.filter(([, { gone }]) => gone);
    if (dead.length > 0) {
      yield finding('segments_abandoned', `${counted(dead.length, 'segment')} of processes that are gone.`, {
        where: dead.slice(0, SHOWN_SEGMENTS).map(shownSegment),
      });
    }
    const open = unrecovered.filter(([, { gone }]) => !gone);
    if (open.length > 0) {
      yield finding('segments_open', `${counted(open.length, 'segment is', 'segments are')} open.`, {
        where: open.slice(0, SHOWN_SEGMENTS).map(shownSegment),
      });
    }
    const unsealed = left.filter(([name, { unsealed }]) => unsealed > 0 && this.#recovered.has(name));
    if (unsealed.length > 0) {
      const entries = unsealed.reduce((sum, [, each]) => sum + each.unsealed, 0);
      yield finding(
        'unsealed_tail',
        `${counted(entries, 'entry', 'entries')} at the end of ${counted(unsealed.length, 'recovered segment')} are unsealed.`,
        { where: unsealed.slice(0, SHOWN_SEGMENTS).map(shownSegment) },
      );
    }
  }
}

function shownSegment([name, { entries, unsealed, host }]: readonly [string, Left]): string {
  const where = host === undefined ? '' : `, written on ${host}`;
  return `${name}: ${counted(entries, 'entry', 'entries')}, ${grouped(unsealed)} of them unsealed${where}`;
}

import { AsyncResource } from 'node:async_hooks';
import { createHash, randomBytes } from 'node:crypto';

import { diag, type MeterProvider } from '@opentelemetry/api';

import { EntryClock, type Clock } from './clock.ts';
import type { EntryType, RecoveryPayload, Sibling } from './entry.ts';
import { prepare, type PreparedEntry } from './entry-line.ts';
import { SpansealError } from './error.ts';
import { offExit, onExit } from './exit-hook.ts';
import { members } from './members.ts';
import { SEGMENT_RANDOM_DIGITS, segmentMillis, segmentName } from './names.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { findDeadSegments, inspectDeadSegment, MAX_OPENING_MILLIS } from './recovery.ts';
import { LogMetrics, type LogCounters } from './metrics.ts';
import { Segment, type WrittenTotals } from './segment.ts';
import { citeSegment } from './segment-tail.ts';
import type { Signer } from './signer.ts';
import type { Sink } from './sink.ts';
import { withoutTracing } from './suppress-tracing.ts';
import { Tally } from './tally.ts';

/** How many other segments an `audit_open` cites. */
export const MAX_SIBLINGS = 64;

/** After a failed opening the sink is left alone for so long: each try costs system calls in the caller's stack. */
const REOPEN_MILLIS = 250;

/** A segment named up to so far ahead is taken for one that was opened just now; further ahead, another clock is off. */
const NAME_LEAD_MILLIS = 1_000;

/** The greatest name in the sink is taken for known so long. */
const LISTING_MILLIS = 250;

/** An entry is prepared anew so often for another segment. */
const MAX_PREPARATIONS = 3;

/** How long a roll or a close waits for recoveries that are under way. */
const RECOVERY_WAIT_MILLIS = 5_000;

/** What is known of a segment when it is opened. */
export interface Opened {
  readonly segment: string;
  readonly previous: string | undefined;
  readonly siblings: readonly Sibling[];
  readonly signer: Signer | undefined;
}

export interface SegmentsOptions {
  readonly log: string;
  readonly sink: Sink;
  /** The greatest name in it just now. */
  readonly listed: string | undefined;
  readonly signer: Signer | undefined;
  readonly clock: Clock;
  readonly randomId: (() => string) | undefined;
  readonly self: ProcessIdentity;
  readonly maxSegmentBytes: number;
  readonly maxSegmentMillis: number;
  readonly sealIntervalMillis: number;
  readonly signTimeoutMillis: number;
  readonly heartbeatMillis: number;
  /** Whether the beat goes on while nothing happens. */
  readonly heartbeatAlways: boolean;
  /** Records what is open in a process that exits. */
  beforeExit(): void;
  readonly meterProvider: MeterProvider | undefined;
  /** The payload of `audit_open`. */
  opening(opened: Opened): object;
}

/** Entries that were lost, until a `gap` can be written. */
interface Loss {
  lost: number;
  readonly byType: Record<string, number>;
  readonly firstTs: string;
  lastTs: string;
  readonly reason: string;
}

export type Written =
  | {
      readonly ok: true;
      readonly segment: Segment;
      readonly seq: number;
      readonly leafHash: string;
      readonly entry: PreparedEntry;
    }
  | { readonly ok: false; readonly error: SpansealError };

/** The succession of a log's segments: opens, rolls, recovers and closes them, and remembers what was lost between. */
export class Segments {
  readonly #options: SegmentsOptions;
  #signer: Signer | undefined;
  readonly #clock: EntryClock;
  #current: Segment | undefined;
  #openedMillis = 0;
  #previous: string | undefined;
  /** Rolled segments that wait for their closing seal. */
  readonly #closing = new Map<Segment, { readonly close: PreparedEntry; readonly done: Promise<void> }>();
  /**
   * Segments that were given up, and how many entries of each are still to be accounted for: somebody may have removed
   * it, cut it, or put something else in its place. None once it was recovered, or is counted as lost.
   */
  readonly #abandoned = new Map<string, number>();
  #tally: Tally;
  #loss: Loss | undefined;
  #lossTold = false;
  #lastOpenFailure: { readonly monotonic: number; readonly error: unknown } | undefined;
  #contentSinceTally = false;
  #heartbeat: NodeJS.Timeout | undefined;
  #recovering: Promise<void> = Promise.resolve();
  /** Segments that somebody asks to be recovered: not a second time in the background. */
  readonly #asked = new Set<string>();
  #opening = false;
  #listed: { readonly greatest: string | undefined; readonly monotonic: number };
  #closed = false;
  #failing = false;
  #lastSealMillis: number | undefined;
  readonly #totals: WrittenTotals & { lost: number; sealsDiscarded: number } = {
    entries: 0,
    bytes: 0,
    lost: 0,
    sealsDiscarded: 0,
  };
  #signFailing = false;
  readonly #metrics: LogMetrics | undefined;
  /** The asynchronous context that the log was made in. */
  readonly #context = new AsyncResource('SPANSEAL_LOG');
  readonly #exit = (): void => this.closeNow();

  constructor(options: SegmentsOptions) {
    this.#options = options;
    this.#signer = options.signer;
    this.#clock = new EntryClock(options.clock);
    this.#tally = new Tally(this.#clock.now());
    this.#listed = { greatest: options.listed, monotonic: this.#clock.monotonicMillis };
    const { meterProvider, log } = options;
    this.#metrics = meterProvider && new LogMetrics(meterProvider, log, () => this.counters);
  }

  get clock(): EntryClock {
    return this.#clock;
  }

  /** Counters since the segment before was closed. */
  get tally(): Tally {
    return this.#tally;
  }

  get current(): Segment | undefined {
    return this.#current;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Entries lost since the last `gap`. */
  get lost(): number {
    return this.#loss?.lost ?? 0;
  }

  /** What was counted since the log was made. */
  get counters(): LogCounters {
    const { openSpans, openDecisions, settled } = this.#tally;
    const segments = [...this.#closing.keys(), ...(this.#current === undefined ? [] : [this.#current])];
    return {
      ...this.#totals,
      unsealed: segments.reduce((sum, segment) => sum + segment.entries - (segment.lastSeal?.size ?? 0), 0),
      unsealedMillis: Math.max(0, ...segments.map((segment) => segment.unsealedMillis)),
      openSpans,
      openDecisions,
      spans: settled,
    };
  }

  get failing(): boolean {
    return this.#failing;
  }

  get lastSealMillis(): number | undefined {
    return this.#lastSealMillis;
  }

  /**
   * Writes an entry, into a new segment if this one is full, old or broken. Never throws.
   *
   * @param entry - given as a function where it depends on the segment that it goes into
   */
  append(type: EntryType, entry: PreparedEntry | ((segment: string) => PreparedEntry)): Written {
    try {
      const { segment, prepared } = this.#prepare(entry);
      this.#writeGap(segment);
      const { seq, leafHash } = segment.append(prepared);
      if (type !== 'tally') this.#contentWritten();
      if (this.#failing) this.#recovered();
      return { ok: true, segment, seq, leafHash, entry: prepared };
    } catch (cause) {
      return { ok: false, error: this.#lose(type, cause) };
    }
  }

  /**
   * Writes entries of one type together, into one segment: all of them, or none. Never throws.
   *
   * @param entries - so few that a segment holds them
   */
  appendAll(type: EntryType, entries: readonly PreparedEntry[]): readonly Written[] {
    try {
      const segment = this.#ready();
      this.#writeGap(segment);
      const written = segment.appendAll(entries);
      this.#contentWritten();
      if (this.#failing) this.#recovered();
      return written.map(({ seq, leafHash }, index) => ({
        ok: true,
        segment,
        seq,
        leafHash,
        entry: entries[index] as PreparedEntry,
      }));
    } catch (cause) {
      return entries.map(() => ({ ok: false, error: this.#lose(type, cause) }));
    }
  }

  #prepare(entry: PreparedEntry | ((segment: string) => PreparedEntry)): {
    readonly segment: Segment;
    readonly prepared: PreparedEntry;
  } {
    if (typeof entry !== 'function') return { segment: this.#ready(), prepared: entry };
    for (let attempt = 0; attempt < MAX_PREPARATIONS; attempt++) {
      const segment = this.#ready();
      const prepared = entry(segment.name);
      // A redactor that writes to the log itself may have filled the segment meanwhile.
      if (segment === this.#current && !segment.ended) return { segment, prepared };
    }
    throw new Error('the redactor of an entry fills a segment whenever it is called');
  }

  #lose(type: EntryType, cause: unknown): SpansealError {
    const current = this.#current;
    const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
    // A file that may not grow any more (`ulimit -f`) is full; another one is not.
    if (current?.torn === true || code === 'EFBIG') current?.abandon(cause);
    this.#tally.writeFailures++;
    const reason = code ?? (cause instanceof Error ? cause.message : String(cause));
    const { byType } = this.#noteLost(1, reason);
    byType[type] = (byType[type] ?? 0) + 1;
    const error = new SpansealError(
      'WRITE_FAILED',
      `An entry of type ${type} could not be written to ${this.#options.sink.location}: ${reason}. It is lost and counted.`,
      { cause },
    );
    if (!this.#failing) {
      this.#failing = true;
      diag.error('spanseal: the log cannot be written', error);
    }
    return error;
  }

  #recovered(): void {
    this.#failing = false;
    diag.info('spanseal: the log is written again');
  }

  #writeGap(segment: Segment): void {
    const loss = this.#loss;
    if (loss === undefined) return;
    const { lost, byType, firstTs, lastTs, reason } = loss;
    segment.append(own('gap', { lost, lost_by_type: byType, first_ts: firstTs, last_ts: lastTs, reason }));
    this.#loss = undefined;
  }

  #contentWritten(): void {
    this.#contentSinceTally = true;
    this.#heartbeat ??= this.#startHeartbeat();
  }

  /**
   * A timer holds the context that it is set in: of an entry's maker that would be its decision and its span. What runs
   * there, seals and the key services that sign them, is not traced: it would make spans of making records of spans.
   */
  #outside<T>(fn: () => T): T {
    return this.#context.runInAsyncScope(() => withoutTracing(fn));
  }

  #startHeartbeat(): NodeJS.Timeout {
    const { heartbeatMillis, heartbeatAlways } = this.#options;
    const beat = (): void => {
      this.#heartbeat = undefined;
      this.writeTally();
      if (heartbeatAlways && !this.#closed) this.#heartbeat = this.#startHeartbeat();
    };
    return this.#outside(() => setTimeout(beat, heartbeatMillis).unref());
  }

  /** Writes a `tally`, if anything but seals and tallies came since the last or the heartbeat is always on. */
  writeTally(): void {
    if (this.#closed || this.#current === undefined) return;
    if (!this.#contentSinceTally && !this.#options.heartbeatAlways) return;
    this.#contentSinceTally = false;
    // Counted when its segment is known: a full one is closed first, and another window begins.
    this.append('tally', () => own('tally', this.#tally.payload(this.#clock.now())));
  }

  /** The segment to write to. @throws what the sink says */
  #ready(): Segment {
    const { maxSegmentBytes, maxSegmentMillis } = this.#options;
    const current = this.#current;
    if (current === undefined || current.ended) return this.#open();
    const step = this.#clock.step();
    if (step !== undefined) {
      current.append(own('clock_step', step));
      this.#roll('clock_step');
      return this.#open();
    }
    if (current.bytes >= maxSegmentBytes || this.#clock.monotonicMillis - this.#openedMillis >= maxSegmentMillis) {
      this.#roll('roll');
      return this.#open();
    }
    return current;
  }

  #open(): Segment {
    const { sink, log, sealIntervalMillis, signTimeoutMillis } = this.#options;
    const signer = this.#signer;
    const monotonic = this.#clock.monotonicMillis;
    const failure = this.#lastOpenFailure;
    if (failure !== undefined && monotonic - failure.monotonic < REOPEN_MILLIS) throw failure.error;
    // A clock of a test's making may have written an entry meanwhile.
    if (this.#current?.ended === false) return this.#current;
    if (this.#opening) throw new Error('a clock or randomId writes to the log while a segment is opened');
    this.#opening = true;
    let created: Segment | undefined;
    try {
      const name = this.#newName(this.#greatestName(monotonic));
      const segment = new Segment(
        { log, name, writer: sink.create(name), signer, sealIntervalMillis, signTimeoutMillis, totals: this.#totals },
        {
          now: () => this.#clock.now(),
          monotonicMillis: () => this.#clock.monotonicMillis,
          sealed: (millis) => this.#sealed(millis),
          outside: (fn) => this.#outside(fn),
          sealDiscarded: (why) => this.#sealDiscarded(why),
          abandoned: (which, why) => this.#abandon(which, why),
        },
      );
      created = segment;
      // Only now that its own file is there: of two processes that open at once, one at least then sees the other.
      const listed = sink.list();
      this.#noteRemoved(listed);
      this.#listed = { greatest: listed.at(-1), monotonic };
      const others = listed.filter((other) => other !== name);
      const siblings = others.slice(-MAX_SIBLINGS).map((other) => citeSegment(sink, other));
      this.#clock.step();
      if (this.#clock.monotonicMillis - monotonic > MAX_OPENING_MILLIS) {
        throw new Error(`opening segment ${name} took too long: another process may have recorded it as never begun`);
      }
      segment.append(
        own('audit_open', this.#options.opening({ segment: name, previous: this.#previous, siblings, signer })),
      );
      if (this.#previous === undefined) this.watchExit();
      this.#lastOpenFailure = undefined;
      this.#current = segment;
      this.#previous = name;
      this.#openedMillis = monotonic;
      // In the next turn of the event loop: the caller's stack has waited enough.
      setImmediate(() => void segment.seal()).unref();
      this.#recover(siblings);
      return segment;
    } catch (error) {
      this.#lastOpenFailure = { monotonic, error };
      created?.abandon(error);
      throw error;
    } finally {
      this.#opening = false;
    }
  }

  /** Reading a directory of ten thousand takes ten milliseconds: not once more for what was read a moment ago. */
  #greatestName(monotonic: number): string | undefined {
    const { greatest, monotonic: read } = this.#listed;
    return monotonic - read < LISTING_MILLIS ? greatest : this.#options.sink.list().at(-1);
  }

  /** Ascending within this log even where its clock goes back, and after what other processes have just opened. */
  #newName(greatest: string | undefined): string {
    const { randomId } = this.#options;
    const random =
      randomId === undefined
        ? randomBytes(8).toString('hex')
        : createHash('sha256').update(`segment ${randomId()}`).digest('hex');
    const digits = random.slice(0, SEGMENT_RANDOM_DIGITS);
    const now = this.#clock.nowMillis;
    const name = segmentName(now, digits);
    const recent = greatest !== undefined && segmentMillis(greatest) <= now + NAME_LEAD_MILLIS ? greatest : undefined;
    const before = [this.#previous, recent]
      .filter((segment) => segment !== undefined)
      .sort()
      .at(-1);
    return before === undefined || name > before ? name : segmentName(segmentMillis(before) + 1, digits);
  }

  #recover(siblings: readonly Sibling[]): void {
    const { sink, self } = this.#options;
    this.#recovering = this.#recovering.then(async () => {
      // Not before the first entry, and not in anybody's way: reading a dead segment takes as long as it is large.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      try {
        for (const segment of await findDeadSegments(sink, siblings, this.#abandoned, self, this.#clock.nowMillis)) {
          if (this.#closed) return;
          if (this.#asked.has(segment)) continue;
          const found = await this.#inspect(segment);
          if (!this.#closed) this.append('recovery', own('recovery', found));
        }
      } catch (error) {
        diag.warn('spanseal: a segment of an earlier process could not be recovered; try spanseal recover', error);
      }
    });
  }

  async #inspect(segment: string): Promise<RecoveryPayload> {
    const found = await inspectDeadSegment(this.#options.sink, segment);
    this.#account(segment, found.lines, 'cut or replaced');
    return found;
  }

  /** Records what a segment of another, dead process holds. */
  recover(segment: string): Promise<Written> {
    this.#asked.add(segment);
    // One after the other, and before what the background does.
    const written = this.#recovering.then(async () =>
      this.append('recovery', own('recovery', await this.#inspect(segment))),
    );
    this.#recovering = written.then(
      () => undefined,
      () => undefined,
    );
    return written;
  }

  #sealed(millis: number): void {
    this.#lastSealMillis = this.#clock.nowMillis;
    this.#metrics?.sealed(millis);
    if (!this.#signFailing) return;
    this.#signFailing = false;
    diag.info('spanseal: the log is sealed again');
  }

  #sealDiscarded(why: unknown): void {
    this.#tally.sealsDiscarded++;
    this.#totals.sealsDiscarded++;
    if (this.#signFailing) return;
    this.#signFailing = true;
    diag.error('spanseal: the log cannot be sealed; entries are written and stay unsealed', why);
  }

  #abandon(segment: Segment, why: unknown): void {
    this.#abandoned.set(segment.name, segment.entries);
    diag.error(`spanseal: segment ${segment.name} is given up; the log goes on in a new one`, why);
  }

  /**
   * The file of a segment that was given up is gone: what stood in it is lost, and the next segment says so. Not when it
   * is given up: a directory that cannot be read just then would make a loss of what is there.
   */
  #noteRemoved(names: readonly string[]): void {
    for (const name of this.#unaccounted()) if (!names.includes(name)) this.#account(name, 0, 'removed');
  }

  /** Segments that were given up and may have been removed since. */
  #unaccounted(): string[] {
    return [...this.#abandoned].flatMap(([name, entries]) => (entries === 0 ? [] : [name]));
  }

  /** What this log wrote into a segment that it gave up, and is not found in it, is lost. */
  #account(segment: string, found: number, what: string): void {
    const entries = this.#abandoned.get(segment) ?? 0;
    if (entries === 0) return;
    this.#abandoned.set(segment, 0);
    if (found < entries) this.#noteLost(entries - found, `segment ${segment} was ${what}`);
  }

  #noteLost(entries: number, reason: string): Loss {
    const now = this.#clock.now();
    const loss = (this.#loss ??= { lost: 0, byType: {}, firstTs: now, lastTs: now, reason });
    loss.lost += entries;
    loss.lastTs = now;
    this.#totals.lost += entries;
    return loss;
  }

  /** Before the last word on what was lost. */
  #lookForRemoved(): void {
    if (this.#unaccounted().length === 0) return;
    try {
      this.#noteRemoved(this.#options.sink.list());
    } catch (error) {
      // The whole place is gone, with all that stood in it; or it cannot be read, which says nothing.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.#noteRemoved([]);
    }
  }

  #roll(reason: string): void {
    const segment = this.#current;
    if (segment === undefined || segment.ended) return;
    const close = own('audit_close', {
      ...members('audit_close', { reason }),
      tally: this.#tally.payload(this.#clock.now()),
    });
    const done = segment.close(close).finally(() => this.#closing.delete(segment));
    this.#closing.set(segment, { close, done });
    this.#current = undefined;
    // From here on, not from the next opening: what happens between two segments is counted in the second.
    this.#tally = new Tally(this.#clock.now(), this.#tally);
    this.#contentSinceTally = false;
  }

  /** Sees to it that what is open is recorded when the process exits: by the first entry, or whoever holds spans open. */
  watchExit(): void {
    onExit(this.#exit);
  }

  /** Closes the current segment; the next entry opens another. Resolves when it is sealed. */
  async roll(reason: 'roll' | 'rotation' = 'roll'): Promise<void> {
    await this.recoveryDone();
    this.#roll(reason);
    await this.#settled();
  }

  get signer(): Signer | undefined {
    return this.#signer;
  }

  /** Closes the current segment, sealed by the key so far; the next entry opens one of another key. */
  rotate(signer: Signer): void {
    this.#roll('rotation');
    this.#signer = signer;
  }

  /** A recovery may read gigabytes; a shutdown does not wait for that. The next opening tries again. */
  async recoveryDone(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, RECOVERY_WAIT_MILLIS);
    });
    await Promise.race([this.#recovering, limit]);
    clearTimeout(timer);
  }

  async #settled(): Promise<void> {
    while (this.#closing.size > 0) await Promise.all([...this.#closing.values()].map(({ done }) => done));
  }

  /** Tally and seal of all that is written. */
  async flush(): Promise<void> {
    if (this.#current !== undefined && this.#contentSinceTally) this.writeTally();
    await this.#current?.flush();
    await this.#settled();
  }

  async close(reason: string): Promise<void> {
    if (!this.#closed) {
      this.#lookForRemoved();
      if (this.#loss !== undefined && this.#current !== undefined && !this.#current.ended)
        this.#tryWriteGap(this.#current);
      this.#stop();
      this.#roll(reason);
    }
    await this.#settled();
    this.#tellLoss(false);
    // Not before: a process may exit while the closing seal is made.
    offExit(this.#exit);
  }

  /**
   * No gap could be written: where the record ends, nobody else will say that entries are missing.
   *
   * @param exiting - whether the event loop turns no more, so that a warning has to be given at once
   */
  #tellLoss(exiting: boolean): void {
    const loss = this.#loss;
    if (loss === undefined || this.#lossTold) return;
    this.#lossTold = true;
    const { lost, firstTs, reason } = loss;
    const message = `${lost} entries of ${this.#options.log}, from ${firstTs} on, could not be written to ${this.#options.sink.location}, and no gap records them: ${reason}.`;
    const kind = { type: 'SpansealWarning', code: 'SPANSEAL_ENTRIES_LOST' };
    if (exiting) process.emit('warning', Object.assign(new Error(message), { name: kind.type, code: kind.code }));
    else process.emitWarning(message, kind);
  }

  #tryWriteGap(segment: Segment): void {
    try {
      this.#writeGap(segment);
    } catch {
      // Still not to be written: the loss stands in the tally's write_failures, if that can be.
    }
  }

  #stop(): void {
    this.#closed = true;
    clearTimeout(this.#heartbeat);
    this.#heartbeat = undefined;
  }

  /** All that can be done when the process exits: nothing asynchronous. */
  closeNow(): void {
    if (!this.#closed) this.#options.beforeExit();
    for (const [segment, { close }] of this.#closing) segment.closeNow(close);
    if (this.#closed) return;
    this.#lookForRemoved();
    const segment = this.#current?.ended === false ? this.#current : undefined;
    if (segment !== undefined) this.#tryWriteGap(segment);
    this.#stop();
    this.#tellLoss(true);
    segment?.closeNow(own('audit_close', { reason: 'exit', tally: this.#tally.payload(this.#clock.now()) }));
  }
}

/** An entry that the log writes of itself: nothing in it needs redaction. */
export function own(type: EntryType, payload: object): PreparedEntry {
  return prepare({ type, payload }, undefined);
}

import { encodeBase64, encodeHex } from './base64.ts';
import { canonicalize } from './canonical.ts';
import { checkpointText, formatCheckpoint, type Checkpoint } from './checkpoint.ts';
import { MAX_LINE_BYTES, MAX_SEAL_LAG } from './entry.ts';
import { formatLine, prepare, type PreparedEntry } from './entry-line.ts';
import { SpansealError } from './error.ts';
import { CompactRange } from './merkle.ts';
import { nodePrimitives } from './node-primitives.ts';
import { parseVkey, vkeyVerifier } from './note.ts';
import { unobtrusive } from './receipt.ts';
import type { Signer } from './signer.ts';
import type { SegmentWriter } from './sink.ts';
import type { WithheldValue } from './withholding.ts';

/** Entries after which a seal is made. */
export const SEAL_ENTRIES = 1_024;

/** Time after which the first unsealed entry is sealed. */
export const DEFAULT_SEAL_INTERVAL_MILLIS = 1_000;

/** A key service that does not answer within this is given up for that seal. */
export const DEFAULT_SIGN_TIMEOUT_MILLIS = 10_000;

const FIRST_PREVIOUS = '0'.repeat(64);
const NEW_LINE = 0x0a;
const LEAF_PREFIX = 0x00;
const ED25519_TYPE = 0x01;
const ED25519_SIGNATURE_BYTES = 64;
const HMAC_SIGNATURE_BYTES = 32;

const utf8 = new TextEncoder();

/** Entries that alone are no reason for a seal: else an idle log would seal its own seals for ever. */
const IDLE_TYPES: ReadonlySet<string> = new Set(['seal', 'tally']);

/** What a seal says when it is written: c2sp.org/tlog-checkpoint. */
export interface SealedCheckpoint {
  /** The signed note, as it stands in the seal. */
  readonly text: string;
  readonly origin: string;
  /** Entries covered. */
  readonly size: number;
  /** Base64. */
  readonly root: string;
}

/** What a segment tells the log that writes it. */
export interface SegmentEvents {
  /** The time of the clock, never earlier than what it said before. */
  now(): string;
  /** Milliseconds from any fixed point. */
  monotonicMillis(): number;
  /** A seal was written, so long after it was begun. */
  sealed(millis: number): void;
  /** Runs a function in the asynchronous context of the log, not in that of whoever made an entry. */
  outside<T>(fn: () => T): T;
  /** An answer of the signer was thrown away, or there was none. */
  sealDiscarded(why: unknown): void;
  /** The segment can no longer be written; what is in it stays as it is. */
  abandoned(segment: Segment, why: unknown): void;
}

/** What a log has written into all of its segments. */
export interface WrittenTotals {
  entries: number;
  bytes: number;
}

interface WrittenLine {
  readonly leaf: Uint8Array;
  /** The leaf hash, hex. */
  readonly head: string;
  /** With its line feed. */
  readonly length: number;
}

interface Waiter {
  readonly seq: number;
  readonly resolve: (checkpoint: SealedCheckpoint) => void;
  readonly reject: (error: SpansealError) => void;
}

/**
 * Lines are formatted, hashed and written from one buffer: 0x00, the line, `\n`. Its first byte makes line and prefix
 * one slice to hash. A character is at most three bytes, so that no line of a size to be written overflows it.
 */
const slab = Buffer.allocUnsafe(MAX_LINE_BYTES + 2);
slab[0] = LEAF_PREFIX;
/** The same bytes as an array that is no `Buffer`: its views, two for each line, take a quarter of the time to make. */
const slabBytes = new Uint8Array(slab.buffer, slab.byteOffset, slab.length);

/** One segment being written: chain, tree and seals. The log decides what goes into it, and when it ends. */
export class Segment {
  readonly name: string;
  readonly origin: string;
  readonly #writer: SegmentWriter;
  readonly #signer: Signer | undefined;
  readonly #keyName: string;
  readonly #keyId: Uint8Array;
  readonly #sealIntervalMillis: number;
  readonly #signTimeoutMillis: number;
  readonly #totals: WrittenTotals;
  readonly #events: SegmentEvents;
  readonly #range = new CompactRange(nodePrimitives.sha256);

  #bytes = 0;
  #seq = 0;
  #head = FIRST_PREVIOUS;
  #lastTs = '';
  /** Entries since the last attempt to seal that are reason enough for one, … */
  #unsealedContent = 0;
  /** … and all but seals: what a flush covers. */
  #unsealedEntries = 0;
  /** Since when there are entries that no seal covers. */
  #unsealedSince: number | undefined;
  #checkpointMillis = 0;
  #lastSeal: SealedCheckpoint | undefined;
  #attemptedSize = 0;
  #sealing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #waiters: Waiter[] = [];
  #state: 'writing' | 'closing' | 'ended' = 'writing';

  constructor(
    options: {
      readonly log: string;
      readonly name: string;
      readonly writer: SegmentWriter;
      readonly signer: Signer | undefined;
      readonly sealIntervalMillis: number;
      readonly signTimeoutMillis: number;
      readonly totals: WrittenTotals;
    },
    events: SegmentEvents,
  ) {
    this.name = options.name;
    this.origin = `${options.log}/${options.name}`;
    this.#writer = options.writer;
    this.#signer = options.signer;
    const key = options.signer === undefined ? undefined : parseVkey(nodePrimitives, options.signer.vkey);
    this.#keyName = key?.name ?? '';
    this.#keyId = key?.keyId ?? new Uint8Array(0);
    this.#sealIntervalMillis = options.sealIntervalMillis;
    this.#signTimeoutMillis = options.signTimeoutMillis;
    this.#totals = options.totals;
    this.#events = events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get entries(): number {
    return this.#seq;
  }

  /** Leaf hash of the last line, hex: the head of the chain. */
  get head(): string {
    return this.#head;
  }

  get lastSeal(): SealedCheckpoint | undefined {
    return this.#lastSeal;
  }

  /** How long the oldest entry that no seal covers has waited, but for seals and tallies; 0 without one. */
  get unsealedMillis(): number {
    return this.#unsealedSince === undefined ? 0 : this.#events.monotonicMillis() - this.#unsealedSince;
  }

  get lastTs(): string {
    return this.#lastTs;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /**
   * Writes an entry: when this returns, its line has been handed to the system. State advances only after the write.
   *
   * @throws what the sink says
   */
  append(entry: PreparedEntry, ts: string = this.#events.now()): { readonly seq: number; readonly leafHash: string } {
    const time = ts < this.#lastTs ? this.#lastTs : ts;
    const { bytes, leaf, head } = this.#line(entry, this.#seq, time, this.#head);
    this.#writer.append(bytes);
    return this.#advance(entry, { leaf, head, length: bytes.length }, time);
  }

  /**
   * Writes several entries together: all of them, or none.
   *
   * @throws what the sink says
   */
  appendAll(entries: readonly PreparedEntry[]): readonly { readonly seq: number; readonly leafHash: string }[] {
    const now = this.#events.now();
    const time = now < this.#lastTs ? this.#lastTs : now;
    const lines: (WrittenLine & { readonly bytes: Buffer })[] = [];
    let head = this.#head;
    for (const [index, entry] of entries.entries()) {
      const line = this.#line(entry, this.#seq + index, time, head);
      head = line.head;
      // The next one is put together in the same memory.
      lines.push({ bytes: Buffer.from(line.bytes), leaf: line.leaf, head, length: line.bytes.length });
    }
    this.#writer.append(Buffer.concat(lines.map(({ bytes }) => bytes)));
    return lines.map((line, index) => this.#advance(entries[index] as PreparedEntry, line, time));
  }

  /** The line of an entry, as bytes of the slab that are gone with the next. */
  #line(
    entry: PreparedEntry,
    seq: number,
    ts: string,
    prevHash: string,
  ): { readonly bytes: Uint8Array; readonly leaf: Uint8Array; readonly head: string } {
    // Before the entry: one whose value is nowhere would commit to nothing.
    if (entry.withheld.length > 0) this.#disclose(entry.withheld, seq);
    const length = slab.write(formatLine(entry, { seq, ts, prevHash }), 1);
    slab[length + 1] = NEW_LINE;
    const leaf = nodePrimitives.sha256(slabBytes.subarray(0, length + 1));
    return { bytes: slabBytes.subarray(1, length + 2), leaf, head: encodeHex(leaf) };
  }

  /** State advances only after the write. */
  #advance(entry: PreparedEntry, { leaf, head, length }: WrittenLine, time: string): { seq: number; leafHash: string } {
    const seq = this.#seq;
    this.#range.append(leaf);
    this.#head = head;
    this.#seq = seq + 1;
    this.#lastTs = time;
    this.#bytes += length;
    this.#totals.entries++;
    this.#totals.bytes += length;
    if (entry.draft.type !== 'seal') this.#unsealedEntries++;
    if (!IDLE_TYPES.has(entry.draft.type)) this.#contentWritten();
    return { seq, leafHash: head };
  }

  #disclose(values: readonly WithheldValue[], seq: number): void {
    if (this.#writer.disclose === undefined) throw new Error('the sink keeps no withheld values: it has no disclose()');
    const lines = values.map(({ pointer, disclosure }) => `${canonicalize({ disclosure, pointer, seq })}\n`);
    this.#writer.disclose(Buffer.from(lines.join('')));
  }

  /** Whether a failed write left half a line behind: the segment is then given up. */
  get torn(): boolean {
    return this.#writer.torn;
  }

  #contentWritten(): void {
    this.#unsealedContent++;
    this.#unsealedSince ??= this.#events.monotonicMillis();
    if (this.#state !== 'writing') return;
    if (this.#unsealedContent >= SEAL_ENTRIES) {
      if (this.#sealing === undefined) void this.seal();
    } else if (this.#timer === undefined) {
      this.#timer = this.#events.outside(() => setTimeout(() => void this.seal(), this.#sealIntervalMillis).unref());
    }
  }

  /** Seals what is written so far, if it is more than seals. Resolves when that is done or given up; never rejects. */
  flush(): Promise<void> {
    return this.seal(() => this.#unsealedEntries > 0);
  }

  /** Seals what is written so far, if there is reason to. Resolves when that is done or given up; never rejects. */
  seal(isDue: () => boolean = () => this.#unsealedContent > 0): Promise<void> {
    // One signature in flight: who asks meanwhile gets the next one, made when this one is done.
    const before = this.#sealing ?? Promise.resolve();
    const mine: Promise<void> = before.then(async () => {
      if (this.#state === 'writing' && isDue()) await this.#sealOnce();
    });
    this.#sealing = mine;
    void mine.then(() => {
      if (this.#sealing !== mine) return;
      this.#sealing = undefined;
      if (this.#unsealedContent >= SEAL_ENTRIES && this.#state === 'writing') void this.seal();
    });
    return mine;
  }

  async #sealOnce(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const content = this.#unsealedContent;
    const entries = this.#unsealedEntries;
    this.#unsealedContent = 0;
    this.#unsealedEntries = 0;
    const checkpoint = this.#checkpoint();
    try {
      await this.#writer.sync();
    } catch (error) {
      this.abandon(error);
      return;
    }
    if (this.#state !== 'writing') return;
    if (!this.#writer.isInPlace()) {
      this.abandon(new Error(`the file of segment ${this.name} was removed, replaced or changed by somebody else`));
      return;
    }
    if (await this.#signAndWrite(checkpoint)) return;
    // Tried again with the next entry: a size is never signed twice, so that there is nothing to tell apart.
    this.#unsealedContent += content;
    this.#unsealedEntries += entries;
  }

  #checkpoint(): Checkpoint {
    this.#checkpointMillis = this.#events.monotonicMillis();
    return { origin: this.origin, size: this.#seq, root: this.#range.root() };
  }

  async #signAndWrite(checkpoint: Checkpoint): Promise<boolean> {
    if (checkpoint.size <= this.#attemptedSize) return false;
    this.#attemptedSize = checkpoint.size;
    let signature: Uint8Array | undefined;
    try {
      signature = await this.#sign(checkpoint);
    } catch (error) {
      this.#events.sealDiscarded(error);
      return false;
    }
    if (this.#state !== 'writing' || this.#seq - checkpoint.size > MAX_SEAL_LAG) {
      this.#events.sealDiscarded(new Error('the signature came too late'));
      return false;
    }
    return this.#writeSeal(checkpoint, signature);
  }

  async #sign(checkpoint: Checkpoint): Promise<Uint8Array | undefined> {
    if (this.#signer === undefined) return undefined;
    const message = utf8.encode(checkpointText(checkpoint));
    const signer = this.#signer;
    // What a key service's client sends is no part of the decision, nor of the trace, that a seal happens to fall into.
    const answer = this.#events.outside(() => signer.sign(message));
    return this.#checked(
      message,
      answer instanceof Uint8Array ? answer : await withTimeout(answer, this.#signTimeoutMillis),
    );
  }

  /** A signer of somebody's making may answer anything; what does not check would make the segment worthless. */
  #checked(message: Uint8Array, signature: unknown): Uint8Array {
    const vkey = this.#signer?.vkey ?? '';
    const isEd25519 = parseVkey(nodePrimitives, vkey)?.type === ED25519_TYPE;
    const length = isEd25519 ? ED25519_SIGNATURE_BYTES : HMAC_SIGNATURE_BYTES;
    if (
      !(signature instanceof Uint8Array) ||
      signature.length !== length ||
      (isEd25519 && !vkeyVerifier(nodePrimitives, vkey).verify(message, signature))
    ) {
      throw new SpansealError('SIGNER_FAILED', `The signer's answer is no signature by ${vkey}; check its key.`);
    }
    return signature;
  }

  #writeSeal(checkpoint: Checkpoint, signature: Uint8Array | undefined): boolean {
    const text = formatCheckpoint(
      checkpoint,
      signature === undefined ? undefined : { name: this.#keyName, keyId: this.#keyId, signature },
    );
    try {
      const seal = prepare({ type: 'seal', payload: { checkpoint: text } }, undefined);
      // No seal covers the closing one's own line: with the time of its audit_close nothing in it is free.
      this.append(seal, this.#state === 'closing' ? this.#lastTs : this.#events.now());
    } catch (error) {
      if (this.torn) this.abandon(error);
      else this.#events.sealDiscarded(error);
      return false;
    }
    const seal = { text, origin: this.origin, size: checkpoint.size, root: encodeBase64(checkpoint.root) };
    this.#lastSeal = seal;
    const settled = this.#waiters.filter(({ seq }) => seq < seal.size);
    this.#waiters = this.#waiters.filter(({ seq }) => seq >= seal.size);
    for (const { resolve } of settled) resolve(seal);
    this.#unsealedSince = this.#unsealedContent > 0 ? this.#checkpointMillis : undefined;
    this.#events.sealed(this.#events.monotonicMillis() - this.#checkpointMillis);
    return true;
  }

  /** Resolves when a seal that covers the entry is written; rejects if none will be. */
  whenSealed(seq: number): Promise<SealedCheckpoint> {
    const seal = this.#lastSeal;
    if (seal !== undefined && seq < seal.size) return Promise.resolve(seal);
    if (this.#state === 'ended') return unobtrusive(Promise.reject(this.#unsealed()));
    return unobtrusive(
      new Promise((resolve, reject) => {
        this.#waiters.push({ seq, resolve, reject });
      }),
    );
  }

  #unsealed(): SpansealError {
    return new SpansealError(
      'SEGMENT_ABANDONED',
      `Segment ${this.name} ended before this entry was sealed; the entry is recorded, and its seal is missing.`,
    );
  }

  /**
   * Ends the segment: `close` is its last entry, then comes the seal that covers it. Resolves when that is written or
   * given up; never rejects.
   */
  async close(close: PreparedEntry): Promise<void> {
    if (!this.#beginClose(close)) return;
    await this.#sealing;
    if (this.ended) return;
    const checkpoint = this.#checkpoint();
    try {
      await this.#writer.sync();
      const signature = await this.#sign(checkpoint);
      if (!this.ended) this.#writeSeal(checkpoint, signature);
    } catch (error) {
      this.#events.sealDiscarded(error);
    }
    this.#end();
  }

  /** The same without waiting for anything, in a process that exits. Without a local key the segment stays open. */
  closeNow(close: PreparedEntry): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'writing' && !this.#beginClose(close)) return;
    try {
      this.#writer.syncNow();
      if (this.#signer === undefined || this.#signer.local === true) {
        const checkpoint = this.#checkpoint();
        const message = utf8.encode(checkpointText(checkpoint));
        const answer = this.#signer?.sign(message);
        this.#writeSeal(checkpoint, answer === undefined ? undefined : this.#checked(message, answer));
      }
    } catch (error) {
      this.#events.sealDiscarded(error);
    }
    this.#end();
  }

  #beginClose(close: PreparedEntry): boolean {
    if (this.#state !== 'writing') return false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#state = 'closing';
    try {
      this.append(close);
      return true;
    } catch (error) {
      this.abandon(error);
      return false;
    }
  }

  /** Gives the segment up as it is. */
  abandon(why: unknown): void {
    if (this.#state === 'ended') return;
    this.#end();
    this.#events.abandoned(this, why);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#state = 'ended';
    for (const { reject } of this.#waiters) reject(this.#unsealed());
    this.#waiters = [];
    try {
      this.#writer.close();
    } catch {
      // Everything that was acknowledged is written; there is nothing left that a failing close could lose.
    }
  }
}

export async function withTimeout<T>(promise: Promise<T>, millis: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new SpansealError('SIGNER_FAILED', `The signer gave no answer within ${millis} ms; check the key service.`),
      );
    }, millis);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

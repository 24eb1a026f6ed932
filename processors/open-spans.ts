import type { Span } from '@opentelemetry/api';

import type { DecisionBasis, EntryType, SameCall } from '../src/entry.ts';
import type { Dialect, Role } from './dialects/dialect.ts';
import type { SpanLike } from './snapshot.ts';

/** Why a span is recorded before it has ended. */
export type UnendedBecause = 'shutdown' | 'orphaned' | 'timeout' | 'evicted';

/** What the processor remembers of a span that may matter to others: a GenAI span, or one below a decision or such a span. */
export interface SpanNode {
  readonly traceId: string;
  readonly spanId: string;
  /** The live span; released when it has been recorded. */
  span: SpanLike | undefined;
  readonly parent: SpanNode | undefined;
  readonly decisionId: string | undefined;
  readonly basis: DecisionBasis | undefined;
  readonly startedMillis: number;
  /** The local parent, if it was recording when this span started. */
  parentSpan: Span | undefined;
  /** When a sweep first saw the parent ended. */
  orphanedMillis: number | undefined;
  dialect: Dialect | undefined;
  /** As mapped, as far as it is known: by the time of its end, or when a span below it asked. */
  mapped: { readonly type: EntryType; readonly role: Role } | undefined;
  /** GenAI spans below, as far as the next one that is no transparent span, while they are open. */
  readonly openBelow: Set<SpanNode>;
  /** Calls below this one that are the same call, seen from nearer. */
  readonly inner: SameCall[];
  usageBelow: boolean;
  leafBelow: boolean;
  ended: boolean;
  /** Where it was recorded as unended, if it could be. */
  unended: { readonly segment: string; readonly seq: number } | 'unrecorded' | undefined;
}

export interface OpenSpansOptions {
  readonly maxOpenSpans: number;
  readonly openSpanTimeoutMillis: number;
  readonly orphanGraceMillis: number;
}

const SWEEP_MILLIS = 1_000;

/**
 * GenAI spans that have started and not ended: strong references, bounded. Two of the most used instrumentations leave
 * a span open for ever on every API error, so each leaves the set one way or another: by its end, or recorded as it is.
 */
export class OpenSpans {
  readonly #options: OpenSpansOptions;
  readonly #now: () => number;
  readonly #record: (node: SpanNode, because: UnendedBecause) => void;
  /** In the order in which they started. */
  readonly #open = new Set<SpanNode>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: OpenSpansOptions, now: () => number, record: (node: SpanNode, because: UnendedBecause) => void) {
    this.#options = options;
    this.#now = now;
    this.#record = record;
  }

  add(node: SpanNode): void {
    this.#open.add(node);
    if (this.#open.size > this.#options.maxOpenSpans) {
      const [oldest] = this.#open;
      if (oldest !== undefined) this.#take(oldest, 'evicted');
    }
    this.#sweep ??= setInterval(() => this.sweep(), SWEEP_MILLIS).unref();
  }

  delete(node: SpanNode): void {
    this.#open.delete(node);
    if (this.#open.size === 0) this.#stop();
  }

  /** Records every open span as it is now. */
  drain(because: UnendedBecause): void {
    for (const node of this.#open) this.#take(node, because);
    this.#stop();
  }

  /** Records the spans that nobody will end any more. */
  sweep(): void {
    const now = this.#now();
    const { openSpanTimeoutMillis, orphanGraceMillis } = this.#options;
    for (const node of this.#open) {
      if (now - node.startedMillis >= openSpanTimeoutMillis) {
        this.#take(node, 'timeout');
      } else if (node.parentSpan?.isRecording() === false) {
        node.orphanedMillis ??= now;
        if (now - node.orphanedMillis >= orphanGraceMillis) this.#take(node, 'orphaned');
      }
    }
    if (this.#open.size === 0) this.#stop();
  }

  #take(node: SpanNode, because: UnendedBecause): void {
    this.#open.delete(node);
    this.#record(node, because);
  }

  #stop(): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}

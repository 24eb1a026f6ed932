import { AsyncResource } from 'node:async_hooks';

import type { Span } from '@opentelemetry/api';

import type { SpanNode } from './span-node.ts';

/** Why a span is recorded before it has ended. */
export type UnendedBecause = 'shutdown' | 'orphaned' | 'timeout' | 'evicted';

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
  /** Where the sweeps run: not in the context of the first span, which they would hold. */
  readonly #context = new AsyncResource('SPANSEAL_SPANS');

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
    this.#sweep ??= this.#context.runInAsyncScope(() => setInterval(() => this.sweep(), SWEEP_MILLIS).unref());
  }

  delete(node: SpanNode): void {
    // The sweep ends by itself: an interval made and cleared for each span would be a tenth of what the span takes.
    this.#open.delete(node);
  }

  /** An open span by its ids. There are few, and few ask: nothing is kept for it. */
  find(traceId: string, spanId: string): SpanNode | undefined {
    for (const node of this.#open) if (node.spanId === spanId && node.traceId === traceId) return node;
    return undefined;
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
      } else if (node.parentSpan !== undefined && hasEnded(node.parentSpan)) {
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

/** A span of somebody else's making may throw; nothing may be thrown from a timer. */
function hasEnded(span: Span): boolean {
  try {
    return !span.isRecording();
  } catch {
    return true;
  }
}

import { diag, trace, type Context, type Span } from '@opentelemetry/api';

import type { AuditLogCore, KnownSpan } from '../src/audit-log-core.ts';
import { decisionOf } from '../src/decision.ts';
import type { DecisionBasis } from '../src/entry.ts';
import { COUNT, wholeFrom } from '../src/option-kinds.ts';
import { warnOfApiSkew } from './api-version.ts';
import type { Dialect } from './dialects/dialect.ts';
import { DIALECTS } from './dialects/index.ts';
import { recordEvaluationsOnly } from './evaluations.ts';
import { OpenSpans, type UnendedBecause } from './open-spans.ts';
import { checkProcessor, DIALECTS_OPTION } from './processor-options.ts';
import type { SpanLike } from './snapshot.ts';
import { addEvent, link, spanNode, unlink, type SpanNode } from './span-node.ts';
import { scopeName, SpanRecorder } from './span-recorder.ts';

/** GenAI spans held open at most; over that the oldest is recorded as it is. */
export const DEFAULT_MAX_OPEN_SPANS = 4_096;
/** A span open for so long is recorded as it is. */
export const DEFAULT_OPEN_SPAN_TIMEOUT_MILLIS: number = 10 * 60 * 1_000;
/** A span is recorded as it is when its parent has ended so long ago. */
export const DEFAULT_ORPHAN_GRACE_MILLIS = 30_000;

/** So many scopes are remembered that turned out to make GenAI spans. */
const MAX_KNOWN_SCOPES = 256;

export interface AuditSpanProcessorOptions {
  /** Whether the log closes with its last processor. Default true. */
  readonly closeLog?: boolean;
  readonly maxOpenSpans?: number;
  readonly openSpanTimeoutMillis?: number;
  readonly orphanGraceMillis?: number;
  /**
   * Vocabularies to recognise, the first that knows a span maps it. Default: {@link DIALECTS}. One of your own goes before
   * them: `[mine, ...DIALECTS]`.
   */
  readonly dialects?: readonly Dialect[];
}

/** An SDK span as it starts: it can be read, and is live. */
type StartingSpan = SpanLike & Span;

/**
 * Records GenAI spans in an audit log, each before its `onEnd` returns: an ended span survives `kill -9`. Nothing is
 * queued, and nothing is thrown into the application.
 *
 * Register it **before** processors that mask, rewrite or delete attributes: what is sealed is what it saw.
 */
export class AuditSpanProcessor {
  readonly #log: AuditLogCore;
  readonly #recorder: SpanRecorder;
  readonly #open: OpenSpans;
  readonly #nodes = new WeakMap<object, SpanNode>();
  /** Scopes that start their GenAI spans without a mark and show it at the end. */
  readonly #knownScopes = new Set<string>();
  readonly #end: () => Promise<void>;
  #apiChecked = false;

  /** @throws TypeError on options that cannot be meant */
  constructor(log: AuditLogCore, options: AuditSpanProcessorOptions = {}) {
    checkProcessor('AuditSpanProcessor', log, options, {
      maxOpenSpans: COUNT,
      openSpanTimeoutMillis: COUNT,
      orphanGraceMillis: wholeFrom(0),
      dialects: DIALECTS_OPTION,
    });
    this.#log = log;
    this.#recorder = new SpanRecorder(log, options.dialects ?? DIALECTS);
    this.#open = new OpenSpans(
      {
        maxOpenSpans: options.maxOpenSpans ?? DEFAULT_MAX_OPEN_SPANS,
        openSpanTimeoutMillis: options.openSpanTimeoutMillis ?? DEFAULT_OPEN_SPAN_TIMEOUT_MILLIS,
        orphanGraceMillis: options.orphanGraceMillis ?? DEFAULT_ORPHAN_GRACE_MILLIS,
      },
      () => performance.now(),
      (node, because) => this.#recordUnended(node, because),
    );
    this.#end = log.register(
      {
        source: this,
        drain: () => this.#open.drain('shutdown'),
        find: (traceId, spanId, span) => this.#find(traceId, spanId, span),
      },
      options.closeLog,
    );
  }

  onStart(span: StartingSpan, parentContext: Context): void {
    try {
      this.#started(span, parentContext);
    } catch (error) {
      diag.error('spanseal: a span could not be taken note of at its start', error);
    }
  }

  #started(span: StartingSpan, parentContext: Context): void {
    this.#log.tally.spanStarted();
    if (!this.#apiChecked) {
      this.#apiChecked = true;
      warnOfApiSkew();
    }
    // Nothing can be recorded of it any more, so that nothing need be held.
    if (this.#log.closed) return;
    const parentSpan = trace.getSpan(parentContext);
    const parent = parentSpan === undefined ? undefined : this.#nodes.get(parentSpan);
    const dialect = this.#recorder.recognise(span);
    const isGenAi = dialect !== undefined || this.#knownScopes.has(scopeName(span));
    let decisionId = decisionOf(parentContext, this.#log.log);
    let basis: DecisionBasis | undefined;
    if (decisionId === undefined && parent?.decisionId !== undefined) {
      decisionId = parent.decisionId;
      // A claim stays one, however many spans it is handed down.
      basis = parent.basis === 'baggage' ? 'baggage' : 'parent_span';
    }
    if (decisionId === undefined) {
      decisionId = this.#log.storedDecisionId;
      basis = decisionId === undefined ? undefined : 'storage';
    }
    if (decisionId === undefined) {
      decisionId = this.#log.claimedDecisionId(parentContext);
      basis = decisionId === undefined ? undefined : 'baggage';
    }
    if (!isGenAi && parent === undefined && decisionId === undefined) return;
    const local = parentSpan?.isRecording() === true ? parentSpan : undefined;
    const node = spanNode(span, { parent, decisionId, basis, parentSpan: local, dialect });
    this.#nodes.set(span, node);
    if (!isGenAi) return;
    link(node);
    this.#open.add(node);
  }

  onEnd(span: SpanLike): void {
    const known = this.#nodes.get(span);
    let ignored: string | undefined;
    try {
      ignored = this.#ended(span, known);
    } catch (error) {
      // Nothing here is known to throw; if it does, the span is missing, and the counters say so.
      ignored = 'failed';
      diag.error('spanseal: a span could not be recorded', error);
    }
    if (known !== undefined) this.#forget(known);
    if (known?.unended === undefined) this.#log.tally.spanEnded(ignored);
    else this.#log.tally.spanEndedLate(ignored);
  }

  /** Records a span that has ended. Returns why nothing was recorded of it, for the tally. */
  #ended(span: SpanLike, known: SpanNode | undefined): string | undefined {
    const dialect = this.#recorder.recognise(span) ?? known?.dialect;
    if (dialect === undefined) {
      recordEvaluationsOnly(this.#log, known, span);
      return 'not_genai';
    }
    const node = known ?? spanNode(span);
    if (node.dialect === undefined && this.#knownScopes.size < MAX_KNOWN_SCOPES) this.#knownScopes.add(scopeName(span));
    return this.#recorder.record(node, span, dialect);
  }

  #recordUnended(node: SpanNode, because: UnendedBecause): void {
    let ignored: string | undefined;
    try {
      ignored = this.#unended(node, because);
    } catch (error) {
      ignored = 'failed';
      diag.error('spanseal: an open span could not be recorded', error);
    }
    node.unended ??= 'unrecorded';
    unlink(node);
    this.#log.tally.spanUnended(ignored);
  }

  /** Records a span that is still open. Returns why nothing was recorded of it, for the tally. */
  #unended(node: SpanNode, because: UnendedBecause): string | undefined {
    const { span } = node;
    const dialect = span === undefined ? undefined : (this.#recorder.recognise(span) ?? node.dialect);
    if (span === undefined || dialect === undefined) return 'not_genai';
    return this.#recorder.record(node, span, dialect, because);
  }

  /** A span that has ended is nobody's open span any more; what it was stays known to the spans below it. */
  #forget(node: SpanNode): void {
    node.ended = true;
    node.span = undefined;
    node.parentSpan = undefined;
    node.inner = undefined;
    node.innerTools = undefined;
    unlink(node);
    this.#open.delete(node);
  }

  /** What is known of a span that somebody else speaks of: a log record. */
  #find(traceId: string, spanId: string, span: object | undefined): KnownSpan | undefined {
    const node = (span === undefined ? undefined : this.#nodes.get(span)) ?? this.#open.find(traceId, spanId);
    if (node === undefined) return undefined;
    return { decisionId: node.decisionId, hold: (event) => node.open && addEvent(node, event) };
  }

  /** Seals all that is recorded. */
  async forceFlush(): Promise<void> {
    await this.#log.flush();
  }

  /** Records the spans that are still open and seals; the log closes with its last processor. May be called again. */
  shutdown(): Promise<void> {
    return this.#end();
  }
}

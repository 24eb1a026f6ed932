import { diag, trace, type Context, type Span } from '@opentelemetry/api';

import type { AuditLogCore } from '../src/audit-log.ts';
import { decisionOf } from '../src/decision.ts';
import type { DecisionBasis } from '../src/entry.ts';
import { isMapped, type Dialect, type MappedSpan } from './dialects/dialect.ts';
import { DIALECTS } from './dialects/index.ts';
import { entryOfSpan, unreadable } from './entry-of-span.ts';
import { Nesting, sameCall } from './nesting.ts';
import { OpenSpans, type UnendedBecause } from './open-spans.ts';
import { snapshot, type SpanLike, type SpanSnapshot } from './snapshot.ts';
import { link, spanNode, unlink, type SpanCharacter, type SpanNode } from './span-node.ts';

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
  readonly #closeLog: boolean;
  readonly #dialects: readonly Dialect[];
  readonly #open: OpenSpans;
  readonly #nesting = new Nesting((node) => this.#characterOf(node));
  readonly #nodes = new WeakMap<object, SpanNode>();
  /** Scopes that start their GenAI spans without a mark and show it at the end. */
  readonly #knownScopes = new Set<string>();
  /** Dialects that threw: each is told of once. */
  readonly #failing = new Set<Dialect>();
  readonly #registration = { drain: (): void => this.#open.drain('shutdown') };
  #shutdown: Promise<void> | undefined;

  /** @throws TypeError on options that cannot be meant */
  constructor(log: AuditLogCore, options: AuditSpanProcessorOptions = {}) {
    checkNumber('maxOpenSpans', options.maxOpenSpans, 1);
    checkNumber('openSpanTimeoutMillis', options.openSpanTimeoutMillis, 1);
    checkNumber('orphanGraceMillis', options.orphanGraceMillis, 0);
    this.#log = log;
    this.#closeLog = options.closeLog ?? true;
    this.#dialects = options.dialects ?? DIALECTS;
    this.#open = new OpenSpans(
      {
        maxOpenSpans: options.maxOpenSpans ?? DEFAULT_MAX_OPEN_SPANS,
        openSpanTimeoutMillis: options.openSpanTimeoutMillis ?? DEFAULT_OPEN_SPAN_TIMEOUT_MILLIS,
        orphanGraceMillis: options.orphanGraceMillis ?? DEFAULT_ORPHAN_GRACE_MILLIS,
      },
      () => performance.now(),
      (node, because) => this.#recordUnended(node, because),
    );
    log.register(this.#registration);
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
    // Nothing can be recorded of it any more, so that nothing need be held.
    if (this.#log.closed) return;
    const parentSpan = trace.getSpan(parentContext);
    const parent = parentSpan === undefined ? undefined : this.#nodes.get(parentSpan);
    const dialect = this.#recognise(span);
    const isGenAi = dialect !== undefined || this.#knownScopes.has(scopeName(span));
    let decisionId = decisionOf(parentContext, this.#log.log);
    let basis: DecisionBasis | undefined;
    if (decisionId === undefined) {
      decisionId = parent?.decisionId ?? this.#log.storedDecisionId;
      if (decisionId !== undefined) basis = parent?.decisionId === undefined ? 'storage' : 'parent_span';
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
    const dialect = this.#recognise(span) ?? known?.dialect;
    if (dialect === undefined) return 'not_genai';
    const node = known ?? spanNode(span);
    if (node.dialect === undefined && this.#knownScopes.size < MAX_KNOWN_SCOPES) this.#knownScopes.add(scopeName(span));
    node.dialect = dialect;
    const copy = snapshot(span);
    const mapped = this.#map(dialect, copy);
    node.mapped = mapped === undefined ? undefined : { type: mapped.type, role: mapped.role };
    return mapped === undefined ? 'not_a_record' : this.#record(node, copy, mapped);
  }

  /** Recognises by the attributes there are now: few at the start of a span, all at its end. */
  #recognise(span: SpanLike): Dialect | undefined {
    const { attributes } = span;
    const scope = scopeName(span);
    for (const dialect of this.#dialects) {
      try {
        if (dialect.recognises(attributes, scope)) return dialect;
      } catch (error) {
        this.#tellFailing(dialect, error);
      }
    }
    return undefined;
  }

  #map(dialect: Dialect, copy: SpanSnapshot): MappedSpan | undefined {
    try {
      const mapped = dialect.map(copy, this.#log.capture);
      if (mapped === undefined || isMapped(mapped)) return mapped;
      throw new TypeError('map() answers a type, a role and a payload, or undefined');
    } catch (error) {
      this.#tellFailing(dialect, error);
      return unreadable();
    }
  }

  #tellFailing(dialect: Dialect, error: unknown): void {
    if (this.#failing.has(dialect)) return;
    this.#failing.add(dialect);
    diag.error(`spanseal: the dialect ${dialect.name} cannot read some spans; their content is left out`, error);
  }

  /** Writes the entry of a span. Returns why it could not be written, for the tally. */
  #record(node: SpanNode, copy: SpanSnapshot, mapped: MappedSpan, unended?: UnendedBecause): string | undefined {
    const { role, usage } = mapped;
    const inner = role === 'leaf' ? this.#nesting.innerCalls(node, mapped.type) : [];
    const usageBelow = this.#nesting.usageBelow(node, role, inner);
    const entry = entryOfSpan(copy, mapped, {
      dialect: node.dialect?.name ?? '',
      basis: node.basis,
      sameCall: inner.map(sameCall),
      usageBelow,
      callBelow: this.#nesting.callBelow(node),
      unended:
        unended === undefined ? undefined : { because: unended, ageMillis: performance.now() - node.startedMillis },
    });
    node.reportsUsage = usage !== undefined || (role === 'leaf' && usageBelow);
    node.call = role === 'leaf' || entry.type === 'llm_call' ? entry.type : undefined;
    this.#nesting.recorded(node);
    const draft = {
      type: entry.type,
      decisionId: node.decisionId,
      traceId: copy.traceId,
      spanId: copy.spanId,
      parentSpanId: copy.parentSpanId,
      payload: entry.payload,
    };
    const late = node.unended;
    const receipt = this.#log.append(
      entry.type,
      late === undefined || late === 'unrecorded'
        ? draft
        : (segment) => ({
            ...draft,
            payload: {
              ...entry.payload,
              ends: late.seq,
              ...(late.segment === segment ? {} : { ends_segment: late.segment }),
            },
          }),
    );
    if (!receipt.recorded) return receipt.error.code === 'LOG_CLOSED' ? 'after_close' : 'write_failed';
    if (unended !== undefined) node.unended = { segment: receipt.segment, seq: receipt.seq };
    return undefined;
  }

  /** What a span is, as far as it can be told now. */
  #characterOf(node: SpanNode): SpanCharacter | undefined {
    const { span } = node;
    if (node.mapped !== undefined || span === undefined) return node.mapped;
    const dialect = node.dialect ?? this.#recognise(span);
    const mapped = dialect === undefined ? undefined : this.#map(dialect, snapshot(span));
    if (mapped !== undefined) node.mapped = { type: mapped.type, role: mapped.role };
    return node.mapped;
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
    const dialect = span === undefined ? undefined : (this.#recognise(span) ?? node.dialect);
    if (span === undefined || dialect === undefined) return 'not_genai';
    const copy = snapshot(span);
    const mapped = this.#map(dialect, copy);
    if (mapped === undefined) return 'not_a_record';
    node.dialect = dialect;
    node.mapped = { type: mapped.type, role: mapped.role };
    return this.#record(node, copy, mapped, because);
  }

  /** A span that has ended is nobody's open span any more; what it was stays known to the spans below it. */
  #forget(node: SpanNode): void {
    node.ended = true;
    node.span = undefined;
    node.parentSpan = undefined;
    node.inner = undefined;
    unlink(node);
    this.#open.delete(node);
  }

  /** Seals all that is recorded. */
  async forceFlush(): Promise<void> {
    await this.#log.flush();
  }

  /** Records the spans that are still open and seals; the log closes with its last processor. May be called again. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#end();
    return this.#shutdown;
  }

  async #end(): Promise<void> {
    this.#open.drain('shutdown');
    const last = this.#log.unregister(this.#registration);
    await (last && this.#closeLog ? this.#log.close() : this.#log.flush());
  }
}

function checkNumber(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new TypeError(`\`${name}\` is ${value}; give a whole number from ${least} on.`);
}

function scopeName(span: SpanLike): string {
  return (span.instrumentationScope ?? span.instrumentationLibrary)?.name ?? '';
}

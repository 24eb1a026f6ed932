import { diag, trace, type Context, type Span } from '@opentelemetry/api';

import type { AuditLogCore } from '../src/audit-log.ts';
import { decisionOf } from '../src/decision.ts';
import type { DecisionBasis, EntryType, SameCall } from '../src/entry.ts';
import type { Dialect, MappedSpan } from './dialects/dialect.ts';
import { DIALECTS } from './dialects/index.ts';
import { entryOfSpan, unreadable } from './entry-of-span.ts';
import { OpenSpans, type SpanNode, type UnendedBecause } from './open-spans.ts';
import { snapshot, type SpanLike, type SpanSnapshot } from './snapshot.ts';

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
  /** Vocabularies to recognise, the first that knows a span maps it. Default: all of this package. */
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
  readonly #nodes = new WeakMap<object, SpanNode>();
  /** Scopes that start their GenAI spans without a mark and show it at the end. */
  readonly #knownScopes = new Set<string>();
  readonly #registration = { drain: (): void => this.#open.drain('shutdown') };
  #shutdown: Promise<void> | undefined;

  constructor(log: AuditLogCore, options: AuditSpanProcessorOptions = {}) {
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
    const { traceId, spanId } = span.spanContext();
    const node: SpanNode = {
      traceId,
      spanId,
      span,
      parent,
      decisionId,
      basis,
      startedMillis: performance.now(),
      parentSpan: parentSpan?.isRecording() === true ? parentSpan : undefined,
      orphanedMillis: undefined,
      dialect,
      mapped: undefined,
      openBelow: new Set(),
      inner: [],
      usageBelow: false,
      leafBelow: false,
      ended: false,
      unended: undefined,
    };
    this.#nodes.set(span, node);
    if (!isGenAi) return;
    nearestGenAi(parent)?.openBelow.add(node);
    this.#open.add(node);
  }

  onEnd(span: SpanLike): void {
    try {
      this.#ended(span);
    } catch (error) {
      // Nothing here is known to throw; if it does, the span is missing, and the counters say so.
      this.#log.tally.spanEnded('failed');
      diag.error('spanseal: a span could not be recorded', error);
    }
  }

  #ended(span: SpanLike): void {
    const known = this.#nodes.get(span);
    const dialect = this.#recognise(span) ?? known?.dialect;
    if (dialect === undefined) {
      if (known !== undefined) this.#forget(known);
      this.#log.tally.spanEnded('not_genai');
      return;
    }
    const node = known ?? newNode(span);
    if (node.dialect === undefined && this.#knownScopes.size < MAX_KNOWN_SCOPES) this.#knownScopes.add(scopeName(span));
    node.dialect = dialect;
    const copy = snapshot(span);
    const mapped = this.#map(dialect, copy);
    const late = node.unended;
    const ignored = mapped === undefined ? 'not_a_record' : this.#record(node, copy, mapped);
    this.#forget(node);
    if (late === undefined) this.#log.tally.spanEnded(ignored);
    else this.#log.tally.spanEndedLate(ignored);
  }

  /** Recognises by the attributes there are now: few at the start of a span, all at its end. */
  #recognise(span: SpanLike): Dialect | undefined {
    const { attributes } = span;
    const scope = scopeName(span);
    for (const dialect of this.#dialects) {
      if (dialect.recognises(attributes, scope)) return dialect;
    }
    return undefined;
  }

  #map(dialect: Dialect, copy: SpanSnapshot): MappedSpan | undefined {
    try {
      return dialect.map(copy, this.#log.capture);
    } catch (error) {
      diag.error(`spanseal: the dialect ${dialect.name} could not read a span; its content is left out`, error);
      return unreadable();
    }
  }

  /** Writes the entry of a span. Returns why it could not be written, for the tally. */
  #record(node: SpanNode, copy: SpanSnapshot, mapped: MappedSpan, unended?: UnendedBecause): string | undefined {
    node.mapped = mapped;
    if (mapped.role === 'leaf') this.#joinOuter(node, mapped.type);
    const entry = entryOfSpan(copy, mapped, {
      dialect: node.dialect?.name ?? '',
      basis: node.basis,
      sameCall: mapped.role === 'leaf' ? [...node.inner, ...this.#openInner(node, mapped.type)] : [],
      usageBelow: node.usageBelow || hasOpenLeaf(node),
      leafBelow: node.leafBelow || hasOpenLeaf(node),
      unended:
        unended === undefined ? undefined : { because: unended, ageMillis: performance.now() - node.startedMillis },
    });
    if (mapped.role === 'leaf' || mapped.usage !== undefined) {
      for (let above = node.parent; above !== undefined; above = above.parent) {
        above.leafBelow ||= mapped.role === 'leaf';
        above.usageBelow ||= mapped.usage !== undefined;
      }
    }
    const late = node.unended;
    const receipt = this.#log.append(entry.type, (segment) => ({
      type: entry.type,
      decisionId: node.decisionId,
      traceId: copy.traceId,
      spanId: copy.spanId,
      parentSpanId: copy.parentSpanId,
      payload: late === undefined ? entry.payload : { ...entry.payload, ...endsOf(late, segment) },
    }));
    if (!receipt.recorded) return receipt.error.code === 'LOG_CLOSED' ? 'after_close' : 'write_failed';
    if (unended !== undefined) node.unended = { segment: receipt.segment, seq: receipt.seq };
    return undefined;
  }

  /** Tells the span around this call, if it is one of the same kind, that both show the same call. */
  #joinOuter(node: SpanNode, type: EntryType): void {
    const outer = this.#nearestOpaque(node.parent);
    const mapped = outer === undefined ? undefined : this.#mappedNow(outer);
    if (outer === undefined || mapped?.role !== 'leaf' || mapped.type !== type || node.unended !== undefined) return;
    outer.inner.push(sameCall(node));
  }

  /** The nearest GenAI span above that other spans cannot be seen through. */
  #nearestOpaque(from: SpanNode | undefined): SpanNode | undefined {
    for (let node = from; node !== undefined; node = node.parent) {
      const role = this.#mappedNow(node)?.role;
      if (role === 'leaf' || role === 'barrier') return node;
    }
    return undefined;
  }

  /** Calls of the same kind below this one that are still open: parents end before children in some emitters. */
  #openInner(node: SpanNode, type: EntryType): SameCall[] {
    const found: SameCall[] = [];
    for (const below of node.openBelow) {
      const mapped = this.#mappedNow(below);
      if (mapped?.role === 'leaf' && mapped.type === type) found.push(sameCall(below));
      else if (mapped?.role !== 'barrier') found.push(...this.#openInner(below, type));
    }
    return found;
  }

  /** What a span is, as far as it can be told now. */
  #mappedNow(node: SpanNode): SpanNode['mapped'] {
    if (node.mapped === undefined && node.dialect !== undefined && node.span !== undefined) {
      const mapped = this.#map(node.dialect, snapshot(node.span));
      if (mapped !== undefined) node.mapped = { type: mapped.type, role: mapped.role };
    }
    return node.mapped;
  }

  #recordUnended(node: SpanNode, because: UnendedBecause): void {
    const { span } = node;
    if (span === undefined) return;
    const dialect = this.#recognise(span) ?? node.dialect;
    const copy = snapshot(span);
    node.dialect = dialect;
    const mapped = dialect === undefined ? undefined : this.#map(dialect, copy);
    const ignored = mapped === undefined ? 'not_genai' : this.#record(node, copy, mapped, because);
    node.unended ??= 'unrecorded';
    detach(node);
    this.#log.tally.spanUnended(ignored);
  }

  /** A span that has ended is nobody's open span any more; what it was stays known to the spans below it. */
  #forget(node: SpanNode): void {
    node.ended = true;
    node.span = undefined;
    node.parentSpan = undefined;
    detach(node);
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

/** What a late end says of the entry that had the span unended. */
function endsOf(unended: NonNullable<SpanNode['unended']>, segment: string): object {
  if (unended === 'unrecorded') return {};
  return { ends: unended.seq, ...(unended.segment === segment ? {} : { ends_segment: unended.segment }) };
}

function scopeName(span: SpanLike): string {
  return (span.instrumentationScope ?? span.instrumentationLibrary)?.name ?? '';
}

function sameCall({ traceId, spanId }: SpanNode): SameCall {
  return { trace_id: traceId, span_id: spanId, basis: 'nesting' };
}

function nearestGenAi(from: SpanNode | undefined): SpanNode | undefined {
  let node = from;
  while (node !== undefined && node.dialect === undefined) node = node.parent;
  return node;
}

function detach(node: SpanNode): void {
  nearestGenAi(node.parent)?.openBelow.delete(node);
}

function hasOpenLeaf(node: SpanNode): boolean {
  for (const below of node.openBelow) {
    if (below.mapped?.role === 'leaf' || hasOpenLeaf(below)) return true;
  }
  return false;
}

/** A span whose start was not seen: nothing is known of what is around it. */
function newNode(span: SpanLike): SpanNode {
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    spanId,
    span,
    parent: undefined,
    decisionId: undefined,
    basis: undefined,
    startedMillis: performance.now(),
    parentSpan: undefined,
    orphanedMillis: undefined,
    dialect: undefined,
    mapped: undefined,
    openBelow: new Set(),
    inner: [],
    usageBelow: false,
    leafBelow: false,
    ended: false,
    unended: undefined,
  };
}

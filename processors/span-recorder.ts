import { diag } from '@opentelemetry/api';

import type { AuditLogCore } from '../src/audit-log-core.ts';
import { ATTR_MCP_METHOD_NAME } from '../src/semconv.ts';
import { Approvals } from './approvals.ts';
import { isMapped, type Dialect, type MappedSpan } from './dialects/dialect.ts';
import { DIALECTS } from './dialects/index.ts';
import { mayBeGenAi } from './dialects/may-be-gen-ai.ts';
import { doubtfulOutcome, entryOfSpan, unreadable } from './entry-of-span.ts';
import { Nesting, sameCall } from './nesting.ts';
import type { UnendedBecause } from './open-spans.ts';
import { SameCalls, shownCall } from './same-calls.ts';
import { recordEvaluations } from './evaluations.ts';
import { snapshot, type SpanLike, type SpanSnapshot } from './snapshot.ts';
import type { SpanCharacter, SpanNode } from './span-node.ts';

/** Makes entries of spans, one vocabulary or another, whoever hands them over: a processor, or an exporter. */
export class SpanRecorder {
  readonly #log: AuditLogCore;
  readonly #dialects: readonly Dialect[];
  /** Those that are not of this package: what they know, only they can tell. */
  readonly #foreign: readonly Dialect[];
  readonly #nesting = new Nesting((node) => this.#characterOf(node));
  readonly #sameCalls = new SameCalls();
  readonly #approvals = new Approvals();
  /** Dialects that threw: each is told of once. */
  readonly #failing = new Set<Dialect>();

  constructor(log: AuditLogCore, dialects: readonly Dialect[]) {
    this.#log = log;
    this.#dialects = dialects;
    this.#foreign = dialects.filter((dialect) => !DIALECTS.includes(dialect));
  }

  /** Recognises by the attributes there are now: few at the start of a span, all at its end. */
  recognise(span: SpanLike): Dialect | undefined {
    const { attributes } = span;
    const scope = scopeName(span);
    const asked = mayBeGenAi(attributes, scope) ? this.#dialects : this.#foreign;
    for (const dialect of asked) {
      try {
        if (dialect.recognises(attributes, scope)) return dialect;
      } catch (error) {
        this.#tellFailing(dialect, error);
      }
    }
    return undefined;
  }

  /**
   * Records a span, as it says now, in the words of its dialect.
   *
   * @param unended - why it is recorded before it has ended
   * @returns why nothing was recorded, for the tally
   */
  record(node: SpanNode, span: SpanLike, dialect: Dialect, unended?: UnendedBecause): string | undefined {
    const copy = snapshot(span, node.events);
    const mapped = this.#map(dialect, copy);
    node.dialect = dialect;
    node.mapped = characterOf(mapped, copy);
    const ignored = mapped === undefined ? 'not_a_record' : this.#write(node, copy, mapped, unended);
    if (ignored === undefined || ignored === 'not_a_record') recordEvaluations(this.#log, node, copy, dialect.name);
    return ignored;
  }

  /** Takes note of what a span is, before those below it are recorded. */
  preview(node: SpanNode, span: SpanLike, dialect: Dialect): void {
    node.dialect = dialect;
    const copy = snapshot(span);
    node.mapped = characterOf(this.#map(dialect, copy), copy);
  }

  #map(dialect: Dialect, copy: SpanSnapshot): MappedSpan | undefined {
    try {
      const mapped = dialect.map(copy, this.#log.gathered);
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

  #write(node: SpanNode, copy: SpanSnapshot, mapped: MappedSpan, unended?: UnendedBecause): string | undefined {
    const { role, usage } = mapped;
    const inner = this.#inner(node, mapped);
    const shown = role === 'leaf' && unended === undefined ? shownCall(copy, mapped) : undefined;
    const found = shown === undefined || inner.length > 0 ? undefined : this.#sameCalls.find(shown);
    const { same, basis: sameBasis = 'inferred', possible = [] } = found ?? {};
    const usageBelow = this.#nesting.usageBelow(node, role, inner) || same?.reportsUsage === true;
    const entry = entryOfSpan(copy, mapped, {
      dialect: node.dialect?.name ?? '',
      basis: node.basis,
      sameCall: same === undefined ? inner.map((call) => sameCall(call, 'nesting')) : [sameCall(same, sameBasis)],
      possible,
      doubtful: same === undefined ? inner : [same],
      usageBelow,
      callBelow: this.#nesting.callBelow(node),
      unended:
        unended === undefined ? undefined : { because: unended, ageMillis: performance.now() - node.startedMillis },
    });
    node.reportsUsage = usage !== undefined || (role === 'leaf' && usageBelow);
    node.call = role === 'leaf' || entry.type === 'llm_call' ? entry.type : undefined;
    node.doubtful = doubtfulOutcome(mapped, entry.payload.outcome);
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
    if (shown !== undefined) {
      shown.reportsUsage = node.reportsUsage;
      shown.doubtful = node.doubtful;
      this.#sameCalls.add(shown, found, inner.length > 0);
    }
    if (unended !== undefined) node.unended = { segment: receipt.segment, seq: receipt.seq };
    if (mapped.approvals !== undefined) this.#approvals.record(this.#log, node, copy, mapped.approvals);
    return undefined;
  }

  /** Spans below that show what this one shows, from nearer. */
  #inner(node: SpanNode, { role, type }: MappedSpan): readonly SpanNode[] {
    if (role === 'leaf') return this.#nesting.innerCalls(node, type);
    return type === 'tool_call' ? this.#nesting.innerTools(node) : [];
  }

  /** What a span is, as far as it can be told now. */
  #characterOf(node: SpanNode): SpanCharacter | undefined {
    const { span } = node;
    if (node.mapped !== undefined || span === undefined) return node.mapped;
    const dialect = node.dialect ?? this.recognise(span);
    if (dialect === undefined) return undefined;
    const copy = snapshot(span);
    node.mapped = characterOf(this.#map(dialect, copy), copy);
    return node.mapped;
  }
}

function characterOf(mapped: MappedSpan | undefined, { attributes }: SpanSnapshot): SpanCharacter | undefined {
  if (mapped?.type !== 'tool_call') return mapped === undefined ? undefined : { type: mapped.type, role: mapped.role };
  const isMcp = attributes[ATTR_MCP_METHOD_NAME] === 'tools/call';
  return { type: mapped.type, role: mapped.role, tool: { name: mapped.payload.name, isMcp } };
}

export function scopeName(span: SpanLike): string {
  return (span.instrumentationScope ?? span.instrumentationLibrary)?.name ?? '';
}

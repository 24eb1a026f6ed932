import { diag } from '@opentelemetry/api';

import type { AuditLogCore } from '../src/audit-log-core.ts';
import type { Dialect } from '../processors/dialects/dialect.ts';
import { DIALECTS } from '../processors/dialects/index.ts';
import { checkProcessor, DIALECTS_OPTION } from '../processors/processor-options.ts';
import type { SpanLike } from '../processors/snapshot.ts';
import { spanNode, type SpanNode } from '../processors/span-node.ts';
import { SpanRecorder } from '../processors/span-recorder.ts';

export interface AuditSpanExporterOptions {
  /** Whether the log closes with its last processor or exporter. Default true. */
  readonly closeLog?: boolean;
  /** Vocabularies to recognise, the first that knows a span maps it. Default: all of this package. */
  readonly dialects?: readonly Dialect[];
}

/** `code` 0: exported; 1: failed (the SDK's `ExportResult`). */
export interface ExportResultLike {
  readonly code: 0 | 1;
  readonly error?: Error;
}

/**
 * Records the spans that some other processor passes on. **Weaker than `AuditSpanProcessor`**, for set-ups that take
 * nothing but an exporter: what its processor drops, samples away or still holds when the process dies is not on
 * record, what other processors rewrote is recorded as rewritten, spans that never end are never seen, no decision is
 * known but by `trace_id`, and one call that several spans show counts once only where all of them are in one batch.
 * `audit_open.sampling` says `source: "exporter"`.
 */
export class AuditSpanExporter {
  readonly #log: AuditLogCore;
  readonly #recorder: SpanRecorder;
  readonly #end: () => Promise<void>;

  /** @throws TypeError on options that cannot be meant */
  constructor(log: AuditLogCore, options: AuditSpanExporterOptions = {}) {
    checkProcessor('AuditSpanExporter', log, options, { dialects: DIALECTS_OPTION });
    this.#log = log;
    this.#recorder = new SpanRecorder(log, options.dialects ?? DIALECTS);
    log.noteSampling({ source: 'exporter' });
    this.#end = log.register({ source: this }, options.closeLog);
  }

  /** Records a batch before it returns. The callback hears of entries that could not be written. */
  export(spans: readonly SpanLike[], resultCallback: (result: ExportResultLike) => void): void {
    let failed = 0;
    try {
      failed = this.#record(spans);
    } catch (error) {
      diag.error('spanseal: a batch of spans could not be recorded', error);
      failed = spans.length;
    }
    resultCallback(
      failed === 0
        ? { code: 0 }
        : { code: 1, error: new Error(`${failed} of ${spans.length} spans could not be recorded; the log says why`) },
    );
  }

  #record(spans: readonly SpanLike[]): number {
    const readable = spans.filter(isReadable);
    let failed = spans.length - readable.length;
    for (let lost = 0; lost < failed; lost++) {
      this.#log.tally.spanStarted();
      this.#log.tally.spanEnded('failed');
    }
    for (const { span, node } of insideOut(readable, this.#recorder)) {
      this.#log.tally.spanStarted();
      let ignored: string | undefined = 'not_genai';
      try {
        if (node.dialect !== undefined) ignored = this.#recorder.record(node, span, node.dialect);
      } catch (error) {
        ignored = 'failed';
        diag.error('spanseal: a span could not be recorded', error);
      }
      node.ended = true;
      this.#log.tally.spanEnded(ignored);
      if (ignored === 'failed' || ignored === 'write_failed' || ignored === 'after_close') failed++;
    }
    return failed;
  }

  /** Seals all that is recorded. */
  async forceFlush(): Promise<void> {
    await this.#log.flush();
  }

  /** Seals; the log closes with its last processor. May be called again. */
  shutdown(): Promise<void> {
    return this.#end();
  }
}

/** A span without ids or attributes is none; the others of its batch are recorded all the same. */
function isReadable(span: SpanLike): boolean {
  try {
    const { traceId, spanId } = span.spanContext();
    return typeof traceId === 'string' && typeof spanId === 'string' && typeof span.attributes === 'object';
  } catch {
    return false;
  }
}

interface Placed {
  readonly span: SpanLike;
  readonly node: SpanNode;
}

/** The spans of a batch, each after those below it: then an outer span can name the calls that it shows once more. */
function insideOut(spans: readonly SpanLike[], recorder: SpanRecorder): Placed[] {
  const byId = new Map<string, SpanLike>();
  for (const span of spans) byId.set(idOf(span, span.spanContext().spanId), span);
  const placed = new Map<SpanLike, Placed>();
  const place = (start: SpanLike): void => {
    // From the top down, so that each knows its parent; a circle, which no SDK makes, ends where it began.
    const way: SpanLike[] = [];
    for (let span: SpanLike | undefined = start; span !== undefined && !placed.has(span); span = parentOf(span, byId)) {
      if (way.includes(span)) break;
      way.push(span);
    }
    for (const span of way.toReversed()) {
      const above = parentOf(span, byId);
      const node = spanNode(span, { parent: above === undefined ? undefined : placed.get(above)?.node });
      const dialect = recorder.recognise(span);
      if (dialect !== undefined) recorder.preview(node, span, dialect);
      placed.set(span, { span, node });
    }
  };
  for (const span of spans) place(span);
  return [...placed.values()].toReversed();
}

function idOf(span: SpanLike, spanId: string): string {
  return `${span.spanContext().traceId} ${spanId}`;
}

function parentOf(span: SpanLike, byId: ReadonlyMap<string, SpanLike>): SpanLike | undefined {
  const parentId = span.parentSpanContext?.spanId ?? span.parentSpanId;
  return parentId === undefined ? undefined : byId.get(idOf(span, parentId));
}

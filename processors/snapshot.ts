import type { Attributes, HrTime, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api';

import type { SpanEvent } from '../src/audit-log-core.ts';

/**
 * The part of an SDK span that this package reads, as a structural type: SDK 1.30, 2.x and 3.x spans all fit it, and
 * no SDK is imported. SDK 1.x has `parentSpanId` and `instrumentationLibrary`, later ones `parentSpanContext` and
 * `instrumentationScope`.
 */
export interface SpanLike {
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly events: readonly SpanEventLike[];
  readonly parentSpanContext?: SpanContext | undefined;
  readonly parentSpanId?: string | undefined;
  readonly instrumentationScope?: ScopeLike | undefined;
  readonly instrumentationLibrary?: ScopeLike | undefined;
  readonly droppedAttributesCount?: number;
  readonly droppedEventsCount?: number;
  readonly droppedLinksCount?: number;
  spanContext(): SpanContext;
}

export interface ScopeLike {
  readonly name: string;
  readonly version?: string | undefined;
}

export interface SpanEventLike {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes?: Attributes | undefined;
}

/** One span as it was when it ended: a copy that later changes to the span by other processors do not reach. */
export interface SpanSnapshot {
  readonly name: string;
  /** `internal`, `server`, `client`, `producer` or `consumer`. */
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly sampled: boolean;
  /** Unix time in milliseconds, whole. */
  readonly startMillis: number;
  /** Unix time in milliseconds, whole. */
  readonly endMillis: number;
  /** `unset`, `ok` or `error`. */
  readonly status: 'unset' | 'ok' | 'error';
  readonly statusMessage: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly SnapshotEvent[];
  readonly scope: { readonly name: string; readonly version: string | undefined };
  readonly droppedAttributes: number;
  readonly droppedEvents: number;
  readonly droppedLinks: number;
}

/** One event, as it was; that of a log record is made of its attributes and body. */
export type SnapshotEvent = SpanEvent;

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'] as const;
const STATUSES = ['unset', 'ok', 'error'] as const;
const SAMPLED = 0x1;

/** Unix time in whole milliseconds. */
export const millis = (time: HrTime): number => Math.trunc(time[0] * 1_000 + time[1] / 1_000_000);

/**
 * Copies what an ended (or still open) span says now. Synchronous: another processor may rewrite the span next.
 *
 * @param further - events that came by another way: log records
 */
export function snapshot(span: SpanLike, further: readonly SnapshotEvent[] = []): SpanSnapshot {
  const context = span.spanContext();
  const scope = span.instrumentationScope ?? span.instrumentationLibrary;
  return {
    name: span.name,
    kind: KINDS[span.kind] ?? 'internal',
    traceId: context.traceId,
    spanId: context.spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? span.parentSpanId,
    sampled: (context.traceFlags & SAMPLED) !== 0,
    startMillis: millis(span.startTime),
    endMillis: millis(span.endTime),
    status: STATUSES[span.status.code] ?? 'unset',
    statusMessage: span.status.message,
    attributes: copyAttributes(span.attributes),
    events: span.events.length === 0 ? further : [...span.events.map(copyEvent), ...further],
    scope: { name: scope?.name ?? '', version: scope?.version },
    droppedAttributes: span.droppedAttributesCount ?? 0,
    droppedEvents: span.droppedEventsCount ?? 0,
    droppedLinks: span.droppedLinksCount ?? 0,
  };
}

function copyEvent(event: SpanEventLike): SnapshotEvent {
  return { name: event.name, timeMillis: millis(event.time), attributes: copyAttributes(event.attributes ?? {}) };
}

/** Attribute values are primitives or arrays of them: one level of copying is a whole copy. */
function copyAttributes(attributes: Attributes): Record<string, unknown> {
  try {
    const copy: Record<string, unknown> = { ...attributes };
    for (const key in copy) {
      const value = copy[key];
      if (Array.isArray(value)) copy[key] = [...value];
    }
    return copy;
  } catch {
    return copyReadable(attributes);
  }
}

/** Something put a getter or a proxy among the attributes, and it threw: what can be read is copied. */
function copyReadable(attributes: Attributes): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(attributes)) {
    try {
      const value = attributes[key];
      copy[key] = Array.isArray(value) ? [...value] : value;
    } catch {
      // It says nothing, as far as anybody can tell.
    }
  }
  return copy;
}

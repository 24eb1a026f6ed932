export { AuditLogRecordProcessor, type LogRecordLike } from './audit-log-record-processor.ts';
export {
  AuditSpanProcessor,
  DEFAULT_MAX_OPEN_SPANS,
  DEFAULT_OPEN_SPAN_TIMEOUT_MILLIS,
  DEFAULT_ORPHAN_GRACE_MILLIS,
  type AuditSpanProcessorOptions,
} from './audit-span-processor.ts';
export { inConventions, type Alias } from './dialects/aliases.ts';
export { DIALECTS } from './dialects/index.ts';
export { mapOpenTelemetry } from './dialects/opentelemetry.ts';
export type { Dialect, Mapped, MappedSpan, Role, Stated } from './dialects/dialect.ts';
export type { ScopeLike, SnapshotEvent, SpanEventLike, SpanLike, SpanSnapshot } from './snapshot.ts';

// Compiled, not run: the published types against those of this SDK.
import { TracerProvider, type ReadableSpan, type Span, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { AuditLog, AuditSpanProcessor, memorySink } from 'spanseal';
import type { SpanLike } from 'spanseal/processors';

const processor = new AuditSpanProcessor(new AuditLog({ system: 'types', sink: memorySink() }));

export const provider: TracerProvider = new TracerProvider({ spanProcessors: [processor] });
export const asProcessor: SpanProcessor = processor;
export const readable = (span: ReadableSpan): SpanLike => span;
export const started = (span: Span): SpanLike => span;

// Compiled, not run: the published types against those of this SDK.
import { BasicTracerProvider, type ReadableSpan, type Span, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { AuditLog, AuditSpanProcessor, memorySink } from 'spanseal';
import type { SpanLike } from 'spanseal/processors';

const processor = new AuditSpanProcessor(new AuditLog({ system: 'types', sink: memorySink() }));

export const provider: BasicTracerProvider = new BasicTracerProvider({ spanProcessors: [processor] });
export const asProcessor: SpanProcessor = processor;
export const readable = (span: ReadableSpan): SpanLike => span;
export const started = (span: Span): SpanLike => span;

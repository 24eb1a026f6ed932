import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { describe, expect, onTestFinished, test } from 'vitest';

import { AuditLog, AuditSpanProcessor } from '../src/index.ts';
import { LOG, memoryLog, SIGNER } from './log.ts';
import { diskFull, watchedSink } from './watched-sink.ts';

/** A meter provider of the SDK, and what it exports. */
function metering(): { readonly meterProvider: MeterProvider; readonly read: () => Promise<Map<string, MetricData>> } {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => meterProvider.shutdown());
  return {
    meterProvider,
    async read() {
      exporter.reset();
      await reader.forceFlush();
      const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
      return new Map(metrics.flatMap(({ metrics: all }) => all).map((metric) => [metric.descriptor.name, metric]));
    },
  };
}

/** The values of one metric, by an attribute. */
function values(metric: MetricData | undefined, by = 'spanseal.log'): Record<string, unknown> {
  return Object.fromEntries(
    (metric?.dataPoints ?? []).map(({ attributes, value }) => [String(attributes[by] ?? ''), value]),
  );
}

function endSpans(audit: AuditLog, count: number, attributes: Record<string, string>): void {
  const processor = new AuditSpanProcessor(audit, { closeLog: false });
  const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('test');
  for (let index = 0; index < count; index++) tracer.startSpan('a span', { attributes }).end();
}

const CHAT = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' };

describe('a log with a meter provider', () => {
  test('tells what it writes, over its rolls', async () => {
    const { meterProvider, read } = metering();
    const { audit, sink } = memoryLog({ meterProvider });
    audit.record({ first: true });
    await audit.roll();
    audit.record({ second: true });
    await audit.flush();
    const metrics = await read();
    const lines = sink.list().flatMap((segment) => Buffer.from(sink.bytes(segment)).toString().trimEnd().split('\n'));
    expect(values(metrics.get('spanseal.entry.written'))).toEqual({ [LOG]: lines.length });
    const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    expect(values(metrics.get('spanseal.entry.size'))).toEqual({ [LOG]: bytes });
    expect(values(metrics.get('spanseal.entry.lost'))).toEqual({ [LOG]: 0 });
    await audit.close();
  });

  test('tells of seals: how long they take, what waits for one and since when', async () => {
    const { meterProvider, read } = metering();
    let monotonic = 5_000;
    const clock = { now: () => 1_790_000_000_000 + monotonic, monotonic: () => monotonic };
    const { audit } = memoryLog({ meterProvider, clock });
    audit.record({ sealed: true });
    await audit.flush();
    expect(values((await read()).get('spanseal.seal.lag'))).toEqual({ [LOG]: 0 });
    audit.record({ waits: true });
    monotonic += 700;
    const metrics = await read();
    expect(values(metrics.get('spanseal.seal.lag'))).toEqual({ [LOG]: 0.7 });
    // The entry, and the seal of those before.
    expect(values(metrics.get('spanseal.entry.unsealed'))).toEqual({ [LOG]: 2 });
    expect(metrics.get('spanseal.seal.duration')?.descriptor.unit).toBe('s');
    expect(values(metrics.get('spanseal.seal.duration'))[LOG]).toMatchObject({ count: 1, min: 0, max: 0 });
    await audit.close();
    expect(values((await read()).get('spanseal.seal.duration'))[LOG]).toMatchObject({ count: 2 });
  });

  test('tells of failures: of the disk, and of the signer', async () => {
    const { meterProvider, read } = metering();
    let fails = false;
    const { sink } = watchedSink({
      append() {
        if (fails) throw diskFull();
      },
    });
    let refuses = false;
    const signer = {
      ...SIGNER,
      vkey: SIGNER.vkey,
      sign: (message: Uint8Array) => (refuses ? Promise.reject(new Error('no')) : SIGNER.sign(message)),
    };
    const audit = new AuditLog({ system: 'test', log: LOG, sink, signer, meterProvider });
    endSpans(audit, 3, CHAT);
    endSpans(audit, 2, { 'http.request.method': 'GET' });
    fails = true;
    endSpans(audit, 4, CHAT);
    audit.record({ lost: true });
    fails = false;
    refuses = true;
    audit.record({ unsealed: true });
    await audit.flush();
    const metrics = await read();
    expect(values(metrics.get('spanseal.entry.lost'))).toEqual({ [LOG]: 5 });
    expect(values(metrics.get('spanseal.seal.discarded'))).toEqual({ [LOG]: 1 });
    const spans = metrics.get('otel.sdk.processor.span.processed');
    expect(values(spans, 'error.type')).toEqual({ '': 5, write_failed: 4 });
    expect(spans?.dataPoints[0]?.attributes).toMatchObject({
      'otel.component.type': 'spanseal_audit_span_processor',
      'otel.component.name': expect.stringMatching(/^spanseal_audit_span_processor\/\d+$/) as unknown,
    });
    refuses = false;
    await audit.close();
  });

  test('tells of what is open', async () => {
    const { meterProvider, read } = metering();
    const { audit } = memoryLog({ meterProvider });
    const processor = new AuditSpanProcessor(audit);
    const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('test');
    tracer.startSpan('chat m', { attributes: CHAT });
    const decision = audit.startDecision({});
    const metrics = await read();
    expect(values(metrics.get('spanseal.span.open'))).toEqual({ [LOG]: 1 });
    expect(values(metrics.get('spanseal.decision.open'))).toEqual({ [LOG]: 1 });
    decision.end();
    await processor.shutdown();
    expect(values((await read()).get('spanseal.span.open'))).toEqual({ [LOG]: 0 });
  });

  test('refuses what is none', () => {
    expect(() => memoryLog({ meterProvider: {} as unknown as MeterProvider })).toThrow('`meterProvider` is');
  });
});

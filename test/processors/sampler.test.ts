import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, test } from 'vitest';

import { AuditSpanProcessor } from '../../processors/index.ts';
import { auditSampler, type AuditLog } from '../../src/index.ts';
import { memoryLog, ofType } from '../log.ts';
import { below, callsIn, CHAT, expectArithmetic, talliesIn, TOOL } from './recording.ts';

function provide(audit: AuditLog, sampler: Sampler): { provider: BasicTracerProvider; backend: InMemorySpanExporter } {
  const backend = new InMemorySpanExporter();
  const spanProcessors = [new AuditSpanProcessor(audit), new SimpleSpanProcessor(backend)];
  return { provider: new BasicTracerProvider({ sampler, spanProcessors }), backend };
}

/** A request, a call inside it, and a tool inside that. */
function trace(provider: BasicTracerProvider): void {
  const tracer = provider.getTracer('test');
  const request = tracer.startSpan('GET /');
  const call = tracer.startSpan('chat', { attributes: CHAT }, below(request));
  const tool = tracer.startSpan('tool', { attributes: TOOL }, below(call));
  for (const span of [tool, call, request]) span.end();
}

describe('auditSampler', () => {
  test('around one that drops everything: every call is on record, and nothing is exported', async () => {
    const { audit, sink } = memoryLog();
    const { provider, backend } = provide(audit, auditSampler(new AlwaysOffSampler(), { audit }));
    for (let round = 0; round < 3; round++) trace(provider);
    await provider.forceFlush();
    expect(backend.getFinishedSpans()).toEqual([]);
    await provider.shutdown();
    const entries = sink.entries();
    expect(callsIn(entries).map(({ type }) => type)).toEqual([1, 2, 3].flatMap(() => ['tool_call', 'llm_call']));
    expect(callsIn(entries).map(({ payload }) => payload.span?.sampled)).toEqual(Array(6).fill(false));
    expect(ofType(entries, 'audit_open')[0]?.payload['sampling']).toEqual({
      sampler: 'AlwaysOffSampler',
      record: 'all',
    });
    expect(talliesIn(entries).at(-1)?.spans).toMatchObject({ started: 9, recorded: 6, not_recorded: 0 });
  });

  test('around one that keeps a part: that part is exported as before', async () => {
    const { audit, sink } = memoryLog();
    const inner = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.5) });
    const { provider, backend } = provide(audit, auditSampler(inner, { audit }));
    for (let round = 0; round < 200; round++) trace(provider);
    const exported = backend.getFinishedSpans().length;
    await provider.shutdown();
    expect(exported % 3).toBe(0);
    expect(exported).toBeGreaterThan(150);
    expect(exported).toBeLessThan(450);
    const calls = callsIn(sink.entries());
    expect(calls).toHaveLength(400);
    expect(calls.filter(({ payload }) => payload.span?.sampled)).toHaveLength((exported / 3) * 2);
  });

  test('with a predicate: what it refuses is counted, in tallies whose arithmetic holds', async () => {
    const { audit, sink } = memoryLog();
    const record = ({ attributes }: { attributes: object }): boolean => 'gen_ai.operation.name' in attributes;
    const { provider } = provide(audit, auditSampler(new AlwaysOffSampler(), { record, audit }));
    trace(provider);
    trace(provider);
    await provider.shutdown();
    expect(callsIn(sink.entries())).toHaveLength(4);
    const [tally] = talliesIn(sink.entries()).slice(-1);
    expect(tally?.spans).toMatchObject({ started: 4, recorded: 4, not_recorded: 2, ignored: {} });
    expectArithmetic(tally!);
    expect(ofType(sink.entries(), 'audit_open')[0]?.payload['sampling']).toMatchObject({ record: 'predicate' });
  });

  test('with a predicate that throws records, and tells once', async () => {
    const { audit, sink } = memoryLog();
    const record = (): boolean => {
      throw new Error('no');
    };
    const { provider } = provide(audit, auditSampler(new AlwaysOffSampler(), { record }));
    trace(provider);
    await provider.shutdown();
    expect(callsIn(sink.entries())).toHaveLength(2);
  });

  test('leaves what the sampler records as it is, and says what it wraps', () => {
    const inner = new TraceIdRatioBasedSampler(1);
    const wrapped = auditSampler(inner);
    const args: Parameters<Sampler['shouldSample']> = [ROOT_CONTEXT, 'f'.repeat(32), 'x', SpanKind.CLIENT, {}, []];
    expect((wrapped as Sampler).shouldSample(...args)).toEqual(inner.shouldSample(ROOT_CONTEXT, 'f'.repeat(32)));
    expect(String(wrapped)).toBe('AuditSampler{TraceIdRatioBased{1}}');
    expect(() => auditSampler(undefined as never)).toThrow(/auditSampler wraps a sampler/);
    expect(() => auditSampler(inner, { record: 'some' as never })).toThrow(TypeError);
  });
});

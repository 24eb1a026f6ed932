import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, test } from 'vitest';

import { AuditSpanExporter } from '../../exporters/audit-span-exporter.ts';
import type { AuditLog } from '../../src/index.ts';
import { memoryLog, ofType, temporaryFolder, directoryLog, KEY } from '../log.ts';
import { verifyPath } from '../../src/index.ts';
import {
  below,
  callsIn,
  CHAT,
  counting,
  expectArithmetic,
  modelCalls,
  talliesIn,
  TOOL,
  usage,
} from '../processors/recording.ts';
import { EMITTERS, hasTruth, recordedSpans, scenariosOf, truthOf } from '../spans.ts';

function provide(audit: AuditLog): BasicTracerProvider {
  // It fits the SDK's own type as it is.
  const exporter: SpanExporter = new AuditSpanExporter(audit);
  return new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
}

describe('AuditSpanExporter', () => {
  test('records what a batch processor passes on, and closes the log with it', async () => {
    const { audit, sink } = memoryLog();
    const provider = provide(audit);
    const tracer = provider.getTracer('test');
    const outer = tracer.startSpan('chat', { attributes: { ...CHAT, ...usage(120, 34) } });
    const tool = tracer.startSpan('tool', { attributes: TOOL }, below(outer));
    const inner = tracer.startSpan('chat', { attributes: { ...CHAT, ...usage(120, 34) } }, below(outer));
    tracer.startSpan('GET /').end();
    // The parent ends first, as in some emitters.
    for (const span of [outer, tool, inner]) span.end();
    tracer.startSpan('chat', { attributes: CHAT }); // never ends: an exporter never hears of it
    await provider.shutdown();
    expect(audit.closed).toBe(true);
    const entries = sink.entries();
    expect(
      callsIn(entries)
        .map(({ type }) => type)
        .toSorted(),
    ).toEqual(['llm_call', 'llm_call', 'tool_call']);
    expect(modelCalls(entries).map(({ span_id: id }) => id)).toEqual([inner.spanContext().spanId]);
    expect(callsIn(entries).find(({ span_id: id }) => id === outer.spanContext().spanId)?.payload).toMatchObject({
      same_call: [{ span_id: inner.spanContext().spanId, basis: 'nesting' }],
      aggregate_usage: { input_tokens: 120, output_tokens: 34 },
    });
    expect(ofType(entries, 'audit_open')[0]?.payload['sampling']).toEqual({ source: 'exporter' });
    const [tally] = talliesIn(entries).slice(-1);
    expect(tally?.spans).toMatchObject({ started: 4, ended: 4, recorded: 3, ignored: { not_genai: 1 } });
    expectArithmetic(tally!);
  });

  test('counts what is no span, and records the rest of its batch', async () => {
    const { audit, sink } = memoryLog();
    const exporter = new AuditSpanExporter(audit);
    const results: unknown[] = [];
    const provider = new BasicTracerProvider({
      spanProcessors: [
        new BatchSpanProcessor({
          export: (spans, done) =>
            exporter.export([...spans, null, {}] as ReadableSpan[], (result) => {
              results.push(result.code);
              done(result);
            }),
          shutdown: () => exporter.shutdown(),
        }),
      ],
    });
    provider.getTracer('test').startSpan('chat', { attributes: CHAT }).end();
    await provider.forceFlush().catch(() => {});
    await provider.shutdown();
    expect(results).toEqual([1]);
    expect(callsIn(sink.entries())).toHaveLength(1);
    const [tally] = talliesIn(sink.entries()).slice(-1);
    expect(tally?.spans).toMatchObject({ started: 3, ended: 3, recorded: 1, ignored: { failed: 2 } });
  });

  test('what it wrote verifies like any other log', async () => {
    const directory = temporaryFolder();
    const provider = provide(directoryLog(directory));
    provider.getTracer('test').startSpan('chat', { attributes: CHAT }).end();
    await provider.forceFlush();
    await provider.shutdown();
    expect(await verifyPath(directory, { keys: [KEY.vkey] })).toMatchObject({ ok: true, problems: [] });
  });

  test('tells the SDK what could not be written, and throws nothing', async () => {
    const { audit } = memoryLog();
    const exporter = new AuditSpanExporter(audit, { closeLog: false });
    const [recorded] = recordedSpans('ai-sdk-v6', 'generateText-basic');
    const results: unknown[] = [];
    exporter.export([recorded!.span], (result) => results.push(result.code));
    await audit.close();
    exporter.export([recorded!.span], (result) => results.push(result));
    exporter.export([{} as never], (result) => results.push(result.code));
    expect(results).toEqual([
      0,
      { code: 1, error: expect.objectContaining({ message: expect.stringMatching(/^1 of 1 spans/) }) },
      1,
    ]);
    await exporter.shutdown();
  });

  test('spans that name each other as parents end where they began', () => {
    const { audit, sink } = memoryLog();
    const [{ span } = { span: undefined }] = recordedSpans('ai-sdk-v6', 'generateText-basic');
    const ids = ['a', 'b'].map((digit) => ({ ...span!.spanContext(), spanId: digit.repeat(16) }));
    const circle = [0, 1].map((at) => ({
      ...span!,
      spanContext: () => ids[at]!,
      parentSpanContext: ids[1 - at],
    }));
    new AuditSpanExporter(audit).export(circle, ({ code }) => expect(code).toBe(0));
    expect(callsIn(sink.entries())).toHaveLength(2);
  });

  const scenarios = EMITTERS.filter((emitter) => emitter.startsWith('ai-sdk')).flatMap((emitter) =>
    scenariosOf(emitter)
      .filter((scenario) => hasTruth(emitter, scenario))
      .map((scenario) => [emitter, scenario] as const),
  );

  test.each(scenarios)(
    '%s %s: one batch counts as the processor does, but for what never ended',
    async (emitter, scenario) => {
      const { audit, sink } = memoryLog();
      const spans = recordedSpans(emitter, scenario);
      const unended = spans.filter(({ ended }) => !ended).length;
      new AuditSpanExporter(audit).export(
        spans.filter(({ ended }) => ended).map(({ span }) => span),
        ({ code }) => expect(code).toBe(0),
      );
      await audit.close();
      const entries = sink.list().length === 0 ? [] : sink.entries();
      const { observable } = truthOf(emitter, scenario);
      if (unended === 0) expect(modelCalls(entries)).toHaveLength(observable.model_calls);
      else expect(modelCalls(entries).length).toBeLessThanOrEqual(observable.model_calls);
      expect(counting(entries).length).toBeLessThanOrEqual(spans.length);
    },
  );
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { blocksOf, MARKDOWN_FILES } from './markdown.ts';
import { runSnippet, startCollector, type Collector } from './run-snippet.ts';

/** Blocks fenced as `js run` are run; the `text` block behind one is what it prints. */

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

const snippets = MARKDOWN_FILES.flatMap((file) =>
  blocksOf(file).flatMap(({ info, code, line }, index, blocks) => {
    const next = blocks[index + 1];
    const prints = next?.info === 'text' ? next.code : undefined;
    return info === 'js run' ? [{ place: `${file}:${line}`, code, prints }] : [];
  }),
);

describe('code in the documentation', () => {
  test.each(snippets)('$place runs, and prints what it says', async ({ code, prints }) => {
    const run = await runSnippet(code, collector);
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    if (prints !== undefined) expect(run.stdout).toBe(prints);
  });

  test('the OpenTelemetry guide has code that runs', () => {
    expect(snippets.filter(({ place }) => place.startsWith('docs/opentelemetry.md:')).length).toBeGreaterThan(3);
  });
});

describe('NodeSDK({ spanProcessors })', () => {
  const program = (processors: string): string => `
    import { trace } from '@opentelemetry/api';
    import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
    import { NodeSDK } from '@opentelemetry/sdk-node';
    import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
    import { AuditLog, AuditSpanProcessor, memorySink } from 'spanseal';
    const audit = new AuditLog({ system: 'demo', sink: memorySink(), warnUnsigned: false });
    const sdk = new NodeSDK({ ${processors}, metricReaders: [], logRecordProcessors: [] });
    sdk.start();
    trace.getTracer('demo').startSpan('chat').end();
    await sdk.shutdown();`;
  const sent = async (processors: string): Promise<number> => {
    const own = await startCollector();
    try {
      const { stderr, status } = await runSnippet(program(processors), own);
      expect([status, stderr]).toEqual([0, '']);
      return own.received.filter((path) => path === '/v1/traces').length;
    } finally {
      await own.close();
    }
  };

  test('without it spans are exported', async () => {
    expect(await sent('serviceName: "demo"')).toBe(1);
  });

  test('alone it replaces the exporter, also one that is given as traceExporter', async () => {
    expect(await sent('spanProcessors: [new AuditSpanProcessor(audit)]')).toBe(0);
    const both = 'spanProcessors: [new AuditSpanProcessor(audit)], traceExporter: new OTLPTraceExporter()';
    expect(await sent(both)).toBe(0);
  });

  test('with the exporter in a processor of its own both work', async () => {
    const both = 'spanProcessors: [new AuditSpanProcessor(audit), new BatchSpanProcessor(new OTLPTraceExporter())]';
    expect(await sent(both)).toBe(1);
  });
});

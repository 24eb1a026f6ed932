import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { memoryLog, SIGNER } from './log.ts';

/** What the log does of itself leaves no spans: by the real SDK, whose own key it must be. */

const spans = new InMemorySpanExporter();
beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
});
afterEach(() => {
  context.disable();
  trace.disable();
});

test('a key service that is asked over an instrumented client makes no spans', async () => {
  const tracer = trace.getTracer('client');
  let asked = 0;
  const sign = async (message: Uint8Array): Promise<Uint8Array> => {
    asked++;
    tracer.startSpan('POST /sign').end();
    await Promise.resolve();
    tracer.startSpan('POST /sign again').end();
    return SIGNER.sign(message);
  };
  const { audit } = memoryLog({ signer: { vkey: SIGNER.vkey, sign } });
  await tracer.startActiveSpan('request', async (request) => {
    await audit.decision({}, async () => {
      audit.flag('x');
      await audit.flush();
    });
    request.end();
  });
  await audit.close();
  expect(asked).toBeGreaterThan(1);
  expect(spans.getFinishedSpans().map(({ name }) => name)).toEqual(['request']);
});

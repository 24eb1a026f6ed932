import { createOpenAI } from '@ai-sdk/openai';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { streamText } from 'ai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { startProvider, type StandInProvider } from '../../examples/provider/stand-in-provider.mjs';
import type { Decision } from '../../src/index.ts';
import { ofType } from '../log.ts';
import { modelCalls, Recording } from './recording.ts';

/**
 * Streams of the AI SDK, which are answered long after the callback that began them has settled: every call stands in
 * its decision, and `decision_end` after the last.
 */

let provider: StandInProvider;
let recording: Recording;

beforeEach(async () => {
  provider = await startProvider();
  recording = new Recording();
  trace.setGlobalTracerProvider(recording.provider);
});
afterEach(async () => {
  trace.disable();
  await recording.close();
  await provider.close();
});

const stream = () =>
  streamText({
    model: createOpenAI({ baseURL: provider.url, apiKey: 'none-needed' }).chat('gpt-4o'),
    prompt: 'Triage.',
    experimental_telemetry: { isEnabled: true },
  });

/** Lets what comes right after a stream's end come. */
const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 20);
  });

/** Two of each at once: neither takes the other's calls. */
async function expectBothComplete(managed: boolean, run: (id: string) => Promise<unknown>): Promise<void> {
  await Promise.all([run('a'), run('b')]);
  await settled();
  const { entries } = recording;
  for (const id of ['a', 'b']) {
    const own = entries.filter((entry) => entry.decision_id === id).map(({ type }) => type);
    expect(own.at(-1)).toBe('decision_end');
    // Without a context manager spans have no parents: the envelope, below which no call is seen, then stands for one.
    const calls = modelCalls(entries).filter((call) => call.decision_id === id);
    expect(calls.filter(({ payload }) => !('aggregated' in payload))).toHaveLength(1);
    if (managed) expect(calls).toHaveLength(1);
  }
  expect(modelCalls(entries).every(({ decision_id: id }) => id !== undefined)).toBe(true);
  expect(ofType(entries, 'decision_end').map(({ payload }) => payload.outcome)).toEqual(['completed', 'completed']);
}

describe.each([
  ['with a context manager', true],
  ['without one', false],
])('%s', (_, managed) => {
  beforeAll(() => {
    if (managed) {
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    }
  });
  afterAll(() => context.disable());

  const decide = <T>(id: string, fn: (decision: Decision) => T): T => recording.audit.decision({ id }, fn);

  test('streamText, given back before its first span has started, and waited for', async () => {
    await expectBothComplete(managed, async (id) => {
      let started = 0;
      const result = decide(id, (decision) => {
        const streaming = stream();
        started = recording.calls.length;
        decision.waitUntil(Promise.resolve(streaming.text));
        return streaming;
      });
      expect(started).toBe(0);
      expect(await result.text).not.toBe('');
    });
  });

  test('a Response, read by whoever asked', async () => {
    await expectBothComplete(managed, async (id) => {
      const response = decide(id, (decision) => {
        const answer = stream().toTextStreamResponse();
        return new Response(decision.bind(answer.body), answer);
      });
      expect(response.headers.get('content-type')).toContain('text/plain');
      expect(await response.text()).not.toBe('');
    });
  });

  test('an async generator, pulled from outside', async () => {
    await expectBothComplete(managed, async (id) => {
      const pieces = decide(id, async function* () {
        yield 'thinking';
        yield* stream().textStream;
      });
      let text = '';
      for await (const piece of pieces) text += piece;
      expect(text.length).toBeGreaterThan('thinking'.length);
    });
  });

  test('a text stream, bound', async () => {
    await expectBothComplete(managed, async (id) => {
      const pieces = decide(id, (decision) => decision.bind(stream().textStream));
      let text = '';
      for await (const piece of pieces) text += piece;
      expect(text).not.toBe('');
    });
  });
});

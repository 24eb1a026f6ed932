import { createRequire } from 'node:module';

import { createOpenAI } from '@ai-sdk/openai';
import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import { embed, embedMany, generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import type { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { startProvider, type StandInProvider } from '../../examples/provider/stand-in-provider.mjs';
import type { ContextAssemblyPayload, LlmCallPayload, ToolCallPayload } from '../../src/entry.ts';
import { auditSampler } from '../../src/index.ts';
import { counting, modelCalls, Recording, usageIn, type CallEntry, type RecordingOptions } from './recording.ts';

/**
 * Real client libraries and real instrumentations against a stand-in for the provider, which knows what was asked of it:
 * one call that counts for each request that arrived, whatever the number of spans.
 */

const MODEL = 'gpt-4o';
const MESSAGES = [{ role: 'user', content: 'Is the grandmother a pensioner?' }] as const;
/** Of one model call, as the stand-in answers. */
const CALL_USAGE = { input_tokens: 120, output_tokens: 34 };

let provider: StandInProvider;
let recording: Recording;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());
beforeEach(async () => {
  provider = await startProvider();
});
afterEach(async () => {
  trace.disable();
  await recording.close();
  await provider.close();
});

function record(options?: RecordingOptions): void {
  recording = new Recording(options);
  trace.setGlobalTracerProvider(recording.provider);
}

/** Requests that reached the provider, embeddings apart. */
function requests(): number {
  return provider.requests.filter(({ path }) => !path.endsWith('/embeddings')).length;
}

function payloads<T>(type: CallEntry['type']): T[] {
  return counting(recording.entries).flatMap((entry) => (entry.type === type ? [entry.payload as T] : []));
}

const calls = (): LlmCallPayload[] => payloads('llm_call');

/** Reads a stream, or its first pieces. */
async function read(stream: AsyncIterable<unknown>, pieces = Infinity): Promise<void> {
  let count = 0;
  for await (const piece of stream) {
    expect(piece).toBeDefined();
    if (++count >= pieces) return;
  }
}

/** What every entry of a call that went well says. */
function expectAnswered(call: LlmCallPayload, finish: string): void {
  expect(call).toMatchObject({
    outcome: 'ok',
    provider: 'openai',
    request_model: MODEL,
    response_model: `${MODEL}-2024-08-06`,
    response_id: expect.stringMatching(/^(chatcmpl-|resp_)[0-9a-f]{29}$/),
    finish_reasons: [finish],
    usage: CALL_USAGE,
  });
  expect(call.duration_ms).toBeGreaterThanOrEqual(0);
  expect(call.start_time).toMatch(/^\d{4}-/);
  expect(call).not.toHaveProperty('error');
}

function expectAllInDecision(id: string): void {
  for (const entry of recording.calls) {
    expect(entry.decision_id).toBe(id);
    expect(entry.payload).not.toHaveProperty('decision_basis');
  }
}

describe('the AI SDK', () => {
  const telemetry = { experimental_telemetry: { isEnabled: true } };
  const model = (name = MODEL, api: 'chat' | 'responses' = 'chat') =>
    createOpenAI({ baseURL: provider.url, apiKey: 'none-needed' })[api](name);
  const creditReport = tool({
    description: 'The credit report of an applicant.',
    inputSchema: z.object({ applicant: z.string().meta({ examples: ['A-1042'] }) }),
    execute: async ({ applicant }) => ({ applicant, score: 612 }),
  });
  const withTools = { tools: { credit_report: creditReport }, stopWhen: stepCountIs(4) };

  test.each(['chat', 'responses'] as const)('generateText with a tool, by %s', async (api) => {
    record();
    await recording.audit.decision({ id: 'd' }, () =>
      generateText({ model: model(MODEL, api), prompt: 'Triage.', ...withTools, ...telemetry }),
    );
    expect(requests()).toBe(2);
    const [first, second] = calls();
    expect(calls()).toHaveLength(2);
    expectAnswered(first!, 'tool_call');
    expectAnswered(second!, 'stop');
    expect(first).toMatchObject({
      tools_offered: ['credit_report'],
      tool_calls_requested: [{ name: 'credit_report' }],
    });
    expect(payloads('tool_call')).toMatchObject([
      {
        name: 'credit_report',
        outcome: 'ok',
        arguments: { applicant: 'A-1042' },
        call_id: first?.tool_calls_requested?.[0]?.id,
      },
    ]);
    expect(payloads('agent_invocation')).toMatchObject([
      { operation: 'ai.generateText', outcome: 'ok', aggregate_usage: { input_tokens: 240, output_tokens: 68 } },
    ]);
    expect(usageIn(recording.entries)).toEqual({ input_tokens: 240, output_tokens: 68 });
    const outer = recording.calls.find(({ type }) => type === 'agent_invocation');
    for (const entry of recording.calls) {
      expect(entry.trace_id).toBe(outer?.trace_id);
      expect(entry.parent_span_id).toBe(entry.span_id === outer?.span_id ? undefined : outer?.span_id);
    }
    expectAllInDecision('d');
  });

  test.each(['chat', 'responses'] as const)('streamText with a tool, read after the decision, by %s', async (api) => {
    record();
    const result = recording.audit.decision({ id: 'd' }, (decision) => {
      const streamed = streamText({ model: model(MODEL, api), prompt: 'Triage.', ...withTools, ...telemetry });
      decision.waitUntil(streamed.finishReason);
      return streamed;
    });
    let text = '';
    for await (const piece of result.textStream) text += piece;
    expect(text).not.toBe('');
    await result.finishReason;
    expect(requests()).toBe(2);
    expect(calls()).toHaveLength(2);
    expectAnswered(calls()[0]!, 'tool_call');
    expectAnswered(calls()[1]!, 'stop');
    for (const call of calls()) {
      expect(call.streaming).toBe(true);
      expect(call.time_to_first_chunk_ms).toBeGreaterThanOrEqual(0);
    }
    expect(payloads('tool_call')).toHaveLength(1);
    expect(usageIn(recording.entries)).toEqual({ input_tokens: 240, output_tokens: 68 });
    await recording.close();
    expectAllInDecision('d');
    const end = recording.entries.find(({ type }) => type === 'decision_end');
    expect(end?.payload).toMatchObject({ outcome: 'completed' });
  });

  test('generateObject', async () => {
    record();
    const schema = z.object({ risk: z.enum(['low', 'high']) });
    const { object } = await generateObject({ model: model(), prompt: 'How risky?', schema, ...telemetry });
    expect(object).toEqual({ risk: 'low' });
    expect(requests()).toBe(1);
    expect(calls()).toHaveLength(1);
    expectAnswered(calls()[0]!, 'stop');
    expect(usageIn(recording.entries)).toEqual(CALL_USAGE);
    for (const entry of recording.calls) expect(entry).not.toHaveProperty('decision_id');
  });

  test('embed and embedMany', async () => {
    record();
    await recording.audit.decision({ id: 'd' }, async () => {
      const embedder = createOpenAI({ baseURL: provider.url, apiKey: 'none-needed' }).embedding(
        'text-embedding-3-small',
      );
      await embed({ model: embedder, value: 'one', ...telemetry });
      await embedMany({ model: embedder, values: ['two', 'three'], ...telemetry });
    });
    expect(provider.requests).toHaveLength(2);
    const embeddings = payloads<ContextAssemblyPayload>('context_assembly');
    expect(embeddings).toHaveLength(2);
    for (const call of embeddings) {
      expect(call).toMatchObject({
        operation: 'embeddings',
        outcome: 'ok',
        provider: 'openai',
        request_model: 'text-embedding-3-small',
      });
    }
    expect(counting(recording.entries)).toHaveLength(2);
    expect(usageIn(recording.entries)).toEqual({ input_tokens: 24, output_tokens: 0 });
    expectAllInDecision('d');
  });

  test.each([
    ['error-429', 0, 'Rate limit reached for requests.'],
    ['error-500', 2, 'The server had an error while processing your request.'],
  ])('%s with %i retries: each attempt is an error of its own', async (name, maxRetries, message) => {
    record();
    const run = recording.audit.decision({ id: 'd' }, () =>
      generateText({ model: model(name), prompt: 'Triage.', maxRetries, ...telemetry }),
    );
    await expect(run).rejects.toThrow(message);
    expect(requests()).toBe(maxRetries + 1);
    expect(calls()).toHaveLength(maxRetries + 1);
    for (const call of calls()) {
      expect(call).toMatchObject({ outcome: 'error', request_model: name, error: { message } });
      expect(call).not.toHaveProperty('usage');
    }
    expect(payloads('agent_invocation')).toMatchObject([{ outcome: 'error' }]);
    expectAllInDecision('d');
    const end = recording.entries.find(({ type }) => type === 'decision_end');
    expect(end?.payload).toMatchObject({ outcome: 'failed', error: { message: expect.stringContaining(message) } });
  });

  test.each(['error-500', 'cut-stream'])('streamText of %s is recorded, and never as ok', async (name) => {
    record();
    const result = streamText({
      model: model(name),
      prompt: 'Triage.',
      maxRetries: 0,
      onError: () => undefined,
      ...telemetry,
    });
    await read(result.fullStream).catch(() => undefined);
    await recording.close();
    expect(requests()).toBe(1);
    expect(calls()).toHaveLength(1);
    expect(calls()[0]?.outcome).toBe(name === 'error-500' ? 'error' : 'unended');
  });

  test('a stream that is abandoned is recorded as unended when the application ends', async () => {
    record();
    const result = recording.audit.decision({ id: 'd' }, () =>
      streamText({ model: model(), prompt: 'Triage.', ...telemetry }),
    );
    await read(result.textStream, 1);
    expect(modelCalls(recording.entries)).toHaveLength(0);
    await recording.close();
    expect(requests()).toBe(1);
    expect(calls()).toMatchObject([{ outcome: 'unended', unended_because: 'shutdown', request_model: MODEL }]);
    expectAllInDecision('d');
  });

  test('twenty agents at a time keep to their decisions', async () => {
    record();
    await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        recording.audit.decision({ id: `d${number}` }, async (decision) => {
          const { text } = await generateText({ model: model(), prompt: 'Triage.', ...withTools, ...telemetry });
          decision.record({ text });
        }),
      ),
    );
    expect(requests()).toBe(40);
    expect(calls()).toHaveLength(40);
    for (let number = 0; number < 20; number++) {
      const own = counting(recording.entries).filter((entry) => entry.decision_id === `d${number}`);
      expect(own.map(({ type }) => type)).toEqual(['llm_call', 'tool_call', 'llm_call', 'agent_invocation']);
      const outer = own.at(-1);
      for (const entry of own.slice(0, -1)) expect(entry.parent_span_id).toBe(outer?.span_id);
      const [first, called] = own.map(({ payload }) => payload) as [LlmCallPayload, ToolCallPayload];
      expect(called.call_id).toBe(first.tool_calls_requested?.[0]?.id);
    }
    expect(usageIn(recording.entries)).toEqual({ input_tokens: 40 * 120, output_tokens: 40 * 34 });
  });
});

// One for all tests: it patches the client when that is required for the first time.
const instrumentation = new OpenAIInstrumentation();
instrumentation.setMeterProvider(metrics.getMeterProvider());
const { OpenAI: Client } = createRequire(import.meta.url)('openai') as { OpenAI: typeof OpenAI };

describe.each([true, false])('the openai client, instrumented by OpenTelemetry, content captured: %s', (content) => {
  let client: OpenAI;

  beforeEach(() => {
    instrumentation.setConfig({ captureMessageContent: content });
    client = new Client({ baseURL: provider.url, apiKey: 'none-needed', maxRetries: 0 });
  });

  function recordOpenAi(options?: RecordingOptions): void {
    record(options);
    instrumentation.setTracerProvider(recording.provider);
  }

  test('with a sampler that drops everything, wrapped: every call is on record', async () => {
    recordOpenAi({ sampler: (audit) => auditSampler(new AlwaysOffSampler(), { audit }) });
    await client.chat.completions.create({ model: MODEL, messages: [...MESSAGES] });
    expectAnswered(calls()[0]!, 'stop');
    expect(calls()[0]?.span?.sampled).toBe(false);
  });

  test('chat', async () => {
    recordOpenAi();
    await recording.audit.decision({ id: 'd' }, () =>
      client.chat.completions.create({ model: MODEL, messages: [...MESSAGES], temperature: 0.5 }),
    );
    expect(requests()).toBe(1);
    expect(recording.calls).toHaveLength(1);
    expectAnswered(calls()[0]!, 'stop');
    expect(calls()[0]).toMatchObject({
      operation: 'chat',
      parameters: { temperature: 0.5 },
      server: { address: '127.0.0.1', port: Number(new URL(provider.url).port) },
    });
    expectAllInDecision('d');
  });

  test('a chat that calls a tool', async () => {
    recordOpenAi();
    await client.chat.completions.create({
      model: MODEL,
      messages: [...MESSAGES],
      tools: [
        { type: 'function', function: { name: 'credit_report', parameters: { type: 'object', properties: {} } } },
      ],
    });
    expect(requests()).toBe(1);
    expectAnswered(calls()[0]!, 'tool_call');
  });

  test('a streamed chat, with usage and without', async () => {
    recordOpenAi();
    await recording.audit.decision({ id: 'd' }, async () => {
      for (const include_usage of [true, false]) {
        const stream = await client.chat.completions.create({
          model: MODEL,
          messages: [...MESSAGES],
          stream: true,
          stream_options: { include_usage },
        });
        await read(stream);
      }
    });
    expect(requests()).toBe(2);
    const [withUsage, without] = calls();
    expect(calls()).toHaveLength(2);
    expectAnswered(withUsage!, 'stop');
    expect(without).toMatchObject({ outcome: 'ok', finish_reasons: ['stop'] });
    expect(without).not.toHaveProperty('usage');
    expect(usageIn(recording.entries)).toEqual(CALL_USAGE);
    expectAllInDecision('d');
  });

  test('responses, whole and streamed', async () => {
    recordOpenAi();
    await client.responses.create({ model: MODEL, input: MESSAGES[0].content });
    await read(await client.responses.create({ model: MODEL, input: 'Again.', stream: true }));
    expect(requests()).toBe(2);
    expect(calls()).toHaveLength(2);
    for (const call of calls()) expect(call).toMatchObject({ request_model: MODEL, outcome: 'ok', usage: CALL_USAGE });
  });

  test('embeddings', async () => {
    recordOpenAi();
    await recording.audit.decision({ id: 'd' }, () =>
      client.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'] }),
    );
    expect(recording.calls).toHaveLength(1);
    expect(payloads('context_assembly')).toMatchObject([
      { operation: 'embeddings', outcome: 'ok', request_model: 'text-embedding-3-small', usage: { input_tokens: 16 } },
    ]);
    expectAllInDecision('d');
  });

  test.each([
    ['error-429', 'RateLimitError'],
    ['error-500', 'InternalServerError'],
  ])('%s', async (name, type) => {
    recordOpenAi();
    const run = recording.audit.decision({ id: 'd' }, () =>
      client.chat.completions.create({ model: name, messages: [...MESSAGES] }),
    );
    await expect(run).rejects.toThrow(/^\d{3} /);
    await expect(client.embeddings.create({ model: name, input: 'x' })).rejects.toThrow(/^\d{3} /);
    expect(requests()).toBe(1);
    expect(calls()).toMatchObject([{ outcome: 'error', request_model: name, error: { type } }]);
    expect(payloads('context_assembly')).toMatchObject([{ outcome: 'error', request_model: name, error: { type } }]);
    expect(calls()[0]).not.toHaveProperty('usage');
    expect(recording.calls.map((entry) => entry.decision_id)).toEqual(['d', undefined]);
  });

  test('a stream that is cut or abandoned, and an error that the instrumentation forgets, are never ok', async () => {
    recordOpenAi();
    const stream: { messages: OpenAI.ChatCompletionMessageParam[]; stream: true } = {
      messages: [...MESSAGES],
      stream: true,
    };
    const cut = await client.chat.completions.create({ model: 'cut-stream', ...stream });
    await expect(read(cut)).rejects.toThrow();
    await read(await client.chat.completions.create({ model: MODEL, ...stream }), 1);
    await expect(client.responses.create({ model: 'error-500', input: 'x', stream: true })).rejects.toThrow(/^500 /);
    await recording.close();
    expect(requests()).toBe(3);
    expect(calls()).toHaveLength(3);
    for (const call of calls()) expect(['unended', 'unknown', 'error']).toContain(call.outcome);
  });

  test('what the instrumentation captures enters the log only where the log captures it, too', async () => {
    for (const messages of ['none', 'inline'] as const) {
      recordOpenAi({ log: { capture: { messages } } });
      await client.chat.completions.create({ model: MODEL, messages: [...MESSAGES] });
      await client.responses.create({ model: MODEL, input: MESSAGES[0].content });
      await recording.close();
      const bytes = recording.sink.list().map((segment) => Buffer.from(recording.sink.bytes(segment)).toString());
      if (!content || messages === 'none') expect(bytes.join('')).not.toContain('grandmother');
      expect(calls()).toHaveLength(2);
    }
  });
});

test('the AI SDK and the instrumented client in one decision, below a span of the application', async () => {
  record();
  instrumentation.setTracerProvider(recording.provider);
  const span = await recording.audit.decision({ id: 'd' }, () =>
    trace.getTracer('application').startActiveSpan('triage', async (around) => {
      await generateText({
        model: createOpenAI({ baseURL: provider.url, apiKey: 'none-needed' }).chat(MODEL),
        prompt: 'Triage.',
        experimental_telemetry: { isEnabled: true },
      });
      const client = new Client({ baseURL: provider.url, apiKey: 'none-needed' });
      await client.chat.completions.create({ model: MODEL, messages: [...MESSAGES] });
      around.end();
      return around.spanContext();
    }),
  );
  expect(requests()).toBe(2);
  expect(calls().map(({ operation }) => operation)).toEqual(['chat', 'chat']);
  for (const call of calls()) expectAnswered(call, 'stop');
  expect(usageIn(recording.entries)).toEqual({ input_tokens: 240, output_tokens: 68 });
  const [sdkCall, sdkRun, clientCall] = recording.calls;
  expect(sdkRun).toMatchObject({ type: 'agent_invocation', parent_span_id: span.spanId });
  expect(sdkCall?.parent_span_id).toBe(sdkRun?.span_id);
  expect(clientCall?.parent_span_id).toBe(span.spanId);
  for (const entry of recording.calls) expect(entry.trace_id).toBe(span.traceId);
  expectAllInDecision('d');
});

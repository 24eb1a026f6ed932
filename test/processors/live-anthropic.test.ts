import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { startProvider, type StandInProvider } from '../../examples/provider/stand-in-provider.mjs';
import type { LlmCallPayload, ToolCallPayload } from '../../src/entry.ts';
import { counting, Recording, usageIn, type CallEntry, type RecordingOptions } from './recording.ts';

/** Anthropic's own SDK, which makes spans by itself, against the stand-in, which knows what was asked of it. */

const MODEL = 'claude-stand-in';
const ASK = {
  model: MODEL,
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'Is the grandmother well?' }],
};

let provider: StandInProvider;
let recording: Recording;
let client: Anthropic;

beforeAll(() => {
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

function record(options?: RecordingOptions, contentMode: 'content' | 'metadata_only' = 'metadata_only'): void {
  recording = new Recording(options);
  trace.disable();
  trace.setGlobalTracerProvider(recording.provider);
  client = new Anthropic({
    baseURL: new URL(provider.url).origin,
    apiKey: 'none-needed',
    maxRetries: 0,
    openTelemetry: { traces: { contentMode } },
  });
}

function payloads<T>(type: CallEntry['type']): T[] {
  return counting(recording.entries).flatMap((entry) => (entry.type === type ? [entry.payload as T] : []));
}

const calls = (): LlmCallPayload[] => payloads('llm_call');

const USAGE = { input_tokens: 120, output_tokens: 34, cache_read_input_tokens: 64, cache_write_input_tokens: 16 };

test('a message, whole and streamed', async () => {
  record();
  await recording.audit.decision({ id: 'd' }, async () => {
    await client.messages.create({ ...ASK, thinking: { type: 'enabled', budget_tokens: 1_024 } });
    for await (const event of await client.messages.create({ ...ASK, stream: true })) expect(event).toBeDefined();
  });
  expect(provider.requests.map(({ path }) => path)).toEqual(['/v1/messages', '/v1/messages']);
  expect(calls()).toHaveLength(2);
  for (const call of calls()) {
    expect(call).toMatchObject({
      outcome: 'ok',
      operation: 'chat',
      provider: 'anthropic',
      request_model: MODEL,
      response_model: MODEL,
      response_id: expect.stringMatching(/^msg_/),
      finish_reasons: ['stop'],
      usage: USAGE,
      instrumentation: { dialect: 'anthropic', scope: 'com.anthropic.sdk.typescript' },
    });
  }
  const [whole, streamed] = calls();
  expect(whole?.parameters).toEqual({ max_tokens: 100, thinking_type: 'enabled', thinking_budget_tokens: 1_024 });
  expect(streamed).toMatchObject({ streaming: true, time_to_first_chunk_ms: expect.any(Number) });
  for (const entry of recording.calls) expect(entry.decision_id).toBe('d');
});

test('a tool that the SDK runs, and the calls around it', async () => {
  record({ log: { capture: { toolResults: 'inline' } } }, 'content');
  const run = client.beta.messages.toolRunner({
    ...ASK,
    tools: [
      betaTool({
        name: 'credit_report',
        description: 'The credit report of an applicant.',
        inputSchema: { type: 'object', properties: { applicant: { type: 'string' } }, required: ['applicant'] },
        run: ({ applicant }) => `${applicant}: 612`,
      }),
    ],
  });
  await run;
  expect(provider.requests).toHaveLength(2);
  expect(calls().map(({ finish_reasons }) => finish_reasons)).toEqual([['tool_call'], ['stop']]);
  expect(calls()[0]?.tool_calls_requested).toMatchObject([{ name: 'credit_report' }]);
  expect(payloads<ToolCallPayload>('tool_call')).toMatchObject([
    {
      name: 'credit_report',
      outcome: 'ok',
      call_id: calls()[0]?.tool_calls_requested?.[0]?.id,
      arguments: { applicant: 'A-1042' },
      result: [{ type: 'text', text: 'A-1042: 612' }],
    },
  ]);
  expect(payloads('agent_invocation')).toMatchObject([{ operation: 'invoke_agent', outcome: 'ok' }]);
  expect(usageIn(recording.entries)).toEqual({ input_tokens: 240, output_tokens: 68 });
});

test.each([
  ['error-429', 'rate_limit_error'],
  ['error-500', 'api_error'],
])('%s', async (model, type) => {
  record();
  await expect(client.messages.create({ ...ASK, model })).rejects.toThrow(/^\d{3} /);
  expect(calls()).toMatchObject([{ outcome: 'error', request_model: model, error: { type } }]);
  expect(calls()[0]).not.toHaveProperty('usage');
});

test('a stream that is cut, one that is abandoned and a call that is aborted are never ok', async () => {
  record();
  const cut = await client.messages.create({ ...ASK, model: 'cut-stream', stream: true });
  await expect(
    (async () => {
      for await (const event of cut) expect(event).toBeDefined();
    })(),
  ).rejects.toThrow();
  for await (const event of await client.messages.create({ ...ASK, stream: true })) {
    if (event.type === 'content_block_delta') break;
  }
  const aborted = new AbortController();
  const call = client.messages.create(ASK, { signal: aborted.signal });
  aborted.abort();
  await expect(call).rejects.toThrow();
  expect(calls().map(({ outcome }) => outcome)).toEqual(['error', 'unknown', 'unknown']);
});

test('counting tokens is no call of a model, and content enters the log only where the log captures it, too', async () => {
  for (const messages of ['none', 'inline'] as const) {
    record({ log: { capture: { messages } } }, 'content');
    await client.messages.countTokens({ model: MODEL, messages: ASK.messages }).catch(() => undefined);
    await client.messages.create(ASK);
    await recording.close();
    expect(recording.calls).toHaveLength(1);
    const { input_messages, output_messages } = calls()[0]!;
    const content = JSON.stringify([input_messages, output_messages]);
    expect(content.includes('grandmother')).toBe(messages === 'inline');
    expect(content.includes('Refer the application')).toBe(messages === 'inline');
  }
});

import { createOpenAI } from '@ai-sdk/openai';
import { embed, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import OpenAI, { InternalServerError, type APIError } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startProvider, type StandInProvider } from '../../examples/provider/stand-in-provider.mjs';

/** The stand-in is believed by the tests of everything else: what real clients make of it is checked here. */
let provider: StandInProvider;
let client: OpenAI;

beforeAll(async () => {
  provider = await startProvider({ answer: 'It is fine.' });
  client = new OpenAI({ baseURL: provider.url, apiKey: 'none-needed', maxRetries: 0 });
});
afterAll(() => provider.close());

const messages = [{ role: 'user' as const, content: 'Is it?' }];
const score = {
  type: 'function' as const,
  function: {
    name: 'score',
    parameters: {
      type: 'object',
      properties: { applicant: { type: 'string', examples: ['B-7'] }, years: { type: 'integer', minimum: 2 } },
    },
  },
};

test('a chat completion', async () => {
  const answer = await client.chat.completions.create({ model: 'gpt-4o', messages });
  expect(answer.id).toMatch(/^chatcmpl-[0-9a-f]{29}$/);
  expect(answer.model).toBe('gpt-4o-2024-08-06');
  expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'It is fine.' } });
  expect(answer.usage).toMatchObject({
    prompt_tokens: 120,
    completion_tokens: 34,
    prompt_tokens_details: { cached_tokens: 64 },
    completion_tokens_details: { reasoning_tokens: 12 },
  });
  expect(provider.requests.at(-1)).toEqual({ path: '/v1/chat/completions', body: { model: 'gpt-4o', messages } });
});

test.each([true, false])('a streamed chat completion, with usage: %s', async (include_usage) => {
  const stream = await client.chat.completions.create({
    model: 'gpt-4o',
    messages,
    stream: true,
    stream_options: { include_usage },
  });
  let text = '';
  const usages: unknown[] = [];
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    if (chunk.usage) usages.push(chunk.usage.total_tokens);
  }
  expect(text).toBe('It is fine.');
  expect(usages).toEqual(include_usage ? [154] : []);
});

test('a tool is called until its result is there', async () => {
  const first = await client.chat.completions.create({ model: 'gpt-4o', messages, tools: [score] });
  const [call] = first.choices[0]?.message.tool_calls ?? [];
  expect(first.choices[0]?.finish_reason).toBe('tool_calls');
  expect(call).toMatchObject({ function: { name: 'score', arguments: '{"applicant":"B-7","years":2}' } });
  const second = await client.chat.completions.create({
    model: 'gpt-4o',
    tools: [score],
    messages: [
      ...messages,
      { role: 'assistant', tool_calls: [call!] },
      { role: 'tool', tool_call_id: call!.id, content: '0.7' },
    ],
  });
  expect(second.choices[0]?.message.content).toBe('It is fine.');
});

test('a streamed tool call', async () => {
  const runner = client.chat.completions.stream({ model: 'gpt-4o', messages, tools: [score] });
  const { choices } = await runner.finalChatCompletion();
  expect(choices[0]?.message.tool_calls?.[0]).toMatchObject({
    function: { name: 'score', arguments: '{"applicant":"B-7","years":2}' },
  });
});

test('an answer that meets a schema', async () => {
  const answer = await client.chat.completions.create({
    model: 'gpt-4o',
    messages,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'r', schema: { type: 'object', properties: { risk: { enum: ['high', 'low'] } } } },
    },
  });
  expect(answer.choices[0]?.message.content).toBe('{"risk":"high"}');
});

test('the responses API, whole and as a stream, with a tool', async () => {
  const tools = [{ type: 'function' as const, name: 'score', parameters: score.function.parameters, strict: false }];
  const whole = await client.responses.create({ model: 'gpt-4o', input: 'Is it?' });
  expect(whole).toMatchObject({ status: 'completed', output_text: 'It is fine.', usage: { total_tokens: 154 } });
  const text = await client.responses.stream({ model: 'gpt-4o', input: 'Is it?' }).finalResponse();
  expect(text.output_text).toBe('It is fine.');
  const called = await client.responses.stream({ model: 'gpt-4o', input: 'Is it?', tools }).finalResponse();
  const [call] = called.output;
  expect(call).toMatchObject({ type: 'function_call', name: 'score', arguments: '{"applicant":"B-7","years":2}' });
  const answered = await client.responses.create({
    model: 'gpt-4o',
    tools,
    input: [
      call as OpenAI.Responses.ResponseFunctionToolCall,
      {
        type: 'function_call_output',
        call_id: (call as OpenAI.Responses.ResponseFunctionToolCall).call_id,
        output: '0.7',
      },
    ],
  });
  expect(answered.output_text).toBe('It is fine.');
});

test('embeddings, in both encodings', async () => {
  const decoded = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] });
  expect(decoded.data).toHaveLength(2);
  expect(decoded.data[1]?.embedding).toHaveLength(1_536);
  expect(decoded.usage.prompt_tokens).toBe(16);
  const floats = await client.embeddings.create({
    model: 'text-embedding-3-small',
    input: 'a',
    encoding_format: 'float',
    dimensions: 4,
  });
  expect(floats.data[0]?.embedding).toEqual(Array.from(new Float32Array(4).fill(0.025)));
});

test('failures, by model name or header', async () => {
  await expect(client.chat.completions.create({ model: 'error-429', messages })).rejects.toMatchObject({
    status: 429,
    code: 'rate_limit_exceeded',
  });
  const failed = client.responses.create({ model: 'gpt-4o', input: 'x' }, { headers: { 'x-stand-in': 'error-500' } });
  const error = await failed.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(InternalServerError);
  expect((error as APIError).headers?.get('retry-after')).toBe('1');
  await expect(client.embeddings.create({ model: 'cut-stream', input: 'a' })).rejects.toThrow();
  const stream = await client.chat.completions.create({ model: 'cut-stream', messages, stream: true });
  let chunks = 0;
  await expect(
    (async () => {
      for await (const chunk of stream) chunks += chunk.choices.length;
    })(),
  ).rejects.toThrow();
  expect(chunks).toBeGreaterThan(0);
  await expect(client.models.list()).rejects.toMatchObject({ status: 404 });
});

test('the AI SDK: both APIs, tools, a stream, an embedding', async () => {
  const openai = createOpenAI({ baseURL: provider.url, apiKey: 'none-needed' });
  const tools = {
    score: tool({
      inputSchema: jsonSchema<{ applicant: string }>(score.function.parameters as never),
      execute: ({ applicant }) => applicant,
    }),
  };
  for (const model of [openai('gpt-4o'), openai.chat('gpt-4o')]) {
    const { steps, text, totalUsage } = await generateText({
      model,
      prompt: 'Is it?',
      tools,
      stopWhen: stepCountIs(3),
    });
    expect(steps).toHaveLength(2);
    expect(steps[0]?.toolResults[0]?.output).toBe('B-7');
    expect(text).toBe('It is fine.');
    expect(totalUsage).toMatchObject({ inputTokens: 240, outputTokens: 68 });
    expect(await streamText({ model, prompt: 'Is it?' }).text).toBe('It is fine.');
  }
  const { embedding } = await embed({ model: openai.embedding('text-embedding-3-small'), value: 'a' });
  expect(embedding).toHaveLength(1_536);
});

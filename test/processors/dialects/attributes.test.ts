import { describe, expect, test } from 'vitest';

import type { MappedSpan } from '../../../processors/dialects/dialect.ts';
import { dialectOf } from './dialect-of.ts';
import { openTelemetry } from '../../../processors/dialects/opentelemetry.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import { DEFAULT_CAPTURE } from '../../../src/capture.ts';
import { spanOf } from '../../spans.ts';

/** Every attribute of a model call, under its current name and those that came before or beside it. */

const chat = (
  attributes: Readonly<Record<string, unknown>>,
  more?: Partial<SpanSnapshot>,
  messages = false,
): MappedSpan => {
  const span = spanOf({ 'gen_ai.operation.name': 'chat', ...attributes }, more);
  const mapped = openTelemetry.map(span, { ...DEFAULT_CAPTURE, messages: messages ? 'inline' : 'none' });
  if (mapped === undefined) throw new Error('not mapped');
  return mapped;
};

describe('recognition', () => {
  test.each(['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.system', 'mcp.method.name'])('%s', (key) => {
    expect(dialectOf({ [key]: 'x' }, 'any')?.name).toBe('opentelemetry');
  });

  test('other spans are nobody’s', () => {
    expect(dialectOf({ 'http.route': '/' }, 'gen_ai')).toBeUndefined();
    expect(dialectOf({}, 'ai')).toBeUndefined();
  });
});

describe('one attribute, one member', () => {
  test.each([
    [{ 'gen_ai.provider.name': 'openai' }, { provider: 'openai' }],
    [{ 'gen_ai.system': 'vertex_ai' }, { provider: 'gcp.vertex_ai', provider_raw: 'vertex_ai' }],
    [{ 'gen_ai.request.model': 'm' }, { request_model: 'm' }],
    [{ 'gen_ai.response.model': 'm' }, { response_model: 'm' }],
    [{ 'gen_ai.response.id': 'r' }, { response_id: 'r' }],
    [{ 'gen_ai.response.finish_reasons': ['stop'] }, { finish_reasons: ['stop'] }],
    [{ 'gen_ai.response.finish_reason': 'stop' }, { finish_reasons: ['stop'] }],
    [{ 'gen_ai.request.max_tokens': 9 }, { parameters: { max_tokens: 9 } }],
    [{ 'gen_ai.request.temperature': 0.5 }, { parameters: { temperature: 0.5 } }],
    [{ 'gen_ai.request.top_p': 0.5 }, { parameters: { top_p: 0.5 } }],
    [{ 'gen_ai.request.top_k': 4 }, { parameters: { top_k: 4 } }],
    [{ 'llm.top_k': 4 }, { parameters: { top_k: 4 } }],
    [{ 'gen_ai.request.frequency_penalty': 0.5 }, { parameters: { frequency_penalty: 0.5 } }],
    [{ 'llm.frequency_penalty': 0.5 }, { parameters: { frequency_penalty: 0.5 } }],
    [{ 'gen_ai.request.presence_penalty': 0.5 }, { parameters: { presence_penalty: 0.5 } }],
    [{ 'llm.presence_penalty': 0.5 }, { parameters: { presence_penalty: 0.5 } }],
    [{ 'gen_ai.request.stop_sequences': ['a', 'b'] }, { parameters: { stop_sequences: ['a', 'b'] } }],
    [{ 'gen_ai.request.stop_sequences': '["a","b"]' }, { parameters: { stop_sequences: ['a', 'b'] } }],
    [{ 'llm.chat.stop_sequences': 'END' }, { parameters: { stop_sequences: ['END'] } }],
    [{ 'gen_ai.request.seed': 0 }, { parameters: { seed: 0 } }],
    [{ 'gen_ai.openai.request.seed': 7 }, { parameters: { seed: 7 } }],
    [{ 'gen_ai.request.choice.count': 2 }, { parameters: { choice_count: 2 } }],
    [{ 'gen_ai.request.encoding_formats': ['float'] }, { parameters: { encoding_formats: ['float'] } }],
    [{ 'gen_ai.request.reasoning.level': 'high' }, { parameters: { reasoning_level: 'high' } }],
    [{ 'gen_ai.request.previous_response.id': 'r0' }, { parameters: { previous_response_id: 'r0' } }],
    [{ 'gen_ai.output.type': 'json' }, { parameters: { output_type: 'json' } }],
    [{ 'gen_ai.openai.request.response_format': 'json_schema' }, { parameters: { output_type: 'json_schema' } }],
    [{ 'openai.request.service_tier': 'flex' }, { parameters: { service_tier: 'flex' } }],
    [{ 'gen_ai.openai.request.service_tier': 'flex' }, { parameters: { service_tier: 'flex' } }],
    [{ 'aws.bedrock.guardrail.id': 'g-1' }, { parameters: { guardrail_id: 'g-1' } }],
    [{ 'openai.api.type': 'responses' }, { parameters: { api_type: 'responses' } }],
    [{ 'gen_ai.request.stream': true }, { streaming: true }],
    [{ 'gen_ai.request.is_stream': false }, { streaming: false }],
    [{ 'gen_ai.response.streaming': true }, { streaming: true }],
    [{ 'gen_ai.response.time_to_first_chunk': 0.0154 }, { time_to_first_chunk_ms: 15 }],
    [{ 'gen_ai.client.operation.time_to_first_chunk': 1.5 }, { time_to_first_chunk_ms: 1500 }],
    [{ 'gen_ai.server.time_to_first_token': 0.25 }, { time_to_first_chunk_ms: 250 }],
    [{ 'gen_ai.usage.cost': 0.000_123 }, { cost: { amount: '0.000123' } }],
    [{ 'gen_ai.usage.total_cost': '1.50' }, { cost: { amount: '1.50' } }],
    [{ 'operation.cost': 1.5e-7 }, { cost: { amount: '0.00000015' } }],
    [{ 'gen_ai.cost.total_tokens': 2 }, { cost: { amount: '2' } }],
    [{ 'gen_ai.agent.id': 'a', 'gen_ai.agent.name': 'n' }, { agent: { id: 'a', name: 'n' } }],
    [{ 'gen_ai.conversation.id': 'c' }, { conversation_id: 'c' }],
    [{ 'gen_ai.session.id': 'c' }, { conversation_id: 'c' }],
    [{ 'session.id': 'c' }, { conversation_id: 'c' }],
    [{ 'user.id': 'u' }, { user_id: 'u' }],
    [{ 'gen_ai.user.id': 'u' }, { user_id: 'u' }],
    [{ 'gen_ai.request.user': 'u' }, { user_id: 'u' }],
    [{ 'enduser.id': 'u' }, { user_id: 'u' }],
    [{ 'server.address': 'h', 'server.port': 443 }, { server: { address: 'h', port: 443 } }],
    [{ 'cloud.region': 'eu-west-1' }, { server: { region: 'eu-west-1' } }],
    [{ 'gen_ai.prompt.name': 'p', 'gen_ai.prompt.version': '2' }, { prompt: { name: 'p', version: '2' } }],
  ])('%o', (attributes, expected) => {
    expect(chat(attributes).payload).toEqual({ operation: 'chat', ...expected });
  });
});

describe('token counts', () => {
  test.each([
    ['input_tokens', 'gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens', 'llm.usage.prompt_tokens'],
    ['output_tokens', 'gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens', 'llm.usage.completion_tokens'],
    [
      'cache_read_input_tokens',
      'gen_ai.usage.cache_read.input_tokens',
      'gen_ai.usage.cache_read_input_tokens',
      'gen_ai.usage.input_tokens.cached',
      'gen_ai.usage.prompt_tokens_details.cache_read',
      'gen_ai.usage.details.cache_read_tokens',
    ],
    [
      'cache_write_input_tokens',
      'gen_ai.usage.cache_write.input_tokens',
      'gen_ai.usage.cache_creation.input_tokens',
      'gen_ai.usage.cache_creation_input_tokens',
      'gen_ai.usage.cache_write_input_tokens',
      'gen_ai.usage.input_tokens.cache_write',
      'gen_ai.usage.prompt_tokens_details.cache_write',
      'gen_ai.usage.details.cache_write_tokens',
    ],
    [
      'reasoning_output_tokens',
      'gen_ai.usage.reasoning.output_tokens',
      'gen_ai.usage.reasoning_tokens',
      'gen_ai.usage.output_tokens.reasoning',
      'gen_ai.usage.details.reasoning_tokens',
      'gen_ai.usage.completion_tokens_details.reasoning',
    ],
    ['total_tokens', 'gen_ai.usage.total_tokens', 'llm.usage.total_tokens'],
  ])('%s', (member, ...names) => {
    for (const name of names) expect(chat({ [name]: 7 }).usage).toEqual({ [member]: 7 });
    // The current name wins over those behind it; one that is of no use does not.
    expect(chat(Object.fromEntries(names.map((name, index) => [name, index]))).usage).toEqual({ [member]: 0 });
    const [current = '', older = ''] = names;
    expect(chat({ [current]: Number.NaN, [older]: 5 }).usage).toEqual({ [member]: 5 });
  });

  test('a total is never computed', () => {
    expect(chat({ 'gen_ai.usage.input_tokens': 1, 'gen_ai.usage.output_tokens': 2 }).usage).toEqual({
      input_tokens: 1,
      output_tokens: 2,
    });
  });

  test.each([Number.NaN, -1, 1.5, Infinity, 2 ** 53, '12', null, true, [3], {}])('%o is no count', (value) => {
    expect(chat({ 'gen_ai.usage.input_tokens': value }).usage).toBeUndefined();
  });
});

describe('tools offered and asked for, whatever is captured', () => {
  test.each([
    ['[{"type":"function","name":"a"},{"name":"b"}]', ['a', 'b']],
    ['[{"type":"function","function":{"name":"a"}}]', ['a']],
    [
      ['{"name":"a"}', 'b'],
      ['a', 'b'],
    ],
    ['["get_weather"]', ['get_weather']],
    ['no JSON', undefined],
  ])('definitions %o', (definitions, names) => {
    const { payload } = chat({ 'gen_ai.tool.definitions': definitions });
    expect(payload).toEqual({
      operation: 'chat',
      ...(names === undefined ? {} : { tools_offered: names }),
      tools_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('the digest is of the text as the span holds it', () => {
    // printf '[{"name":"a"}]' | sha256sum
    expect(chat({ 'gen_ai.tool.definitions': '[{"name":"a"}]' }).payload).toMatchObject({
      tools_digest: 'd434bc384a9f8eba930c115a06b09769bc5577707f70656ff5f7f47445a8fbbf',
    });
  });

  test.each(['gen_ai.request.available_tools', 'gen_ai.agent.tools'])('%s', (name) => {
    expect(chat({ [name]: '["a"]' }).payload).toMatchObject({ tools_offered: ['a'] });
  });

  test('one attribute a tool', () => {
    const { payload } = chat({ 'llm.request.functions.0.name': 'a', 'llm.request.functions.1.name': 'b' });
    expect(payload).toMatchObject({ tools_offered: ['a', 'b'] });
  });

  const call = { id: 'c1', name: 'get' };
  test.each([
    ['parts', [{ role: 'assistant', parts: [{ type: 'tool_call', ...call, arguments: {} }] }]],
    ['OpenAI', [{ role: 'assistant', tool_calls: [{ id: 'c1', function: { name: 'get', arguments: '' } }] }]],
    ['Anthropic', [{ role: 'assistant', content: [{ type: 'tool_use', ...call, input: {} }] }]],
    ['AI SDK', [{ role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'get' }] }]],
    ['one message', { parts: [{ type: 'tool_call', ...call }] }],
  ])('asked for in messages: %s', (_, messages) => {
    const { payload } = chat({ 'gen_ai.output.messages': JSON.stringify(messages) });
    expect(payload).toEqual({ operation: 'chat', tool_calls_requested: [call] });
  });
});

/** The captured messages of a call; without capture none of them is in its payload. */
const messages = (attributes: Readonly<Record<string, unknown>>, events: SpanSnapshot['events'] = []): object => {
  const { operation: _, ...payload } = chat(attributes, { events }, true).payload as Readonly<Record<string, unknown>>;
  expect(JSON.stringify(chat(attributes, { events }).payload)).not.toMatch(/"h[io]"|be brief/);
  return payload;
};
const event = (name: string, attributes: Readonly<Record<string, unknown>>) => ({ name, timeMillis: 0, attributes });

describe('messages, in the four generations', () => {
  const INPUT = [{ role: 'user', parts: [{ type: 'text', content: 'hi' }] }];
  const OUTPUT = [{ role: 'assistant', parts: [{ type: 'text', content: 'ho' }], finish_reason: 'stop' }];

  test('current: on the span', () => {
    expect(
      messages({
        'gen_ai.system_instructions': 'be brief',
        'gen_ai.input.messages': JSON.stringify(INPUT),
        'gen_ai.output.messages': JSON.stringify(OUTPUT),
      }),
    ).toEqual({
      system_instructions: 'be brief',
      input_messages: INPUT,
      output_messages: OUTPUT,
      finish_reasons: ['stop'],
    });
  });

  test('current: on an event', () => {
    const details = event('gen_ai.client.inference.operation.details', {
      'gen_ai.system_instructions': '[{"type":"text","content":"be brief"}]',
      'gen_ai.input.messages': JSON.stringify(INPUT),
      'gen_ai.output.messages': JSON.stringify(OUTPUT),
    });
    expect(messages({}, [details])).toEqual({
      system_instructions: [{ type: 'text', content: 'be brief' }],
      input_messages: INPUT,
      output_messages: OUTPUT,
      finish_reasons: ['stop'],
    });
  });

  test('structured, where the API allows it', () => {
    expect(messages({ 'gen_ai.input.messages': INPUT, 'gen_ai.output.messages': OUTPUT })).toEqual({
      input_messages: INPUT,
      output_messages: OUTPUT,
      finish_reasons: ['stop'],
    });
  });

  test('flattened', () => {
    expect(
      messages({
        'gen_ai.prompt.0.role': 'system',
        'gen_ai.prompt.0.content': 'be brief',
        'gen_ai.prompt.1.role': 'user',
        'gen_ai.prompt.1.content': 'hi',
        'gen_ai.completion.0.role': 'assistant',
        'gen_ai.completion.0.finish_reason': 'tool_calls',
        'gen_ai.completion.0.tool_calls.0.id': 'c1',
        'gen_ai.completion.0.tool_calls.0.name': 'get',
        'gen_ai.completion.0.tool_calls.0.arguments': '{"a":1}',
      }),
    ).toEqual({
      input_messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'hi' },
      ],
      output_messages: [
        {
          role: 'assistant',
          finish_reason: 'tool_calls',
          tool_calls: [{ id: 'c1', name: 'get', arguments: { a: 1 } }],
        },
      ],
      finish_reasons: ['tool_call'],
      tool_calls_requested: [{ id: 'c1', name: 'get' }],
    });
  });

  test('whole attributes', () => {
    expect(messages({ 'gen_ai.prompt': '[{"role":"user","content":"hi"}]', 'gen_ai.completion': 'ho' })).toEqual({
      input_messages: [{ role: 'user', content: 'hi' }],
      output_messages: 'ho',
    });
  });

  test('whole events', () => {
    expect(
      messages({}, [
        event('gen_ai.content.prompt', { 'gen_ai.prompt': '[{"role":"user","content":"hi"}]' }),
        event('gen_ai.content.completion', { 'gen_ai.completion': '[{"role":"assistant","content":"ho"}]' }),
      ]),
    ).toEqual({
      input_messages: [{ role: 'user', content: 'hi' }],
      output_messages: [{ role: 'assistant', content: 'ho' }],
    });
  });

  test('one event a message', () => {
    expect(
      messages({}, [
        event('gen_ai.system.message', { content: 'be brief', 'gen_ai.system': 'openai' }),
        event('gen_ai.user.message', { content: 'hi' }),
        event('gen_ai.assistant.message', { tool_calls: '[{"id":"c0","function":{"name":"get"}}]' }),
        event('gen_ai.tool.message', { id: 'c0', content: '21' }),
        event('log', { 'event.name': 'gen_ai.user.message', 'gen_ai.event.content': '{"content":"hi"}' }),
        event('gen_ai.choice', {
          index: 0,
          finish_reason: 'tool_calls',
          message: '{"content":"ho","tool_calls":[{"id":"c1","function":{"name":"get"}}]}',
        }),
      ]),
    ).toEqual({
      input_messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'hi' },
        { role: 'assistant', tool_calls: [{ id: 'c0', function: { name: 'get' } }] },
        { role: 'tool', id: 'c0', content: '21' },
        { role: 'user', content: { content: 'hi' } },
      ],
      output_messages: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: { content: 'ho', tool_calls: [{ id: 'c1', function: { name: 'get' } }] },
        },
      ],
      finish_reasons: ['tool_call'],
      tool_calls_requested: [{ id: 'c1', name: 'get' }],
    });
  });
});

import { describe, expect, test } from 'vitest';

import { langfuse } from '../../../processors/dialects/langfuse.ts';
import { recordedSpans, spanOf } from '../../spans.ts';
import { EVERYTHING, NOTHING } from './known.ts';

const map = (type: string, attributes: Record<string, unknown> = {}, capture = EVERYTHING, more = {}) =>
  langfuse.map(
    spanOf(
      {
        'langfuse.observation.type': type,
        ...Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [`langfuse.observation.${name}`, value]),
        ),
      },
      { name: 'n', scope: { name: 'langfuse-sdk', version: '5.11.1' }, ...more },
    ),
    capture,
  );

test('an open span is known by its scope, before it has a type', () => {
  expect(langfuse.recognises({}, 'langfuse-sdk')).toBe(true);
  expect(langfuse.recognises({ 'langfuse.observation.type': 'tool' }, 'mine')).toBe(true);
  expect(langfuse.recognises({ 'langfuse.environment': 'test' }, 'mine')).toBe(false);
});

describe('usage', () => {
  const usage = (details: object) => map('generation', { usage_details: JSON.stringify(details) })?.usage;

  test('parts that were taken out come back in where they make up the total', () => {
    expect(usage({ input: 56, output: 22, total: 154, input_cached_tokens: 64, output_reasoning_tokens: 12 })).toEqual({
      input_tokens: 120,
      output_tokens: 34,
      cache_read_input_tokens: 64,
      reasoning_output_tokens: 12,
      total_tokens: 154,
    });
    expect(
      usage({ input: 40, output: 34, cache_read_input_tokens: 64, cache_creation_input_tokens: 16, total: 154 }),
    ).toMatchObject({ input_tokens: 120, output_tokens: 34, cache_write_input_tokens: 16 });
  });

  test.each([
    ['they are in', { input: 120, output: 34, total: 154, input_cached_tokens: 64 }, [120, 34]],
    ['there is no total', { input: 56, output: 34, input_cached_tokens: 64 }, [56, 34]],
    ['the total is another', { input: 56, output: 34, total: 99, input_cached_tokens: 64 }, [56, 34]],
    ['a part is of neither side', { input: 56, output: 34, total: 100, images: 10 }, [56, 34]],
  ])('and stay out where %s', (_, details, [input, output]) => {
    expect(usage(details)).toMatchObject({ input_tokens: input, output_tokens: output });
  });

  test('names of clients', () => {
    expect(usage({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 })).toEqual({
      input_tokens: 3,
      output_tokens: 4,
      total_tokens: 7,
    });
  });
});

test('a generation', () => {
  const mapped = map(
    'generation',
    {
      'model.name': 'm',
      'model.parameters': '{"max_completion_tokens":9,"stop":"END","stream":true,"user":"secret"}',
      'prompt.name': 'p',
      'prompt.version': 3,
      cost_details: '{"total":0.0000015}',
      completion_start_time: '"2026-11-23T14:00:00.250Z"',
      input: '{"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f"}}]}',
      output: '{"role":"assistant","tool_calls":[{"id":"c1","function":{"name":"f","arguments":"{}"}}]}',
    },
    NOTHING,
  );
  expect(mapped).toEqual({
    type: 'llm_call',
    role: 'leaf',
    payload: {
      request_model: 'm',
      parameters: { max_tokens: 9, stop_sequences: ['END'] },
      cost: { amount: '0.0000015' },
      streaming: true,
      time_to_first_chunk_ms: Date.parse('2026-11-23T14:00:00.250Z') - 1_795_442_400_000,
      prompt: { name: 'p', version: '3' },
      tools_offered: ['f'],
      tools_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      tool_calls_requested: [{ id: 'c1', name: 'f' }],
    },
  });
});

describe('the level, not the status', () => {
  const failed = { level: 'ERROR', status_message: 'boom' };
  test.each(['generation', 'embedding', 'tool', 'retriever', 'agent', 'chain', 'guardrail', 'evaluator'])(
    '%s',
    (type) => {
      expect(map(type, failed)).toMatchObject({ outcome: 'error', error: { message: 'boom' } });
      expect(map(type, failed, EVERYTHING, { status: 'ok' })?.outcome).toBe('error');
      expect(map(type, { level: 'WARNING', output: '' })?.outcome).toBeUndefined();
    },
  );

  test('a generation that says nothing of a reply', () => {
    expect(map('generation', { 'model.name': 'm' })?.outcome).toBe('unknown');
    expect(map('generation', { 'model.name': 'm', output: '' })?.outcome).toBeUndefined();
  });
});

test('a recorded agent with all that is below it', () => {
  const spans = recordedSpans('langfuse-openai', 'manual-agent-tool-generation').map(({ snapshot }) => snapshot);
  expect(spans.map((span) => langfuse.map(span, EVERYTHING))).toMatchObject([
    {
      type: 'llm_call',
      payload: {
        request_model: 'gpt-4o',
        cost: { amount: '0.001' },
        input_messages: [{ role: 'user', content: 'Lisbon?' }],
        output_messages: { content: 'sunny' },
        conversation_id: 's-1',
        user_id: 'u-42',
      },
      usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
    },
    {
      type: 'tool_call',
      role: 'barrier',
      payload: { name: 'get_weather', arguments: { city: 'Lisbon' }, result: { temp: 21.5 } },
    },
    { type: 'guardrail', payload: { component: 'guard', verdict_reason: 'blocked' } },
    { type: 'context_assembly', payload: { operation: 'retrieval', query: 'q', documents: ['d1'] } },
    // An event is whatever the application measures.
    undefined as unknown as object,
    {
      type: 'agent_invocation',
      role: 'barrier',
      payload: { agent: { name: 'weather-agent' }, conversation_id: 's-1' },
    },
  ]);
  const [tool] = recordedSpans('langfuse-openai', 'manual-observe-throws');
  expect(langfuse.map(tool!.snapshot, NOTHING)).toEqual({
    type: 'tool_call',
    role: 'barrier',
    payload: { name: 'thrower' },
    outcome: 'error',
    error: { message: 'boom' },
  });
});

test('tool calls of OpenAI’s Responses', () => {
  const [span] = recordedSpans('langfuse-openai', 'responses-tool-loop-reasoning');
  expect(langfuse.map(span!.snapshot, NOTHING)?.payload).toMatchObject({
    tools_offered: ['get_weather'],
    tool_calls_requested: [{ id: 'call_000000000059', name: 'get_weather' }],
  });
});

test('an observation of a type that is not known is recorded by its name', () => {
  expect(map('chain', { usage_details: '{"input":1,"output":2}', 'model.name': 'm' })).toMatchObject({
    type: 'agent_invocation',
    role: 'transparent',
    payload: { operation: 'chain' },
    call: { request_model: 'm' },
  });
  expect(map('juggler')).toMatchObject({ role: 'transparent', payload: { operation: 'juggler' } });
  expect(map('span')).toBeUndefined();
});

test('content that is masked is what the mask left', () => {
  const [span] = recordedSpans('langfuse-openai-masked', 'chat-basic');
  const payload = JSON.stringify(langfuse.map(span!.snapshot, EVERYTHING)?.payload);
  expect(payload).toContain('What is the weather in MASKED?');
});

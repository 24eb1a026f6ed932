import { describe, expect, test } from 'vitest';

import type { MappedSpan } from '../../../processors/dialects/dialect.ts';
import { langSmith } from '../../../processors/dialects/langsmith.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import { recordedSpans, spanOf } from '../../spans.ts';
import { EVERYTHING, NOTHING } from './known.ts';

const DONE = { 'gen_ai.completion': '{}' };

function run(
  kind: string | undefined,
  attributes: Readonly<Record<string, unknown>> = DONE,
  more: Partial<SpanSnapshot> = {},
  capture = NOTHING,
): MappedSpan | undefined {
  return langSmith.map(spanOf({ 'langsmith.span.kind': kind, ...attributes }, more), capture);
}

function recorded(scenario: string, name: string): readonly (MappedSpan | undefined)[] {
  return recordedSpans('langsmith', scenario)
    .filter(({ snapshot }) => snapshot.name === name)
    .map(({ snapshot }) => langSmith.map(snapshot, NOTHING));
}

describe('LangSmith', () => {
  test('a call by a wrapped client', () => {
    expect(recorded('chat-basic', 'ChatOpenAI')).toEqual([
      {
        type: 'llm_call',
        role: 'leaf',
        payload: {
          operation: 'chat',
          provider: 'openai',
          request_model: 'gpt-4o',
          response_model: 'gpt-4o-2024-08-06',
          response_id: expect.stringMatching(/^chatcmpl-/),
          finish_reasons: ['stop'],
          parameters: { top_p: 0.9, max_tokens: 100, temperature: 0.2, stop_sequences: ['END'] },
        },
        usage: {
          input_tokens: 120,
          output_tokens: 34,
          cache_read_input_tokens: 64,
          reasoning_output_tokens: 12,
          total_tokens: 154,
        },
      },
    ]);
  });

  test('offered and requested tools', () => {
    expect(recorded('chat-tool-loop', 'ChatOpenAI')[0]?.payload).toMatchObject({
      finish_reasons: ['tool_call'],
      tools_offered: ['get_weather'],
      tool_calls_requested: [{ id: expect.stringMatching(/^call_/), name: 'get_weather' }],
    });
  });

  test('a failed run is marked ok: the exception tells', () => {
    const [span] = recordedSpans('langsmith', 'chat-error-429');
    expect(span?.snapshot.status).toBe('ok');
    expect(recorded('chat-error-429', 'ChatOpenAI')[0]).toMatchObject({ outcome: 'error' });
    expect(recorded('agent-tool-throws', 'get_weather')[0]).toMatchObject({ type: 'tool_call', outcome: 'error' });
  });

  test('a run without outputs has not come to its end, whatever its status', () => {
    expect(run('llm', {}, { status: 'ok' })?.outcome).toBe('unknown');
    expect(run('chain', {}, { status: 'ok' })?.outcome).toBe('unknown');
    // Hidden outputs are an empty object.
    expect(run('llm', DONE, { status: 'ok' })?.outcome).toBeUndefined();
    expect(run('llm', DONE, { status: 'error' })?.outcome).toBeUndefined();
  });

  test.each([
    ['retriever', 'context_assembly', 'barrier', 'retrieval'],
    ['embedding', 'context_assembly', 'leaf', 'embeddings'],
    ['prompt', 'context_assembly', 'transparent', 'assembly'],
    ['chain', 'agent_invocation', 'transparent', 'chain'],
    ['parser', 'agent_invocation', 'transparent', 'parser'],
  ])('a %s is what its kind says, not its operation', (kind, type, role, operation) => {
    const mapped = run(kind, { ...DONE, 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' });
    expect(mapped).toMatchObject({ type, role, payload: { operation } });
  });

  test('a run that does not say its kind yet is recorded, and looked through', () => {
    expect(run(undefined, { 'langsmith.traceable': 'true' })).toEqual({
      type: 'agent_invocation',
      role: 'transparent',
      payload: {},
      outcome: 'unknown',
    });
  });

  test.each([
    [{ 'gen_ai.system': 'langchain' }, { provider_raw: 'langchain' }],
    [{ 'gen_ai.system': 'openai' }, { provider: 'openai' }],
    [
      { 'gen_ai.system': 'langchain', 'langsmith.metadata.ls_provider': 'google_vertexai' },
      { provider: 'gcp.vertex_ai', provider_raw: 'google_vertexai' },
    ],
    // Guessed from a model's name, against what the wrapper knows.
    [{ 'gen_ai.system': 'openai', 'langsmith.metadata.ls_provider': 'groq' }, { provider: 'groq' }],
  ])('provider of %o', (attributes, expected) => {
    expect(run('llm', { ...DONE, ...attributes })?.payload).toEqual(expected);
  });

  test('usage and cost in metadata only', () => {
    const metadata = {
      input_tokens: 9,
      output_tokens: 3,
      total_tokens: 12,
      input_token_details: { cache_read: 4, cache_creation: 2 },
      output_token_details: { reasoning: 1 },
      total_cost: 0.000_25,
    };
    expect(run('llm', { ...DONE, 'langsmith.usage_metadata': JSON.stringify(metadata) })).toMatchObject({
      payload: { cost: { amount: '0.00025' } },
      usage: {
        input_tokens: 9,
        output_tokens: 3,
        total_tokens: 12,
        cache_read_input_tokens: 4,
        cache_write_input_tokens: 2,
        reasoning_output_tokens: 1,
      },
    });
  });

  test.each([
    ['Responses', { output: [{ type: 'function_call', id: 'fc', call_id: 'c1', name: 'get' }] }],
    ['LangChain', { generations: [[{ message: { kwargs: { tool_calls: [{ id: 'c1', name: 'get' }] } } }]] }],
    ['a message', { role: 'assistant', tool_calls: [{ id: 'c1', function: { name: 'get' } }] }],
    ['a wrapped message', { outputs: { tool_calls: [{ id: 'c1', function: { name: 'get' } }] } }],
  ])('tool calls requested: %s', (_, completion) => {
    expect(run('llm', { 'gen_ai.completion': JSON.stringify(completion) })?.payload).toEqual({
      tool_calls_requested: [{ id: 'c1', name: 'get' }],
    });
  });

  test('finish reasons joined by commas, ids and streaming in metadata', () => {
    const attributes = {
      ...DONE,
      'gen_ai.response.finish_reasons': 'stop, tool_calls',
      'langsmith.metadata.thread_id': 't-1',
      'langsmith.metadata.user_id': 'u-1',
      'langsmith.request.streaming': true,
    };
    expect(run('llm', attributes)?.payload).toEqual({
      finish_reasons: ['stop', 'tool_call'],
      conversation_id: 't-1',
      user_id: 'u-1',
      streaming: true,
    });
  });

  test('documents by reference, or in full with the query where retrieval is captured', () => {
    const attributes = {
      'gen_ai.prompt': '{"query":"income"}',
      'gen_ai.completion': '{"documents":[{"id":"d-1","page_content":"text","score":0.5}]}',
    };
    expect(run('retriever', attributes)?.payload).toEqual({
      operation: 'retrieval',
      documents: [{ id: 'd-1', score: 0.5 }],
    });
    expect(run('retriever', attributes, {}, EVERYTHING)?.payload).toEqual({
      operation: 'retrieval',
      query: { query: 'income' },
      documents: [{ id: 'd-1', page_content: 'text', score: 0.5 }],
    });
  });
});

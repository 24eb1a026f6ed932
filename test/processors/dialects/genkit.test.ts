import { describe, expect, test } from 'vitest';

import type { MappedSpan } from '../../../processors/dialects/dialect.ts';
import { genkit } from '../../../processors/dialects/genkit.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import { recordedSpans, spanOf } from '../../spans.ts';
import { EVERYTHING, NOTHING } from './known.ts';

function action(
  subtype: string,
  attributes: Readonly<Record<string, unknown>> = {},
  more: Partial<SpanSnapshot> = {},
  capture = NOTHING,
): MappedSpan | undefined {
  const said = { 'genkit:type': 'action', 'genkit:metadata:subtype': subtype, 'genkit:state': 'success' };
  return genkit.map(spanOf({ ...said, ...attributes }, more), capture);
}

function recorded(scenario: string, capture = NOTHING): readonly (MappedSpan | undefined)[] {
  return recordedSpans('genkit', scenario).map(({ snapshot }) => genkit.map(snapshot, capture));
}

describe('Genkit', () => {
  test('a call that asks for a tool', () => {
    expect(recorded('generate-tools')[0]).toEqual({
      type: 'llm_call',
      role: 'leaf',
      payload: {
        operation: 'chat',
        provider: 'openai',
        request_model: 'gpt-4o',
        response_model: 'gpt-4o-2024-08-06',
        response_id: expect.stringMatching(/^chatcmpl-/),
        finish_reasons: ['stop'],
        parameters: { max_tokens: 100, temperature: 0.2, stop_sequences: ['END'] },
        tools_offered: ['get_weather'],
        tools_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        tool_calls_requested: [{ id: expect.stringMatching(/^call_/), name: 'get_weather' }],
      },
      usage: { input_tokens: 120, output_tokens: 34, total_tokens: 154 },
    });
  });

  test('`generate` repeats what its model says: it is looked through and has no usage', () => {
    const generate = recorded('generate-tools').filter((mapped) => mapped?.type === 'agent_invocation');
    expect(generate).toHaveLength(2);
    for (const mapped of generate) {
      expect(mapped).toEqual({ type: 'agent_invocation', role: 'transparent', payload: { operation: 'generate' } });
    }
  });

  test('a tool that interrupts has not failed, and not run', () => {
    const tool = recorded('generate-interrupt').find((mapped) => mapped?.type === 'tool_call');
    expect(tool).toEqual({ type: 'tool_call', role: 'barrier', payload: { name: 'approve' }, outcome: 'unknown' });
    const failed = recorded('generate-tool-throws').find((mapped) => mapped?.type === 'tool_call');
    expect(failed?.outcome).toBeUndefined(); // by its status, which is an error
  });

  test('arguments and results', () => {
    const tool = recorded('generate-tools', EVERYTHING).find((mapped) => mapped?.type === 'tool_call');
    expect(tool?.payload).toMatchObject({ arguments: { city: 'A-1042' }, result: 'sunny' });
  });

  test('messages', () => {
    expect(recorded('generate-basic', EVERYTHING)[0]?.payload).toMatchObject({
      input_messages: [{ role: 'system' }, { role: 'user' }],
      output_messages: [{ role: 'model', content: [{ text: expect.stringContaining('Lisbon') }] }],
    });
  });

  test('a number that parsing would change stays in its text, and counts are read all the same', () => {
    const output =
      '{"message":{"role":"model","content":[{"data":{"iban":12345678901234567890}}]},"usage":{"inputTokens":7}}';
    const mapped = action('model', { 'genkit:output': output }, {}, EVERYTHING);
    expect(mapped).toMatchObject({ payload: { output_messages: output }, usage: { input_tokens: 7 } });
  });

  test.each([
    [
      'googleai/gemini-2.5-flash',
      { provider: 'gcp.gemini', provider_raw: 'googleai', request_model: 'gemini-2.5-flash' },
    ],
    ['vertexai/gemini', { provider: 'gcp.vertex_ai', provider_raw: 'vertexai', request_model: 'gemini' }],
    ['openrouter/meta/llama', { provider: 'openrouter', request_model: 'meta/llama' }],
    ['mine', { request_model: 'mine' }],
    ['/mine', { request_model: '/mine' }],
  ])('the model %s', (name, expected) => {
    expect(action('model', { 'genkit:name': name })?.payload).toEqual({ operation: 'chat', ...expected });
  });

  test('usage is the model’s, thoughts and cached content by their names', () => {
    const usage = { inputTokens: 9, outputTokens: 3, thoughtsTokens: 2, cachedContentTokens: 4 };
    expect(action('model', { 'genkit:output': JSON.stringify({ usage }) })).toMatchObject({
      usage: { input_tokens: 9, output_tokens: 3, reasoning_output_tokens: 2, cache_read_input_tokens: 4 },
    });
  });

  test('outcome by state, `unknown` without', () => {
    expect(action('model', { 'genkit:state': 'error' })?.outcome).toBe('error');
    expect(action('model', { 'genkit:state': undefined })?.outcome).toBe('unknown');
    expect(action('model', {}, { status: 'error' })?.outcome).toBeUndefined();
    expect(action('model')?.outcome).toBeUndefined();
  });

  test.each([
    ['background-model', 'llm_call', 'leaf'],
    ['tool.v2', 'tool_call', 'barrier'],
    ['flow', 'agent_invocation', 'barrier'],
    ['embedder', 'context_assembly', 'leaf'],
    ['reranker', 'context_assembly', 'leaf'],
    ['retriever', 'context_assembly', 'barrier'],
    ['resource', 'context_assembly', 'barrier'],
    ['executable-prompt', 'context_assembly', 'transparent'],
    ['evaluator', 'evaluation', 'barrier'],
    ['indexer', 'agent_invocation', 'transparent'],
  ])('%s', (subtype, type, role) => {
    expect(action(subtype, { 'genkit:name': 'x' })).toMatchObject({ type, role });
  });

  test('helpers of templates are nothing to record', () => {
    for (const type of ['promptTemplate', 'helper']) {
      expect(genkit.map(spanOf({ 'genkit:type': type }), NOTHING)).toBeUndefined();
    }
  });

  test('retrieved documents by reference, or in full', () => {
    expect(recorded('retrieve')[0]?.payload).toEqual({
      operation: 'retrieval',
      data_source: 'docs',
      documents: [{ id: 'd-1' }],
    });
    expect(recorded('retrieve', EVERYTHING)[0]?.payload).toMatchObject({
      query: { content: [{ text: 'alpha' }] },
      documents: [{ content: [{ text: 'alpha' }], metadata: { id: 'd-1' } }],
    });
  });
});

import { describe, expect, test } from 'vitest';

import type { MappedSpan } from '../../../processors/dialects/dialect.ts';
import { strands } from '../../../processors/dialects/strands.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import { recordedSpans, spanOf } from '../../spans.ts';
import { EVERYTHING, NOTHING } from './known.ts';

function span(
  operation: string,
  attributes: Readonly<Record<string, unknown>> = {},
  more: Partial<SpanSnapshot> = {},
): MappedSpan | undefined {
  const said = { 'gen_ai.event.start_time': '2026-11-25T02:20:20.342Z', 'gen_ai.operation.name': operation };
  return strands.map(spanOf({ ...said, ...attributes }, { status: 'ok', ...more }), NOTHING);
}

const recorded = (emitter: string, scenario: string, type: string, capture = NOTHING): MappedSpan | undefined =>
  recordedSpans(emitter, scenario)
    .map(({ snapshot }) => strands.map(snapshot, capture))
    .find((mapped) => mapped?.type === type);

describe('Strands', () => {
  test.each(['strands', 'strands-latest'])('%s: a call that asks for a tool', (emitter) => {
    expect(recorded(emitter, 'agent-tools', 'llm_call')).toEqual({
      type: 'llm_call',
      role: 'leaf',
      payload: {
        operation: 'chat',
        // The service's name, as the span says; the provider is not known.
        provider_raw: 'strands-agents',
        request_model: 'gpt-4o',
        finish_reasons: ['tool_call'],
        tool_calls_requested: [{ id: expect.stringMatching(/^call_/), name: 'get_weather' }],
      },
      usage: { input_tokens: 120, output_tokens: 34, cache_read_input_tokens: 64, total_tokens: 154 },
    });
  });

  test.each(['strands', 'strands-latest'])('%s: content, on events or on the span', (emitter) => {
    const call = JSON.stringify(recorded(emitter, 'agent-tools', 'llm_call', EVERYTHING)?.payload);
    expect(call).toContain('What is the weather');
    const tool = recorded(emitter, 'agent-tools', 'tool_call', EVERYTHING)?.payload;
    expect(tool).toMatchObject({ name: 'get_weather', arguments: { city: 'A-1042' }, result: [{ text: 'sunny' }] });
  });

  test('the latest form has its messages on several events', () => {
    expect(recorded('strands-latest', 'agent-tools', 'llm_call', EVERYTHING)?.payload).toMatchObject({
      system_instructions: [{ type: 'text' }],
      input_messages: [{ role: 'user' }],
      output_messages: [{ role: 'assistant' }],
    });
  });

  test('a run is an envelope with the sum of its calls', () => {
    expect(recorded('strands', 'agent-tools', 'agent_invocation')).toMatchObject({
      role: 'barrier',
      payload: { agent: { id: 'weather', name: 'weather-agent' } },
      usage: { input_tokens: 240, output_tokens: 68 },
    });
  });

  test('what was given up is marked ok: no reply, no tokens', () => {
    expect(span('chat')?.outcome).toBe('unknown');
    expect(span('chat', { 'gen_ai.usage.output_tokens': 3 })?.outcome).toBeUndefined();
    const choice = { name: 'gen_ai.choice', timeMillis: 0, attributes: { message: '[{"text":"hi"}]' } };
    expect(span('chat', {}, { events: [choice] })?.outcome).toBeUndefined();
    expect(span('chat', {}, { status: 'error' })?.outcome).toBeUndefined();
    for (const type of ['llm_call', 'agent_invocation']) {
      expect(recorded('strands', 'agent-stream-abandoned', type)?.outcome).toBe('unknown');
    }
    // A node of a graph may ask no model.
    expect(span('execute_node', { 'gen_ai.usage.output_tokens': 0 })?.outcome).toBeUndefined();
  });

  test('a tool that failed, of which the model is told, is marked ok', () => {
    expect(span('execute_tool', { 'gen_ai.tool.name': 't', 'gen_ai.tool.status': 'error' })?.outcome).toBe('error');
    expect(span('execute_tool', { 'gen_ai.tool.name': 't', 'gen_ai.tool.status': 'success' })?.outcome).toBeUndefined();
  });

  test('milliseconds, under a name in seconds', () => {
    const attributes = { 'gen_ai.server.time_to_first_token': 250, 'gen_ai.usage.output_tokens': 3 };
    expect(span('chat', attributes)?.payload).toMatchObject({ time_to_first_chunk_ms: 250 });
  });

  test('a service of another name, and a provider that is one', () => {
    const scope = { name: 'triage', version: undefined };
    expect(span('chat', { 'gen_ai.system': 'triage' }, { scope })?.payload).toEqual({
      operation: 'chat',
      provider_raw: 'triage',
    });
    expect(span('chat', { 'gen_ai.system': 'openai' }, { scope })?.payload).toMatchObject({ provider: 'openai' });
  });

  test('a cycle of the loop is nothing to record', () => {
    expect(
      strands.map(spanOf({ 'gen_ai.event.start_time': 't', 'agent_loop.cycle_id': 'c' }), NOTHING),
    ).toBeUndefined();
  });
});

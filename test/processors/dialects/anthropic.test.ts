import { describe, expect, test } from 'vitest';

import { anthropic } from '../../../processors/dialects/anthropic.ts';
import { NOTHING } from './known.ts';
import { spanOf } from '../../spans.ts';

/** What the recordings do not show: the platform's other calls, and how spans end that the application breaks off. */

const scope = { name: 'com.anthropic.sdk.typescript', version: '0.134.0' };
const PROVIDER = { 'gen_ai.provider.name': 'anthropic' };
const CHAT = { ...PROVIDER, 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'claude' };
const map = (name: string, attributes: Record<string, unknown>, more = {}) =>
  anthropic.map(spanOf(attributes, { name, kind: 'client', scope, ...more }), NOTHING);

test.each([
  ['com.anthropic.sdk.typescript', true],
  ['com.anthropic.sdk.typescript.vertex', true],
  ['com.anthropic.sdk.python', true],
  ['@traceloop/instrumentation-anthropic', false],
  ['', false],
])('scope %j: %s', (name, expected) => {
  expect(anthropic.recognises({}, name)).toBe(expected);
});

test.each([
  ['end_turn', ['stop']],
  ['max_tokens', ['length']],
  ['model_context_window_exceeded', ['length']],
  ['tool_use', ['tool_call']],
  ['refusal', ['content_filter']],
  ['pause_turn', ['pause_turn']],
])('stop reason %s', (reason, expected) => {
  const mapped = map('anthropic.messages.create', { ...CHAT, 'anthropic.message.stop_reason': reason });
  expect(mapped).toMatchObject({ role: 'leaf', payload: { finish_reasons: expected } });
  expect(mapped).not.toHaveProperty('outcome');
});

describe('what is neither ok nor failed was broken off', () => {
  test('a stream, also after tokens came', () => {
    expect(map('anthropic.messages.create', { ...CHAT, 'gen_ai.usage.output_tokens': 7 })?.outcome).toBe('unknown');
  });
  test('a tool and its runner', () => {
    const tool = { ...PROVIDER, 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'f' };
    expect(map('anthropic.custom_tool_use f', tool)?.outcome).toBe('unknown');
    expect(map('anthropic.custom_tool_use f', tool, { status: 'ok' })).not.toHaveProperty('outcome');
    expect(map('anthropic.custom_tool_use f', { ...tool, 'error.type': 'tool_error' })?.outcome).toBe('error');
    const runner = { ...PROVIDER, 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.request.model': 'claude' };
    expect(map('anthropic.messages.tool_runner', runner)?.outcome).toBe('unknown');
  });
});

describe('calls without an operation', () => {
  const model = { ...PROVIDER, 'gen_ai.request.model': 'claude' };
  test('a session made with a model is no call of it', () => {
    const session = { ...model, 'gen_ai.agent.name': 'helper', 'anthropic.session.id': 'sesn_1' };
    expect(map('anthropic.sessions.create', session, { status: 'ok' })).toEqual({
      type: 'agent_invocation',
      role: 'transparent',
      payload: { operation: 'anthropic.sessions.create', agent: { name: 'helper' }, conversation_id: 'sesn_1' },
    });
  });
  test('a memory that is written', () => {
    const memory = { ...PROVIDER, 'gen_ai.memory.store.id': 'ms_1' };
    expect(map('anthropic.memory_stores.memories.create', memory, { status: 'ok' })).toMatchObject({
      type: 'context_assembly',
      payload: { operation: 'memory', data_source: 'ms_1' },
    });
  });
  test.each([
    'anthropic.messages.count_tokens',
    'anthropic.models.list',
    'anthropic.sessions.retrieve',
    'anthropic.sessions.events.stream',
    'anthropic.files.upload',
  ])('%s is nothing to record', (name) => {
    expect(map(name, model)).toBeUndefined();
  });
});

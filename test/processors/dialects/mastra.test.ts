import { ROOT_CONTEXT, type Span } from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';

import { mastra } from '../../../processors/dialects/mastra.ts';
import { recordedSpans, spanOf } from '../../spans.ts';
import { below, counting, Recording } from '../recording.ts';
import { EVERYTHING, NOTHING } from './known.ts';

const map = (type: string, attributes: Record<string, unknown> = {}, capture = EVERYTHING, more = {}) =>
  mastra.map(
    spanOf(
      { 'mastra.span.type': type, 'gen_ai.operation.name': type, ...attributes },
      { name: `${type} thing`, status: 'ok', scope: { name: '@mastra/otel-exporter', version: '1.4.0' }, ...more },
    ),
    capture,
  );

test('spans of the bridge are known by its scope: it sets all attributes at the end', () => {
  expect(mastra.recognises({}, '@mastra/otel-bridge')).toBe(true);
  expect(mastra.recognises({ 'mastra.span.type': 'generic' }, 'mine')).toBe(true);
  expect(mastra.map(spanOf({}, { scope: { name: '@mastra/otel-bridge', version: '1.0.0' } }), NOTHING)).toBeUndefined();
});

describe('which span shows the call depends on the versions of its packages', () => {
  const details = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'm',
    'gen_ai.provider.name': 'mistral_ai',
    'gen_ai.usage.input_tokens': 5,
    'gen_ai.usage.output_tokens': 2,
    'gen_ai.usage.cache_creation.input_tokens': 1,
    'gen_ai.usage.reasoning_tokens': 1,
    'gen_ai.response.finish_reasons': '["tool-calls"]',
    'gen_ai.request.stop_sequences': '["END"]',
    'mastra.completion_start_time': '2026-11-23T14:00:00.040Z',
  };
  const call = {
    role: 'leaf',
    payload: {
      request_model: 'm',
      provider: 'mistral_ai',
      finish_reasons: ['tool_call'],
      parameters: { stop_sequences: ['END'] },
      time_to_first_chunk_ms: 40,
    },
    usage: { input_tokens: 5, output_tokens: 2, cache_write_input_tokens: 1, reasoning_output_tokens: 1 },
  };
  const start = { startMillis: Date.parse('2026-11-23T14:00:00.000Z') };

  test.each(['model_inference', 'model_generation', 'llm_generation'])('%s', (type) => {
    expect(map(type, details, EVERYTHING, start)).toMatchObject(call);
  });

  test('the loop around inferences, which says nothing itself, is the same call', () => {
    expect(map('model_generation')).toMatchObject({ type: 'llm_call', role: 'leaf' });
    expect(map('model_step')).toMatchObject({ type: 'agent_invocation', role: 'transparent' });
    expect(map('model_chunk')).toBeUndefined();
  });

  test('tool calls that an inference asks for', () => {
    const output = '{"text":"","toolCalls":[{"toolCallId":"c1","toolName":"f","args":{}}]}';
    expect(map('model_inference', { 'mastra.model_inference.output': output }, NOTHING)).toMatchObject({
      payload: { tool_calls_requested: [{ id: 'c1', name: 'f' }] },
    });
  });
});

test('a failed call counts once, as failed: its inference is only there', async () => {
  const recording = new Recording();
  const tracer = recording.provider.getTracer('@mastra/otel-bridge', '1.0.0');
  const dumped = recordedSpans('mastra-otel-bridge', 'agent-error-500').map(({ span }) => span);
  // The bridge starts spans bare, outermost first, and ends them with all they have, innermost first.
  const live: Span[] = [];
  for (const { kind } of dumped) {
    const parent = live.at(-1);
    live.push(tracer.startSpan('s', { kind }, parent === undefined ? ROOT_CONTEXT : below(parent)));
  }
  for (const { name, attributes, status } of dumped) {
    live.pop()?.updateName(name).setAttributes(attributes).setStatus(status).end();
  }
  const calls = counting(recording.entries).filter(({ type }) => type === 'llm_call');
  expect(calls.map(({ payload }) => payload)).toMatchObject([
    {
      outcome: 'error',
      finish_reasons: ['error'],
      request_model: 'gpt-4o',
      provider: 'openai',
      provider_raw: 'openai.chat',
    },
  ]);
  await recording.close();
});

describe('tools', () => {
  test.each(['tool_call', 'mcp_tool_call', 'provider_tool_call'])('%s', (type) => {
    const attributes = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'f',
      'gen_ai.tool.call.id': 'c1',
      'gen_ai.tool.call.arguments': '{"a":1}',
      'gen_ai.tool.call.result': '{"b":2}',
    };
    expect(map(type, attributes)).toEqual({
      type: 'tool_call',
      role: 'barrier',
      payload: { name: 'f', call_id: 'c1', arguments: { a: 1 }, result: { b: 2 } },
    });
  });

  test('a tool that a client runs is handed over: whether it ran is not known', () => {
    expect(map('client_tool_call', { 'mastra.client_tool_call.input': '{"a":1}' })).toEqual({
      type: 'tool_call',
      role: 'barrier',
      payload: { name: 'thing', arguments: { a: 1 } },
      outcome: 'unknown',
    });
  });

  test('what an MCP server was asked is no second tool call', () => {
    expect(map('mcp_server_request', { 'mcp.method.name': 'tools/call' })).toMatchObject({
      type: 'agent_invocation',
      role: 'transparent',
      payload: { operation: 'tools/call' },
    });
  });
});

test.each([
  ['success', undefined],
  ['failed', 'error'],
  ['suspended', 'unknown'],
  ['canceled', 'unknown'],
  ['waiting', 'unknown'],
])('a workflow step that is %s', (status, outcome) => {
  expect(map('workflow_step', { 'mastra.workflow_step.status': status })?.outcome).toBe(outcome);
});

test.each([
  ['workflow_run', 'agent_invocation', { agent: { name: 'thing' } }],
  ['rag_embedding', 'context_assembly', { operation: 'embeddings' }],
  ['rag_vector_operation', 'context_assembly', { operation: 'retrieval' }],
  ['memory_operation', 'context_assembly', { operation: 'memory' }],
  ['scorer_run', 'evaluation', {}],
  ['processor_run', 'guardrail', { component: 'thing' }],
  ['generic', 'agent_invocation', { operation: 'generic' }],
])('%s', (type, entry, payload) => {
  expect(map(type)).toMatchObject({ type: entry, payload });
});

describe('a run that goes on after it was suspended', () => {
  const resumed = (input: object, type = 'agent_run', more = {}) =>
    map(type, { [`mastra.${type}.input`]: JSON.stringify(input), 'mastra.metadata.resumed': true, ...more }, NOTHING)
      ?.approvals;

  test('with an approval of a tool call, or its refusal', () => {
    expect(resumed({ approved: true, toolName: 'pay', toolCallId: 'c1' })).toEqual([
      { approved: true, toolCall: { id: 'c1', name: 'pay' } },
    ]);
    // The reason is content.
    expect(resumed({ approved: false, reason: 'no', toolName: 'pay', toolCallId: 'c1' })).toEqual([
      { approved: false, toolCall: { id: 'c1', name: 'pay' } },
    ]);
    expect(resumed({ resumeData: { approved: false, toolName: 'x' }, toolName: 'pay' })).toEqual([
      { approved: false, toolCall: { name: 'pay' } },
    ]);
  });

  test('a workflow’s approval is one of no tool call', () => {
    expect(resumed({ approved: true }, 'workflow_run')).toEqual([{ approved: true }]);
  });

  test('with something else, or not resumed at all', () => {
    expect(resumed({ answer: 'Lisbon' })).toBeUndefined();
    expect(resumed({ approved: 'yes' })).toBeUndefined();
    expect(resumed({ approved: true }, 'agent_run', { 'mastra.metadata.resumed': undefined })).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';

import { googleAdk } from '../../../processors/dialects/google-adk.ts';
import { recordedSpans, spanOf } from '../../spans.ts';
import { EVERYTHING } from './known.ts';

const scope = { name: 'gcp.vertex.agent', version: '2.0.0' };
const map = (name: string, attributes: Record<string, unknown> = {}, capture = EVERYTHING) =>
  googleAdk.map(spanOf(attributes, { name, scope }), capture);
const event = (members: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [`gcp.vertex.agent.${name}`, value]));

test('recognised by scope, by its provider that is none, or by its own attributes', () => {
  expect(googleAdk.recognises({}, 'gcp.vertex.agent')).toBe(true);
  expect(googleAdk.recognises({ 'gen_ai.system': 'gcp.vertex.agent' }, '')).toBe(true);
  expect(googleAdk.recognises(event({ event_id: 'e' }), '')).toBe(true);
  expect(googleAdk.recognises({ 'gen_ai.system': 'gcp.vertex_ai' }, '')).toBe(false);
});

test('a recorded call', () => {
  const [, span] = recordedSpans('google-adk', 'agent-tools').map(({ snapshot }) => snapshot);
  expect(googleAdk.map(span!, EVERYTHING)).toMatchObject({
    type: 'llm_call',
    role: 'leaf',
    payload: {
      provider_raw: 'gcp.vertex.agent',
      request_model: 'gemini-2.5-flash',
      finish_reasons: ['stop'],
      agent: { name: 'weather_agent' },
      conversation_id: '2d39006a-9f4c-45e4-8ae6-166728c8c906',
      tools_offered: ['get_weather'],
      tool_calls_requested: [{ name: 'get_weather' }],
      input_messages: [{ role: 'user', parts: [{ text: 'What is the weather in Lisbon?' }] }],
      output_messages: { role: 'model' },
      system_instructions: expect.stringContaining('You are a weather assistant.'),
    },
    usage: {
      input_tokens: 120,
      output_tokens: 34,
      cache_read_input_tokens: 64,
      reasoning_output_tokens: 12,
      total_tokens: 154,
    },
  });
  expect(googleAdk.map(span!, EVERYTHING)?.payload).not.toHaveProperty('provider');
});

test('from Python, in snake_case', () => {
  const mapped = map('call_llm', {
    'gen_ai.system': 'gcp.vertex.agent',
    'gen_ai.usage.input_tokens': 50,
    'gen_ai.usage.output_tokens': 50,
    'gen_ai.usage.experimental.reasoning_tokens': 10,
    ...event({
      llm_request: JSON.stringify({
        model: 'gemini',
        config: {
          temperature: 0.5,
          max_output_tokens: 9,
          tools: [{ function_declarations: [{ name: 'f' }] }],
          system_instruction: 's',
        },
        contents: [],
      }),
      llm_response: JSON.stringify({
        content: { role: 'model', parts: [{ function_call: { id: 'c1', name: 'f' } }] },
        finish_reason: 'MAX_TOKENS',
        usage_metadata: {
          prompt_token_count: 50,
          candidates_token_count: 50,
          thoughts_token_count: 10,
          total_token_count: 110,
        },
      }),
    }),
  });
  expect(mapped).toMatchObject({
    payload: {
      request_model: 'gemini',
      finish_reasons: ['length'],
      parameters: { temperature: 0.5, max_tokens: 9 },
      tools_offered: ['f'],
      tool_calls_requested: [{ id: 'c1', name: 'f' }],
      system_instructions: 's',
    },
    usage: { input_tokens: 50, output_tokens: 60, reasoning_output_tokens: 10, total_tokens: 110 },
  });
});

describe('output tokens', () => {
  const usage = (metadata?: object) =>
    map('call_llm', {
      'gen_ai.usage.input_tokens': 50,
      'gen_ai.usage.output_tokens': 60,
      ...(metadata === undefined ? {} : event({ llm_response: JSON.stringify({ usageMetadata: metadata }) })),
    })?.usage;

  test('that include thoughts already stay', () => {
    const counts = { promptTokenCount: 50, candidatesTokenCount: 50, thoughtsTokenCount: 10, totalTokenCount: 110 };
    expect(usage(counts)).toMatchObject({ output_tokens: 60 });
  });
  test('of which nobody can tell stay', () => {
    expect(usage()).toEqual({ input_tokens: 50, output_tokens: 60 });
    expect(usage({ promptTokenCount: 50, candidatesTokenCount: 60, thoughtsTokenCount: 10 })?.output_tokens).toBe(60);
  });
});

describe('how it ended', () => {
  test('what failed is not described: a call and a tool by their names, outcome unknown', () => {
    expect(map('call_llm')).toEqual({
      type: 'llm_call',
      role: 'leaf',
      payload: {},
      outcome: 'unknown',
    });
    expect(map('execute_tool get_weather')).toEqual({
      type: 'tool_call',
      role: 'barrier',
      payload: { name: 'get_weather' },
      outcome: 'unknown',
    });
  });
  test('a response in place of a reply', () => {
    const llm_response = '{"errorCode":"SAFETY","errorMessage":"blocked"}';
    expect(map('call_llm', event({ llm_response }))).toMatchObject({
      outcome: 'error',
      error: { type: 'SAFETY', message: 'blocked' },
    });
  });
  test('of agents nothing tells', () => {
    for (const name of ['invocation', 'invoke_agent a', 'invoke_workflow w', 'execute_node n']) {
      expect(map(name)).toMatchObject({ type: 'agent_invocation', outcome: 'unknown' });
    }
    const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'error.type': 'ValueError' };
    expect(map('invoke_agent a', attributes)?.outcome).toBe('error');
  });
});

test('agents are barriers by their names, before they are described', () => {
  expect(map('invoke_agent a')?.role).toBe('barrier');
  expect(map('invocation')?.role).toBe('transparent');
});

test.each(['execute_tool (merged)', 'send_data'])('%s is nothing to record', (name) => {
  expect(map(name, { 'gen_ai.operation.name': 'execute_tool' })).toBeUndefined();
});

describe('tools', () => {
  const TOOL = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'pay', 'gen_ai.tool.call.id': 'adk-1' };
  const tool = (response: string, more = {}) =>
    map('execute_tool pay', { ...TOOL, ...event({ tool_response: response }), ...more });

  test('arguments and result, and content that is switched off', () => {
    expect(tool('{"paid":true}', event({ tool_call_args: '{"to":"A"}' }))?.payload).toEqual({
      name: 'pay',
      call_id: 'adk-1',
      arguments: { to: 'A' },
      result: { paid: true },
    });
    const off = { ...event({ tool_call_args: '{}' }), 'gen_ai.tool.call.id': '<not specified>' };
    expect(tool('{}', off)?.payload).toEqual({ name: 'pay' });
  });

  test('one that waits for leave did not run, and nobody has said a word yet', () => {
    const mapped = tool('{"error":"This tool call requires confirmation, please approve or reject."}');
    expect(mapped?.outcome).toBe('unknown');
    expect(mapped).not.toHaveProperty('approvals');
  });

  test('one that got none did not run either', () => {
    expect(tool('{"error":"This tool call is rejected."}')).toMatchObject({
      outcome: 'unknown',
      approvals: [{ approved: false, toolCall: { id: 'adk-1', name: 'pay' } }],
    });
  });

  test.each([
    ['{"confirmed":true}', true],
    ['{"response":"{\\"confirmed\\":false}"}', false],
  ])('the answer to a request for leave: %s', (response, approved) => {
    const args = '{"originalFunctionCall":{"id":"adk-1","name":"pay"}}';
    const request = { 'gen_ai.tool.name': 'adk_request_confirmation', 'gen_ai.tool.call.id': 'adk-2' };
    expect(tool(response, { ...request, ...event({ tool_call_args: args }) })?.approvals).toEqual([
      { approved, approvalId: 'adk-2', toolCall: { id: 'adk-1', name: 'pay' } },
    ]);
    expect(tool('{"hint":"?"}', request)).not.toHaveProperty('approvals');
  });
});

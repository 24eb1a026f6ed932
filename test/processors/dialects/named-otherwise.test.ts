import { describe, expect, test } from 'vitest';

import { inConventions } from '../../../processors/dialects/aliases.ts';
import type { MappedSpan } from '../../../processors/dialects/dialect.ts';
import { dialectOf } from './dialect-of.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import { recordedSpans, spanOf } from '../../spans.ts';
import { EVERYTHING, NOTHING } from './known.ts';

/** Emitters that write the conventions with some names of their own: Sentry, Pydantic AI, Logfire, OpenLIT, the AWS SDK. */

function mapped(
  attributes: Readonly<Record<string, unknown>>,
  more: Partial<SpanSnapshot> = {},
  capture = NOTHING,
): (MappedSpan & { readonly dialect: string }) | undefined {
  const span = spanOf(attributes, more);
  const dialect = dialectOf(span.attributes, span.scope.name);
  const result = dialect?.map(span, capture);
  return dialect === undefined || result === undefined ? undefined : { ...result, dialect: dialect.name };
}

const recorded = (emitter: string, scenario: string, capture = NOTHING): readonly (MappedSpan | undefined)[] =>
  recordedSpans(emitter, scenario).map(({ snapshot }) => mapped(snapshot.attributes, snapshot, capture));

describe('names of the conventions', () => {
  test('an alias stands in only where nothing is said, and the span is left as it is', () => {
    const span = spanOf({ a: 1, own: 2, other: 3 });
    expect(inConventions(span, [['b', ['missing', 'own', 'other']]]).attributes).toEqual({
      a: 1,
      own: 2,
      other: 3,
      b: 2,
    });
    expect(inConventions(span, [['a', ['own']]])).toBe(span);
    expect(span.attributes).toEqual({ a: 1, own: 2, other: 3 });
  });
});

describe('Sentry', () => {
  test('a recorded call', () => {
    expect(recorded('sentry-node', 'chat-tool-loop.content', EVERYTHING)[0]).toMatchObject({
      dialect: 'sentry',
      type: 'llm_call',
      payload: {
        provider: 'openai',
        finish_reasons: ['tool_call'],
        tools_offered: ['get_weather'],
        tool_calls_requested: [{ id: expect.stringMatching(/^call_/), name: 'get_weather' }],
        input_messages: [{ role: 'user', content: 'What is the weather in Lisbon?' }],
      },
    });
  });

  test.each([
    ['gen_ai.chat', 'llm_call'],
    ['gen_ai.responses', 'llm_call'],
    ['gen_ai.generate_content', 'llm_call'],
    ['gen_ai.embeddings', 'context_assembly'],
    ['gen_ai.rerank', 'context_assembly'],
    ['gen_ai.invoke_agent', 'agent_invocation'],
    ['gen_ai.handoff', 'agent_invocation'],
    ['gen_ai.execute_tool', 'tool_call'],
    ['gen_ai.evaluate', 'evaluation'],
  ])('%s without an operation', (op, type) => {
    expect(mapped({ 'sentry.op': op, 'gen_ai.request.model': 'm' })).toMatchObject({ dialect: 'sentry', type });
  });

  test.each(['http.server', 'gen_ai.', 'gen_ai', 7])('%o is no operation of it', (op) => {
    expect(mapped({ 'sentry.op': op })).toBeUndefined();
  });

  test('older names', () => {
    const attributes = {
      'sentry.op': 'gen_ai.chat',
      'gen_ai.request.messages': '[{"role":"user","content":"hi"}]',
      'gen_ai.response.text': '["ho"]',
      'gen_ai.response.stop_reason': 'end_turn',
      'gen_ai.usage.input_tokens.cached': 4,
      'gen_ai.cost.total_tokens': 0.5,
    };
    expect(mapped(attributes, {}, EVERYTHING)).toMatchObject({
      payload: {
        input_messages: [{ role: 'user', content: 'hi' }],
        output_messages: [{ role: 'assistant', content: ['ho'] }],
        finish_reasons: ['stop'],
        cost: { amount: '0.5' },
      },
      usage: { cache_read_input_tokens: 4 },
    });
  });

  test('spans of the AI SDK stay the AI SDK’s, though their tools were renamed', () => {
    const tool = recorded('sentry-node', 'vercel-agent-tools').find((entry) => entry?.type === 'tool_call');
    expect(tool).toMatchObject({ dialect: 'ai-sdk', payload: { name: 'get_weather' } });
  });
});

describe('Pydantic AI', () => {
  const scope = { name: 'pydantic-ai', version: '2.33' };

  test('a call and the tools it was offered', () => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      model_request_parameters: '{"function_tools":[{"name":"get_weather"}],"allow_text_output":true}',
      'gen_ai.usage.input_tokens': 120,
      'gen_ai.usage.output_tokens': 34,
      'gen_ai.usage.details.cache_read_tokens': 64,
      'operation.cost': 0.001,
    };
    expect(mapped(attributes, { scope })).toMatchObject({
      dialect: 'pydantic-ai',
      type: 'llm_call',
      payload: { provider: 'openai', tools_offered: ['get_weather'], cost: { amount: '0.001' } },
      usage: { input_tokens: 120, output_tokens: 34, cache_read_input_tokens: 64 },
    });
  });

  test('a run with sums of its own name, of the current and of the older form', () => {
    const sums = { 'gen_ai.aggregated_usage.input_tokens': 240, 'gen_ai.aggregated_usage.output_tokens': 68 };
    const agent = { type: 'agent_invocation', role: 'barrier', usage: { input_tokens: 240, output_tokens: 68 } };
    expect(
      mapped({ 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'triage', ...sums }, { scope }),
    ).toMatchObject({ ...agent, payload: { agent: { name: 'triage' } } });
    expect(mapped({ agent_name: 'triage', model_name: 'gpt-4o', ...sums }, { scope })).toMatchObject({
      ...agent,
      payload: { agent: { name: 'triage' } },
      call: { request_model: 'gpt-4o' },
    });
  });

  test('a tool in its older names', () => {
    const attributes = { 'gen_ai.tool.name': 'get', tool_arguments: '{"a":1}', tool_response: 'b' };
    expect(mapped(attributes, { scope }, EVERYTHING)).toMatchObject({
      type: 'tool_call',
      payload: { name: 'get', arguments: { a: 1 }, result: 'b' },
    });
  });

  test('a tool that waits for approval has not failed', () => {
    const attributes = { 'gen_ai.tool.name': 'pay', 'pydantic_ai.tool.deferral.name': 'ApprovalRequired' };
    expect(mapped(attributes, { scope, status: 'error' })).toMatchObject({ type: 'tool_call', outcome: 'unknown' });
  });
});

test('Logfire: a placeholder of an open span is no span', () => {
  const chat = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-4o',
    'ai.operationId': 'ai.generateText',
  };
  expect(mapped({ ...chat, 'logfire.span_type': 'pending_span' })).toBeUndefined();
  expect(mapped({ ...chat, 'logfire.span_type': 'span' })).toBeDefined();
});

describe('OpenLIT', () => {
  test('a recorded call: cost as decimal text, times in seconds', () => {
    expect(recorded('openlit', 'chat-stream')[0]).toMatchObject({
      dialect: 'opentelemetry',
      payload: { cost: { amount: expect.stringMatching(/^0\.00063\d*$/) }, streaming: true, time_to_first_chunk_ms: 1 },
    });
  });

  test.each([
    ['mcp_tool_call', 'tool_call'],
    ['mcp_resource_read', 'context_assembly'],
    ['vectordb', 'context_assembly'],
    ['fine_tuning', 'agent_invocation'],
    ['image', 'llm_call'],
  ])('%s', (operation, type) => {
    const attributes = { 'gen_ai.operation.name': operation, 'gen_ai.request.model': 'm', 'mcp.tool.name': 't' };
    expect(
      mapped(operation.startsWith('mcp') ? attributes : { ...attributes, 'mcp.tool.name': undefined }, {
        kind: 'client',
      }),
    ).toMatchObject({ type });
  });

  test('a tool by the names of its MCP spans', () => {
    const attributes = {
      'gen_ai.operation.name': 'mcp_tool_call',
      'mcp.tool.name': 'get',
      'mcp.tool.arguments': '{"a":1}',
      'mcp.tool.result': '{"b":2}',
    };
    expect(mapped(attributes, {}, EVERYTHING)?.payload).toEqual({ name: 'get', arguments: { a: 1 }, result: { b: 2 } });
  });
});

describe('AWS SDK', () => {
  test('Converse', () => {
    expect(recorded('opentelemetry-instrumentation-aws-sdk', 'converse')[0]).toMatchObject({
      dialect: 'opentelemetry',
      type: 'llm_call',
      payload: { provider: 'aws.bedrock', finish_reasons: ['stop'], server: { region: 'eu-west-1' } },
      usage: { input_tokens: 120, output_tokens: 34 },
    });
  });

  test('InvokeModel says no operation, and is a call all the same', () => {
    const call = recorded('opentelemetry-instrumentation-aws-sdk', 'invoke')[0];
    expect(call).toMatchObject({ type: 'llm_call', payload: { provider: 'aws.bedrock' } });
    expect(call?.payload).not.toHaveProperty('operation');
  });
});

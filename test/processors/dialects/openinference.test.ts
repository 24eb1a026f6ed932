import { describe, expect, test } from 'vitest';

import { dialectOf } from './dialect-of.ts';
import { openInference } from '../../../processors/dialects/openinference.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import { DEFAULT_CAPTURE, type Capture } from '../../../src/capture.ts';
import { spanOf } from '../../spans.ts';
import { EVERYTHING } from './known.ts';

const map = (
  kind: string | undefined,
  attributes: Readonly<Record<string, unknown>> = {},
  more?: Partial<SpanSnapshot>,
  capture: Capture = DEFAULT_CAPTURE,
) => openInference.map(spanOf({ 'openinference.span.kind': kind, ...attributes }, more), capture);

const scope = (name: string) => ({
  scope: { name: `@arizeai/openinference-instrumentation-${name}`, version: undefined },
});

test('recognised by kind or scope; the AI SDK’s own spans, written over, stay its own', () => {
  expect(dialectOf({ 'openinference.span.kind': 'LLM' }, 'any')?.name).toBe('openinference');
  expect(dialectOf({}, '@arizeai/openinference-instrumentation-langchain')?.name).toBe('openinference');
  expect(dialectOf({ 'openinference.span.kind': 'LLM', 'ai.operationId': 'ai.embed' }, 'ai')?.name).toBe('ai-sdk');
  expect(dialectOf({ 'openinference.span.kind': 'LLM', 'llm.request.type': 'chat' }, 'any')?.name).toBe(
    'openinference',
  );
});

test.each([
  ['LLM', 'llm_call', 'leaf'],
  ['EMBEDDING', 'context_assembly', 'leaf'],
  ['RERANKER', 'context_assembly', 'leaf'],
  ['RETRIEVER', 'context_assembly', 'barrier'],
  ['TOOL', 'tool_call', 'barrier'],
  ['AGENT', 'agent_invocation', 'barrier'],
  ['CHAIN', 'agent_invocation', 'transparent'],
  ['Chain', 'agent_invocation', 'transparent'],
  ['PROMPT', 'agent_invocation', 'transparent'],
  ['UNKNOWN', 'agent_invocation', 'transparent'],
  ['SOMETHING', 'agent_invocation', 'transparent'],
  [undefined, 'agent_invocation', 'transparent'],
  ['GUARDRAIL', 'guardrail', 'barrier'],
  ['EVALUATOR', 'evaluation', 'barrier'],
])('%s', (kind, type, role) => {
  expect(map(kind)).toMatchObject({ type, role });
});

describe('a model call', () => {
  test('Bedrock: provider, parameters one level down, stop reason', () => {
    expect(
      map('LLM', {
        'llm.provider': 'aws',
        'llm.system': 'anthropic',
        'llm.model_name': 'anthropic.claude-3-5-sonnet-20240620-v1:0',
        'llm.invocation_parameters': '{"inferenceConfig":{"maxTokens":100,"temperature":0.1,"topP":0.9}}',
        'llm.stop_reason': 'end_turn',
        'llm.token_count.prompt': 10,
        'llm.token_count.completion': 2,
      })?.payload,
    ).toEqual({
      provider: 'aws.bedrock',
      provider_raw: 'aws',
      request_model: 'anthropic.claude-3-5-sonnet-20240620-v1:0',
      finish_reasons: ['stop'],
      parameters: { max_tokens: 100, temperature: 0.1, top_p: 0.9 },
    });
  });

  test('counts and costs', () => {
    const mapped = map('LLM', {
      'llm.token_count.prompt': 120,
      'llm.token_count.prompt_details.cache_read': 64,
      'llm.token_count.prompt_details.cache_write': 16,
      'llm.token_count.completion': 34,
      'llm.token_count.completion_details.reasoning': 12,
      'llm.token_count.total': 154,
      'llm.cost.total': 1.5e-7,
    });
    expect(mapped?.usage).toEqual({
      input_tokens: 120,
      cache_read_input_tokens: 64,
      cache_write_input_tokens: 16,
      output_tokens: 34,
      reasoning_output_tokens: 12,
      total_tokens: 154,
    });
    expect(mapped?.payload).toEqual({ cost: { amount: '0.00000015', currency: 'USD' } });
  });

  test.each([
    [{ 'llm.model_name': 'm' }, 'm', undefined],
    [{ 'llm.model_name': 'm-1', 'llm.invocation_parameters': '{"model":"m"}' }, 'm', 'm-1'],
    [{ 'llm.model_name': 'm', 'llm.invocation_parameters': '{"model":"m"}' }, 'm', undefined],
    [{ 'llm.model_name': 'm-1', 'llm.request.model_name': 'm', 'llm.response.model_name': 'm-2' }, 'm', 'm-2'],
  ])('models of %o', (attributes, request_model, response_model) => {
    const payload: object | undefined = map('LLM', attributes)?.payload;
    expect({ request_model: undefined, response_model: undefined, ...payload }).toMatchObject({
      request_model,
      response_model,
    });
  });

  test('messages in the order of their indices, over a gap, only if captured', () => {
    const at = 'llm.input_messages';
    const attributes = {
      [`${at}.10.message.role`]: 'assistant',
      [`${at}.10.message.contents.0.message_content.type`]: 'text',
      [`${at}.10.message.contents.0.message_content.text`]: 'ten',
      [`${at}.10.message.tool_calls.0.tool_call.function.arguments`]: '{"a":1}',
      ...Object.fromEntries([9, 8, 7, 6, 5, 3, 2, 1, 0].map((index) => [`${at}.${index}.message.content`, `${index}`])),
      [`llm.output_messages.0.message.role`]: 'assistant',
      'output.value': 'refused',
      'output.mime_type': 'text/plain',
    };
    const payload = map('LLM', attributes, {}, EVERYTHING)?.payload as Record<string, unknown>;
    expect(payload['input_messages']).toEqual([
      ...[0, 1, 2, 3, 5, 6, 7, 8, 9].map((index) => ({ content: `${index}` })),
      { role: 'assistant', contents: [{ type: 'text', text: 'ten' }], tool_calls: [{ arguments: { a: 1 } }] },
    ]);
    expect(payload['output_messages']).toBe('refused');
    expect(map('LLM', attributes)?.payload).toEqual({});
  });

  test('an id in a text that a model wrote is no id of the reply', () => {
    const reply = '{"id":"x","choices":[]}';
    const json = { 'output.mime_type': 'application/json' };
    expect(map('LLM', { ...json, 'output.value': reply })?.payload).toEqual({ response_id: 'x' });
    expect(map('LLM', { 'output.mime_type': 'text/plain', 'output.value': reply })?.payload).toEqual({});
    expect(map('LLM', { ...json, 'output.value': '{"id":"x","name":"customer"}' })?.payload).toEqual({});
  });

  test('what the conventions’ names say beside it', () => {
    expect(
      map('LLM', { 'gen_ai.request.model': 'm', 'gen_ai.provider.name': 'openai', 'gen_ai.usage.input_tokens': 3 }),
    ).toMatchObject({ payload: { request_model: 'm', provider: 'openai' }, usage: { input_tokens: 3 } });
  });

  test.each([
    ['a reply', { 'llm.finish_reason': 'stop' }, {}, undefined],
    ['nothing', {}, {}, 'unknown'],
    ['ok, as the instrumentation says', {}, { status: 'ok' as const }, undefined],
    ['an exception in attributes', { 'exception.type': 'FrameworkError', 'exception.message': 'x' }, {}, 'error'],
    ['an exception event', {}, { events: [{ name: 'exception', timeMillis: 0, attributes: {} }] }, 'error'],
  ])('outcome: %s', (_, attributes, more, outcome) => {
    expect(map('LLM', attributes, more)?.outcome).toBe(outcome);
  });
});

test('retrieval and reranking: ids and scores always, texts if captured', () => {
  const documents = (prefix: string) => ({
    [`${prefix}.0.document.id`]: 'a',
    [`${prefix}.0.document.score`]: 0.5,
    [`${prefix}.0.document.content`]: 'text',
    [`${prefix}.1.document.id`]: 7,
  });
  const retrieved = { 'input.value': 'what?', ...documents('retrieval.documents') };
  expect(map('RETRIEVER', retrieved)?.payload).toEqual({
    operation: 'retrieval',
    documents: [{ id: 'a', score: 0.5 }, { id: 7 }],
  });
  expect(map('RETRIEVER', retrieved, {}, EVERYTHING)?.payload).toEqual({
    operation: 'retrieval',
    query: 'what?',
    documents: [{ id: 'a', score: 0.5, content: 'text' }, { id: 7 }],
  });
  const ranked = { 'reranker.query': 'q', 'reranker.model_name': 'r', ...documents('reranker.output_documents') };
  expect(map('RERANKER', ranked)?.payload).toEqual({
    operation: 'rerank',
    request_model: 'r',
    documents: [{ id: 'a', score: 0.5 }, { id: 7 }],
  });
});

test('an agent’s span that has a model and usage stands for calls nobody sees: Claude’s agent SDK', () => {
  expect(
    map('AGENT', {
      'llm.model_name': 'claude-sonnet-4-5',
      'llm.token_count.prompt': 12,
      'llm.token_count.completion': 3,
      'llm.cost.total': 0.25,
      'session.id': 's',
    }),
  ).toMatchObject({
    type: 'agent_invocation',
    role: 'barrier',
    payload: { operation: 'AGENT', conversation_id: 's' },
    usage: { input_tokens: 12, output_tokens: 3 },
    call: { request_model: 'claude-sonnet-4-5', cost: { amount: '0.25', currency: 'USD' } },
  });
  expect(map('AGENT', { 'agent.name': 'triage' })).toEqual({
    type: 'agent_invocation',
    role: 'barrier',
    payload: { operation: 'AGENT', agent: { name: 'triage' } },
  });
});

test('a tool', () => {
  const attributes = {
    'tool.name': 'lookup',
    'tool.id': 't1',
    'tool.parameters': '{"a":1}',
    'output.value': '{"b":2}',
  };
  expect(map('TOOL', attributes, {}, EVERYTHING)?.payload).toEqual({
    name: 'lookup',
    call_id: 't1',
    arguments: { a: 1 },
    result: { b: 2 },
  });
  const message = '{"kwargs":{"status":"error","tool_call_id":"c1","name":"lookup"}}';
  expect(map('TOOL', { 'output.value': message }, { status: 'ok' })).toMatchObject({
    outcome: 'error',
    payload: { name: 'lookup', call_id: 'c1' },
  });
});

test('an evaluation', () => {
  const at = 'evaluations.0.evaluation';
  expect(
    map('EVALUATOR', { [`${at}.name`]: 'faithful', [`${at}.score`]: 0.9, [`${at}.label`]: 'yes' })?.payload,
  ).toEqual({ metric: 'faithful', score: 0.9, label: 'yes' });
});

test('BeeAI makes a span of every event: the one that says how it ended counts', () => {
  const bee = (kind: string, target?: string) => {
    const mapped = map(kind, { target }, scope('beeai'));
    return `${mapped?.type} ${mapped?.role}`;
  };
  const [call, step] = ['llm_call leaf', 'agent_invocation transparent'];
  expect(['start', 'success', 'finish', 'error'].map((name) => bee('LLM', `backend.openai.chat.${name}`))).toEqual([
    step,
    call,
    step,
    call,
  ]);
  expect([bee('LLM'), bee('TOOL'), bee('AGENT'), bee('AGENT', 'agent.react.start')]).toEqual([
    call,
    step,
    'agent_invocation barrier',
    step,
  ]);
  expect([bee('TOOL', 'agent.react.toolSuccess'), bee('TOOL', 'tool.weather.start')]).toEqual([step, step]);
  expect(map('TOOL', { target: 'tool.weather.success' }, scope('beeai'))?.payload).toEqual({ name: 'weather' });
});

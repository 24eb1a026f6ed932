import { expect, test } from 'vitest';

import { dialectOf } from './dialect-of.ts';
import { traceloop } from '../../../processors/dialects/traceloop.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import { DEFAULT_CAPTURE, type Capture } from '../../../src/capture.ts';
import { spanOf } from '../../spans.ts';
import { EVERYTHING } from './known.ts';

const map = (
  attributes: Readonly<Record<string, unknown>>,
  more?: Partial<SpanSnapshot>,
  capture: Capture = DEFAULT_CAPTURE,
) => traceloop.map(spanOf(attributes, more), capture);

const scope = (name: string) => ({ scope: { name: `@traceloop/${name}`, version: undefined } });

test('recognised by kind, request type, flattened messages or scope; not by what the SDK puts on every span', () => {
  for (const marker of ['traceloop.span.kind', 'llm.request.type', 'gen_ai.prompt.0.role']) {
    expect(dialectOf({ [marker]: 'x' }, 'opentelemetry.instrumentation.openai')?.name).toBe('traceloop');
  }
  expect(dialectOf({}, '@traceloop/instrumentation-cohere')?.name).toBe('traceloop');
  expect(dialectOf({ 'traceloop.workflow.name': 'w' }, 'http')).toBeUndefined();
  expect(dialectOf({ 'traceloop.workflow.name': 'w', 'gen_ai.system': 'openai' }, 'x')?.name).toBe('opentelemetry');
});

test.each([
  ['workflow', 'agent_invocation', 'barrier'],
  ['agent', 'agent_invocation', 'barrier'],
  ['task', 'agent_invocation', 'transparent'],
  ['unknown', 'agent_invocation', 'transparent'],
  ['tool', 'tool_call', 'barrier'],
])('%s', (kind, type, role) => {
  expect(map({ 'traceloop.span.kind': kind })).toMatchObject({ type, role });
});

test('a session is nothing to record', () => {
  expect(map({ 'traceloop.span.kind': 'session' })).toBeUndefined();
});

const OLD = {
  'llm.request.type': 'chat',
  'gen_ai.system': 'OpenAI',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.prompt.1.role': 'user',
  'gen_ai.prompt.1.content': 'hi',
  'gen_ai.prompt.0.role': 'system',
  'gen_ai.prompt.0.content': 'be kind',
  'gen_ai.completion.0.role': 'assistant',
  'gen_ai.completion.0.finish_reason': 'tool_calls',
  'gen_ai.completion.0.tool_calls.0.id': 'c1',
  'gen_ai.completion.0.tool_calls.0.name': 'lookup',
  'gen_ai.completion.0.tool_calls.0.arguments': '{"a":1}',
  'gen_ai.usage.prompt_tokens': 12,
  'gen_ai.usage.completion_tokens': 3,
  'llm.usage.total_tokens': 15,
  'llm.request.functions.0.name': 'lookup',
};

test('the older form', () => {
  expect(map(OLD)).toEqual({
    type: 'llm_call',
    role: 'leaf',
    payload: {
      operation: 'chat',
      provider: 'openai',
      provider_raw: 'OpenAI',
      request_model: 'gpt-4o',
      finish_reasons: ['tool_call'],
      tools_offered: ['lookup'],
      tool_calls_requested: [{ id: 'c1', name: 'lookup' }],
    },
    usage: { input_tokens: 12, output_tokens: 3, total_tokens: 15 },
  });
  expect(map(OLD, {}, EVERYTHING)?.payload).toMatchObject({
    input_messages: [
      { role: 'system', content: 'be kind' },
      { role: 'user', content: 'hi' },
    ],
    output_messages: [{ role: 'assistant', tool_calls: [{ id: 'c1', name: 'lookup', arguments: { a: 1 } }] }],
  });
});

test('Bedrock, Vertex AI and Cohere', () => {
  const bedrock = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'aws.bedrock' };
  expect(map({ ...bedrock, 'gen_ai.request.model': 'm' }, scope('instrumentation-bedrock'))?.payload).toMatchObject({
    provider: 'aws.bedrock',
    request_model: 'm',
  });
  const google = { 'llm.request.type': 'completion', 'gen_ai.system': 'Google', 'gen_ai.request.model': 'gemini' };
  expect(map(google, scope('instrumentation-vertexai'))?.payload).toMatchObject({
    provider: 'gcp.vertex_ai',
    provider_raw: 'Google',
  });
  const cohere = {
    'llm.request.type': 'chat',
    'gen_ai.system': 'Cohere',
    'gen_ai.prompt.0.role': 'user',
    'gen_ai.prompt.0.user': 'hi',
    'gen_ai.completion.0.finish_reason': 'COMPLETE',
  };
  expect(map(cohere, scope('instrumentation-cohere'), EVERYTHING)?.payload).toMatchObject({
    provider: 'cohere',
    finish_reasons: ['stop'],
    input_messages: [{ role: 'user', content: 'hi' }],
  });
});

test('reranking: which documents, and how well they matched', () => {
  const rerank = {
    'llm.request.type': 'rerank',
    'gen_ai.system': 'Cohere',
    'gen_ai.request.model': 'rerank-3',
    'gen_ai.prompt.0.user': 'q',
    'gen_ai.completion.0.content': 2,
    'gen_ai.completion.0.relevanceScore': 0.9,
    'gen_ai.completion.1.content': 'a text',
    'gen_ai.completion.1.relevanceScore': 0.1,
  };
  expect(map(rerank)).toMatchObject({
    type: 'context_assembly',
    role: 'leaf',
    payload: {
      operation: 'rerank',
      provider: 'cohere',
      request_model: 'rerank-3',
      documents: [{ id: 2, score: 0.9 }, { score: 0.1 }],
    },
  });
  expect(JSON.stringify(map(rerank))).not.toContain('a text');
  expect(map(rerank, {}, EVERYTHING)?.payload).toMatchObject({ query: 'q', documents: [{}, { content: 'a text' }] });
});

test('vector databases', () => {
  const pinecone = scope('instrumentation-pinecone');
  const found = {
    'db.system': 'Pinecone',
    'db.vector.query.result.namespace': 'ns',
    'db.vector.query.result.0.id': 'a',
    'db.vector.query.result.0.score': 0.5,
    'db.vector.query.result.1.id': 'b',
  };
  expect(map(found, { name: 'pinecone.query', ...pinecone })).toMatchObject({
    type: 'context_assembly',
    role: 'barrier',
    payload: {
      operation: 'retrieval',
      data_source: 'ns',
      provider: 'pinecone',
      provider_raw: 'Pinecone',
      documents: [{ id: 'a', score: 0.5 }, { id: 'b' }],
    },
  });
  expect(map({ 'db.system': 'Pinecone' }, { name: 'pinecone.upsert', ...pinecone })?.payload).toEqual({
    operation: 'upsert',
    provider: 'pinecone',
    provider_raw: 'Pinecone',
  });
  const result = { 'db.query.result.id': 'd', 'db.query.result.score': 0.4, 'db.query.result.document': 'secret' };
  const chroma = {
    name: 'chroma.query',
    events: [{ name: 'db.query.result', timeMillis: 0, attributes: result }],
    ...scope('instrumentation-chromadb'),
  };
  expect(map({ 'db.system': 'Chroma' }, chroma)?.payload).toMatchObject({ documents: [{ id: 'd', score: 0.4 }] });
});

test('LangChain’s tools are tasks by their kind', () => {
  const tool = {
    'traceloop.span.kind': 'task',
    'gen_ai.operation.name': 'execute_tool',
    'traceloop.entity.name': 'DynamicStructuredTool',
    'traceloop.entity.output': '{"kwargs":{"status":"success","tool_call_id":"c1","name":"lookup"}}',
  };
  expect(map(tool)).toMatchObject({ type: 'tool_call', payload: { name: 'lookup', call_id: 'c1' } });
});

test('guards', () => {
  const guard = {
    'gen_ai.operation.name': 'guard',
    'gen_ai.guardrail.name': 'pii',
    'gen_ai.guardrail.status': 'FAILED',
  };
  expect(map(guard)).toEqual({
    type: 'guardrail',
    role: 'barrier',
    payload: { component: 'pii', verdict: 'FAILED' },
  });
  const broken = { 'gen_ai.guardrail.error.type': 'TypeError', 'gen_ai.guardrail.error.message': 'x' };
  expect(map({ ...guard, ...broken })).toMatchObject({ outcome: 'error', error: { type: 'TypeError', message: 'x' } });
});

test('a managed prompt, and the application’s ids', () => {
  expect(
    map({
      ...OLD,
      'traceloop.prompt.key': 'triage',
      'traceloop.prompt.version': 4,
      'traceloop.association.properties.user_id': 'u',
      'traceloop.association.properties.session_id': 's',
    })?.payload,
  ).toMatchObject({ prompt: { name: 'triage', version: '4' }, user_id: 'u', conversation_id: 's' });
});

test('an MCP request that is no tool call', () => {
  const mcp = scope('instrumentation-mcp');
  const input = { 'traceloop.entity.input': '{"name":"greeting"}' };
  expect(map(input, { name: 'prompts/get.mcp', ...mcp })?.payload).toEqual({
    operation: 'assembly',
    blocks: [{ id: 'greeting' }],
  });
  expect(map({}, { name: 'tools/list.mcp', ...mcp })).toBeUndefined();
});

import { describe, expect, test } from 'vitest';

import { aiSdk } from '../../../processors/dialects/ai-sdk.ts';
import { dialectOf } from './dialect-of.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import { DEFAULT_CAPTURE, type Capture } from '../../../src/capture.ts';
import { spanOf } from '../../spans.ts';

const map = (attributes: Readonly<Record<string, unknown>>, more?: Partial<SpanSnapshot>, capture?: Partial<Capture>) =>
  aiSdk.map(spanOf(attributes, more), { ...DEFAULT_CAPTURE, ...capture });

const GEN_AI = { scope: { name: 'gen_ai', version: undefined } };
const EXCEPTION = { name: 'exception', timeMillis: 0, attributes: { 'exception.message': 'x' } };

describe('recognition', () => {
  test('by operation id, or by the scope of version 7', () => {
    expect(dialectOf({ 'ai.operationId': 'ai.toolCall' }, 'ai')?.name).toBe('ai-sdk');
    expect(dialectOf({ 'ai.operationId': 'ai.toolCall' }, 'any')?.name).toBe('ai-sdk');
    expect(dialectOf({ 'gen_ai.operation.name': 'chat' }, 'gen_ai')?.name).toBe('ai-sdk');
    expect(dialectOf({ 'gen_ai.operation.name': 'chat' }, 'other')?.name).toBe('opentelemetry');
    expect(dialectOf({ 'gen_ai.system': 'openai', 'ai.operationId': 'ai.generateText.doGenerate' }, 'ai')?.name).toBe(
      'ai-sdk',
    );
  });
});

describe('operation ids of versions 4 to 6', () => {
  test.each([
    ['ai.generateText.doGenerate', 'llm_call', 'leaf', 'chat'],
    ['ai.streamText.doStream', 'llm_call', 'leaf', 'chat'],
    ['ai.generateObject.doGenerate', 'llm_call', 'leaf', 'chat'],
    ['ai.streamObject.doStream', 'llm_call', 'leaf', 'chat'],
    ['ai.decide.doDecide', 'llm_call', 'leaf', 'ai.decide.doDecide'],
    ['ai.generateSpeech', 'llm_call', 'leaf', 'ai.generateSpeech'],
    ['ai.transcribe', 'llm_call', 'leaf', 'ai.transcribe'],
    ['ai.streamTranscribe', 'llm_call', 'leaf', 'ai.streamTranscribe'],
    ['ai.embed.doEmbed', 'context_assembly', 'leaf', 'embeddings'],
    ['ai.embedMany.doEmbed', 'context_assembly', 'leaf', 'embeddings'],
    ['ai.rerank.doRerank', 'context_assembly', 'leaf', 'rerank'],
    ['ai.toolCall', 'tool_call', 'barrier', undefined],
    ['ai.generateText', 'agent_invocation', 'barrier', 'ai.generateText'],
    ['ai.streamText', 'agent_invocation', 'barrier', 'ai.streamText'],
    ['ai.generateObject', 'agent_invocation', 'barrier', 'ai.generateObject'],
    ['ai.streamObject', 'agent_invocation', 'barrier', 'ai.streamObject'],
  ])('%s', (id, type, role, operation) => {
    const mapped = map({ 'ai.operationId': id, 'ai.model.id': 'm' });
    expect(mapped).toMatchObject({ type, role });
    expect((mapped?.payload as { operation?: string } | undefined)?.operation).toBe(operation);
  });

  test.each(['ai.embed', 'ai.embedMany', 'ai.rerank', 'ai.decide'])(
    '%s says nothing that its inner span does not',
    (id) => {
      expect(map({ 'ai.operationId': id, 'ai.model.id': 'm' })).toBeUndefined();
    },
  );

  test('an id that is not known is looked through', () => {
    expect(map({ 'ai.operationId': 'ai.new' })).toMatchObject({ type: 'agent_invocation', role: 'transparent' });
  });
});

const usage = (attributes: object) => map({ 'ai.operationId': 'ai.generateText.doGenerate', ...attributes })?.usage;

describe('usage, by version', () => {
  test('4', () => {
    expect(
      usage({
        'ai.usage.promptTokens': 120,
        'ai.usage.completionTokens': 34,
        'ai.response.providerMetadata': '{"openai":{"reasoningTokens":12,"cachedPromptTokens":64}}',
      }),
    ).toEqual({ input_tokens: 120, output_tokens: 34, cache_read_input_tokens: 64, reasoning_output_tokens: 12 });
    expect(
      usage({
        'ai.usage.promptTokens': 120,
        'ai.response.providerMetadata': '{"anthropic":{"cacheCreationInputTokens":16,"cacheReadInputTokens":64}}',
      }),
    ).toEqual({ input_tokens: 120, cache_read_input_tokens: 64, cache_write_input_tokens: 16 });
  });

  test('5', () => {
    expect(
      usage({
        'ai.usage.inputTokens': 120,
        'ai.usage.outputTokens': 34,
        'ai.usage.totalTokens': 154,
        'ai.usage.reasoningTokens': 12,
        'ai.usage.cachedInputTokens': 64,
      }),
    ).toEqual({
      input_tokens: 120,
      output_tokens: 34,
      total_tokens: 154,
      reasoning_output_tokens: 12,
      cache_read_input_tokens: 64,
    });
  });

  test('6', () => {
    expect(
      usage({
        'ai.usage.inputTokens': 120,
        'ai.usage.inputTokenDetails.noCacheTokens': 40,
        'ai.usage.inputTokenDetails.cacheReadTokens': 64,
        'ai.usage.inputTokenDetails.cacheWriteTokens': 16,
        'ai.usage.outputTokens': 34,
        'ai.usage.outputTokenDetails.reasoningTokens': 12,
      }),
    ).toEqual({
      input_tokens: 120,
      output_tokens: 34,
      cache_read_input_tokens: 64,
      cache_write_input_tokens: 16,
      reasoning_output_tokens: 12,
    });
  });

  test('7: reasoning tokens keep the legacy name', () => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.usage.output_tokens': 34,
      'ai.usage.outputTokenDetails.reasoningTokens': 12,
    };
    expect(map(attributes, GEN_AI)?.usage).toEqual({ output_tokens: 34, reasoning_output_tokens: 12 });
  });

  test('an embedding that counted nothing', () => {
    expect(map({ 'ai.operationId': 'ai.embed.doEmbed', 'ai.usage.tokens': Number.NaN })?.usage).toBeUndefined();
  });
});

describe('what an application passes along', () => {
  test('user, session, agent and prompt', () => {
    const metadata = {
      'ai.telemetry.metadata.userId': 'u',
      'ai.telemetry.metadata.sessionId': 's',
      'ai.telemetry.metadata.agent': 'triage',
      'ai.telemetry.metadata.langfusePrompt': '{"name":"p","version":3}',
      'ai.telemetry.functionId': 'f',
      'ai.model.id': 'm',
    };
    expect(map({ 'ai.operationId': 'ai.generateText.doGenerate', ...metadata })?.payload).toMatchObject({
      user_id: 'u',
      conversation_id: 's',
      prompt: { name: 'p', version: '3' },
    });
    expect(map({ 'ai.operationId': 'ai.generateText', ...metadata })?.payload).toMatchObject({
      agent: { name: 'triage' },
      conversation_id: 's',
    });
    const context = { 'ai.settings.context.userId': 'u', 'ai.settings.context.sessionId': 's' };
    expect(map({ 'gen_ai.operation.name': 'chat', ...context }, GEN_AI)?.payload).toMatchObject({
      user_id: 'u',
      conversation_id: 's',
    });
  });

  test('settings become parameters', () => {
    expect(
      map({
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.settings.maxTokens': 9,
        'ai.settings.temperature': 0,
        'ai.settings.topP': 0.9,
        'ai.settings.topK': 4,
        'ai.settings.seed': 7,
        'ai.settings.frequencyPenalty': 0.1,
        'ai.settings.presencePenalty': 0.2,
        'ai.settings.stopSequences': ['END'],
        'ai.settings.maxRetries': 2,
        'ai.settings.mode': 'tool',
        'ai.prompt.toolChoice': '{"type":"auto"}',
      })?.payload,
    ).toMatchObject({
      parameters: {
        max_tokens: 9,
        temperature: 0,
        top_p: 0.9,
        top_k: 4,
        seed: 7,
        frequency_penalty: 0.1,
        presence_penalty: 0.2,
        stop_sequences: ['END'],
        max_retries: 2,
        mode: 'tool',
        tool_choice: { type: 'auto' },
      },
    });
  });

  test('a gateway’s cost', () => {
    const metadata = '{"gateway":{"cost":"0.00012","routing":{}}}';
    expect(
      map({ 'ai.operationId': 'ai.generateText.doGenerate', 'ai.response.providerMetadata': metadata })?.payload,
    ).toMatchObject({
      cost: { amount: '0.00012' },
    });
  });
});

describe('content', () => {
  test('messages, if captured', () => {
    const attributes = {
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.prompt.messages': '[{"role":"user","content":[{"type":"text","text":"hi"}]}]',
      'ai.response.text': '{"not":"parsed"}',
      'ai.response.reasoning': 'hm',
      'ai.response.object': '{"a":1}',
      'ai.response.toolCalls': '[{"toolCallId":"c1","toolName":"get","input":"{}"}]',
    };
    expect(map(attributes, {}, { messages: 'inline' })?.payload).toMatchObject({
      input_messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
      output_messages: [
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', content: 'hm' },
            { type: 'text', content: '{"not":"parsed"}' },
            { type: 'object', content: { a: 1 } },
            { type: 'tool_calls', content: [{ toolCallId: 'c1', toolName: 'get', input: '{}' }] },
          ],
        },
      ],
      tool_calls_requested: [{ id: 'c1', name: 'get' }],
    });
    expect(map(attributes)?.payload).toEqual({
      operation: 'chat',
      tool_calls_requested: [{ id: 'c1', name: 'get' }],
    });
  });

  test('embedded texts and rerankings, if captured', () => {
    const embed = { 'ai.operationId': 'ai.embedMany.doEmbed', 'ai.values': ['"alpha"', '"beta"'] };
    expect(map(embed, {}, { retrieval: 'inline' })?.payload).toMatchObject({ query: ['alpha', 'beta'] });
    expect(map(embed)?.payload).toEqual({ operation: 'embeddings' });

    const rerank = {
      'ai.operationId': 'ai.rerank.doRerank',
      'ai.documents': ['"alpha"', '{"text":"beta"}'],
      'ai.ranking': ['{"index":1,"relevanceScore":0.9}', '{"index":0,"relevanceScore":0.2}'],
    };
    expect(map(rerank)?.payload).toEqual({
      operation: 'rerank',
      documents: [
        { id: 1, score: 0.9 },
        { id: 0, score: 0.2 },
      ],
    });
    expect(map(rerank, {}, { retrieval: 'inline' })?.payload).toEqual({
      operation: 'rerank',
      documents: [
        { id: 0, score: 0.2, content: 'alpha' },
        { id: 1, score: 0.9, content: { text: 'beta' } },
      ],
    });
    const current = { 'gen_ai.operation.name': 'embeddings', 'ai.value': '"alpha"' };
    expect(map(current, GEN_AI, { retrieval: 'inline' })?.payload).toMatchObject({ query: 'alpha' });
  });
});

/** Outcome of a span of version 7. */
const of = (operation: string, attributes: object = {}) =>
  map({ 'gen_ai.operation.name': operation, 'gen_ai.request.model': 'm', ...attributes }, GEN_AI)?.outcome;

describe('outcome', () => {
  const REPLY = { 'ai.response.finishReason': 'stop', 'ai.usage.outputTokens': 3 };

  test.each([
    ['a reply', REPLY, {}, undefined],
    ['an aborted stream', {}, {}, 'unknown'],
    [
      'a stream that was cut before its finish',
      { 'ai.response.finishReason': 'unknown', 'ai.usage.outputTokens': NaN },
      {},
      'unknown',
    ],
    ['an error in the stream', { 'ai.response.finishReason': 'error' }, {}, 'error'],
    ['an error', {}, { status: 'error' as const, events: [EXCEPTION] }, undefined],
    ['an error after the reply', REPLY, { status: 'error' as const, events: [EXCEPTION] }, undefined],
    ['another processor’s error beside a whole reply', REPLY, { status: 'error' as const }, 'ok'],
    ['an error without exception or reply', {}, { status: 'error' as const }, undefined],
  ])('%s', (_, attributes, more, outcome) => {
    for (const id of ['ai.streamText.doStream', 'ai.streamText']) {
      expect(map({ 'ai.operationId': id, 'ai.model.id': 'm', ...attributes }, more)?.outcome).toBe(outcome);
    }
  });

  test('version 7: an abort ends every span with its status unset', () => {
    expect([of('chat'), of('invoke_agent'), of('execute_tool'), of('agent_step')]).toEqual(Array(4).fill('unknown'));
    expect(of('chat', { 'gen_ai.response.finish_reasons': ['stop'] })).toBeUndefined();
    expect(of('invoke_agent', { 'gen_ai.response.finish_reasons': ['stop'] })).toBeUndefined();
    expect(of('execute_tool', { 'gen_ai.execute_tool.duration': 0.1 })).toBeUndefined();
    expect(of('execute_tool', { 'gen_ai.tool.type': 'extension' })).toBeUndefined();
    expect(of('embeddings')).toBeUndefined();
  });
});

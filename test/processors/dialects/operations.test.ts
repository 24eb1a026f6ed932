import { describe, expect, test } from 'vitest';

import { openTelemetry } from '../../../processors/dialects/opentelemetry.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import { DEFAULT_CAPTURE, type Capture } from '../../../src/capture.ts';
import { spanOf } from '../../spans.ts';

/** Which entry each operation of the conventions becomes, and those met in the wild. */

const map = (attributes: Readonly<Record<string, unknown>>, more?: Partial<SpanSnapshot>, capture?: Partial<Capture>) =>
  openTelemetry.map(spanOf(attributes, more), { ...DEFAULT_CAPTURE, ...capture });

const MODEL = { 'gen_ai.request.model': 'm', 'gen_ai.usage.output_tokens': 3 };

describe('operation names', () => {
  test.each([
    // The conventions'.
    ['chat', 'llm_call', 'leaf', 'chat'],
    ['generate_content', 'llm_call', 'leaf', 'generate_content'],
    ['text_completion', 'llm_call', 'leaf', 'text_completion'],
    ['fetch_response', 'agent_invocation', 'transparent', 'fetch_response'],
    ['embeddings', 'context_assembly', 'leaf', 'embeddings'],
    ['retrieval', 'context_assembly', 'barrier', 'retrieval'],
    ['search_memory', 'context_assembly', 'barrier', 'memory'],
    ['create_memory', 'context_assembly', 'barrier', 'memory'],
    ['update_memory', 'context_assembly', 'barrier', 'memory'],
    ['upsert_memory', 'context_assembly', 'barrier', 'memory'],
    ['delete_memory', 'context_assembly', 'barrier', 'memory'],
    ['create_memory_store', 'context_assembly', 'barrier', 'memory'],
    ['delete_memory_store', 'context_assembly', 'barrier', 'memory'],
    ['execute_tool', 'tool_call', 'barrier', undefined],
    ['create_agent', 'agent_invocation', 'transparent', 'create_agent'],
    ['invoke_agent', 'agent_invocation', 'barrier', 'invoke_agent'],
    ['plan', 'agent_invocation', 'transparent', 'plan'],
    ['invoke_workflow', 'agent_invocation', 'barrier', 'invoke_workflow'],
    ['handle_conversation_turn', 'agent_invocation', 'barrier', 'handle_conversation_turn'],
    ['run_guardrail', 'guardrail', 'barrier', undefined],
    ['apply_guardrail', 'guardrail', 'barrier', undefined],
    // Met in the wild.
    ['agent_step', 'agent_invocation', 'transparent', 'agent_step'],
    ['rerank', 'context_assembly', 'leaf', 'rerank'],
    ['decide', 'llm_call', 'leaf', 'decide'],
    ['ai.generateSpeech', 'llm_call', 'leaf', 'ai.generateSpeech'],
    ['ai.transcribe', 'llm_call', 'leaf', 'ai.transcribe'],
    ['ai.streamTranscribe', 'llm_call', 'leaf', 'ai.streamTranscribe'],
    ['execute_node', 'agent_invocation', 'transparent', 'execute_node'],
    ['invoke_swarm', 'agent_invocation', 'barrier', 'invoke_swarm'],
    ['invoke_graph', 'agent_invocation', 'barrier', 'invoke_graph'],
    ['memory.search', 'context_assembly', 'barrier', 'memory'],
    ['completion', 'llm_call', 'leaf', 'completion'],
    ['generate', 'llm_call', 'leaf', 'generate'],
    ['text_completions', 'llm_call', 'leaf', 'text_completions'],
    ['vectordb', 'context_assembly', 'barrier', 'retrieval'],
    ['orchestrate_tools', 'agent_invocation', 'transparent', 'orchestrate_tools'],
    ['model_inference', 'llm_call', 'leaf', 'model_inference'],
    ['workflow_step', 'agent_invocation', 'transparent', 'workflow_step'],
    ['chain', 'agent_invocation', 'transparent', 'chain'],
    ['parser', 'agent_invocation', 'transparent', 'parser'],
    ['handoff', 'agent_invocation', 'transparent', 'handoff'],
    ['evaluate', 'evaluation', 'barrier', undefined],
    ['something new', 'agent_invocation', 'transparent', 'something new'],
  ])('%s', (name, type, role, operation) => {
    const mapped = map({ 'gen_ai.operation.name': name });
    expect(mapped).toMatchObject({ type, role });
    expect(mapped?.payload).toEqual(
      operation === undefined ? (type === 'tool_call' ? { name: 'span' } : {}) : { operation },
    );
  });

  test('an unknown operation is what its span carries', () => {
    expect(map({ 'gen_ai.operation.name': 'image', ...MODEL })).toMatchObject({
      type: 'llm_call',
      role: 'leaf',
      payload: { operation: 'image', request_model: 'm' },
    });
    expect(map({ 'gen_ai.operation.name': 'x', 'gen_ai.request.model': 'm' }, { kind: 'client' })?.type).toBe(
      'llm_call',
    );
    expect(map({ 'gen_ai.operation.name': 'x', 'gen_ai.request.model': 'm' })?.type).toBe('agent_invocation');
    expect(map({ 'gen_ai.operation.name': 'x', 'gen_ai.tool.name': 't', ...MODEL })).toMatchObject({
      type: 'tool_call',
      payload: { name: 't' },
    });
  });

  test('without an operation: a provider and a model are a call, as before 1.27', () => {
    expect(map({ 'gen_ai.system': 'OpenAI', ...MODEL })).toMatchObject({
      type: 'llm_call',
      payload: { provider: 'openai', provider_raw: 'OpenAI', request_model: 'm' },
    });
    expect(map({ 'gen_ai.system': 'openai', 'gen_ai.tool.name': 't' })?.type).toBe('tool_call');
    expect(map({ 'gen_ai.system': 'openai', 'gen_ai.agent.name': 'a' })).toMatchObject({
      type: 'agent_invocation',
      role: 'transparent',
    });
    expect(map({ 'gen_ai.system': 'openai' })).toBeUndefined();
    expect(
      map({ 'gen_ai.provider.name': 'anthropic', ...MODEL }, { name: 'anthropic.messages.count_tokens' }),
    ).toBeUndefined();
  });

  test('a poll reports no usage, for the call that it polls does', () => {
    const mapped = map({ 'gen_ai.operation.name': 'fetch_response', 'gen_ai.usage.input_tokens': 9, ...MODEL });
    expect(mapped?.usage).toBeUndefined();
    expect(mapped?.call).toBeUndefined();
  });
});

describe('MCP methods', () => {
  test.each([
    ['tools/call', { type: 'tool_call', role: 'barrier', payload: { name: 'span' } }],
    ['resources/read', { type: 'context_assembly', role: 'barrier', payload: { operation: 'retrieval' } }],
    ['prompts/get', { type: 'context_assembly', role: 'barrier', payload: { operation: 'assembly' } }],
    ['sampling/createMessage', { type: 'agent_invocation', payload: { operation: 'sampling/createMessage' } }],
    ['elicitation/create', { type: 'agent_invocation', payload: { operation: 'elicitation/create' } }],
    ['vendor/new', { type: 'agent_invocation', role: 'transparent', payload: { operation: 'vendor/new' } }],
  ])('%s', (method, expected) => {
    expect(map({ 'mcp.method.name': method })).toMatchObject(expected);
  });

  test.each([
    'initialize',
    'ping',
    'tools/list',
    'prompts/list',
    'resources/list',
    'resources/templates/list',
    'resources/subscribe',
    'resources/unsubscribe',
    'roots/list',
    'logging/setLevel',
    'completion/complete',
    'server/discover',
    'subscriptions/listen',
    'notifications/cancelled',
    'notifications/tools/list_changed',
  ])('%s is not recorded', (method) => {
    expect(map({ 'mcp.method.name': method })).toBeUndefined();
  });

  test('a tool call, its failure, and what was read', () => {
    expect(
      map(
        {
          'mcp.method.name': 'tools/call',
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.call.arguments': '{"city":"Lisbon"}',
          'error.type': 'tool_error',
        },
        { name: 'tools/call get_weather' },
      ),
    ).toEqual({
      type: 'tool_call',
      role: 'barrier',
      payload: { name: 'get_weather', arguments: { city: 'Lisbon' } },
      outcome: 'error',
      error: { type: 'tool_error' },
    });
    expect(map({ 'mcp.method.name': 'resources/read', 'mcp.resource.uri': 'file:///a' })?.payload).toEqual({
      operation: 'retrieval',
      data_source: 'file:///a',
    });
    expect(map({ 'mcp.method.name': 'prompts/get', 'gen_ai.prompt.name': 'p' })?.payload).toEqual({
      operation: 'assembly',
      blocks: [{ id: 'p' }],
    });
  });
});

describe('tools, agents, context, guardrails', () => {
  test('a tool: arguments and result as captured', () => {
    const attributes = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'get_weather',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': 'call_1',
      'gen_ai.tool.call.arguments': '{"city":"Lisbon"}',
      'gen_ai.tool.call.result': '{"temp":21.5}',
    };
    const facts = { name: 'get_weather', tool_type: 'function', call_id: 'call_1' };
    expect(map(attributes)?.payload).toEqual({ ...facts, arguments: { city: 'Lisbon' } });
    expect(map(attributes, {}, { toolArguments: 'none', toolResults: 'inline' })?.payload).toEqual({
      ...facts,
      result: { temp: 21.5 },
    });
  });

  test.each([
    [
      { 'gen_ai.tool.args': '{"a":1}', 'gen_ai.tool.output': 'x' },
      { arguments: { a: 1 }, result: 'x' },
    ],
    [{ 'gen_ai.tool.input': '{"a":1}' }, { arguments: { a: 1 } }],
    [
      { 'gen_ai.skill.name': 's', 'gen_ai.skill.source.uri': 'u' },
      { name: 's', resource_ref: 'u' },
    ],
    [
      { 'gen_ai.skill.name': 's', 'gen_ai.skill.resource.name': 'r' },
      { name: 's', resource_ref: 'r' },
    ],
  ])('older and further names of a tool: %o', (attributes, expected) => {
    const payload = map(
      { 'gen_ai.operation.name': 'execute_tool', ...attributes },
      {},
      { toolResults: 'inline' },
    )?.payload;
    expect(payload).toMatchObject(expected);
  });

  test('a tool named by its span only', () => {
    expect(map({ 'gen_ai.operation.name': 'execute_tool' }, { name: 'execute_tool get weather' })?.payload).toEqual({
      name: 'get weather',
    });
  });

  test('a tool that failed without status', () => {
    expect(map({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.status': 'error' })?.outcome).toBe('error');
  });

  test('an agent, a workflow, and the call they may stand for', () => {
    expect(
      map({
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.id': 'a1',
        'gen_ai.agent.name': 'triage',
        'gen_ai.agent.version': '3',
        'gen_ai.agent.description': 'sorts',
        'gen_ai.conversation.id': 'c1',
        'gen_ai.provider.name': 'openai',
        ...MODEL,
      }),
    ).toEqual({
      type: 'agent_invocation',
      role: 'barrier',
      payload: {
        agent: { id: 'a1', name: 'triage', version: '3', description: 'sorts' },
        operation: 'invoke_agent',
        conversation_id: 'c1',
      },
      usage: { output_tokens: 3 },
      call: expect.objectContaining({ provider: 'openai', request_model: 'm' }),
    });
    expect(map({ 'gen_ai.operation.name': 'invoke_workflow', 'gen_ai.workflow.name': 'w' })?.payload).toEqual({
      agent: { name: 'w' },
      operation: 'invoke_workflow',
    });
  });

  test('a retrieval: which documents always, their text and the query only if captured', () => {
    const attributes = {
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.data_source.id': 'kb-1',
      'gen_ai.retrieval.query.text': 'how old',
      'gen_ai.retrieval.documents':
        '[{"id":"d1","score":0.9,"content":"secret"},{"id":2,"version":"7","text":"secret"}]',
    };
    expect(map(attributes)?.payload).toEqual({
      operation: 'retrieval',
      data_source: 'kb-1',
      documents: [
        { id: 'd1', score: 0.9 },
        { id: 2, version: '7' },
      ],
    });
    expect(map(attributes, {}, { retrieval: 'inline' })?.payload).toEqual({
      operation: 'retrieval',
      data_source: 'kb-1',
      query: 'how old',
      documents: [
        { id: 'd1', score: 0.9, content: 'secret' },
        { id: 2, version: '7', text: 'secret' },
      ],
    });
  });

  test.each([
    [{ 'aws.bedrock.knowledge_base.id': 'kb' }, { data_source: 'kb' }],
    [{ 'gen_ai.retrieval.source': 'pg' }, { data_source: 'pg' }],
    [{ 'gen_ai.retrieval.query': 'q' }, { query: 'q' }],
    [{ 'gen_ai.retrieval.query.text': '{"q": 1}' }, { query: '{"q": 1}' }],
  ])('further names of a retrieval: %o', (attributes, expected) => {
    const mapped = map({ 'gen_ai.operation.name': 'retrieval', ...attributes }, {}, { retrieval: 'inline' });
    expect(mapped?.payload).toEqual({ operation: 'retrieval', ...expected });
  });

  test('memory: what was done with which record', () => {
    const attributes = {
      'gen_ai.operation.name': 'delete_memory',
      'gen_ai.memory.store.id': 's1',
      'gen_ai.memory.record.id': 'r1',
      'gen_ai.memory.query.text': 'secret',
      'gen_ai.memory.records': '[{"id":"r1","text":"secret"}]',
    };
    expect(map(attributes)?.payload).toEqual({
      operation: 'memory',
      data_source: 's1',
      documents: [{ id: 'r1' }],
      blocks: [{ id: 'r1', action: 'delete_memory' }],
    });
    expect(map(attributes, {}, { retrieval: 'inline' })?.payload).toMatchObject({ query: 'secret' });
    expect(
      map({ 'gen_ai.operation.name': 'create_memory_store', 'gen_ai.memory.store.id': 's1' })?.payload,
    ).toMatchObject({
      blocks: [{ id: 's1', action: 'create_memory_store' }],
    });
  });

  test('embeddings', () => {
    expect(
      map({
        'gen_ai.operation.name': 'embeddings',
        'gen_ai.provider.name': 'cohere',
        'gen_ai.request.model': 'embed-4',
        'gen_ai.response.model': 'embed-4.1',
        'gen_ai.usage.input_tokens': 5,
      }),
    ).toEqual({
      type: 'context_assembly',
      role: 'leaf',
      payload: { operation: 'embeddings', provider: 'cohere', request_model: 'embed-4', response_model: 'embed-4.1' },
      usage: { input_tokens: 5 },
    });
  });

  test('a guardrail', () => {
    expect(
      map({
        'gen_ai.operation.name': 'run_guardrail',
        'gen_ai.guardrail.target.type': 'input',
        'gen_ai.guardrail.verdict.type': 'deny',
        'gen_ai.guardrail.verdict.reason': 'injected',
        'gen_ai.guardrail.action.type': 'block',
        'gen_ai.guardrail.component.name': 'shield',
        'gen_ai.guardrail.security.risk.category': 'prompt_injection',
        'gen_ai.guardrail.security.policy.id': 'p-9',
      })?.payload,
    ).toEqual({
      kind: 'injection',
      target: 'input',
      verdict: 'deny',
      verdict_reason: 'injected',
      action: 'blocked',
      component: 'shield',
      policy: { name: 'p-9' },
    });
  });

  test('an evaluation, its explanation where messages are kept', () => {
    const attributes = {
      'gen_ai.operation.name': 'evaluate',
      'gen_ai.evaluation.name': 'relevance',
      'gen_ai.evaluation.score.value': 0.4,
      'gen_ai.evaluation.score.label': 'poor',
      'gen_ai.evaluation.explanation': 'off topic',
    };
    const said = { metric: 'relevance', score: 0.4, label: 'poor' };
    expect(map(attributes)?.payload).toEqual(said);
    expect(map(attributes, {}, { messages: 'inline' })?.payload).toEqual({ ...said, explanation: 'off topic' });
  });
});

const chat = (attributes: object, more?: Partial<SpanSnapshot>) =>
  map({ 'gen_ai.operation.name': 'chat', ...attributes }, more);

describe('outcome', () => {
  test.each([
    ['nothing of a reply', {}, {}, 'unknown'],
    ['an id, as the first chunk has it', { 'gen_ai.response.id': 'r', 'gen_ai.usage.input_tokens': 9 }, {}, 'unknown'],
    ['a finish reason', { 'gen_ai.response.finish_reasons': ['stop'] }, {}, undefined],
    ['output tokens', { 'gen_ai.usage.output_tokens': 3 }, {}, undefined],
    ['a finish reason that says nothing', { 'gen_ai.response.finish_reasons': ['unknown'] }, {}, 'unknown'],
    ['an error type', { 'error.type': 'timeout' }, {}, 'error'],
    ['an error status', {}, { status: 'error' as const }, undefined],
    ['the application’s word', { 'error.type': 'x' }, { status: 'ok' as const }, undefined],
    [
      'a finish reason error under status ok',
      { 'gen_ai.response.finish_reasons': '["error"]' },
      { status: 'ok' as const },
      'error',
    ],
    ['a background response that failed', { 'gen_ai.response.status': 'failed' }, {}, 'error'],
    [
      'a background response that runs',
      { 'gen_ai.response.status': 'queued', 'gen_ai.usage.output_tokens': 3 },
      {},
      'unknown',
    ],
    [
      'a background response',
      { 'gen_ai.response.status': 'completed', 'gen_ai.usage.output_tokens': 3 },
      {},
      undefined,
    ],
  ])('%s', (_, attributes, more, outcome) => {
    expect(chat(attributes, more)?.outcome).toBe(outcome);
  });

  test('an error’s message: its own, the status’, the last exception’s', () => {
    const events = [
      { name: 'exception', timeMillis: 0, attributes: { 'exception.message': 'first' } },
      { name: 'exception', timeMillis: 1, attributes: { 'exception.message': 'last' } },
    ];
    const attributes = { 'error.type': 'E' };
    expect(chat({ ...attributes, 'error.message': 'own' }, { statusMessage: 'status' })?.error?.message).toBe('own');
    expect(chat(attributes, { statusMessage: 'status', events })?.error?.message).toBe('status');
    expect(chat(attributes, { events })?.error).toEqual({ type: 'E', message: 'last' });
    expect(chat({}, { status: 'error', events })?.error).toBeUndefined();
  });
});

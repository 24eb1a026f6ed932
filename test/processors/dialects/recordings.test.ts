import { describe, expect, test } from 'vitest';

import type { MappedSpan } from '../../../processors/dialects/dialect.ts';
import { dialectOf } from './dialect-of.ts';
import { SameCalls, shownCall } from '../../../processors/same-calls.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import type { Capture } from '../../../src/capture.ts';
import { DEFAULT_CAPTURE } from '../../../src/capture.ts';
import { EMITTERS, hasTruth, recordedSpans, scenariosOf, truthOf } from '../../spans.ts';
import { EVERYTHING } from './known.ts';

/**
 * Entries of recorded spans against what really happened. One counting `llm_call` for each request that reached the
 * provider, failed ones `error`, cut and abandoned ones never `ok`, tools once each, nothing invented.
 */

interface Recorded {
  readonly span: SpanSnapshot;
  readonly mapped: MappedSpan;
  readonly dialect: string;
  readonly outcome: string;
  readonly counts: boolean;
}

/** What the processor makes of a scenario: outcome by status unless the dialect knows better, the innermost leaf counts. */
function recorded(emitter: string, scenario: string, capture: Capture = DEFAULT_CAPTURE): readonly Recorded[] {
  const spans = recordedSpans(emitter, scenario);
  const entries = new Map<string, Omit<Recorded, 'counts'>>();
  const outer = new Set<string>();
  for (const { snapshot: span, ended } of spans) {
    const dialect = dialectOf(span.attributes, span.scope.name);
    const mapped = dialect?.map(span, capture);
    if (dialect === undefined || mapped === undefined) continue;
    const outcome = ended ? (mapped.outcome ?? (span.status === 'error' ? 'error' : 'ok')) : 'unended';
    entries.set(span.spanId, { span, mapped, dialect: dialect.name, outcome });
  }
  const parents = new Map(spans.map(({ snapshot: span }) => [span.spanId, span.parentSpanId]));
  for (const { span, mapped } of entries.values()) {
    if (mapped.role !== 'leaf') continue;
    for (let id = span.parentSpanId; id !== undefined; id = parents.get(id)) {
      const ancestor = entries.get(id);
      if (ancestor === undefined || ancestor.mapped.role === 'transparent') continue;
      if (ancestor.mapped.role === 'leaf' && ancestor.mapped.type === mapped.type) outer.add(id);
      break;
    }
  }
  const calls = new SameCalls();
  for (const { span, mapped, outcome } of entries.values()) {
    const shown = mapped.role === 'leaf' && outcome !== 'unended' ? shownCall(span, mapped) : undefined;
    if (shown === undefined) continue;
    const isOuter = outer.has(span.spanId);
    const found = isOuter ? undefined : calls.find(shown);
    if (found?.same !== undefined) outer.add(span.spanId);
    calls.add({ ...shown, reportsUsage: mapped.usage !== undefined, doubtful: undefined }, found, isOuter);
  }
  return [...entries.values()].map((entry) => ({ ...entry, counts: !outer.has(entry.span.spanId) }));
}

const counting = (entries: readonly Recorded[], type: MappedSpan['type']): readonly Recorded[] =>
  entries.filter(({ mapped, counts }) => counts && mapped.type === type);

const isEmbeddings = ({ payload }: MappedSpan): boolean => 'operation' in payload && payload.operation === 'embeddings';

const ALL = EMITTERS.flatMap((emitter) => scenariosOf(emitter).map((scenario) => ({ emitter, scenario })));
const CASES = ALL.filter(({ emitter, scenario }) => hasTruth(emitter, scenario));

/** What the provider always reported. */
const TOKENS = {
  input_tokens: 120,
  output_tokens: 34,
  cache_read_input_tokens: 64,
  cache_write_input_tokens: 16,
  reasoning_output_tokens: 12,
  total_tokens: 154,
};

const { cache_write_input_tokens: _written, ...OPENAI_TOKENS } = TOKENS;

/** Other calls than those to chat models cost something else. */
const OTHER_TOKENS: ReadonlySet<string> = new Set([
  'legacy-completions',
  'embeddings',
  'embeddings-default-encoding',
  'images-generate',
]);

/** ADK sets no status, and describes a span only if it went well; runs of agents it does not describe by their end. */
function isSilent(emitter: string, span: SpanSnapshot): boolean {
  if (emitter !== 'google-adk') return false;
  return span.attributes['gen_ai.agent.description'] !== undefined || Object.keys(span.attributes).length === 0;
}
/** Replies of which the emitter never says what they cost, though the provider did. */
const WITHOUT_USAGE: ReadonlySet<string> = new Set([
  'traceloop-openai chat-stream',
  'traceloop-openai chat-stream-tools-parallel',
  'traceloop-langchain llm-responses-api',
  'openinference-openai chat-stream',
  'openinference-openai chat-stream-tools-parallel',
  'openinference-openai chat-stream-abandoned',
  'openinference-openai chat-stream-never-read',
]);

/** Of the two spans of the call the first counts, and Traceloop's says its tokens without what was cached. */
const OTHERWISE_COUNTED = 'traceloop-anthropic helper-stream';

describe.each(CASES)('$emitter $scenario', ({ emitter, scenario }) => {
  const { truth, observable } = truthOf(emitter, scenario);
  const entries = recorded(emitter, scenario);
  const calls = counting(entries, 'llm_call');
  const tools = counting(entries, 'tool_call');
  const embeddings = counting(entries, 'context_assembly').filter(({ mapped }) => isEmbeddings(mapped));
  const name = `${emitter} ${scenario}`;

  test(`model calls: truth ${truth.model_calls}, observable ${observable.model_calls}`, () => {
    expect(calls).toHaveLength(observable.model_calls);
  });

  test('failed calls are errors, no others are', () => {
    expect(calls.filter(({ outcome }) => outcome === 'error')).toHaveLength(
      // A cut stream fails where the emitter says so; a failure that nothing shows is none.
      (observable.outcome === undefined ? (observable.failed ?? 0) : 0) +
        calls.filter(({ span }) => observable.incomplete === 1 && span.status === 'error').length,
    );
  });

  test('a cut or abandoned call is never ok, any other never unknown', () => {
    if (observable.outcome !== undefined) {
      expect(calls.map(({ outcome }) => outcome)).toEqual([observable.outcome]);
    } else if (observable.incomplete !== undefined) {
      // What surrounds the call may think that all went well.
      for (const { outcome } of entries.filter(({ counts }) => counts)) {
        expect(['error', 'unended', 'unknown']).toContain(outcome);
      }
    } else {
      const settled = entries.filter(({ mapped, span }) => mapped.role !== 'transparent' && !isSilent(emitter, span));
      const others = settled.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'error');
      // Tools that wait for a person have not run: nothing says how they will end.
      expect(others.map(({ mapped, outcome }) => [mapped.type, outcome])).toEqual(
        Array.from({ length: observable.tool_waiting ?? 0 }, () => ['tool_call', 'unknown']),
      );
    }
  });

  test('tools that ran, once each', () => {
    expect(tools).toHaveLength(observable.tool_executions ?? 0);
    // Of agents' tools the truth does not say how many failed: that one threw the scenario's name says.
    const failed = observable.tool_failed ?? (scenario === 'agent-tool-throws' ? 1 : 0);
    expect(tools.filter(({ outcome, span }) => outcome === 'error' || isSilent(emitter, span))).toHaveLength(failed);
    for (const { mapped, span } of tools) {
      expect(mapped.payload).toMatchObject({ name: expect.any(String) });
      const says = /toolCall\.id|tool\.call\.id|"tool_call_id/.test(
        JSON.stringify(span.attributes).replaceAll('\\', ''),
      );
      if (says) expect(mapped.payload).toHaveProperty('call_id', expect.any(String));
    }
  });

  test('embedding calls, once each', () => {
    expect(embeddings).toHaveLength(observable.embedding_calls ?? 0);
    for (const { mapped } of embeddings) {
      expect(mapped.payload).toMatchObject({ operation: 'embeddings', provider: 'openai' });
      // OpenInference's leaves it out.
      if (observable.usage === undefined && mapped.usage !== undefined) {
        expect([5, 8, 10]).toContain(mapped.usage.input_tokens);
      }
    }
  });

  test('provider and model asked for', () => {
    const { provider, request_model } = observable;
    for (const { mapped, dialect } of [...calls, ...embeddings]) {
      if (dialect === 'langfuse') {
        // Its one model may be the one that answered; it has no provider.
        expect(mapped.payload).toMatchObject({ request_model: expect.stringMatching(`^${request_model}`) as string });
        expect(mapped.payload).not.toHaveProperty('provider');
      } else if (provider !== undefined) {
        expect(mapped.payload).toMatchObject({ request_model });
        expect('provider' in mapped.payload ? mapped.payload.provider : null).toBe(provider);
      }
    }
  });

  test('tokens are the provider’s', () => {
    if (OTHER_TOKENS.has(scenario)) return;
    if (emitter === 'mastra-otel-bridge') {
      // They stand on the generation around the requests, summed up.
      const outer = entries.filter(({ mapped }) => mapped.type === 'llm_call' && mapped.usage !== undefined);
      const answered = observable.model_calls - (observable.failed ?? 0);
      expect(outer.map(({ mapped }) => mapped.usage?.input_tokens)).toEqual(answered === 0 ? [] : [120 * answered]);
      expect(outer.map(({ mapped }) => mapped.usage?.output_tokens)).toEqual(answered === 0 ? [] : [34 * answered]);
      return;
    }
    for (const { mapped, outcome } of observable.usage === undefined ? calls : []) {
      // What Traceloop counts of Anthropic's is below, with the entries that say it.
      if (mapped.usage !== undefined && name !== OTHERWISE_COUNTED) expect(TOKENS).toMatchObject(mapped.usage);
      // Neither helper nor request asked for the stream's usage.
      const says = outcome === 'ok' && scenario !== 'chat-stream-no-usage' && scenario !== 'helper-stream';
      if (WITHOUT_USAGE.has(name)) expect(mapped.usage).toBeUndefined();
      else if (says) expect(mapped.usage).toMatchObject({ input_tokens: 120, output_tokens: 34 });
    }
  });

  test('what is not captured is not there', () => {
    const text = JSON.stringify(
      recorded(emitter, scenario, { ...DEFAULT_CAPTURE, toolArguments: 'none' }).map(({ mapped }) => mapped),
    );
    expect(text).not.toMatch(/Lisbon|sunny|weather assistant|alpha/);
  });

  const attributes = JSON.stringify(recordedSpans(emitter, scenario).map(({ snapshot }) => snapshot.attributes));
  if (attributes.includes('What is the weather') && calls.length > 0) {
    test('what is captured is', () => {
      const payloads = recorded(emitter, scenario, EVERYTHING).map(({ mapped }) => mapped.payload);
      expect(JSON.stringify(payloads)).toContain('What is the weather');
    });
  }
});

function dialectByScope({ scope }: SpanSnapshot): string | undefined {
  // `ai` also where OpenInference's processor has written over the span.
  if (scope.name === 'ai' || scope.name === 'gen_ai') return 'ai-sdk';
  if (scope.name.startsWith('com.anthropic.sdk.typescript')) return 'anthropic';
  if (scope.name.startsWith('@traceloop/')) return 'traceloop';
  return scope.name.startsWith('@arizeai/') ? 'openinference' : undefined;
}

const first = (emitter: string, scenario: string, capture?: Capture): MappedSpan | undefined =>
  counting(recorded(emitter, scenario, capture), 'llm_call')[0]?.mapped;

describe('what single spans say', () => {
  test.each([
    ['opentelemetry-instrumentation-openai', { input_tokens: 120, output_tokens: 34 }],
    ['ai-sdk-v4', { input_tokens: 120, output_tokens: 34, cache_read_input_tokens: 64, reasoning_output_tokens: 12 }],
    ['ai-sdk-v5', { input_tokens: 120, output_tokens: 34 }],
    ['ai-sdk-v6', OPENAI_TOKENS],
    ['ai-sdk-v7-legacy', OPENAI_TOKENS],
    ['ai-sdk-v7', { input_tokens: 120, output_tokens: 34, cache_read_input_tokens: 64 }],
    ['openinference-openai', OPENAI_TOKENS],
    ['traceloop-openai', { input_tokens: 120, output_tokens: 34, total_tokens: 154 }],
  ])('%s: usage', (emitter, usage) => {
    const scenario = emitter.startsWith('ai-sdk') ? 'generateText-basic' : 'chat-basic';
    expect(first(emitter, scenario)?.usage).toEqual(usage);
  });

  test('opentelemetry-instrumentation-openai: a call', () => {
    expect(first('opentelemetry-instrumentation-openai', 'chat-basic')).toEqual({
      type: 'llm_call',
      role: 'leaf',
      payload: {
        operation: 'chat',
        provider: 'openai',
        request_model: 'gpt-4o',
        response_model: 'gpt-4o-2024-08-06',
        response_id: 'chatcmpl-000000000001',
        finish_reasons: ['stop'],
        parameters: { max_tokens: 100, temperature: 0.2, top_p: 0.9, stop_sequences: ['END'] },
        server: { address: '127.0.0.1', port: 38111 },
      },
      usage: { input_tokens: 120, output_tokens: 34 },
    });
  });

  test('opentelemetry-instrumentation-openai: an error', () => {
    expect(first('opentelemetry-instrumentation-openai', 'chat-error-429')?.error).toEqual({
      type: 'RateLimitError',
      message: '429 Rate limit reached for requests',
    });
  });

  test('ai-sdk-v6: a call that asks for a tool', () => {
    expect(first('ai-sdk-v6', 'anthropic-generateText-tools')?.payload).toMatchObject({
      operation: 'chat',
      provider: 'anthropic',
      provider_raw: 'anthropic.messages',
      finish_reasons: ['tool_call'],
      tools_offered: ['get_weather'],
      tools_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      tool_calls_requested: [{ id: 'toolu_000000000093', name: 'get_weather' }],
    });
  });

  test('ai-sdk-v6: parameters, user and streaming', () => {
    expect(first('ai-sdk-v6', 'generateText-basic')?.payload).toMatchObject({
      parameters: { max_tokens: 100, temperature: 0.2, top_p: 0.9, seed: 7, stop_sequences: ['END'], max_retries: 2 },
      user_id: 'u-42',
    });
    const stream = first('ai-sdk-v6', 'streamText-basic')?.payload;
    expect(stream).toMatchObject({ streaming: true, time_to_first_chunk_ms: expect.any(Number) });
  });

  test('ai-sdk-v7: seconds become milliseconds', () => {
    expect(first('ai-sdk-v7', 'streamText-basic')?.payload).toMatchObject({ time_to_first_chunk_ms: 15 });
  });

  test('ai-sdk-v7 and ai-sdk-v6: a run is an envelope with the sum of its calls', () => {
    for (const emitter of ['ai-sdk-v6', 'ai-sdk-v7']) {
      const runs = recorded(emitter, 'generateText-tools-multistep').filter(
        ({ mapped }) => mapped.type === 'agent_invocation' && mapped.role === 'barrier',
      );
      expect(runs).toHaveLength(1);
      expect(runs[0]?.mapped).toMatchObject({
        payload: { agent: { name: 'agent' } },
        usage: { input_tokens: 240, output_tokens: 68 },
        call: { provider: 'openai', request_model: 'gpt-4o' },
      });
    }
  });

  test('ai-sdk-v7: the root of an embedding is not a second call', () => {
    const entries = recorded('ai-sdk-v7', 'embed').filter(({ mapped }) => mapped.type === 'context_assembly');
    expect(entries.map(({ counts, mapped }) => [counts, mapped.usage?.input_tokens])).toEqual([
      [true, 5],
      [false, undefined],
    ]);
  });

  test('a model call made by a tool is a call of its own', () => {
    for (const emitter of ['ai-sdk-v4', 'ai-sdk-v5', 'ai-sdk-v6', 'ai-sdk-v7', 'ai-sdk-v7-legacy']) {
      expect(counting(recorded(emitter, 'generateText-under-parent-nested'), 'llm_call')).toHaveLength(3);
    }
  });

  test('traceloop-anthropic: input without what was cached, as it is said', () => {
    const outer = recorded('traceloop-anthropic', 'messages-basic').find(({ dialect }) => dialect === 'traceloop');
    expect(outer?.counts).toBe(false);
    expect(outer?.mapped.usage).toEqual({
      input_tokens: 40,
      output_tokens: 34,
      cache_read_input_tokens: 64,
      cache_write_input_tokens: 16,
      total_tokens: 74,
    });
  });

  test('openinference-openai: a call', () => {
    expect(first('openinference-openai', 'chat-basic')).toEqual({
      type: 'llm_call',
      role: 'leaf',
      payload: {
        provider: 'openai',
        request_model: 'gpt-4o',
        response_model: 'gpt-4o-2024-08-06',
        response_id: 'chatcmpl-000000000001',
        finish_reasons: ['stop'],
        parameters: { max_tokens: 100, temperature: 0.2, top_p: 0.9, seed: 7, stop_sequences: ['END'] },
      },
      usage: OPENAI_TOKENS,
    });
  });

  test('openinference-langchain: the provider’s id and model, from LangChain’s own text', () => {
    expect(first('openinference-langchain', 'llm-invoke')?.payload).toMatchObject({
      provider: 'openai',
      request_model: 'gpt-4o',
      response_model: 'gpt-4o-2024-08-06',
      response_id: 'chatcmpl-000000000001',
      conversation_id: 't-1',
    });
  });

  test('openinference-anthropic: tools asked for, messages in order', () => {
    const call = recorded('openinference-anthropic', 'messages-tool-loop', EVERYTHING).findLast(
      ({ dialect }) => dialect === 'openinference',
    );
    expect(call?.mapped.payload).toMatchObject({
      tools_offered: ['get_weather'],
      input_messages: [
        { role: 'user', content: 'What is the weather in Lisbon?' },
        { role: 'assistant', tool_calls: [{ id: 'toolu_000000000006', name: 'get_weather' }] },
        { role: 'user', tool_call_id: 'toolu_000000000006', content: '{"temp":21.5}' },
      ],
    });
    expect(first('openinference-openai', 'responses-tool-loop-reasoning')?.payload).toMatchObject({
      tool_calls_requested: [{ id: 'call_000000000059', name: 'get_weather' }],
    });
  });

  test.each(['traceloop-langchain', 'openinference-langchain'])('%s: a tool is known by name and id', (emitter) => {
    const [tool] = counting(recorded(emitter, 'langgraph-react-agent'), 'tool_call');
    expect(tool?.mapped.payload).toMatchObject({ name: 'get_weather', call_id: expect.stringMatching(/^call_/) });
  });

  test('traceloop-mcp: arguments, and a resource by its address', () => {
    const [tool] = counting(recorded('traceloop-mcp', 'inmemory-callTool'), 'tool_call');
    expect(tool?.mapped.payload).toEqual({ name: 'get_weather', arguments: { city: 'Lisbon' } });
    expect(recorded('traceloop-mcp', 'inmemory-readResource').map(({ mapped }) => mapped.payload)).toEqual([
      { operation: 'retrieval', data_source: 'file:///doc.txt' },
    ]);
    expect(recorded('traceloop-mcp', 'inmemory-connect')).toEqual([]);
  });

  test('traceloop-node-server-sdk: a workflow with an agent and a tool', () => {
    const entries = recorded('traceloop-node-server-sdk', 'workflow-agent-tool');
    expect(entries.map(({ mapped }) => [mapped.type, mapped.role])).toEqual([
      ['llm_call', 'leaf'],
      ['tool_call', 'barrier'],
      ['llm_call', 'leaf'],
      ['agent_invocation', 'barrier'],
      ['agent_invocation', 'barrier'],
    ]);
    expect(entries[0]?.mapped.payload).toMatchObject({ user_id: 'u-42', conversation_id: 'c-1' });
    expect(entries[3]?.mapped.payload).toMatchObject({ agent: { name: 'weather_agent' }, operation: 'agent' });
    expect(entries[4]?.mapped.payload).toMatchObject({ agent: { name: 'weather_flow' }, operation: 'workflow' });
  });

  test('traceloop-node-server-sdk: what the application reports itself', () => {
    const [search, call] = recorded('traceloop-node-server-sdk', 'manual-llm-vectordb', EVERYTHING);
    expect(search?.mapped.payload).toEqual({
      operation: 'retrieval',
      provider: 'pinecone',
      documents: [{ id: 'a', score: 0.9, distance: 0.1, content: 'd', metadata: { k: 1 } }],
    });
    expect(call?.mapped).toMatchObject({
      type: 'llm_call',
      payload: {
        operation: 'chat',
        provider: 'openai',
        request_model: 'gpt-4o',
        finish_reasons: ['stop'],
        input_messages: [{ role: 'user', content: 'What is the weather in Lisbon?' }],
      },
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    });
  });

  test('every entry says which dialect it was', () => {
    const dialects: readonly (readonly [string, string])[] = [
      ['ai-sdk', 'ai-sdk'],
      ['anthropic-sdk', 'anthropic'],
      ['genkit', 'genkit'],
      ['google-adk', 'google-adk'],
      ['langfuse', 'langfuse'],
      ['langsmith', 'langsmith'],
      ['mastra', 'mastra'],
      ['sentry', 'sentry'],
      ['strands', 'strands'],
    ];
    for (const { emitter, scenario } of ALL) {
      const own = dialects.find(([prefix]) => emitter.startsWith(prefix))?.[1];
      for (const { dialect, span } of recorded(emitter, scenario)) {
        expect(dialect, `${emitter} ${scenario}`).toBe(dialectByScope(span) ?? own ?? 'opentelemetry');
      }
    }
  });
});

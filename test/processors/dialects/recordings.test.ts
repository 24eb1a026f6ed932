import { describe, expect, test } from 'vitest';

import type { MappedSpan } from '../../../processors/dialects/dialect.ts';
import { dialectOf } from '../../../processors/dialects/index.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import type { Capture } from '../../../src/capture.ts';
import { DEFAULT_CAPTURE } from '../../../src/capture.ts';
import { EMITTERS, recordedSpans, scenariosOf, truthOf } from '../../spans.ts';
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
  return [...entries.values()].map((entry) => ({ ...entry, counts: !outer.has(entry.span.spanId) }));
}

const counting = (entries: readonly Recorded[], type: MappedSpan['type']): readonly Recorded[] =>
  entries.filter(({ mapped, counts }) => counts && mapped.type === type);

const isEmbeddings = ({ payload }: MappedSpan): boolean => 'operation' in payload && payload.operation === 'embeddings';

const CASES = EMITTERS.flatMap((emitter) => scenariosOf(emitter).map((scenario) => ({ emitter, scenario })));

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

describe.each(CASES)('$emitter $scenario', ({ emitter, scenario }) => {
  const { truth, observable } = truthOf(emitter, scenario);
  const entries = recorded(emitter, scenario);
  const calls = counting(entries, 'llm_call');
  const tools = counting(entries, 'tool_call');
  const embeddings = counting(entries, 'context_assembly').filter(({ mapped }) => isEmbeddings(mapped));

  test(`model calls: truth ${truth.model_calls}, observable ${observable.model_calls}`, () => {
    expect(calls).toHaveLength(observable.model_calls);
  });

  test('failed calls are errors, no others are', () => {
    expect(calls.filter(({ outcome }) => outcome === 'error')).toHaveLength(
      // A cut stream fails where the emitter says so.
      (observable.failed ?? 0) +
        calls.filter(({ span }) => observable.incomplete === 1 && span.status === 'error').length,
    );
  });

  test('a cut or abandoned call is never ok, any other never unknown', () => {
    if (observable.incomplete === undefined) {
      const unknown = entries.filter(({ mapped, outcome }) => mapped.role !== 'transparent' && outcome === 'unknown');
      expect(unknown.every(({ mapped }) => mapped.type === 'tool_call')).toBe(true);
      expect(unknown).toHaveLength(observable.tool_waiting ?? 0);
    } else if (observable.outcome === undefined) {
      for (const { outcome } of entries) expect(['error', 'unended', 'unknown']).toContain(outcome);
    } else {
      expect(calls.map(({ outcome }) => outcome)).toEqual([observable.outcome]);
    }
  });

  test('tools that ran, once each', () => {
    expect(tools).toHaveLength(observable.tool_executions ?? 0);
    expect(tools.filter(({ outcome }) => outcome === 'error')).toHaveLength(observable.tool_failed ?? 0);
    for (const { mapped } of tools) {
      expect(mapped.payload).toMatchObject({
        name: expect.any(String),
        ...(observable.tool_call_ids === false ? {} : { call_id: expect.any(String) }),
      });
    }
  });

  test('embedding calls, once each', () => {
    expect(embeddings).toHaveLength(observable.embedding_calls ?? 0);
    for (const { mapped } of embeddings) {
      expect(mapped.payload).toMatchObject({ operation: 'embeddings', provider: 'openai' });
      if (observable.usage === undefined) expect([5, 8, 10]).toContain(mapped.usage?.input_tokens);
    }
  });

  test('provider and model asked for', () => {
    for (const { mapped } of [...calls, ...embeddings]) {
      expect(mapped.payload).toMatchObject({ request_model: observable.request_model });
      expect('provider' in mapped.payload ? mapped.payload.provider : null).toBe(observable.provider);
    }
  });

  test('tokens are the provider’s', () => {
    for (const { mapped, outcome } of observable.usage === undefined ? calls : []) {
      if (mapped.usage !== undefined) expect(TOKENS).toMatchObject(mapped.usage);
      // Neither helper nor request asked for the stream's usage.
      const says = outcome === 'ok' && scenario !== 'chat-stream-no-usage' && scenario !== 'helper-stream';
      if (says) expect(mapped.usage).toMatchObject({ input_tokens: 120, output_tokens: 34 });
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

  test('every entry says which dialect it was', () => {
    const own = ['ai-sdk', 'langsmith', 'genkit', 'strands'];
    for (const { emitter, scenario } of CASES) {
      const name = scenario.startsWith('vercel-') ? 'ai-sdk' : own.find((dialect) => emitter.startsWith(dialect));
      const expected = name ?? (emitter.startsWith('sentry') ? 'sentry' : 'opentelemetry');
      for (const { dialect } of recorded(emitter, scenario)) expect(dialect, `${emitter} ${scenario}`).toBe(expected);
    }
  });
});

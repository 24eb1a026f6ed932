import { diag, DiagLogLevel, ROOT_CONTEXT, type Attributes, type Span } from '@opentelemetry/api';
import { BasicTracerProvider, NoopSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { AuditSpanProcessor, DIALECTS, type Dialect } from '../../processors/index.ts';
import type { Entry, GapPayload } from '../../src/entry.ts';
import { defaultRedactor, type MemorySink, type Redactor, type Sink } from '../../src/index.ts';
import {
  AGENT,
  CHAT,
  expectVerified,
  modelCalls,
  Recording,
  talliesIn,
  TOOL,
  type RecordingOptions,
} from './recording.ts';

/** Whatever spans, dialects, redactors and disks do: nothing is thrown into the application, and what is lost is counted. */

let recording: Recording;
const told: unknown[][] = [];

function record(options?: RecordingOptions): Recording {
  recording = new Recording(options);
  return recording;
}

beforeEach(() => {
  const tell = (...what: unknown[]): void => void told.push(what);
  diag.setLogger({ error: tell, warn: tell, info: tell, debug: tell, verbose: tell }, DiagLogLevel.ERROR);
});
afterEach(async () => {
  await recording.close();
  diag.disable();
  told.length = 0;
});

function ended(attributes: Attributes): Span {
  const span = recording.start(attributes);
  span.end();
  return span;
}

function entriesOf<T extends Entry['type']>(type: T): Extract<Entry, { type: T }>[] {
  return recording.entries.filter((entry): entry is Extract<Entry, { type: T }> => entry.type === type);
}

test('an agent is called by its ids and its name; what describes it is redacted', () => {
  record();
  const description = 'asks jane@example.org';
  const span = ended({ ...AGENT, 'gen_ai.agent.id': 'jane@example.org', 'gen_ai.agent.description': description });
  expect(recording.of(span).payload).toMatchObject({
    agent: { id: 'jane@example.org', description: expect.stringMatching(/^asks \[redacted:email\]$/) },
  });
});

describe('a dialect that throws', () => {
  const broken = (of: 'map' | 'recognises', on = 'trap'): Dialect => ({
    name: 'broken',
    recognises: (attributes) => {
      if (of === 'recognises' && attributes[on] !== undefined) throw new Error('cannot recognise');
      return of === 'map' && attributes['gen_ai.operation.name'] !== undefined;
    },
    map: (span, capture) => {
      if (span.attributes[on] !== undefined) throw new Error('cannot map');
      return DIALECTS.at(-1)?.map(span, capture);
    },
  });

  test('in mapping: the span is recorded without its content, the next one as ever', () => {
    record({ processor: { dialects: [broken('map')] } });
    const span = ended({ ...CHAT, trap: true });
    expect(recording.of(span)).toMatchObject({
      type: 'agent_invocation',
      payload: { outcome: 'unknown', error: { type: 'unreadable' }, instrumentation: { dialect: 'broken' } },
    });
    expect(recording.of(ended(CHAT))).toMatchObject({ type: 'llm_call', payload: { request_model: 'm' } });
  });

  test('in recognising: the others are asked', () => {
    record({ processor: { dialects: [broken('recognises'), ...DIALECTS] } });
    const span = ended({ ...CHAT, trap: true });
    expect(recording.of(span)).toMatchObject({
      type: 'llm_call',
      payload: { instrumentation: { dialect: 'opentelemetry' } },
    });
    ended({ trap: true });
    expect(recording.calls).toHaveLength(1);
  });

  test.each(['map', 'recognises'] as const)('in %s: it is told once, not with every span', (of) => {
    record({ processor: { dialects: [broken(of), ...DIALECTS] } });
    for (let count = 0; count < 10; count++) ended({ ...CHAT, trap: true });
    expect(told).toHaveLength(1);
    expect(String(told[0]?.[0])).toMatch(/broken/);
  });

  test('at shutdown: the open spans are recorded, and the log closes', async () => {
    record({ processor: { dialects: [broken('map')] } });
    const [trapped, other] = [recording.start({ ...CHAT, trap: true }), recording.start(CHAT)];
    await recording.close();
    expect(recording.of(trapped).payload).toMatchObject({ outcome: 'unended', error: { type: 'unreadable' } });
    expect(recording.of(other)).toMatchObject({ type: 'llm_call', payload: { outcome: 'unended' } });
  });
});

describe('a redactor', () => {
  const CONTENT = { ...TOOL, 'gen_ai.tool.call.arguments': '{"mail":"a@example.org"}' };

  function expectLeftOut(span: Span): void {
    const { payload } = recording.of(span);
    expect(payload).toMatchObject({ outcome: 'ok', name: '[left out: the redactor failed]' });
    expect(payload).toHaveProperty('arguments');
    expect(JSON.stringify(payload)).not.toContain('example.org');
    expect(payload.start_time).toMatch(/^\d{4}-/);
  }

  test('that throws leaves the text out, and the entry says so', () => {
    record({
      log: {
        redactor: () => {
          throw new Error('no dictionary');
        },
      },
    });
    const span = ended(CONTENT);
    expectLeftOut(span);
    expect(entriesOf('policy_flag')[0]).toMatchObject({
      span_id: span.spanContext().spanId,
      payload: { action: 'redacted', applied_to: 'record', data: ['redactor_failed'] },
    });
    expect(entriesOf('policy_flag')).toHaveLength(1);
  });

  test.each([undefined, null, 7, {}, { text: 'x' }, { text: 7, categories: [] }, Promise.resolve('x')])(
    'that answers %o leaves the text out',
    (answer) => {
      record({ log: { redactor: (() => answer) as unknown as Redactor } });
      expectLeftOut(ended(CONTENT));
    },
  );

  test('that takes out all that looks like a date or an English word leaves times and vocabularies alone', () => {
    record({ log: { redactor: (text) => text.replaceAll(/\d{4}-\d\d-\d\d|[a-z]{2,}/g, 'X') } });
    const open = recording.start(CHAT);
    recording.audit.decision({ automation: 'advisory', effect: 'weighty' }, (decision) => {
      decision.humanOversight({ action: 'approved', reviewerKind: 'person', openedAt: new Date(0) });
      decision.flag('found', { action: 'blocked', appliedTo: 'context' });
      decision.result('referred', { effectiveAt: '2026-01-01T00:00:00Z' });
    });
    open.end();
    const [decision] = entriesOf('decision');
    expect(decision?.payload).toMatchObject({ automation: 'advisory', effect: 'X', effect_text: 'X' });
    const [oversight] = entriesOf('human_oversight');
    expect(oversight?.payload).toMatchObject({
      action: 'approved',
      reviewer_kind: 'person',
      opened_at: '1970-01-01T00:00:00.000Z',
    });
    expect(entriesOf('policy_flag').map(({ payload }) => payload)).toContainEqual({
      reason: 'X',
      action: 'blocked',
      severity: 'X',
      applied_to: 'context',
    });
    const [end] = entriesOf('decision_end');
    expect(end?.payload).toMatchObject({ outcome: 'completed', effective_at: '2026-01-01T00:00:00.000Z' });
    expect(recording.of(open).payload).toMatchObject({ outcome: 'unknown' });
  });

  test.each([
    ['as it ends', 100],
    ['as it ends after it was recorded as open', 1],
  ])('may write to the log itself while a span is recorded %s, also where a segment is full', (_, maxOpenSpans) => {
    let within = false;
    record({
      processor: { maxOpenSpans },
      log: {
        maxSegmentBytes: 4_000,
        redactor: (text, { member }) => {
          if (within || member !== 'arguments') return text;
          within = true;
          for (let count = 0; count < 2; count++) recording.audit.record({ found: 'something' });
          within = false;
          return defaultRedactor(text);
        },
      },
    });
    const spans = Array.from({ length: 20 }, () => recording.start(CONTENT));
    for (const span of spans) span.end();
    expect(recording.calls).toHaveLength(20 + Math.max(0, 20 - maxOpenSpans));
    expect(recording.sink.list().length).toBeGreaterThan(3);
  });
});

describe('hostile spans', () => {
  const HUGE = 'x '.repeat(5_000_000);

  test.each<[string, Attributes, object]>([
    ['a name of 10 MB', { ...CHAT, 'gen_ai.request.model': HUGE }, { '/payload/request_model': 'cut:10000000' }],
    ['an id of 10 MB', { ...CHAT, 'gen_ai.response.id': HUGE }, { '/payload/response_id': 'cut:10000000' }],
    ['content of 10 MB', { ...CHAT, 'gen_ai.input.messages': HUGE }, { '/payload/input_messages': 'cut:10000000' }],
    ['a lone surrogate', { ...CHAT, 'gen_ai.request.model': 'm\ud800' }, { '/payload/request_model': 'surrogate' }],
    [
      'JSON nested a thousand deep',
      { ...TOOL, 'gen_ai.tool.call.arguments': '['.repeat(1_000) + ']'.repeat(1_000) },
      { [`/payload/arguments${'/0'.repeat(62)}`]: 'depth' },
    ],
    [
      'numbers beyond all bounds in JSON',
      { ...TOOL, 'gen_ai.tool.call.arguments': '{"a":1e999,"b":-0}' },
      { '/payload/arguments/a': 'nonfinite', '/payload/arguments/b': 'negative_zero' },
    ],
  ])('%s', (_, attributes, lossy) => {
    record({ log: { capture: { messages: 'inline' } } });
    const span = ended(attributes);
    expect(recording.of(span).lossy).toMatchObject(lossy);
    expect(recording.of(ended(CHAT))).not.toHaveProperty('lossy');
  });

  test('measures that are none are left out', () => {
    record();
    const span = ended({
      ...CHAT,
      'gen_ai.usage.input_tokens': Number.NaN,
      'gen_ai.usage.output_tokens': Infinity,
      'gen_ai.request.temperature': Number.NaN,
    });
    for (const member of ['usage', 'parameters']) expect(recording.of(span).payload).not.toHaveProperty(member);
  });

  test('a name of 10 MB, and thousands of events and attributes', () => {
    record();
    const span = recording.start(CHAT, undefined, HUGE);
    for (let count = 0; count < 5_000; count++) {
      span.setAttribute(`attribute.${count}`, count);
      span.addEvent(`event ${count}`, { 'exception.message': HUGE.slice(0, 10_000) });
    }
    span.recordException(new Error(HUGE));
    span.setStatus({ code: 2, message: HUGE });
    span.end();
    const { payload, lossy } = recording.of(span);
    expect(payload).toMatchObject({ outcome: 'error', request_model: 'm' });
    expect(payload.span).toMatchObject({ dropped_attributes: 4_875, dropped_events: 4_873 });
    expect(Object.keys(lossy ?? {})).toContain('/payload/span/name');
  });

  test('attributes that throw when they are read', () => {
    record();
    const span = recording.start({ ...TOOL, 'gen_ai.tool.call.arguments': '{}' });
    const { attributes } = span as unknown as { attributes: Attributes };
    Object.defineProperty(attributes, 'gen_ai.tool.call.arguments', {
      enumerable: true,
      get: () => {
        throw new Error('not for you');
      },
    });
    Object.defineProperty(attributes, 'gen_ai.provider.name', {
      enumerable: true,
      get: () => {
        throw new Error('nor this');
      },
    });
    span.end();
    expect(recording.of(span)).toMatchObject({ type: 'tool_call', payload: { name: 'lookup', outcome: 'ok' } });
    expect(recording.of(span).payload).not.toHaveProperty('arguments');
    expect(recording.of(ended(CHAT)).type).toBe('llm_call');
  });

  test('structures with getters, cycles and functions where only texts belong', () => {
    record();
    const span = recording.start(TOOL);
    const cyclic: Record<string, unknown> = { text: 'fine', call: () => undefined, big: 10n ** 30n };
    cyclic['self'] = cyclic;
    Object.defineProperty(cyclic, 'trap', {
      enumerable: true,
      get: () => {
        throw new Error('not for you');
      },
    });
    (span as unknown as { attributes: Record<string, unknown> }).attributes['gen_ai.tool.call.arguments'] = cyclic;
    span.end();
    expect(recording.of(span)).toMatchObject({
      payload: { arguments: { text: 'fine', call: null, self: null, trap: null, big: `${10n ** 30n}` } },
      lossy: {
        '/payload/arguments/call': 'function',
        '/payload/arguments/self': 'cycle',
        '/payload/arguments/trap': 'getter',
        '/payload/arguments/big': 'bigint',
      },
    });
  });

  test('a span that cannot be read at all is counted, and is not held open', async () => {
    record();
    recording.audit.record({ opened: true });
    const spans = [recording.start(CHAT), recording.start(CHAT)];
    for (const span of spans) {
      Object.defineProperty(span, 'kind', {
        get: () => {
          throw new Error('no kind');
        },
      });
    }
    spans[0]?.end();
    await recording.close();
    expect(talliesIn(recording.entries).at(-1)?.spans).toMatchObject({
      started: 2,
      ended: 1,
      unended: 1,
      open: 0,
      recorded: 0,
      ignored: { failed: 2 },
    });
  });

  test('20,000 spans in one another', () => {
    record();
    const spans = [recording.start({ ...AGENT, 'gen_ai.usage.input_tokens': 1 })];
    recording.audit.record({ opened: true });
    for (let depth = 0; depth < 20_000; depth++) spans.push(recording.start({}, spans.at(-1)));
    const chat = recording.start(CHAT, spans.at(-1));
    // From the outside in, then from the inside out.
    for (const span of spans.slice(0, 10_000)) span.end();
    chat.end();
    for (const span of spans.slice(10_000).toReversed()) span.end();
    expect(recording.calls.map(({ type }) => type)).toEqual(['agent_invocation', 'llm_call']);
    expect(recording.of(spans[0]!).payload).toHaveProperty('aggregate_usage');
    expect(told).toEqual([]);
  });

  test('a call of 2,000 attempts', () => {
    record();
    const outer = recording.start(CHAT);
    for (let count = 0; count < 2_000; count++) recording.start(CHAT, outer).end();
    outer.end();
    expect(recording.of(outer).payload.same_call).toHaveLength(512);
    expect(modelCalls(recording.entries)).toHaveLength(2_000);
  });

  test('ids that are none are left out', async () => {
    record();
    let count = 0;
    const provider = new BasicTracerProvider({
      spanProcessors: [recording.processor],
      idGenerator: { generateTraceId: () => 'NONE', generateSpanId: () => `span ${count++}` },
    });
    const span = provider.getTracer('test').startSpan('chat', { attributes: CHAT }, ROOT_CONTEXT);
    span.end();
    expect(recording.calls).toHaveLength(1);
    for (const member of ['trace_id', 'span_id']) expect(recording.calls[0]).not.toHaveProperty(member);
  });

  test.each([
    ['before it started', 2_000_000_000_000, 1_000_000_000_000],
    ['at the end of time', new Date(8.64e15), new Date(8.64e15)],
    ['at no time', new Date(Number.NaN), new Date(Number.NaN)],
  ])('a span that ended %s', (_, startTime, endTime) => {
    record();
    const span = recording.tracer.startSpan('chat', { attributes: CHAT, startTime }, ROOT_CONTEXT);
    span.end(endTime);
    expect(recording.of(span).payload.start_time).toMatch(/^\d{4}-\d\d-\d\dT/);
  });
});

describe('other processors', () => {
  const masking = (): SpanProcessor =>
    Object.assign(new NoopSpanProcessor(), {
      onEnd: ({ attributes }: { attributes: Attributes }) => {
        for (const name in attributes) attributes[name] = '[masked]';
      },
    });

  test('what is sealed is what we saw: ours before one that masks', () => {
    record({ after: [masking()] });
    const span = ended({ ...CHAT, 'gen_ai.response.id': 'resp-1', 'gen_ai.response.finish_reasons': ['stop'] });
    expect(recording.of(span).payload).toMatchObject({ response_id: 'resp-1', finish_reasons: ['stop'] });
    expect(span).toMatchObject({ attributes: { 'gen_ai.response.id': '[masked]' } });
  });

  test('ours after it: the mask is what was there to see', () => {
    record({ before: [masking()] });
    const span = ended({ ...CHAT, 'gen_ai.response.id': 'resp-1' });
    expect(recording.of(span).payload).toMatchObject({ response_id: '[masked]', request_model: '[masked]' });
  });

  /** As OpenInference's for the AI SDK does: another vocabulary into the same span, and `undefined` over what was there. */
  const rewriting = (): SpanProcessor =>
    Object.assign(new NoopSpanProcessor(), {
      onEnd: ({ attributes }: { attributes: Attributes }) => {
        attributes['gen_ai.request.model'] = undefined;
        attributes['gen_ai.response.model'] = 'rewritten';
      },
    });
  const CALL = { ...CHAT, 'gen_ai.request.model': 'm', 'gen_ai.response.model': 'm-2026' };

  test('ours before one that rewrites: as the instrumentation said it', () => {
    record({ after: [rewriting()] });
    expect(recording.of(ended(CALL)).payload).toMatchObject({ request_model: 'm', response_model: 'm-2026' });
  });

  test('ours after it: what it made of the span', () => {
    record({ before: [rewriting()] });
    const { payload } = recording.of(ended(CALL));
    expect(payload).toMatchObject({ response_model: 'rewritten' });
    expect(payload).not.toHaveProperty('request_model');
  });

  test('one that masks later and in place, as Langfuse’s does, changes nothing, whichever comes first', async () => {
    for (const place of ['before', 'after'] as const) {
      const late: SpanProcessor = Object.assign(new NoopSpanProcessor(), {
        onEnd: (span: { attributes: Attributes }) => {
          setTimeout(() => {
            for (const name in span.attributes) span.attributes[name] = '[masked]';
          }, 1);
        },
      });
      record({ [place]: [late] });
      const span = ended(CALL);
      await vi.waitFor(() => expect(span).toMatchObject({ attributes: { 'gen_ai.response.model': '[masked]' } }));
      expect(recording.of(span).payload).toMatchObject({ request_model: 'm', response_model: 'm-2026' });
      if (place === 'before') await recording.close();
    }
  });

  test('one that deletes the very marks: that there was a span is counted', () => {
    const deleting = Object.assign(new NoopSpanProcessor(), {
      onEnd: ({ attributes }: { attributes: Attributes }) => {
        for (const name in attributes) delete attributes[name];
      },
    });
    record({ before: [deleting] });
    recording.audit.record({ opened: true });
    ended(CHAT);
    expect(recording.calls).toEqual([]);
    const { spans } = recording.audit.tally.payload('');
    expect(spans).toMatchObject({ started: 1, ended: 1, open: 0, ignored: { not_a_record: 1 } });
  });
});

describe('a log that cannot be written', () => {
  type Step = 'append' | 'create' | 'sync';

  /** Fails while it is told to. */
  class Disk {
    readonly failing = new Set<Step>();
    #millis = 1_795_442_400_000;

    readonly log = {
      clock: { now: () => this.#millis, monotonic: () => this.#millis },
    };

    /** Both clocks go on. */
    wait(millis: number): void {
      this.#millis += millis;
    }

    #check(step: Step): void {
      if (this.failing.has(step)) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    }

    readonly wrap = (sink: MemorySink): Sink => ({
      ...sink,
      create: (segment) => {
        this.#check('create');
        const writer = sink.create(segment);
        return {
          get torn() {
            return writer.torn;
          },
          append: (bytes) => {
            this.#check('append');
            writer.append(bytes);
          },
          sync: async () => {
            this.#check('sync');
            await writer.sync();
          },
          syncNow: () => this.#check('sync'),
          isInPlace: () => writer.isInPlace(),
          close: () => writer.close(),
        };
      },
    });
  }

  function gaps(): GapPayload[] {
    return entriesOf('gap').map(({ payload }) => payload);
  }

  test('for a while: spans are lost and counted, and the gap says how many of what', async () => {
    const disk = new Disk();
    record({ log: disk.log, wrapSink: disk.wrap });
    ended(CHAT);
    disk.failing.add('append');
    for (let count = 0; count < 10; count++) ended(CHAT);
    for (let count = 0; count < 5; count++) ended(TOOL);
    expect(recording.audit.health()).toMatchObject({ ok: false, lost: 15, writeFailures: 15 });
    disk.failing.clear();
    ended(AGENT);
    expect(recording.audit.health()).toMatchObject({ ok: true, lost: 0 });
    expect(gaps()).toMatchObject([{ lost: 15, lost_by_type: { llm_call: 10, tool_call: 5 }, reason: 'ENOSPC' }]);
    expect(recording.calls).toHaveLength(2);
    await recording.close();
    const tally = talliesIn(recording.entries).at(-1);
    expect(tally?.spans).toMatchObject({ ended: 17, recorded: 2, open: 0, ignored: { write_failed: 15 } });
    expect(tally?.write_failures).toBe(15);
    // Once when it began, not with every span.
    expect(told).toHaveLength(1);
  });

  test('from the start: the first segment says what was lost before it', async () => {
    const disk = new Disk();
    record({ log: disk.log, wrapSink: disk.wrap });
    disk.failing.add('create');
    for (let count = 0; count < 10; count++) ended(CHAT);
    disk.failing.clear();
    disk.wait(1_000);
    ended(CHAT);
    expect(gaps()).toMatchObject([{ lost: 10, lost_by_type: { llm_call: 10 }, reason: 'ENOSPC' }]);
    expect(recording.entries.map(({ type }) => type)).toEqual(['audit_open', 'gap', 'llm_call']);
  });

  test('an open span that could not be recorded as unended is recorded by its end, as any other', async () => {
    const disk = new Disk();
    record({ log: disk.log, wrapSink: disk.wrap, processor: { maxOpenSpans: 1 } });
    ended(TOOL);
    const span = recording.start(CHAT);
    disk.failing.add('append');
    const evictor = recording.start(CHAT);
    disk.failing.clear();
    for (const each of [span, evictor]) each.end();
    expect(recording.all(span)).toHaveLength(1);
    expect(recording.of(span).payload).not.toHaveProperty('ends');
    expect(gaps()).toMatchObject([{ lost: 1, lost_by_type: { llm_call: 1 } }]);
    await recording.close();
    expect(talliesIn(recording.entries).at(-1)?.spans).toMatchObject({ unended: 1, late: 1, recorded: 3 });
  });

  test('a disk that does not sync: the log goes on in another segment, which says what the first one holds', async () => {
    const disk = new Disk();
    record({ log: disk.log, wrapSink: disk.wrap });
    for (let count = 0; count < 10; count++) ended(CHAT);
    disk.failing.add('sync');
    await recording.processor.forceFlush();
    disk.failing.clear();
    for (let count = 0; count < 10; count++) ended(CHAT);
    expect(recording.sink.list()).toHaveLength(2);
    expect(recording.calls).toHaveLength(20);
    await recording.close();
    expect(entriesOf('recovery')).toMatchObject([{ payload: { segment: recording.sink.list()[0] } }]);
  });

  test('to the end: shutting down comes to its end all the same', async () => {
    const disk = new Disk();
    record({ log: disk.log, wrapSink: disk.wrap });
    ended(CHAT);
    await recording.processor.forceFlush();
    const span = recording.start(CHAT);
    disk.failing.add('append').add('sync').add('create');
    await recording.provider.shutdown();
    expect(recording.audit.closed).toBe(true);
    expect(recording.all(span)).toEqual([]);
    expect(recording.audit.health()).toMatchObject({ ok: false, lost: 1 });
    // The segment stays open, as nothing could be added to it, and what is in it stands.
    await expectVerified(recording.sink, { live: true });
    recording = new Recording();
  });
});

describe('life and end', () => {
  test('shutting down again, and by every way at once, closes once', async () => {
    record();
    ended(CHAT);
    const { processor, provider, audit } = recording;
    await Promise.all([processor.shutdown(), provider.shutdown(), audit.close(), processor.shutdown()]);
    await Promise.all([processor.shutdown(), processor.forceFlush(), audit.close(), audit.flush()]);
    expect(entriesOf('audit_close')).toHaveLength(1);
    expect(entriesOf('seal').at(-1)?.seq).toBe(recording.entries.length - 1);
  });

  test('spans that start or end after it are counted, not thrown', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      record();
      ended(CHAT);
      const open = recording.start({});
      await recording.provider.shutdown();
      const before = recording.entries.length;
      open.setAttributes(CHAT);
      open.end();
      for (let count = 0; count < 10; count++) ended(CHAT);
      recording.start(CHAT);
      expect(recording.entries).toHaveLength(before);
      expect(recording.audit.tally.afterClose).toBe(11);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a flush seals what is recorded', async () => {
    record();
    for (let count = 0; count < 10; count++) ended(CHAT);
    await recording.provider.forceFlush();
    const { checkpoint, entries } = recording.audit.head()!;
    expect(checkpoint?.size).toBe(entries - 1);
    expect(entriesOf('tally')).toHaveLength(1);
    expect(recording.entries.slice(-1)[0]?.type).toBe('seal');
    const { length } = recording.entries;
    await recording.provider.forceFlush();
    expect(recording.entries).toHaveLength(length);
  });

  test('several providers share a log, which closes with the last', async () => {
    record();
    const second = new AuditSpanProcessor(recording.audit);
    const provider = new BasicTracerProvider({ spanProcessors: [second] });
    const span = provider.getTracer('second').startSpan('chat', { attributes: CHAT }, ROOT_CONTEXT);
    const open = recording.start(CHAT);
    await recording.provider.shutdown();
    expect(recording.audit.closed).toBe(false);
    expect(recording.audit.health().unsealed).toBeLessThanOrEqual(1);
    expect(recording.of(open).payload).toMatchObject({ unended_because: 'shutdown' });
    span.end();
    await recording.provider.shutdown();
    expect(recording.audit.closed).toBe(false);
    await provider.shutdown();
    expect(recording.audit.closed).toBe(true);
    expect(recording.of(span).payload.instrumentation?.scope).toBe('second');
    expect(talliesIn(recording.entries).at(-1)?.spans).toMatchObject({ ended: 1, unended: 1, open: 0, recorded: 2 });
  });

  test('a decision is known to the spans of every provider that writes to its log', async () => {
    record();
    const provider = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(recording.audit)] });
    const span = recording.audit.decision({ id: 'd' }, () =>
      provider.getTracer('second').startSpan('chat', { attributes: CHAT }, ROOT_CONTEXT),
    );
    span.end();
    expect(recording.of(span).decision_id).toBe('d');
    await provider.shutdown();
  });

  test.each([
    ['maxOpenSpans', [0, -1, 1.5, Number.NaN, Infinity, '10']],
    ['openSpanTimeoutMillis', [0, -1, Number.NaN]],
    ['orphanGraceMillis', [-1, 0.5, Number.NaN]],
  ])('%s that cannot be meant is refused', (name, values) => {
    record();
    for (const value of values) {
      expect(() => new AuditSpanProcessor(recording.audit, { [name]: value })).toThrow(TypeError);
    }
  });

  test('closeLog: false leaves the log to the application', async () => {
    record({ processor: { closeLog: false } });
    const open = recording.start(CHAT);
    await recording.provider.shutdown();
    expect(recording.audit.closed).toBe(false);
    expect(recording.of(open).payload).toMatchObject({ unended_because: 'shutdown' });
    expect(recording.audit.health().unsealed).toBeLessThanOrEqual(1);
    recording.audit.record({ after: true });
    await recording.audit.close();
    expect(entriesOf('decision_record')).toMatchObject([{ payload: { data: { after: true } } }]);
  });

  test('a span whose start was not seen is recorded and counted', async () => {
    record();
    recording.audit.record({ opened: true });
    const processors: SpanProcessor[] = [];
    const provider = new BasicTracerProvider({
      spanProcessors: [
        Object.assign(new NoopSpanProcessor(), {
          onEnd: (span: never) => processors.forEach((processor) => processor.onEnd(span)),
        }),
      ],
    });
    const span = provider.getTracer('early').startSpan('chat', { attributes: CHAT }, ROOT_CONTEXT);
    processors.push(recording.processor);
    span.end();
    expect(recording.of(span)).toMatchObject({ type: 'llm_call' });
    await recording.close();
    expect(talliesIn(recording.entries).at(-1)?.spans).toMatchObject({ started: 1, ended: 1, open: 0, recorded: 1 });
  });

  test('5,000 spans ended in one turn are 5,000 entries', async () => {
    record({ processor: { maxOpenSpans: 5_000 } });
    const spans = Array.from({ length: 5_000 }, () => recording.start(CHAT));
    for (const span of spans) span.end();
    expect(recording.calls.map(({ span_id: id }) => id)).toEqual(spans.map((span) => span.spanContext().spanId));
    await recording.close();
    await expectVerified(recording.sink);
  });

  test('nothing of the content is written that capture leaves out', () => {
    record({ log: { capture: { toolArguments: 'none' } } });
    for (const attributes of [CHAT, TOOL, AGENT]) {
      ended({
        ...attributes,
        'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"grandmother"}]}]',
        'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"grandmother"}]}]',
        'gen_ai.system_instructions': 'grandmother',
        'gen_ai.tool.call.arguments': '{"q":"grandmother"}',
        'gen_ai.tool.call.result': 'grandmother',
      });
    }
    const [segment] = recording.sink.list();
    expect(Buffer.from(recording.sink.bytes(segment!)).toString()).not.toContain('grandmother');
  });
});

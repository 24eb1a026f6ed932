import { ROOT_CONTEXT, trace, type Span } from '@opentelemetry/api';
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { AuditSpanProcessor } from '../../processors/index.ts';
import { readLog } from '../../src/index.ts';
import { collectGarbage } from '../garbage.ts';
import { directoryLog, temporaryFolder } from '../log.ts';
import {
  AGENT,
  below,
  CHAT,
  counting,
  Recording,
  talliesIn,
  TOOL,
  usage,
  usageIn,
  type RecordingOptions,
} from './recording.ts';

/** A span that never ends is recorded as it is, and a late end is told apart from it. */

let recording: Recording;

function record(options?: RecordingOptions): Recording {
  recording = new Recording(options);
  return recording;
}

function lastSpans() {
  return talliesIn(recording.entries).at(-1)?.spans;
}

describe('at the end', () => {
  test('a span that is open at shutdown is recorded with what was set after its start', async () => {
    const { start, of, all } = bound(record());
    const span = start(CHAT);
    span.setAttributes({ 'gen_ai.response.id': 'resp-1', ...usage(10, 5) });
    await recording.close();
    const { payload, type } = of(span);
    expect(type).toBe('llm_call');
    expect(payload).toMatchObject({
      outcome: 'unended',
      unended_because: 'shutdown',
      response_id: 'resp-1',
      usage: { input_tokens: 10, output_tokens: 5 },
    });
    expect(payload).not.toHaveProperty('duration_ms');
    expect(payload.age_ms).toBeGreaterThanOrEqual(0);
    expect(all(span)).toHaveLength(1);
    expect(lastSpans()).toMatchObject({ unended: 1, open: 0, recorded: 1 });
  });

  test('also if the log is closed and nobody shuts the provider down', async () => {
    const { start, of } = bound(record());
    const span = start(CHAT);
    await recording.audit.close();
    expect(of(span).payload).toMatchObject({ outcome: 'unended', unended_because: 'shutdown' });
    await recording.close();
  });

  test('of spans in one another each is recorded once, and only the innermost call counts', async () => {
    const { start, of } = bound(record());
    const agent = start({ ...AGENT, ...usage(10, 5) });
    const outer = start({ ...CHAT, ...usage(10, 5) }, agent);
    const inner = start({ ...CHAT, ...usage(10, 5) }, outer);
    await recording.close();
    expect(of(outer).payload.same_call).toMatchObject([{ span_id: inner.spanContext().spanId }]);
    expect(counting(recording.entries).map(({ type }) => type)).toEqual(['agent_invocation', 'llm_call']);
    expect(usageIn(recording.entries)).toEqual({ input_tokens: 10, output_tokens: 5 });
  });

  test('spans that have nothing to do with GenAI stay open in the tally and are not recorded', async () => {
    const { start } = bound(record());
    recording.audit.record({ opened: true });
    const parent = start({});
    start({}, parent);
    start(CHAT, parent).end();
    await recording.close();
    expect(recording.calls).toHaveLength(1);
    expect(lastSpans()).toMatchObject({ started: 3, ended: 1, open: 2, unended: 0 });
  });
});

describe('over the limit', () => {
  test('the oldest is recorded, and its end gives a second entry that names the first', async () => {
    const { start, of, all } = bound(record({ processor: { maxOpenSpans: 2 } }));
    const spans = [start(CHAT), start(CHAT), start(CHAT)];
    const [oldest] = spans;
    expect(recording.calls.map(({ span_id: id }) => id)).toEqual([oldest?.spanContext().spanId]);
    expect(of(oldest!).payload).toMatchObject({ outcome: 'unended', unended_because: 'evicted' });
    const { seq } = of(oldest!);
    oldest!.setAttributes(usage(10, 5));
    for (const span of spans) span.end();
    expect(all(oldest!)).toHaveLength(2);
    expect(of(oldest!).payload).toMatchObject({ ends: seq, outcome: 'ok', usage: { input_tokens: 10 } });
    expect(of(oldest!).payload).toHaveProperty('duration_ms');
    for (const member of ['unended_because', 'age_ms', 'ends_segment']) {
      expect(of(oldest!).payload).not.toHaveProperty(member);
    }
    expect(counting(recording.entries)).toHaveLength(3);
    await recording.close();
    expect(lastSpans()).toMatchObject({ unended: 1, ended: 2, late: 1, open: 0, recorded: 4 });
  });

  test('a late end says in which segment the first entry stands, if it is another one', async () => {
    const { start, of, all } = bound(record({ processor: { maxOpenSpans: 1 } }));
    const early = start(CHAT);
    const last = start(CHAT);
    const [first] = all(early);
    await recording.audit.roll();
    early.end();
    const [segment] = recording.sink.list();
    expect(of(early).payload).toMatchObject({ ends: first!.seq, ends_segment: segment });
    expect(recording.sink.list()).toHaveLength(2);
    last.end();
    await recording.close();
    expect(talliesIn(recording.entries).at(-1)?.spans).toMatchObject({ carried: 1, ended: 1, late: 1, open: 0 });
  });

  test('an outer call that was recorded before the one inside it started no longer counts when it ends', async () => {
    const { start, of } = bound(record({ processor: { maxOpenSpans: 1 } }));
    const outer = start(CHAT);
    const evictor = start(TOOL);
    const inner = start(CHAT, outer);
    for (const span of [inner, outer, evictor]) span.end();
    expect(of(outer).payload.same_call).toMatchObject([{ span_id: inner.spanContext().spanId }]);
    expect(counting(recording.entries).filter(({ type }) => type === 'llm_call')).toHaveLength(1);
    await recording.close();
  });

  test('a span that was held open for its scope and turns out to be none ends late in the tally, too', async () => {
    const { start } = bound(record({ processor: { maxOpenSpans: 1 } }));
    const first = start({});
    first.setAttributes(CHAT);
    first.end();
    const spans = [start({}), start({}), start({})];
    for (const span of spans) span.end();
    await recording.close();
    expect(recording.calls).toHaveLength(1);
    const tally = lastSpans();
    expect(tally).toMatchObject({ unended: 2, late: 2, open: 0, recorded: 1 });
    expect(tally?.ignored).toEqual({ not_genai: 5 });
  });

  test(
    'of 100,000 open spans 4,096 are held, all are recorded, and the rest is free to go',
    { timeout: 120_000 },
    async () => {
      const SPANS = 100_000;
      const directory = temporaryFolder();
      const audit = directoryLog(directory);
      const provider = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit)] });
      const tracer = provider.getTracer('test');
      const started: WeakRef<Span>[] = [];
      for (let index = 0; index < SPANS; index++) {
        started.push(new WeakRef(tracer.startSpan('chat', { attributes: CHAT })));
        // What was looked at in a turn of the event loop is held to its end (WeakRef).
        if (index % 1_000 === 999) await new Promise(setImmediate);
      }
      collectGarbage();
      const held = started.filter((reference) => reference.deref() !== undefined).length;
      expect(held).toBeGreaterThanOrEqual(4_096);
      expect(held).toBeLessThan(4_096 + 1_000);
      await provider.shutdown();
      const because: Record<string, number> = {};
      let spans: unknown;
      for await (const { type, payload } of readLog(directory)) {
        if (type === 'llm_call') {
          const why = `${payload.outcome} ${payload.unended_because}`;
          because[why] = (because[why] ?? 0) + 1;
        }
        if (type === 'audit_close') spans = payload.tally?.spans;
      }
      expect(because).toEqual({ 'unended evicted': SPANS - 4_096, 'unended shutdown': 4_096 });
      expect(spans).toMatchObject({ started: SPANS, unended: SPANS, recorded: SPANS, open: 0, ended: 0 });
    },
  );
});

describe('while time passes', () => {
  beforeEach(() => {
    // Wall clock and monotonic clock together: one alone would be a clock step.
    vi.useFakeTimers({ toFake: ['performance', 'Date', 'setInterval', 'clearInterval'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function unendedBecause(span: Span): string | undefined {
    return recording.all(span)[0]?.payload.unended_because;
  }

  test('a span that is open for too long is recorded with its age', async () => {
    const { start, of } = bound(record({ processor: { openSpanTimeoutMillis: 5_000 } }));
    const span = start(CHAT);
    vi.advanceTimersByTime(2_500);
    const later = start(CHAT);
    vi.advanceTimersByTime(2_400);
    expect(recording.calls).toEqual([]);
    vi.advanceTimersByTime(1_100);
    expect(of(span).payload).toMatchObject({ outcome: 'unended', unended_because: 'timeout', age_ms: 5_000 });
    expect(unendedBecause(later)).toBeUndefined();
    later.end();
    span.end();
    expect(of(span).payload).toMatchObject({ ends: 1, outcome: 'unknown' });
    await recording.close();
  });

  test('the sweep ends a second after nothing is open any more', async () => {
    const { start } = bound(record());
    expect(vi.getTimerCount()).toBe(0);
    const spans = [start(CHAT), start(CHAT)];
    start({}).end();
    expect(vi.getTimerCount()).toBe(1);
    for (const span of spans) span.end();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
    start(CHAT);
    expect(vi.getTimerCount()).toBe(1);
    await recording.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a span whose parent has ended is recorded after the grace, as an orphan', async () => {
    const { start, of } = bound(record({ processor: { orphanGraceMillis: 3_000 } }));
    const parent = start({ 'http.route': '/triage' });
    const orphan = start(CHAT, parent);
    const quick = start(CHAT, parent);
    vi.advanceTimersByTime(10_000);
    expect(recording.calls).toEqual([]);
    parent.end();
    vi.advanceTimersByTime(2_000);
    quick.end();
    expect(unendedBecause(orphan)).toBeUndefined();
    vi.advanceTimersByTime(2_000);
    expect(of(orphan).payload).toMatchObject({ unended_because: 'orphaned', age_ms: 14_000 });
    expect(of(quick).payload.outcome).not.toBe('unended');
    await recording.close();
  });

  test('a remote, absent or non-recording parent never makes an orphan', async () => {
    const { start } = bound(record({ processor: { orphanGraceMillis: 0 } }));
    const remote = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 });
    const dropping = new BasicTracerProvider({ sampler: new AlwaysOffSampler() });
    const dropped = dropping.getTracer('test').startSpan('dropped', {}, ROOT_CONTEXT);
    const ended = start({});
    ended.end();
    const spans = [start(CHAT, remote), start(CHAT), start(CHAT, dropped), start(CHAT, ended)];
    dropped.end();
    vi.advanceTimersByTime(60_000);
    expect(spans.map(unendedBecause)).toEqual([undefined, undefined, undefined, undefined]);
    for (const span of spans) span.end();
    await recording.close();
  });

  test('a parent that throws when it is asked makes an orphan, and the sweep goes on', async () => {
    const { start } = bound(record({ processor: { orphanGraceMillis: 0 } }));
    const parent = start({});
    const spans = [start(CHAT, parent), start(CHAT, parent)];
    parent.isRecording = () => {
      throw new Error('no longer to be asked');
    };
    vi.advanceTimersByTime(2_000);
    expect(spans.map(unendedBecause)).toEqual(['orphaned', 'orphaned']);
    await recording.close();
  });

  test('a parent of another provider makes an orphan, too', async () => {
    const { start } = bound(record({ processor: { orphanGraceMillis: 0 } }));
    const other = new BasicTracerProvider().getTracer('other').startSpan('other', {}, ROOT_CONTEXT);
    const span = start(CHAT, below(other));
    vi.advanceTimersByTime(2_000);
    expect(unendedBecause(span)).toBeUndefined();
    other.end();
    vi.advanceTimersByTime(1_000);
    expect(unendedBecause(span)).toBe('orphaned');
    await recording.close();
  });
});

function bound(of: Recording) {
  return {
    start: (...args: Parameters<Recording['start']>) => of.start(...args),
    of: (span: Span) => of.of(span),
    all: (span: Span) => of.all(span),
  };
}

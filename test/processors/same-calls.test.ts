import { fc } from '../fast-check.ts';
import { ROOT_CONTEXT, trace, type Attributes, type Span } from '@opentelemetry/api';
import { afterEach, describe, expect, test } from 'vitest';

import type { AuditSpanProcessor } from '../../processors/index.ts';
import { EMITTERS, hasTruth, recordedSpans, scenariosOf, truthOf, type RecordedSpan } from '../spans.ts';
import { below, CHAT, modelCalls, Recording, usage, usageIn, type CallEntry } from './recording.ts';

/** One call that two instrumentations show in different traces counts once, and never one call for two. */

let recording: Recording;
afterEach(() => recording.close());

/** A call that a scope shows, between two moments. */
interface Shown {
  readonly scope?: string;
  readonly from?: number;
  readonly to?: number;
  readonly id?: string;
  readonly model?: string;
  readonly tokens?: number;
  readonly failed?: boolean;
}

function show(shown: Shown): CallEntry {
  return recording.of(spanOf(shown));
}

function spanOf({ scope = 'client', from = 0, to = 100, id, model = 'm', tokens = 34, failed }: Shown): Span {
  const attributes: Attributes = { ...CHAT, 'gen_ai.request.model': model, ...usage(120, tokens) };
  if (id !== undefined) attributes['gen_ai.response.id'] = id;
  const start = Date.UTC(2026, 0, 1);
  const span = recording.provider
    .getTracer(scope)
    .startSpan('chat', { attributes, startTime: start + from, root: true }, ROOT_CONTEXT);
  if (failed === true) span.setStatus({ code: 2, message: 'connection reset' });
  span.end(start + to);
  return span;
}

describe('the id of the response', () => {
  test('joins two scopes in different traces: the first counts, and its usage', () => {
    recording = new Recording();
    const first = show({ scope: 'client', id: 'resp-1' });
    const second = show({ scope: 'framework', id: 'resp-1', from: 5_000, to: 6_000, tokens: 1 });
    expect(second.payload).toMatchObject({
      same_call: [{ trace_id: first.trace_id, span_id: first.span_id, basis: 'response_id' }],
      aggregate_usage: { input_tokens: 120 },
    });
    expect(second.payload).not.toHaveProperty('usage');
    expect(modelCalls(recording.entries)).toHaveLength(1);
    expect(usageIn(recording.entries)).toEqual({ input_tokens: 120, output_tokens: 34 });
  });

  test('never joins two spans of one scope: whoever answers twice with one id answered twice', () => {
    recording = new Recording();
    for (let times = 0; times < 3; times++) show({ id: 'resp-1' });
    expect(modelCalls(recording.entries)).toHaveLength(3);
  });

  test('two calls with one id, shown by two scopes, are two calls, whatever ends first', async () => {
    const showing = fc.record({ scope: fc.constantFrom('client', 'framework', 'gateway'), call: fc.nat({ max: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(showing, { minLength: 1, maxLength: 24 }), async (shown) => {
        recording = new Recording();
        // Calls in turn, with tokens of their own: nothing but their ids can join them.
        shown.forEach(({ scope, call }, at) =>
          show({ scope, id: `resp-${call}`, from: at * 1_000, to: at * 1_000 + 9 }),
        );
        await recording.close();
        const times = new Map<string, Map<string, number>>();
        for (const { scope, call } of shown) {
          const scopes = times.get(`${call}`) ?? new Map<string, number>();
          times.set(`${call}`, scopes.set(scope, (scopes.get(scope) ?? 0) + 1));
        }
        const expected = [...times.values()].reduce((sum, scopes) => sum + Math.max(...scopes.values()), 0);
        expect(modelCalls(recording.entries)).toHaveLength(expected);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  test('says how a call ended that the first to show it could not tell', () => {
    recording = new Recording();
    const first = show({ scope: 'client', id: 'resp-1', tokens: 0 });
    const second = show({ scope: 'framework', id: 'resp-1', failed: true });
    expect(first.payload.outcome).toBe('unknown');
    expect(second.payload.outcome_of).toEqual([{ span_id: first.span_id, was: 'unknown', outcome: 'error' }]);
  });

  test('leaves nesting alone where the outer call ends first', () => {
    recording = new Recording();
    const attributes = { ...CHAT, 'gen_ai.response.id': 'resp-1', ...usage(120, 34) };
    const outer = recording.provider.getTracer('framework').startSpan('chat', { attributes });
    const inner = recording.provider.getTracer('client').startSpan('chat', { attributes }, below(outer));
    outer.end();
    inner.end();
    expect(recording.of(outer).payload.same_call).toMatchObject([{ basis: 'nesting' }]);
    expect(recording.of(inner).payload).not.toHaveProperty('same_call');
    show({ scope: 'third', id: 'resp-1' });
    expect(modelCalls(recording.entries).map(({ span_id: id }) => id)).toEqual([inner.spanContext().spanId]);
  });
});

describe('without an id on one side', () => {
  test.each([
    ['the client first', [{ id: 'resp-1' }, { scope: 'framework', from: 1, to: 101 }]],
    ['the framework first', [{ scope: 'framework', from: 1, to: 99 }, { id: 'resp-1' }]],
  ] as const)('what else they say joins two traces: %s', (_, shown) => {
    recording = new Recording();
    const [first, second] = shown.map(show);
    expect(second?.payload.same_call).toEqual([
      { trace_id: first?.trace_id, span_id: first?.span_id, basis: 'inferred' },
    ]);
    expect(modelCalls(recording.entries)).toHaveLength(1);
  });

  test.each([
    ['not at the same time', { from: 200, to: 300 }],
    ['in the millisecond in which the other ended', { from: 100, to: 200 }],
    ['in turn, by clocks that are a little apart', { from: 99, to: 200 }],
    ['that began and ended within a millisecond', { from: 50, to: 50 }],
    ['another model', { model: 'n' }],
    ['other tokens', { tokens: 35 }],
    ['the same scope', { scope: 'client' }],
    ['both have an id', { id: 'resp-2' }],
  ] as const)('is another call: %s', (_, other) => {
    recording = new Recording();
    show({ id: 'resp-1' });
    const second = show({ scope: 'framework', ...other });
    expect(second.payload).not.toHaveProperty('same_call');
    expect(second.payload).not.toHaveProperty('possible_same_call');
    expect(modelCalls(recording.entries)).toHaveLength(2);
  });

  test('two that it may be are named, and all count', () => {
    recording = new Recording();
    const clients = [show({ id: 'resp-1' }), show({ id: 'resp-2' })];
    const second = show({ scope: 'framework' });
    expect(second.payload).not.toHaveProperty('same_call');
    expect(second.payload.possible_same_call).toEqual(clients.map(({ trace_id, span_id }) => ({ trace_id, span_id })));
    expect(modelCalls(recording.entries)).toHaveLength(3);
  });

  test('a call that ran beside more than are remembered is not taken for the one that is', () => {
    recording = new Recording();
    for (let calls = 0; calls < 1_030; calls++) spanOf({ id: `resp-${calls}`, tokens: 1_000 + calls });
    show({ id: 'resp-last' });
    const second = show({ scope: 'framework' });
    expect(second.payload).not.toHaveProperty('same_call');
    expect(second.payload.possible_same_call).toHaveLength(1);
  });

  test('a call that could not be written is joined by none', () => {
    let full = false;
    recording = new Recording({
      wrapSink: (sink) => ({
        ...sink,
        create: (segment) => {
          const writer = sink.create(segment);
          return {
            append: (bytes) => {
              if (full) throw new Error('no space left on device');
              writer.append(bytes);
            },
            get torn() {
              return writer.torn;
            },
            sync: () => writer.sync(),
            syncNow: () => {
              writer.syncNow();
            },
            isInPlace: () => writer.isInPlace(),
            close: () => {
              writer.close();
            },
          };
        },
      }),
    });
    show({ id: 'resp-0', tokens: 1 });
    full = true;
    expect(() => show({ id: 'resp-1' })).toThrow('no entry of that span');
    full = false;
    const second = show({ scope: 'framework', id: 'resp-1' });
    expect(second.payload).not.toHaveProperty('same_call');
    expect(modelCalls(recording.entries)).toHaveLength(2);
  });

  test('one is joined once', () => {
    recording = new Recording();
    show({ id: 'resp-1' });
    show({ scope: 'framework' });
    const third = show({ scope: 'another' });
    expect(third.payload).not.toHaveProperty('same_call');
    expect(modelCalls(recording.entries)).toHaveLength(2);
  });
});

describe('an outer call that knows more', () => {
  test('says how the inner one ended, whose span could not tell', () => {
    recording = new Recording();
    const outer = recording.start(CHAT);
    const inner = recording.start(CHAT, outer);
    inner.end();
    outer.setStatus({ code: 2, message: 'connection reset' });
    outer.end();
    expect(recording.of(inner).payload.outcome).toBe('unknown');
    expect(recording.of(outer).payload).toMatchObject({
      outcome: 'error',
      outcome_of: [{ span_id: inner.spanContext().spanId, was: 'unknown', outcome: 'error' }],
    });
  });
});

/** Scenarios with one call in several traces are among them: what they share is their time, not their ids. */
const SCENARIOS = EMITTERS.flatMap((emitter) =>
  scenariosOf(emitter)
    .filter((scenario) => hasTruth(emitter, scenario))
    .map((scenario) => ({ emitter, scenario })),
);

/** Spans of a scenario as if it had been run by itself: other ids, at another time. */
function apart(spans: readonly RecordedSpan[], number: number): readonly RecordedSpan[] {
  const hex = (id: string): string => number.toString(16).padStart(4, '0') + id.slice(4);
  const later = number * 86_400;
  return spans.map(({ span, snapshot, ended }) => {
    const context = { ...span.spanContext(), traceId: hex(snapshot.traceId), spanId: hex(snapshot.spanId) };
    const parentSpanId = snapshot.parentSpanId === undefined ? undefined : hex(snapshot.parentSpanId);
    const attributes = { ...span.attributes };
    for (const [key, value] of Object.entries(attributes)) {
      if (typeof value === 'string') attributes[key] = value.replace(/\b(chatcmpl-|resp_|msg_)0/g, `$1${number}x`);
    }
    return {
      ended,
      span: {
        ...span,
        attributes,
        startTime: [span.startTime[0] + later, span.startTime[1]],
        endTime: [span.endTime[0] + later, span.endTime[1]],
        parentSpanContext: parentSpanId === undefined ? undefined : { ...context, spanId: parentSpanId },
        spanContext: () => context,
      },
      snapshot: { ...snapshot, spanId: context.spanId, traceId: context.traceId, parentSpanId },
    };
  });
}

type Starting = Parameters<AuditSpanProcessor['onStart']>[0];

/** Starts the spans of a run, parents first. Returns those that end, in the order in which they did. */
function startAll(processor: AuditSpanProcessor, spans: readonly RecordedSpan[]): Starting[] {
  const byId = new Map(spans.map((each) => [each.snapshot.spanId, each]));
  const started = new Map<string, Starting>();
  const start = (each: RecordedSpan): Starting => {
    const { spanId, parentSpanId } = each.snapshot;
    const known = started.get(spanId);
    if (known !== undefined) return known;
    const parent = byId.get(parentSpanId ?? '');
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, start(parent));
    const live = { ...each.span, isRecording: () => true } as unknown as Starting;
    started.set(spanId, live);
    processor.onStart(live, context);
    return live;
  };
  return spans.flatMap((each) => (each.ended ? [start(each)] : (start(each), [])));
}

test('a scenario counts the same in whatever order its spans end', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...SCENARIOS), fc.infiniteStream(fc.nat()), async (chosen, choices) => {
      const { emitter, scenario } = chosen;
      recording = new Recording();
      const { processor } = recording;
      const left = startAll(processor, recordedSpans(emitter, scenario));
      while (left.length > 0) {
        const [next] = left.splice((choices.next().value as number) % left.length, 1);
        if (next !== undefined) processor.onEnd(next);
      }
      await recording.close();
      expect(modelCalls(recording.entries)).toHaveLength(truthOf(emitter, scenario).observable.model_calls);
    }),
    { numRuns: 400, endOnFailure: true },
  );
});

test('scenarios that run interleaved count what each of them counts alone', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...SCENARIOS), { minLength: 2, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      async (chosen, choices) => {
        recording = new Recording();
        const { processor } = recording;
        const runs = chosen.map(({ emitter, scenario }, number) => apart(recordedSpans(emitter, scenario), number + 1));
        const ends = runs.map((spans) => startAll(processor, spans));
        // Each scenario ends its spans in its own order, whatever the others do between.
        while (ends.some((left) => left.length > 0)) {
          const open = ends.filter((left) => left.length > 0);
          const next = open[(choices.next().value as number) % open.length]?.shift();
          if (next !== undefined) processor.onEnd(next);
        }
        await recording.close();
        const calls = modelCalls(recording.entries);
        const expected = chosen.reduce(
          (sum, { emitter, scenario }) => sum + truthOf(emitter, scenario).observable.model_calls,
          0,
        );
        expect(calls).toHaveLength(expected);
        for (const { trace_id: id, payload } of recording.calls) {
          const run = id?.slice(0, 4);
          for (const other of payload.same_call ?? []) expect(other.trace_id.slice(0, 4)).toBe(run);
        }
      },
    ),
    { numRuns: 250, endOnFailure: true },
  );
});

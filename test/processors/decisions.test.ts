import { setTimeout as sleep } from 'node:timers/promises';

import { context, ROOT_CONTEXT, trace, type Context, type Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { ed25519Signer, generateKey, type SpansealError } from '../../src/index.ts';
import type { Entry } from '../../src/entry.ts';
import { below, CHAT, LOG, Recording, TOOL, type RecordingOptions } from './recording.ts';

/** Every entry belongs to the decision that it was made in, whatever runs beside it. */

let recording: Recording;

function record(options?: RecordingOptions): Recording {
  recording = new Recording(options);
  return recording;
}

afterEach(() => recording.close());

function entriesOf(type: Entry['type']): Entry[] {
  return recording.entries.filter((entry) => entry.type === type);
}

/** A different wait for each number, the same in every run. */
function pause(number: number): Promise<void> {
  const millis = (number * 7) % 5;
  return millis === 0 ? Promise.resolve() : sleep(millis);
}

const CONCURRENT = 50;

/** What each of many decisions does, with waits between, and what must be found of it afterwards. */
async function manyDecisions(startSpan: (parent: Span | undefined) => Span): Promise<void> {
  const spansOf = new Map<string, { readonly outer: Span; readonly inner: Span[] }>();
  await Promise.all(
    Array.from({ length: CONCURRENT }, (_, number) =>
      recording.audit.decision({ id: `d${number}`, input: { number } }, async (decision) => {
        await pause(number);
        const outer = startSpan(undefined);
        const inner: Span[] = [];
        await inside(outer, async () => {
          for (let step = 0; step < 3; step++) {
            await pause(number + step);
            inner.push(startSpan(outer));
            await pause(number * step);
            if (step === 1) decision.record({ number });
          }
          for (const span of inner) {
            await pause(number);
            span.end();
          }
        });
        outer.end();
        spansOf.set(decision.id, { outer, inner });
        recording.audit.result(`result-${number}`);
        recording.audit.flag('looked at');
      }),
    ),
  );
  for (let number = 0; number < CONCURRENT; number++) {
    const id = `d${number}`;
    const own = recording.entries.filter((entry) => entry.decision_id === id);
    const { outer, inner } = spansOf.get(id)!;
    expect(own.filter(({ type }) => type === 'tool_call').map(({ span_id: spanId }) => spanId)).toEqual([
      outer.spanContext().spanId,
    ]);
    const calls = own.filter(({ type }) => type === 'llm_call');
    expect(calls.map(({ span_id: spanId }) => spanId)).toEqual(inner.map((span) => span.spanContext().spanId));
    for (const call of calls) {
      expect(call).toMatchObject({ parent_span_id: outer.spanContext().spanId, trace_id: outer.spanContext().traceId });
    }
    expect(own.at(-1)).toMatchObject({
      type: 'decision_end',
      payload: {
        outcome: 'completed',
        result: `result-${number}`,
        counts: { decision: 1, llm_call: 3, tool_call: 1, decision_record: 1, policy_flag: 1 },
      },
    });
    expect(own).toHaveLength(8);
  }
}

/** Runs inside a span: only a context manager can. */
function inside<T>(span: Span, fn: () => T): T {
  return context.with(trace.setSpan(context.active(), span), fn);
}

describe('with a context manager', () => {
  beforeEach(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterEach(() => context.disable());

  test(`${CONCURRENT} decisions at a time never mix`, async () => {
    record();
    await manyDecisions(() =>
      recording.tracer.startSpan('span', {
        attributes: trace.getActiveSpan() === undefined ? TOOL : CHAT,
      }),
    );
    for (const { payload } of recording.calls) expect(payload).not.toHaveProperty('decision_basis');
  });

  test('a nested decision names the one around it, and spans belong to the inner one', () => {
    record();
    const spans: Record<string, Span> = {};
    const make = (name: string): void => {
      spans[name] = recording.tracer.startSpan(name, { attributes: CHAT });
      spans[name].end();
    };
    recording.audit.decision({ id: 'outer' }, () => {
      make('before');
      recording.audit.decision({ id: 'inner' }, () => {
        make('inside');
        expect(recording.audit.currentDecision?.id).toBe('inner');
      });
      make('after');
    });
    make('outside');
    expect(entriesOf('decision').map((entry) => [entry.decision_id, entry.payload])).toEqual([
      ['outer', {}],
      ['inner', { parent_decision_id: 'outer' }],
    ]);
    expect(Object.entries(spans).map(([name, span]) => [name, recording.of(span).decision_id])).toEqual([
      ['before', 'outer'],
      ['inside', 'inner'],
      ['after', 'outer'],
      ['outside', undefined],
    ]);
  });

  test('a decision inside a span of another decision hides it for what starts inside', () => {
    record();
    recording.audit.decision({ id: 'outer' }, () => {
      recording.tracer.startActiveSpan('tool', { attributes: TOOL }, (tool) => {
        recording.audit.decision({ id: 'inner' }, () => {
          const chat = recording.tracer.startSpan('chat', { attributes: CHAT });
          chat.end();
          expect(recording.of(chat)).toMatchObject({
            decision_id: 'inner',
            parent_span_id: tool.spanContext().spanId,
          });
          expect(recording.of(chat).payload).not.toHaveProperty('decision_basis');
        });
        tool.end();
        expect(recording.of(tool).decision_id).toBe('outer');
      });
    });
  });

  test('business entries stand beside the span they were made in', () => {
    record();
    recording.tracer.startActiveSpan('root', (root) => {
      recording.audit.decision({}, (decision) => decision.record({ step: 1 }));
      root.end();
      const { traceId, spanId } = root.spanContext();
      for (const type of ['decision', 'decision_record'] as const) {
        expect(entriesOf(type)).toMatchObject([{ trace_id: traceId, span_id: spanId }]);
      }
    });
  });

  test('decisions of two logs in one another keep to their logs', async () => {
    record();
    const name = `${LOG}-2`;
    const second = new Recording({ log: { log: name, signer: ed25519Signer(generateKey({ name })) } });
    recording.audit.decision({ id: 'first' }, () => {
      second.audit.decision({ id: 'second' }, () => {
        const [mine, theirs] = [recording, second].map(({ tracer }) => tracer.startSpan('chat', { attributes: CHAT }));
        mine!.end();
        theirs!.end();
        expect(recording.of(mine!)).toMatchObject({ decision_id: 'first', payload: { decision_basis: 'storage' } });
        expect(second.of(theirs!).decision_id).toBe('second');
        expect(second.of(theirs!).payload).not.toHaveProperty('decision_basis');
      });
    });
    expect(second.entries.find(({ type }) => type === 'decision')?.payload).not.toHaveProperty('parent_decision_id');
    await second.close();
  });

  test('run brings work from elsewhere into the decision', async () => {
    record();
    const queue: (() => void)[] = [];
    const spans: Span[] = [];
    const chat = (): void => {
      const span = recording.tracer.startSpan('chat', { attributes: CHAT });
      span.end();
      spans.push(span);
    };
    recording.audit.decision({ id: 'd' }, (decision) => {
      queue.push(() => decision.run(chat), chat);
    });
    await Promise.resolve();
    for (const work of queue) work();
    expect(spans.map((span) => recording.of(span).decision_id)).toEqual(['d', undefined]);
  });
});

describe('without a context manager', () => {
  test(`${CONCURRENT} decisions at a time never mix`, async () => {
    record();
    await manyDecisions((parent) => recording.start(parent === undefined ? TOOL : CHAT, parent));
    for (const { type, payload } of recording.calls) {
      expect(payload.decision_basis).toBe(type === 'tool_call' ? 'storage' : 'parent_span');
    }
  });

  test('without a tracer provider, too: what the application says belongs to its decision', async () => {
    record();
    await Promise.all(
      Array.from({ length: CONCURRENT }, (_, number) =>
        recording.audit.decision({ id: `d${number}` }, async () => {
          for (let step = 0; step < 3; step++) {
            await pause(number + step);
            recording.audit.record({ number });
          }
          await recording.audit.decision({ id: `d${number}-inner` }, async (inner) => {
            await pause(number);
            inner.flag('looked at', { severity: 'info' });
            recording.audit.humanOversight({ action: 'approved' });
          });
        }),
      ),
    );
    for (const { decision_id: id, payload } of entriesOf('decision_record')) {
      expect(payload).toEqual({ data: { number: Number(id?.slice(1)) } });
    }
    expect(entriesOf('decision_record')).toHaveLength(3 * CONCURRENT);
    for (const entry of [...entriesOf('policy_flag'), ...entriesOf('human_oversight')]) {
      expect(entry.decision_id).toMatch(/^d\d+-inner$/);
    }
    const parents = entriesOf('decision').flatMap(({ decision_id: id, payload }) =>
      'parent_decision_id' in payload ? [[id, payload.parent_decision_id]] : [],
    );
    expect(parents).toHaveLength(CONCURRENT);
    for (const [id, parent] of parents) expect(id).toBe(`${String(parent)}-inner`);
  });

  test('a span handed to other code takes its decision along: parent_span goes before storage', () => {
    record();
    let tool: Span | undefined;
    recording.audit.decision({ id: 'first' }, () => {
      tool = recording.start(TOOL);
    });
    recording.audit.decision({ id: 'second' }, () => {
      const chat = recording.start(CHAT, tool);
      chat.end();
      expect(recording.of(chat)).toMatchObject({ decision_id: 'first', payload: { decision_basis: 'parent_span' } });
    });
    const late = recording.start(CHAT, recording.start({}, tool));
    tool?.end();
    late.end();
    expect(recording.of(late)).toMatchObject({ decision_id: 'first', payload: { decision_basis: 'parent_span' } });
  });

  test('a Context that was kept brings its decision to a later span', () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    record();
    const kept = recording.audit.decision({ id: 'kept' }, (): Context => context.active());
    context.disable();
    const span = recording.tracer.startSpan('chat', { attributes: CHAT }, kept);
    span.end();
    expect(recording.of(span)).toMatchObject({ decision_id: 'kept' });
    expect(recording.of(span).payload).not.toHaveProperty('decision_basis');
    const none = recording.tracer.startSpan('chat', { attributes: CHAT }, ROOT_CONTEXT);
    none.end();
    expect(recording.of(none)).not.toHaveProperty('decision_id');
  });

  test('a span below one that ended and is of no interest itself still has its decision', () => {
    record();
    recording.audit.decision({ id: 'd' }, () => recording.start({}).end());
    let root: Span | undefined;
    recording.audit.decision({ id: 'd2' }, () => {
      root = recording.start({});
      root.end();
    });
    const chat = recording.tracer.startSpan('chat', { attributes: CHAT }, below(root!));
    chat.end();
    expect(recording.of(chat)).toMatchObject({ decision_id: 'd2', payload: { decision_basis: 'parent_span' } });
  });
});

describe('how a decision comes out', () => {
  test('a thrown error is the outcome, and is thrown again', () => {
    record();
    const error = new RangeError('too much');
    expect(() =>
      recording.audit.decision({ id: 'd' }, () => {
        throw error;
      }),
    ).toThrow(error);
    expect(entriesOf('decision_end')).toMatchObject([
      { decision_id: 'd', payload: { outcome: 'failed', error: { type: 'RangeError', message: 'too much' } } },
    ]);
  });

  test('so is a rejection', async () => {
    record();
    const error = Object.assign(new Error('rate limited'), { name: 'RateLimitError' });
    const run = recording.audit.decision({ id: 'd' }, async () => {
      await pause(1);
      throw error;
    });
    await expect(run).rejects.toBe(error);
    expect(entriesOf('decision_end')).toMatchObject([
      { payload: { outcome: 'failed', error: { type: 'RateLimitError', message: 'rate limited' } } },
    ]);
  });

  test.each([
    ['a text', 'no', { type: 'string', message: 'no' }],
    ['nothing', undefined, { type: 'undefined', message: 'undefined' }],
    ['an object', Object.create(null), { type: 'object' }],
  ])('what is thrown may be %s', (_, thrown: unknown, described) => {
    record();
    let caught: unknown = 'nothing was thrown';
    try {
      recording.audit.decision({}, () => {
        throw thrown;
      });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(thrown);
    expect(entriesOf('decision_end')).toMatchObject([{ payload: { outcome: 'failed', error: described } }]);
  });

  test('the answer is given back as it is, the end is recorded before it can be seen', async () => {
    record();
    const answer = { answer: 42 };
    expect(recording.audit.decision({}, () => answer)).toBe(answer);
    expect(entriesOf('decision_end')).toHaveLength(1);
    expect(await recording.audit.decision({}, async () => answer)).toBe(answer);
    expect(entriesOf('decision_end')).toHaveLength(2);
  });

  test('a decision ends when what it waits for has settled', async () => {
    record();
    let release: (value: string) => void = () => undefined;
    const slow = new Promise<string>((resolve) => {
      release = resolve;
    });
    const answer = recording.audit.decision({ id: 'd' }, (decision) => {
      decision.waitUntil(slow);
      decision.result('referred', { reasonCodes: ['income_unverified'] });
      return 'at once';
    });
    expect(answer).toBe('at once');
    expect(entriesOf('decision_end')).toEqual([]);
    expect(recording.audit.health().openDecisions).toBe(1);
    release('done');
    await vi.waitFor(() => expect(entriesOf('decision_end')).toHaveLength(1));
    expect(entriesOf('decision_end')).toMatchObject([
      { payload: { outcome: 'completed', result: 'referred', reason_codes: ['income_unverified'] } },
    ]);
    expect(recording.audit.health().openDecisions).toBe(0);
  });

  test('a rejection of what it waits for is its outcome, and stays the application’s to handle', async () => {
    record();
    const failing = Promise.reject(new TypeError('late'));
    recording.audit.decision({}, (decision) => decision.waitUntil(failing));
    await expect(failing).rejects.toThrow('late');
    await vi.waitFor(() => expect(entriesOf('decision_end')).toHaveLength(1));
    expect(entriesOf('decision_end')).toMatchObject([
      { payload: { outcome: 'failed', error: { type: 'TypeError', message: 'late' } } },
    ]);
  });

  test('spans may follow the end of their decision', async () => {
    record();
    let chat: Span | undefined;
    recording.audit.decision({ id: 'd' }, () => {
      chat = recording.start(CHAT);
    });
    chat?.end();
    const [end] = entriesOf('decision_end');
    expect(recording.of(chat!)).toMatchObject({ decision_id: 'd', payload: { outcome: 'unknown' } });
    expect(recording.of(chat!).seq).toBeGreaterThan(end?.seq ?? Infinity);
  });

  test('what has not ended when the log closes is unended', async () => {
    record();
    recording.audit.decision({ id: 'd' }, (decision) => decision.waitUntil(new Promise(() => undefined)));
    await recording.close();
    expect(entriesOf('decision_end')).toMatchObject([{ decision_id: 'd', payload: { outcome: 'unended' } }]);
  });

  test('on a closed log a decision is refused before it runs', async () => {
    record();
    await recording.close();
    let ran = false;
    const attempt = (): void =>
      recording.audit.decision({}, () => {
        ran = true;
      });
    expect(attempt).toThrow(expect.objectContaining<Partial<SpansealError>>({ code: 'LOG_CLOSED' }));
    expect(ran).toBe(false);
  });
});

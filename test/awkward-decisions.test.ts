import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

import { describe, expect, test, vi } from 'vitest';

import type { Decision, Entry, MemorySink } from '../src/index.ts';
import { collectGarbage } from './garbage.ts';
import { memoryLog, ofType } from './log.ts';

/** What decisions are given by applications of every kind, and must neither break on nor break. */

const endOf = (sink: MemorySink, id = 'd'): Entry<'decision_end'>['payload'] | undefined =>
  ofType(sink.entries(), 'decision_end').find(({ decision_id: decision }) => decision === id)?.payload;

/** Lets finalisers run. */
async function collect(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    collectGarbage();
    await pause(2);
  }
}

describe('a decision', () => {
  test.each([
    ['nothing', undefined, 'completed'],
    ['a value', 5, 'completed'],
    [
      'a thenable that throws when asked',
      {
        // eslint-disable-next-line unicorn/no-thenable -- what is tested
        then() {
          throw new Error('not now');
        },
      },
      'failed',
    ],
  ])('that waits for %s ends', async (_, awaited, outcome) => {
    const { audit, sink } = memoryLog();
    await audit.decision({ id: 'd' }, async (d) => d.waitUntil(awaited as unknown as Promise<void>));
    await vi.waitFor(() => expect(endOf(sink)?.outcome).toBe(outcome));
    await audit.close();
  });

  test('reads the options of a result when they are given: an error in them is the caller’s', async () => {
    const { audit, sink } = memoryLog();
    const unreadable = {
      get output(): unknown {
        throw new Error('lazy loading failed');
      },
    };
    await expect(
      audit.decision({ id: 'd' }, async (d) => {
        d.waitUntil(pause(1));
        d.result('ok', unreadable);
      }),
    ).rejects.toThrow('lazy loading failed');
    await vi.waitFor(() => expect(endOf(sink)).toMatchObject({ outcome: 'failed', result: 'ok' }));
    audit.decision({ id: 'e' }, (d) => {
      expect(() => d.result('ok', 'because' as never)).toThrow(/result takes an object/);
    });
    await audit.close();
  });

  test('is ended once, also by a redactor that ends it', async () => {
    const decisions: Decision[] = [];
    const { audit, sink } = memoryLog({
      redactor: (text) => {
        decisions[0]?.end();
        return text;
      },
    });
    decisions.push(audit.startDecision({ id: 'd' }));
    decisions[0]?.end(new Error('broke'));
    await audit.close();
    expect(ofType(sink.entries(), 'decision_end')).toHaveLength(1);
    expect(audit.health().openDecisions).toBe(0);
  });

  test('whose block is left twice still waits', async () => {
    const { audit, sink } = memoryLog();
    const decision = audit.startDecision({ id: 'd' });
    let release: (() => void) | undefined;
    decision.waitUntil(
      new Promise<void>((resolve) => {
        release = resolve;
      }),
    );
    const left = [decision[Symbol.asyncDispose](), decision[Symbol.asyncDispose]()];
    await pause(5);
    expect(endOf(sink)).toBeUndefined();
    release?.();
    await Promise.all(left);
    expect(endOf(sink)?.outcome).toBe('completed');
    await audit.close();
  });

  test('keeps its own entries where options name no decision', async () => {
    const { audit, sink } = memoryLog();
    audit.startDecision({ id: 'd' }).flag('matched', { decisionId: undefined });
    expect(ofType(sink.entries(), 'policy_flag')[0]?.decision_id).toBe('d');
    await audit.close();
  });
});

describe('bind', () => {
  test('holds the decision open while an iterable is read that nobody else holds', async () => {
    const { audit, sink } = memoryLog();
    const decision = audit.startDecision({ id: 'd' });
    const numbers = {
      async *[Symbol.asyncIterator]() {
        for (let at = 0; at < 3; at++) yield at;
      },
    };
    const iteration = (() => decision.bind(numbers)[Symbol.asyncIterator]())();
    const ended = decision[Symbol.asyncDispose]();
    await iteration.next();
    await collect();
    expect(endOf(sink)).toBeUndefined();
    for (let more = 0; more < 3; more++) await iteration.next();
    await ended;
    expect(endOf(sink)?.outcome).toBe('completed');
    await audit.close();
  });

  test('lets the decision end when a second reading is given up', async () => {
    const { audit, sink } = memoryLog();
    const decision = audit.startDecision({ id: 'd' });
    const bound = decision.bind({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }) }),
    });
    for await (const item of bound) if (item === 1) break;
    // No loop this time, so that nobody says that it is left.
    await (async () => bound[Symbol.asyncIterator]().next())();
    void decision[Symbol.asyncDispose]();
    await collect();
    expect(endOf(sink)?.outcome).toBe('unended');
    expect(bound).toBeDefined();
    await audit.close();
  });

  test('tells that a loop is left, also where the iterator does not want to know', async () => {
    const { audit, sink } = memoryLog();
    const decision = audit.startDecision({ id: 'd' });
    const bound = decision.bind({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }) }),
    });
    for await (const item of bound) if (item === 1) break;
    await decision[Symbol.asyncDispose]();
    expect(endOf(sink)?.outcome).toBe('completed');
    await audit.close();
  });

  test('keeps classes with private members, and frozen objects, what they are', async () => {
    const { audit } = memoryLog();
    class Counter {
      static readonly unit = 'calls';
      #count = 1;
      get count(): number {
        return this.#count;
      }
      set count(count: number) {
        this.#count = count;
      }
      *[Symbol.iterator](): Generator<number> {
        yield this.#count;
      }
    }
    const decision = audit.startDecision({});
    const counter = decision.bind(new Counter());
    counter.count = 5;
    expect([counter.count, ...counter]).toEqual([5, 5]);
    expect(counter).toBeInstanceOf(Counter);
    expect(counter.constructor).toBe(Counter);
    const frozen = decision.bind(
      Object.freeze({
        *[Symbol.iterator]() {
          yield audit.currentDecision?.id;
        },
      }),
    );
    expect([...frozen]).toEqual([decision.id]);
    await audit.close();
  });

  test('runs constructors inside', async () => {
    const { audit } = memoryLog();
    const decision = audit.startDecision({ id: 'd' });
    const Agent = decision.bind(
      class {
        readonly within = audit.currentDecision?.id;
      },
    );
    expect(new Agent()).toMatchObject({ within: 'd' });
    expect(new Agent()).toBeInstanceOf(Agent);
    await audit.close();
  });

  test('a Node stream may be read by its events: its end, or its error, is the decision’s', async () => {
    const { audit, sink } = memoryLog();
    const read = audit.startDecision({ id: 'read' });
    const failing = audit.startDecision({ id: 'failing' });
    const closed = audit.startDecision({ id: 'closed' });
    const pieces: unknown[] = [];
    const stream = read.bind(Readable.from(['a', 'b']));
    expect(stream).toBeInstanceOf(Readable);
    stream.on('data', (piece) => pieces.push(piece));
    const broken = failing.bind(new Readable({ read() {} }));
    const heard = new Promise((resolve) => {
      broken.on('error', resolve);
    });
    broken.destroy(new Error('connection lost'));
    closed.bind(new Readable({ read() {} })).destroy();
    await heard;
    await Promise.all([read, failing, closed].map((decision) => decision[Symbol.asyncDispose]()));
    expect(pieces).toEqual(['a', 'b']);
    expect(endOf(sink, 'read')?.outcome).toBe('completed');
    expect(endOf(sink, 'failing')).toMatchObject({ outcome: 'failed', error: { message: 'connection lost' } });
    expect(endOf(sink, 'closed')?.outcome).toBe('completed');
    await audit.close();
  });

  test('leaves a rejection that nobody handles to the process, as it would be without', async () => {
    const { audit } = memoryLog();
    const decision = audit.startDecision({});
    const failing = decision.bind(async () => {
      throw new Error('handler broke');
    });
    const unhandled: unknown[] = [];
    const note = (error: unknown): unknown => unhandled.push((error as Error).message);
    // The test runner listens too, and would fail the run.
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
    void failing();
    await pause(5);
    process.off('unhandledRejection', note);
    for (const other of others) process.on('unhandledRejection', other);
    expect(unhandled).toEqual(['handler broke']);
    await audit.close();
  });

  test('asks a thenable that begins anew each time only once', async () => {
    const { audit } = memoryLog();
    let asked = 0;
    const run = audit.startDecision({}).bind(() => ({
      // eslint-disable-next-line unicorn/no-thenable -- what is tested
      then(done: (value: number) => void) {
        done(++asked);
      },
    }));
    expect(await run()).toBe(1);
    expect(asked).toBe(1);
    await audit.close();
  });
});

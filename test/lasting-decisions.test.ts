import { setTimeout as pause } from 'node:timers/promises';

import { describe, expect, test, vi } from 'vitest';

import type { Entry, MemorySink } from '../src/index.ts';
import { collectGarbage } from './garbage.ts';
import { memoryLog, ofType } from './log.ts';

/** Decisions that outlive their callback: streams, generators, functions that are called later. */

/** What is on record of one decision, in order: types, and the numbers that the test recorded. */
const trail = (sink: MemorySink, id = 'd'): (string | number)[] =>
  sink
    .entries()
    .filter((entry) => entry.decision_id === id)
    .map((entry) => (entry.type === 'decision_record' ? (entry.payload.data?.['at'] as number) : entry.type));
const endOf = (sink: MemorySink): Entry<'decision_end'>['payload'] | undefined =>
  ofType(sink.entries(), 'decision_end').find(({ decision_id: id }) => id === 'd')?.payload;

describe('a generator that a callback gives back', () => {
  test('runs inside the decision, which ends with it', async () => {
    const { audit, sink } = memoryLog();
    const numbers = audit.decision({ id: 'd' }, async function* () {
      for (let at = 0; at < 3; at++) {
        await pause(1);
        audit.record({ at });
        yield at;
      }
    });
    audit.record({ at: 'outside' });
    const seen: number[] = [];
    for await (const number of numbers) seen.push(number);
    expect(seen).toEqual([0, 1, 2]);
    await audit.close();
    expect(trail(sink)).toEqual(['decision', 0, 1, 2, 'decision_end']);
    expect(endOf(sink)).toMatchObject({ outcome: 'completed', settled_at: expect.any(String) });
  });

  test('that is left early ends the decision; what it does at its end belongs to it', async () => {
    const { audit, sink } = memoryLog();
    const numbers = audit.decision({ id: 'd' }, async function* () {
      try {
        for (let at = 0; ; at++) yield at;
      } finally {
        audit.record({ at: 9 });
      }
    });
    for await (const number of numbers) if (number === 2) break;
    await audit.close();
    expect(trail(sink)).toEqual(['decision', 9, 'decision_end']);
    expect(endOf(sink)?.outcome).toBe('completed');
  });

  test('that throws fails the decision, and the error stays its reader’s', async () => {
    const { audit, sink } = memoryLog();
    const failing = audit.decision({ id: 'd' }, async function* () {
      yield 1;
      throw new RangeError('out of range');
    });
    await expect(drain(failing)).rejects.toThrow('out of range');
    await audit.close();
    expect(endOf(sink)).toMatchObject({ outcome: 'failed', error: { type: 'RangeError', message: 'out of range' } });
  });

  test('that is thrown into, a synchronous one, and one behind a promise', async () => {
    const { audit, sink } = memoryLog();
    const thrownInto = audit.decision({ id: 'd' }, function* () {
      try {
        yield 1;
      } catch {
        audit.record({ at: 5 });
        yield 2;
      }
    });
    expect(thrownInto.next().value).toBe(1);
    expect(thrownInto.throw(new Error('no')).value).toBe(2);
    expect(thrownInto.next().done).toBe(true);
    const later = await audit.decision({ id: 'e' }, async () => {
      await pause(1);
      return (async function* () {
        yield audit.record({ at: 1 });
      })();
    });
    await drain(later);
    await audit.close();
    expect(trail(sink)).toEqual(['decision', 5, 'decision_end']);
    expect(trail(sink, 'e')).toEqual(['decision', 1, 'decision_end']);
  });

  test('that nobody reads leaves the decision open to the log’s end', async () => {
    const { audit, sink } = memoryLog();
    audit.decision({ id: 'd' }, async function* () {
      yield 1;
    });
    await audit.flush();
    expect(endOf(sink)).toBeUndefined();
    await audit.close();
    expect(endOf(sink)?.outcome).toBe('unended');
  });

  test('that is collected unread ends the decision as unended', async () => {
    const { audit, sink } = memoryLog();
    audit.decision({ id: 'd' }, async function* () {
      yield 1;
    });
    await vi.waitFor(
      () => {
        collectGarbage();
        expect(endOf(sink)?.outcome).toBe('unended');
      },
      { timeout: 10_000 },
    );
    await audit.close();
  });
});

async function drain(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const item of iterable) void item;
}

describe('bind', () => {
  test('a function runs inside, whoever calls it, and the decision waits while it does', async () => {
    const { audit, sink } = memoryLog();
    let callback: ((at: number) => Promise<number>) | undefined;
    audit.decision({ id: 'd' }, (d) => {
      callback = d.bind(async (at: number) => {
        await pause(5);
        audit.record({ at });
        return at * 2;
      });
      void callback(1);
    });
    expect(endOf(sink)).toBeUndefined();
    await pause(30);
    expect(trail(sink)).toEqual(['decision', 1, 'decision_end']);
    // Entries may follow the end, and belong to the decision.
    expect(await callback?.(2)).toBe(4);
    await audit.close();
    expect(trail(sink)).toEqual(['decision', 1, 'decision_end', 2]);
  });

  test('keeps what a function is: its receiver, its members, its errors', async () => {
    const { audit, sink } = memoryLog();
    const counter = {
      count: 1,
      add: Object.assign(
        function (this: { count: number }, by: number) {
          return (this.count += by);
        },
        { unit: 'calls' },
      ),
    };
    audit.decision({ id: 'd' }, (d) => {
      counter.add = d.bind(counter.add);
      const bad = d.bind(() => {
        throw new Error('handler broke');
      });
      expect(() => bad()).toThrow('handler broke');
    });
    expect([counter.add(2), counter.add.unit, counter.add.length]).toEqual([3, 'calls', 1]);
    await audit.close();
    expect(endOf(sink)).toMatchObject({ outcome: 'failed', error: { message: 'handler broke' } });
  });

  test('a stream is pulled inside, chunk by chunk, and a Response ends the decision when it is read', async () => {
    const { audit, sink } = memoryLog();
    const response = audit.decision({ id: 'd' }, (d) => {
      let at = 0;
      const body = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            await pause(1);
            audit.record({ at });
            controller.enqueue(new TextEncoder().encode(`${at}`));
            if (++at === 3) controller.close();
          },
        },
        { highWaterMark: 0 },
      );
      return new Response(d.bind(body), { status: 203 });
    });
    expect(trail(sink)).toEqual(['decision']);
    expect([response.status, await response.text()]).toEqual([203, '012']);
    await audit.close();
    expect(trail(sink)).toEqual(['decision', 0, 1, 2, 'decision_end']);
    expect(endOf(sink)?.outcome).toBe('completed');
  });

  test('a stream that is cancelled ends it, one that fails fails it', async () => {
    const { audit, sink } = memoryLog();
    let cancelled: unknown;
    const [first, second] = audit.decision({ id: 'd' }, (d) => [
      d.bind(
        new ReadableStream({
          pull: (controller) => controller.enqueue('x'),
          cancel: (reason) => {
            cancelled = reason;
            audit.record({ at: 1 });
          },
        }),
      ),
      d.bind(
        new ReadableStream({
          pull: () => {
            throw new Error('cut');
          },
        }),
      ),
    ]);
    const reader = first?.getReader();
    expect((await reader?.read())?.value).toBe('x');
    await reader?.cancel('enough');
    expect(cancelled).toBe('enough');
    await expect(second?.getReader().read()).rejects.toThrow('cut');
    await audit.close();
    expect(trail(sink)).toEqual(['decision', 1, 'decision_end']);
    expect(endOf(sink)).toMatchObject({ outcome: 'failed', error: { message: 'cut' } });
  });

  test('a byte stream stays one', async () => {
    const { audit } = memoryLog();
    const bytes = audit.decision({}, (d) =>
      d.bind(
        new ReadableStream({
          type: 'bytes',
          pull(controller) {
            controller.enqueue(Uint8Array.of(1, 2, 3));
            controller.close();
          },
        }),
      ),
    );
    const reader = bytes.getReader({ mode: 'byob' });
    expect((await reader.read(new Uint8Array(8))).value).toEqual(Uint8Array.of(1, 2, 3));
    expect((await reader.read(new Uint8Array(8))).done).toBe(true);
    await audit.close();
  });

  test('an iterable may be iterated again, each time inside', async () => {
    const { audit, sink } = memoryLog();
    const iterable = audit.decision({ id: 'd' }, (d) =>
      d.bind({
        name: 'numbers',
        async *[Symbol.asyncIterator]() {
          yield audit.record({ at: 1 });
        },
      }),
    );
    expect(iterable.name).toBe('numbers');
    await drain(iterable);
    // The end is written in a turn of the event loop of its own.
    await new Promise(setImmediate);
    await drain(iterable);
    await audit.close();
    expect(trail(sink)).toEqual(['decision', 1, 'decision_end', 1]);
  });

  test('takes nothing else, and says what to do', () => {
    const { audit } = memoryLog();
    audit.decision({}, (d) => {
      expect(() => d.bind(new Response('x'))).toThrow(/bind its body: new Response\(decision.bind\(response.body\)/);
      expect(() => d.bind(5)).toThrow(TypeError);
    });
  });
});

describe('a started decision', () => {
  test('ends where it is told, once, with an outcome; entries may follow', async () => {
    const { audit, sink } = memoryLog();
    const decision = audit.startDecision({ id: 'd', reviewRequired: true });
    decision.run(() => audit.record({ at: 1 }));
    audit.record({ at: 'outside' });
    decision.result('declined');
    const receipt = decision.end();
    expect(receipt.recorded && receipt).toMatchObject({ recorded: true });
    expect(decision.end(new Error('too late'))).toBe(receipt);
    decision.humanOversight({ action: 'acknowledged' });
    await audit.close();
    expect(trail(sink)).toEqual(['decision', 1, 'decision_end', 'human_oversight']);
    expect(endOf(sink)).toMatchObject({ outcome: 'completed', result: 'declined' });
  });

  test('fails with an error, or by word', async () => {
    const { audit, sink } = memoryLog();
    audit.startDecision({ id: 'a' }).end(new TypeError('no'));
    audit.startDecision({ id: 'b' }).end('failed');
    await audit.close();
    expect(ofType(sink.entries(), 'decision_end').map(({ payload }) => [payload.outcome, payload.error])).toEqual([
      ['failed', { type: 'TypeError', message: 'no' }],
      ['failed', undefined],
    ]);
  });

  test('is ended by its block, after all that it waits for', async () => {
    const { audit, sink } = memoryLog();
    {
      await using decision = audit.startDecision({ id: 'd' });
      decision.waitUntil(pause(5).then(() => decision.record({ at: 1 })));
    }
    expect(trail(sink)).toEqual(['decision', 1, 'decision_end']);
    expect(endOf(sink)?.outcome).toBe('completed');
    await audit.close();
  });

  test('of which nobody hears again is unended', async () => {
    const { audit, sink } = memoryLog();
    audit.startDecision({ id: 'd' });
    await audit.close();
    expect(endOf(sink)?.outcome).toBe('unended');
  });
});

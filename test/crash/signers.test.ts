import { expect, test } from 'vitest';

import { AuditLog, verify, type Signer } from '../../src/index.ts';
import { KEY, LOG, SIGNER } from '../log.ts';
import { watchedSink } from '../watched-sink.ts';
import { note } from './faults.ts';

/**
 * Signers that hang, fail or are late. The log goes on: nothing is lost, what is not sealed is counted, and two things
 * never happen: one size signed twice, and a signature over what is not yet on stable storage.
 */

const ENTRIES = 3_000;

const wait = (millis: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, millis);
  });

type Behaviour = (message: Uint8Array, time: number) => ReturnType<Signer['sign']>;

const SIGNERS: readonly [name: string, sign: Behaviour, sealed: 'all' | 'some' | 'none'][] = [
  ['hangs for ever', () => new Promise(() => undefined), 'none'],
  ['hangs once', (message, time) => (time === 2 ? new Promise(() => undefined) : SIGNER.sign(message)), 'all'],
  ['rejects always', () => Promise.reject(new Error('no such key')), 'none'],
  [
    'throws each second time',
    (message, time) => {
      if (time % 2 === 1) throw new Error('busy');
      return SIGNER.sign(message);
    },
    'some',
  ],
  ['answers after the time limit', (message) => wait(150).then(() => SIGNER.sign(message)), 'none'],
  ['answers slowly', (message) => wait(20).then(() => SIGNER.sign(message)), 'all'],
  ['answers nonsense', () => new Uint8Array(64), 'none'],
  ['answers with too little', () => Promise.resolve(new Uint8Array(3)), 'none'],
  ['answers undefined', () => undefined as unknown as Uint8Array, 'none'],
];

/** A sink that knows how many lines are on stable storage. */
function syncedSink(): ReturnType<typeof watchedSink> & { readonly synced: () => number } {
  let lines = 0;
  let synced = 0;
  const watched = watchedSink({
    append: (bytes) => (lines += Buffer.from(bytes).filter((byte) => byte === 10).length),
    async sync() {
      const now = lines;
      await wait(1);
      synced = Math.max(synced, now);
    },
  });
  return { ...watched, synced: () => synced };
}

test.each(SIGNERS)('a signer that %s', async (name, sign, sealed) => {
  const { sink, memory, synced } = syncedSink();
  const sizes: number[] = [];
  let tooEarly = false;
  const signer: Signer = {
    vkey: KEY.vkey,
    sign(message) {
      // c2sp.org/tlog-checkpoint: origin, size, root.
      const size = Number(new TextDecoder().decode(message).split('\n')[1]);
      tooEarly ||= !(size <= synced());
      sizes.push(size);
      return sign(message, sizes.length);
    },
  };
  const audit = new AuditLog({ system: 'test', log: LOG, sink, signer, signTimeoutMillis: 100, sealIntervalMillis: 5 });
  let acknowledged = 0;
  for (let index = 0; index < ENTRIES; index++) {
    if (audit.record({ index }).recorded) acknowledged++;
    if (index % 100 === 0) await wait(1);
  }
  await audit.flush();
  await audit.close();
  expect(acknowledged).toBe(ENTRIES);
  // Never one size twice, whatever became of it.
  expect(new Set(sizes).size).toBe(sizes.length);
  expect(sizes.length).toBeGreaterThan(0);
  expect(tooEarly).toBe(false);

  const [segment = ''] = memory.list();
  const report = await verify(memory.bytes(segment), { keys: [KEY.vkey], live: true });
  expect(report.problems).toEqual([]);
  const [state] = report.segments;
  if (sealed === 'all') expect(report.ok).toBe(true);
  if (sealed === 'none') {
    expect(state?.sealed).toBe(0);
    expect(report.failed).toContain('authenticity');
    expect(audit.health().sealsDiscarded).toBeGreaterThan(0);
  }
  if (sealed === 'some') expect(state?.sealed).toBeGreaterThan(0);
  note({ fault: `a signer that ${name}`, rounds: 1, acknowledged, lost: 0 });
});

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { verifyPath } from '../../src/index.ts';
import { checkAcknowledged, entriesOf, segmentLines } from './acknowledged.ts';
import { BUSY_WRITER, expectRecovered, KEY, keyFileIn } from './crash-log.ts';
import { ALL_FAULTS, note } from './faults.ts';

/**
 * Processes that are killed in the middle of everything: writing, rolling, sealing, exporting, recovering what the one
 * before left. Run from the built package. What was acknowledged is there, and the log verifies when the next process
 * has closed it.
 */

const PATIENT = { timeout: ALL_FAULTS ? 1_800_000 : 120_000 };

/** A log is killed so often before it is looked at as a whole. */
const KILLS_OF_A_LOG = 8;

let base: string;
let keyFile: string;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'spanseal-kill-'));
  keyFile = keyFileIn(base);
});
afterAll(() => rmSync(base, { recursive: true }));

class KilledLog {
  readonly folder = mkdtempSync(join(base, 'log-'));
  readonly directory: string = join(this.folder, 'audit');
  readonly notes: string = join(this.folder, 'notes');

  constructor() {
    mkdirSync(this.notes);
  }

  /** In a process group of its own: who is killed takes its children along. */
  start(how: string): ChildProcess {
    return spawn(process.execPath, [BUSY_WRITER, how, this.directory, keyFile, this.notes], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
  }

  /** Kills a writer, and all that it has started, some time after it has begun to write. */
  async kill(how: string, afterMillis: number): Promise<void> {
    const child = this.start(how);
    const exit = once(child, 'exit');
    if (child.stdout === null) throw new Error('a child without output');
    await Promise.race([once(child.stdout, 'data'), exit]);
    await new Promise((resolve) => {
      setTimeout(resolve, afterMillis);
    });
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    expect(await exit).toEqual([null, 'SIGKILL']);
  }

  /** The next process finds what is there, and closes. Then everything is in order. */
  async check(): Promise<number> {
    await expectRecovered(this.directory, keyFile);
    expect(entriesOf(segmentLines(this.directory)).filter(({ type }) => type === 'gap')).toEqual([]);
    for (const file of readdirSync(this.notes)) {
      // A pack is there as a whole or not at all.
      if (!/^pack-.*[0-9]\.jsonl$/.test(file)) continue;
      expect(await verifyPath(join(this.notes, file), { keys: [KEY.vkey], live: true })).toMatchObject({
        problems: [],
      });
    }
    const count = checkAcknowledged(this.directory, this.notes);
    rmSync(this.folder, { recursive: true });
    return count;
  }
}

/** From a start that is shown, so that a run can be repeated as far as chance allows. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function killRounds(how: string, rounds: number, maxMillis: number): Promise<void> {
  const seed = Date.now() % 1_000_000;
  const next = random(seed);
  let acknowledged = 0;
  for (let round = 0; round < rounds;) {
    const log = new KilledLog();
    for (let kill = 0; kill < KILLS_OF_A_LOG && round < rounds; kill++, round++) {
      await log.kill(how, next() * maxMillis);
    }
    acknowledged += await log.check();
  }
  expect(acknowledged).toBeGreaterThan(rounds);
  note({ fault: `SIGKILL of ${how}, at random (seed ${seed})`, rounds, acknowledged, lost: 0 });
}

describe.concurrent('killed at random', PATIENT, () => {
  test('one writer', () => killRounds('for-ever', ALL_FAULTS ? 800 : 4, 150));
  test('one writer whose key service is slow', () => killRounds('slowly-signed', ALL_FAULTS ? 200 : 2, 150));
});

test('killed at random: a cluster of 8, all at once', PATIENT, () => killRounds('cluster', ALL_FAULTS ? 40 : 1, 1_500));

test('worker threads, two of them ended in the middle', PATIENT, async () => {
  const log = new KilledLog();
  const [code] = (await once(log.start('threads'), 'exit')) as unknown[];
  expect(code).toBe(0);
  const acknowledged = await log.check();
  note({ fault: 'worker threads, 2 of 4 terminated', rounds: 1, acknowledged, lost: 0 });
});

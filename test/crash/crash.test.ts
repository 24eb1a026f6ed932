import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Entry } from '../../src/entry.ts';
import { ed25519Signer, exportPack, readLog, verifyPath, type Report } from '../../src/index.ts';
import { KEY, keyFileIn, WRITER } from './crash-log.ts';

/**
 * Processes that die while they write, run from the built package (`npm test` builds it). What had ended is in the file,
 * and the next process says what it found.
 */

const SPANS = 5_000;

/** A test starts up to five processes, and others run beside it. */
const PATIENT = { timeout: 120_000 };

let base: string;
let keyFile: string;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'spanseal-crash-'));
  keyFile = keyFileIn(base);
});
afterAll(() => rmSync(base, { recursive: true }));

type Death = readonly [code: number | null, signal: string | null];
const KILLED: Death = [null, 'SIGKILL'];

/** The directory of a log, and the processes that write to it. */
class WrittenLog {
  readonly folder = mkdtempSync(join(base, 'log-'));
  readonly directory: string = join(this.folder, 'audit');

  /** Runs a writer to its end, or until some time after it said that its spans have ended. */
  async run(how: string, killAfterMillis?: number): Promise<Death> {
    const child = spawn(process.execPath, [WRITER, how, this.directory, keyFile], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exit = once(child, 'exit');
    if (killAfterMillis !== undefined) {
      await once(child.stdout, 'data');
      setTimeout(() => child.kill('SIGKILL'), killAfterMillis);
    }
    return (await exit) as unknown as Death;
  }

  verify(options: { readonly live?: boolean } = {}): Promise<Report> {
    return verifyPath(this.directory, { keys: [KEY.vkey], ...options });
  }

  /** The states of the segments of a log that holds. */
  async states(): Promise<string[]> {
    const report = await this.verify();
    expect({ problems: report.problems, failed: report.failed }).toEqual({ problems: [], failed: [] });
    expect(report.ok).toBe(true);
    return report.segments.map(({ state }) => state);
  }

  /** All whole lines of the segments, the first of them first. */
  get entries(): Entry[] {
    return readdirSync(this.directory)
      .sort()
      .flatMap((file) => readFileSync(join(this.directory, file), 'utf8').split('\n').slice(0, -1))
      .map((line) => JSON.parse(line) as Entry);
  }

  get responseIds(): string[] {
    return this.entries.flatMap((entry) =>
      entry.type === 'llm_call' && entry.payload.outcome !== 'unended' ? [String(entry.payload.response_id)] : [],
    );
  }
}

const ALL_IDS = Array.from({ length: SPANS }, (_, number) => `resp-${number}`);

describe.concurrent('killed in the turn in which the spans ended', PATIENT, () => {
  test.each<[how: string, killAfterMillis: number | undefined, when: string]>([
    ['kill-itself', undefined, 'by itself, before anything was sealed'],
    ['kill-itself-sealed', undefined, 'by itself, after a flush'],
    ['be-killed', 0, 'from outside'],
  ])('%s', async (how, killAfterMillis, _when) => {
    const log = new WrittenLog();
    expect(await log.run(how, killAfterMillis)).toEqual(KILLED);
    expect(log.responseIds).toEqual(ALL_IDS);

    const live = await log.verify({ live: true });
    expect(live.verdicts).toMatchObject({ integrity: 'consistent', completeness: 'open' });
    expect(live.problems).toEqual([]);
    // What no seal covers nobody has signed: that holds for all of it, if the process came to no seal.
    expect(live.failed).toEqual(how === 'kill-itself-sealed' ? [] : ['authenticity']);
    expect((await log.verify()).failed).toContain('completeness');

    expect(await log.run('go-on')).toEqual([0, null]);
    expect(await log.states()).toEqual(['recovered', 'closed']);
    const recovery = log.entries.filter(({ type }) => type === 'recovery');
    expect(recovery).toMatchObject([{ payload: { lines: live.entries } }]);
    expect(log.responseIds).toEqual(ALL_IDS);
  });

  test('a pack of it holds, and counts every call', async () => {
    const log = new WrittenLog();
    await log.run('kill-itself');
    await log.run('go-on');
    const pack = join(log.folder, 'pack.jsonl');
    await exportPack(log.directory, pack, { signer: ed25519Signer({ keyFile }) });
    const report = await verifyPath(pack, { keys: [KEY.vkey] });
    expect(report).toMatchObject({ ok: true, kind: 'pack', problems: [] });
    expect(report.pack?.summary).toMatchObject({ llm_calls: { calls: SPANS } });
    await log.states();
  });

  test('in a decision: its entries are there, and none says that it ended', async () => {
    const log = new WrittenLog();
    expect(await log.run('be-killed-in-a-decision', 0)).toEqual(KILLED);
    await log.run('go-on');
    await log.states();
    const own = log.entries.filter((entry) => entry.decision_id === 'interrupted');
    expect(own).toHaveLength(SPANS + 1);
    expect(own[0]?.type).toBe('decision');
    expect(own.map(({ type }) => type)).not.toContain('decision_end');
  });
});

describe.concurrent('killed later', PATIENT, () => {
  test('at any time: all whole lines stand, and what comes after them is no entry', async () => {
    const log = new WrittenLog();
    for (const killAfterMillis of [0, 40, 150, 400]) {
      expect(await log.run('be-killed-any-time', killAfterMillis)).toEqual(KILLED);
      expect((await log.verify({ live: true })).problems).toEqual([]);
    }
    await log.run('go-on');
    expect(await log.states()).toEqual(['recovered', 'recovered', 'recovered', 'recovered', 'closed']);
    let count = 0;
    for await (const entry of readLog(log.directory)) if (entry.type === 'llm_call') count++;
    expect(count).toBe(log.responseIds.length);
  });

  test('while recovering what another one left: the third recovers both', async () => {
    const log = new WrittenLog();
    expect(await log.run('kill-itself')).toEqual(KILLED);
    expect(await log.run('recover-and-be-killed')).toEqual(KILLED);
    expect(await log.run('go-on')).toEqual([0, null]);
    expect(await log.states()).toEqual(['recovered', 'recovered', 'closed']);
  });

  test('two processes that find it at the same time may both recover it', async () => {
    const log = new WrittenLog();
    expect(await log.run('kill-itself')).toEqual(KILLED);
    await Promise.all([log.run('go-on'), log.run('go-on')]);
    expect((await log.states()).toSorted()).toEqual(['closed', 'closed', 'recovered']);
    const before = log.entries.length;
    await log.run('go-on');
    // Closed and recovered segments are left alone.
    expect(log.entries.slice(before).map(({ type }) => type)).not.toContain('recovery');
    await log.states();
  });
});

describe.concurrent('exited', PATIENT, () => {
  test.each([
    ['exit', 3],
    ['throw', 1],
    ['exit-while-closing', 3],
  ])('by %s: the log is closed and sealed', async (how, code) => {
    const log = new WrittenLog();
    expect(await log.run(how)).toEqual([code, null]);
    expect(log.responseIds).toEqual(ALL_IDS);
    expect(await log.states()).toEqual(['closed']);
    const close = log.entries.find((entry) => entry.type === 'audit_close');
    expect(close?.payload).toMatchObject({
      reason: how === 'exit-while-closing' ? 'shutdown' : 'exit',
      tally: { spans: { ended: SPANS, recorded: SPANS, open: 0, unended: 0 } },
    });
  });

  test('with spans and decisions open: they are recorded as they are', async () => {
    const log = new WrittenLog();
    expect(await log.run('exit-with-open-spans')).toEqual([3, null]);
    expect(log.responseIds).toEqual(ALL_IDS);
    expect(await log.states()).toEqual(['closed']);
    const unended = log.entries.filter(({ payload }) => 'outcome' in payload && payload.outcome === 'unended');
    expect(unended.map(({ type }) => type)).toEqual(['llm_call', 'decision_end']);
    expect(unended[0]?.payload).toMatchObject({ response_id: 'resp-open', unended_because: 'shutdown' });
    const close = log.entries.find((entry) => entry.type === 'audit_close');
    expect(close?.payload.tally).toMatchObject({ spans: { open: 0, unended: 1 }, decisions: { open: 0 } });
  });
});

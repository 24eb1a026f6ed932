import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test, vi } from 'vitest';

import {
  AuditLog,
  ed25519Signer,
  generateKey,
  memorySink,
  readLog,
  SpansealError,
  verify,
  verifyPath,
  type Entry,
  type Sink,
} from '../src/index.ts';
import { segmentName } from '../src/names.ts';
import { directoryLog, KEY, LOG, memoryLog, ofType, SIGNER, temporaryFolder } from './log.ts';

const keys = [KEY.vkey];

async function entriesOf(source: string | Sink): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of readLog(source)) entries.push(entry);
  return entries;
}

/** Runs a program on the built package in a process of its own. */
function runProgram(program: string): string {
  return execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', program], { encoding: 'utf8' });
}

describe('a log', () => {
  test('creates its file with the first entry, for its owner alone', async () => {
    const directory = join(temporaryFolder(), 'new', 'audit');
    const audit = directoryLog(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readdirSync(directory)).toEqual([]);
    audit.record({});
    const [file] = readdirSync(directory);
    expect(statSync(join(directory, file ?? '')).mode & 0o777).toBe(0o600);
    await audit.close();
    await audit.close();
    const report = await verifyPath(directory, { keys });
    expect(report).toMatchObject({ ok: true, kind: 'directory', segments: [{ state: 'closed' }] });
  });

  test('that never had an entry leaves no file', async () => {
    const directory = temporaryFolder();
    await directoryLog(directory).close();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('refuses what cannot be meant', () => {
    const sink = memorySink();
    expect(() => memoryLog({ log: '../x' })).toThrow(/no log name/);
    expect(() => memoryLog({ system: 'spaced name', log: 'spaced name' })).toThrow(/give `log`/);
    expect(() => memoryLog({ log: 'example.org/other' })).toThrow(/that of 'example.org\/test'/);
    expect(() => memoryLog({ purposeRef: 'x'.repeat(60_000) })).toThrow(SpansealError);
    expect(sink.list()).toEqual([]);
  });

  test('without a signer warns, and is unsigned', async () => {
    const warnings: string[] = [];
    const listen = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', listen);
    const directory = temporaryFolder();
    const { AuditLog } = await import('../src/index.ts');
    const audit = new AuditLog({ system: 'test', directory });
    audit.record({});
    await audit.close();
    process.off('warning', listen);
    expect(warnings.join()).toContain('has no signer');
    expect((await verifyPath(directory)).verdicts.authenticity).toBe('none');
    expect((await verifyPath(directory)).ok).toBe(false);
    expect((await verifyPath(directory, { allowUnsigned: true })).ok).toBe(true);
  });

  test('rolls by size: every segment is closed, and knows the others', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory, { maxSegmentBytes: 4_000 });
    for (let index = 0; index < 40; index++) audit.record({ index, text: 'x'.repeat(200) });
    await audit.close();
    const report = await verifyPath(directory, { keys });
    expect(report).toMatchObject({ ok: true, problems: [] });
    expect(report.segments.length).toBeGreaterThan(3);
    expect(report.segments.every(({ state }) => state === 'closed')).toBe(true);
    const entries = await entriesOf(directory);
    expect(ofType(entries, 'decision_record').map(({ payload }) => payload.data?.['index'])).toEqual(
      Array.from({ length: 40 }, (_, index) => index),
    );
    const openings = ofType(entries, 'audit_open').map(({ payload }) => payload);
    for (const [index, { previous, siblings = [] }] of openings.entries()) {
      expect(previous).toBe(openings[index - 1]?.segment);
      expect(siblings.map(({ segment }) => segment)).toEqual(openings.slice(0, index).map(({ segment }) => segment));
    }
    const closes = ofType(entries, 'audit_close').map(({ payload }) => payload.reason);
    expect(closes).toEqual([...Array<string>(closes.length - 1).fill('roll'), 'shutdown']);
  });

  test('rolls by age, and counts what is open over the roll', async () => {
    let now = Date.UTC(2026, 0, 1);
    const { audit, sink } = memoryLog({ maxSegmentMillis: 60_000, clock: { now: () => now } });
    const done = audit.decision({}, () => new Promise<void>((resolve) => setTimeout(resolve, 5)));
    now += 61_000;
    audit.record({});
    await done;
    await audit.close();
    expect(sink.list()).toHaveLength(2);
    const [first, second] = ofType(sink.entries(), 'audit_close').map(({ payload }) => payload.tally?.decisions);
    expect(first).toEqual({ started: 1, ended: 0, failed: 0, open: 1 });
    expect(second).toEqual({ started: 0, ended: 1, failed: 0, open: 0 });
    // The decision began in the segment before: this one holds none of its entries.
    expect(ofType(sink.entries(), 'decision_end')[0]?.payload.counts).toEqual({});
  });

  test('counts what happens before it has a segment, and between two', async () => {
    const { audit, sink } = memoryLog();
    audit.tally.spanStarted();
    audit.tally.spanEnded('not_genai');
    audit.record({});
    await audit.roll();
    audit.tally.spanStarted();
    audit.tally.spanEnded('not_genai');
    audit.record({});
    await audit.close();
    const spans = ofType(sink.entries(), 'audit_close').map(({ payload }) => payload.tally?.spans);
    expect(spans).toMatchObject([
      { carried: 0, started: 1, ended: 1, ignored: { not_genai: 1 } },
      { carried: 0, started: 1, ended: 1, ignored: { not_genai: 1 } },
    ]);
  });

  test('adds one listener for exits, however many there are, and takes it away', async () => {
    const before = process.listenerCount('exit');
    const logs = Array.from({ length: 20 }, () => memoryLog().audit);
    for (const audit of logs) audit.record({});
    expect(process.listenerCount('exit')).toBe(before + 1);
    await Promise.all(logs.map((audit) => audit.close()));
    expect(process.listenerCount('exit')).toBe(before);
  });

  test('notices that its clock was set, either way', async () => {
    let now = Date.UTC(2026, 0, 1, 12);
    let monotonic = 0;
    const { audit, sink } = memoryLog({ clock: { now: () => now, monotonic: () => monotonic } });
    audit.record({ at: 1 });
    now -= 3_600_000;
    monotonic += 10;
    audit.record({ at: 2 });
    now += 7_200_000;
    audit.record({ at: 3 });
    await audit.close();
    expect(sink.list()).toHaveLength(3);
    expect(ofType(sink.entries(), 'clock_step').map(({ payload }) => payload)).toEqual([
      { before: '2026-01-01T12:00:00.010Z', after: '2026-01-01T11:00:00.000Z' },
      { before: '2026-01-01T11:00:00.000Z', after: '2026-01-01T13:00:00.000Z' },
    ]);
    const records = ofType(sink.entries(), 'decision_record').map(({ ts }) => ts.slice(11, 16));
    expect(records).toEqual(['12:00', '11:00', '13:00']);
    const times = [];
    for (const segment of sink.list()) {
      const report = await verify(sink.bytes(segment), { keys });
      expect(report.ok).toBe(true);
      times.push(report.verdicts.time);
    }
    expect(times).toEqual(['clock_set', 'clock_set', 'self_asserted']);
  });

  test('makes no seals and no tallies while nothing happens', async () => {
    const { audit, sink } = memoryLog({ sealIntervalMillis: 10 });
    audit.record({});
    await new Promise((resolve) => setTimeout(resolve, 60));
    const entries = sink.entries().length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await audit.flush();
    const flushed = sink.entries().length;
    await audit.flush();
    await audit.flush();
    expect(sink.entries().length).toBe(flushed);
    expect(flushed - entries).toBe(2);
    await audit.close();
  });

  test('seals the tally that a flush writes, also if the rest is sealed already', async () => {
    const { audit, sink } = memoryLog({ sealIntervalMillis: 5 });
    audit.record({});
    await new Promise((resolve) => setTimeout(resolve, 40));
    await audit.flush();
    const entries = sink.entries();
    expect(entries.slice(-2).map(({ type }) => type)).toEqual(['tally', 'seal']);
    expect(audit.health().unsealed).toBe(1);
    await audit.close();
  });

  test('that rolls as it writes a tally counts it in the new window', async () => {
    const directory = temporaryFolder();
    let now = 0;
    const audit = directoryLog(directory, {
      maxSegmentMillis: 1_000,
      clock: { now: () => Date.UTC(2026, 0, 1) + now },
    });
    audit.decision({}, () => 1);
    now = 2_000;
    // Old enough to be closed, and the tally is the first entry to see it.
    await audit.flush();
    audit.decision({}, () => 1);
    await audit.flush();
    await audit.close();
    expect((await verifyPath(directory, { keys: [KEY.vkey] })).problems).toEqual([]);
  });

  test('is written by any clock, also one that writes to the log itself', async () => {
    for (const time of [Number.NaN, 9e15, -5e12]) {
      const { audit } = memoryLog({ clock: { now: () => time } });
      expect(audit.record({ at: 1 }).recorded).toBe(true);
      await audit.close();
    }
    const directory = temporaryFolder();
    const logs: AuditLog[] = [];
    let left = 5;
    const now = (): number => {
      if (left-- > 0) logs[0]?.record({ from: 'clock' });
      return Date.now();
    };
    logs.push(directoryLog(directory, { clock: { now, monotonic: now }, randomId: () => String(now()) }));
    left = 5;
    logs[0]?.record({ at: 1 });
    await logs[0]?.close();
    expect((await verifyPath(directory, { keys: [KEY.vkey] })).problems).toEqual([]);
  });

  test('beats while nothing happens if it was asked to, and the verifier misses a beat that is not there', async () => {
    let now = Date.UTC(2026, 0, 1);
    const { audit, sink } = memoryLog({ heartbeatMillis: 20, clock: { now: () => now } });
    audit.record({});
    await new Promise((resolve) => setTimeout(resolve, 90));
    const beats = ofType(sink.entries(), 'tally').length;
    expect(beats).toBeGreaterThanOrEqual(2);
    now += 500;
    await audit.close();
    const report = await verify(sink.bytes(sink.list()[0] ?? ''), { keys });
    expect(report).toMatchObject({ ok: true, verdicts: { time: 'heartbeat_missing' } });
    expect(report.problems.map(({ code }) => code)).toEqual(['heartbeat_missing']);
  });

  test('takes whole numbers above 0, and says which is none', () => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => memoryLog({ heartbeatMillis: value })).toThrow(/`heartbeatMillis`/);
      expect(() => memoryLog({ maxSegmentBytes: value })).toThrow(TypeError);
    }
  });

  test('seals every 1,024 entries by itself', async () => {
    const { audit, sink } = memoryLog({ sealIntervalMillis: 60_000 });
    for (let index = 0; index < 3_000; index++) {
      audit.record({ index });
      if (index % 256 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ofType(sink.entries(), 'seal').length).toBeGreaterThanOrEqual(2);
    await audit.close();
  });
});

describe('a dead segment', () => {
  const program = (directory: string, end: string): string => `
    import { AuditLog, ed25519Signer } from ${JSON.stringify(new URL('../dist/src/index.js', import.meta.url).href)};
    const audit = new AuditLog({ system: 'test', log: 'example.org/test', directory: ${JSON.stringify(directory)},
      signer: ed25519Signer({ privateKey: ${JSON.stringify(KEY.privateKey)} }) });
    for (let index = 0; index < 10; index++) audit.record({ index });
    await audit.flush();
    audit.record({ unsealed: true });
    ${end}`;

  test('is recovered by the next process: what was found, its tail unsealed, its torn line told', async () => {
    const directory = temporaryFolder();
    expect(() => runProgram(program(directory, `process.kill(process.pid, 'SIGKILL');`))).toThrow();
    const [file = ''] = readdirSync(directory);
    appendFileSync(join(directory, file), '{"half":');
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: false, verdicts: { completeness: 'fails' } });
    expect(await verifyPath(directory, { keys, live: true })).toMatchObject({ ok: true });

    const audit = directoryLog(directory);
    audit.record({ next: true });
    await audit.close();
    const report = await verifyPath(directory, { keys });
    expect(report).toMatchObject({ ok: true, segments: [{ state: 'recovered', torn: 8 }, { state: 'closed' }] });
    const [first] = report.segments;
    expect(first?.entries).toBeGreaterThan(first?.sealed ?? 0);
    expect(report.notices.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['unsealed_tail', 'torn_tail', 'recovered']),
    );

    const again = directoryLog(directory);
    again.record({ third: true });
    await again.close();
    expect(ofType(await entriesOf(directory), 'recovery')).toHaveLength(1);

    // What was found is on record: nothing can be added to, or cut from, the dead segment any more.
    const bytes = readFileSync(join(directory, file));
    writeFileSync(join(directory, file), bytes.subarray(0, bytes.lastIndexOf(10, bytes.lastIndexOf(10) - 1) + 1));
    expect((await verifyPath(directory, { keys })).problemCounts).toHaveProperty('recovery_mismatch');
  });

  test('of a process that exits without a word is closed by the exit hook', async () => {
    const directory = temporaryFolder();
    runProgram(program(directory, 'process.exit(0);'));
    const report = await verifyPath(directory, { keys });
    expect(report).toMatchObject({ ok: true, segments: [{ state: 'closed' }] });
    expect(ofType(await entriesOf(directory), 'audit_close')[0]?.payload.reason).toBe('exit');
  });

  test('without a line or a seal is innocent', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory);
    audit.record({});
    await audit.close();
    // A name from before: created by a process that died before its first line.
    writeFileSync(join(directory, '20200101T000000Z-00000000000000aa.jsonl'), '');
    expect((await verifyPath(directory, { keys })).ok).toBe(false);
    const next = directoryLog(directory);
    expect((await next.recover('20200101T000000Z-00000000000000aa')).recorded).toBe(true);
    await next.close();
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: true, problems: [] });
  });

  test('without a line is recovered by itself, minutes after it was begun', async () => {
    const directory = temporaryFolder();
    const begun = (agoMillis: number, content: string): string => {
      const name = segmentName(Date.now() - agoMillis, String(agoMillis).padStart(13, '0'));
      writeFileSync(join(directory, `${name}.jsonl`), content);
      return name;
    };
    const old = begun(301_000, '');
    const torn = begun(302_000, '{"payload":');
    // Its process may be about to write its first line.
    const recent = begun(200_000, '');
    const audit = directoryLog(directory);
    audit.record({});
    await audit.close();
    const recoveries = ofType(await entriesOf(directory), 'recovery').map(({ payload }) => payload);
    expect(recoveries).toMatchObject([
      { segment: torn, lines: 0, torn: { bytes: 11 } },
      { segment: old, lines: 0 },
    ]);
    const { problems } = await verifyPath(directory, { keys });
    expect(problems).toMatchObject([{ code: 'segment_open', segment: recent }]);
  });

  test('of a process that has died and that nobody asks for, a zombie, is recovered', async () => {
    const directory = temporaryFolder();
    // What the shell becomes never waits for it; this process would.
    const script = '"$0" --no-warnings --input-type=module -e "$1" & exec sleep 30';
    const dying = program(directory, `process.kill(process.pid, 'SIGKILL');`);
    const holder = spawn('sh', ['-c', script, process.execPath, dying], { stdio: 'ignore' });
    try {
      const stateOf = (pid: unknown): string | undefined =>
        /\) (\S)/.exec(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))?.[1];
      await vi.waitFor(
        async () => {
          const [open] = ofType(await entriesOf(directory), 'audit_open');
          expect(stateOf((open?.payload['process'] as { pid?: number } | undefined)?.pid)).toBe('Z');
        },
        { timeout: 20_000, interval: 50 },
      );
      const audit = directoryLog(directory);
      audit.record({ next: true });
      await audit.close();
      expect(ofType(await entriesOf(directory), 'recovery')).toHaveLength(1);
    } finally {
      holder.kill('SIGKILL');
    }
  });

  test('of a process that still runs is left alone', async () => {
    const directory = temporaryFolder();
    const first = directoryLog(directory);
    first.record({});
    await first.flush();
    const second = directoryLog(directory);
    second.record({});
    await second.close();
    expect(ofType(await entriesOf(directory), 'recovery')).toHaveLength(0);
    await first.close();
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: true, problems: [] });
  });
});

describe('a directory holds one log', () => {
  test('and refuses another one, another system, and a run without the key', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory);
    audit.record({});
    await audit.close();
    const before = readdirSync(directory);
    expect(() => directoryLog(directory, { log: 'example.org/other', signer: undefined as never })).toThrow(
      expect.objectContaining({ code: 'OTHER_LOG' }),
    );
    expect(() => directoryLog(directory, { system: 'other' })).toThrow(/Give each log a directory of its own/);
    expect(() => directoryLog(directory, { signer: undefined as never, warnUnsigned: false })).toThrow(
      /holds the signed log 'example.org\/test'.*Give the signer that it was written with/,
    );
    expect(readdirSync(directory)).toEqual(before);
    // Another key of the same log is a rotation.
    const next = ed25519Signer({ privateKey: generateKey({ name: LOG }).privateKey });
    expect(() => directoryLog(directory, { signer: next })).not.toThrow();
  });
});

describe('a place that cannot be written', () => {
  /** A sink in memory that fails when it is told to. */
  function failingSink(): {
    sink: ReturnType<typeof memorySink>;
    fail: { append: boolean; create: boolean; sync: boolean };
  } {
    const inner = memorySink();
    const fail = { append: false, create: false, sync: false };
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const sink = {
      ...inner,
      create(segment: string) {
        if (fail.create) throw full;
        const writer = inner.create(segment);
        return {
          torn: false,
          append(bytes: Uint8Array) {
            if (fail.append) throw full;
            writer.append(bytes);
          },
          async sync() {
            if (fail.sync) throw Object.assign(new Error('i/o error'), { code: 'EIO' });
            await writer.sync();
          },
          syncNow: () => writer.syncNow(),
          isInPlace: () => true,
          close: () => writer.close(),
        };
      },
    };
    return { sink, fail };
  }

  test('loses entries by count: the application goes on, and a gap tells', async () => {
    const { sink, fail } = failingSink();
    const audit = new AuditLog({ system: 'test', log: LOG, signer: SIGNER, sink });
    audit.record({ before: true });
    fail.append = true;
    const lost = [audit.record({}), audit.flag('lost'), audit.record({})];
    expect(lost.map(({ recorded }) => recorded)).toEqual([false, false, false]);
    await expect(lost[0]?.sealed()).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(audit.health()).toMatchObject({ ok: false, lost: 3, writeFailures: 3 });
    fail.append = false;
    audit.record({ after: true });
    expect(audit.health()).toMatchObject({ ok: true, lost: 0 });
    await audit.close();
    const [gap] = ofType(sink.entries(), 'gap');
    expect(gap?.payload).toMatchObject({
      lost: 3,
      lost_by_type: { decision_record: 2, policy_flag: 1 },
      reason: 'ENOSPC',
    });
    const report = await verify(sink.bytes(sink.list()[0] ?? ''), { keys });
    expect(report).toMatchObject({ ok: true });
    expect(report.notices.map(({ code }) => code)).toContain('gap');
  });

  test('until the end has no gap to tell: a warning does', async () => {
    const { sink, fail } = failingSink();
    const audit = new AuditLog({ system: 'test', log: LOG, signer: SIGNER, sink });
    audit.record({ before: true });
    fail.append = true;
    audit.record({ lost: true });
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    await audit.close();
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^1 entries of example.org\/test, .* no gap records them: ENOSPC/),
      { type: 'SpansealWarning', code: 'SPANSEAL_ENTRIES_LOST' },
    );
    warned.mockRestore();
  });

  test('with `refuse` throws before a decision runs', async () => {
    const { sink, fail } = failingSink();
    const audit = new AuditLog({ system: 'test', log: LOG, signer: SIGNER, sink, failure: 'refuse' });
    fail.create = true;
    let ran = false;
    expect(() => audit.decision({}, () => (ran = true))).toThrow(
      expect.objectContaining({ code: 'AUDIT_UNAVAILABLE' }),
    );
    expect(ran).toBe(false);
  });

  test('that fails to sync is given up: nothing of it counts as sealed, and another segment goes on', async () => {
    const { sink, fail } = failingSink();
    const audit = new AuditLog({ system: 'test', log: LOG, signer: SIGNER, sink });
    const receipt = audit.record({ first: true });
    const sealed = receipt.sealed().catch((error: unknown) => error);
    fail.sync = true;
    await audit.flush();
    expect(await sealed).toMatchObject({ code: 'SEGMENT_ABANDONED' });
    fail.sync = false;
    audit.record({ second: true });
    await audit.close();
    expect(sink.list()).toHaveLength(2);
    // The segment that this log gave up is dead, and recovered by the same process.
    expect(ofType(sink.entries(), 'recovery')).toHaveLength(1);
  });

  test('whose file is removed under the writer goes on in a new one, with a gap, and the file is missed', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory);
    audit.record({ removed: true });
    const removed = audit.head()?.segment;
    for (const file of readdirSync(directory)) rmSync(join(directory, file));
    await audit.flush();
    audit.record({ kept: true });
    await audit.close();
    const entries = await entriesOf(directory);
    expect(ofType(entries, 'gap')[0]?.payload.reason).toContain('was removed');
    expect(ofType(entries, 'decision_record').map(({ payload }) => payload.data)).toEqual([{ kept: true }]);
    const { failed, problems } = await verifyPath(directory, { keys });
    expect(failed).toEqual(['completeness']);
    expect(problems).toMatchObject([{ code: 'sibling_missing', what: `${removed} was there and is not here` }]);
  });

  test('is refused by the constructor where it is no directory', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(() => directoryLog(file)).toThrow(expect.objectContaining({ code: 'UNREADABLE' }));
  });
});

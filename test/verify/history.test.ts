import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import {
  readEarlierRecord,
  verify,
  verifyPath,
  type AuditLog,
  type Report,
  type VerifyOptions,
} from '../../src/index.ts';
import { checkpointRecord, verify as verifyAnywhere } from '../../src/verify/index.ts';
import { directoryLog, KEY, LOG, temporaryFolder } from '../log.ts';
import { spanseal } from '../cli/spanseal.ts';
import { generateKey, ed25519Signer } from '../../src/index.ts';

/** What is here, held against what somebody kept of it earlier. */

const keys = [KEY.vkey];

/** A log whose segments are called the same however often it is written: by somebody who has its key. */
function sameNamedLog(directory: string, hour = 0): AuditLog {
  let millis = Date.UTC(2026, 0, 1, hour);
  return directoryLog(directory, { randomId: () => 'always', clock: { now: () => (millis += 1) } });
}

/** Writes segments, each closed, an hour after those that are there. */
async function write(directory: string, ...says: string[]): Promise<void> {
  for (const text of says) {
    const audit = sameNamedLog(directory, readdirSync(directory).length);
    for (let index = 0; index < 5; index++) audit.record({ text, index });
    await audit.flush();
    audit.record({ text, last: true });
    await audit.close();
  }
}

async function against(path: string, prior: string, options: VerifyOptions = {}): Promise<Report> {
  return verifyPath(path, { keys, earlier: await readEarlierRecord(prior, { keys }), ...options });
}

const codes = ({ problems }: Report): string[] => problems.map(({ code }) => code);

function copyOf(directory: string): string {
  const copy = join(temporaryFolder(), 'kept');
  cpSync(directory, copy, { recursive: true });
  return copy;
}

const filesOf = (directory: string): string[] =>
  readdirSync(directory)
    .sort()
    .map((name) => join(directory, name));

/** A file cut behind a line. */
function cutBehind(path: string, lines: number): void {
  const text = readFileSync(path, 'utf8').split('\n').slice(0, lines);
  writeFileSync(path, `${text.join('\n')}\n`);
}

describe('a log that goes on', () => {
  test('extends its copy, its pack and its checkpoints, while it is written and afterwards', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory);
    audit.record({ at: 1 });
    await audit.flush();
    const copy = copyOf(directory);
    const noted = join(temporaryFolder(), 'noted.txt');
    writeFileSync(noted, (await spanseal(['checkpoint', directory])).stdout);
    audit.record({ at: 2 });
    await audit.flush();
    expect(await against(directory, copy, { live: true })).toMatchObject({
      ok: true,
      verdicts: { history: 'extends', independence: 'earlier_record' },
    });
    await audit.close();
    const next = directoryLog(directory);
    next.record({ at: 3 });
    const pack = join(temporaryFolder(), 'earlier.jsonl');
    await next.export(pack);
    next.record({ at: 4 });
    await next.close();
    for (const prior of [copy, noted, pack, directory]) {
      const report = await against(directory, prior);
      expect(report).toMatchObject({ ok: true, problems: [], verdicts: { history: 'extends' } });
      expect(report.notices.filter(({ what }) => what.startsWith('history'))).toEqual([]);
    }
    // A later pack is held against an earlier one as well.
    const later = join(temporaryFolder(), 'later.jsonl');
    const last = directoryLog(directory);
    await last.export(later);
    await last.close();
    expect(await against(later, pack)).toMatchObject({ ok: true, verdicts: { history: 'extends' } });
  });

  test('is demanded for an audit', async () => {
    const directory = temporaryFolder();
    await write(directory, 'first');
    expect(await verifyPath(directory, { keys, for: 'audit' })).toMatchObject({ ok: false, failed: ['independence'] });
    expect(await against(directory, copyOf(directory), { for: 'audit' })).toMatchObject({ ok: true, failed: [] });
  });
});

describe('a log that was rewritten by whoever holds the key', () => {
  test('holds by itself, and is a fork of every earlier record', async () => {
    const [true_, forged] = [temporaryFolder(), temporaryFolder()];
    await write(true_, 'first');
    cpSync(true_, forged, { recursive: true });
    await write(true_, 'second');
    await write(forged, 'quite another second');
    expect(filesOf(forged).map((path) => path.slice(-30))).toEqual(filesOf(true_).map((path) => path.slice(-30)));
    expect(await verifyPath(forged, { keys })).toMatchObject({ ok: true, verdicts: { independence: 'self_attested' } });
    const report = await against(forged, true_);
    expect(report).toMatchObject({ ok: false, failed: ['history'], verdicts: { history: 'fork' } });
    expect(codes(report)).toEqual(['history_fork']);
    expect(report.verdicts.independence).toBe('self_attested');

    const noted = join(temporaryFolder(), 'noted.txt');
    writeFileSync(noted, (await spanseal(['checkpoint', true_, '--key', KEY.vkey])).stdout);
    const { code, stdout } = await spanseal(['verify', forged, '--key', KEY.vkey, '--prior', noted]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ history +fork/);
    expect((await spanseal(['verify', true_, '--key', KEY.vkey, '--prior', noted, '--for', 'audit'])).code).toBe(0);
  });

  test('after what was kept, that part is no fork: what comes later is its word alone', async () => {
    const [true_, forged] = [temporaryFolder(), temporaryFolder()];
    await write(true_, 'first');
    cpSync(true_, forged, { recursive: true });
    await write(true_, 'second');
    await write(forged, 'quite another second');
    for (const path of filesOf(true_).slice(1)) rmSync(path);
    expect(await against(forged, true_)).toMatchObject({ ok: true, verdicts: { history: 'extends' } });
  });

  test('and a closed segment that goes on is a fork, too', async () => {
    const directory = temporaryFolder();
    await write(directory, 'first');
    const kept = copyOf(directory);
    const [path = ''] = filesOf(directory);
    // Somebody with the key opens it again: the same lines up to the close, and more.
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n').length;
    cutBehind(path, lines - 2);
    const report = await against(directory, kept, { live: true });
    expect(report.verdicts.history).toBe('rollback');
  });
});

describe('an older state', () => {
  test('is a rollback of the segment that was cut, and a missing one that was removed', async () => {
    const directory = temporaryFolder();
    await write(directory, 'first', 'second');
    const kept = copyOf(directory);
    const [first = '', second = ''] = filesOf(directory);
    rmSync(second);
    const removed = await against(directory, kept);
    expect(removed).toMatchObject({ ok: false, verdicts: { completeness: 'holds', history: 'missing' } });
    expect(codes(removed)).toEqual(['history_missing']);
    // Behind the seal of the flush: open, whole, and older.
    cutBehind(first, 8);
    const cut = await against(directory, kept, { live: true });
    expect(cut.verdicts.history).toBe('rollback');
    expect(codes(cut).toSorted()).toEqual(['history_missing', 'history_rollback']);
    expect(cut.segments[0]?.sealed).toBeGreaterThan(0);
  });

  test('of which nothing was sealed is no record to hold against anything', async () => {
    const directory = temporaryFolder();
    await write(directory, 'first');
    const kept = copyOf(directory);
    cutBehind(filesOf(kept)[0] ?? '', 1);
    await expect(readEarlierRecord(kept, { keys })).rejects.toThrow(/does not hold by itself/);
    // Without a key nobody can tell that, and there is nothing to compare.
    const earlier = await readEarlierRecord(kept);
    expect(await verifyPath(directory, { keys, earlier })).toMatchObject({
      ok: false,
      verdicts: { history: 'not_compared' },
    });
  });
});

describe('what cannot be compared', () => {
  test('another log, and one that does not hold by itself, are told', async () => {
    const directory = temporaryFolder();
    await write(directory, 'first');
    const other = temporaryFolder();
    const signer = ed25519Signer({ privateKey: generateKey({ name: 'example.org/other' }).privateKey });
    const audit = directoryLog(other, { log: 'example.org/other', signer });
    audit.record({});
    await audit.close();
    const earlier = await readEarlierRecord(other);
    expect(codes(await verifyPath(directory, { keys, earlier }))).toEqual(['history_other_log']);
    const broken = copyOf(directory);
    const [path = ''] = filesOf(broken);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"index":2', '"index":3'));
    await expect(readEarlierRecord(broken, { keys })).rejects.toThrow(/does not hold by itself/);
    const { code, stderr } = await spanseal(['verify', directory, '--key', KEY.vkey, '--prior', broken]);
    expect({ code, told: stderr.includes('--prior: The earlier record') }).toEqual({ code: 2, told: true });
    expect((await spanseal(['checkpoint', broken])).code).toBe(1);
    expect((await spanseal(['verify', directory, '--for', 'fun'])).code).toBe(2);
  });

  test('a segment alone stands on what it cites of the ones before', async () => {
    const directory = temporaryFolder();
    await write(directory, 'first', 'second');
    const [first = '', second = ''] = filesOf(directory);
    expect(await against(second, first)).toMatchObject({ ok: true, verdicts: { history: 'extends' } });
    const report = await against(first, second);
    expect(report).toMatchObject({ ok: false, verdicts: { history: 'not_compared' } });
    const forged = temporaryFolder();
    await write(forged, 'quite another first', 'second');
    expect((await against(filesOf(forged)[1] ?? '', first)).verdicts.history).toBe('fork');
  });
});

describe('checkpoints', () => {
  test('are read strictly, and their signatures checked with the keys that are given', async () => {
    const directory = temporaryFolder();
    await write(directory, 'first', 'second');
    const { stdout: all } = await spanseal(['checkpoint', directory, '--all']);
    const { stdout: newest } = await spanseal(['checkpoint', directory]);
    expect(checkpointRecord(all, { keys })).toMatchObject({ log: LOG, segments: [{ closed: false }, {}] });
    expect(all.endsWith(newest)).toBe(true);
    expect(newest).toMatch(
      /^example\.org\/test\/20260101T010000Z-[0-9a-f]{16}\n\d+\n[A-Za-z0-9+/]{43}=\n\n— example\.org\/test \S+\n$/,
    );
    const forged = newest.replace(/\n(\d+)\n/, (_, size: string) => `\n${Number(size) - 1}\n`);
    expect(() => checkpointRecord(forged, { keys })).toThrow(/is not by the key you gave/);
    expect(() => checkpointRecord(`${newest}${newest.replaceAll('example.org/test', 'example.org/else')}`)).toThrow(
      /of several logs/,
    );
    for (const none of ['', 'hello', newest.slice(0, 40), `x${newest}`]) {
      expect(() => checkpointRecord(none)).toThrow(/That is no checkpoint/);
    }
    const bytes = readFileSync(filesOf(directory)[1] ?? '');
    for (const check of [verify, verifyAnywhere]) {
      const options = { keys, name: filesOf(directory)[1]?.split('/').at(-1) ?? '' };
      const report = await check(bytes, { ...options, earlier: checkpointRecord(newest) });
      expect(report).toMatchObject({ ok: true, verdicts: { history: 'extends' } });
      const cut = bytes.subarray(0, bytes.indexOf('\n', bytes.length / 2) + 1);
      const older = await check(cut, { ...options, live: true, earlier: checkpointRecord(newest) });
      expect(older.verdicts.history).toBe('rollback');
    }
  });
});

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { directorySink } from '../../exporters/segment-file.ts';
import { PRUNE } from '../../src/cli/prune.ts';
import {
  exportPack,
  pruneLog,
  readEarlierRecord,
  readLog,
  verifyPath,
  type AuditLog,
  type Entry,
} from '../../src/index.ts';
import { expectToFit } from '../cli/spanseal.ts';
import { directoryLog, KEY, ofType, SIGNER, temporaryFolder } from '../log.ts';
import { schemaProblems } from '../schema/validate.ts';
import { helpText, run } from './command.ts';

const keys = [KEY.vkey];
const DAY = 86_400_000;
const FIRST_DAY = Date.UTC(2026, 0, 1);

interface Days {
  readonly directory: string;
  readonly at: (name: string) => string;
  /** The log of a day; each of them is one closed segment. */
  readonly open: (day: number) => AuditLog;
  readonly segments: () => readonly string[];
}

async function days(count: number): Promise<Days> {
  const folder = temporaryFolder();
  const directory = join(folder, 'audit');
  const open = (day: number): AuditLog => {
    let millis = FIRST_DAY + day * DAY;
    return directoryLog(directory, { capture: { decisionInput: 'withheld' }, clock: { now: () => (millis += 1) } });
  };
  for (let day = 0; day < count; day++) {
    const audit = open(day);
    audit.decision({ id: `d-${day}`, input: `value of day ${day}` }, () => {});
    await audit.close();
  }
  writeFileSync(join(folder, 'log.key'), KEY.privateKey, { mode: 0o600 });
  return { directory, open, at: (name) => join(folder, name), segments: () => directorySink(directory).list() };
}

async function entriesOf(directory: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of readLog(directory)) entries.push(entry);
  return entries;
}

const before = new Date(FIRST_DAY + 2 * DAY);

describe('pruning', () => {
  test('removes what an archive holds, and the log is whole without it', async () => {
    const { directory, at, segments } = await days(4);
    const archive = at('archive.jsonl');
    await exportPack(directory, archive, { signer: SIGNER });
    const all = segments();
    const planned = await pruneLog(directory, { before, archive, dryRun: true });
    expect(planned).toMatchObject({ outcome: 'dry_run', kept: [], recorded: [] });
    expect(segments()).toEqual(all);
    const result = await pruneLog(directory, { before, archive, reason: '2 days', actor: 'u-12', signer: SIGNER });
    expect(result.outcome).toBe('done');
    expect(result.segments.map(({ segment }) => segment)).toEqual(all.slice(0, 2));
    expect(
      readdirSync(directory).filter((name) => all.slice(0, 2).some((segment) => name.startsWith(segment))),
    ).toEqual([]);
    const report = await verifyPath(directory, { keys });
    expect(report).toMatchObject({ ok: true, problems: [], verdicts: { completeness: 'holds' } });
    // It goes on from what somebody kept of it.
    const earlier = await readEarlierRecord(archive, { keys });
    expect((await verifyPath(directory, { keys, earlier })).verdicts.history).toBe('extends');
    const entries = await entriesOf(directory);
    const [retention] = ofType(entries, 'retention');
    expect(schemaProblems(retention)).toEqual([]);
    expect(retention?.payload).toEqual({ actor: 'u-12', reason: '2 days', segments: result.segments });
    const custody = ofType(entries, 'custody').find(({ payload }) => payload['action'] === 'pruned');
    expect(custody?.payload['pack_digest']).toMatch(/^[0-9a-f]{64}$/);
  });

  test('by a log that runs', async () => {
    const { directory, at, open, segments } = await days(2);
    const audit = open(2);
    audit.record({ now: true });
    await audit.export(at('archive.jsonl'));
    const result = await audit.prune({ before, archive: at('archive.jsonl') });
    expect(result).toMatchObject({ outcome: 'done', segments: [{}, {}] });
    audit.record({ after: true });
    await audit.close();
    expect(segments()).toHaveLength(2);
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: true, problems: [] });
  });

  test('leaves alone what the archive does not hold, is not closed, or speaks of others', async () => {
    const { directory, at, open, segments } = await days(3);
    const [, second = '', third = ''] = segments();
    const erasing = open(3);
    await erasing.erase({ decisionId: 'd-2', trigger: 'legal_order' });
    await erasing.close();
    const speaking = segments()[3] ?? '';
    const period = { from: new Date(FIRST_DAY + DAY), to: new Date(FIRST_DAY + 9 * DAY) };
    await exportPack(directory, at('archive.jsonl'), { signer: SIGNER, period });
    // Its closing seal is cut off.
    const path = join(directory, `${third}.jsonl`);
    writeFileSync(path, readFileSync(path, 'utf8').split('\n').slice(0, -2).join('\n') + '\n');
    const options = { before: new Date(FIRST_DAY + 9 * DAY), archive: at('archive.jsonl'), signer: SIGNER };
    const result = await pruneLog(directory, options);
    expect(result.segments.map(({ segment }) => segment)).toEqual([second]);
    const because = Object.fromEntries(result.kept.map((each) => [each.segment, each.because]));
    expect(because).toMatchObject({
      [segments()[0] ?? '']: 'not_archived',
      [third]: 'not_closed',
      [speaking]: 'speaks_of_others',
    });
    expect((await pruneLog(directory, options)).outcome).toBe('nothing');
  });

  test('is stopped by a hold, which is recorded', async () => {
    const { directory, at, open, segments } = await days(2);
    const audit = open(2);
    await audit.hold({ requestRef: 'case-9' });
    await audit.export(at('archive.jsonl'));
    const result = await audit.prune({ before, archive: at('archive.jsonl'), reason: '2 days' });
    expect(result).toMatchObject({ outcome: 'held', holds: [{ requestRef: 'case-9' }] });
    expect(segments().length).toBeGreaterThan(3);
    await audit.release({ requestRef: 'case-9' });
    expect((await audit.prune({ before, archive: at('archive.jsonl') })).outcome).toBe('done');
    await audit.close();
    const [erasure] = ofType(await entriesOf(directory), 'erasure');
    expect(schemaProblems(erasure)).toEqual([]);
    expect(erasure?.payload).toEqual({ outcome: 'held', retention_rule: '2 days', trigger: 'retention_expiry' });
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: true, problems: [] });
  });

  test('by no archive that does not hold', async () => {
    const { directory, at, segments } = await days(2);
    const archive = at('archive.jsonl');
    await exportPack(directory, archive, { signer: SIGNER });
    const options = { before, archive, signer: SIGNER };
    writeFileSync(at('forged.jsonl'), readFileSync(archive, 'utf8').replace('d-1', 'd-7'));
    await exportPack(directory, at('unsigned.jsonl'));
    const [segment = ''] = segments();
    for (const name of ['forged.jsonl', 'unsigned.jsonl', `audit/${segment}.jsonl`]) {
      await expect(pruneLog(directory, { ...options, archive: at(name) })).rejects.toMatchObject({
        code: 'ARCHIVE_INVALID',
      });
    }
    await expect(pruneLog(directory, { ...options, archive: at('none.jsonl') })).rejects.toMatchObject({
      code: 'UNREADABLE',
    });
    await expect(pruneLog(directory, { before, archive })).rejects.toThrow(/give `signer`/);
    await expect(pruneLog(directory, { ...options, before: 'soon' })).rejects.toThrow(/is no time/);
    expect(segments()).toHaveLength(3);
  });
});

describe('spanseal prune', () => {
  test('says first, and does it when it is told to', async () => {
    const { directory, at, segments } = await days(3);
    await exportPack(directory, at('archive.jsonl'), { signer: SIGNER });
    const args = [directory, '--before', '2026-01-03', '--archive', at('archive.jsonl')];
    const said = await run(PRUNE, ...args);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(said.stdout).toContain('with --yes this would be removed: 2 segments');
    expectToFit(said.stdout);
    expect((await run(PRUNE, ...args, '--yes')).code).toBe(2);
    const done = await run(PRUNE, ...args, '--yes', '--signer', at('log.key'), '--reason', '2 days', '--actor', 'u-12');
    expect(done.code).toBe(0);
    expect(done.stdout).toContain('Removed, and recorded as retired: 2 segments');
    expect(segments()).toHaveLength(3);
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: true, problems: [] });
    const again = await run(PRUNE, ...args, '--yes', '--signer', at('log.key'), '--json');
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ outcome: 'nothing' });
  });

  test('explains itself, and what is wrong', async () => {
    const help = helpText(PRUNE);
    expect(help).toContain('Examples');
    expectToFit(help);
    const { directory } = await days(1);
    expect((await run(PRUNE, directory, '--archive', 'x')).stderr).toContain('needs --before');
    expect((await run(PRUNE, directory, '--before', 'soon', '--archive', 'x')).stderr).toContain('is no time');
    expect((await run(PRUNE, directory, '--before', '2026-01-01')).stderr).toContain('needs --archive');
  });
});

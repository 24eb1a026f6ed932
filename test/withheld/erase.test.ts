import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { directorySink } from '../../exporters/segment-file.ts';
import {
  eraseValues,
  exportPack,
  readLog,
  verifyPath,
  type AuditLog,
  type Entry,
  type EraseOptions,
} from '../../src/index.ts';
import { spanseal } from '../cli/spanseal.ts';
import { directoryLog, KEY, memoryLog, ofType, SIGNER, temporaryFolder } from '../log.ts';
import { schemaProblems } from '../schema/validate.ts';
import { disclosuresIn } from './disclosures.ts';

const keys = [KEY.vkey];

const WHY = {
  trigger: 'data_subject_request',
  requestedAt: '2026-11-23T09:30:00Z',
  requestRef: 'dsr-7',
  approvedBy: 'dpo',
  actor: 'u-12',
  legalBasis: 'GDPR 17(1)(b)',
} as const satisfies Partial<EraseOptions>;

/** Values as they could stand in a file: as they are, or within a disclosure. */
function isAnywhere(directory: string, value: string): boolean {
  return readdirSync(directory).some((name) => {
    const text = readFileSync(join(directory, name), 'utf8');
    const disclosed = [...text.matchAll(/[A-Za-z0-9_-]{24,}/g)].map(([found]) =>
      Buffer.from(found, 'base64url').toString(),
    );
    return text.includes(value) || disclosed.some((each) => each.includes(value));
  });
}

function logOf(directory: string): AuditLog {
  return directoryLog(directory, { capture: { decisionInput: 'withheld', decisionOutput: 'withheld' } });
}

function decide(audit: AuditLog, id: string, subjectRef: string, value: string): void {
  audit.decision({ id, subjectRef, input: { value } }, (d) => d.result('approved', { output: `${value} out` }));
}

async function entriesOf(directory: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of readLog(directory)) entries.push(entry);
  return entries;
}

describe('erasing', () => {
  test('leaves nothing of the value in any file, and a log that verifies', async () => {
    const directory = temporaryFolder();
    const audit = logOf(directory);
    decide(audit, 'd-1', 's-1', 'Alina Abt');
    decide(audit, 'd-2', 's-2', 'Bela Bor');
    await audit.flush();
    expect(isAnywhere(directory, 'Alina')).toBe(true);
    const before = await verifyPath(directory, { keys, live: true });
    const result = await audit.erase({ decisionId: 'd-1', ...WHY });
    expect(result).toMatchObject({ outcome: 'done', holds: [] });
    expect(result.values.map(({ pointer }) => pointer)).toEqual(['/payload/input', '/payload/output']);
    expect(isAnywhere(directory, 'Alina')).toBe(false);
    expect(isAnywhere(directory, 'Bela')).toBe(true);
    // The same process goes on writing to the segment whose disclosures were replaced.
    decide(audit, 'd-3', 's-1', 'Cilla Cor');
    await audit.close();
    const report = await verifyPath(directory, { keys });
    expect(report).toMatchObject({
      ok: true,
      verdicts: { disclosure: 'erased', integrity: 'consistent', completeness: 'holds' },
      values: { disclosed: 4, erased: 2, withheld: 0, failed: 0, unaccounted: 0 },
    });
    expect(report.segments[0]?.segment).toBe(before.segments[0]?.segment);
    const [erasure] = ofType(await entriesOf(directory), 'erasure');
    expect(schemaProblems(erasure)).toEqual([]);
    expect(erasure?.payload).toMatchObject({
      trigger: 'data_subject_request',
      requested_at: '2026-11-23T09:30:00.000Z',
      request_ref: 'dsr-7',
      approved_by: 'dpo',
      actor: 'u-12',
      legal_basis: 'GDPR 17(1)(b)',
      outcome: 'done',
      values: result.values,
    });
  });

  test('packs say withheld before and erased after, with what was disclosed in none of them', async () => {
    const folder = temporaryFolder();
    const directory = join(folder, 'audit');
    const audit = logOf(directory);
    decide(audit, 'd-1', 's-1', 'Alina Abt');
    await audit.export(join(folder, 'before.jsonl'));
    await audit.erase({ decisionId: 'd-1', ...WHY });
    await audit.export(join(folder, 'after.jsonl'), { disclose: ['all'] });
    await audit.close();
    await exportPack(directory, join(folder, 'all.jsonl'), { signer: SIGNER });
    const year = { from: '2026-01-01T00:00:00Z', to: '9999-01-01T00:00:00Z' };
    await exportPack(directory, join(folder, 'period.jsonl'), { signer: SIGNER, period: year });
    const valuesOf = async (name: string) => {
      const report = await verifyPath(join(folder, name), { keys });
      expect(report).toMatchObject({ ok: true, problems: [] });
      const { disclosed, withheld, erased } = report.values;
      return { disclosed, withheld, erased };
    };
    expect(await valuesOf('before.jsonl')).toEqual({ disclosed: 0, withheld: 2, erased: 0 });
    for (const name of ['after.jsonl', 'all.jsonl', 'period.jsonl']) {
      expect(await valuesOf(name), name).toEqual({ disclosed: 0, withheld: 0, erased: 2 });
    }
  });

  test('of another time: a pack of the time before says erased, and where that is recorded lies outside of it', async () => {
    const folder = temporaryFolder();
    const directory = join(folder, 'audit');
    const openOn = (day: number): AuditLog => {
      let millis = Date.UTC(2026, 0, day);
      return directoryLog(directory, { capture: { decisionInput: 'withheld' }, clock: { now: () => (millis += 1) } });
    };
    const first = openOn(1);
    decide(first, 'd-1', 's-1', 'Alina Abt');
    await first.close();
    const second = openOn(9);
    await second.erase({ decisionId: 'd-1', ...WHY });
    await second.close();
    const pack = join(folder, 'pack.jsonl');
    const period = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
    await exportPack(directory, pack, { signer: SIGNER, period });
    const report = await verifyPath(pack, { keys });
    expect(report).toMatchObject({ ok: true, problems: [], values: { erased: 1, withheld: 0 } });
    expect(report.segments).toHaveLength(1);
    expect(report.notices.some(({ code, what }) => code === 'outside_selection' && what.includes('erased'))).toBe(true);
  });

  test('by subject: all decisions about somebody, and those within; by entry and kind no more than that', async () => {
    const directory = temporaryFolder();
    const audit = logOf(directory);
    audit.decision({ id: 'outer', subjectRef: 's-1', input: 'outer value' }, () => {
      audit.decision({ id: 'inner', input: 'inner value' }, () => {});
    });
    decide(audit, 'other', 's-2', 'other value');
    await audit.roll();
    decide(audit, 'later', 's-1', 'later value');
    await audit.flush();
    const planned = await audit.erase({ subjectRef: 's-1', ...WHY, dryRun: true });
    expect(planned).toMatchObject({ outcome: 'dry_run', recorded: [] });
    expect(planned.values).toHaveLength(4);
    expect(isAnywhere(directory, 'later value')).toBe(true);
    const done = await audit.erase({ subjectRef: 's-1', values: ['decisionInput'], ...WHY });
    expect(done.values).toHaveLength(3);
    for (const value of ['outer value', 'inner value']) expect(isAnywhere(directory, value)).toBe(false);
    expect(isAnywhere(directory, 'later value out')).toBe(true);
    const last = (await entriesOf(directory)).findLast(({ type }) => type === 'decision_end');
    const [segment = ''] = readdirSync(directory)
      .filter((name) => !name.includes('.disc'))
      .toSorted()
      .slice(-1);
    const entry = { segment: segment.replace('.jsonl', ''), seq: last?.seq ?? -1 };
    expect((await audit.erase({ entry, ...WHY })).values).toHaveLength(1);
    expect(isAnywhere(directory, 'later value')).toBe(false);
    expect(isAnywhere(directory, 'other value')).toBe(true);
    expect(await audit.erase({ entry, ...WHY })).toMatchObject({ outcome: 'nothing', recorded: [] });
    await audit.close();
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: true, values: { erased: 4, disclosed: 2 } });
  });

  test('names what stands in the entries themselves, and cannot be erased', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory, { capture: { decisionOutput: 'withheld' } });
    audit.decision({ id: 'd', subjectRef: 's-1', input: 'inline', data: { note: 'inline' } }, (decision) => {
      decision.record({ note: 'inline' });
      decision.result('ok', { output: 'withheld' });
    });
    audit.decision({ id: 'other', subjectRef: 's-2', input: 'inline' }, () => {});
    await audit.close();
    const planned = await eraseValues(directory, { subjectRef: 's-1', ...WHY, dryRun: true });
    expect(planned.values.map(({ pointer }) => pointer)).toEqual(['/payload/output']);
    expect(planned.inline.map(({ pointer }) => pointer)).toEqual(['/payload/input', '/payload/data', '/payload/data']);
    const said = await spanseal(['erase', directory, '--subject', 's-2', '--trigger', 'data_subject_request']);
    expect(said.code).toBe(1);
    expect(said.stdout).toMatch(/1 value of that stands in the\s+entries\s+themselves\s+and\s+cannot\s+be\s+erased/);
    const refused = ['erase', directory, '--subject', 's-2', '--trigger', 'data_subject_request', '--refuse'];
    expect((await spanseal(refused)).code).toBe(0);
  });

  test('of another process: in a segment of its own, with the key of the log', async () => {
    const directory = temporaryFolder();
    const audit = logOf(directory);
    decide(audit, 'd-1', 's-1', 'Alina Abt');
    await audit.close();
    await expect(eraseValues(directory, { decisionId: 'd-1', ...WHY })).rejects.toThrow(/give `signer`/);
    expect(isAnywhere(directory, 'Alina')).toBe(true);
    const result = await eraseValues(directory, { decisionId: 'd-1', ...WHY, signer: SIGNER });
    expect(result.recorded).toHaveLength(1);
    expect(isAnywhere(directory, 'Alina')).toBe(false);
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: true, values: { erased: 2 } });
  });

  test('sweeps up what belongs to no entry, as nobody can say whose it is', async () => {
    const directory = temporaryFolder();
    const audit = logOf(directory);
    decide(audit, 'd-1', 's-1', 'Alina Abt');
    decide(audit, 'd-2', 's-2', 'Bela Bor');
    await audit.close();
    const [segment = ''] = directorySink(directory).list();
    const path = join(directory, `${segment}.disclosures.jsonl`);
    const orphan = Buffer.from(`["${'A'.repeat(22)}","Alina again"]`).toString('base64url');
    writeFileSync(
      path,
      `${readFileSync(path, 'utf8')}{"disclosure":"${orphan}","pointer":"/payload/input","seq":99}\n{"dis`,
    );
    expect(isAnywhere(directory, 'Alina again')).toBe(true);
    await eraseValues(directory, { decisionId: 'd-2', ...WHY, signer: SIGNER });
    expect(isAnywhere(directory, 'Alina again')).toBe(false);
    expect((await verifyPath(directory, { keys })).values).toEqual({
      disclosed: 2,
      erased: 2,
      withheld: 0,
      failed: 0,
      unaccounted: 0,
    });
  });

  test('more values than an entry holds', async () => {
    const { audit, sink } = memoryLog({ capture: { decisionInput: 'withheld' } });
    for (let index = 0; index < 450; index++)
      audit.append('decision', { type: 'decision', decisionId: 'd', payload: { input: index } });
    const { recorded } = await audit.erase({ decisionId: 'd', ...WHY });
    expect(recorded).toHaveLength(3);
    await audit.close();
    const erasures = ofType(sink.entries(), 'erasure');
    expect(erasures.map(({ payload }) => (payload['values'] as unknown[]).length)).toEqual([200, 200, 50]);
    expect(erasures.every(({ lossy }) => lossy === undefined)).toBe(true);
    expect(disclosuresIn(sink, sink.list()[0] ?? '')).toEqual([]);
  });

  test('a writer in another place, whose file is replaced between its lines, loses none of them', async () => {
    const directory = temporaryFolder();
    const audit = logOf(directory);
    const { disclosures } = directorySink(directory);
    for (let index = 0; index < 200; index++) {
      decide(audit, `d-${index}`, 's', `value ${index}`);
      const [segment = ''] = directorySink(directory).list();
      if (index % 3 === 0) disclosures?.keep(segment, () => true);
    }
    await audit.close();
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: true, values: { disclosed: 400, withheld: 0 } });
  });

  test('refuses to share a file with another erasure', () => {
    const directory = temporaryFolder();
    const audit = logOf(directory);
    decide(audit, 'd', 's', 'value');
    const [segment = ''] = directorySink(directory).list();
    writeFileSync(join(directory, `${segment}.disclosures.jsonl.part`), '');
    expect(() => directorySink(directory).disclosures?.keep(segment, () => true)).toThrow(/somebody else is erasing/);
    audit.record({});
  });

  test.each<[string, Partial<EraseOptions>, RegExp]>([
    ['without an owner', {}, /one of `entry`/],
    ['of two owners', { decisionId: 'd', subjectRef: 's' }, /one of `entry`/],
    ['without a trigger', { decisionId: 'd', trigger: undefined as never }, /needs `trigger`/],
    ['with a word that is no option', { decisionID: 'd' } as never, /did you mean `decisionId`/i],
    ['of a kind that there is not', { decisionId: 'd', values: ['input'] }, /no kind of content input/],
  ])('%s is misuse', async (_, options, message) => {
    const { audit } = memoryLog({ capture: { decisionInput: 'withheld' } });
    decide(audit, 'd', 's', 'value');
    await expect(audit.erase({ ...WHY, ...options })).rejects.toThrow(message);
  });
});

describe('what is not erased is recorded', () => {
  test('a refusal, with its reason', async () => {
    const { audit, sink } = memoryLog({ capture: { decisionInput: 'withheld' } });
    decide(audit, 'd', 's', 'value');
    const result = await audit.erase({ decisionId: 'd', ...WHY, refuse: true, retentionRule: '10 years' });
    expect(result.outcome).toBe('refused');
    await audit.close();
    expect(ofType(sink.entries(), 'erasure')[0]?.payload).toMatchObject({
      outcome: 'refused',
      retention_rule: '10 years',
    });
    expect(disclosuresIn(sink, sink.list()[0] ?? '')).toHaveLength(1);
  });

  test('a hold on the log, and on a decision, until it is released', async () => {
    const folder = temporaryFolder();
    const directory = join(folder, 'audit');
    const audit = logOf(directory);
    decide(audit, 'd-1', 's-1', 'Alina Abt');
    decide(audit, 'd-2', 's-2', 'Bela Bor');
    await audit.hold({ requestRef: 'case-9', decisionId: 'd-1', performedBy: 'legal' });
    expect((await audit.erase({ decisionId: 'd-2', ...WHY })).outcome).toBe('done');
    expect(await audit.erase({ decisionId: 'd-1', ...WHY })).toMatchObject({
      outcome: 'held',
      holds: [{ requestRef: 'case-9', decisionId: 'd-1' }],
    });
    expect(isAnywhere(directory, 'Alina')).toBe(true);
    await audit.hold({ requestRef: 'case-10' });
    await audit.release({ requestRef: 'case-9' });
    expect((await audit.erase({ decisionId: 'd-1', ...WHY })).outcome).toBe('held');
    await audit.release({ requestRef: 'case-10' });
    expect((await audit.erase({ decisionId: 'd-1', ...WHY })).outcome).toBe('done');
    expect(isAnywhere(directory, 'Alina')).toBe(false);
    await audit.close();
    const entries = await entriesOf(directory);
    expect(ofType(entries, 'erasure').map(({ payload }) => payload['outcome'])).toEqual([
      'done',
      'held',
      'held',
      'done',
    ]);
    expect(ofType(entries, 'custody').flatMap(schemaProblems)).toEqual([]);
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: true, values: { erased: 4, failed: 0 } });
  });
});

describe('what is said to be erased', () => {
  test('and is there is told', async () => {
    const folder = temporaryFolder();
    const directory = join(folder, 'audit');
    const audit = logOf(directory);
    decide(audit, 'd-1', 's-1', 'Alina Abt');
    await audit.close();
    cpSync(directory, join(folder, 'copy'), { recursive: true });
    await eraseValues(directory, { decisionId: 'd-1', ...WHY, signer: SIGNER });
    const [segment = ''] = directorySink(directory).list();
    const name = `${segment}.disclosures.jsonl`;
    cpSync(join(folder, 'copy', name), join(directory, name));
    const report = await verifyPath(directory, { keys });
    expect(report).toMatchObject({ ok: false, failed: ['disclosure'], values: { failed: 2 } });
    expect(report.problems.map(({ code, seq }) => [code, seq])).toEqual([
      ['erased_disclosed', 1],
      ['erased_disclosed', 2],
    ]);
  });

  test('and was never withheld is told', async () => {
    const { audit, sink } = memoryLog({ capture: { decisionInput: 'withheld' } });
    decide(audit, 'd-1', 's-1', 'Alina Abt');
    const [segment = ''] = sink.list();
    const values = [{ segment, seq: 1, pointer: '/payload/input', digest: 'A'.repeat(43) }];
    audit.append('erasure', { type: 'erasure', payload: { outcome: 'done', trigger: 'legal_order', values } });
    await audit.close();
    const folder = temporaryFolder();
    const path = join(folder, `${segment}.jsonl`);
    writeFileSync(path, sink.bytes(segment));
    expect((await verifyPath(path, { keys })).problems.map(({ code }) => code)).toEqual(['erasure_mismatch']);
    await exportPack(sink, join(folder, 'pack.jsonl'), { signer: SIGNER });
    expect((await verifyPath(join(folder, 'pack.jsonl'), { keys })).problems.map(({ code }) => code)).toEqual([
      'erasure_mismatch',
    ]);
  });
});

import { sign } from 'node:crypto';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { generateKey, oversightMessage, verifyPath, type AuditLog, type Framework } from '../../src/index.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { readPack } from '../../src/read-record.ts';
import { absenceOf, evidenceFor } from '../../src/report/judge.ts';
import { Reading, type RecordRead } from '../../src/report/reading.ts';
import type { SeenEntry } from '../../src/verify/seen.ts';
import { frameworks } from '../../src/frameworks/index.ts';
import { KEY, LOG, memoryLog, temporaryFolder } from '../log.ts';

/** A gate says that something holds only if the file shows it. */

const DIRECT = { control: 'EU-AIA-12.1', strength: 'direct' } as const;

async function read(audit: AuditLog, options: Parameters<AuditLog['export']>[1] = {}): Promise<RecordRead> {
  const path = join(temporaryFolder(), 'pack.jsonl');
  await audit.export(path, options);
  await audit.close();
  return (await readPack(path, { keys: [KEY.vkey] }, {})).record;
}

function oneDecision(): AuditLog {
  const { audit } = memoryLog();
  audit.decision({ id: 'd-1' }, (decision) => decision.result('approved'));
  return audit;
}

describe('evidence for a control', () => {
  test('holds where the annotations were found again', async () => {
    expect(evidenceFor(await read(oneDecision()), DIRECT)).toMatchObject({ holds: true });
  });

  test('does not hold where nothing is annotated', async () => {
    const record = await read(oneDecision(), { frameworks: [] });
    expect(record.evidence).toEqual([]);
    expect(evidenceFor(record, DIRECT)).toMatchObject({
      holds: false,
      found: expect.stringContaining('not_annotated'),
    });
  });

  test('does not hold by a catalogue that the pack brings along', async () => {
    const [known] = frameworks();
    const own = { ...known, version: 'ours' } as Framework;
    const path = join(temporaryFolder(), 'pack.jsonl');
    const audit = oneDecision();
    await audit.export(path, { controls: [own] });
    await audit.close();
    const { record } = await readPack(path, { keys: [KEY.vkey] }, {});
    expect(record.report.verdicts.mapping).toBe('yes');
    const control = known?.controls[0]?.id ?? '';
    expect(evidenceFor(record, { control, strength: 'contextual' })).toMatchObject({
      holds: false,
      found: expect.stringContaining('catalogue of its own'),
    });
    expect(absenceOf(record, 'control')).toMatchObject({ holds: false });
  });

  test('does not hold if one of the frameworks is not known here, and nothing is said of the others', async () => {
    const record = await read(oneDecision());
    const { verdicts } = record.report;
    const unknown = {
      ...record,
      report: { ...record.report, verdicts: { ...verdicts, mapping: 'catalogue_unknown' } },
    };
    expect(evidenceFor(unknown as RecordRead, DIRECT)).toMatchObject({ holds: false });
  });

  test('does not hold where two frameworks have a control of that id', async () => {
    const record = await read(oneDecision());
    const twice = { ...record, evidence: [...record.evidence, ...record.evidence] };
    expect(evidenceFor(twice, DIRECT)).toMatchObject({
      holds: false,
      found: expect.stringContaining('several frameworks'),
    });
  });
});

describe('no exceptions of a kind', () => {
  test('are shown by a pack of everything', async () => {
    expect(absenceOf(await read(oneDecision()), 'gap')).toEqual({ asked: 'no gap', holds: true, found: 'none' });
  });

  test('are not shown by a selection', async () => {
    const record = await read(oneDecision(), { decision: 'd-1' });
    expect(absenceOf(record, 'gap')).toMatchObject({ holds: false, found: expect.stringContaining('one decision') });
  });

  test('are shown for the period of a pack of one', async () => {
    const record = await read(oneDecision(), { period: { from: new Date(0), to: new Date() } });
    expect(absenceOf(record, 'gap')).toEqual({ asked: 'no gap in the period', holds: true, found: 'none' });
  });

  test('a review of one’s own is found wherever the decision begins', async () => {
    const { audit } = memoryLog();
    audit.decision({ id: 'd-1', actor: 'u-1' }, (decision) => decision.result('approved'));
    audit.humanOversight({ decisionId: 'd-1', reviewerKind: 'person', reviewer: 'u-1', action: 'approved' });
    const reading = new Reading(nodePrimitives);
    const path = join(temporaryFolder(), 'pack.jsonl');
    await audit.export(path);
    const seen: SeenEntry[] = [];
    const report = await verifyPath(path, {
      keys: [KEY.vkey],
      onEntry: (each) => seen.push({ ...each, bytes: new Uint8Array() }),
    });
    // As in the segments of two processes, of which the reviewer's is older.
    for (const each of seen.toReversed()) reading.onEntry(each);
    const record = reading.end(report);
    expect(absenceOf(record, 'own_review')).toMatchObject({ holds: false, found: expect.stringContaining('1 time') });
  });

  test('that reviews are of others is not shown where names or beginnings are missing', async () => {
    const { audit } = memoryLog();
    audit.decision({ id: 'd-1', actor: 'u-1' }, (decision) => decision.result('approved'));
    audit.humanOversight({ decisionId: 'd-1', reviewerKind: 'person', action: 'approved' });
    expect(absenceOf(await read(audit), 'own_review')).toMatchObject({
      found: 'not shown: not every reviewer is named',
    });
    const { audit: other } = memoryLog();
    other.humanOversight({ decisionId: 'd-1', reviewerKind: 'person', reviewer: 'u-1', action: 'approved' });
    expect(absenceOf(await read(other), 'own_review')).toMatchObject({
      found: expect.stringContaining('begins outside'),
    });
  });

  test('of signatures are not shown where one is by a key that was not given', async () => {
    const jane = generateKey({ name: 'jane' });
    const options = { decisionId: 'd-1', reviewerKind: 'person', reviewer: 'jane', action: 'approved' } as const;
    const { audit } = memoryLog();
    const sig = sign(null, oversightMessage(LOG, options), jane.privateKey).toString('base64');
    audit.humanOversight({ ...options, signature: { vkey: jane.vkey, sig } });
    expect(absenceOf(await read(audit), 'reviewer_signature')).toMatchObject({
      holds: false,
      found: 'not shown: 1 signature is by a key that was not given',
    });
  });

  test('are not shown where decisions are too many to tell apart', async () => {
    const record = { ...(await read(oneDecision())), storiesLeftOut: 1 };
    expect(absenceOf(record, 'review_missing')).toMatchObject({
      holds: false,
      found: expect.stringContaining('too many'),
    });
  });
});

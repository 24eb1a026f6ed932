import { generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT_CONTEXT, trace, type Attributes } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { describe, expect, test } from 'vitest';

import { AuditSpanProcessor, generateKey, oversightMessage, readLog, type AuditLog } from '../../src/index.ts';
import { readPack } from '../../src/read-record.ts';
import { reportDocument } from '../../src/report/document.ts';
import { dossierDocument } from '../../src/report/dossier.ts';
import type { ReadingOptions, RecordRead } from '../../src/report/reading.ts';
import { WhatRan } from '../../src/report/running.ts';
import type { SeenEntry } from '../../src/verify/seen.ts';
import { spanseal } from '../cli/spanseal.ts';
import { directoryLog, KEY, LOG, memoryLog, temporaryFolder } from '../log.ts';
import { triage } from './triage.ts';

/** A page that people can read: what stands on it, in which order, and what never does. */

async function packOf(audit: AuditLog, options: Parameters<AuditLog['export']>[1] = {}): Promise<string> {
  const path = join(temporaryFolder(), 'pack.jsonl');
  await audit.export(path, options);
  await audit.close();
  return path;
}

async function read(path: string, reading: ReadingOptions = {}): Promise<{ page: string; record: RecordRead }> {
  const { record, digest } = await readPack(path, { keys: [KEY.vkey] }, reading);
  return { page: reportDocument(record, { digest }), record };
}

/** The page as a reader sees it. */
function textOf(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');
}

describe('the page', () => {
  test('says first whose record it is, and last who exported it for what', async () => {
    const path = await packOf(triage({ decisions: 24 }).audit, { purpose: 'internal_audit', exportedBy: 'u-12' });
    const { page, record } = await read(path);
    expect(record.report.ok).toBe(true);
    const labels = [...page.matchAll(/<dt>([^<]+)<\/dt>/g)].map(([, label]) => label);
    expect(labels).toEqual([
      'Whose record',
      'Period and clock',
      'Record',
      'Signed by',
      'Independence',
      'Population',
      'Exceptions',
      'Decisions',
      'Not in force, not applicable',
      'What this file cannot show',
      'Exported',
    ]);
    const text = textOf(page);
    expect(text).toContain('Operated by Acme Bank AG as deployer');
    expect(text).toContain('24 decisions in this file');
    expect(text).toContain('By u-12, for internal audit.');
    expect(text).toContain('This page is only a reading aid.');
  });

  test('has no script, fetches nothing, claims no compliance and gives no score', async () => {
    const { page } = await read(await packOf(triage({ decisions: 24 }).audit));
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|<link|<iframe|<img|\ssrc=|@import|url\(/i);
    expect([...page.matchAll(/href="([^"]*)"/g)].every(([, target]) => target?.startsWith('#'))).toBe(true);
    const text = textOf(page);
    expect(text).not.toMatch(/\bcompliant\b/i);
    expect(text).not.toMatch(/\d\s?%/);
  });

  test('of one pack is always the same, byte for byte', async () => {
    const path = await packOf(triage({ decisions: 8 }).audit);
    expect((await read(path)).page).toBe((await read(path)).page);
  });

  test('each link leads to something that is there', async () => {
    const { page } = await read(await packOf(triage({ decisions: 40 }).audit));
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target);
    expect(targets.length).toBeGreaterThan(50);
    expect(targets.filter((target) => !ids.has(target))).toEqual([]);
  });

  test('of a forged pack says that it was altered, and where', async () => {
    const path = await packOf(triage({ decisions: 8 }).audit);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"result":"declined"', '"result":"approved"'));
    const { page, record } = await read(path);
    expect(record.report.ok).toBe(false);
    const text = textOf(page);
    expect(text).toContain('✗ Altered What is here is not what was written.');
    expect(text).toMatch(/First place: pack\.jsonl:\d+, segment \S+, entry \d+/);
  });

  test('of a pack without a key does not say who signed', async () => {
    const path = await packOf(triage({ decisions: 3 }).audit);
    const { record, digest } = await readPack(path, {}, {});
    expect(textOf(reportDocument(record, { digest }))).toContain('no key was given to check with');
  });

  test('shows whatever a record holds as text', async () => {
    const hostile = '</pre><script>alert(1)</script><img src=x onerror=alert(2)>"\'\u202e';
    const { audit } = memoryLog({ system: hostile, log: 'example.org/test', operator: hostile, riskTier: hostile });
    audit.decision({ id: `d${hostile}`, decisionType: hostile, actor: hostile, input: hostile }, (decision) => {
      decision.flag(hostile, { data: [hostile], severity: 'critical' });
      decision.result(hostile, { reasonCodes: [hostile] });
      decision.humanOversight({ reviewerKind: 'person', reviewer: hostile, action: 'approved', note: hostile });
    });
    audit.change({ kind: 'model', subject: hostile, from: hostile, to: hostile });
    const { page } = await read(await packOf(audit, { purpose: hostile, exportedBy: hostile, recipient: hostile }), {
      names: true,
    });
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<img');
    expect(page).not.toContain('\u202e');
  });
});

describe('human oversight', () => {
  const review = (audit: AuditLog, index: number, reviewer: string, kind: 'person' | 'model' = 'person'): void => {
    const decisionId = `d-${index}`;
    audit.decision({ id: decisionId, reviewRequired: true }, (decision) => decision.result('approved'));
    audit.humanOversight({ decisionId, reviewerKind: kind, reviewer, action: 'approved', stage: 'before_effect' });
  };

  test('names nobody unless asked to, on no part of the page', async () => {
    const { audit } = memoryLog();
    for (let index = 0; index < 7; index++) review(audit, index, 'jane.doe');
    // The same person elsewhere in the record.
    audit.decision({ id: 'own', actor: 'jane.doe', actorKind: 'person' }, (decision) => decision.result('approved'));
    await audit.export(join(temporaryFolder(), 'earlier.jsonl'), { exportedBy: 'jane.doe' });
    const path = await packOf(audit);
    const { page } = await read(path);
    expect(page).not.toContain('jane.doe');
    expect(textOf(page)).toContain('A person (R1) approved it');
    expect((await read(path, { names: true })).page).toContain('jane.doe');
  });

  test('says nothing of reviewers with fewer than five reviews, nor lets them be told from the rest', async () => {
    const { audit } = memoryLog();
    for (let index = 0; index < 9; index++) review(audit, index, 'many');
    for (let index = 9; index < 15; index++) review(audit, index, 'some');
    for (let index = 15; index < 17; index++) review(audit, index, 'few');
    const { record } = await read(await packOf(audit), { names: true });
    // With `some` left in, what is missing from the total would be the two reviews of `few`.
    expect(record.oversight.reviewers.map(({ reviewer, reviews }) => [reviewer, reviews])).toEqual([['many', 9]]);
    expect(record.oversight.reviewersBelow).toBe(2);
    expect(record.oversight.reviews.byPersons).toBe(17);
  });

  test('counts persons only, each number with its denominator', async () => {
    const { audit } = memoryLog();
    for (let index = 0; index < 4; index++) review(audit, index, 'u-1');
    review(audit, 4, 'gpt', 'model');
    audit.decision({ id: 'd-5' }, (decision) =>
      decision.result('declined', { effectiveAt: new Date(Date.now() - 60_000) }),
    );
    audit.humanOversight({
      decisionId: 'd-5',
      reviewerKind: 'person',
      reviewer: 'u-1',
      action: 'corrected',
      stage: 'before_effect',
      proposedResult: 'declined',
      finalResult: 'approved',
    });
    audit.humanOversight({ decisionId: 'd-5', reviewerKind: 'person', reviewer: 'u-2', action: 'approved' });
    const { record } = await read(await packOf(audit));
    const { required, done, reviewed, beforeEffect, changed, fourEyes, reviews } = record.oversight;
    expect({ required, done, reviewed, beforeEffect, changed, fourEyes, reviews }).toEqual({
      required: { part: 5, of: 6 },
      done: { part: 4, of: 5 },
      reviewed: { part: 5, of: 6 },
      // What took effect a minute ago was reviewed after that, whatever the review says.
      beforeEffect: { part: 4, of: 5 },
      changed: { part: 1, of: 5 },
      fourEyes: { part: 1, of: 5 },
      reviews: { byPersons: 6, byOthers: 1, outsideDecisions: 0 },
    });
    const kinds = record.exceptions.map(({ kind, count }) => [kind, count]);
    expect(kinds).toContainEqual(['reviewer_not_person', 1]);
    expect(kinds).toContainEqual(['review_missing', 1]);
  });

  test('names no person elsewhere either, nor what was written of one', async () => {
    const { audit } = memoryLog();
    audit.decision({ id: 'd-1', actor: 'max.mustermann', actorKind: 'person' }, (decision) => {
      decision.result('approved');
      decision.humanOversight({ reviewerKind: 'unknown', reviewer: 'erika.muster', action: 'approved' });
      decision.humanOversight({
        reviewerKind: 'person',
        reviewer: 'u-1',
        action: 'asked tom.todd',
      });
    });
    await audit.export(join(temporaryFolder(), 'earlier.jsonl'), { exportedBy: 'erika.muster' });
    const path = await packOf(audit);
    const { page } = await read(path);
    for (const name of ['max.mustermann', 'erika.muster', 'tom.todd']) expect(page).not.toContain(name);
    expect(textOf(page)).toContain('A decision was begun by a person');
    const { page: named } = await read(path, { names: true });
    for (const name of ['max.mustermann', 'erika.muster', 'tom.todd']) expect(named).toContain(name);
  });

  test('counts nothing by what was done where there are fewer than five reviews', async () => {
    const { audit } = memoryLog();
    for (let index = 0; index < 4; index++) review(audit, index, 'u-1');
    const path = await packOf(audit);
    const { record, page } = await read(path);
    expect(record.oversight).toMatchObject({ byAction: undefined, changed: undefined, reviewers: [] });
    expect(textOf(page)).toContain('Changed the result fewer than five reviews');
    expect(textOf(page)).not.toContain('Reviews by persons, by what they did');
  });

  test('of oneself is an exception, whoever began what', async () => {
    const { audit } = memoryLog();
    audit.decision({ id: 'd-1', actor: 'u-1', actorKind: 'person' }, (decision) => {
      decision.result('approved');
      decision.humanOversight({ reviewerKind: 'person', reviewer: 'u-1', action: 'approved' });
      decision.humanOversight({ reviewerKind: 'person', reviewer: 'u-2', initiatedBy: 'u-2', action: 'approved' });
      decision.humanOversight({ reviewerKind: 'person', reviewer: 'u-3', initiatedBy: 'u-2', action: 'approved' });
    });
    const { record } = await read(await packOf(audit));
    expect(record.exceptions.find(({ kind }) => kind === 'own_review')?.count).toBe(2);
  });

  test('a review that is signed by the key of its reviewer is told from one that is not', async () => {
    const reviewer = generateKey({ name: 'u-7731' });
    const other = generateKeyPairSync('ed25519').privateKey;
    const { audit } = memoryLog();
    const options = { reviewerKind: 'person', reviewer: 'u-7731', action: 'approved', note: 'seen' } as const;
    const signed = (decisionId: string, key: Parameters<typeof sign>[2]) => ({
      ...options,
      decisionId,
      signature: {
        vkey: reviewer.vkey,
        sig: sign(null, oversightMessage(LOG, { ...options, decisionId }), key).toString('base64'),
      },
    });
    for (const id of ['d-1', 'd-2', 'd-3']) audit.decision({ id }, (decision) => decision.result('approved'));
    audit.humanOversight(signed('d-1', reviewer.privateKey));
    audit.humanOversight(signed('d-2', other));
    // Moved to another decision.
    audit.humanOversight({ ...signed('d-1', reviewer.privateKey), decisionId: 'd-3' });
    audit.humanOversight({ ...options, decisionId: 'd-3' });
    const path = await packOf(audit);
    const { record } = await read(path, { reviewerKeys: [reviewer.vkey] });
    expect(record.report.ok).toBe(true);
    expect(record.oversight.signatures).toEqual({ signed: 1, unknown_key: 0, failed: 2, none: 1 });
    expect(record.exceptions.find(({ kind }) => kind === 'reviewer_signature')?.count).toBe(2);
    expect((await read(path)).record.oversight.signatures).toEqual({ signed: 0, unknown_key: 1, failed: 2, none: 1 });
  });
});

describe('the signature of a reviewer', () => {
  const jane = generateKey({ name: 'jane' });
  const options = { decisionId: 'd-1', reviewerKind: 'person', reviewer: 'jane', action: 'approved' } as const;
  const sig = sign(null, oversightMessage(LOG, options), jane.privateKey).toString('base64');
  const signed = { ...options, signature: { vkey: jane.vkey, sig } };

  async function signaturesOf(reviews: (audit: AuditLog) => void): Promise<RecordRead['oversight']['signatures']> {
    const { audit } = memoryLog();
    audit.decision({ id: 'd-1' }, (decision) => decision.result('approved'));
    reviews(audit);
    const { record } = await read(await packOf(audit), { reviewerKeys: [jane.vkey] });
    const failed = record.exceptions.find(({ kind }) => kind === 'reviewer_signature')?.count ?? 0;
    expect(failed).toBe(record.oversight.signatures.failed);
    return record.oversight.signatures;
  }

  test('does not stand for somebody else', async () => {
    const signatures = await signaturesOf((audit) => audit.humanOversight({ ...signed, reviewer: 'joe' }));
    expect(signatures).toEqual({ signed: 0, unknown_key: 0, failed: 1, none: 0 });
  });

  test('is not by another key of the same name', async () => {
    const other = generateKey({ name: 'jane' });
    const forged = sign(null, oversightMessage(LOG, options), other.privateKey).toString('base64');
    const signatures = await signaturesOf((audit) =>
      audit.humanOversight({ ...options, signature: { vkey: other.vkey, sig: forged } }),
    );
    expect(signatures).toEqual({ signed: 0, unknown_key: 0, failed: 1, none: 0 });
  });

  test('does not stand in another log', async () => {
    const elsewhere = sign(null, oversightMessage('other.example', options), jane.privateKey).toString('base64');
    const signatures = await signaturesOf((audit) =>
      audit.humanOversight({ ...options, signature: { vkey: jane.vkey, sig: elsewhere } }),
    );
    expect(signatures).toEqual({ signed: 0, unknown_key: 0, failed: 1, none: 0 });
  });

  test('is one over one review', async () => {
    const signatures = await signaturesOf((audit) => {
      audit.humanOversight(signed);
      audit.humanOversight(signed);
    });
    expect(signatures).toEqual({ signed: 1, unknown_key: 0, failed: 1, none: 0 });
  });

  test('does not stand outside of its decision', async () => {
    const signatures = await signaturesOf((audit) => {
      const { decisionId, ...outside } = signed;
      audit.humanOversight({ ...outside, decision_id: decisionId } as never);
    });
    expect(signatures).toEqual({ signed: 0, unknown_key: 0, failed: 1, none: 0 });
  });
});

test('a reconciliation that calls itself even is held to its numbers', async () => {
  const { audit } = memoryLog();
  const of = { source: 'core banking', metric: 'decisions', period: { from: new Date(0), to: new Date(1) } };
  audit.reconciliation({ ...of, expected: 12, recorded: 10, difference: 0 });
  audit.reconciliation({ ...of, expected: 12, recorded: 10 });
  audit.reconciliation({ ...of, expected: 10, recorded: 10 });
  // The types ask for both.
  audit.reconciliation({ ...of, expected: 10 } as never);
  const { record, page } = await read(await packOf(audit));
  expect(record.exceptions.find(({ kind }) => kind === 'reconciliation_difference')?.count).toBe(3);
  expect(textOf(page)).toContain(
    'Held against other counts 4 times; 2 differences, and 1 that does not say both numbers.',
  );
});

test('only numbers are added up to a cost', () => {
  const ran = new WhatRan();
  for (const amount of ['0.25', 0.25, '0x10', true, '', ' 7 ', '1e3', null]) {
    const payload = { outcome: 'ok', cost: { amount, currency: 'USD' } };
    ran.see({ entry: { type: 'llm_call', ts: '', seq: 0, payload } } as unknown as SeenEntry);
  }
  expect([...ran.end().cost]).toEqual([['USD', 0.5]]);
});

test('a result that a person gave is a change only where there was another one', async () => {
  const { audit } = memoryLog();
  for (let index = 0; index < 6; index++) {
    audit.decision({ id: `d-${index}` }, (decision) => decision.result('declined'));
    audit.humanOversight({
      decisionId: `d-${index}`,
      reviewerKind: 'person',
      reviewer: 'u-1',
      action: 'approved',
      finalResult: index < 4 ? 'approved' : 'declined',
    });
  }
  audit.decision({ id: 'open' }, () => {});
  audit.humanOversight({
    decisionId: 'open',
    reviewerKind: 'person',
    reviewer: 'u-1',
    action: 'approved',
    finalResult: 'approved',
  });
  const path = await packOf(audit);
  const { record } = await read(path);
  expect(record.oversight.changed).toEqual({ part: 4, of: 7 });
  expect(record.oversight.reviewers).toMatchObject([{ reviewer: 'R1', changed: { part: 4, of: 7 } }]);
  const dossierOf = async (id: string): Promise<string> => {
    const { record: of } = await read(path, { decisions: [id], leafHashes: true });
    const [story] = of.stories;
    if (story === undefined) throw new Error('no story');
    return textOf(dossierDocument(of, story, { digest: '' }));
  };
  expect(await dossierOf('d-0')).toContain('A person changed it: the result is now “approved”.');
  expect(await dossierOf('d-5')).not.toContain('A person changed it');
  expect(await dossierOf('open')).toContain('A person decided it: the result is “approved”.');
});

test('of reviews it says no more than was declared', async () => {
  const { audit } = memoryLog();
  audit.decision({ id: 'unsaid' }, () => {});
  audit.decision({ id: 'not-required', reviewRequired: false }, () => {});
  audit.decision({ id: 'by-model' }, () => {});
  audit.humanOversight({ decisionId: 'by-model', reviewerKind: 'model', reviewer: 'm', action: 'approved' });
  const { page } = await read(await packOf(audit));
  for (const said of [
    'not declared whether one is required, none made: 1',
    'declared that none is required, none made: 1',
    'reviewed, and not by a person: 1',
  ]) {
    expect(textOf(page)).toContain(said);
  }
});

test('an id of a decision that is used again is an exception', async () => {
  const { audit } = memoryLog();
  for (let index = 0; index < 2; index++) audit.decision({ id: 'd' }, (decision) => decision.result('approved'));
  const { record } = await read(await packOf(audit));
  expect(record.exceptions.map(({ kind, count }) => [kind, count])).toContainEqual(['decision_repeated', 1]);
});

test('a dossier of a part of the record does not tell what the rest may say', async () => {
  const { audit } = memoryLog();
  audit.decision({ id: 'd', reviewRequired: true, notice: { ref: 'n-1' } }, (decision) => decision.result('declined'));
  audit.humanOversight({
    decisionId: 'd',
    reviewerKind: 'person',
    reviewer: 'u',
    action: 'overridden',
    finalResult: 'approved',
  });
  const path = await packOf(audit);
  const { record } = await read(path, { decisions: ['d'], leafHashes: true });
  const [story] = record.stories;
  if (story === undefined) throw new Error('no story');
  const claims = [
    'holds no such review',
    'holds no notice',
    'gives no reasons',
    'is withheld or cut',
    'holds no end',
    'is not recorded.',
  ];
  const period = { ...record, header: { ...record.header, selection: { kind: 'period' } } };
  const left = { ...record, header: { ...record.header, selection: { kind: 'decision' }, not_included: ['s:4'] } };
  const empty = { ...story, begun: undefined, ended: undefined, reviews: [], steps: [] };
  for (const [of, what, said] of [
    [period, { ...empty, begun: story.begun }, 'This is a part of the record, by time'],
    [record, empty, 'The beginning of the decision is not in this part'],
    [left, { ...story, ended: undefined, reviews: [] }, '1 entry of this decision was not sealed yet'],
  ] as const) {
    const text = textOf(dossierDocument(of, what as typeof story, { digest: '' }));
    expect(text).toContain(said);
    for (const claim of claims) expect(text).not.toContain(claim);
  }
  expect(textOf(dossierDocument(record, empty, { digest: '' }))).not.toContain('The decision was begun on');
});

test('a dossier says what was too long to be recorded, and what is not recorded at all', async () => {
  const { audit } = memoryLog();
  audit.decision({ id: 'd', input: { text: 'x'.repeat(200_000) } }, (decision) => decision.result('declined'));
  const { record } = await read(await packOf(audit), { decisions: ['d'] });
  const [story] = record.stories;
  if (story === undefined) throw new Error('no story');
  const text = textOf(dossierDocument(record, story, { digest: '' }));
  expect(text).toContain('too long to be recorded whole: 200000');
  expect(text).toMatch(/The log is set up not to record: [^.]*messages/);
  expect(text).not.toContain('withheld or cut here');
});

test('a profile that the log does not declare is called that', async () => {
  const { audit } = memoryLog();
  audit.record({ note: 'x' });
  const { page } = await read(await packOf(audit, { profile: { role: 'deployer' } }));
  expect(textOf(page)).toContain('not one that the log declares');
});

test('a dossier of which entries are left out says so, and does not call that nothing', async () => {
  const { audit } = memoryLog();
  audit.decision({ id: 'd-1' }, (decision) => decision.result('approved'));
  const { record } = await read(await packOf(audit), { decisions: ['d-1'], leafHashes: true });
  const [story] = record.stories;
  if (story === undefined) throw new Error('no story');
  const whole = textOf(dossierDocument(record, story, { digest: '' }));
  expect(whole).toContain('The record names no data and no categories.');
  const cut = textOf(dossierDocument(record, { ...story, steps: [], stepsLeftOut: 3 }, { digest: '' }));
  expect(cut).toContain('3 entries are left out');
  for (const claim of ['names no data', 'withheld or cut here', 'is not recorded.']) expect(cut).not.toContain(claim);
});

describe('a name in the open', () => {
  test('leaves an entry in the log that says so', async () => {
    const folder = temporaryFolder();
    const directory = join(folder, 'audit');
    const keyFile = join(folder, 'audit.key');
    writeFileSync(keyFile, KEY.privateKey, { mode: 0o600 });
    const audit = directoryLog(directory);
    audit.decision({ id: 'd' }, (decision) => {
      decision.result('approved');
      decision.humanOversight({ reviewerKind: 'person', reviewer: 'jane.doe', action: 'approved' });
    });
    const pack = await packOf(audit);
    const page = join(folder, 'named.html');
    const refused = await spanseal(['report', pack, '-o', page, '--key', KEY.vkey, '--names']);
    expect(refused.code).toBe(2);
    const named = await spanseal([
      'report',
      pack,
      '-o',
      page,
      '--key',
      KEY.vkey,
      '--names',
      '--log',
      directory,
      '--signer',
      keyFile,
      '--performed-by',
      'u-12',
      '--purpose',
      'inspection',
    ]);
    expect(named).toMatchObject({ code: 0, stderr: '' });
    // Another log of that name records nothing of this one.
    const elsewhere = join(folder, 'elsewhere');
    const other = directoryLog(elsewhere);
    other.record({ note: 'x' });
    await other.close();
    const throwaway = ['--log', elsewhere, '--signer', keyFile];
    const thrown = await spanseal(['report', pack, '-o', `${page}.2`, '--key', KEY.vkey, '--names', ...throwaway]);
    expect({ code: thrown.code, said: thrown.stderr.includes('is not the log') }).toEqual({ code: 2, said: true });
    expect(existsSync(`${page}.2`)).toBe(false);
    expect(readFileSync(page, 'utf8')).toContain('jane.doe');
    const custody: unknown[] = [];
    for await (const entry of readLog(directory)) if (entry.type === 'custody') custody.push(entry.payload);
    expect(custody.at(-1)).toMatchObject({
      action: 'disclosed',
      performed_by: 'u-12',
      purpose: 'inspection',
      selection: { kind: 'reviewers' },
    });
  });
});

test('a call that several spans show is one, wherever it is counted', async () => {
  const { audit } = memoryLog();
  const provider = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit, { closeLog: false })] });
  const nested = (operation: string, attributes: Attributes, depth: number, fails: boolean): void => {
    let parent = ROOT_CONTEXT;
    const spans = Array.from({ length: depth }, (_, level) => {
      const span = provider
        .getTracer(`scope-${level}`)
        .startSpan(operation, { attributes: { 'gen_ai.operation.name': operation, ...attributes } }, parent);
      parent = trace.setSpan(parent, span);
      return span;
    });
    for (const span of spans.toReversed()) {
      if (fails) span.setStatus({ code: 2 }).setAttribute('error.type', '503');
      span.end();
    }
  };
  audit.decision({ id: 'd' }, (decision) => {
    nested('chat', { 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o' }, 2, true);
    nested('execute_tool', { 'gen_ai.tool.name': 'add', 'mcp.method.name': 'tools/call' }, 3, false);
    decision.result('ok');
  });
  const { record } = await read(await packOf(audit));
  expect(record.running.models.map(({ calls, errors }) => [calls, errors])).toEqual([[1, 1]]);
  expect(record.running.tools.map(({ uses }) => uses)).toEqual([1]);
  expect(record.stories[0]?.counts).toMatchObject({ llm_call: 1, tool_call: 1 });
  expect(record.exceptions.find(({ kind }) => kind === 'call_failed')?.count).toBe(1);
  expect(record.timeLine.reduce((sum, { calls }) => sum + calls, 0)).toBe(2);
});

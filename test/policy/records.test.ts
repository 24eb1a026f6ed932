import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import {
  AuditLog,
  BUILT_IN_POLICIES,
  exportPack,
  memorySink,
  policyRedactor,
  readLog,
  verifyPath,
  type Entry,
  type Policy,
} from '../../src/index.ts';
import { fc } from '../fast-check.ts';
import { schemaProblems } from '../schema/validate.ts';
import { directoryLog, KEY, memoryLog, ofType, SIGNER, temporaryFolder } from '../log.ts';

/** What a policy does to what is recorded. */

const ADDRESS = 'alice@example.com';
const CARD = '4111 1111 1111 1111';

const flagsIn = (entries: readonly Entry[]) => ofType(entries, 'policy_flag').map(({ payload }) => payload);

/** Whatever actions there are, in one policy. */
const EACH: Policy = {
  name: 'each',
  version: '7',
  actions: { email: 'allow', api_key: 'flag', credit_card: 'block', special_category: 'withhold', us_ssn: 'redact' },
};

describe('a log with a policy', () => {
  test('declares it, with the digest of all that it does', () => {
    const redactionOf = (policy?: Policy | 'gdpr') => {
      const { audit, sink } = memoryLog({ policy: policy ?? 'default' });
      audit.record({ note: 'x' });
      return ofType(sink.entries(), 'audit_open')[0]?.payload['redaction'] as { readonly digest: string };
    };
    const own: Policy = { name: 'own', actions: { email: 'redact' } };
    expect(redactionOf(own)).toEqual({
      policy: { name: 'own' },
      detectors: ['email'],
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const digests = [own, { ...own, actions: { email: 'flag' } } as const, { ...own, version: '2' }, undefined].map(
      (policy) => redactionOf(policy)?.digest,
    );
    expect(new Set(digests).size).toBe(4);
  });

  test('tells of what it took out, of what it left there, and of what it allows: with counts', async () => {
    const { audit, sink } = memoryLog({ policy: { ...EACH, actions: { ...EACH.actions, special_category: 'flag' } } });
    audit.record({ text: `${ADDRESS} ${ADDRESS} sk-proj-Aa0Bb1Cc2Dd3Ee4Ff5Gg6, ${CARD}, 123-45-6789` });
    const of = { applied_to: 'record', auto: true, policy: { name: 'each', version: '7' } };
    expect(flagsIn(sink.entries())).toMatchObject([
      {
        ...of,
        action: 'redacted',
        severity: 'warning',
        data: ['credit_card', 'us_ssn'],
        counts: { credit_card: 1, us_ssn: 1 },
      },
      { ...of, action: 'allowed', severity: 'info', data: ['email'], counts: { email: 2 } },
      { ...of, action: 'flagged', severity: 'critical', data: ['api_key'], counts: { api_key: 1 } },
    ]);
    const [record] = ofType(sink.entries(), 'decision_record');
    expect(record?.payload.data).toEqual({
      text: `${ADDRESS} ${ADDRESS} sk-proj-Aa0Bb1Cc2Dd3Ee4Ff5Gg6, [redacted:credit_card], [redacted:us_ssn]`,
    });
    await audit.close();
  });

  test('keeps a text beside the record that it withholds, which verifies with it and without', async () => {
    const directory = join(temporaryFolder(), 'audit');
    const audit = directoryLog(directory, { policy: EACH });
    audit.decision({ id: 'd-1', input: { note: `diabetes, ${CARD}`, age: 7 } }, (decision) => decision.result('ok'));
    audit.decision({ id: 'd-2', input: { note: 'nothing' } }, (decision) => decision.result('ok'));
    // What is no content cannot stand beside the record.
    audit.record({ note: 'diabetes' });
    await audit.close();
    const { report, entries } = await readBack(directory);
    expect(report).toMatchObject({ ok: true, verdicts: { disclosure: 'disclosed' } });
    const [first, second] = ofType(entries, 'decision');
    expect(first?.payload).not.toHaveProperty('input');
    expect(Object.keys(first?.sd ?? {})).toEqual(['/payload/input']);
    expect(second?.payload.input).toEqual({ note: 'nothing' });
    expect(ofType(entries, 'decision_record')[0]?.payload.data).toEqual({ note: '[redacted:health]' });
    expect(flagsIn(entries)[0]).toMatchObject({ action: 'redacted', data: ['credit_card'] });
    expect(flagsIn(entries)[1]).toMatchObject({
      reason: 'withheld beside the record',
      data: ['health'],
      counts: { health: 1 },
    });
    const pack = join(directory, '..', 'pack.jsonl');
    await exportPack(directory, pack, { signer: SIGNER, disclose: ['all'] });
    const text = readFileSync(pack, 'utf8');
    const [disclosure = ''] = /"\/payload\/input":"([A-Za-z0-9_-]{40,})"/.exec(text)?.slice(1) ?? [];
    expect(Buffer.from(disclosure, 'base64url').toString()).toMatch(/"diabetes, \[redacted:credit_card\]"/);
  });

  test('a name of a member in which something is found is told of each time', async () => {
    const { audit, sink } = memoryLog({ policy: { name: 'words', actions: { special_category: 'flag' } } });
    for (let index = 0; index < 3; index++) audit.record({ diabetes: true });
    expect(flagsIn(sink.entries()).length).toBe(3);
    await audit.close();
  });

  test("is read when it is first used, and ours are nobody's to change", async () => {
    const actions: { email: 'redact' | 'allow' } = { email: 'redact' };
    const { audit, sink } = memoryLog({ policy: { name: 'own', actions } });
    actions.email = 'allow';
    audit.record({ note: ADDRESS });
    expect(ofType(sink.entries(), 'decision_record')[0]?.payload.data).toEqual({ note: '[redacted:email]' });
    await audit.close();
    expect(() => Object.assign(BUILT_IN_POLICIES.strict.actions, { secret: 'allow' })).toThrow(TypeError);
    expect(() => Object.assign(BUILT_IN_POLICIES.strict, { actions })).toThrow(TypeError);
  });

  test('the name of a member says what its value is, and numbers are looked at', async () => {
    const directory = join(temporaryFolder(), 'audit');
    const audit = directoryLog(directory, { policy: 'default' });
    audit.decision({ id: 'd', input: { user: { password: 'hunter2!x', phones: ['2125550123'] } } }, (decision) => {
      decision.record({ card: 4_111_111_111_111_111, big: 4111111111111111n, count: 4_096, at: 1_764_336_000_000 });
    });
    await audit.close();
    const { report, entries } = await readBack(directory);
    expect(report.ok).toBe(true);
    expect(ofType(entries, 'decision')[0]?.payload.input).toEqual({
      user: { password: '[redacted:password]', phones: ['[redacted:phone]'] },
    });
    expect(ofType(entries, 'decision_record')[0]?.payload.data).toEqual({
      card: '[redacted:credit_card]',
      big: '[redacted:credit_card]',
      count: 4_096,
      at: 1_764_336_000_000,
    });
    expect(flagsIn(entries).map(({ data }) => data)).toEqual([['password', 'phone'], ['credit_card']]);
  });

  test('names count in content that is withheld, too, and numbers of the format stay numbers', async () => {
    const directory = join(temporaryFolder(), 'audit');
    const audit = directoryLog(directory, { capture: { retrieval: 'withheld' } });
    audit.contextAssembly({
      budget: 4_111_111_111_111_111,
      documents: [{ id: 'p', phone: '5551234567', contact: { phone: { number: '5551234567' } } }],
    });
    audit.reconciliation({
      source: 's',
      metric: 'm',
      period: { from: new Date(0), to: new Date(1) },
      expected: 4_111_111_111_111_111,
      recorded: 4_111_111_111_111_111,
    });
    await audit.close();
    const { entries } = await readBack(directory);
    for (const entry of entries) expect(schemaProblems(entry)).toEqual([]);
    const files = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
    expect(files.join('')).not.toContain('5551234567');
  });

  test('a redactor of your own is told the name', async () => {
    const seen: unknown[] = [];
    const { audit } = memoryLog({ redactor: (text, { member, name }) => (seen.push([member, name, text]), text) });
    audit.record({ user: { tags: ['a'], id: 7_654_321 }, note: 'b' });
    await audit.close();
    expect(seen).toEqual(
      expect.arrayContaining([
        ['data', 'tags', 'a'],
        ['data', 'id', '7654321'],
        ['data', 'note', 'b'],
        ['data', undefined, 'user'],
      ]),
    );
  });

  test('tells at construction what cannot be meant', () => {
    const make = (options: object) => () =>
      new AuditLog({ system: 'test', sink: memorySink(), warnUnsigned: false, ...options });
    expect(make({ policy: 'gdrp' })).toThrow('There is no policy');
    expect(make({ policy: 'gdpr', redactor: false })).toThrow('Give `policy` or `redactor`');
    const { disclosures: _, ...sink } = memorySink();
    expect(make({ policy: 'gdpr', sink })).toThrow('keeps no withheld values');
  });
});

async function readBack(directory: string) {
  const report = await verifyPath(directory, { keys: [KEY.vkey] });
  const entries: Entry[] = [];
  for await (const entry of readLog(directory)) entries.push(entry);
  return { report, entries };
}

describe('policyRedactor', () => {
  const field = { type: 'decision', member: 'input', withholdable: false };

  test('can be called by a redactor of your own, which tells of what was found', () => {
    const gdpr = policyRedactor('gdpr');
    const { audit, sink } = memoryLog({ redactor: (text, of) => (of.member === 'data' ? gdpr(text, of) : text) });
    audit.record({ note: ADDRESS });
    expect(flagsIn(sink.entries())).toMatchObject([{ data: ['email'], counts: { email: 1 } }]);
  });

  test('finds nothing to take out of what it gave', () => {
    const text = fc
      .array(fc.oneof(fc.string(), fc.constantFrom(ADDRESS, CARD, '@', 'sk-proj-Aa0Bb1Cc2', '://a:b', '%40')))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.constantFrom('default', 'gdpr', 'pci', 'strict' as const), (given, policy) => {
        const redactor = policyRedactor(policy);
        const once = redactor(given, field);
        const kept = typeof once === 'string' ? once : once.text;
        const twice = redactor(kept, field);
        expect(typeof twice === 'string' ? twice : twice.text).toBe(kept);
      }),
      { numRuns: 2_000 },
    );
  });
});

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { directoryLog, KEY, memoryLog, temporaryFolder } from '../log.ts';
import { triage } from '../report/triage.ts';
import { spanseal } from './spanseal.ts';

/** Commands that show what is in evidence: report, check, sample, dossier, view. */

async function triagePack(decisions = 24): Promise<string> {
  const pack = join(temporaryFolder(), 'pack.jsonl');
  const { audit } = triage({ decisions });
  await audit.export(pack);
  await audit.close();
  return pack;
}

const key = ['--key', KEY.vkey];

describe('spanseal report', () => {
  test('writes one page, and says of a forged pack that it does not hold', async () => {
    const pack = await triagePack();
    const page = join(temporaryFolder(), 'report.html');
    const { code, stdout } = await spanseal(['report', pack, '-o', page, ...key]);
    expect(code).toBe(0);
    expect(stdout).toContain(createHash('sha256').update(readFileSync(pack)).digest('hex'));
    expect(readFileSync(page, 'utf8')).toContain('<!doctype html>');
    expect((await spanseal(['report', pack, '-o', page, ...key])).code).toBe(3);
    expect((await spanseal(['report', pack, '-o', pack, '--overwrite', ...key])).code).toBe(3);
    expect(readFileSync(pack, 'utf8')).toMatch(/^\{"pack":/);
    writeFileSync(pack, readFileSync(pack, 'utf8').replace('"result":"declined"', '"result":"approved"'));
    const forged = await spanseal(['report', pack, '-o', page, '--overwrite', ...key]);
    expect(forged.code).toBe(1);
    expect(forged.stdout).toContain('does not hold: integrity');
    expect((await spanseal(['report', pack, '-o', page, '--overwrite', '--json'])).code).toBe(1);
  });

  test('gives a page to the decisions that are asked for, and counts all', async () => {
    const pack = await triagePack();
    const page = join(temporaryFolder(), 'report.html');
    expect((await spanseal(['report', pack, '-o', page, ...key, '--decision', 'loan-4003'])).code).toBe(0);
    const text = readFileSync(page, 'utf8');
    expect([...text.matchAll(/<article class="decision" id="[^"]+"/g)].length).toBe(1);
    expect(text).toContain('Decision loan-4003');
    expect(text).toContain('decisions in this file whose record declares it');
    expect(text).toContain('6 of 24');
  });

  test('is of a pack, and of nothing else', async () => {
    const { audit, sink } = memoryLog();
    audit.record({ note: 'one' });
    await audit.close();
    const [name = ''] = sink.list();
    const segment = join(temporaryFolder(), `${name}.jsonl`);
    writeFileSync(segment, sink.bytes(name));
    const { code, stderr } = await spanseal(['report', segment, '-o', join(temporaryFolder(), 'x.html')]);
    expect({ code, said: stderr.includes('no evidence pack') }).toEqual({ code: 2, said: true });
  });
});

test.each(['report', 'check', 'sample', 'dossier'])(
  'spanseal %s ends with a code and a word on what is no evidence',
  async (command) => {
    const folder = temporaryFolder();
    const page = join(folder, 'page.html');
    const further: Readonly<Record<string, readonly string[]>> = {
      report: ['-o', page, '--overwrite'],
      check: ['--no-exceptions', 'all'],
      sample: ['--n', '3', '--seed', 's'],
      dossier: ['--decision', 'd', '-o', page, '--overwrite'],
    };
    const texts = [
      '',
      '\u0000\n',
      '{}\n',
      '{"pack":{}}\n',
      '{"segment":{"name":"x"}}\n',
      '{"pack":{"frameworks":7,"profile":[1],"created":3,"period":3,"selection":7,"catalogue":1}}\n{"summary":{"controls":7,"population":3}}\n',
    ];
    for (const [index, text] of texts.entries()) {
      const file = join(folder, `${index}.jsonl`);
      writeFileSync(file, text);
      const { code, stdout, stderr } = await spanseal([command, file, ...(further[command] ?? [])]);
      // What calls itself a pack lacks the decision that is asked for.
      expect(command === 'dossier' ? [1, 3] : [1]).toContain(code);
      expect(`${stdout}${stderr}`).not.toMatch(/^\s+at /m);
      expect(`${stdout}${stderr}`).not.toBe('');
    }
  },
);

describe('spanseal check', () => {
  test('is a gate over evidence and exceptions', async () => {
    const pack = await triagePack();
    const check = (...args: string[]) => spanseal(['check', pack, ...key, ...args]);
    expect(await check('--require', 'EU-AIA-12.1=direct', '--no-exceptions', 'gap,recovery')).toMatchObject({
      code: 0,
    });
    const missing = await check('--require', 'EU-AIA-12.1=direct', '--require', 'EU-AIA-4a.1=contextual');
    expect(missing.code).toBe(1);
    expect(missing.stdout).toMatch(/✗ EU-AIA-4a\.1/);
    // What it finds of a control that is not in force yet, or not this operator's, it says and does not judge.
    expect(missing.stdout).toMatch(/✓ EU-AIA-12\.1 .*not applicable/s);
    const excepted = await check('--no-exceptions', 'review_missing');
    expect(excepted.code).toBe(1);
    expect((await check('--no-exceptions', 'all', '--json')).code).toBe(1);
  });

  test('fails on a pack that does not verify, and is silent about nothing', async () => {
    const pack = await triagePack();
    const asked = ['--require', 'EU-AIA-12.1=direct'];
    const unkeyed = await spanseal(['check', pack, ...asked]);
    expect(unkeyed.code).toBe(4);
    expect(unkeyed.stdout).toContain('intact, and no key was given');
    writeFileSync(pack, readFileSync(pack, 'utf8').replace('"result":"declined"', '"result":"approved"'));
    expect((await spanseal(['check', pack, ...key, ...asked])).code).toBe(1);
  });

  test.each([
    [[], 'check needs --require'],
    [['--require', 'EU-AIA-12.1'], 'write <control>=<strength>'],
    [['--require', 'EU-AIA-12.1=strong'], 'strengths are direct, supporting, contextual'],
    [['--no-exceptions', 'gaps'], 'did you mean gap?'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, stderr } = await spanseal(['check', 'x.jsonl', ...args]);
    expect({ code, said: stderr.replace(/\s+/g, ' ').includes(message) }).toEqual({ code: 2, said: true });
  });

  test('asks of a control that there is not, and says which may be meant', async () => {
    const { code, stdout } = await spanseal(['check', await triagePack(2), ...key, '--require', 'EU-AIA-12.l=direct']);
    expect(code).toBe(1);
    expect(stdout.replace(/\s+/g, ' ')).toContain('did you mean EU-AIA-12.1?');
  });
});

describe('spanseal sample', () => {
  test('draws what anybody draws who has the seed', async () => {
    const pack = await triagePack(40);
    const { code, stdout } = await spanseal(['sample', pack, '--n', '5', '--seed', 'dice 4 2 6', ...key]);
    expect(code).toBe(0);
    const ids = Array.from({ length: 40 }, (_, index) => `loan-${4_000 + index}`);
    const rank = (id: string): string => createHash('sha256').update(`dice 4 2 6\n${id}`).digest('hex');
    expect(stdout.trim().split('\n')).toEqual(
      ids.toSorted((left, right) => (rank(left) < rank(right) ? -1 : 1)).slice(0, 5),
    );
    const declined = await spanseal([
      'sample',
      pack,
      '--n',
      '99',
      '--seed',
      's',
      '--result',
      'declined',
      '--json',
      ...key,
    ]);
    expect(JSON.parse(declined.stdout)).toMatchObject({
      decisions: 40, // One of the eight failed before it decided.
      population: 7,
      ok: true,
    });
  });

  test('needs to know how many, and a seed', async () => {
    expect((await spanseal(['sample', 'x', '--n', '5'])).stderr).toContain('--seed');
    expect((await spanseal(['sample', 'x', '--seed', 'a', '--n', '0'])).code).toBe(2);
  });
});

describe('spanseal dossier', () => {
  test('tells one decision to the person it is about, from a pack and from a log', async () => {
    const folder = temporaryFolder();
    const directory = join(folder, 'audit');
    const audit = directoryLog(directory, { operator: 'Acme Bank AG', capture: { decisionInput: 'withheld' } });
    audit.decision(
      {
        id: 'loan-1',
        decisionType: 'credit_application',
        automation: 'solely_automated',
        effect: 'legal',
        reviewRequired: true,
        input: { income: 1 },
      },
      (decision) => {
        decision.result('declined', { reasonCodes: ['income_unverified'] });
        decision.humanOversight({
          reviewerKind: 'person',
          reviewer: 'jane.doe',
          action: 'overridden',
          finalResult: 'approved',
        });
      },
    );
    audit.decision({ id: 'loan-2' }, (decision) => decision.result('approved'));
    const pack = join(folder, 'loan-1.jsonl');
    await audit.export(pack, { decision: 'loan-1', disclose: ['all'] });
    await audit.close();
    for (const [source, withheld] of [
      [pack, false],
      [directory, true],
    ] as const) {
      const path = join(folder, `${String(withheld)}.html`);
      const { code } = await spanseal(['dossier', source, '--decision', 'loan-1', '-o', path, ...key]);
      expect(code).toBe(0);
      const text = readFileSync(path, 'utf8')
        .replace(/<style>[\s\S]*?<\/style>|<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ');
      expect(text).toContain('The result is “declined”. A person changed it: the result is now “approved”.');
      expect(text).toContain('By the record the decision was made by machine alone.');
      expect(text).toContain('income unverified');
      expect(text).toContain('By the record it has legal effects for you.');
      expect(text).toContain('People reviewed it.');
      expect(text.includes('withheld by the operator when this copy was made')).toBe(withheld);
      expect(text.includes('&quot;income&quot;: 1')).toBe(!withheld);
      expect(text).not.toContain('jane.doe');
      expect(text).not.toContain('loan-2');
    }
    const none = await spanseal(['dossier', pack, '--decision', 'x', '-o', join(folder, 'none.html')]);
    expect({ code: none.code, written: existsSync(join(folder, 'none.html')) }).toEqual({ code: 3, written: false });
  });
});

test('spanseal view says where the page is', async () => {
  const { code, stdout } = await spanseal(['view', '--print'], {});
  expect(code).toBe(0);
  expect(readFileSync(stdout.trim(), 'utf8')).toContain('Verify an audit record');
});

test('spanseal export takes the profile that lies there under its usual name, and refuses one that is none', async () => {
  const folder = temporaryFolder();
  const audit = directoryLog(join(folder, 'audit'));
  audit.decision({ id: 'd' }, (decision) => decision.result('approved'));
  await audit.close();
  writeFileSync(join(folder, 'spanseal.profile.json'), '{"role":"deployer","risk_class":"annex_iii"}');
  const made = await spanseal(['export', 'audit', '-o', 'pack.jsonl'], { cwd: folder });
  expect(made.code).toBe(0);
  expect(readFileSync(join(folder, 'pack.jsonl'), 'utf8').split('\n')[0]).toContain('"risk_class":"annex_iii"');
  writeFileSync(join(folder, 'spanseal.profile.json'), '{"risk_clas":"annex_iii"}');
  const refused = await spanseal(['export', 'audit', '-o', 'other.jsonl'], { cwd: folder });
  expect({ code: refused.code, stderr: refused.stderr.replace(/\s+/g, ' ') }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no member `risk_clas`; did you mean `risk_class`?'),
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { directorySink } from '../../exporters/segment-file.ts';
import { DISCLOSE } from '../../src/cli/disclose.ts';
import { ERASE } from '../../src/cli/erase.ts';
import { EXPORT } from '../../src/cli/export.ts';
import { HOLD, RELEASE } from '../../src/cli/hold.ts';
import { INSPECT } from '../../src/cli/inspect.ts';
import { VERIFY } from '../../src/cli/verify.ts';
import { readLog, verifyPath, type Entry } from '../../src/index.ts';
import { expectToFit } from '../cli/spanseal.ts';
import { directoryLog, KEY, ofType, temporaryFolder } from '../log.ts';
import { helpText, run } from './command.ts';
import { disclosuresIn } from './disclosures.ts';

const keys = [KEY.vkey];

/** A closed log with two decisions, and the file of its key. */
async function logWithKey(): Promise<{
  directory: string;
  segment: string;
  signer: string[];
  at: (name: string) => string;
}> {
  const folder = temporaryFolder();
  const directory = join(folder, 'audit');
  const audit = directoryLog(directory, { capture: { decisionInput: 'withheld', decisionOutput: 'withheld' } });
  for (const name of ['Alina', 'Bela']) {
    audit.decision({ id: `d-${name}`, subjectRef: name, input: { name } }, (d) =>
      d.result('approved', { output: name }),
    );
  }
  await audit.close();
  const keyFile = join(folder, 'log.key');
  writeFileSync(keyFile, KEY.privateKey, { mode: 0o600 });
  const [segment = ''] = directorySink(directory).list();
  return { directory, segment, signer: ['--signer', keyFile], at: (name) => join(folder, name) };
}

async function entriesOf(directory: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of readLog(directory)) entries.push(entry);
  return entries;
}

const TRIGGER = ['--trigger', 'data_subject_request'];

test.each([DISCLOSE, ERASE, HOLD, RELEASE])('$name explains itself', (command) => {
  const help = helpText(command);
  expect(help).toContain('Examples');
  expectToFit(help);
});

describe('spanseal erase', () => {
  test('says first, and does it when it is told to', async () => {
    const { directory, segment, signer } = await logWithKey();
    const said = await run(ERASE, directory, '--subject', 'Alina', ...TRIGGER);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(said.stdout).toContain('Nothing was done; with --yes this would be erased: 2 values');
    expect(said.stdout).toContain(`${segment}:1 /payload/input`);
    expectToFit(said.stdout);
    expect(disclosuresIn(directorySink(directory), segment)).toHaveLength(4);
    expect(await entriesOf(directory)).toHaveLength(7);
    const unsigned = await run(ERASE, directory, '--subject', 'Alina', ...TRIGGER, '--yes');
    expect(unsigned.code).toBe(2);
    expect(unsigned.stderr).toContain('--signer');
    const done = await run(
      ERASE,
      directory,
      '--subject',
      'Alina',
      ...TRIGGER,
      '--yes',
      ...signer,
      '--requested-at',
      '2026-11-23T09:30:00Z',
      '--request-ref',
      'dsr-7',
      '--approved-by',
      'dpo',
      '--actor',
      'u-12',
      '--legal-basis',
      'GDPR 17',
    );
    expect(done.code).toBe(0);
    expect(done.stdout).toContain('Erased, and recorded: 2 values');
    expect(disclosuresIn(directorySink(directory), segment)).toHaveLength(2);
    const [erasure] = ofType(await entriesOf(directory), 'erasure');
    expect(erasure?.payload).toMatchObject({
      actor: 'u-12',
      request_ref: 'dsr-7',
      approved_by: 'dpo',
      legal_basis: 'GDPR 17',
    });
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: true, values: { erased: 2, disclosed: 2 } });
    const again = await run(ERASE, directory, '--subject', 'Alina', ...TRIGGER, '--yes', ...signer, '--json');
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ outcome: 'nothing', values: [] });
  });

  test('records a refusal', async () => {
    const { directory, segment, signer } = await logWithKey();
    const args = [
      directory,
      '--entry',
      `${segment}:1`,
      ...TRIGGER,
      '--refuse',
      '--legal-basis',
      'kept for 10 years',
      ...signer,
    ];
    expect((await run(ERASE, ...args)).stdout).toContain('a refusal would be recorded');
    expect(await run(ERASE, ...args, '--yes')).toMatchObject({ code: 0 });
    expect(ofType(await entriesOf(directory), 'erasure')[0]?.payload).toMatchObject({ outcome: 'refused' });
    expect(disclosuresIn(directorySink(directory), segment)).toHaveLength(4);
  });

  test.each([
    [['--decision', 'd', '--subject', 's', ...TRIGGER], /one of --entry, --decision and --subject/],
    [['--entry', 'x:1', ...TRIGGER], /is no entry/],
    [['--decision', 'd'], /needs --trigger/],
    [['--decision', 'd', ...TRIGGER, '--value', 'mesages'], /did you mean messages/],
    [['--decision', 'd', ...TRIGGER, '--requested-at', 'yesterday'], /is no time/],
  ])('is used wrongly with %j', async (args, message) => {
    const { directory } = await logWithKey();
    const ended = await run(ERASE, directory, ...args);
    expect(ended.code).toBe(2);
    expect(ended.stderr.replaceAll(/\s+/g, ' ')).toMatch(message);
  });
});

describe('spanseal hold and release', () => {
  test('stop an erasure, and let it go', async () => {
    const { directory, signer } = await logWithKey();
    const held = await run(HOLD, directory, '--request-ref', 'case-9', '--performed-by', 'legal', ...signer);
    expect(held).toMatchObject({ code: 0, stderr: '' });
    expect(held.stdout).toContain('case-9 on the log since');
    const erased = await run(ERASE, directory, '--decision', 'd-Bela', ...TRIGGER, '--yes', ...signer);
    expect(erased.code).toBe(1);
    expect(erased.stdout).toContain('Held, and recorded; nothing was erased');
    expect((await run(RELEASE, directory, '--request-ref', 'case-8', ...signer)).code).toBe(2);
    const released = await run(RELEASE, directory, '--request-ref', 'case-9', ...signer);
    expect(released.stdout).toContain('No hold stands.');
    expect((await run(ERASE, directory, '--decision', 'd-Bela', ...TRIGGER, '--yes', ...signer)).code).toBe(0);
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: true, values: { erased: 2 } });
  });
});

describe('spanseal disclose', () => {
  test('gives what somebody can check who has the segment, and records who got it', async () => {
    const { directory, segment, signer, at } = await logWithKey();
    const file = at(`${segment}.disclosures.jsonl`);
    const given = await run(
      DISCLOSE,
      directory,
      '--entry',
      `${segment}:1`,
      '-o',
      file,
      '--recipient',
      'court',
      ...signer,
    );
    expect(given).toMatchObject({ code: 0, stdout: '' });
    expect(given.stderr).toContain('Recorded in the log.');
    writeFileSync(at(`${segment}.jsonl`), readFileSync(join(directory, `${segment}.jsonl`)));
    expect((await verifyPath(at(`${segment}.jsonl`), { keys })).values).toMatchObject({ disclosed: 1, withheld: 3 });
    const custody = ofType(await entriesOf(directory), 'custody');
    expect(custody[0]?.payload).toMatchObject({
      action: 'disclosed',
      recipient: 'court',
      selection: { kind: 'entry', segment, seq: 1, pointers: ['/payload/input'] },
    });
    expect((await run(DISCLOSE, directory, '--entry', `${segment}:1`, '-o', file)).stderr).toContain('exists');
  });

  test('prints it, and says that it is not recorded without the key', async () => {
    const { directory, segment } = await logWithKey();
    const given = await run(DISCLOSE, directory, '--entry', `${segment}:1`, '--pointer', '/payload/input');
    expect(JSON.parse(given.stdout)).toMatchObject({ pointer: '/payload/input', seq: 1 });
    expect(given.stderr).toContain('Not recorded');
    expect((await run(DISCLOSE, directory, '--entry', `${segment}:0`)).code).toBe(3);
    expect((await run(DISCLOSE, directory, '--entry', `${segment}:1`, '--pointer', 'messages')).code).toBe(3);
    expect((await run(DISCLOSE, directory, '--entry', `${'2'.repeat(8)}T000000Z-${'0'.repeat(16)}:1`)).code).toBe(2);
    expect((await run(DISCLOSE, directory)).code).toBe(2);
  });
});

describe('spanseal verify', () => {
  test('says how many values are what', async () => {
    const { directory, signer } = await logWithKey();
    await run(ERASE, directory, '--decision', 'd-Bela', '--value', 'decisionInput', ...TRIGGER, '--yes', ...signer);
    const verified = await run(VERIFY, directory, '--key', KEY.vkey);
    expect(verified.code).toBe(0);
    expect(verified.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'disclosure erased Some values were erased, as the log records. 3 disclosed, 1 erased.',
    );
    expectToFit(verified.stdout);
  });
});

describe('spanseal inspect', () => {
  test('shows that an entry withholds, and what was done', async () => {
    const { directory, signer } = await logWithKey();
    await run(ERASE, directory, '--decision', 'd-Bela', ...TRIGGER, '--yes', ...signer);
    const { stdout } = await run(INSPECT, directory);
    expect(stdout).toMatch(/decision +d-Alina +withheld: input\n/);
    expect(stdout).toMatch(/erasure +- +data_subject_request · done\n/);
  });
});

describe('spanseal export', () => {
  test('--disclose puts values into the pack', async () => {
    const { directory, signer, at } = await logWithKey();
    const pack = at('pack.jsonl');
    expect((await run(EXPORT, directory, '-o', pack, '--disclose', 'decisionInput', ...signer)).code).toBe(0);
    expect((await verifyPath(pack, { keys })).values).toMatchObject({ disclosed: 2, withheld: 2 });
    expect((await run(EXPORT, directory, '-o', at('other.jsonl'), '--disclose', 'decisionInptu', ...signer)).code).toBe(
      2,
    );
  });
});

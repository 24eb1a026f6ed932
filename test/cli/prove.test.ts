import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { AuditLog, ed25519Signer, readLog } from '../../src/index.ts';
import { LOG, makeKey, runNode, spanseal, STANDALONE, testFolder } from './spanseal.ts';

const { folder, at } = testFolder();

let key: ReturnType<typeof makeKey>;
let directory: string;
let entry: string;

beforeAll(async () => {
  key = makeKey(folder);
  directory = at('audit');
  const signer = ed25519Signer({ privateKey: readFileSync(key.keyFile, 'utf8') });
  const audit = new AuditLog({ system: 'loans', log: LOG, directory, signer });
  audit.decision({ id: 'loan-1' }, (decision) => decision.result('approved'));
  audit.decision({ id: 'loan-2' }, (decision) => decision.result('declined'));
  await audit.close();
  for await (const { type, seq, payload } of readLog(directory)) {
    if (type === 'audit_open') entry = `${payload.segment}:${seq + 1}`;
  }
});

describe('spanseal prove', () => {
  it('writes a line and its proof, which verify.mjs checks alone', async () => {
    const name = at('approval');
    const made = await spanseal(['prove', directory, '--entry', entry, '-o', name]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(`${name}.tlog-proof`, 'utf8')).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex 1\n/);
    const files = ['--proof', `${name}.tlog-proof`];
    const judge = (...more: string[]) => runNode([STANDALONE, `${name}.jsonl`, ...files, ...more]);
    const held = await judge('--key', key.vkeyFile);
    expect(held.code).toBe(0);
    expect(held.stdout.replace(/\s+/g, ' ')).toContain('Result: this entry is in the log. What else is in it');
    expect(JSON.parse((await judge('--key', key.vkey, '--json')).stdout)).toMatchObject({ ok: true, seq: 1, log: LOG });
    expect(await judge()).toMatchObject({ code: 4, stdout: expect.stringContaining('NOT AUTHENTICATED') });
    expect(await judge('--live')).toMatchObject({ code: 2, stderr: expect.stringContaining('--live speaks of a log') });
    writeFileSync(`${name}.jsonl`, readFileSync(`${name}.jsonl`, 'utf8').replace('loan-1', 'loan-3'));
    expect(await judge('--key', key.vkey)).toMatchObject({ code: 1, stdout: expect.stringContaining('(inclusion)') });
    const again = await spanseal(['prove', directory, '--entry', entry, '-o', name]);
    expect(again).toMatchObject({ code: 3, stderr: expect.stringContaining('exists') });
  });

  it('says what names no entry, and what is not there', async () => {
    expect(await spanseal(['prove', directory, '--entry', '17'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('names no entry'),
    });
    const beyond = entry.replace(/:1$/, ':999');
    expect(await spanseal(['prove', directory, '--entry', beyond])).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('spanseal export --decision', () => {
  it('packs one decision, and its report says what that does not show', async () => {
    const pack = join(folder, 'dossier.jsonl');
    const made = await spanseal(['export', directory, '-o', pack, '--decision', 'loan-1', '--signer', key.keyFile]);
    expect(made.code).toBe(0);
    expect(readFileSync(pack, 'utf8')).not.toContain('loan-2');
    const report = await spanseal(['verify', pack, '--key', key.vkey]);
    const text = report.stdout.replace(/\s+/g, ' ');
    expect(report.code).toBe(0);
    expect(text).toContain('entries of the decision loan-1, each proved by itself');
    expect(text).toContain('these entries are in the log; that there are no others is not shown');
    expect(text).toContain('Each entry is in the tree of its checkpoint');
    expect(text).not.toContain('every sealed root recomputes');
    const none = await spanseal(['export', directory, '-o', at('none.jsonl'), '--decision', 'loan-9']);
    expect(none).toMatchObject({ code: 3, stderr: expect.stringContaining('loan-9') });
  });
});

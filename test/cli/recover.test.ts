import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { readLog } from '../../src/index.ts';
import { expectToFit, LOG, testFolder, makeKey, makeLog, runNode, segmentFiles, spanseal } from './spanseal.ts';

const { folder, at } = testFolder();

let key: ReturnType<typeof makeKey>;

beforeAll(() => {
  key = makeKey(folder);
});

const INDEX = JSON.stringify(resolve('dist/src/index.js'));

/** A writer of a signed log; `then` says how it ends. */
function writer(directory: string, then: string, first = ''): string {
  return `
    ${first}
    const { AuditLog, ed25519Signer } = await import(${INDEX});
    const audit = new AuditLog({ system: 'loan-triage', log: ${JSON.stringify(LOG)}, environment: 'staging',
      legalRole: 'reseller', operator: 'Acme', directory: ${JSON.stringify(directory)}, warnUnsigned: false,
      signer: ed25519Signer({ keyFile: ${JSON.stringify(key.keyFile)} }) });
    audit.record({ before: true });
    await audit.flush();
    audit.record({ after: true });
    ${then}
  `;
}

const KILL = "process.kill(process.pid, 'SIGKILL');";
const ELSEWHERE = `
  const os = await import('node:os');
  os.default.hostname = () => 'another-host';
  (await import('node:module')).syncBuiltinESMExports();
`;

/** Leaves the segment of a process that was killed. Returns its name. */
async function crash(directory: string, script: string = writer(directory, KILL)): Promise<string> {
  const before = existsSync(directory) ? segmentFiles(directory) : [];
  await runNode(['--input-type=module', '--eval', script]).catch(() => undefined);
  const [left = ''] = segmentFiles(directory).filter((file) => !before.includes(file));
  return left.replace('.jsonl', '');
}

async function recoveriesIn(directory: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of readLog(directory)) if (entry.type === 'recovery') found.push(entry.payload.segment);
  return found;
}

const verify = async (directory: string): Promise<number> =>
  (await spanseal(['verify', directory, '--key', key.vkey])).code;

describe('spanseal recover', () => {
  it('records what a killed process left, once, and the log verifies', async () => {
    const directory = at('killed');
    const segment = await crash(directory);
    expect(await verify(directory)).toBe(1);
    const { code, stdout } = await spanseal(['recover', directory, '--signer', key.keyFile]);
    expect(code).toBe(0);
    expect(stdout).toContain(segment);
    expect(stdout).toMatch(/found +5 entries, 3 of them sealed/);
    expect(stdout).toMatch(/recorded +entry \d+ of \S+/);
    expectToFit(stdout);
    expect(await recoveriesIn(directory)).toEqual([segment]);
    expect(await verify(directory)).toBe(0);
    const again = await spanseal(['recover', directory, '--signer', key.keyFile]);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to recover') });
    expect(segmentFiles(directory)).toHaveLength(2);
  });

  it('declares what the log declares, and nothing of its own', async () => {
    const directory = at('declared');
    await crash(directory);
    await spanseal(['recover', directory, '--signer', key.keyFile]);
    const openings = [];
    for await (const entry of readLog(directory)) if (entry.type === 'audit_open') openings.push(entry.payload);
    expect(openings).toHaveLength(2);
    const declared = ['system', 'log', 'key', 'environment', 'legal_role', 'legal_role_text', 'operator'];
    for (const member of declared) expect(openings[1]?.[member]).toBe(openings[0]?.[member]);
  });

  it('records each of several once, and those of a log without a key', async () => {
    const directory = at('several');
    // Killed in the turn of the event loop in which it began: it had no time for the one before it.
    const script = `
      const { AuditLog } = await import(${INDEX});
      new AuditLog({ system: 'x', directory: ${JSON.stringify(directory)}, warnUnsigned: false }).record({});
      ${KILL}`;
    const segments = [await crash(directory, script), await crash(directory, script), await crash(directory, script)];
    expect(await recoveriesIn(directory)).toEqual([]);
    expect((await spanseal(['recover', directory])).code).toBe(0);
    expect((await recoveriesIn(directory)).sort()).toEqual(segments.toSorted());
    expect((await spanseal(['verify', directory, '--allow-unsigned'])).code).toBe(0);
  });

  it('only says what it would do with --dry-run', async () => {
    const directory = at('dry');
    const segment = await crash(directory);
    const { code, stdout } = await spanseal(['recover', directory, '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toContain(segment);
    expect(stdout).toContain('1 recovery would be recorded (--dry-run)');
    expect(segmentFiles(directory)).toEqual([`${segment}.jsonl`]);
  });

  it('leaves the segment of a running process alone', async () => {
    const directory = at('running');
    const child = spawn(
      process.execPath,
      ['--input-type=module', '--eval', writer(directory, "console.log('up'); setInterval(() => {}, 1000);")],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      await new Promise((up) => child.stdout.once('data', up));
      const { code, stdout, stderr } = await spanseal(['recover', directory, '--signer', key.keyFile]);
      expect(code).toBe(1);
      expect(stdout).toMatch(/is left alone:/);
      expect(stdout.replace(/\s+/g, ' ')).toContain(`process ${child.pid} of this host is writing it`);
      expect(stderr).toContain('--force');
      expect(segmentFiles(directory)).toHaveLength(1);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('leaves that of another host alone unless it is told', async () => {
    const directory = at('foreign');
    const [foreign, own] = [await crash(directory, writer(directory, KILL, ELSEWHERE)), await crash(directory)];
    const { code, stdout } = await spanseal(['recover', directory, '--signer', key.keyFile]);
    expect(code).toBe(1);
    expect(stdout.replace(/\s+/g, ' ')).toContain(`${foreign} is left alone: it was written on another-host`);
    expect(await recoveriesIn(directory)).toEqual([own]);
    const told = await spanseal(['recover', directory, '--signer', key.keyFile, '--segment', foreign, '--force']);
    expect(told.code).toBe(0);
    expect((await recoveriesIn(directory)).sort()).toEqual([foreign, own].sort());
    expect(await verify(directory)).toBe(0);
  });

  it('records a segment without a first line', async () => {
    const directory = at('empty');
    await makeLog(directory, key.keyFile);
    const name = '20991231T235959Z-0123456789abcdef';
    writeFileSync(join(directory, `${name}.jsonl`), '{"payload":{"a');
    const { code, stdout } = await spanseal(['recover', directory, '--signer', key.keyFile]);
    expect(code).toBe(1);
    expect(stdout).toContain('left alone');
    expect((await spanseal(['recover', directory, '--signer', key.keyFile, '--force'])).code).toBe(0);
    expect(await recoveriesIn(directory)).toEqual([name]);
  });

  it('refuses what cannot be meant', async () => {
    const directory = at('refused');
    const segment = await crash(directory);
    const other = makeKey(folder, 'other');
    const refused: readonly (readonly [readonly string[], number, RegExp])[] = [
      [[], 2, /recover needs <directory>/],
      [[at('missing')], 3, /is no directory/],
      [[folder], 3, /There is no segment in/],
      [[directory], 2, /is signed, and what is added to it must be: give its private key with --signer/],
      [[directory, '--signer', other.keyFile], 2, /is not the one that the log .* is sealed with/],
      [[directory, '--segment', '20200101T000000Z-0123456789abcdef'], 2, /There is no segment/],
      [[directory, '--segment', '../x'], 2, /There is no segment/],
    ];
    for (const [args, code, message] of refused) {
      const ended = await spanseal(['recover', ...args]);
      expect({ args, code: ended.code }).toEqual({ args, code });
      expect(ended.stderr.replace(/\s+/g, ' ')).toMatch(message);
    }
    expect(segmentFiles(directory)).toEqual([`${segment}.jsonl`]);
    expect(existsSync(at('missing'))).toBe(false);
  });
});

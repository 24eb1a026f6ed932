import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { AuditLog, exportPack } from '../../src/index.ts';
import {
  expectHarmless,
  HOSTILE,
  linesOf,
  LOG,
  MAIN,
  testFolder,
  makeKey,
  makeLog,
  segmentFiles,
  spanseal,
  writeLines,
} from './spanseal.ts';

const { folder, at } = testFolder();

let directory: string;
let segment: string;
let pack: string;

beforeAll(async () => {
  const { keyFile } = makeKey(folder);
  directory = at('audit');
  await makeLog(directory, keyFile);
  await makeLog(directory, keyFile);
  segment = join(directory, segmentFiles(directory)[0] ?? '');
  pack = at('pack.jsonl');
  // Without the key: nothing is added to the log.
  await exportPack(directory, pack);
});

describe('spanseal inspect', () => {
  it('shows a line for each entry, and that nothing is verified', async () => {
    const { code, stdout, stderr } = await spanseal(['inspect', segment]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('not verified');
    const rows = stdout.split('\n').filter((line) => /^ +\d+  \d\d:\d\d:\d\d\.\d{3}  /.test(line));
    expect(rows.map((row) => row.trim().split(/ +/).slice(2, 4).join(' '))).toEqual([
      'audit_open -',
      'decision loan-1',
      'decision_record loan-1',
      'context_assembly loan-1',
      'decision_end loan-1',
      'policy_flag -',
      'human_oversight loan-1',
      'audit_close -',
      'seal -',
    ]);
    expect(rows[0]).toContain('loan-triage · production · high');
    expect(rows[1]).toContain('by triage-agent (agent) · review required');
    expect(rows[4]).toContain('completed · referred · income_unverified');
    expect(rows[5]).toContain('critical · blocked · special-category data');
    expect(rows[6]).toContain('approved · by u-7731 (person)');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('shows all segments of a directory, and of a pack the same', async () => {
    const [ofDirectory, ofPack] = await Promise.all([spanseal(['inspect', directory]), spanseal(['inspect', pack])]);
    const rows = (text: string): string[] => text.split('\n').filter((line) => /^ +\d+  |^20/.test(line));
    expect(rows(ofDirectory.stdout).length).toBe(2 * 9 + 2);
    expect(rows(ofPack.stdout)).toEqual(rows(ofDirectory.stdout));
    for (const file of segmentFiles(directory)) expect(ofPack.stdout).toContain(file.replace('.jsonl', ''));
    expect(ofPack.stdout).toMatch(/Evidence pack [0-9a-f-]{36} of acme\.example/);
  });

  it('filters by type and by decision', async () => {
    const types = await spanseal(['inspect', directory, '-t', 'policy_flag', '--type', 'seal', '--json']);
    expect(
      types.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type),
    ).toEqual(['policy_flag', 'seal', 'policy_flag', 'seal']);
    const decision = await spanseal(['inspect', segment, '--decision', 'loan-1']);
    expect(decision.stdout).toContain('5 of 9 entries.');
    expect((await spanseal(['inspect', segment, '--decision', 'loan'])).stdout).toContain('0 of 9 entries.');
    expect((await spanseal(['inspect', segment, '--decision', 'loa…'])).stdout).toContain('5 of 9 entries.');
    expect((await spanseal(['inspect', segment, '-d', 'loan-1', '-t', 'decision_end'])).stdout).toContain('1 of 9');
  });

  it('prints the lines of the entries as they are with --json', async () => {
    const files = segmentFiles(directory).flatMap((file) => linesOf(join(directory, file)));
    const ofDirectory = await spanseal(['inspect', directory, '--json']);
    expect(ofDirectory.stdout.split('\n').slice(0, -1)).toEqual(files);
    expect(ofDirectory.stderr).toContain('not verified');
    expect((await spanseal(['inspect', pack, '--json'])).stdout).toBe(ofDirectory.stdout);
  });

  it('never prints hostile text as it is', async () => {
    await makeLog(at('hostile'), undefined, HOSTILE);
    await exportPack(at('hostile'), at('hostile.jsonl'));
    for (const path of [at('hostile'), at('hostile.jsonl')]) {
      const { code, stdout, stderr } = await spanseal(['inspect', path]);
      expect(code).toBe(0);
      expect(stdout).toContain('\\u{1b}[2J');
      expectHarmless(stdout);
      expectHarmless(stderr);
    }
  });

  it('goes on behind a line that is no entry, and exits 1', async () => {
    const lines = linesOf(segment);
    writeLines(at('odd.jsonl'), [...lines.slice(0, 2), '{"x":"\\u001b"}', 'not \u001b[31m json', ...lines.slice(2)]);
    writeFileSync(at('odd.jsonl'), '{"v":1,"to', { flag: 'a' });
    const { code, stdout, stderr } = await spanseal(['inspect', at('odd.jsonl')]);
    expect(code).toBe(1);
    expect(stdout).toContain('9 entries.');
    expect(stderr).toMatch(/odd\.jsonl:3: no entry: /);
    expect(stderr).toMatch(/odd\.jsonl:4: no entry: /);
    expect(stderr).toMatch(/odd\.jsonl:12: an unfinished line/);
    expect(stderr).toContain('3 lines are no entry');
    expectHarmless(stderr);
  });

  it('says what it cannot read, and what it does not know', async () => {
    expect((await spanseal(['inspect', at('missing')])).code).toBe(3);
    expect((await spanseal(['inspect'])).code).toBe(2);
    const type = await spanseal(['inspect', segment, '--type', 'decison']);
    expect(type.code).toBe(2);
    expect(type.stderr).toContain('did you mean decision?');
  });

  it('ends without a word when its reader has seen enough', async () => {
    const many = at('many');
    const audit = new AuditLog({ system: 'many', log: LOG, directory: many, warnUnsigned: false });
    for (let index = 0; index < 5_000; index++) audit.record({ index, text: 'x'.repeat(100) });
    await audit.close();
    const child = spawn(process.execPath, [MAIN, 'inspect', many, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });
});

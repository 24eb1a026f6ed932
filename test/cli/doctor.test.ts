import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { AuditLog, ed25519Signer, exportPack, type AuditLogOptions } from '../../src/index.ts';
import {
  expectHarmless,
  expectToFit,
  HOSTILE,
  linesOf,
  LOG,
  makeKey,
  makeLog,
  segmentFiles,
  spanseal,
  testFolder,
  writeLines,
} from './spanseal.ts';

const { folder, at } = testFolder();

interface Answer {
  readonly entries: number;
  readonly segments: number;
  readonly verified: boolean;
  readonly findings: readonly { readonly code: string; readonly severity: string; readonly todo: string }[];
}

async function codesOf(path: string): Promise<string[]> {
  const { stdout } = await spanseal(['doctor', path, '--json']);
  return (JSON.parse(stdout) as Answer).findings.map(({ code }) => code);
}

let directory: string;
let keyFile: string;

beforeAll(async () => {
  ({ keyFile } = makeKey(folder));
  directory = at('audit');
  await makeLog(directory, keyFile);
});

function openLog(path: string, options: Partial<AuditLogOptions> = {}): AuditLog {
  const settings = { system: 'loan-triage', log: LOG, directory: path, signer: ed25519Signer({ keyFile }) };
  return new AuditLog({ ...settings, ...options } as AuditLogOptions);
}

describe('spanseal doctor', () => {
  it('tells what is wrong, worst first, with what to do, and that it believes the log', async () => {
    const { code, stdout, stderr } = await spanseal(['doctor', directory]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('believed, not verified: spanseal verify');
    expect(stdout).not.toContain('\u001b');
    // No tracer has ever given it a span.
    expect(stdout).toContain('✗ problem  no_spans\n  No span reached the log.\n  → Start the telemetry');
    expect(stdout.indexOf('no_spans')).toBeLessThan(stdout.indexOf('✓ ok  capture'));
    expect(stdout).toMatch(/\n1 problem, 0 warnings, 0 notes in 9 entries of 1 segment\.\n$/);
    expectToFit(stdout);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('tells a program the same', async () => {
    const { code, stdout } = await spanseal(['doctor', directory, '--json']);
    expect(code).toBe(1);
    const answer = JSON.parse(stdout) as Answer;
    expect(answer).toMatchObject({ entries: 9, segments: 1, verified: false });
    expect(answer.findings.map(({ code: each }) => each)).toEqual(['no_spans', 'capture']);
  });

  it('of a directory, a segment and a pack', async () => {
    await exportPack(directory, at('pack.jsonl'));
    const all = await codesOf(directory);
    expect(await codesOf(join(directory, segmentFiles(directory)[0] ?? ''))).toEqual(all);
    expect(await codesOf(at('pack.jsonl'))).toEqual(all);
  });

  it('exits 0 where there is no problem, however many warnings', async () => {
    const audit = openLog(at('counted'), { environment: 'production' });
    audit.tally.spanStarted();
    audit.tally.spanEnded();
    audit.decision({ id: 'loan-1', reviewRequired: true }, () => {});
    audit.humanOversight({ decisionId: 'loan-1', action: 'approved' });
    await audit.close();
    const { code, stdout } = await spanseal(['doctor', at('counted')]);
    expect(stdout).toContain('! warning  reviewer_unknown');
    expect(stdout).toContain('0 problems, 1 warning');
    expect(code).toBe(0);
  });

  it('knows a segment whose process is gone from one that is being written', async () => {
    const audit = openLog(at('open'));
    audit.flag('x');
    expect(await codesOf(at('open'))).toContain('segments_open');
    mkdirSync(at('dead'));
    const [file = ''] = segmentFiles(at('open'));
    // The process of that segment started at another time than the one that has its number.
    const text = readFileSync(join(at('open'), file), 'utf8').replace(/"start_ticks":\d+/, '"start_ticks":1');
    writeFileSync(join(at('dead'), file), text);
    const { stdout } = await spanseal(['doctor', at('dead')]);
    expect(stdout).toContain('✗ problem  segments_abandoned');
    expect(stdout).toContain('spanseal recover');
    await audit.close();
    expect(await codesOf(at('open'))).not.toContain('segments_open');
  });

  it('goes on behind lines that are no entries', async () => {
    cpSync(directory, at('odd'), { recursive: true });
    const file = join(at('odd'), segmentFiles(directory)[0] ?? '');
    const lines = linesOf(file);
    writeFileSync(file, '{"torn', { flag: 'a' });
    const torn = await spanseal(['doctor', at('odd')]);
    expect(torn.stdout).toContain('· note  unreadable_lines');
    writeLines(file, [...lines.slice(0, 3), 'not \u001b[31m json', ...lines.slice(3)]);
    const bad = await spanseal(['doctor', at('odd')]);
    expect(bad.stdout).toContain('✗ problem  unreadable_lines');
    expect(bad.stdout).toContain(':4: no entry');
  });

  it('never prints hostile text as it is', async () => {
    await makeLog(at('hostile'), undefined, HOSTILE);
    for (const args of [[], ['--json']]) {
      const { stdout, stderr } = await spanseal(['doctor', at('hostile'), ...args]);
      expectHarmless(stdout);
      expectHarmless(stderr);
    }
    const pending = openLog(at('pending'));
    pending.decision({ id: `loan${HOSTILE}`, reviewRequired: true }, () => {});
    await pending.close();
    const { stdout } = await spanseal(['doctor', at('pending')]);
    expect(stdout).toContain('loan\\u{1b}[2J');
    expectHarmless(stdout);
  });

  it('says what it cannot read, and what is wrong usage', async () => {
    expect((await spanseal(['doctor', at('missing')])).code).toBe(3);
    expect((await spanseal(['doctor'])).code).toBe(2);
    expect((await spanseal(['doctor', directory, '--jsno'])).code).toBe(2);
    writeFileSync(at('empty'), '');
    const empty = await spanseal(['doctor', at('empty')]);
    expect(empty.code).toBe(1);
    expect(empty.stdout).toContain('no_entries');
  });
});

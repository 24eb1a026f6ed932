import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, expect, test } from 'vitest';

import type { Entry, Report } from '../../src/index.ts';
import { temporaryFolder } from '../log.ts';
import { entriesIn, HOLDS, verifiedIn } from './left-behind.ts';
import { repositoryFile, runExample } from './run-node.ts';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));

const verified = (file: string): Promise<Report> => verifiedIn(folder, file);
const entries = (): Promise<Entry[]> => entriesIn(folder);

test('node-sdk: the log and a batch processor see the same spans', async () => {
  const run = await runExample('examples/node-sdk.mjs', [folder]);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(run.stdout.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^audit log: \d+ entries sealed$/),
    'tracing backend: ai.generateText.doGenerate',
    'tracing backend: ai.generateText',
    'audit log: ai.generateText.doGenerate (llm_call)',
    'audit log: ai.generateText (agent_invocation)',
  ]);
  expect(await verified('audit')).toMatchObject(HOLDS);
});

test('first-minute: tells the mistakes of its set-up, and nothing else', async () => {
  const run = await runExample('examples/first-minute.mjs', [folder]);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  const told = run.stdout.split('\n').filter((line) => /^(?:problem|warning) /.test(line));
  expect(told.map((line) => line.split(':')[0])).toEqual([
    'problem environment_development',
    'warning processor_not_first',
    'warning span_limits_low',
    'warning unsigned',
  ]);
  expect(run.stdout).toContain('Attribute values are cut at 256 characters.\n  → ');
});

test.each(['SIGTERM', 'SIGINT'] as const)('export-on-shutdown: %s leaves a pack that verifies', async (signal) => {
  let sent = false;
  const run = await runExample('examples/export-on-shutdown.mjs', [folder], (child, stdout) => {
    if (sent || !stdout.includes('working\n')) return;
    sent = true;
    setTimeout(() => child.kill(signal), 400);
  });
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(run.stdout).toBe(`working\nexported ${join(folder, 'evidence.jsonl')}\n`);
  const report = await verified('evidence.jsonl');
  expect(report).toMatchObject({ ...HOLDS, kind: 'pack', pack: { header: { purpose: 'internal_audit' } } });
  expect(report.segments).toMatchObject([{ state: 'closed' }]);
  const calls = (await entries()).filter((entry) => entry.type === 'llm_call');
  expect(calls.length).toBeGreaterThan(1);
  // The call that was under way is in the pack, as what it was.
  expect(calls.map(({ payload }) => payload.outcome)).toEqual([...calls.slice(1).map(() => 'ok'), 'unended']);
  // That the pack was made is on record, in a segment after those that it holds.
  expect(readdirSync(join(folder, 'audit'))).toHaveLength(2);
  expect(await verified('audit')).toMatchObject(HOLDS);
});

test('later-oversight: decided, found and reviewed by three processes', async () => {
  const example = 'examples/later-oversight.mjs';
  expect(await runExample(example, ['decide', folder])).toEqual({ status: 0, stdout: '', stderr: '' });
  const waiting = await runExample(example, ['pending', folder]);
  expect(waiting).toMatchObject({ status: 0, stderr: '' });
  const [id = '', result, since, ...more] = waiting.stdout.trimEnd().split(/[ \n]/);
  expect([result, more]).toEqual(['refund_granted', []]);
  expect(new Date(since ?? '').toISOString()).toBe(since);

  expect(await runExample(example, ['review', folder, id, 'u-7'])).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(await runExample(example, ['pending', folder])).toEqual({ status: 0, stdout: '', stderr: '' });
  const reviews = (await entries()).filter(({ type }) => type === 'human_oversight');
  expect(reviews).toMatchObject([{ decision_id: id, payload: { reviewer: 'u-7', action: 'approved' } }]);
  const again = await runExample(example, ['review', folder, id, 'u-8']);
  expect(again.status).toBe(1);
  expect(again.stderr).toContain(`No decision ${id} awaits a review.`);
  expect(await verified('audit')).toMatchObject(HOLDS);
  expect((await runExample(example)).status).toBe(2);
});

test('business-events: everything an application says of itself', async () => {
  const run = await runExample('examples/business-events.mjs', [folder]);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  const lines = run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\d+ /, ''))
    .filter((line) => !line.startsWith('seal'));
  // The timers of the two that run at once are their own affair: each decision's entries are in order.
  const of = (id: string): string[] => lines.filter((line) => line.split(' ')[1] === id);
  expect(of('-')).toEqual(['audit_open -', 'change - model', 'incident - detected', 'audit_close -']);
  expect(of('claim-1')).toEqual([
    'decision claim-1',
    'context_assembly claim-1',
    'decision_record claim-1',
    'decision_end claim-1 completed',
    'human_oversight claim-1 reversed',
  ]);
  expect(of('claim-1/fraud')).toEqual([
    'decision claim-1/fraud',
    'decision_record claim-1/fraud',
    'decision_end claim-1/fraud completed',
  ]);
  expect(of('claim-2')).toEqual(['decision claim-2', 'policy_flag claim-2 blocked', 'decision_end claim-2 completed']);
  expect(of('claim-3')).toEqual(['decision claim-3', 'decision_record claim-3', 'decision_end claim-3 failed']);
  expect(lines).toHaveLength(4 + 5 + 3 + 3 + 3);
  const nested = (await entries()).find((entry) => entry.decision_id === 'claim-1/fraud');
  expect(nested).toMatchObject({ type: 'decision', payload: { parent_decision_id: 'claim-1' } });
  expect(await verified('audit')).toMatchObject(HOLDS);
});

test('guard: one agent is blocked, one redacted, one flagged', async () => {
  const run = await runExample('examples/guard.mjs', [folder]);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(run.stdout).toContain('The model was asked 2 times:');
  expect(run.stdout).not.toMatch(/4111 1111|alice/);
  for (const line of [
    'claim-1: credit_card blocked in model_input by pci',
    'claim-2: email redacted in model_input by gdpr',
    'claim-3: prompt_injection flagged in model_input by default',
  ]) {
    expect(run.stdout).toContain(line);
  }
  expect(await verified('audit')).toMatchObject(HOLDS);
});

test('an example that is given no folder makes one', async () => {
  expect(await runExample('examples/business-events.mjs')).toMatchObject({ status: 0, stderr: '' });
});

test('the README lists every example, and each one says what it shows', () => {
  const examples = repositoryFile('examples');
  const readme = readFileSync(join(examples, 'README.md'), 'utf8');
  for (const name of readdirSync(examples).filter((each) => each !== 'README.md' && !each.startsWith('.'))) {
    const isFile = name.endsWith('.mjs');
    expect(readme, name).toContain(`(${isFile ? name : `${name}/`}`);
    const files = isFile ? [name] : readdirSync(join(examples, name)).filter((each) => each.endsWith('.mjs'));
    for (const file of files) {
      const path = isFile ? join(examples, name) : join(examples, name, file);
      expect(readFileSync(path, 'utf8'), path).toMatch(/^\/\/ [A-Za-z`]/);
    }
  }
});

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, expect, test } from 'vitest';

import type { Entry } from '../../src/index.ts';
import { ofType, temporaryFolder } from '../log.ts';
import { entriesIn, HOLDS, verifiedIn } from './left-behind.ts';
import { repositoryFile, runExample, runNode } from './run-node.ts';

/** Examples of where applications run: bundled, frozen, for weeks, eight times over, untouched. */

let folder: string;
beforeEach(() => (folder = temporaryFolder()));

/** Types of what is on record of a decision, in order. */
const trail = (entries: readonly Entry[], id: string | undefined): string[] =>
  entries.filter((entry) => entry.decision_id === id).map(({ type }) => type);

const segments = (): string[] => readdirSync(join(folder, 'audit'));

test('nextjs: two bundles, one log; streams end their decisions', async () => {
  const run = await runExample('examples/nextjs/run.mjs', [folder]);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(run.stdout).toMatch(/^2 responses before the first byte of any\n/);
  expect(readdirSync(repositoryFile('examples/nextjs')).filter((name) => name.startsWith('.next'))).toEqual([]);

  expect(segments()).toHaveLength(1);
  const entries = await entriesIn(folder);
  const decisions = ofType(entries, 'decision');
  expect(decisions.map(({ payload }) => payload.input)).toEqual([
    'How do I reset my password?',
    'How do I close my account?',
    'How long is the warranty?',
  ]);
  const [first, second, left] = decisions.map(({ decision_id: id }) => id);
  const whole = ['decision', 'llm_call', 'agent_invocation', 'decision_end'];
  expect(trail(entries, first)).toEqual(whole);
  expect(trail(entries, second)).toEqual(whole);
  // Of a client that left, the call may still be open when the log closes: it is recorded all the same, in its decision.
  expect(trail(entries, left)[0]).toBe('decision');
  expect(trail(entries, left).sort()).toEqual([...whole].sort());
  expect(ofType(entries, 'llm_call').map(({ decision_id: id }) => id)).toHaveLength(3);
  for (const call of ofType(entries, 'llm_call')) expect([first, second, left]).toContain(call.decision_id);
  expect(ofType(entries, 'decision_end').map(({ payload }) => payload.result)).toEqual([
    'answered',
    'answered',
    undefined,
  ]);
  expect(await verifiedIn(folder)).toMatchObject(HOLDS);
});

test('lambda: frozen after each answer and killed while frozen, and all is sealed', async () => {
  const run = await runExample('examples/lambda/run.mjs', [folder]);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(run.stdout.split('\n').slice(3)).toEqual([
    'e-1 completed',
    'e-2 failed',
    'e-3 completed',
    'killed while frozen: 0 entries unsealed, the last line is a seal',
    '',
  ]);
  const entries = await entriesIn(folder);
  expect(trail(entries, 'e-1')).toEqual(['decision', 'llm_call', 'agent_invocation', 'decision_end']);
  expect(trail(entries, 'e-2')).toContain('llm_call');
  // Nobody closed the segment: that is all there is to say of it, until the next process on this machine says so itself.
  const report = await verifiedIn(folder);
  expect(report.problems.map(({ code }) => code)).toEqual(['segment_open']);
  expect(report.segments).toMatchObject([{ state: 'open' }]);
  const asLive = { ok: true, problems: [], verdicts: { authenticity: 'signed', completeness: 'open' } };
  expect(await verifiedIn(folder, 'audit', { live: true })).toMatchObject(asLive);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  'worker: generators, a reader that leaves, and %s in the middle',
  async (signal) => {
    let sent = false;
    const run = await runExample('examples/worker.mjs', [folder], (child, stdout) => {
      if (sent || !stdout.includes('job-3: under way')) return;
      sent = true;
      child.kill(signal);
    });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout.trimEnd().split('\n')).toEqual([
      'job-1: read to its end',
      'job-2: its reader left',
      'job-3: under way',
      `closed on ${signal}`,
    ]);
    const entries = await entriesIn(folder);
    expect(trail(entries, 'job-1')).toEqual([
      'decision',
      'llm_call',
      'agent_invocation',
      'decision_record',
      'decision_end',
    ]);
    const ends = new Map(ofType(entries, 'decision_end').map(({ decision_id: id, payload }) => [id, payload.outcome]));
    expect(Object.fromEntries(ends)).toEqual({ 'job-1': 'completed', 'job-2': 'completed', 'job-3': 'unended' });
    for (const { decision_id: id } of ofType(entries, 'llm_call')) expect(ends.has(id)).toBe(true);
    expect(entries.filter(({ type }) => type === 'audit_close')).toMatchObject([{ payload: { reason: 'signal' } }]);
    expect(await verifiedIn(folder)).toMatchObject({ ...HOLDS, segments: [{ state: 'closed' }] });
  },
);

test('cluster: eight processes, eight segments, and of any two one names the other', async () => {
  const run = await runExample('examples/cluster.mjs', [folder]);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(run.stdout).toMatch(/^40 decisions in 8 segments\n/);
  const opened = ofType(await entriesIn(folder), 'audit_open').map(({ payload }) => payload);
  expect(new Set(opened.map(({ process }) => (process as { pid: number }).pid)).size).toBe(8);
  const pairs = new Set(
    opened.flatMap(({ segment, siblings = [] }) => siblings.map((other) => [segment, other.segment].sort().join(' '))),
  );
  expect(pairs.size).toBe((8 * 7) / 2);
  const report = await verifiedIn(folder);
  expect(report).toMatchObject(HOLDS);
  expect(report.segments.map(({ state }) => state)).toEqual(Array.from({ length: 8 }, () => 'closed'));
});

test('zero-code: an application without telemetry, and its call is signed for', async () => {
  const run = await runExample('examples/zero-code/run.mjs', [folder]);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(run.stdout).toMatch(/^.+\nllm_call gpt-4o-2024-08-06 ok @opentelemetry\/instrumentation-openai\n$/);
  expect(await verifiedIn(folder)).toMatchObject(HOLDS);
});

test('your-own: a user’s tests with Node’s runner, the same every time', async () => {
  for (let time = 0; time < 2; time++) {
    const run = await runNode(['--test', repositoryFile('examples/your-own.test.mjs')], {});
    expect(run.status, run.stdout).toBe(0);
    expect(run.stdout).toMatch(/^(#|ℹ) pass 4$/m);
  }
});

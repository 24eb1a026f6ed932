import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startProvider, type StandInProvider } from '../../examples/provider/stand-in-provider.mjs';
import { generateKey, readLog, verifyPath, type Entry } from '../../src/index.ts';
import { repositoryFile } from '../examples/run-node.ts';

/**
 * A fleet on one machine: services in processes of their own, each with its own log and key, and HTTP between them. One
 * decision goes through front, middle and back; `deaf` stands beside them and accepts nobody's.
 */

const NAMES = ['front', 'middle', 'back', 'deaf'] as const;
type Name = (typeof NAMES)[number];

let folder: string;
let provider: StandInProvider;
const vkeys = new Map<Name, string>();
const urls = new Map<Name, string>();
const processes: ChildProcess[] = [];

async function start(name: Name, accepted: string, next?: Name): Promise<void> {
  const args = [repositoryFile('test/fleet/service.mjs'), name, folder, provider.url, accepted];
  const child = spawn(process.execPath, next === undefined ? args : [...args, urls.get(next) ?? ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(child);
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  urls.set(name, line.trim());
}

async function ask(name: Name, path = '', headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const response = await fetch(`${urls.get(name)}/${path}`, { method: 'POST', headers });
  expect([response.status, await response.text()]).toEqual([200, 'It is.']);
}

async function entriesOf(name: Name): Promise<Entry[]> {
  const found: Entry[] = [];
  for await (const entry of readLog(join(folder, name))) found.push(entry);
  return found;
}

/** What is on record of one trace: type, decision and what it rests on. */
const said = (entries: readonly Entry[]): unknown[] =>
  entries.map(({ type, decision_id: id, payload }) => [
    type,
    id,
    (payload as Readonly<Record<string, unknown>>)['decision_basis'],
  ]);

/** What anybody can send. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['no baggage at all', ';;;,,,==='],
  ['no decision', 'spanseal.decision='],
  ['an encoding that is none', 'spanseal.decision=acme.example%2Ffront%20%E0%A4%A'],
  ['a log without an id', 'spanseal.decision=acme.example%2Ffront'],
  ['an id without a log', 'spanseal.decision=%20stolen'],
  ['an id that is too long', `spanseal.decision=acme.example%2Ffront%20${'x'.repeat(300)}`],
  ['a value that is too long for baggage', `spanseal.decision=acme.example%2Ffront%20${'y'.repeat(5_000)}`],
  ['more baggage than there may be', Array.from({ length: 300 }, (_, at) => `k${at}=v`).join(',')],
  ['another log', 'spanseal.decision=evil.example%2Ffront%20stolen'],
  ['a log that is no name', 'spanseal.decision=acme.example%2Ffr%0Aont%20stolen'],
  ['another name in capitals', 'Spanseal.Decision=acme.example%2Ffront%20stolen'],
];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spanseal-fleet-'));
  provider = await startProvider({ answer: 'It is.' });
  for (const name of NAMES) {
    const key = generateKey({ name: `acme.example/${name}` });
    writeFileSync(join(folder, `${name}.key`), key.privateKey, { mode: 0o600 });
    vkeys.set(name, key.vkey);
  }
  await start('back', 'acme.example/front');
  await start('middle', 'acme.example/front', 'back');
  await Promise.all([start('front', '-', 'middle'), start('deaf', '-', 'back')]);

  await Promise.all([ask('front', 'loan-1'), ask('front', 'loan-2')]);
  await ask('deaf', '', { baggage: 'spanseal.decision=acme.example%2Ffront%20loan-3' });
  for (const [, baggage] of HOSTILE) await ask('back', '', { baggage });

  for (const child of processes) child.kill('SIGTERM');
  await Promise.all(processes.map(async (child) => child.exitCode ?? (await once(child, 'exit'))));
});

afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await provider.close();
  rmSync(folder, { recursive: true });
});

test.each(['loan-1', 'loan-2'])('%s went through all of them, and each says on what ground', async (id) => {
  const front = (await entriesOf('front')).filter((entry) => entry.decision_id === id);
  expect(said(front)).toEqual([
    ['decision', id, undefined],
    ['decision_record', id, undefined],
    ['llm_call', id, undefined],
    ['agent_invocation', id, undefined],
    ['decision_end', id, undefined],
  ]);
  const traces = new Set(front.flatMap(({ trace_id: trace }) => trace ?? []));
  for (const name of ['middle', 'back'] as const) {
    const entries = (await entriesOf(name)).filter((entry) => entry.decision_id === id);
    expect(said(entries), name).toEqual([
      ['decision_record', id, 'baggage'],
      ['llm_call', id, 'baggage'],
      ['agent_invocation', id, 'baggage'],
    ]);
    for (const { trace_id: trace } of entries) traces.add(trace ?? '');
  }
  expect(traces.size).toBe(1);
});

test('a service that accepts none has none; the one behind it believes the header that it passes on', async () => {
  const deaf = (await entriesOf('deaf')).filter(({ type }) => type === 'llm_call' || type === 'decision_record');
  expect(deaf).toHaveLength(2);
  for (const entry of deaf) expect(entry).not.toHaveProperty('decision_id');
  const passedOn = (await entriesOf('back')).filter((entry) => entry.decision_id === 'loan-3');
  expect(passedOn).toHaveLength(3);
});

describe('baggage that anybody can send', () => {
  test.each(HOSTILE.map(([what], at) => [what, at] as const))(
    '%s: the work is recorded, without a decision',
    async (_, at) => {
      const records = (await entriesOf('back')).filter(({ type }) => type === 'decision_record');
      const record = records.slice(-HOSTILE.length)[at];
      expect(record).toMatchObject({ payload: { data: { service: 'back' } } });
      expect(record).not.toHaveProperty('decision_id');
      expect(record?.payload).not.toHaveProperty('decision_basis');
    },
  );

  test('leaves nothing of itself in the log', async () => {
    expect(JSON.stringify(await entriesOf('back'))).not.toMatch(/stolen|xxxx|yyyy|evil/);
  });
});

test.each(NAMES)('the log of %s verifies by its own key, and by no other', async (name) => {
  const own = await verifyPath(join(folder, name), { keys: [vkeys.get(name) ?? ''] });
  expect(own).toMatchObject({ ok: true, problems: [], verdicts: { authenticity: 'signed', completeness: 'holds' } });
  const other = vkeys.get(NAMES.find((each) => each !== name) ?? 'front') ?? '';
  expect(await verifyPath(join(folder, name), { keys: [other] })).toMatchObject({ ok: false });
});

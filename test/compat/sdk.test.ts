import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readLog, verifyPath, type Entry } from '../../src/index.ts';
import { generateKey } from '../../src/signer.ts';
import { repositoryFile, runExample } from '../examples/run-node.ts';
import { ofType, temporaryFolder } from '../log.ts';

const SDKS = [
  ['sdk-1', '@opentelemetry/sdk-trace-base', '1.30.'],
  ['sdk-2', '@opentelemetry/sdk-trace-base', '2.'],
  ['sdk-3', '@opentelemetry/sdk-trace', '3.'],
] as const;

const KEY = generateKey({ name: 'compat' });

/** Runs the scenario with the SDK, in a process of its own; the log verifies, and the process has said nothing. */
async function entriesOf(sdk: string): Promise<Entry[]> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'audit.key'), KEY.privateKey, { mode: 0o600 });
  const run = await runExample(`test/compat/${sdk}/app/run.mjs`, [folder]);
  expect(run).toEqual({ status: 0, stdout: '', stderr: '' });
  const report = await verifyPath(join(folder, 'audit'), { keys: [KEY.vkey] });
  expect(report).toMatchObject({ ok: true, problems: [], segments: [{ state: 'closed' }] });
  const entries: Entry[] = [];
  for await (const entry of readLog(join(folder, 'audit'))) entries.push(entry);
  return entries;
}

/** Without what differs between two runs of one program: times, hashes, seals by the clock; ids by their first use. */
function comparable(entries: readonly Entry[]): unknown {
  const ids = new Map<string, string>();
  const plain = (name: string, value: unknown): unknown => {
    if (/^(?:trace|span|parent_span)_id$/.test(name)) {
      const id = String(value);
      if (!ids.has(id)) ids.set(id, `#${ids.size + 1}`);
      return ids.get(id);
    }
    const differs = /^(?:ts|seq|prev_hash|segment|started_at|start_time|window|process|.*_ms)$/.test(name);
    return differs ? typeof value : value;
  };
  return JSON.parse(
    JSON.stringify(
      entries.filter(({ type }) => type !== 'seal'),
      plain,
    ),
  );
}

test.each(SDKS)('%s is what its name says', (sdk, name, version) => {
  const path = sdk === 'sdk-2' ? `node_modules/${name}` : `test/compat/${sdk}/node_modules/${name}`;
  const text = readFileSync(repositoryFile(`${path}/package.json`), 'utf8');
  expect((JSON.parse(text) as { version: string }).version.startsWith(version)).toBe(true);
});

test('the same entries with SDK 1.30, 2 and 3', async () => {
  const [first, second, third] = await Promise.all(SDKS.map(([sdk]) => entriesOf(sdk)));
  const entries = second ?? [];
  const inOrder = entries.filter(({ type }) => type !== 'seal').map(({ type }) => type);
  expect(inOrder.join(' ')).toBe(
    'audit_open llm_call llm_call tool_call agent_invocation decision decision ' +
      'llm_call decision_end llm_call decision_end llm_call audit_close',
  );
  const [inner, outer, ofCase1, ofCase2, unended] = ofType(entries, 'llm_call');
  const [agent] = ofType(entries, 'agent_invocation');
  const [tool] = ofType(entries, 'tool_call');
  expect(inner).toMatchObject({ trace_id: agent?.trace_id, parent_span_id: outer?.span_id });
  expect(inner?.payload).toMatchObject({
    instrumentation: { scope: 'compat-client', version: '1.2.3' },
    usage: { input_tokens: 120, output_tokens: 34 },
  });
  expect(outer?.payload).toMatchObject({ same_call: [{ span_id: inner?.span_id }] });
  expect(tool).toMatchObject({ parent_span_id: agent?.span_id, payload: { error: { message: 'no such index' } } });
  for (const [call, id] of [[ofCase1, 'case-1'] as const, [ofCase2, 'case-2'] as const]) {
    expect(call).toMatchObject({ decision_id: id, payload: { conversation_id: id } });
    // The context carried it: neither the parent span nor the log's own storage had to.
    expect(call?.payload).not.toHaveProperty('decision_basis');
  }
  expect(unended?.payload).toMatchObject({ outcome: 'unended', unended_because: 'shutdown' });

  expect(comparable(first ?? [])).toEqual(comparable(entries));
  expect(comparable(third ?? [])).toEqual(comparable(entries));
});

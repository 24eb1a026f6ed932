import { expect, test } from 'vitest';

import { readLog, type Entry } from '../../../src/index.ts';
import { repositoryFile, runNode } from '../../examples/run-node.ts';
import { temporaryFolder } from '../../log.ts';

const HOOK = '--experimental-loader=@opentelemetry/instrumentation/hook.mjs';
const file = (name: string): string => repositoryFile(`test/compat/openai/${name}`);

/** Runs an application with OpenAI's client and OpenTelemetry's instrumentation of it; gives back what was recorded. */
async function entriesOf(...args: string[]): Promise<{ readonly entries: Entry[]; readonly stderr: string }> {
  const folder = temporaryFolder();
  const { status, stderr } = await runNode(args, { AUDIT_FOLDER: folder });
  expect(status, stderr).toBe(0);
  const entries: Entry[] = [];
  for await (const entry of readLog(folder)) entries.push(entry);
  return { entries, stderr };
}

test.each([
  ['an ES module behind --import', ['--import', file('telemetry.mjs'), file('agent.mjs')], /^$/],
  [
    'an ES module behind --experimental-loader',
    [HOOK, '--import', file('sdk.mjs'), file('agent.mjs')],
    // Node's own word on the flag, and nothing else.
    /^\(node:\d+\) ExperimentalWarning: `--experimental-loader` may be removed/,
  ],
  ['CommonJS behind --require', ['--require', file('telemetry.cjs'), file('agent.cjs')], /^$/],
])('%s: the call of the client is in the log', async (_, args, said) => {
  const { entries, stderr } = await entriesOf(...args);
  expect(entries.filter(({ type }) => type !== 'seal')).toMatchObject([
    { type: 'audit_open' },
    {
      type: 'llm_call',
      payload: {
        operation: 'chat',
        provider: 'openai',
        request_model: 'gpt-4o',
        response_model: 'gpt-4o-2024-08-06',
        outcome: 'ok',
        usage: { input_tokens: 120, output_tokens: 34 },
        instrumentation: { scope: '@opentelemetry/instrumentation-openai' },
      },
    },
    { type: 'audit_close' },
  ]);
  expect(stderr).toMatch(said);
});

// What docs/opentelemetry.md warns of: nothing fails, and nothing is recorded.
test.each([
  ['an ES module without the hook', ['--import', file('sdk.mjs'), file('agent.mjs')]],
  ['CommonJS that loads the client before the telemetry', [file('agent.cjs')]],
])('%s: no span, no entry', async (_, args) => {
  expect(await entriesOf(...args)).toEqual({ entries: [], stderr: '' });
});

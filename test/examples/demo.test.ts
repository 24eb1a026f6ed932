import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runExample } from './run-node.ts';

test('the demo checks itself, explains itself, and fits a screen', async () => {
  const run = await runExample('examples/demo/run.mjs');
  expect(run).toMatchObject({ status: 0, stderr: '' });
  const lines = run.stdout.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(40);
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
  expect(lines.at(-1)).toMatch(/^All \d+ checks came out as they should\.$/);

  const exits = run.stdout.match(/exit \d( and \d)?/g);
  expect(exits).toEqual(['exit 0', 'exit 4', 'exit 1 and 1', 'exit 1 and 1', 'exit 1 and 1']);
  for (const scope of ['(ai)', '(instrumentation-openai)']) expect(run.stdout).toContain(scope);
  const folder = / in (\S+spanseal-demo-\S+)$/m.exec(run.stdout)?.[1] ?? '';
  expect(existsSync(join(folder, 'evidence.jsonl'))).toBe(true);
  rmSync(folder, { recursive: true });
});

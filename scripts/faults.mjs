// Every fault of test/crash, each in all its rounds, as a table: `npm run faults`. Takes a quarter of an hour.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'spanseal-faults-'));
const table = join(folder, 'table.jsonl');
writeFileSync(table, '');
try {
  const { status } = spawnSync(
    'npx',
    ['vitest', 'run', '--mode', 'long', 'test/crash', '--silent', ...process.argv.slice(2)],
    {
      stdio: 'inherit',
      env: { ...process.env, SPANSEAL_FAULT_TABLE: table },
    },
  );
  const rows = readFileSync(table, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  console.log(`\n${cpus().length} × ${cpus()[0]?.model}, node ${process.versions.node}\n`);
  console.log('| fault | rounds | acknowledged | of those missing | lost and counted |');
  console.log('| --- | ---: | ---: | ---: | ---: |');
  for (const { fault, rounds, acknowledged, lost } of rows) {
    console.log(`| ${fault} | ${rounds} | ${acknowledged.toLocaleString('en')} | 0 | ${lost.toLocaleString('en')} |`);
  }
  // A row is noted only by a test that found everything acknowledged; one that did not has failed.
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}

// How long a page takes that people can read: `npm run bench:report`, or with `-- --entries 100000`. Beside it the same
// pack verified alone, both as processes of their own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { AuditLog, AuditSpanProcessor, ed25519Signer, exportPack, generateKey } from 'spanseal';

import { chat, tracerOf } from './workload.mjs';

const { values } = parseArgs({ options: { entries: { type: 'string', default: '10000' } } });
const ENTRIES = Number(values.entries);
const ROUNDS = 9;
const ENTRIES_A_DECISION = 6;

const folder = mkdtempSync(join(tmpdir(), 'spanseal-bench-'));
const directory = join(folder, 'log');
const pack = join(folder, 'pack.jsonl');
const page = join(folder, 'report.html');
const key = generateKey({ name: 'example.org/bench' });
const signer = ed25519Signer({ privateKey: key.privateKey });
const main = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));

/** Decisions with three calls and a review, as an application with people in the loop makes them. */
async function write() {
  const audit = new AuditLog({ system: 'bench', log: 'example.org/bench', directory, signer });
  const { provider, tracer } = tracerOf([new AuditSpanProcessor(audit, { closeLog: false })]);
  for (let index = 0; index < ENTRIES / ENTRIES_A_DECISION; index++) {
    audit.decision({ actor: 'agent', decisionType: 'loan', reviewRequired: true, input: { index } }, (decision) => {
      for (let calls = 0; calls < 3; calls++) chat(tracer);
      decision.result(index % 3 === 0 ? 'declined' : 'approved');
      decision.humanOversight({ reviewerKind: 'person', reviewer: `u-${index % 7}`, action: 'approved' });
    });
    if (index % 200 === 199) await new Promise((resolve) => setImmediate(resolve));
  }
  await provider.shutdown();
  await audit.close();
}

function median(run) {
  const millis = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    const { status, stderr } = run();
    if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
    millis.push(performance.now() - began);
  }
  return millis.toSorted((left, right) => left - right)[Math.floor(ROUNDS / 2)];
}

try {
  await write();
  const { entries } = await exportPack(directory, pack, { signer });
  const spanseal = (...args) => spawnSync(process.execPath, [main, ...args, '--key', key.vkey], { encoding: 'utf8' });
  const verified = median(() => spanseal('verify', pack));
  const reported = median(() => spanseal('report', pack, '-o', page, '--overwrite'));
  console.log(`${cpus()[0]?.model}, node ${process.versions.node}`);
  console.log(
    `a pack of ${entries.toLocaleString('en')} entries, ${(statSync(pack).size / 1e6).toFixed(1)} MB; median of ${ROUNDS} processes`,
  );
  console.log(`  spanseal verify            ${Math.round(verified)} ms`);
  console.log(
    `  spanseal report            ${Math.round(reported)} ms, ${(reported / verified).toFixed(1)} × verify; the page has ${(statSync(page).size / 1e6).toFixed(1)} MB`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

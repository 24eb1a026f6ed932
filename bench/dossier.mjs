// What it takes to show one decision out of a large log: `npm run bench:dossier`, or with `-- --entries 100000`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { AuditLog, ed25519Signer, exportPack, generateKey, verify } from 'spanseal';

const { values } = parseArgs({ options: { entries: { type: 'string', default: '1000000' } } });
const ENTRIES = Number(values.entries);
const VERIFICATIONS = 9;
const TO_ENTRY = '"entry":';

const folder = mkdtempSync(join(tmpdir(), 'spanseal-bench-'));
const directory = join(folder, 'log');
const key = generateKey({ name: 'example.org/bench' });
const signer = ed25519Signer({ privateKey: key.privateKey });

async function write() {
  const audit = new AuditLog({ system: 'bench', log: 'example.org/bench', directory, signer });
  for (let index = 0; index < ENTRIES; index++) {
    audit.record({ index });
    if (index === ENTRIES / 2) audit.decision({ id: 'the-one' }, (decision) => decision.result('approved'));
    // A turn of the event loop for each seal, as an application has them.
    if (index % 1_024 === 1_023) await new Promise((resolve) => setImmediate(resolve));
  }
  await audit.close();
}

try {
  await write();
  let peak = 0;
  const before = process.memoryUsage().rss;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  const started = performance.now();
  const { path, entries } = await exportPack(directory, join(folder, 'pack.jsonl'), {
    decision: 'the-one',
    frameworks: [],
    signer,
  });
  const seconds = (performance.now() - started) / 1_000;
  clearInterval(watch);
  const bytes = readFileSync(path);
  const own = bytes
    .toString()
    .split('\n')
    .filter((line) => line.includes(TO_ENTRY))
    .reduce((sum, line) => sum + Buffer.byteLength(line.slice(line.indexOf(TO_ENTRY) + TO_ENTRY.length)), 0);
  const millis = [];
  for (let round = 0; round < VERIFICATIONS; round++) {
    const began = performance.now();
    if (!(await verify(bytes, { keys: [key.vkey] })).ok) throw new Error('the pack does not verify');
    millis.push(performance.now() - began);
  }
  const median = millis.toSorted((a, b) => a - b)[Math.floor(VERIFICATIONS / 2)] ?? 0;
  console.log(`${cpus()[0]?.model}, node ${process.versions.node}`);
  console.log(`one decision, ${entries} entries with the opening, out of ${ENTRIES.toLocaleString('en')}`);
  console.log(
    `  bytes beyond its entries   ${(bytes.length - own).toLocaleString('en')} of ${bytes.length.toLocaleString('en')}`,
  );
  console.log(
    `  export                     ${seconds.toFixed(1)} s, ${Math.round((peak - before) / 1e6)} MB more than before`,
  );
  console.log(`  verify                     ${median.toFixed(1)} ms`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

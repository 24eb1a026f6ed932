// What verifying a log costs, strict and fast, on one and on several threads, each in a process of its own:
// `npm run bench:verify`, or with `-- --entries 200000,1000000,10000000`.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { AuditLog, AuditSpanProcessor, exportPack, verifyPath } from 'spanseal';

import { LOG, options, report, rounded, SIGNER, temporary, turn, VKEY } from './harness.mjs';
import { chat, DATA, tracerOf } from './workload.mjs';

const SELF = fileURLToPath(import.meta.url);

/** Half of the entries are calls of a model, half what an application says, of 700 to 900 bytes. */
async function write(directory, entries) {
  const log = new AuditLog({ system: 'bench', log: LOG, directory, signer: SIGNER });
  const { tracer, provider } = tracerOf([new AuditSpanProcessor(log)]);
  for (let index = 0; index < entries; index += 2) {
    chat(tracer);
    log.record(DATA);
    if (index % 1_024 === 0) await turn();
  }
  await provider.shutdown();
}

/** What is measured, by its name; each returns a number of lines. */
const MEASURES = {
  async strict(directory, vkey) {
    return verified(await verifyPath(directory, { keys: [vkey] }));
  },
  async fast(directory, vkey) {
    return verified(await verifyPath(directory, { keys: [vkey], fast: true }));
  },
  async workers(directory, vkey) {
    return verified(await verifyPath(directory, { keys: [vkey], workers: Math.max(2, availableParallelism()) }));
  },
  async parse(directory) {
    let lines = 0;
    for (const file of readdirSync(directory)) {
      const handle = await open(join(directory, file));
      for await (const line of createInterface({ input: handle.createReadStream() })) {
        JSON.parse(line);
        lines++;
      }
    }
    return lines;
  },
  async sha256(directory) {
    const hash = createHash('sha256');
    for (const file of readdirSync(directory)) {
      const handle = await open(join(directory, file));
      for await (const piece of handle.createReadStream({ highWaterMark: 1_048_576 })) hash.update(piece);
    }
    hash.digest();
    return 0;
  },
  async openssl(directory) {
    for (const file of readdirSync(directory)) {
      execFileSync('openssl', ['dgst', '-sha256', join(directory, file)], { stdio: 'ignore' });
    }
    return 0;
  },
  async export(directory, _, folder) {
    const { entries } = await exportPack(directory, join(folder, 'pack.jsonl'), {
      signer: SIGNER,
      overwrite: true,
    });
    return entries;
  },
};

function verified({ ok, entries, problems }) {
  if (!ok) throw new Error(`the log does not verify: ${JSON.stringify(problems[0])}`);
  return entries;
}

async function measureHere([name, directory, vkey, folder]) {
  const started = performance.now();
  const lines = await MEASURES[name](directory, vkey, folder);
  console.log(
    JSON.stringify({ lines, millis: performance.now() - started, peak: process.resourceUsage().maxRSS * 1_024 }),
  );
}

async function main() {
  const { entries } = options({ entries: '200000' });
  mkdirSync(temporary(''), { recursive: true });
  const titles = {
    strict: 'verify, strict, one thread',
    fast: 'verify --fast, one thread',
    workers: `verify, strict, ${Math.max(2, availableParallelism())} workers`,
    parse: 'floor: readline + JSON.parse of each line',
    sha256: 'floor: SHA-256 of the files, streamed',
    openssl: 'floor: openssl dgst -sha256 of the files',
    export: 'export of a pack, all frameworks',
  };
  const rows = [];
  for (const count of entries.split(',').map(Number)) {
    const directory = temporary(`log-${count}`);
    const began = performance.now();
    await write(directory, count);
    const files = readdirSync(directory);
    const bytes = files.reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
    rows.push({
      entries: count,
      what: `written: ${files.length} segments, ${Math.round(bytes / 1e6).toLocaleString('en')} MB`,
      seconds: rounded((performance.now() - began) / 1_000),
    });
    let lines = 0;
    for (const [name, title] of Object.entries(titles)) {
      const results = [];
      // Large ones are measured once: they take long enough.
      for (let round = 0; round < (count <= 200_000 ? 3 : 1); round++) {
        const child = spawnSync(process.execPath, [SELF, '--measure', name, directory, VKEY, temporary('')], {
          encoding: 'utf8',
        });
        if (child.status !== 0) throw new Error(child.stderr);
        results.push(JSON.parse(child.stdout));
      }
      results.sort((a, b) => a.millis - b.millis);
      const { millis, peak, ...result } = results[Math.floor(results.length / 2)];
      lines ||= result.lines;
      rows.push({
        entries: count,
        what: title,
        seconds: rounded(millis / 1_000),
        'µs a line': rounded((millis / lines) * 1_000),
        'lines a second': Math.round((lines / millis) * 1_000),
        'MB/s': Math.round(bytes / millis / 1e3),
        'peak memory, MB': Math.round(peak / 1e6),
      });
    }
    rmSync(directory, { recursive: true });
    rmSync(temporary('pack.jsonl'), { force: true });
  }
  report('verify', 'Verifying a directory', rows, [
    'Each in a process of its own, its start not counted; peak memory is that of the whole process.',
  ]);
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--measure') await measureHere(rest);
else await main();

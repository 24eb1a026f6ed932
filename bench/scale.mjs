// What grows with the work, and what does not: `npm run bench:scale`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { AuditLog, AuditSpanProcessor, verifyPath } from 'spanseal';

import { LOG, options, report, rounded, SIGNER, temporary, VKEY } from './harness.mjs';
import { CHAT, tracerOf } from './workload.mjs';

const SELF = fileURLToPath(import.meta.url);

function newLog(directory, more = {}) {
  return new AuditLog({ system: 'bench', log: LOG, directory, signer: SIGNER, ...more });
}

const MEASURES = {
  /** As many segments as days in 27 years. */
  async write(directory, segments) {
    const log = newLog(directory);
    for (let index = 0; index < segments; index++) {
      log.record({ index });
      await log.roll();
    }
    await log.close();
  },
  async open(directory) {
    const started = performance.now();
    const log = newLog(directory);
    const constructed = performance.now() - started;
    const receipt = log.record({ first: true });
    const recorded = performance.now() - started;
    if (!receipt.recorded) throw receipt.error;
    await log.close();
    return { constructed, recorded };
  },
  async verify(directory) {
    const started = performance.now();
    const { ok, segments } = await verifyPath(directory, { keys: [VKEY] });
    const millis = performance.now() - started;
    globalThis.gc?.();
    return { ok, segments: segments.length, millis, heap: process.memoryUsage().heapUsed };
  },
  async spans(directory, count) {
    const log = newLog(directory);
    const processor = new AuditSpanProcessor(log);
    const { tracer } = tracerOf([processor]);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const started = performance.now();
    for (let index = 0; index < count; index++) tracer.startSpan('chat', { attributes: CHAT });
    const millis = performance.now() - started;
    globalThis.gc?.();
    const after = process.memoryUsage().heapUsed;
    const { openSpans } = log.health();
    await processor.shutdown();
    return { millis, heap: after - before, openSpans };
  },
};

async function measureHere([name, directory, number]) {
  const result = await MEASURES[name](directory, Number(number));
  console.log(JSON.stringify({ ...result, peak: process.resourceUsage().maxRSS * 1_024 }));
}

function measure(name, directory, number) {
  const child = spawnSync(process.execPath, ['--expose-gc', SELF, '--measure', name, directory, String(number)], {
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout);
}

async function main() {
  const { segments } = options({ segments: '10000' });
  mkdirSync(temporary(''), { recursive: true });
  const rows = [];
  for (const count of [100, Number(segments)]) {
    const directory = temporary(`log-${count}`);
    await MEASURES.write(directory, count);
    const opened = Array.from({ length: 9 }, () => measure('open', directory, 0)).sort(
      (a, b) => a.recorded - b.recorded,
    )[4];
    const verified = measure('verify', directory, 0);
    if (!verified.ok) throw new Error('the directory does not verify');
    rows.push({
      what: `${readdirSync(directory).length.toLocaleString('en')} segments`,
      'constructor, ms': rounded(opened.constructed),
      'to the first entry, ms': rounded(opened.recorded),
      'verify, s': rounded(verified.millis / 1_000),
      'verify, ms a segment': rounded(verified.millis / verified.segments),
      'heap after it, MB': rounded(verified.heap / 1e6),
      'peak memory of verify, MB': Math.round(verified.peak / 1e6),
    });
  }
  report('opening', 'A directory of many segments', rows);
  const spans = [1_000, 10_000, 100_000].map((count) => {
    const { millis, heap, openSpans, peak } = measure('spans', temporary(`spans-${count}`), count);
    return {
      what: `${count.toLocaleString('en')} spans that never end`,
      'µs each': rounded((millis / count) * 1_000),
      'still held': openSpans,
      'heap more, MB': rounded(heap / 1e6),
      'peak memory, MB': Math.round(peak / 1e6),
    };
  });
  report('open-spans', 'Spans that never end', spans, ['Over 4,096 the oldest is recorded as it is (`maxOpenSpans`).']);
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--measure') await measureHere(rest);
else await main();

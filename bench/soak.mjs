// Half an hour at 2,000 spans a second: heap, handles and event-loop delay over time. `npm run bench:soak`, or with
// `-- --minutes 5 --rate 1000`.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { AuditLog, AuditSpanProcessor, verifyPath } from 'spanseal';

import { LOG, options, report, rounded, SIGNER, temporary, VKEY, wait } from './harness.mjs';
import { CHAT, get, tracerOf } from './workload.mjs';

const { minutes, rate } = options({ minutes: '30', rate: '2000' });
const TICK_MILLIS = 5;
const SAMPLES = 10;
/** Of so many spans one never ends, one has an HTTP span beside it, one is a decision. */
const EVERY = 50;

mkdirSync(temporary(''), { recursive: true });
const directory = temporary('log');
const log = new AuditLog({
  system: 'bench',
  log: LOG,
  directory,
  signer: SIGNER,
  capture: { decisionInput: 'withheld' },
});
const processor = new AuditSpanProcessor(log, { openSpanTimeoutMillis: 30_000 });
const { tracer } = tracerOf([processor]);

let made = 0;
function work() {
  const number = made++;
  const span = tracer.startSpan('chat gpt-4o', {
    kind: 2,
    attributes: { ...CHAT, 'gen_ai.response.id': `r-${number}` },
  });
  if (number % EVERY !== 0) span.end();
  if (number % EVERY === 1) get(tracer);
  if (number % EVERY === 2) log.decision({ input: { number } }, (decision) => decision.result('approved'));
}

const total = Number(minutes) * 60_000;
const rows = [];
const started = performance.now();
let delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
for (let sample = 1; sample <= SAMPLES;) {
  const elapsed = performance.now() - started;
  for (const due = (elapsed / 1_000) * Number(rate); made < due;) work();
  if (elapsed >= (total / SAMPLES) * sample) {
    delay.disable();
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const { lost, openSpans, unsealed } = log.health();
    rows.push({
      minute: rounded(elapsed / 60_000),
      spans: made,
      'heap, MB': rounded(heapUsed / 1e6),
      'RSS, MB': Math.round(rss / 1e6),
      'active resources': process.getActiveResourcesInfo().length,
      'open spans': openSpans,
      unsealed,
      lost,
      'delay p99, ms': rounded(delay.percentile(99) / 1e6),
      'delay max, ms': rounded(delay.max / 1e6),
    });
    sample++;
    delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
  }
  await wait(TICK_MILLIS);
}
await processor.shutdown();
const bytes = readdirSync(directory).reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
const { ok, entries } = await verifyPath(directory, { keys: [VKEY], workers: 2 });
report('soak', `${minutes} minutes at ${rate} spans a second`, rows, [
  `${entries.toLocaleString('en')} entries, ${Math.round(bytes / 1e6).toLocaleString('en')} MB; the log ${ok ? 'verifies' : 'DOES NOT VERIFY'}.`,
]);
process.exitCode = ok ? 0 : 1;

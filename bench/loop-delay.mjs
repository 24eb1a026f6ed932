// How long the event loop is held up at so many spans a second: `npm run bench:loop`.
import { mkdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { AuditLog, AuditSpanProcessor } from 'spanseal';

import { LOG, options, report, rounded, SIGNER, temporary, wait } from './harness.mjs';
import { chat, tracerOf } from './workload.mjs';

const { seconds } = options({ seconds: '10' });
const RATES = [100, 1_000, 10_000];
const TICK_MILLIS = 5;
mkdirSync(temporary(''), { recursive: true });

const NO_EXPORT = { export: (_, done) => done({ code: 0 }), shutdown: async () => {}, forceFlush: async () => {} };

/** Ends spans at a rate, as requests come in: a few each few milliseconds. */
async function measured(processors, rate) {
  const { provider, tracer } = tracerOf(processors);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const started = performance.now();
  const cpu = process.cpuUsage();
  let ended = 0;
  delay.enable();
  for (;;) {
    const elapsed = performance.now() - started;
    if (elapsed >= Number(seconds) * 1_000) break;
    for (const due = (elapsed / 1_000) * rate; ended < due; ended++) chat(tracer);
    await wait(TICK_MILLIS);
  }
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const busy = (user + system) / 1_000 / (performance.now() - started);
  await provider.shutdown();
  return { ended, p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6, busy };
}

const rows = [];
let made = 0;
for (const rate of RATES) {
  const kinds = {
    'no processor': () => [],
    'BatchSpanProcessor + no-op': () => [new BatchSpanProcessor(NO_EXPORT)],
    AuditSpanProcessor: () => [
      new AuditSpanProcessor(
        new AuditLog({ system: 'bench', log: LOG, directory: temporary(`log-${made++}`), signer: SIGNER }),
      ),
    ],
  };
  for (const [what, processors] of Object.entries(kinds)) {
    const { ended, p50, p99, max, busy } = await measured(processors(), rate);
    rows.push({
      'spans a second': rate,
      what,
      spans: ended,
      'delay p50 ms': rounded(p50),
      'p99 ms': rounded(p99),
      'max ms': rounded(max),
      'cores busy': rounded(busy),
    });
  }
}
report('loop-delay', 'Event-loop delay under load', rows, [
  `${seconds} s each. The delay is that of a timer of 1 ms (perf_hooks.monitorEventLoopDelay), which is late by about 0.1 ms by itself.`,
]);

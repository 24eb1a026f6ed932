// What a span costs the application, from its start to the return of `end()`, and all that is done later in the same
// process: `npm run bench:spans`.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';

import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import pino from 'pino';
import { AuditLog, AuditSpanProcessor } from 'spanseal';

import { LOG, medians, options, report, rotate, SIGNER, temporary, turn } from './harness.mjs';
import { CHAT, chat, get, tracerOf } from './workload.mjs';

const { rounds } = options();
const SPANS = 20_000;
const PLAIN_SPANS = 50_000;
/** A turn of the event loop for so many spans: what waits for one, seals and batches, gets its turn in the measure. */
const SPANS_A_TURN = 250;

let made = 0;
mkdirSync(temporary(''), { recursive: true });

const newLog = (more = {}) =>
  new AuditLog({ system: 'bench', log: LOG, directory: temporary(`log-${made++}`), signer: SIGNER, ...more });

/** Microseconds a span, everything that its processor does included, but for its shutdown. */
async function spans(processors, { make = chat, count = SPANS, flush = false } = {}) {
  const { provider, tracer } = tracerOf(processors);
  const started = performance.now();
  for (let index = 0; index < count; index++) {
    make(tracer);
    if (index % SPANS_A_TURN === SPANS_A_TURN - 1) await turn();
  }
  if (flush) await provider.forceFlush();
  const micros = ((performance.now() - started) / count) * 1_000;
  await provider.shutdown();
  return micros;
}

const NO_EXPORT = { export: (_, done) => done({ code: 0 }), shutdown: async () => {}, forceFlush: async () => {} };

/** Spans as a line of OTLP JSON for each batch, as the collector's file exporter writes them. */
function fileExporter() {
  const descriptor = openSync(temporary(`otlp-${made++}.jsonl`), 'w');
  return {
    export(batch, done) {
      writeSync(descriptor, JsonTraceSerializer.serializeRequest(batch));
      writeSync(descriptor, '\n');
      done({ code: 0 });
    },
    forceFlush: async () => {},
    shutdown: async () => closeSync(descriptor),
  };
}

const BATCH = { maxQueueSize: PLAIN_SPANS, maxExportBatchSize: 512, scheduledDelayMillis: 1 };

/** What people write today instead: one log line for each call, synchronously to a file. */
async function pinoLines() {
  const destination = pino.destination({ dest: temporary(`pino-${made++}`), sync: true });
  const logger = pino(destination);
  const started = performance.now();
  for (let index = 0; index < SPANS; index++) {
    logger.info(CHAT, 'chat gpt-4o');
    if (index % SPANS_A_TURN === SPANS_A_TURN - 1) await turn();
  }
  const micros = ((performance.now() - started) / SPANS) * 1_000;
  destination.end();
  return micros;
}

/** Only what no record can do without: the bytes of one line handed to the system. */
async function writes() {
  const descriptor = openSync(temporary(`writes-${made++}`), 'w');
  const line = Buffer.alloc(900, 'x');
  const started = performance.now();
  for (let index = 0; index < SPANS; index++) {
    writeSync(descriptor, line);
    if (index % SPANS_A_TURN === SPANS_A_TURN - 1) await turn();
  }
  const micros = ((performance.now() - started) / SPANS) * 1_000;
  closeSync(descriptor);
  return micros;
}

const NO_OP = { onStart() {}, onEnd() {}, async forceFlush() {}, async shutdown() {} };
const PLAIN = { make: get, count: PLAIN_SPANS };

const results = await rotate(
  {
    'no processor': () => spans([]),
    'BatchSpanProcessor + no-op': () => spans([new BatchSpanProcessor(NO_EXPORT, BATCH)], { flush: true }),
    'BatchSpanProcessor + OTLP JSON file': () =>
      spans([new BatchSpanProcessor(fileExporter(), BATCH)], { flush: true }),
    'pino, a line a call, sync': pinoLines,
    'write(2) of 900 bytes alone': writes,
    AuditSpanProcessor: () => spans([new AuditSpanProcessor(newLog())], { flush: true }),
    'AuditSpanProcessor, no redaction': () =>
      spans([new AuditSpanProcessor(newLog({ redactor: false }))], { flush: true }),
    'plain span, no-op processor': () => spans([NO_OP], PLAIN),
    'plain span, AuditSpanProcessor': () => spans([new AuditSpanProcessor(newLog())], PLAIN),
  },
  Number(rounds),
);
const all = [
  'no processor',
  'BatchSpanProcessor + no-op',
  'BatchSpanProcessor + OTLP JSON file',
  'pino, a line a call, sync',
  'write(2) of 900 bytes alone',
];
report(
  'spans',
  'A span, from its start to the return of `end()`',
  medians(results, {
    unit: 'µs',
    perSecond: 1_000_000,
    ratios: { AuditSpanProcessor: all, 'plain span, AuditSpanProcessor': ['plain span, no-op processor'] },
  }),
  [`${rounds} rounds in rotation of ${SPANS} chat spans with 15 attributes, or ${PLAIN_SPANS} HTTP spans.`],
);

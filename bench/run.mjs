// What recording, exporting and verifying cost, each beside something that anybody knows, run in the same rounds.
// Figures of one machine mean little: read the ratios. `npm run bench`, or `npm run bench -- --rounds 30`.
import { createHash, hash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { AuditLog, AuditSpanProcessor, ed25519Signer, generateKey, memorySink, verify } from 'spanseal';
import { DIALECTS } from 'spanseal/processors';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
const ROUNDS = Number(values.rounds);
const ENTRIES = 20_000;
const SPANS = 5_000;
const PLAIN_SPANS = 50_000;

const folder = mkdtempSync(join(tmpdir(), 'spanseal-bench-'));
const key = generateKey({ name: 'example.org/bench' });
const signer = ed25519Signer({ privateKey: key.privateKey });
const DATA = {
  prompt_id: 'triage@v3',
  text: 'The quick brown fox jumps over the lazy dog. '.repeat(6),
  scores: [1, 2, 3],
};

const ATTRIBUTES = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.request.temperature': 0.2,
  'gen_ai.request.max_tokens': 400,
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'gen_ai.response.id': 'chatcmpl-000000000001',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 120,
  'gen_ai.usage.output_tokens': 34,
  'gen_ai.usage.cache_read.input_tokens': 64,
  'server.address': 'api.openai.com',
  'server.port': 443,
  'gen_ai.conversation.id': 'c-1',
  'openai.api.type': 'chat_completions',
};

let made = 0;
const newLog = (options = {}) =>
  new AuditLog({
    system: 'bench',
    log: 'example.org/bench',
    directory: join(folder, `log-${made++}`),
    signer,
    ...options,
  });

/** Lines of a log as its file holds them. */
async function sample() {
  const sink = memorySink();
  const log = new AuditLog({ system: 'bench', log: 'example.org/bench', sink, signer });
  for (let index = 0; index < ENTRIES; index++) {
    log.record(DATA);
    if (index % 1_024 === 1_023) await log.flush();
  }
  await log.close();
  return sink.bytes(sink.list()[0]);
}

const bytes = await sample();
const lines = Buffer.from(bytes).toString('utf8').trimEnd().split('\n');

async function spans(processor) {
  const provider = new BasicTracerProvider({ spanProcessors: processor === undefined ? [] : [processor] });
  const tracer = provider.getTracer('bench');
  const started = performance.now();
  for (let index = 0; index < SPANS; index++) {
    const span = tracer.startSpan('chat gpt-4o', { kind: 2, attributes: { 'gen_ai.operation.name': 'chat' } });
    span.setAttributes(ATTRIBUTES);
    span.end();
  }
  const millis = performance.now() - started;
  await provider.shutdown();
  return millis / SPANS;
}

/** What an HTTP instrumentation says: most spans of an application have nothing to do with GenAI. */
const PLAIN_ATTRIBUTES = {
  'http.request.method': 'GET',
  'url.full': 'https://api.example.org/v1/orders/17',
  'url.scheme': 'https',
  'server.address': 'api.example.org',
  'server.port': 443,
  'network.protocol.version': '1.1',
  'user_agent.original': 'node',
  'http.response.status_code': 200,
};

async function plainSpans(processor) {
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer('@opentelemetry/instrumentation-http', '0.223.0');
  const started = performance.now();
  for (let index = 0; index < PLAIN_SPANS; index++) {
    tracer.startSpan('GET', { kind: 2, attributes: PLAIN_ATTRIBUTES }).end();
  }
  const millis = performance.now() - started;
  await provider.shutdown();
  return millis / PLAIN_SPANS;
}

/** What every vocabulary costs is read beside this. */
const CONVENTIONS_ONLY = DIALECTS.filter(({ name }) => name === 'opentelemetry');

const NO_OP = { onStart() {}, onEnd() {}, async forceFlush() {}, async shutdown() {} };

async function recorded(options) {
  const log = newLog(options);
  log.record(DATA);
  const started = performance.now();
  for (let index = 0; index < ENTRIES; index++) {
    log.record(DATA);
    // A turn of the event loop for each seal, as an application has them.
    if (index % 1_024 === 1_023) await new Promise((resolve) => setImmediate(resolve));
  }
  const millis = performance.now() - started;
  await log.close();
  return millis / ENTRIES;
}

const NO_EXPORT = { export: (_, done) => done({ code: 0 }), shutdown: async () => {}, forceFlush: async () => {} };

/** Each measures microseconds per entry or span. */
const MEASURES = {
  'floor: SHA-256 + write(2) of a ready line': async () => {
    const descriptor = openSync(join(folder, `floor-${made++}`), 'w');
    const line = Buffer.from(`${lines[10]}\n`);
    const started = performance.now();
    for (let index = 0; index < ENTRIES; index++) {
      hash('sha256', line, 'buffer');
      writeSync(descriptor, line);
    }
    const millis = performance.now() - started;
    closeSync(descriptor);
    return millis / ENTRIES;
  },
  'record(), signed, one write each': () => recorded({}),
  'record(), without redaction': () => recorded({ redactor: false }),
  'span, no processor': () => spans(undefined),
  'span, BatchSpanProcessor + no-op exporter': () => spans(new BatchSpanProcessor(NO_EXPORT, { maxQueueSize: SPANS })),
  'span, AuditSpanProcessor': () => spans(new AuditSpanProcessor(newLog())),
  'span, AuditSpanProcessor, one vocabulary': () =>
    spans(new AuditSpanProcessor(newLog(), { dialects: CONVENTIONS_ONLY })),
  'plain span, no-op processor': () => plainSpans(NO_OP),
  'plain span, AuditSpanProcessor': () => plainSpans(new AuditSpanProcessor(newLog())),
  'floor: JSON.parse of each line': async () => {
    const started = performance.now();
    for (const line of lines) JSON.parse(line);
    return (performance.now() - started) / lines.length;
  },
  'floor: SHA-256 of the file': async () => {
    const started = performance.now();
    createHash('sha256').update(bytes).digest();
    return (performance.now() - started) / lines.length;
  },
  'verify(), strict, all signatures': async () => {
    const started = performance.now();
    const report = await verify(bytes, { keys: [key.vkey] });
    if (!report.ok) throw new Error('the sample does not verify');
    return (performance.now() - started) / lines.length;
  },
};

/** What is read beside what. */
const RATIOS = [
  ['record(), signed, one write each', 'floor: SHA-256 + write(2) of a ready line'],
  ['span, AuditSpanProcessor', 'span, BatchSpanProcessor + no-op exporter'],
  ['span, AuditSpanProcessor', 'span, AuditSpanProcessor, one vocabulary'],
  ['verify(), strict, all signatures', 'floor: JSON.parse of each line'],
];

/** What one costs more than the other. */
const DIFFERENCES = [['plain span, AuditSpanProcessor', 'plain span, no-op processor']];

const quantile = (numbers, share) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * share)];

try {
  const results = Object.fromEntries(Object.keys(MEASURES).map((name) => [name, []]));
  const names = Object.keys(MEASURES);
  for (const name of names) await MEASURES[name]();
  for (let round = 0; round < ROUNDS; round++) {
    // Rotated: no measure always runs after the same other one.
    for (let index = 0; index < names.length; index++) {
      const name = names[(index + round) % names.length];
      results[name].push((await MEASURES[name]()) * 1_000);
    }
  }
  const { model } = cpus()[0];
  console.log(`${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.versions.node}`);
  console.log(`${ROUNDS} rotated rounds; a line of the sample has ${Math.round(bytes.length / lines.length)} bytes\n`);
  console.log('µs each                                        median     p25    per second');
  for (const [name, micros] of Object.entries(results)) {
    const median = quantile(micros, 0.5);
    const rate = Math.round(1_000_000 / median).toLocaleString('en');
    console.log(
      `${name.padEnd(44)} ${median.toFixed(2).padStart(8)} ${quantile(micros, 0.25).toFixed(2).padStart(7)} ${rate.padStart(13)}`,
    );
  }
  console.log('\nratios, of the medians');
  for (const [name, beside] of RATIOS) {
    const ratio = quantile(results[name], 0.5) / quantile(results[beside], 0.5);
    console.log(`${ratio.toFixed(2).padStart(6)} × ${beside}: ${name}`);
  }
  console.log('\nµs more, of the medians');
  for (const [name, beside] of DIFFERENCES) {
    const more = quantile(results[name], 0.5) - quantile(results[beside], 0.5);
    console.log(`${more.toFixed(2).padStart(6)} than ${beside}: ${name}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

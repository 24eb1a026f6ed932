// A service whose evidence pack is written when it shuts down, also by SIGTERM: sdk.shutdown() records the spans that
// are still open, closes and seals the log, and `exportOnClose` then writes the pack. A pack that fails to be written
// never undoes the close: `spanseal export` makes it later.
//
// node examples/export-on-shutdown.mjs [folder], and end it with Ctrl-C or kill
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { AuditLog, AuditSpanProcessor, ed25519Signer, generateKey } from 'spanseal';

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'spanseal-'));
const keyFile = join(folder, 'audit.key');
if (!existsSync(keyFile)) writeFileSync(keyFile, generateKey({ name: 'router' }).privateKey, { mode: 0o600 });

const pack = join(folder, 'evidence.jsonl');
const audit = new AuditLog({
  system: 'router',
  directory: join(folder, 'audit'),
  signer: ed25519Signer({ keyFile }),
  exportOnClose: { path: pack, frameworks: ['eu_ai_act', 'iso_42001'], purpose: 'internal_audit' },
});

const sdk = new NodeSDK({
  serviceName: 'router',
  spanProcessors: [new AuditSpanProcessor(audit)],
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();

// The work: spans as an instrumentation makes them. The last one is still open when the signal comes.
const tracer = trace.getTracer('example');
const startCall = () =>
  tracer.startSpan('chat gpt-4o', {
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
    },
  });
let call = startCall();
const work = setInterval(() => {
  call.setAttribute('gen_ai.response.finish_reasons', ['stop']);
  call.end();
  call = startCall();
}, 50);

// Spanseal installs no signal handler: when the process ends is the application's own matter. Such a handler must be
// one that waits; the default one of Node ends the process at once.
async function stop() {
  clearInterval(work);
  await sdk.shutdown();
  console.log(existsSync(pack) ? `exported ${pack}` : 'no pack: see what diag says');
}
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());

console.log('working');

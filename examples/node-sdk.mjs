// NodeSDK with the audit log and a tracing backend side by side.
//
// `new NodeSDK({ spanProcessors })` REPLACES the exporter that NodeSDK would set up by itself: whoever has one and adds
// only the audit processor loses the tracing. So both are named. The audit processor comes first: what it sealed is what
// it saw, whatever the processors after it mask or delete. It queues nothing; what a batch processor drops under load,
// or a backend never gets, is in the log.
//
// node examples/node-sdk.mjs [folder]
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createOpenAI } from '@ai-sdk/openai';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { generateText } from 'ai';
import { AuditLog, AuditSpanProcessor, ed25519Signer, generateKey, readLog } from 'spanseal';

import { startProvider } from './provider/stand-in-provider.mjs';

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'spanseal-'));
const keyFile = join(folder, 'audit.key');
if (!existsSync(keyFile)) writeFileSync(keyFile, generateKey({ name: 'helpdesk' }).privateKey, { mode: 0o600 });

const audit = new AuditLog({
  system: 'helpdesk',
  directory: join(folder, 'audit'),
  signer: ed25519Signer({ keyFile }),
});

// In your application: new OTLPTraceExporter() of @opentelemetry/exporter-trace-otlp-http.
const backend = new InMemorySpanExporter();
const batch = new BatchSpanProcessor(backend);

const sdk = new NodeSDK({
  serviceName: 'helpdesk',
  spanProcessors: [new AuditSpanProcessor(audit), batch],
  // Metrics and logs go nowhere in this example; left out, NodeSDK would look for a collector on this machine.
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();

const provider = await startProvider();
const openai = createOpenAI({ baseURL: provider.url, apiKey: 'none-needed' });
await generateText({
  model: openai('gpt-4o'),
  prompt: 'How do I reset my password?',
  experimental_telemetry: { isEnabled: true },
});
await provider.close();

// NodeSDK has no forceFlush: where spans must be sealed and sent before the end (a function that is about to be frozen),
// flush both yourself. Both are also flushed by sdk.shutdown().
await Promise.all([audit.flush(), batch.forceFlush()]);
console.log(`audit log: ${audit.head().checkpoint.size} entries sealed`);
for (const { name } of backend.getFinishedSpans()) console.log(`tracing backend: ${name}`);

await sdk.shutdown();
for await (const { type, payload } of readLog(join(folder, 'audit'))) {
  if (payload.span !== undefined) console.log(`audit log: ${payload.span.name} (${type})`);
}

// One service of a fleet: its own process, log and key. It answers POST /<anything> by asking the model and then the
// service behind it, if there is one. Instrumentation of HTTP would carry the context over; here it is done by hand, with
// the propagators that NodeSDK registers.
//
// node service.mjs <name> <folder> <url of the provider> <logs whose decisions are accepted, or -> [url of the next one]
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { createOpenAI } from '@ai-sdk/openai';
import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { generateText } from 'ai';
import { AuditLog, AuditSpanProcessor, ed25519Signer } from 'spanseal';

const [name, folder, providerUrl, accepted, next] = process.argv.slice(2);
const accept = accepted === '-' ? undefined : ({ log }) => accepted.split(',').includes(log);

const audit = new AuditLog({
  system: name,
  log: `acme.example/${name}`,
  directory: join(folder, name),
  signer: ed25519Signer({ keyFile: join(folder, `${name}.key`) }),
  // The first one begins the decision; what it calls may take it over.
  propagation: { send: name === 'front', ...(accept === undefined ? {} : { accept }) },
});
const sdk = new NodeSDK({
  serviceName: name,
  spanProcessors: [new AuditSpanProcessor(audit)],
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();
const tracer = trace.getTracer('fleet');
const model = createOpenAI({ baseURL: providerUrl, apiKey: 'none-needed' })('gpt-4o');

const server = createServer((request, response) => {
  const from = propagation.extract(context.active(), request.headers);
  tracer.startActiveSpan(`${request.method} /`, { kind: SpanKind.SERVER }, from, (span) => {
    answer(request.url.slice(1))
      .then(
        (text) => response.end(text),
        (error) => response.writeHead(500).end(error.stack),
      )
      .finally(() => span.end());
  });
});

async function answer(id) {
  if (name !== 'front') return work();
  return audit.decision({ id, actor: name }, async (decision) => {
    const text = await work();
    decision.result('answered');
    return text;
  });
}

async function work() {
  audit.record({ service: name });
  const { text } = await generateText({ model, prompt: 'Is it?', experimental_telemetry: { isEnabled: true } });
  if (next === undefined) return text;
  const headers = {};
  propagation.inject(context.active(), headers);
  const answered = await fetch(`${next}/`, { method: 'POST', headers });
  if (!answered.ok) throw new Error(await answered.text());
  return answered.text();
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
async function stop() {
  server.close();
  server.closeAllConnections();
  await sdk.shutdown();
  process.exit();
}
process.once('SIGTERM', () => void stop());
console.log(`http://127.0.0.1:${server.address().port}`);

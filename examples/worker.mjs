// A worker that runs for weeks: jobs are generators that stream what the model says to whoever reads, some readers leave
// half-way, and in the end comes SIGTERM, in the middle of a job.
//
// A generator that a decision's callback gives back runs inside the decision, which ends when it is read to its end,
// when its reader leaves (`break`), or when it throws; nothing need be bound.
//
// node examples/worker.mjs [folder], and end it with Ctrl-C or kill
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createOpenAI } from '@ai-sdk/openai';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { streamText } from 'ai';
import { AuditLog, AuditSpanProcessor, ed25519Signer, generateKey } from 'spanseal';

import { startProvider } from './provider/stand-in-provider.mjs';

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'spanseal-'));
const keyFile = join(folder, 'audit.key');
if (!existsSync(keyFile)) writeFileSync(keyFile, generateKey({ name: 'summaries' }).privateKey, { mode: 0o600 });

const audit = new AuditLog({
  system: 'summaries',
  directory: join(folder, 'audit'),
  signer: ed25519Signer({ keyFile }),
  // For weeks: a new segment every day or 64 MiB (these are the defaults), so that what is old can be packed and retired.
  maxSegmentMillis: 24 * 60 * 60 * 1_000,
});
const sdk = new NodeSDK({
  serviceName: 'summaries',
  spanProcessors: [new AuditSpanProcessor(audit)],
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();

const provider = await startProvider({ chunkMillis: 20 });
const openai = createOpenAI({ baseURL: provider.url, apiKey: 'none-needed' });

/** One job: what the model says, word by word. */
function summarise(id, document) {
  return audit.decision({ id, input: document, actor: 'summaries' }, async function* (decision) {
    const abort = new AbortController();
    try {
      const { textStream } = streamText({
        model: openai('gpt-4o'),
        prompt: `Summarise: ${document}`,
        abortSignal: abort.signal,
        experimental_telemetry: { isEnabled: true },
      });
      let words = 0;
      for await (const word of textStream) {
        words++;
        yield word;
      }
      decision.result('summarised');
      decision.record({ words });
    } finally {
      // The reader may have left. Nothing else tells the provider, and its span would stay open until the log closes.
      abort.abort();
    }
  });
}

// Whoever handles a signal must also see the process to its end. The job that is under way has no end any more: its
// decision and its call are recorded as `unended`. Then nothing is lost, and the next process finds a closed segment.
const stopping = new AbortController();
async function stop(signal) {
  if (stopping.signal.aborted) return;
  stopping.abort();
  await audit.close({ reason: 'signal' });
  await sdk.shutdown();
  await provider.close();
  console.log(`closed on ${signal}`);
  process.exit(0);
}
process.on('SIGTERM', (signal) => void stop(signal));
process.on('SIGINT', (signal) => void stop(signal));

for await (const word of summarise('job-1', 'the minutes')) void word;
console.log('job-1: read to its end');

for await (const word of summarise('job-2', 'the contract')) {
  void word;
  break;
}
console.log('job-2: its reader left');

for (let job = 3; !stopping.signal.aborted; job++) {
  let words = 0;
  for await (const word of summarise(`job-${job}`, 'the novel')) {
    void word;
    if (++words === 1) console.log(`job-${job}: under way`);
  }
}

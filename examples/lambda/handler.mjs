// A function that is frozen as soon as it has answered: no timer runs until the next invocation, and perhaps there is
// none. Entries are written at once, but seals wait up to a second for more of them; so the handler's last line seals.
// After it, whatever happens to the process, nothing that it said is lost or can be changed unseen.
//
// Where `AUDIT_FOLDER` is matters as much: a function's own /tmp goes with its sandbox. Mount a file system that stays
// (EFS on AWS), or copy the segments out after the flush.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createOpenAI } from '@ai-sdk/openai';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { generateText } from 'ai';
import { AuditLog, AuditSpanProcessor, ed25519Signer, generateKey } from 'spanseal';

// Outside of the handler: once a sandbox, for all its invocations. Each sandbox writes a segment of its own.
const folder = process.env.AUDIT_FOLDER;
const keyFile = join(folder, 'audit.key');
if (!existsSync(keyFile)) writeFileSync(keyFile, generateKey({ name: 'triage' }).privateKey, { mode: 0o600 });

const audit = new AuditLog({
  system: 'triage',
  directory: join(folder, 'audit'),
  signer: ed25519Signer({ keyFile }),
  // So that this example shows the flush alone at work: no timer of the log fires within an hour.
  sealIntervalMillis: 3_600_000,
});
new NodeSDK({
  serviceName: 'triage',
  spanProcessors: [new AuditSpanProcessor(audit)],
  metricReaders: [],
  logRecordProcessors: [],
}).start();

const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: 'none-needed' });

export async function handler(event) {
  try {
    return await audit.decision({ id: event.id, input: event.text, actor: 'triage' }, async (decision) => {
      const { text } = await generateText({
        model: openai(event.model ?? 'gpt-4o'),
        maxRetries: 0,
        prompt: event.text,
        experimental_telemetry: { isEnabled: true },
      });
      decision.result('sorted');
      return text;
    });
  } finally {
    // Also when it failed. NodeSDK has no forceFlush; what else must leave the process before the freeze, such as the
    // spans of a batch processor, is flushed here, too.
    await audit.flush();
  }
}

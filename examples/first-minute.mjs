// A look at the set-up when the first requests have been served: is anything captured, and what is missing?
//
// This application has made three mistakes, and `diagnose` finds them: our processor stands behind one that rewrites
// spans, the SDK cuts long values, and the log says it is of development while NODE_ENV says production. It writes nothing
// and never rejects; `spanseal doctor <directory>` tells the same of a log, later and without the process.
//
// node examples/first-minute.mjs [folder]
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { createOpenAI } from '@ai-sdk/openai';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';
import { generateText } from 'ai';
import { AuditLog, AuditSpanProcessor, auditSampler, diagnose } from 'spanseal';

import { startProvider } from './provider/stand-in-provider.mjs';

const FIRST_MINUTE_MILLIS = 200; // in your application: 60_000

class CostCentreProcessor {
  onStart() {}
  onEnd(span) {
    span.attributes['cost.centre'] = 'helpdesk';
  }
  async forceFlush() {}
  async shutdown() {}
}

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'spanseal-'));
const audit = new AuditLog({ system: 'helpdesk', directory: join(folder, 'audit'), warnUnsigned: false });
const sdk = new NodeSDK({
  spanProcessors: [new CostCentreProcessor(), new AuditSpanProcessor(audit)],
  sampler: auditSampler(new TraceIdRatioBasedSampler(0.1), { audit }),
  spanLimits: { attributeValueLengthLimit: 256 },
  // Metrics and logs go nowhere in this example; left out, NodeSDK would look for a collector on this machine.
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();

// Once, some time after the start. The timer keeps no process alive.
const firstLook = setTimeout(FIRST_MINUTE_MILLIS, undefined, { ref: false }).then(async () => {
  for (const { severity, code, what, todo } of await diagnose(audit, { env: { NODE_ENV: 'production' } })) {
    if (severity === 'problem' || severity === 'warning') console.log(`${severity} ${code}: ${what}\n  → ${todo}`);
  }
});

const provider = await startProvider();
const openai = createOpenAI({ baseURL: provider.url, apiKey: 'none-needed' });
await audit.decision({ actor: 'helpdesk-agent' }, (decision) => {
  decision.result('answered');
  return generateText({
    model: openai('gpt-4o'),
    prompt: 'How do I reset my password?',
    experimental_telemetry: { isEnabled: true },
  });
});
await firstLook;
await provider.close();
await sdk.shutdown();

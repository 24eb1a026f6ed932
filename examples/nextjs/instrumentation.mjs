// instrumentation: Next.js calls `register` once when a server starts, before any request. In the edge runtime there are
// no files to write a log to: there it does nothing.
import { NodeSDK } from '@opentelemetry/sdk-node';
import { AuditSpanProcessor } from 'spanseal';

import { audit } from './audit.mjs';

export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const sdk = new NodeSDK({
    serviceName: 'helpdesk',
    spanProcessors: [new AuditSpanProcessor(audit)],
    // Nothing else is exported in this example; left out, NodeSDK would look for a collector on this machine.
    metricReaders: [],
    logRecordProcessors: [],
  });
  // No signal is handled here: Next.js does that, and exits; the log closes when the process does.
  sdk.start();
}

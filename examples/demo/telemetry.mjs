// Everything that is set up for the log, loaded before the application: node --import ./telemetry.mjs agent.mjs
import { register } from 'node:module';

import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { AuditSpanProcessor } from 'spanseal';

import { openLog } from './log.mjs';

// An ES module that is imported cannot be patched afterwards. This hook, in force before the application's first
// import, lets OpenTelemetry's instrumentations wrap it; `include` leaves all other modules as they are.
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url, { data: { include: ['openai'] } });

export const audit = openLog(process.env.DEMO_FOLDER ?? '.');

export const sdk = new NodeSDK({
  serviceName: 'loan-triage',
  spanProcessors: [new AuditSpanProcessor(audit)],
  instrumentations: [new OpenAIInstrumentation()],
  // There is no collector: without these two lines the SDK would look for one, for seconds, when it shuts down.
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();

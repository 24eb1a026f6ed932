// node --experimental-loader=@opentelemetry/instrumentation/hook.mjs --import ./sdk.mjs agent.mjs
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { AuditLog, AuditSpanProcessor } from 'spanseal';

const audit = new AuditLog({ system: 'compat', directory: process.env.AUDIT_FOLDER, warnUnsigned: false });

export const sdk = new NodeSDK({
  spanProcessors: [new AuditSpanProcessor(audit)],
  instrumentations: [new OpenAIInstrumentation()],
  // There is no collector: without these two lines the SDK would look for one.
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();

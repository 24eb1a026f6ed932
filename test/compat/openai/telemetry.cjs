// node --require ./telemetry.cjs agent.cjs
const { OpenAIInstrumentation } = require('@opentelemetry/instrumentation-openai');
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { AuditLog, AuditSpanProcessor } = require('spanseal');

const audit = new AuditLog({ system: 'compat', directory: process.env.AUDIT_FOLDER, warnUnsigned: false });

exports.sdk = new NodeSDK({
  spanProcessors: [new AuditSpanProcessor(audit)],
  instrumentations: [new OpenAIInstrumentation()],
  // There is no collector: without these two lines the SDK would look for one.
  metricReaders: [],
  logRecordProcessors: [],
});
exports.sdk.start();

// What `diagnose` sees of an SDK's provider: node doctor.mjs <sdk-1|sdk-2|sdk-3>. Prints the codes, by what was set up.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [name] = process.argv.slice(2);
const require = createRequire(new URL(`${name}/app/run.mjs`, import.meta.url));
const api = require('@opentelemetry/api');
const sdk = require(name === 'sdk-3' ? '@opentelemetry/sdk-trace' : '@opentelemetry/sdk-trace-base');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { auditSampler, AuditLog, AuditSpanProcessor, diagnose, memorySink } = await import(
  pathToFileURL(require.resolve('spanseal'))
);
const TracerProvider = sdk.TracerProvider ?? sdk.BasicTracerProvider;

const inert = () => ({ onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} });

async function codesOf(optionsOf, contextManager = true) {
  const audit = new AuditLog({ system: 'doctor', environment: 'test', sink: memorySink(), warnUnsigned: false });
  const provider = new TracerProvider(optionsOf(new AuditSpanProcessor(audit), audit));
  api.trace.setGlobalTracerProvider(provider);
  if (contextManager) api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const findings = await diagnose(audit);
  await provider.shutdown();
  await audit.close();
  api.trace.disable();
  api.context.disable();
  return findings.map(({ code, severity }) => `${severity} ${code}`).filter((text) => !text.endsWith('no_spans'));
}

const sampler = auditSampler(new sdk.AlwaysOffSampler());
console.log(
  JSON.stringify({
    sound: await codesOf((ours) => ({ sampler, spanProcessors: [ours, inert()] })),
    'with no sampler': await codesOf((ours) => ({ spanProcessors: [ours] })),
    'sampled away': await codesOf((ours) => ({ sampler: new sdk.AlwaysOffSampler(), spanProcessors: [ours] })),
    'not first': await codesOf((ours) => ({ sampler, spanProcessors: [inert(), ours] })),
    'not there': await codesOf(() => ({ sampler, spanProcessors: [inert()] })),
    'no processors': await codesOf(() => ({ sampler, spanProcessors: [] })),
    'low limits': await codesOf((ours) => ({
      sampler,
      spanLimits: { attributeCountLimit: 9 },
      spanProcessors: [ours],
    })),
    'no context manager': await codesOf((ours) => ({ sampler, spanProcessors: [ours] }), false),
  }),
);

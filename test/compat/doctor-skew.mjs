// A log whose copy of `@opentelemetry/api` (1.10.0) does not see what another one (1.9.1) has registered, and one that does.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const requireOf = (application) => createRequire(new URL(`${application}/app/run.mjs`, import.meta.url));
const sdk = requireOf('sdk-2');
const { context, trace } = sdk('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = sdk('@opentelemetry/context-async-hooks');
const { BasicTracerProvider } = sdk('@opentelemetry/sdk-trace-base');

async function codesOf(application) {
  const spanseal = await import(pathToFileURL(requireOf(application).resolve('spanseal')));
  const { AuditLog, AuditSpanProcessor, auditSampler, diagnose, memorySink } = spanseal;
  const audit = new AuditLog({ system: 'doctor', environment: 'test', sink: memorySink(), warnUnsigned: false });
  const provider = new BasicTracerProvider({
    sampler: auditSampler({ shouldSample: () => ({ decision: 2 }) }),
    spanProcessors: [new AuditSpanProcessor(audit)],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const findings = await diagnose(audit);
  await provider.shutdown();
  trace.disable();
  context.disable();
  return findings.map(({ code, severity }) => `${severity} ${code}`);
}

// First the one that sees: once loaded, the newer copy is blind for as long as the process lives.
const seeing = await codesOf('sdk-2');
console.log(JSON.stringify({ seeing, blind: await codesOf('sdk-3') }));

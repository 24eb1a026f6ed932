// Several copies of `@opentelemetry/api` in one process: node skew.mjs <provider> <spanseal> <instrumentation>
//
// Each argument says whose copy the part uses: sdk-2 has 1.9.1, sdk-3 has 1.10.0, and sdk-3/app/api.mjs is that one
// loaded as an ES module.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [providing, sealing, instrumented] = process.argv.slice(2);
const requireOf = (application) => createRequire(new URL(`${application}/app/run.mjs`, import.meta.url));

// The SDK, and what the application registers with it.
const sdk = requireOf(providing);
const { context, diag, DiagLogLevel, trace } = sdk('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = sdk('@opentelemetry/context-async-hooks');
const TracerProvider =
  providing === 'sdk-3'
    ? sdk('@opentelemetry/sdk-trace').TracerProvider
    : sdk('@opentelemetry/sdk-trace-base').BasicTracerProvider;
const told = [];
const quiet = () => {};
const warn = (message) => told.push(message);
diag.setLogger({ error: warn, warn, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);

// The log.
const spanseal = await import(pathToFileURL(requireOf(sealing).resolve('spanseal')));
const sink = spanseal.memorySink();
const audit = new spanseal.AuditLog({ system: 'skew', sink, warnUnsigned: false });
const provider = new TracerProvider({ spanProcessors: [new spanseal.AuditSpanProcessor(audit)] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(provider);

// An instrumentation, which looks for the registered provider as all of them do.
const api = instrumented.endsWith('.mjs')
  ? await import(new URL(instrumented, import.meta.url))
  : requireOf(instrumented)('@opentelemetry/api');
const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' };
const call = (tracer) => tracer.startSpan('chat', { attributes }).end();

// What the application does itself is seen in any case.
audit.decision({ id: 'by-the-sdk' }, () => call(trace.getTracer('sdk')));
audit.decision({ id: 'by-the-instrumentation' }, () => call(api.trace.getTracer('instrumentation')));
await provider.shutdown();

const calls = sink.entries().filter(({ type }) => type === 'llm_call');
const bases = calls.map(({ decision_id: id, payload }) => [id, payload.decision_basis ?? 'context']);
console.log(JSON.stringify({ calls: Object.fromEntries(bases), told }));

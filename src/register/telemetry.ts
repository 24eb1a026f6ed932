import type { AuditLog } from '../index.ts';
import { auditSampler, type SamplerLike } from '../sampler.ts';
import { AuditLogRecordProcessor } from '../../processors/audit-log-record-processor.ts';
import { AuditSpanProcessor } from '../../processors/audit-span-processor.ts';
import { given, type Environment } from './configuration.ts';
import type { InstalledPackages } from './installed.ts';
import type { InstrumentationLike } from './instrumentations.ts';

/**
 * NodeSDK of the application, with the audit log in front. `spanProcessors` and `sampler` replace what NodeSDK would
 * read from OpenTelemetry's own environment variables; so they are read here, by the specification's rules
 * (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables).
 */

/** What a NodeSDK is to this package. */
export interface RunningSdk {
  shutdown(): Promise<void>;
}

type Class = new (...args: readonly unknown[]) => object;
type Exports = Readonly<Record<string, Class | undefined>>;

/** What is needed of the SDK. */
export interface SdkPackage {
  readonly NodeSDK: new (configuration: object) => RunningSdk & { start(): void };
  /** Samplers and processors. */
  readonly tracing: Exports;
  /** What makes a processor of an exporter, by its name: SDK 3 takes it as an option. */
  readonly processor: (name: string, exporter: object) => object;
}

export const SDK = '@opentelemetry/sdk-node';
const SDK_TRACE = '@opentelemetry/sdk-trace';

/** What the package exports. @throws TypeError if it is not installed, or switched off */
export function loadSdk(env: Environment, packages: InstalledPackages): SdkPackage {
  const exported = packages.load(SDK);
  if (exported === undefined) throw new TypeError(`${SDK} is not installed; run: npm install ${SDK}`);
  if (given(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true') {
    throw new TypeError('OTEL_SDK_DISABLED is true: no span is made, so none is recorded. Unset it.');
  }
  const { NodeSDK } = exported as unknown as SdkPackage;
  // Up to SDK 2, NodeSDK's package hands on what it is made of.
  const handedOn = exported['tracing'] as Exports | undefined;
  if (handedOn !== undefined) {
    return { NodeSDK, tracing: handedOn, processor: (name, exporter) => make(handedOn, name, exporter) };
  }
  const tracing = packages.load(SDK_TRACE) as Exports | undefined;
  if (tracing === undefined) throw new TypeError(`${SDK_TRACE} is not installed; run: npm install ${SDK_TRACE}`);
  return { NodeSDK, tracing, processor: (name, exporter) => make(tracing, name, { exporter }) };
}

/** @throws TypeError if the environment asks for what cannot be made */
export function startSdk(
  sdkPackage: SdkPackage,
  audit: AuditLog,
  env: Environment,
  packages: InstalledPackages,
  instrumentations: readonly InstrumentationLike[],
): RunningSdk {
  const sampler = auditSampler(samplerOf(env, sdkPackage.tracing), { audit });
  const exporting = exportingProcessors(env, packages, sdkPackage);
  const sdk = new sdkPackage.NodeSDK({
    instrumentations,
    sampler,
    // First: what is sealed is what it sees.
    spanProcessors: [new AuditSpanProcessor(audit), ...exporting],
    // Left out, NodeSDK sends metrics and logs to a collector on this machine, whether or not there is one.
    ...(isAskedFor(env, 'METRICS') ? {} : { metricReaders: [] }),
    ...(isAskedFor(env, 'LOGS') ? {} : { logRecordProcessors: [new AuditLogRecordProcessor(audit)] }),
    ...(isServiceNamed(env) ? {} : { serviceName: audit.system }),
  });
  sdk.start();
  return sdk;
}

type Signal = 'TRACES' | 'METRICS' | 'LOGS';

function exportersOf(env: Environment, signal: Signal): readonly string[] {
  const named = given(env, `OTEL_${signal}_EXPORTER`);
  if (named !== undefined) {
    const names = named.split(',').map((name) => name.trim());
    return names.includes('none') ? [] : names.filter((name) => name !== '');
  }
  const endpoint = given(env, 'OTEL_EXPORTER_OTLP_ENDPOINT') ?? given(env, `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`);
  return endpoint === undefined ? [] : ['otlp'];
}

const isAskedFor = (env: Environment, signal: Signal): boolean => exportersOf(env, signal).length > 0;

function isServiceNamed(env: Environment): boolean {
  return (
    given(env, 'OTEL_SERVICE_NAME') !== undefined ||
    given(env, 'OTEL_RESOURCE_ATTRIBUTES')?.includes('service.name=') === true
  );
}

/** What sends spans to the tracing backend, if the environment names one. */
function exportingProcessors(
  env: Environment,
  packages: InstalledPackages,
  { tracing, processor }: SdkPackage,
): readonly object[] {
  return exportersOf(env, 'TRACES').map((exporter) => {
    if (exporter === 'console') return processor('SimpleSpanProcessor', make(tracing, 'ConsoleSpanExporter'));
    if (exporter === 'otlp') return processor('BatchSpanProcessor', otlpExporter(env, packages));
    throw new TypeError(`OTEL_TRACES_EXPORTER is '${exporter}'; spanseal/register knows otlp, console and none.`);
  });
}

const OTLP_PACKAGES: Readonly<Record<string, string>> = {
  'http/protobuf': '@opentelemetry/exporter-trace-otlp-proto',
  'http/json': '@opentelemetry/exporter-trace-otlp-http',
  grpc: '@opentelemetry/exporter-trace-otlp-grpc',
};

function otlpExporter(env: Environment, packages: InstalledPackages): object {
  const protocol =
    given(env, 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? given(env, 'OTEL_EXPORTER_OTLP_PROTOCOL') ?? 'http/protobuf';
  const name = OTLP_PACKAGES[protocol];
  if (name === undefined) {
    throw new TypeError(
      `OTEL_EXPORTER_OTLP_PROTOCOL is '${protocol}'; it is one of ${Object.keys(OTLP_PACKAGES).join(', ')}.`,
    );
  }
  const exported = packages.load(name);
  if (exported === undefined) throw new TypeError(`${name} is not installed; run: npm install ${name}`);
  return make(exported as Exports, 'OTLPTraceExporter');
}

function samplerOf(env: Environment, tracing: Exports): SamplerLike {
  const name = given(env, 'OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on';
  const rootName = name.replace(/^parentbased_/, '');
  const root = rootSampler(rootName, env, tracing);
  if (root === undefined) {
    throw new TypeError(
      `OTEL_TRACES_SAMPLER is '${name}', which is no sampler of the specification that is known here.`,
    );
  }
  return (rootName === name ? root : make(tracing, 'ParentBasedSampler', { root })) as SamplerLike;
}

function rootSampler(name: string, env: Environment, tracing: Exports): object | undefined {
  if (name === 'always_on') return make(tracing, 'AlwaysOnSampler');
  if (name === 'always_off') return make(tracing, 'AlwaysOffSampler');
  if (name !== 'traceidratio') return undefined;
  const text = given(env, 'OTEL_TRACES_SAMPLER_ARG');
  const ratio = Number(text ?? 1);
  if (!(ratio >= 0 && ratio <= 1)) throw new TypeError(`OTEL_TRACES_SAMPLER_ARG is '${text}'; give 0 to 1.`);
  return make(tracing, 'TraceIdRatioBasedSampler', ratio);
}

function make(exported: Exports, name: string, ...args: readonly unknown[]): object {
  const Made = exported[name];
  if (Made === undefined) throw new TypeError(`The installed ${SDK} has no ${name}; update it.`);
  return new Made(...args);
}

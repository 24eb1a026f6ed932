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

/** The part of `@opentelemetry/sdk-node` that is needed. */
export interface SdkPackage {
  readonly NodeSDK: new (configuration: object) => RunningSdk & { start(): void };
  /** What `@opentelemetry/sdk-trace-base` exports. */
  readonly tracing: Exports;
}

export const SDK = '@opentelemetry/sdk-node';

/** What the package exports. @throws TypeError if it is not installed, or switched off */
export function loadSdk(env: Environment, packages: InstalledPackages): SdkPackage {
  const exported = packages.load(SDK);
  if (exported === undefined) throw new TypeError(`${SDK} is not installed; run: npm install ${SDK}`);
  if (given(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true') {
    throw new TypeError('OTEL_SDK_DISABLED is true: no span is made, so none is recorded. Unset it.');
  }
  return exported as unknown as SdkPackage;
}

/** @throws TypeError if the environment asks for what cannot be made */
export function startSdk(
  { NodeSDK, tracing }: SdkPackage,
  audit: AuditLog,
  env: Environment,
  packages: InstalledPackages,
  instrumentations: readonly InstrumentationLike[],
): RunningSdk {
  const sampler = auditSampler(samplerOf(env, tracing), { audit });
  const exporting = exportingProcessors(env, packages, tracing);
  const sdk = new NodeSDK({
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
function exportingProcessors(env: Environment, packages: InstalledPackages, tracing: Exports): readonly object[] {
  return exportersOf(env, 'TRACES').map((exporter) => {
    if (exporter === 'console') return make(tracing, 'SimpleSpanProcessor', make(tracing, 'ConsoleSpanExporter'));
    if (exporter === 'otlp') return make(tracing, 'BatchSpanProcessor', otlpExporter(env, packages));
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

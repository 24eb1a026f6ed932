import { context, trace, type Attributes } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  type Sampler,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, test } from 'vitest';

import type { DoctorFinding } from '../../src/doctor/finding.ts';
import type { FindingCode } from '../../src/doctor/finding-kinds.ts';
import {
  AuditLog,
  AuditSpanExporter,
  AuditSpanProcessor,
  auditSampler,
  diagnose,
  type DiagnoseOptions,
} from '../../src/index.ts';
import { byCode } from '../doctor.ts';
import { directoryLog, memoryLog, temporaryFolder } from '../log.ts';

/** What a running process shows, with the SDKs themselves; SDK 1.x and 3.x: test/compat/doctor.test.ts. */

const CALL: Attributes = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 120,
};

afterEach(() => {
  trace.disable();
  context.disable();
});

type ProviderOptions = NonNullable<ConstructorParameters<typeof BasicTracerProvider>[0]>;
type Found = ReadonlyMap<FindingCode, DoctorFinding>;

const found = async (audit: AuditLog, options?: DiagnoseOptions): Promise<Found> =>
  byCode(await diagnose(audit, options));

/** Registers a provider as an application does, and looks. */
async function foundWith(options: (audit: AuditLog) => ProviderOptions, calls = 1): Promise<Found> {
  const { audit } = memoryLog({ environment: 'production' });
  const provider = new BasicTracerProvider(options(audit));
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  for (let call = 0; call < calls; call++) trace.getTracer('client').startSpan('chat', { attributes: CALL }).end();
  const findings = await found(audit);
  await provider.shutdown();
  await audit.close();
  trace.disable();
  context.disable();
  return findings;
}

const SEEING_ALL = auditSampler(new AlwaysOffSampler());
const ours = (audit: AuditLog): SpanProcessor => new AuditSpanProcessor(audit);
const passing = (): SpanProcessor => new BatchSpanProcessor(new InMemorySpanExporter());
class Rewriting extends SimpleSpanProcessor {}
const rewriting = (): SpanProcessor => new Rewriting(new InMemorySpanExporter());

const LIVE = [
  'no_tracer_provider',
  'api_skew',
  'processor_not_registered',
  'processor_not_first',
  'no_context_manager',
  'sampler_may_drop',
  'span_limits_low',
  'not_examined',
] as const;
const live = (findings: Found): FindingCode[] => LIVE.filter((code) => findings.has(code));

test('nothing is registered', async () => {
  const { audit } = memoryLog();
  const findings = await found(audit);
  expect(live(findings)).toEqual(['no_tracer_provider']);
  expect(findings.get('no_spans')?.severity).toBe('problem');
  // Looking has opened no segment.
  expect(audit.sink.list()).toEqual([]);
  await audit.close();
});

test('all is as it should be, with NodeSDK', async () => {
  const { audit, sink } = memoryLog({ environment: 'production' });
  const sdk = new NodeSDK({
    spanProcessors: [new AuditSpanProcessor(audit), passing()],
    sampler: auditSampler(new AlwaysOffSampler(), { audit }),
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  audit.decision({ id: 'loan-1' }, () => trace.getTracer('client').startSpan('chat', { attributes: CALL }).end());
  const before = sink.entries();
  const findings = await found(audit, { env: { NODE_ENV: 'production' } });
  expect(sink.entries().filter(({ type }) => type !== 'seal')).toEqual(before.filter(({ type }) => type !== 'seal'));
  expect([...findings.keys()]).toEqual(['set_up', 'unsampled_recorded', 'instrumentations', 'capture']);
  expect(findings.get('set_up')?.what).toContain('the first of 2');
  await sdk.shutdown();
});

test('NodeSDK with an exporter of its own: our processor was forgotten', async () => {
  const { audit } = memoryLog();
  const sdk = new NodeSDK({ traceExporter: new InMemorySpanExporter(), metricReaders: [], logRecordProcessors: [] });
  sdk.start();
  const unregistered = new AuditSpanProcessor(audit);
  expect(unregistered).toBeDefined();
  const findings = await found(audit);
  expect(findings.get('processor_not_registered')).toMatchObject({
    severity: 'problem',
    where: [expect.stringMatching(/^BatchSpanProcessor/)],
  });
  await sdk.shutdown();
  await audit.close();
});

describe('the order of processors', () => {
  const order = (...processors: ((audit: AuditLog) => SpanProcessor)[]): Promise<Found> =>
    foundWith((audit) => ({ sampler: SEEING_ALL, spanProcessors: processors.map((make) => make(audit)) }));

  test('first, or the only one', async () => {
    expect(live(await order(ours, rewriting))).toEqual([]);
    expect((await order(ours)).get('set_up')?.what).toContain('the only one');
  });

  test('behind one that may rewrite; behind one that hands on it is a note', async () => {
    expect((await order(rewriting, ours)).get('processor_not_first')).toMatchObject({
      severity: 'warning',
      where: ['Rewriting'],
    });
    expect((await order(passing, ours)).get('processor_not_first')?.severity).toBe('note');
  });

  test('not there', async () => {
    const { audit } = memoryLog();
    // A processor of another log is not one of this.
    const other = memoryLog().audit;
    const provider = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(other)] });
    trace.setGlobalTracerProvider(provider);
    const unregistered = new AuditSpanProcessor(audit);
    expect(unregistered).toBeDefined();
    expect(live(await found(audit))).toContain('processor_not_registered');
    await provider.shutdown();
    await audit.close();
  });

  test('inside of another one: spans arrive, and the order is not seen', async () => {
    const findings = await order((audit) => {
      const inner = new AuditSpanProcessor(audit);
      return {
        onStart: (span, parent) => inner.onStart(span, parent),
        onEnd: (span) => inner.onEnd(span),
        forceFlush: () => inner.forceFlush(),
        shutdown: () => inner.shutdown(),
      };
    });
    expect(live(findings)).toEqual(['not_examined']);
  });

  test('an exporter of this log is found behind its processor', async () => {
    const findings = await foundWith((audit) => ({
      sampler: new AlwaysOnSampler(),
      spanProcessors: [new SimpleSpanProcessor(new AuditSpanExporter(audit))],
    }));
    expect(live(findings)).toEqual([]);
    expect(findings.has('exporter_source')).toBe(true);
  });
});

describe('the sampler', () => {
  const sampled = async (sampler: Sampler): Promise<DoctorFinding | undefined> =>
    (await foundWith((audit) => ({ sampler, spanProcessors: [ours(audit)] }), 2)).get('sampler_may_drop');

  test.each([
    [SEEING_ALL, undefined],
    [auditSampler(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.1) })), undefined],
    [new AlwaysOnSampler(), undefined],
    [new ParentBasedSampler({ root: new AlwaysOnSampler() }), 'note'],
    [new TraceIdRatioBasedSampler(0.5), 'warning'],
    [new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.1) }), 'warning'],
    // Not outermost: what the one around it drops is gone.
    [new ParentBasedSampler({ root: auditSampler(new AlwaysOffSampler()) }), 'warning'],
    [new AlwaysOffSampler(), 'problem'],
    [new TraceIdRatioBasedSampler(0), 'problem'],
    [new ParentBasedSampler({ root: new AlwaysOffSampler() }), 'problem'],
    [{ shouldSample: () => ({ decision: 2 }) }, 'warning'],
  ] as const)('%s: %s', async (sampler, severity) => {
    expect((await sampled(sampler))?.severity).toBe(severity);
  });

  test('what is seen of it stands for what is not declared', async () => {
    const of = (sampler: Sampler): Promise<Found> => foundWith((audit) => ({ sampler, spanProcessors: [ours(audit)] }));
    expect((await of(new TraceIdRatioBasedSampler(0.99999))).has('sampling_undeclared')).toBe(false);
    expect((await of(SEEING_ALL)).has('sampling_undeclared')).toBe(true);
  });
});

test.each([
  [{}, 0],
  [{ attributeCountLimit: 200 }, 0],
  [{ attributeCountLimit: 20 }, 1],
  [{ attributeValueLengthLimit: 256 }, 1],
])('limits %j: %d findings', async (spanLimits, count) => {
  const { audit } = memoryLog();
  const provider = new BasicTracerProvider({ spanLimits, spanProcessors: [new AuditSpanProcessor(audit)] });
  trace.setGlobalTracerProvider(provider);
  const findings = (await diagnose(audit)).filter(({ code }) => code === 'span_limits_low');
  expect(findings).toHaveLength(count);
  await provider.shutdown();
});

test('no context manager', async () => {
  const { audit } = memoryLog();
  const provider = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit)] });
  trace.setGlobalTracerProvider(provider);
  expect((await found(audit)).has('no_context_manager')).toBe(true);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  expect((await found(audit)).has('no_context_manager')).toBe(false);
  await provider.shutdown();
});

test('NODE_ENV, where it is given: nothing reads it by itself', async () => {
  const production = { env: { NODE_ENV: 'production' } };
  const { audit } = memoryLog();
  expect((await found(audit, production)).get('environment_development')?.severity).toBe('problem');
  expect((await found(audit)).has('environment_development')).toBe(false);
  expect((await found(audit, { env: { NODE_ENV: 'test' } })).has('environment_development')).toBe(false);
  const declared = memoryLog({ environment: 'staging' }).audit;
  expect((await found(declared, production)).has('environment_development')).toBe(false);
  await Promise.all([audit.close(), declared.close()]);
});

describe('what is looked at', () => {
  test('the segments that this log has written, over a roll, and no others', async () => {
    const directory = temporaryFolder();
    const before = directoryLog(directory);
    before.decision({ id: 'older', reviewRequired: true }, () => {});
    await before.close();
    const audit = directoryLog(directory);
    audit.decision({ id: 'first', reviewRequired: true }, () => {});
    await audit.roll();
    audit.decision({ id: 'second', reviewRequired: true }, () => {});
    const findings = await found(audit);
    expect(findings.get('review_missing')?.where).toEqual(['first', 'second']);
    // Its own segment is open as it should be.
    expect(findings.has('segments_open')).toBe(false);
    await audit.close();
  });

  test('a closed log', async () => {
    const { audit } = memoryLog();
    audit.flag('x');
    await audit.close();
    const findings = await found(audit);
    expect(live(findings)).toEqual([]);
    expect(findings.has('no_spans')).toBe(true);
    expect(findings.has('after_close')).toBe(false);
    expect(() => audit.flag('too late')).toThrow();
    expect((await found(audit)).get('after_close')?.what).toContain('1 span or call');
  });
});

describe('it never rejects', () => {
  test('where the sink cannot be read', async () => {
    const { sink } = memoryLog();
    const audit = new AuditLog({
      system: 'test',
      warnUnsigned: false,
      sink: {
        ...sink,
        open() {
          throw new Error('EIO');
        },
      },
    });
    audit.flag('x');
    expect((await found(audit)).get('unreadable')?.what).toBe('EIO');
    await audit.close();
  });

  test('where a provider is no SDK, or throws', async () => {
    const { audit } = memoryLog();
    for (const odd of [
      { getTracer: () => trace.getTracer('x') },
      {
        getTracer: () => trace.getTracer('x'),
        get _activeSpanProcessor(): never {
          throw new Error('no');
        },
        get _config(): never {
          throw new Error('no');
        },
      },
    ]) {
      trace.disable();
      trace.setGlobalTracerProvider(odd);
      expect(live(await found(audit))).toContain('not_examined');
    }
    await audit.close();
  });

  test('where what it is given is no log', async () => {
    expect(await diagnose({} as AuditLog)).toMatchObject([{ code: 'not_examined' }]);
  });
});

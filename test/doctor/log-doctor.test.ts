import { SpanKind, type Attributes, type Span } from '@opentelemetry/api';
import { AlwaysOffSampler, BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, test } from 'vitest';

import { openTelemetry } from '../../processors/dialects/opentelemetry.ts';
import type { AuditSpanProcessorOptions, Dialect } from '../../processors/index.ts';
import type { DoctorFinding } from '../../src/doctor/finding.ts';
import type { FindingCode } from '../../src/doctor/finding-kinds.ts';
import {
  AuditLog,
  AuditSpanExporter,
  AuditSpanProcessor,
  auditSampler,
  type AuditLogOptions,
  type Entry,
} from '../../src/index.ts';
import { examined } from '../doctor.ts';
import { memoryLog, SIGNER } from '../log.ts';
import { replay } from '../processors/replay.ts';
import { recordedSpans, RECORDED, scenariosOf } from '../spans.ts';

/** Each finding both ways: there, and not there. What writes the logs is the real thing: SDK, processor, log. */

const CALL = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 120,
  'gen_ai.usage.output_tokens': 34,
};

/** A key service that does not answer. */
const NEVER_SIGNS = { vkey: SIGNER.vkey, sign: () => new Promise<never>(() => {}) };

type ProviderOptions = ConstructorParameters<typeof BasicTracerProvider>[0];

interface SetUp {
  readonly log?: Partial<Omit<AuditLogOptions, 'sink' | 'directory'>>;
  readonly provider?: (audit: AuditLog) => ProviderOptions;
  readonly processor?: AuditSpanProcessorOptions;
}

interface Running {
  readonly audit: AuditLog;
  readonly provider: BasicTracerProvider;
  /** Makes a span and ends it. */
  readonly call: (attributes?: Attributes, scope?: string, span?: (span: Span) => void) => void;
}

/** A log of what an application does. */
async function logOf(work: (running: Running) => unknown, { log, provider, processor }: SetUp = {}): Promise<Entry[]> {
  const { audit, sink } = memoryLog(log);
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new AuditSpanProcessor(audit, processor)],
    ...provider?.(audit),
  });
  await work({
    audit,
    provider: tracerProvider,
    call(attributes = CALL, scope = 'client', then) {
      const span = tracerProvider.getTracer(scope, '1.2.3').startSpan('span', { kind: SpanKind.CLIENT, attributes });
      then?.(span);
      span.end();
    },
  });
  await tracerProvider.shutdown();
  await audit.close();
  return sink.entries();
}

async function findingsIn(...given: Parameters<typeof logOf>): Promise<ReadonlyMap<FindingCode, DoctorFinding>> {
  return examined(await logOf(...given));
}

async function codesIn(...given: Parameters<typeof logOf>): Promise<FindingCode[]> {
  return [...(await findingsIn(...given)).keys()];
}

/** An application that does all as it should. */
const SOUND: SetUp = {
  log: { environment: 'production', capture: { messages: 'none' } },
  provider: (audit) => ({ sampler: auditSampler(new AlwaysOffSampler(), { audit }) }),
};
const decided = ({ audit, call }: Running): void => {
  audit.decision({ actor: 'x' }, (decision) => {
    call();
    decision.result('approved');
  });
};

test('a sound log: what is there, and no problem', async () => {
  const found = await findingsIn(decided, SOUND);
  // No context manager is registered in this process: decisions come by the storage of the log.
  expect([...found.keys()]).toEqual(['context_lost', 'unsampled_recorded', 'instrumentations', 'capture']);
  expect(found.get('instrumentations')).toMatchObject({
    what: '1 instrumentation made 1 entry. Of the spans that ended, no dialect knows 0 of 1 (0 %).',
    where: ['client 1.2.3 (opentelemetry): 1'],
  });
  expect(found.get('unsampled_recorded')?.what).toContain('1 of 1 (100 %)');
  expect(found.get('capture')?.what).toContain('Content in the log: toolArguments, decisionInput.');
});

describe('whether spans come', () => {
  test('none at all', async () => {
    const found = await findingsIn(({ audit }) => audit.flag('x'));
    expect(found.get('no_spans')).toMatchObject({ severity: 'problem' });
    expect(found.has('no_genai_spans')).toBe(false);
    expect(await codesIn(({ call }) => call())).not.toContain('no_spans');
  });

  test('others, and no GenAI span', async () => {
    const found = await findingsIn(({ audit, call }) => {
      audit.flag('x');
      for (let index = 0; index < 3; index++) call({ 'http.request.method': 'GET' });
    });
    expect(found.get('no_genai_spans')).toMatchObject({
      severity: 'problem',
      what: expect.stringContaining('3 spans'),
    });
    expect(found.get('no_genai_spans')?.todo).toContain('experimental_telemetry');
    expect(found.has('no_spans')).toBe(false);
    const both = await codesIn(({ call }) => {
      call({ 'http.request.method': 'GET' });
      call();
    });
    expect(both).not.toContain('no_genai_spans');
  });

  test('nothing is counted yet', async () => {
    const { audit, sink } = memoryLog();
    audit.flag('x');
    expect([...examined(sink.entries()).keys()]).toContain('not_counted');
    await audit.close();
    expect([...examined(sink.entries()).keys()]).not.toContain('not_counted');
  });

  test('counters add up over segments', async () => {
    const entries = await logOf(async ({ audit, call }) => {
      call({ 'http.request.method': 'GET' });
      audit.flag('x');
      await audit.flush();
      await audit.roll();
      call();
      call({ 'http.request.method': 'GET' });
    });
    expect(entries.filter(({ type }) => type === 'audit_open')).toHaveLength(2);
    expect(examined(entries).get('instrumentations')?.what).toContain('2 of 3 (67 %)');
  });

  test('a sampler that drops', async () => {
    const sampled = (record: 'all' | (() => boolean)): SetUp => ({
      provider: (audit) => ({ sampler: auditSampler(new AlwaysOffSampler(), { audit, record }) }),
    });
    const work = ({ audit, call }: Running): void => {
      audit.flag('x');
      call();
    };
    const found = await findingsIn(
      work,
      sampled(() => false),
    );
    expect(found.get('sampled_away')?.what).toContain('1 span');
    expect(found.get('sampler_predicate')?.what).toContain('AlwaysOffSampler');
    const all = await codesIn(work, sampled('all'));
    for (const code of ['sampled_away', 'sampler_predicate', 'sampling_undeclared'] as const) {
      expect(all).not.toContain(code);
    }
    expect(all).toContain('unsampled_recorded');
  });

  test('nothing says how they are sampled', async () => {
    const codes = await codesIn(({ call }) => call());
    expect(codes).toContain('sampling_undeclared');
    expect(codes).not.toContain('unsampled_recorded');
  });

  test('they come through an exporter', async () => {
    const exporting = (audit: AuditLog): ProviderOptions => ({
      spanProcessors: [new BatchSpanProcessor(new AuditSpanExporter(audit))],
    });
    expect(await codesIn(({ call }) => call(), { provider: exporting })).toContain('exporter_source');
    expect(await codesIn(({ call }) => call())).not.toContain('exporter_source');
  });
});

describe('what they say', () => {
  /** Reads spans as OpenInference's processor leaves those of the AI SDK. */
  const openInference: Dialect = {
    name: 'openinference',
    recognises: (attributes) => attributes['openinference.span.kind'] !== undefined,
    map: (span, capture) => openTelemetry.map(span, capture),
  };

  test('another vocabulary than that of their scope', async () => {
    const set: SetUp = { processor: { dialects: [openInference, openTelemetry] } };
    const rewritten = { ...CALL, 'openinference.span.kind': 'LLM' };
    const found = await findingsIn(({ call }) => call(rewritten, 'ai'), set);
    expect(found.get('rewritten_spans')?.where).toEqual(['ai, read as openinference instead of ai-sdk: 1']);
    // Of an instrumentation that writes it itself.
    expect(await codesIn(({ call }) => call(rewritten, 'openinference'), set)).not.toContain('rewritten_spans');
    const own = { ...CALL, 'ai.operationId': 'ai.generateText.doGenerate' };
    const named = (name: string) => (running: Running) => running.call(own, 'ai', (span) => span.updateName(name));
    expect(await codesIn(named('ai.generateText.doGenerate'))).not.toContain('rewritten_spans');
    expect((await findingsIn(named('chat gpt-4o'))).get('rewritten_spans')?.where).toEqual(['ai, renamed: 1']);
  });

  test.each(['***', '<masked>', '[REDACTED]'])('a model that reads %s', async (mask) => {
    const found = await findingsIn(({ call }) => call({ ...CALL, 'gen_ai.response.model': mask }));
    expect(found.get('masked_values')?.where).toEqual(['client, response_model: 1']);
  });

  test('masked content, and what our own redactor leaves', async () => {
    const messages = (text: string): Attributes => ({
      ...CALL,
      'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: text }] }]),
    });
    const set: SetUp = { log: { capture: { messages: 'inline' } } };
    const langfuse = '<fully masked due to failed mask function>';
    const found = await findingsIn(({ call }) => call(messages(langfuse)), set);
    expect(found.get('masked_values')?.where).toEqual(['client, input_messages: 1']);
    const codes = await codesIn(({ call }) => {
      call(messages('mail to a@example.org'));
      call(messages('a@example.org'));
      call(messages('multiply 3 *** 4'));
    }, set);
    expect(codes).not.toContain('masked_values');
  });

  test('calls that lost their model or their tokens', async () => {
    const { 'gen_ai.request.model': _model, ...withoutModel } = CALL;
    const { 'gen_ai.usage.input_tokens': _in, 'gen_ai.usage.output_tokens': _out, ...withoutUsage } = CALL;
    const found = await findingsIn(({ call }) => {
      call(withoutModel);
      call(withoutUsage);
      call();
    });
    expect(found.get('calls_without_model')).toMatchObject({ where: ['client: 1 of 3 (33 %)'] });
    expect(found.get('calls_without_usage')).toMatchObject({ where: ['client: 1 of 3 (33 %)'], severity: 'note' });
    const sound = await codesIn(({ call }) => call());
    expect(sound).not.toContain('calls_without_model');
    expect(sound).not.toContain('calls_without_usage');
  });

  test('attributes that the limits of the SDK dropped: missing tokens are unknown', async () => {
    const limited: SetUp = { provider: () => ({ spanLimits: { attributeCountLimit: 3 } }) };
    const late = ({ call }: Running): void => {
      const { 'gen_ai.operation.name': operation, 'gen_ai.request.model': model, ...answered } = CALL;
      const started = { 'gen_ai.operation.name': operation, 'gen_ai.request.model': model };
      call(started, 'client', (span) => span.setAttributes(answered));
    };
    const found = await findingsIn(late, limited);
    expect(found.get('attributes_dropped')).toMatchObject({ where: ['client: 1'] });
    expect(found.get('attributes_dropped')?.what).toContain('1 model call among them');
    expect(found.has('calls_without_usage')).toBe(false);
    expect(await codesIn(late)).not.toContain('attributes_dropped');
  });

  test('a dialect that throws', async () => {
    const broken: Dialect = {
      name: 'broken',
      recognises: () => true,
      map() {
        throw new Error('no');
      },
    };
    const found = await findingsIn(({ call }) => call(), { processor: { dialects: [broken] } });
    expect(found.get('unreadable_spans')?.where).toEqual(['client (broken): 1']);
    expect(await codesIn(({ call }) => call())).not.toContain('unreadable_spans');
  });

  test('content that is wanted and not there', async () => {
    const set: SetUp = { log: { capture: { messages: 'inline', toolResults: 'inline' } } };
    const message = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'hello' }] }]);
    const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' };
    const found = await findingsIn(({ call }) => {
      call(CALL, 'silent');
      call({ ...CALL, 'gen_ai.input.messages': message }, 'telling');
      call(CALL, 'telling');
      call({ ...tool, 'gen_ai.tool.call.arguments': '{"q":1}', 'gen_ai.tool.call.result': '1' }, 'telling');
    }, set);
    expect(found.get('content_missing')).toMatchObject({
      severity: 'warning',
      what: expect.stringContaining('capture.messages'),
      where: ['silent: 0 of 1'],
    });
    // By default only arguments of tools are wanted, and many have none.
    expect(await codesIn(({ call }) => call())).not.toContain('content_missing');
    const noArguments = await findingsIn(({ call }) => call(tool));
    expect(noArguments.get('content_missing')).toMatchObject({
      severity: 'note',
      what: expect.stringContaining('capture.toolArguments'),
    });
  });
});

test('in all recordings: which were rewritten or masked by a processor, and which name no model', async () => {
  const wanted = ['rewritten_spans', 'masked_values', 'calls_without_model', 'unreadable_spans'] as const;
  const emitters = new Set<string>();
  for (const emitter of RECORDED) {
    for (const scenario of scenariosOf(emitter)) {
      const found = examined(await replay(recordedSpans(emitter, scenario)));
      for (const code of wanted) if (found.has(code)) emitters.add(`${code}: ${emitter}`);
    }
  }
  expect([...emitters].sort()).toEqual([
    'masked_values: langfuse-openai-masked',
    'rewritten_spans: openinference-vercel-ai6',
    'rewritten_spans: sentry-node',
  ]);
});

describe('spans that never end', () => {
  test('by scope and reason; at the shutdown only it is a note', async () => {
    const open = ({ provider, call }: Running): void => {
      provider.getTracer('stream').startSpan('chat', { attributes: CALL });
      call();
    };
    const atShutdown = await findingsIn(open);
    expect(atShutdown.get('unended_spans')).toMatchObject({
      severity: 'note',
      what: '1 of 2 (50 %) GenAI spans never ended.',
      where: ['stream, shutdown: 1'],
    });
    const evicted = await findingsIn(
      (running) => {
        open(running);
        open(running);
      },
      { processor: { maxOpenSpans: 1 } },
    );
    expect(evicted.get('unended_spans')?.severity).toBe('warning');
    expect(evicted.get('unended_spans')?.where).toContain('stream, evicted: 2');
    expect(await codesIn(({ call }) => call())).not.toContain('unended_spans');
  });

  test('those that ended later do not count', async () => {
    const found = await findingsIn(
      ({ provider, call }) => {
        const slow = provider.getTracer('slow').startSpan('chat', { attributes: CALL });
        call();
        slow.end();
      },
      { processor: { maxOpenSpans: 1 } },
    );
    expect(found.has('unended_spans')).toBe(false);
    expect(found.get('late_ends')).toMatchObject({ where: ['slow: 1'] });
  });
});

describe('what they were for', () => {
  test('calls without a decision', async () => {
    const none = await findingsIn(({ call }) => call());
    expect(none.get('no_decisions')?.what).toContain('1 call');
    expect(none.has('calls_outside_decisions')).toBe(false);
    const some = await findingsIn((running) => {
      running.call();
      decided(running);
    });
    expect(some.has('no_decisions')).toBe(false);
    expect(some.get('calls_outside_decisions')?.what).toContain('1 of 2 (50 %)');
    const all = await codesIn(decided);
    expect(all).not.toContain('no_decisions');
    expect(all).not.toContain('calls_outside_decisions');
  });

  test('a review that is required: a note for a day, then a warning, until there is one', async () => {
    const day = 24 * 60 * 60 * 1_000;
    let now = Date.parse('2026-11-23T09:30:00.000Z');
    let monotonic = 0;
    const wait = (millis: number): void => void ((now += millis), (monotonic += millis));
    const clock = { now: () => now, monotonic: () => monotonic };
    const { audit, sink } = memoryLog({ clock });
    for (const id of ['loan-1', 'loan-2']) audit.decision({ id, reviewRequired: true }, () => {});
    audit.decision({ id: 'loan-3' }, () => {});
    const fresh = examined(sink.entries()).get('review_missing');
    expect(fresh).toMatchObject({ severity: 'note', where: ['loan-1', 'loan-2'] });
    wait(day + 1_000);
    audit.humanOversight({ decisionId: 'loan-2', action: 'approved', reviewerKind: 'person', reviewer: 'u-1' });
    const stale = examined(sink.entries()).get('review_missing');
    expect(stale).toMatchObject({ severity: 'warning', where: ['loan-1'] });
    expect(stale?.what).toContain('2026-11-23T09:30:00.000Z');
    expect(examined(sink.entries()).has('reviewer_unknown')).toBe(false);
    audit.humanOversight({ decisionId: 'loan-1', action: 'approved' });
    const reviewed = examined(sink.entries());
    expect(reviewed.has('review_missing')).toBe(false);
    expect(reviewed.get('reviewer_unknown')?.what).toContain('1 of 2 (50 %)');
    await audit.close();
  });
});

describe('development that looks like production', () => {
  const environmentIn = async (log: SetUp['log']): Promise<DoctorFinding | undefined> =>
    (await findingsIn(({ call }) => call(), { log: log ?? {} })).get('environment_development');

  test('by two signs a warning, by one a note, by none nothing', async () => {
    const service = { version: '2.7.1' };
    const two = await environmentIn({ service, heartbeatMillis: 60_000 });
    expect(two?.severity).toBe('warning');
    expect(two?.where).toEqual(['a heartbeat was asked for (heartbeat_ms)', 'it declares a released version (2.7.1)']);
    expect((await environmentIn({ service }))?.severity).toBe('note');
    // Signed, as all of these logs are: that is no sign.
    expect(await environmentIn({})).toBeUndefined();
    expect(await environmentIn({ service, heartbeatMillis: 60_000, environment: 'production' })).toBeUndefined();
  });

  test('hosts, containers and days', async () => {
    const entries = await logOf(({ call }) => call());
    const onHost = (host: string, ts: string, pid = 4711): Entry[] =>
      entries.map((entry) =>
        entry.type === 'audit_open'
          ? { ...entry, ts, payload: { ...entry.payload, process: { host, pid } } }
          : { ...entry, ts },
      );
    const signs = (...logs: Entry[][]): readonly string[] =>
      examined(logs.flat()).get('environment_development')?.where ?? [];
    const [first, last] = ['2026-11-23T09:30:00.000Z', '2026-11-26T09:30:00.000Z'];
    expect(signs(onHost('laptop', first))).toEqual([]);
    expect(signs(onHost('laptop', first), onHost('triage-7c9d8f6b5d-x2x9z', last))).toEqual([
      'it was written on 2 hosts',
      'a container writes it (triage-7c9d8f6b5d-x2x9z)',
      'it goes over 3 days',
    ]);
    expect(signs(onHost('laptop', first, 1))).toEqual(['a container writes it (laptop)']);
    expect(signs(onHost('0123456789ab', first))).toEqual(['a container writes it (0123456789ab)']);
  });
});

describe('how it is kept', () => {
  test('unsigned', async () => {
    const { audit, sink } = memoryLog();
    audit.flag('x');
    await audit.close();
    expect(examined(sink.entries()).has('unsigned')).toBe(false);
    const unsigned = new AuditLog({ system: 'test', sink: memoryLog().sink, warnUnsigned: false });
    unsigned.flag('x');
    await unsigned.close();
    const own = unsigned.sink as ReturnType<typeof memoryLog>['sink'];
    expect(examined(own.entries()).has('unsigned')).toBe(true);
  });

  test('a redactor that throws, with and without flags', async () => {
    const redactor = (text: string): string => {
      if (text.includes('boom')) throw new Error('no');
      return text;
    };
    for (const flagOnRedact of [true, false]) {
      const found = await findingsIn(({ audit }) => audit.flag('boom'), { log: { redactor, flagOnRedact } });
      expect(found.get('redactor_failed')?.what).toContain('In 1 entry stands');
    }
    expect(await codesIn(({ audit }) => audit.flag('fine'), { log: { redactor } })).not.toContain('redactor_failed');
  });

  test('a clock that was set', async () => {
    let now = Date.parse('2026-11-23T09:30:00.000Z');
    const clock = { now: () => now, monotonic: () => 0 };
    const { audit, sink } = memoryLog({ clock });
    audit.flag('before');
    now += 60_000;
    audit.flag('after');
    await audit.close();
    expect(examined(sink.entries()).get('clock_steps')?.what).toContain('1 time');
    expect(await codesIn(({ audit }) => audit.flag('x'))).not.toContain('clock_steps');
  });

  test('writing that failed, and what was lost by it', async () => {
    const { sink } = memoryLog();
    let full = false;
    const audit = new AuditLog({
      system: 'test',
      warnUnsigned: false,
      sink: {
        ...sink,
        create(segment) {
          const writer = sink.create(segment);
          const append = (bytes: Uint8Array): void => {
            if (full) throw new Error('ENOSPC');
            writer.append(bytes);
          };
          return Object.assign(Object.create(writer) as typeof writer, { append });
        },
      },
    });
    const provider = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit)] });
    const call = (): void => provider.getTracer('client').startSpan('chat', { attributes: CALL }).end();
    call();
    full = true;
    call();
    full = false;
    call();
    await provider.shutdown();
    const found = examined(sink.entries());
    expect(found.get('gaps')?.what).toContain('1 entry lost in 1 gap');
    expect(found.get('write_failures')?.severity).toBe('problem');
    expect(found.get('spans_lost')?.what).toContain('1 GenAI span');
    for (const code of ['gaps', 'write_failures', 'spans_lost'] as const) {
      expect(await codesIn(({ call }) => call())).not.toContain(code);
    }
  });

  test('a seal that came too late', async () => {
    const log: SetUp['log'] = { signTimeoutMillis: 1 };
    const found = await findingsIn(
      async ({ audit }) => {
        audit.flag('x');
        await audit.flush();
        audit.flag('y');
        await audit.flush();
      },
      { log: { ...log, signer: NEVER_SIGNS } },
    );
    expect(found.get('seals_discarded')?.severity).toBe('warning');
    expect(await codesIn(({ audit }) => audit.flag('x'))).not.toContain('seals_discarded');
  });

  test('segments that were left open', async () => {
    const { audit, sink } = memoryLog();
    audit.flag('x');
    const open = sink.entries();
    const gone = examined(open, { isGone: (writer) => writer['pid'] === process.pid });
    expect(gone.get('segments_abandoned')).toMatchObject({ severity: 'problem' });
    expect(gone.get('segments_abandoned')?.where?.[0]).toContain(sink.list()[0]);
    const alive = examined(open);
    expect(alive.has('segments_abandoned')).toBe(false);
    expect(alive.get('segments_open')?.severity).toBe('note');
    expect(examined(open, { current: sink.list()[0] ?? '' }).has('segments_open')).toBe(false);
    await audit.close();
    const closed = examined(sink.entries(), { isGone: () => true });
    for (const code of ['segments_abandoned', 'segments_open', 'unsealed_tail'] as const) {
      expect(closed.has(code)).toBe(false);
    }
  });

  test('a recovered segment, whose end nobody signed', async () => {
    const { audit, sink } = memoryLog({ signer: NEVER_SIGNS, signTimeoutMillis: 50 });
    audit.flag('x');
    const [dead = ''] = sink.list();
    const later = new AuditLog({ system: 'test', log: audit.log, signer: SIGNER, sink });
    await later.recover(dead);
    await later.close();
    const found = examined(sink.entries(), { isGone: () => true });
    expect(found.has('segments_abandoned')).toBe(false);
    expect(found.get('unsealed_tail')?.where).toEqual([
      expect.stringContaining(`${dead}: 2 entries, 2 of them unsealed`),
    ]);
    await audit.close();
  });
});

test('memory stays flat, and hostile names stay data', async () => {
  const entries = await logOf(({ call }) => {
    for (let index = 0; index < 400; index++) call(CALL, `scope ${index} \u001b[31m\u202e${'x'.repeat(200)}`);
  });
  const overview = examined(entries).get('instrumentations');
  expect(overview?.where?.length).toBe(9);
  expect(overview?.where?.at(-1)).toBe('further ones: 392');
  expect(overview?.where?.join('')).not.toContain('\u001b');
  expect(overview?.where?.join('')).not.toContain('\u202e');
});

test.each([undefined, null, 'text', 7, [], {}])('odd payloads do no harm: %j', async (odd) => {
  const entries = await logOf(decided);
  const mangled = entries.map((entry) => ({
    ...entry,
    payload: Object.fromEntries(Object.keys(entry.payload).map((member) => [member, odd])),
  })) as unknown as Entry[];
  expect(() => examined(mangled)).not.toThrow();
});

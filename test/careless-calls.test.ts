import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { fc } from './fast-check.ts';
import { describe, expect, test } from 'vitest';

import { AuditSpanProcessor, verify, type MemorySink, type Report } from '../src/index.ts';
import type { Dialect } from '../processors/dialects/dialect.ts';
import { KEY, memoryLog, ofType } from './log.ts';

/** Callers without a type checker: one careless call must not spoil a signed log for good. */

const report = async (sink: MemorySink): Promise<Report> => {
  const [segment = '', ...more] = sink.list();
  expect(more).toEqual([]);
  return verify(sink.bytes(segment), { keys: [KEY.vkey] });
};

/** Whatever JavaScript has. */
const anything = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withSparseArray: true }),
  fc.constantFrom<unknown>(null, undefined, Number.NaN, -0, '', '\ud800', Symbol('x'), new Error('broken'), () => 1),
  fc.string({ unit: 'binary' }),
);

/** Objects with the options that a call knows, and others. */
const options = (...known: string[]): fc.Arbitrary<unknown> =>
  fc.oneof(anything, fc.dictionary(fc.oneof(fc.constantFrom(...known), fc.string()), anything));

const CALLS = {
  flag: options('action', 'severity', 'data', 'appliedTo', 'policy', 'decisionId'),
  humanOversight: options('action', 'reviewerKind', 'reviewer', 'about', 'stage', 'openedAt', 'decidedAt', 'shown'),
  incident: options('class', 'stage', 'origin', 'occurredAt', 'clocks', 'regimes'),
  change: options('kind', 'from', 'to', 'substantial'),
  contextAssembly: options('operation', 'documents', 'query', 'blocks', 'startTime', 'outcome'),
  reconciliation: options('period', 'expected', 'recorded', 'source'),
  decision: options('id', 'input', 'actorKind', 'automation', 'notice', 'reviewRequired', 'data'),
  result: options('reasonCodes', 'effectiveAt', 'output', 'outcome', 'settledAt', 'counts', 'durationMs'),
} as const;
type Call = keyof typeof CALLS;

const call = fc
  .constantFrom(...(Object.keys(CALLS) as Call[]))
  .chain((name) => fc.tuple(fc.constant(name), anything, CALLS[name]));

describe('whatever a business call is given', () => {
  test('what is written verifies', { timeout: 60_000 }, async () => {
    let written = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 6 }), async (calls) => {
        const { audit, sink } = memoryLog({ capture: { decisionOutput: 'inline', retrieval: 'inline' } });
        for (const [name, first, second] of calls) {
          try {
            if (name === 'flag') audit.flag(first as never, second as never);
            else if (name === 'decision') audit.decision(second as never, () => first);
            else if (name === 'result') audit.decision({}, (d) => d.result(first as never, second as never));
            else audit[name](second as never);
          } catch (error) {
            // Misuse is told before anything is written.
            expect(error).toBeInstanceOf(TypeError);
          }
        }
        await audit.close();
        if (sink.list().length === 0) return;
        written += sink.entries().length;
        const { problems, ok } = await report(sink);
        expect(problems).toEqual([]);
        expect(ok).toBe(true);
      }),
      { numRuns: 300, endOnFailure: true },
    );
    expect(written).toBeGreaterThan(600);
  });

  test('whatever a dialect of the user makes of a span, what is written verifies', { timeout: 60_000 }, async () => {
    const types = ['llm_call', 'tool_call', 'agent_invocation', 'context_assembly', 'guardrail', 'evaluation'] as const;
    const members = ['name', 'start_time', 'outcome', 'usage', 'error', 'opened_at', 'duration_ms', 'span'];
    const mapped = fc.record({
      type: fc.constantFrom(...types),
      role: fc.constantFrom('leaf', 'barrier', 'transparent'),
      payload: fc.dictionary(fc.oneof(fc.constantFrom(...members), fc.string()), anything),
      outcome: fc.oneof(fc.constant(undefined), anything),
      error: fc.oneof(fc.constant(undefined), anything),
      usage: fc.oneof(fc.constant(undefined), anything),
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(mapped, anything), async (made) => {
        const mine: Dialect = { name: 'mine', recognises: () => true, map: () => made as never };
        const { audit, sink } = memoryLog();
        const processor = new AuditSpanProcessor(audit, { dialects: [mine] });
        const provider = new BasicTracerProvider({ spanProcessors: [processor] });
        provider.getTracer('test').startSpan('a').end();
        provider.getTracer('test').startSpan('b');
        await provider.shutdown();
        if (sink.list().length === 0) return;
        const { problems, ok } = await report(sink);
        expect(problems).toEqual([]);
        expect(ok).toBe(true);
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });
});

describe('a word that is missing or none', () => {
  test('stands as unknown or other, with what was said beside it', async () => {
    const { audit, sink } = memoryLog();
    audit.humanOversight({} as never);
    audit.humanOversight({ action: 7, reviewerKind: null, stage: 5 } as never);
    audit.flag(new Error('over budget'));
    audit.flag({ rule: 12 } as never, { action: 5, severity: null } as never);
    audit.flag(undefined as never);
    await audit.close();
    const oversight = ofType(sink.entries(), 'human_oversight').map(({ payload }) => payload);
    expect(oversight).toEqual([
      { reviewer_kind: 'unknown', action: 'other' },
      { reviewer_kind: 'unknown', action: 'other', action_text: 7, stage: 'other', stage_text: 5 },
    ]);
    expect(ofType(sink.entries(), 'policy_flag').map(({ payload }) => payload)).toEqual([
      { reason: 'Error: over budget', action: 'flagged', severity: 'warning' },
      { reason: 'unknown', reason_text: { rule: 12 }, action: 'other', action_text: 5, severity: 'warning' },
      { reason: 'unknown', action: 'flagged', severity: 'warning' },
    ]);
  });

  test('survives a payload that does not fit a line', async () => {
    const { audit, sink } = memoryLog();
    const crowd = Object.fromEntries(Array.from({ length: 9_000 }, (_, index) => [`m${index}`, index]));
    audit.flag('a reason that is longer than each of the nine thousand', { action: 'blocked', ...crowd });
    await audit.close();
    const [flag] = ofType(sink.entries(), 'policy_flag');
    expect(flag?.payload).toMatchObject({ action: 'blocked', severity: 'warning' });
    expect(flag?.payload.reason).toMatch(/^a reason/);
    expect((await report(sink)).problems).toEqual([]);
  });

  test('options that are no object are told, and nothing is written', async () => {
    const { audit, sink } = memoryLog();
    expect(() => audit.humanOversight('approved' as never)).toThrow(/humanOversight takes an object/);
    expect(() => audit.flag('x', 'blocked' as never)).toThrow(/flag takes an object/);
    expect(() => audit.decision(undefined as never, () => 1)).toThrow(/decision takes an object/);
    expect(() => audit.decision({}, undefined as never)).toThrow(/decision takes a function/);
    await audit.close();
    expect(sink.list()).toEqual([]);
  });
});

describe('options that cannot be meant', () => {
  test.each([
    [{ environment: 5 }, /`environment` is 5/],
    [{ failure: 'refuze' }, /`failure` is 'refuze'; give 'continue' or 'refuse'/],
    [{ capture: { messages: 'yes' } }, /`capture.messages` is 'yes'; give 'none' or 'inline'/],
    [{ capture: { message: 'inline' } }, /`capture` has no `message`/],
    [{ redactor: 'none' }, /`redactor` is 'none'; give a function, or false/],
    [{ flagOnRedact: 'no' }, /`flagOnRedact` is 'no'; give true or false/],
    [{ enviroment: 'production' }, /AuditLog has no option `enviroment`; did you mean `environment`\?/],
    [{ xyz: 1 }, /AuditLog has no option `xyz`/],
    [{ randomId: 'r' }, /`randomId` is 'r'; give a function/],
    [{ profile: 'p' }, /`profile` is 'p'; give an object/],
    [{ exportOnClose: 'pack.jsonl' }, /`exportOnClose` is 'pack.jsonl'; give an object/],
    [{ clock: { now: 5 } }, /`clock.now` is 5; give a function/],
  ])('%j is told at construction', (wrong, message) => {
    expect(() => memoryLog(wrong as never)).toThrow(TypeError);
    expect(() => memoryLog(wrong as never)).toThrow(message);
  });
});

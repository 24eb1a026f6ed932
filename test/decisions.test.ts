import { context } from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';

import { SpansealError, verify } from '../src/index.ts';
import { KEY, memoryLog, ofType } from './log.ts';

describe('a decision', () => {
  test('is begun, filled and ended, and its end says what there was', async () => {
    const { audit, sink } = memoryLog();
    const answer = audit.decision(
      { id: 'd-1', input: { amount: 5 }, actor: 'triage', actorKind: 'agent', reviewRequired: true },
      (decision) => {
        decision.record({ prompt_id: 'triage@v3' });
        decision.flag('special-category data', { action: 'blocked', severity: 'Critical', data: ['health'] });
        decision.contextAssembly({ operation: 'retrieval', documents: [{ id: 'a', score: 0.5, text: 'secret' }] });
        decision.incident({ class: 'agent_out_of_authority', occurredAt: new Date(0) });
        decision.change({ kind: 'prompt', from: 'v2', to: 'v3' });
        decision.humanOversight({ action: 'approved', reviewerKind: 'person', reviewer: 'u-7731' });
        decision.result('referred', { reasonCodes: ['income_unverified'], effectiveAt: '2026-01-02T03:04:05+01:00' });
        return 42;
      },
    );
    expect(answer).toBe(42);
    await audit.close();
    const entries = sink.entries();
    expect(entries.filter(({ decision_id: id }) => id === 'd-1').map(({ type }) => type)).toEqual([
      'decision',
      'decision_record',
      'policy_flag',
      'context_assembly',
      'incident',
      'change',
      'human_oversight',
      'decision_end',
    ]);
    expect(ofType(entries, 'decision_end')[0]?.payload).toMatchObject({
      outcome: 'completed',
      result: 'referred',
      reason_codes: ['income_unverified'],
      effective_at: '2026-01-02T02:04:05.000Z',
      counts: { decision: 1, decision_record: 1, policy_flag: 1, human_oversight: 1, incident: 1, change: 1 },
    });
    expect(ofType(entries, 'policy_flag')[0]?.payload).toMatchObject({ severity: 'critical', action: 'blocked' });
    // Ids and scores are no content; the text is, and `capture.retrieval` is `none`.
    expect(ofType(entries, 'context_assembly')[0]?.payload.documents).toEqual([{ id: 'a', score: 0.5 }]);
  });

  test('keeps errors: recorded, and thrown as they were', async () => {
    const { audit, sink } = memoryLog();
    const thrown = new RangeError('too much for jane@example.org');
    expect(() =>
      audit.decision({}, () => {
        throw thrown;
      }),
    ).toThrow(thrown);
    await expect(audit.decision({}, () => Promise.reject(thrown))).rejects.toBe(thrown);
    await audit.close();
    const ends = ofType(sink.entries(), 'decision_end').map(({ payload }) => payload);
    expect(ends.map(({ outcome }) => outcome)).toEqual(['failed', 'failed']);
    expect(ends[0]?.error).toEqual({ type: 'RangeError', message: 'too much for [redacted:email]' });
  });

  test('fifty at once never mix, without a tracer and without a context manager', async () => {
    const { audit, sink } = memoryLog();
    const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        audit.decision({ id: `outer-${index}` }, async () => {
          audit.record({ index });
          await pause((index * 7) % 5);
          audit.record({ index });
          await audit.decision({ id: `inner-${index}` }, async (inner) => {
            await pause((index * 3) % 4);
            audit.flag('seen', { data: [`${index}`] });
            inner.result(`inner ${index}`);
          });
          audit.record({ index });
          audit.result(`outer ${index}`);
        }),
      ),
    );
    await audit.close();
    const entries = sink.entries();
    for (const { decision_id: id, payload } of ofType(entries, 'decision_record')) {
      expect(id).toBe(`outer-${String(payload.data?.['index'])}`);
    }
    for (const { decision_id: id, payload } of ofType(entries, 'policy_flag')) {
      expect(id).toBe(`inner-${payload.data?.[0]}`);
    }
    for (const { decision_id: id, payload } of ofType(entries, 'decision')) {
      if (id?.startsWith('inner-') === true) expect(payload.parent_decision_id).toBe(id.replace('inner', 'outer'));
    }
    for (const { decision_id: id, payload } of ofType(entries, 'decision_end')) {
      expect(payload.result).toBe(id?.replace('-', ' '));
    }
    expect(ofType(entries, 'decision_end')).toHaveLength(100);
  });

  test('waits for the promises that it is told of', async () => {
    const { audit, sink } = memoryLog();
    let release: (() => void) | undefined;
    audit.decision({ id: 'waiting' }, (decision) => {
      decision.waitUntil(
        new Promise<void>((resolve) => {
          release = resolve;
        }).then(() => decision.record({ late: true })),
      );
    });
    expect(ofType(sink.entries(), 'decision_end')).toHaveLength(0);
    release?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await audit.close();
    expect(sink.entries().map(({ type }) => type)).toContain('decision_record');
    expect(ofType(sink.entries(), 'decision_end')[0]?.payload.counts).toEqual({ decision: 1, decision_record: 1 });
  });

  test('that is still open when the log closes ends as unended', async () => {
    const { audit, sink } = memoryLog();
    void audit.decision({ id: 'open' }, () => new Promise(() => {}));
    await audit.close();
    expect(ofType(sink.entries(), 'decision_end')[0]?.payload.outcome).toBe('unended');
  });

  test('gives back another thenable with what it has besides, and asks it once', async () => {
    const { audit, sink } = memoryLog();
    let asked = 0;
    const query = {
      then: (done: (value: number) => void) => {
        asked++;
        done(3);
      },
      extra: true,
    };
    const answer = audit.decision({}, () => query);
    expect(ofType(sink.entries(), 'decision_end')).toHaveLength(1);
    expect(answer.extra).toBe(true);
    expect([await (answer as unknown as Promise<number>), await (answer as unknown as Promise<number>)]).toEqual([
      3, 3,
    ]);
    expect(asked).toBe(1);
  });

  test('refuses ids that are none', () => {
    const { audit } = memoryLog();
    for (const id of ['', 'x'.repeat(257), '\ud800']) expect(() => audit.decision({ id }, () => 1)).toThrow(TypeError);
  });

  test('leaves the context as it was', () => {
    const { audit } = memoryLog();
    const before = context.active();
    audit.decision({}, () => audit.currentDecision?.id);
    expect(context.active()).toBe(before);
    expect(audit.currentDecision).toBeUndefined();
    expect(() => audit.result('x')).toThrow(/inside audit.decision/);
  });
});

describe('content', () => {
  test('is captured as the log says, per kind', async () => {
    const { audit, sink } = memoryLog({ capture: { decisionInput: 'none', decisionOutput: 'inline' } });
    audit.decision({ input: 'asked' }, (decision) => decision.result('ok', { output: { answer: 'a@b.example' } }));
    await audit.close();
    const text = JSON.stringify(sink.entries());
    expect(text).not.toContain('asked');
    expect(ofType(sink.entries(), 'decision_end')[0]?.payload.output).toEqual({ answer: '[redacted:email]' });
    expect(ofType(sink.entries(), 'audit_open')[0]?.payload['capture']).toMatchObject({
      decision_input: 'none',
      decision_output: 'inline',
      tool_arguments: 'inline',
    });
  });

  test('is redacted before it is hashed, names and ids are not, and a flag says so', async () => {
    const { audit, sink } = memoryLog();
    audit.decision(
      {
        id: 'case-of-jane@example.org',
        actor: 'bot@example.org',
        subjectRef: 'jane@example.org',
        input: 'ask jane@example.org',
      },
      (decision) =>
        decision.humanOversight({ action: 'approved', reviewer: 'joe@example.org', note: 'mailed jane@example.org' }),
    );
    await audit.close();
    const [decision] = ofType(sink.entries(), 'decision');
    expect(decision).toMatchObject({
      decision_id: 'case-of-jane@example.org',
      payload: { actor: 'bot@example.org', subject_ref: 'jane@example.org', input: 'ask [redacted:email]' },
    });
    expect(ofType(sink.entries(), 'human_oversight')[0]?.payload).toMatchObject({
      reviewer: 'joe@example.org',
      note: 'mailed [redacted:email]',
    });
    const flags = ofType(sink.entries(), 'policy_flag');
    expect(flags).toHaveLength(2);
    expect(flags[0]).toMatchObject({
      decision_id: 'case-of-jane@example.org',
      payload: { action: 'redacted', applied_to: 'record', data: ['email'], auto: true },
    });
  });

  test('is redacted wherever it hides: in names of members, boxed texts, errors and URLs', async () => {
    const { audit, sink } = memoryLog();
    const address = 'jane@example.org';
    audit.incident({ [address]: 1, Class: 'x' } as object);
    // eslint-disable-next-line no-new-wrappers -- what is tested
    audit.record({
      boxed: new String(address),
      error: new RangeError(`no ${address}`),
      url: new URL(`mailto:${address}`),
    });
    audit.record({ [address]: [{ [address]: address }] });
    await audit.close();
    expect(JSON.stringify(sink.entries())).not.toContain(address);
    const [first] = ofType(sink.entries(), 'decision_record');
    expect(first?.payload.data).toEqual({
      boxed: '[redacted:email]',
      error: { name: 'RangeError', message: 'no [redacted:email]' },
      url: 'mailto:[redacted:email]',
    });
  });

  test('flags can be left out, and a redactor replaced, extended or switched off', async () => {
    const texts = async (options: Parameters<typeof memoryLog>[0]): Promise<string> => {
      const { audit, sink } = memoryLog(options);
      audit.record({ mail: 'jane@example.org', project: 'Manhattan', 'joe@example.org': 1 });
      await audit.close();
      return JSON.stringify(sink.entries().filter(({ type }) => type === 'decision_record' || type === 'policy_flag'));
    };
    const { defaultRedactor } = await import('../src/index.ts');
    expect(await texts({ flagOnRedact: false })).not.toContain('policy_flag');
    expect(await texts({})).not.toContain('example.org');
    expect(await texts({ redactor: false })).toContain('jane@example.org');
    const extended = await texts({
      redactor: (text, { member }) => {
        const { text: kept, categories } = defaultRedactor(text);
        const mine = kept.replaceAll('Manhattan', `[${member}]`);
        return { text: mine, categories: mine === kept ? categories : [...categories, 'project'] };
      },
    });
    expect(extended).toContain('"project":"[data]"');
    expect(extended).toContain('"data":["email","project"]');
    const failing = await texts({
      redactor: () => {
        throw new Error('no');
      },
    });
    expect(failing).not.toContain('Manhattan');
    expect(failing).toContain('redactor_failed');
  });
});

describe('business events', () => {
  test('write words outside of a closed vocabulary as other, and times that are none beside their place', async () => {
    const { audit, sink } = memoryLog();
    audit.humanOversight({ action: 'shrugged', trigger: 'policy', decidedAt: 'yesterday', openedAt: new Date(0) });
    audit.reconciliation({
      source: 'billing',
      metric: 'calls',
      period: { from: new Date(0), to: '2026-01-01T00:00:00Z' },
      expected: 2,
      recorded: 1,
      difference: 1,
    });
    await audit.close();
    expect(ofType(sink.entries(), 'human_oversight')[0]?.payload).toEqual({
      action: 'other',
      action_text: 'shrugged',
      decided_at_text: 'yesterday',
      opened_at: '1970-01-01T00:00:00.000Z',
      reviewer_kind: 'unknown',
      trigger: 'policy',
    });
    expect(ofType(sink.entries(), 'reconciliation')[0]?.payload['period']).toEqual({
      from: '1970-01-01T00:00:00.000Z',
      to: '2026-01-01T00:00:00.000Z',
    });
  });

  test('keep the names of what is given freely', async () => {
    const { audit, sink } = memoryLog({ capture: { retrieval: 'inline' } });
    audit.contextAssembly({
      documents: [{ id: 'a', pageTitle: 'Rates', retrievedAt: new Date(0) }],
      query: { inText: 1 },
    });
    await audit.close({ reason: 'moved house' as 'shutdown' });
    expect(ofType(sink.entries(), 'context_assembly')[0]?.payload).toMatchObject({
      documents: [{ id: 'a', pageTitle: 'Rates', retrieved_at: '1970-01-01T00:00:00.000Z' }],
      query: { inText: 1 },
    });
    expect(ofType(sink.entries(), 'audit_close')[0]?.payload).toMatchObject({
      reason: 'other',
      reason_text: 'moved house',
    });
  });

  test('give receipts that resolve when a seal covers the entry', async () => {
    const { audit, sink } = memoryLog();
    const receipt = audit.flag('seen', { decisionId: 'earlier' });
    if (!receipt.recorded) throw receipt.error;
    await audit.flush();
    const checkpoint = await receipt.sealed();
    expect(checkpoint.size).toBeGreaterThan(receipt.seq);
    expect(checkpoint.origin).toBe(`example.org/test/${receipt.segment}`);
    const [next] = sink.entries().filter(({ seq }) => seq === receipt.seq + 1);
    expect(next?.prev_hash).toBe(receipt.leafHash);
    await audit.close();
    expect((await verify(sink.bytes(receipt.segment), { keys: [KEY.vkey] })).ok).toBe(true);
  });

  test('give receipts whose seal nobody need wait for, and of which none comes', async () => {
    const { audit } = memoryLog({
      signer: {
        vkey: KEY.vkey,
        sign: async () => {
          throw new Error('no key service');
        },
      },
    });
    const receipt = audit.record({ at: 1 });
    const sealed = receipt.sealed();
    await audit.close();
    // Long enough for a rejection that nobody has handled to end a process: the test runner would tell.
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(sealed).rejects.toMatchObject({ code: 'SEGMENT_ABANDONED' });
    await expect(receipt.sealed()).rejects.toMatchObject({ code: 'SEGMENT_ABANDONED' });
  });

  test('on a closed log throw LOG_CLOSED, and are counted', async () => {
    const { audit } = memoryLog();
    audit.record({});
    await audit.close();
    expect(() => audit.record({})).toThrow(SpansealError);
    expect(() => audit.decision({}, () => 1)).toThrow(/closed/);
    expect(audit.health()).toMatchObject({ ok: false, closed: true });
  });
});

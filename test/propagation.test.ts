import { context, propagation, ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { core } from '@opentelemetry/sdk-node';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { fc } from './fast-check.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { MAX_DECISION_ID_CHARS } from '../src/entry.ts';
import { AuditSpanProcessor, type DecisionClaim, type PropagationOptions } from '../src/index.ts';
import { claimOf, withBaggage } from '../src/propagation.ts';
import { LOG, memoryLog, ofType } from './log.ts';

/** Decisions that go through several services, as W3C Baggage: what is sent, and what is believed. */

const KEY = 'spanseal.decision';
const W3C = new core.W3CBaggagePropagator();
const OTHER = 'acme.example/desk';

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

/** The header that a call would carry from here. */
function headerAt(from: Context = context.active()): string | undefined {
  const headers: Record<string, string> = {};
  W3C.inject(from, headers, { set: (carrier, name, value) => (carrier[name] = value) });
  return headers['baggage'];
}

/** The context of a request with that header. */
function request(baggage: string): Context {
  return W3C.extract(
    ROOT_CONTEXT,
    { baggage },
    { get: (carrier, name) => carrier[name as 'baggage'], keys: Object.keys },
  );
}

const withValue = (value: string): Context =>
  propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ [KEY]: { value } }));

describe('a claim', () => {
  const logName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,30}$/);
  const decisionId = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .filter((id) => id.length <= MAX_DECISION_ID_CHARS && id.isWellFormed());

  test('comes out of a header as it went into one', () => {
    fc.assert(
      fc.property(logName, decisionId, (log, id) => {
        const header = headerAt(withBaggage(ROOT_CONTEXT, { log, decisionId: id })) ?? '';
        // Blanks around a value are not the value's, says RFC 9110; such ids do not travel whole.
        fc.pre(id === id.trim());
        expect(claimOf(request(header))).toEqual({ log, decisionId: id });
      }),
    );
  });

  test.each([
    ['no value', ''],
    ['one word', 'acme.example/desk'],
    ['no log', ' d-1'],
    ['no id', 'acme.example/desk '],
    ['a log that is none', 'acme.example:443/desk d-1'],
    ['a log with a control character', 'acme\u0000 d-1'],
    ['a log that is too long', `${'a'.repeat(201)} d-1`],
    ['an id that is too long', `${OTHER} ${'d'.repeat(MAX_DECISION_ID_CHARS + 1)}`],
    ['half a character', `${OTHER} \ud83d`],
  ])('is none: %s', (_, value) => {
    expect(claimOf(withValue(value))).toBeUndefined();
  });

  test('is taken to its last character, and not further', () => {
    expect(claimOf(withValue(`${OTHER} ${'d'.repeat(MAX_DECISION_ID_CHARS)}`))?.decisionId).toHaveLength(256);
    expect(claimOf(withValue(`${OTHER} a b`))).toEqual({ log: OTHER, decisionId: 'a b' });
  });

  test('is never thrown over, whatever a header says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const claim = claimOf(request(text)) ?? claimOf(request(`${KEY}=${text}`)) ?? claimOf(withValue(text));
        if (claim !== undefined) expect(claim.decisionId.length).toBeLessThanOrEqual(MAX_DECISION_ID_CHARS);
      }),
    );
  });
});

describe('what is sent', () => {
  const headersOf = async (
    options: PropagationOptions | undefined,
    propagate?: boolean,
  ): Promise<(string | undefined)[]> => {
    const { audit } = memoryLog(options === undefined ? {} : { propagation: options });
    const decision = { id: 'outer', ...(propagate === undefined ? {} : { propagate }) };
    const seen = await audit.decision(decision, async () => {
      const before = headerAt();
      const inside = await audit.decision({ id: 'inner' }, async () => headerAt());
      return [before, inside, headerAt()];
    });
    await audit.close();
    return [...seen, headerAt()];
  };
  const log = encodeURIComponent(LOG);

  test('is nothing, unless it is asked for', async () => {
    expect(await headersOf(undefined)).toEqual([undefined, undefined, undefined, undefined]);
    expect(await headersOf({ accept: () => true })).toEqual([undefined, undefined, undefined, undefined]);
    expect(await headersOf({ send: true }, false)).toEqual([undefined, `${KEY}=${log}%20inner`, undefined, undefined]);
  });

  test('is the innermost decision, while it lasts', async () => {
    const sent = [`${KEY}=${log}%20outer`, `${KEY}=${log}%20inner`, `${KEY}=${log}%20outer`, undefined];
    expect(await headersOf({ send: true })).toEqual(sent);
  });

  test('is one decision, where only that one is propagated', async () => {
    const outer = `${KEY}=${log}%20outer`;
    // The one inside is part of it, and does not take it back.
    expect(await headersOf(undefined, true)).toEqual([outer, outer, outer, undefined]);
  });

  test('leaves other baggage as it is', () => {
    const { audit } = memoryLog({ propagation: { send: true } });
    context.with(request('tenant=7;ttl=1'), () => {
      audit.decision({ id: 'd' }, () => expect(headerAt()).toBe(`tenant=7;ttl=1,${KEY}=${log}%20d`));
    });
  });
});

describe('what is taken over', () => {
  const claimed = request(headerAt(withBaggage(ROOT_CONTEXT, { log: OTHER, decisionId: 'far' })) ?? '');
  const accept = ({ log }: DecisionClaim): boolean => log === OTHER;

  test('is marked as the claim that it is, in business entries and in decisions inside', async () => {
    const { audit, sink } = memoryLog({ propagation: { accept } });
    context.with(claimed, () => {
      audit.record({ at: 'edge' });
      audit.decision({ id: 'near' }, () => audit.record({ at: 'inside' }));
      audit.flag('named', { decisionId: 'explicit' });
    });
    await audit.close();
    const entries = sink.entries();
    expect(ofType(entries, 'decision_record')).toMatchObject([
      { decision_id: 'far', payload: { decision_basis: 'baggage' } },
      { decision_id: 'near' },
    ]);
    expect(ofType(entries, 'decision_record')[1]?.payload).not.toHaveProperty('decision_basis');
    expect(ofType(entries, 'decision')).toMatchObject([
      { decision_id: 'near', payload: { parent_decision_id: 'far', decision_basis: 'baggage' } },
    ]);
    expect(ofType(entries, 'policy_flag')).toMatchObject([{ decision_id: 'explicit' }]);
  });

  test('stays a claim in every span below it', async () => {
    const { audit, sink } = memoryLog({ propagation: { accept } });
    const provider = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit)] });
    const tracer = provider.getTracer('test');
    const attributes = { 'gen_ai.operation.name': 'chat' };
    const server = tracer.startSpan('POST /', {}, claimed);
    // The baggage is gone below here, as it is where a framework makes a context of its own.
    const below = trace.setSpan(ROOT_CONTEXT, server);
    const agent = tracer.startSpan('agent', { attributes: { 'gen_ai.operation.name': 'invoke_agent' } }, below);
    tracer.startSpan('chat', { attributes }, trace.setSpan(ROOT_CONTEXT, agent)).end();
    agent.end();
    server.end();
    tracer.startSpan('chat', { attributes }).end();
    await provider.shutdown();
    const spans = sink.entries().filter(({ payload }) => 'span' in payload);
    expect(
      spans.map(({ decision_id: id, payload }) => [id, (payload as Record<string, unknown>)['decision_basis']]),
    ).toEqual([
      ['far', 'baggage'],
      ['far', 'baggage'],
      [undefined, undefined],
    ]);
  });

  test.each<[string, PropagationOptions | undefined]>([
    ['the log says nothing of it', undefined],
    ['it sends only', { send: true }],
    // A promise is true enough for an `if`; whoever writes one has not said yes.
    ['it answers later', { accept: (async () => true) as unknown as () => boolean }],
    ['it accepts others', { accept: ({ log }) => log === 'acme.example/triage' }],
    [
      'it throws',
      {
        accept: () => {
          throw new Error('no');
        },
      },
    ],
  ])('is nothing where %s', async (_, options) => {
    const { audit, sink } = memoryLog(options === undefined ? {} : { propagation: options });
    const provider = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit)] });
    context.with(claimed, () => {
      audit.record({ at: 'edge' });
      audit.decision({ id: 'near' }, () => {});
      provider
        .getTracer('test')
        .startSpan('chat', { attributes: { 'gen_ai.operation.name': 'chat' } })
        .end();
    });
    await provider.shutdown();
    const entries = sink.entries();
    expect(entries.map(({ decision_id: id }) => id).filter((id) => id !== undefined && id !== 'near')).toEqual([]);
    expect(JSON.stringify(entries)).not.toContain('baggage');
    expect(ofType(entries, 'llm_call')).toHaveLength(1);
  });

  test('never comes before the decision that the application itself is in', async () => {
    const { audit, sink } = memoryLog({ propagation: { accept: () => true } });
    audit.decision({ id: 'own' }, () => context.with(claimed, () => audit.record({ at: 'own' })));
    await audit.close();
    expect(ofType(sink.entries(), 'decision_record')).toMatchObject([{ decision_id: 'own' }]);
  });
});

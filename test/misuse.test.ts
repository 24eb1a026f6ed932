import { context, propagation } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { describe, expect, onTestFinished, test } from 'vitest';

import {
  AuditLog,
  AuditLogRecordProcessor,
  auditSampler,
  AuditSpanExporter,
  AuditSpanProcessor,
  exportPack,
  memorySink,
} from '../src/index.ts';
import { KEY, LOG, memoryLog, ofType, SIGNER } from './log.ts';

/** What a user who has no compiler at hand gets wrong: told at once, in words that say what to do. */

type Loose = Readonly<Record<string, unknown>>;

const sampler = { shouldSample: () => ({ decision: 0 }) };
const made = (options: Loose): AuditLog =>
  new AuditLog({ system: 'test', log: LOG, signer: SIGNER, sink: memorySink(), ...options });

describe('is refused, and told', () => {
  const { audit } = memoryLog();
  test.each<[what: string, make: () => unknown, message: RegExp]>([
    ['a misspelt option', () => new AuditSpanProcessor(audit, { maxOpenspans: 3 } as Loose), /mean `maxOpenSpans`\?/],
    ['one dialect', () => new AuditSpanProcessor(audit, { dialects: {} } as Loose), /an array of dialects/],
    ['dialects that are none', () => new AuditSpanProcessor(audit, { dialects: [1] } as Loose), /an array of dialects/],
    ['a text for a truth', () => new AuditSpanProcessor(audit, { closeLog: 'false' } as Loose), /give true or false/],
    ['no log', () => new AuditSpanProcessor({ audit } as never), /takes the AuditLog/],
    ['no options', () => new AuditSpanProcessor(audit, null as never), /are an object/],
    ['a misspelt option', () => new AuditSpanExporter(audit, { closelog: true } as Loose), /mean `closeLog`\?/],
    ['a misspelt option', () => new AuditLogRecordProcessor(audit, { closelog: true } as Loose), /mean `closeLog`\?/],
    ['another option', () => auditSampler(sampler, { log: audit } as Loose), /has no option `log`/],
    ['no log', () => auditSampler(sampler, { audit: {} } as Loose), /give the AuditLog/],
    ['no sampler', () => auditSampler({} as never), /wraps a sampler/],
    ['a signer that signs nothing', () => made({ signer: { vkey: KEY.vkey } }), /`signer.sign` is no function/],
    ['a sink that is none', () => made({ sink: {} }), /`sink` is no sink/],
    ['a directory without a name', () => made({ sink: undefined, directory: '' }), /`directory` is ''/],
    ['half a character', () => made({ system: '\ud800' }), /needs `system`/],
    ['a pack without a name', () => made({ exportOnClose: { path: '' } }), /the name of a file/],
    ['a pack of a misspelt option', () => made({ exportOnClose: { path: 'x', purpse: 'y' } }), /mean `purpose`\?/],
    ['a pack of no framework', () => made({ exportOnClose: { path: 'x', frameworks: ['gpdr'] } }), /"gpdr"/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });

  test('a pack with an option that there is not', async () => {
    await expect(exportPack(memorySink(), 'x.jsonl', { framework: ['gdpr'] } as Loose)).rejects.toThrow(
      /mean `frameworks`\?/,
    );
  });
});

describe('with a context manager', () => {
  const enable = (): void => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    onTestFinished(() => context.disable());
  };

  test('an asynchronous `accept` accepts nothing', async () => {
    enable();
    const { audit, sink } = memoryLog({ propagation: { accept: (async () => true) as never } });
    const baggage = propagation.createBaggage({ 'spanseal.decision': { value: 'example.org/other d' } });
    context.with(propagation.setBaggage(context.active(), baggage), () => audit.record({}));
    await audit.close();
    expect(ofType(sink.entries(), 'decision_record')[0]?.decision_id).toBeUndefined();
  });

  test('a signer works outside of the decisions that its seals fall into', async () => {
    enable();
    const within: unknown[] = [];
    const logs: AuditLog[] = [];
    const { audit } = memoryLog({
      sealIntervalMillis: 1,
      propagation: { send: true },
      signer: {
        vkey: KEY.vkey,
        sign: async (message) => {
          within.push(logs[0]?.currentDecision?.id, propagation.getBaggage(context.active()));
          return SIGNER.sign(message);
        },
      },
    });
    logs.push(audit);
    await audit.decision({ id: 'd' }, async (d) => {
      // By time, by number, by request.
      await d.receipt.sealed();
      for (let at = 0; at < 1_100; at++) d.record({ at });
      await audit.flush();
    });
    await audit.close();
    expect(within.length).toBeGreaterThan(4);
    expect(within.filter((found) => found !== undefined)).toEqual([]);
  });
});

import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, describe, expect, test } from 'vitest';

import { verifyPath, type Redactor } from '../../src/index.ts';
import { directoryLog, KEY, memoryLog, ofType, temporaryFolder } from '../log.ts';

afterEach(() => diag.disable());

/** A decision with a text in it, redacted by what a user may have written. */
async function redactedBy(redactor: unknown): Promise<{ told: string[]; data: unknown; categories: unknown }> {
  const told: string[] = [];
  const note = (message: string, ...more: unknown[]): number => told.push(`${message} ${more.map(String).join(' ')}`);
  diag.setLogger({ error: note, warn() {}, info() {}, debug() {}, verbose() {} }, { logLevel: DiagLogLevel.ERROR });
  const { audit, sink } = memoryLog({ redactor: redactor as Redactor });
  audit.record({ a: 'secret', b: 'secret' });
  await audit.close();
  const [record] = ofType(sink.entries(), 'decision_record');
  const [flag] = ofType(sink.entries(), 'policy_flag');
  return { told, data: record?.payload.data, categories: flag?.payload.data };
}

const LEFT_OUT = '[left out: the redactor failed]';

describe('a redactor of the user’s making', () => {
  test.each([
    ['is asynchronous', async (text: string) => text],
    ['is asynchronous and fails', async () => Promise.reject(new Error('no service'))],
    ['gives nothing', () => undefined],
    ['gives a number', () => 5],
    ['gives no text', () => ({ categories: ['email'] })],
  ])('that %s is told of once, and what it was given is left out', async (_, redactor) => {
    const { told, data, categories } = await redactedBy(redactor);
    expect(told).toEqual([expect.stringMatching(/the redactor fails.*gives, at once, a text/)]);
    expect(Object.values(data as object)).toEqual([LEFT_OUT, LEFT_OUT]);
    expect(categories).toEqual(['redactor_failed']);
  });

  test.each([
    ['one word', 'email', ['email']],
    ['no word', [], ['custom']],
    ['what is no word', [1, {}, undefined, 'email'], ['email']],
  ])('may say %s of what it found', async (_, categories, written) => {
    const redactor = (text: string): unknown => (text === 'secret' ? { text: '*', categories } : text);
    expect((await redactedBy(redactor)).categories).toEqual(written);
  });

  test('that changes whatever it is given, to whatever length, leaves a log that verifies', async () => {
    for (const redactor of [() => '*', () => 'x'.repeat(200_000), () => '\ud800']) {
      const directory = temporaryFolder();
      const audit = directoryLog(directory, { redactor });
      audit.decision({ input: { a: 'x', 'b c': 'y' }, actorKind: 'odd' }, (d) => {
        d.flag('matched', { severity: 'odd' });
        d.humanOversight({ action: 'odd', decidedAt: new Date() });
        d.result('ok', { effectiveAt: new Date() });
      });
      await audit.close();
      expect((await verifyPath(directory, { keys: [KEY.vkey] })).problems).toEqual([]);
    }
  });
});

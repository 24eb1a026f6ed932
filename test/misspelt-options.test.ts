import { diag, DiagLogLevel } from '@opentelemetry/api';
import { expect, test } from 'vitest';

import type { EntryType } from '../src/entry.ts';
import { verify, type DecisionOptions, type FlagOptions, type ResultOptions } from '../src/index.ts';
import { KEY, memoryLog, ofType } from './log.ts';
import { schemaProblems } from './schema/validate.ts';

test('options that there are not are kept where nothing takes them for ours, and told of once', async () => {
  const told: string[] = [];
  const say = (): void => {};
  diag.setLogger(
    { error: say, info: say, debug: say, verbose: say, warn: (text) => told.push(text) },
    DiagLogLevel.WARN,
  );
  const { audit, sink } = memoryLog();
  for (let time = 0; time < 2; time++) {
    audit.decision({ reviewrequired: true, actor: 'a' } as DecisionOptions, (decision) => {
      decision.flag('r', { decisionID: 'x', severty: 'critical' } as FlagOptions);
      decision.result('ok', { reasonCode: 'r' } as ResultOptions);
    });
  }
  await audit.close();
  diag.disable();
  const payloadOf = (type: EntryType) => ofType(sink.entries(), type)[0]?.payload;
  expect(payloadOf('decision')).toMatchObject({ actor: 'a', further: { reviewrequired: true } });
  expect(payloadOf('decision')).not.toHaveProperty('reviewrequired');
  expect(payloadOf('policy_flag')).toMatchObject({
    severity: 'warning',
    further: { decisionID: 'x', severty: 'critical' },
  });
  expect(payloadOf('decision_end')).toMatchObject({ result: 'ok', further: { reasonCode: 'r' } });
  expect(told).toEqual([
    expect.stringContaining('decision has no option `reviewrequired`; did you mean `reviewRequired`?'),
    expect.stringContaining('flag has no option `decisionID`; did you mean `decisionId`?'),
    expect.stringContaining('flag has no option `severty`; did you mean `severity`?'),
    expect.stringContaining('result has no option `reasonCode`; did you mean `reasonCodes`?'),
  ]);
  for (const entry of sink.entries()) expect(schemaProblems(entry)).toEqual([]);
  expect((await verify(sink.bytes(sink.list()[0] ?? ''), { keys: [KEY.vkey] })).ok).toBe(true);
});

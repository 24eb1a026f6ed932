import { expect, test } from 'vitest';

import { awaitingReview, memorySink, type AwaitedReview, type MemorySink } from '../src/index.ts';
import { directoryLog, memoryLog, temporaryFolder } from './log.ts';

async function waiting(source: string | MemorySink): Promise<AwaitedReview[]> {
  const found: AwaitedReview[] = [];
  for await (const each of awaitingReview(source)) found.push(each);
  return found;
}

const ids = async (source: string | MemorySink): Promise<string[]> =>
  (await waiting(source)).map(({ decisionId }) => decisionId);

test('lists what needs a review and has none, with how it came out', async () => {
  const { audit, sink } = memoryLog();
  audit.decision({ id: 'reviewed', reviewRequired: true }, (d) => d.result('granted'));
  audit.decision({ id: 'waits', reviewRequired: true, caseRef: 'R-1' }, (d) => d.result('refused'));
  audit.decision({ id: 'needs none' }, (d) => d.result('granted'));
  audit.decision({ id: 'needs none, explicitly', reviewRequired: false }, () => {});
  const open = audit.startDecision({ id: 'runs', reviewRequired: true });
  audit.humanOversight({ decisionId: 'reviewed', reviewerKind: 'person', action: 'approved' });
  audit.humanOversight({ decisionId: 'of another log', action: 'approved' });
  audit.humanOversight({ action: 'acknowledged' });
  expect(await waiting(sink)).toMatchObject([
    {
      decisionId: 'waits',
      decision: { type: 'decision', payload: { case_ref: 'R-1' } },
      end: { type: 'decision_end', payload: { result: 'refused' } },
    },
    { decisionId: 'runs', end: undefined },
  ]);
  open.humanOversight({ action: 'stopped' });
  expect(await ids(sink)).toEqual(['waits']);
  await audit.close();
});

test('sees the segments of all processes, a review that stands before its decision among them', async () => {
  const directory = temporaryFolder();
  // Of two processes, the one that opened its segment first writes the review of what the other decides later.
  const [reviewing, deciding] = [directoryLog(directory), directoryLog(directory)];
  reviewing.record({ first: true });
  deciding.decision({ id: 'd-1', reviewRequired: true }, (d) => d.result('granted'));
  deciding.decision({ id: 'd-2', reviewRequired: true }, (d) => d.result('refused'));
  expect(await ids(directory)).toEqual(['d-1', 'd-2']);
  reviewing.humanOversight({ decisionId: 'd-1', action: 'approved' });
  expect(await ids(directory)).toEqual(['d-2']);
  await Promise.all([reviewing.close(), deciding.close()]);
  expect((await waiting(directory))[0]?.end?.payload.result).toBe('refused');
});

test('an empty log lists nothing, and what is no log is told as readLog tells it', async () => {
  expect(await ids(memorySink())).toEqual([]);
  await expect(ids('/no/such/place')).rejects.toMatchObject({ code: 'UNREADABLE' });
});

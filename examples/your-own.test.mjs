// Your own unit tests of what your code puts on record: a log in memory, a clock that stands still, ids that count.
// The same code leaves the same entries every time, so they can be compared as a whole.
//
// node --test examples/your-own.test.mjs
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { AuditLog, memorySink, verify } from 'spanseal';

/** What is tested; in your application it is somewhere else, and is given its log. */
function refund(audit, { orderId, amount }) {
  return audit.decision({ caseRef: orderId, input: { amount }, reviewRequired: amount > 500 }, (decision) => {
    if (amount > 5_000) {
      decision.flag('over the limit', { action: 'blocked', severity: 'critical' });
      throw new RangeError(`no refund over 5,000: ${amount}`);
    }
    decision.result(amount > 500 ? 'referred' : 'granted', { reasonCodes: ['within_30_days'] });
    return amount <= 500;
  });
}

const NOON = Date.UTC(2026, 0, 5, 12);
let sink;
let audit;
beforeEach(() => {
  let ids = 0;
  sink = memorySink();
  audit = new AuditLog({
    system: 'shop',
    sink,
    clock: { now: () => NOON },
    randomId: () => `d-${++ids}`,
    warnUnsigned: false,
  });
});
afterEach(() => audit.close());

/** What your code said; what the log says of itself (`audit_open`, `seal` …) is not yours to test. */
const said = () =>
  sink
    .entries()
    .filter(({ type }) => type.startsWith('decision') || type === 'policy_flag')
    .map(({ ts, type, decision_id: id, payload }) => ({ ts, type, id, payload }));

const ts = '2026-01-05T12:00:00.000Z';

test('a small refund is granted', () => {
  assert.equal(refund(audit, { orderId: 'O-1', amount: 40 }), true);
  const id = said()[0].id;
  assert.deepEqual(said(), [
    { ts, type: 'decision', id, payload: { case_ref: 'O-1', input: { amount: 40 }, review_required: false } },
    {
      ts,
      type: 'decision_end',
      id,
      payload: {
        counts: { decision: 1 },
        duration_ms: 0,
        outcome: 'completed',
        reason_codes: ['within_30_days'],
        result: 'granted',
      },
    },
  ]);
});

test('a large one is referred to a person', () => {
  assert.equal(refund(audit, { orderId: 'O-2', amount: 800 }), false);
  const [decision, end] = said();
  assert.equal(decision.payload.review_required, true);
  assert.equal(end.payload.result, 'referred');
});

test('one that must not be is blocked, and the failure is on record', () => {
  assert.throws(() => refund(audit, { orderId: 'O-3', amount: 9_000 }), RangeError);
  assert.deepEqual(
    said().map(({ type, payload }) => [type, payload.reason ?? payload.error?.message ?? '']),
    [
      ['decision', ''],
      ['policy_flag', 'over the limit'],
      ['decision_end', 'no refund over 5,000: 9000'],
    ],
  );
});

test('the same code leaves the same entries, and a log that verifies', async () => {
  refund(audit, { orderId: 'O-1', amount: 40 });
  await audit.close();
  const [segment] = sink.list();
  const { verdicts } = await verify(sink.bytes(segment));
  assert.equal(verdicts.integrity, 'consistent');
});

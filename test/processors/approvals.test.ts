import { afterEach, expect, test } from 'vitest';

import { Approvals } from '../../processors/approvals.ts';
import type { MappedSpan } from '../../processors/dialects/dialect.ts';
import type { Entry } from '../../src/entry.ts';
import { spanOf } from '../spans.ts';
import { Recording } from './recording.ts';

/** Approvals that spans tell of, as entries of their own. */

let recording = new Recording();
afterEach(() => recording.close());

const approved = (id: string, more = {}) => ({
  'mastra.span.type': 'agent_run',
  'gen_ai.operation.name': 'invoke_agent',
  'mastra.metadata.resumed': true,
  'mastra.agent_run.input': JSON.stringify({ approved: true, toolName: 'pay', toolCallId: id }),
  ...more,
});

function oversight(): Entry<'human_oversight'>[] {
  return recording.entries.filter((entry): entry is Entry<'human_oversight'> => entry.type === 'human_oversight');
}

test('an approval stands behind the entry of its span, in its decision and trace', () => {
  recording = new Recording();
  const span = recording.audit.decision({ id: 'd' }, () => recording.start(approved('c1')));
  span.end();
  const run = recording.of(span);
  expect(oversight()).toMatchObject([
    {
      seq: run.seq + 1,
      trace_id: run.trace_id,
      span_id: run.span_id,
      payload: {
        reviewer_kind: 'unknown',
        action: 'approved',
        trigger: 'tool_approval',
        stage: 'before_effect',
        tool_call: { id: 'c1', name: 'pay' },
        instrumentation: { scope: 'test', version: '1.0.0', dialect: 'mastra' },
      },
    },
  ]);
});

test('the same approval counts once a trace, another trace’s is another one', () => {
  recording = new Recording();
  const root = recording.start();
  for (let count = 0; count < 3; count++) recording.start(approved('c1'), root).end();
  recording.start(approved('c2'), root).end();
  recording.start(approved('c1')).end();
  root.end();
  expect(oversight().map(({ payload }) => payload.tool_call?.id)).toEqual(['c1', 'c2', 'c1']);
});

test('a span that is recorded open, and ends after all, does not say it twice', async () => {
  recording = new Recording({ processor: { maxOpenSpans: 1 } });
  const span = recording.start(approved('c1'));
  recording.start(approved('c2')).end();
  expect(recording.all(span).map(({ payload }) => payload.outcome)).toEqual(['unended']);
  span.end();
  expect(recording.all(span)).toHaveLength(2);
  expect(oversight().map(({ payload }) => payload.tool_call?.id)).toEqual(['c1', 'c2']);
});

test('what is remembered is bounded, the oldest is forgotten first', () => {
  recording = new Recording();
  const approvals = new Approvals(2);
  const node = { decisionId: undefined, basis: undefined, dialect: undefined };
  for (const approvalId of ['a', 'b', 'b', 'c', 'c', 'b', 'a']) {
    approvals.record(recording.audit, node, spanOf({}), [{ approved: true, approvalId }]);
  }
  expect(oversight().map(({ payload }) => payload.approval_id)).toEqual(['a', 'b', 'c', 'a']);
});

test('a prompt full of approvals is nobody’s work: some are recorded, not thousands', () => {
  recording = new Recording();
  const content = Array.from({ length: 5_000 }, (_, id) => ({
    type: 'tool-approval-response',
    approvalId: `a${id}`,
    approved: true,
  }));
  const prompt = JSON.stringify({ messages: [{ role: 'tool', content }] });
  recording.start({ 'ai.operationId': 'ai.generateText', 'ai.prompt': prompt }).end();
  expect(oversight()).toHaveLength(64);
});

test.each([[null], ['yes'], [[null]], [[{ approved: 'yes' }]]])(
  'a dialect that answers %j for approvals is not believed',
  (approvals) => {
    const dialect = {
      name: 'careless',
      recognises: () => true,
      map: () => ({ type: 'agent_invocation', role: 'transparent', payload: {}, approvals }) as unknown as MappedSpan,
    };
    recording = new Recording({ processor: { dialects: [dialect] } });
    const span = recording.start();
    span.end();
    expect(recording.of(span).payload).toMatchObject({ outcome: 'unknown', error: { type: 'unreadable' } });
    expect(oversight()).toEqual([]);
  },
);

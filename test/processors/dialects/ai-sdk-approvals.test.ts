import { describe, expect, test } from 'vitest';

import { aiSdk } from '../../../processors/dialects/ai-sdk.ts';
import type { Approval } from '../../../processors/dialects/dialect.ts';
import { recordedSpans, spanOf } from '../../spans.ts';
import { EVERYTHING, NOTHING } from './known.ts';

/** Approvals in the prompts of version 6 and 7; live-approvals.test.ts has the SDK itself. */

const call = { type: 'tool-call', toolCallId: 'c1', toolName: 'pay', input: {} };
const request = { type: 'tool-approval-request', approvalId: 'a1', toolCallId: 'c1' };
const response = { type: 'tool-approval-response', approvalId: 'a1', approved: true, reason: 'seen' };
const asked = [
  { role: 'user', content: 'Pay.' },
  { role: 'assistant', content: [call, request] },
];

const legacy = (prompt: unknown, attribute = 'ai.prompt', capture = NOTHING): readonly Approval[] | undefined =>
  aiSdk.map(
    spanOf({ 'ai.operationId': 'ai.generateText', 'ai.model.id': 'm', [attribute]: JSON.stringify(prompt) }),
    capture,
  )?.approvals;

const APPROVED = [{ approved: true, approvalId: 'a1', toolCall: { id: 'c1', name: 'pay' } }];

describe('version 6', () => {
  test('an answer in the last message', () => {
    const messages = [...asked, { role: 'tool', content: [response] }];
    expect(legacy({ messages })).toEqual(APPROVED);
    expect(legacy({ prompt: messages })).toEqual(APPROVED);
    expect(legacy(messages, 'ai.prompt.messages')).toEqual(APPROVED);
    expect(legacy({ messages }, 'ai.prompt', EVERYTHING)).toEqual([{ ...APPROVED[0], reason: 'seen' }]);
  });

  test('two answers', () => {
    const second = { ...response, approvalId: 'a2', approved: false };
    expect(legacy({ messages: [...asked, { role: 'tool', content: [response, second] }] })).toEqual([
      ...APPROVED,
      // Its request is not there: which tool call it was nobody can say.
      { approved: false, approvalId: 'a2', toolCall: {} },
    ]);
  });

  test.each([
    ['only asked for', asked],
    ['history', [...asked, { role: 'tool', content: [response] }, { role: 'user', content: 'Thanks.' }]],
    ['acted on', [...asked, { role: 'tool', content: [response, { type: 'tool-result', toolCallId: 'c1' }] }]],
    ['said by the user', [...asked, { role: 'user', content: [response] }]],
    ['no answer', [...asked, { role: 'tool', content: [{ ...response, approved: 'yes' }] }]],
    ['text', [{ role: 'user', content: 'a tool-approval-response, please' }]],
    ['nothing', []],
  ])('%s', (_, messages) => {
    expect(legacy({ messages })).toBeUndefined();
  });

  test('a long number somewhere does not hide it', () => {
    const [first, ...rest] = asked;
    const messages = [{ ...first, content: [{ n: 1 }] }, ...rest, { role: 'tool', content: [response] }];
    const prompt = JSON.stringify({ messages }).replace('"n":1', '"n":4111111111111111');
    expect(aiSdk.map(spanOf({ 'ai.operationId': 'ai.generateText', 'ai.prompt': prompt }), NOTHING)?.approvals).toEqual(
      APPROVED,
    );
  });
});

test('version 7 writes the answer, and not what it was the answer to', () => {
  const parts = [{ type: 'tool_approval_response', approval_id: 'a1', approved: false, reason: 'no' }];
  const messages = JSON.stringify([
    { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'pay' }, { type: 'tool-approval-request' }] },
    { role: 'tool', parts },
  ]);
  for (const operation of ['invoke_agent', 'chat']) {
    const attributes = { 'gen_ai.operation.name': operation, 'gen_ai.input.messages': messages };
    expect(
      aiSdk.map(spanOf(attributes, { scope: { name: 'gen_ai', version: undefined } }), NOTHING)?.approvals,
    ).toEqual([{ approved: false, approvalId: 'a1', toolCall: {} }]);
  }
});

test.each(['ai-sdk-v6', 'ai-sdk-v7', 'ai-sdk-v7-legacy'])(
  '%s: an approval that was only asked for is none',
  (emitter) => {
    for (const { snapshot } of recordedSpans(emitter, 'generateText-tool-approval')) {
      expect(aiSdk.map(snapshot, EVERYTHING)).not.toHaveProperty('approvals');
    }
  },
);

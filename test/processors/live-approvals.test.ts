import { createOpenAI } from '@ai-sdk/openai';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { generateText, stepCountIs, tool, type ModelMessage } from 'ai';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';

import { startProvider, type StandInProvider } from '../../examples/provider/stand-in-provider.mjs';
import type { Entry, HumanOversightPayload } from '../../src/entry.ts';
import { Recording, talliesIn } from './recording.ts';

/** AI SDK 6: a tool that needs somebody's leave. Who gave it, or did not, the spans do not say. */

let provider: StandInProvider;
let recording: Recording;

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());
beforeEach(async () => {
  provider = await startProvider();
});
afterEach(async () => {
  trace.disable();
  await recording.close();
  await provider.close();
});

let paid: string[] = [];
const tools = {
  pay: tool({
    description: 'Pays an applicant.',
    inputSchema: z.object({ applicant: z.string().meta({ examples: ['A-1042'] }) }),
    needsApproval: true,
    execute: async ({ applicant }) => {
      paid.push(applicant);
      return { paid: true };
    },
  }),
};

function record(messages: 'none' | 'inline'): void {
  paid = [];
  recording = new Recording({ log: { capture: { messages } } });
  trace.setGlobalTracerProvider(recording.provider);
}

const call = (messages: ModelMessage[]): ReturnType<typeof generateText<typeof tools>> =>
  generateText({
    model: createOpenAI({ baseURL: provider.url, apiKey: 'none-needed' }).chat('gpt-4o'),
    messages,
    tools,
    stopWhen: stepCountIs(4),
    experimental_telemetry: { isEnabled: true },
  });

interface Asked {
  readonly messages: ModelMessage[];
  readonly approvalId: string;
  readonly toolCallId: string;
}

/** Asks the model, which wants to pay, which needs an approval. */
async function ask(): Promise<Asked> {
  const messages: ModelMessage[] = [{ role: 'user', content: 'Pay A-1042, account 4111111111111111.' }];
  const { content, response } = await call(messages);
  const request = content.find((part) => part.type === 'tool-approval-request');
  if (request === undefined) throw new Error('the tool needs no approval');
  return {
    messages: [...messages, ...response.messages],
    approvalId: request.approvalId,
    toolCallId: request.toolCall.toolCallId,
  };
}

function answered({ messages, approvalId }: Asked, approved: boolean, reason: string): ModelMessage[] {
  return [...messages, { role: 'tool', content: [{ type: 'tool-approval-response', approvalId, approved, reason }] }];
}

function oversight(): Entry<'human_oversight'>[] {
  return recording.entries.filter((entry): entry is Entry<'human_oversight'> => entry.type === 'human_oversight');
}

test.each([
  [true, 'approved', 'none'],
  [false, 'rejected', 'inline'],
] as const)('approved: %s', async (approved, action, messages) => {
  record(messages);
  const asked = await recording.audit.decision({ id: 'asked' }, ask);
  // That an approval was asked for is none.
  expect(oversight()).toEqual([]);
  const history = answered(asked, approved, 'the account is known');
  const { response } = await recording.audit.decision({ id: 'answered' }, () => call(history));
  expect(paid).toEqual(approved ? ['A-1042'] : []);

  const [entry] = oversight();
  expect(oversight()).toHaveLength(1);
  const payload: HumanOversightPayload = {
    reviewer_kind: 'unknown',
    action,
    trigger: 'tool_approval',
    stage: 'before_effect',
    tool_call: { id: asked.toolCallId, name: 'pay' },
    approval_id: asked.approvalId,
    // The reason is content.
    ...(messages === 'inline' ? { note: 'the account is known' } : {}),
    instrumentation: { scope: 'ai', dialect: 'ai-sdk' },
  };
  expect(entry?.payload).toEqual(payload);
  // It stands behind the run that acted on it.
  const run = recording.calls.findLast(({ type }) => type === 'agent_invocation');
  expect(entry).toMatchObject({ decision_id: 'answered', trace_id: run?.trace_id, span_id: run?.span_id });
  expect(entry?.seq).toBe(run!.seq + 1);

  // The conversation goes on: the approval is history.
  await call([...history, ...response.messages, { role: 'user', content: 'Thanks.' }]);
  expect(oversight()).toHaveLength(1);
  await recording.close();
  expect(talliesIn(recording.entries).at(-1)?.oversight.recorded).toBe(1);
});

test('a call that is made again in the same trace does not record the approval again', async () => {
  record('none');
  await trace.getTracer('application').startActiveSpan('POST /chat', async (span) => {
    const history = answered(await ask(), true, 'fine');
    await call(history);
    await call(history);
    span.end();
  });
  expect(oversight()).toHaveLength(1);
});

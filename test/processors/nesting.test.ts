import type { Attributes, Span } from '@opentelemetry/api';
import { afterEach, describe, expect, test } from 'vitest';

import { collectGarbage } from '../garbage.ts';
import {
  AGENT,
  CHAT,
  counting,
  EMBEDDINGS,
  modelCalls,
  MODEL_AGENT,
  Recording,
  STEP,
  TOOL,
  usage,
  usageIn,
  type RecordingOptions,
} from './recording.ts';

/** One call shown by several spans counts once, at the innermost; calls of their own stay calls of their own. */

let recording: Recording;

function record(options?: RecordingOptions): Recording {
  recording = new Recording(options);
  return recording;
}

afterEach(() => recording.close());

function sameCall(span: Span) {
  const { traceId, spanId } = span.spanContext();
  return { trace_id: traceId, span_id: spanId, basis: 'nesting' };
}

function countingIds(): (string | undefined)[] {
  return counting(recording.entries).map(({ span_id }) => span_id);
}

const SEEN_THROUGH: readonly (readonly [string, Attributes])[] = [
  ['a transparent GenAI span', STEP],
  ['a span that has nothing to do with GenAI', { 'http.request.method': 'POST' }],
];

test('a chat below a chat is the same call: the inner one counts, the outer one names it', async () => {
  const { start, of } = bound(record());
  const outer = start({ ...CHAT, ...usage(10, 5) });
  const inner = start({ ...CHAT, ...usage(10, 5) }, outer);
  inner.end();
  outer.end();
  expect(of(outer).payload.same_call).toEqual([sameCall(inner)]);
  expect(of(inner).payload).not.toHaveProperty('same_call');
  expect(of(inner)).toMatchObject({ parent_span_id: outer.spanContext().spanId });
  expect(countingIds()).toEqual([inner.spanContext().spanId]);
  expect(of(inner).payload).toMatchObject({ usage: { input_tokens: 10, output_tokens: 5 } });
  expect(of(outer).payload).toMatchObject({ aggregate_usage: { input_tokens: 10, output_tokens: 5 } });
  expect(of(outer).payload).not.toHaveProperty('usage');
});

test.each(SEEN_THROUGH)('%s between the two is looked through', async (_, between) => {
  const { start, of } = bound(record());
  const outer = start(CHAT);
  const middle = start(between, start(between, outer));
  const inner = start(CHAT, middle);
  inner.end();
  middle.end();
  outer.end();
  expect(of(outer).payload.same_call).toEqual([sameCall(inner)]);
  expect(countingIds()).not.toContain(outer.spanContext().spanId);
});

test.each([
  ['tool', TOOL],
  ['agent', AGENT],
])('a %s between the two is a barrier: both are calls', async (_, between) => {
  const { start, of } = bound(record());
  const outer = start({ ...CHAT, ...usage(10, 5) });
  const barrier = start(between, outer);
  const inner = start({ ...CHAT, ...usage(20, 7) }, barrier);
  inner.end();
  barrier.end();
  outer.end();
  expect(of(outer).payload).not.toHaveProperty('same_call');
  expect(modelCalls(recording.entries)).toHaveLength(2);
  // The outer one's tokens are its own: the call behind the barrier is none of its.
  expect(of(outer).payload).toMatchObject({ usage: { input_tokens: 10 } });
  expect(usageIn(recording.entries)).toEqual({ input_tokens: 30, output_tokens: 12 });
});

test.each([
  ['an embedding inside a chat', CHAT, EMBEDDINGS],
  ['a chat inside an embedding', EMBEDDINGS, CHAT],
])('%s is a call of another kind', async (_, around, within) => {
  const { start, of } = bound(record());
  const outer = start({ ...around, ...usage(10, 5) });
  const inner = start({ ...within, ...usage(8, 0) }, outer);
  inner.end();
  outer.end();
  expect(of(outer).payload).not.toHaveProperty('same_call');
  expect(counting(recording.entries)).toHaveLength(2);
  expect(usageIn(recording.entries)).toEqual({ input_tokens: 18, output_tokens: 5 });
});

test('a call of another kind between two chats is not looked through, whichever ends first', async () => {
  const { start, of } = bound(record());
  for (const innerFirst of [true, false]) {
    const outer = start(CHAT);
    const inner = start(CHAT, start(EMBEDDINGS, outer));
    if (innerFirst) inner.end();
    outer.end();
    if (!innerFirst) inner.end();
    expect(of(outer).payload).not.toHaveProperty('same_call');
  }
});

test.each<readonly [kind: string, attributes: Attributes]>([['chat', {}], ...SEEN_THROUGH])(
  'the outer span ends before the inner one, with a %s between them that ended earlier still',
  async (_, between) => {
    const { start, of } = bound(record());
    const outer = start({ ...CHAT, ...usage(10, 5) });
    const middle = start(between, outer);
    const inner = start({ ...CHAT, ...usage(10, 5) }, middle);
    middle.end();
    outer.end();
    inner.end();
    expect(of(outer).payload.same_call).toEqual([sameCall(inner)]);
    expect(of(outer).payload).toHaveProperty('aggregate_usage');
    expect(countingIds()).not.toContain(outer.spanContext().spanId);
    expect(usageIn(recording.entries)).toEqual({ input_tokens: 10, output_tokens: 5 });
  },
);

test('two attempts inside one call count as two', async () => {
  const { start, of } = bound(record());
  const outer = start(CHAT);
  const [first, second] = [start(CHAT, outer), start(CHAT, outer)];
  first.end();
  second.end();
  outer.end();
  expect(of(outer).payload.same_call).toEqual([sameCall(first), sameCall(second)]);
  expect(modelCalls(recording.entries)).toHaveLength(2);
});

test('three chats in one another: only the innermost counts', async () => {
  const { start, of } = bound(record());
  const outer = start({ ...CHAT, ...usage(10, 5) });
  const middle = start(CHAT, outer);
  const inner = start({ ...CHAT, ...usage(10, 5) }, middle);
  for (const span of [inner, middle, outer]) span.end();
  expect(of(outer).payload.same_call).toEqual([sameCall(middle)]);
  expect(of(middle).payload.same_call).toEqual([sameCall(inner)]);
  expect(countingIds()).toEqual([inner.spanContext().spanId]);
  // What the innermost reported is not the outermost one's own, though the one between says nothing.
  expect(of(outer).payload).toHaveProperty('aggregate_usage');
});

test('a span is taken for what it says at its end, not at its start', async () => {
  const { start, of } = bound(record());
  const outer = start(CHAT);
  const middle = start({}, outer);
  const inner = start(CHAT, middle);
  middle.setAttributes(AGENT);
  middle.end();
  inner.end();
  outer.end();
  expect(of(outer).payload).not.toHaveProperty('same_call');
  expect(modelCalls(recording.entries)).toHaveLength(2);
});

test('an agent that turns out to be one after the call inside it has ended is a barrier all the same', async () => {
  const { start, of } = bound(record());
  const outer = start(CHAT);
  const middle = start({}, outer);
  const inner = start(CHAT, middle);
  inner.end();
  middle.setAttributes(AGENT);
  middle.end();
  outer.end();
  expect(of(outer).payload).not.toHaveProperty('same_call');
  expect(modelCalls(recording.entries)).toHaveLength(2);
});

/** The first span of a scope that starts its spans without a mark is not noted until it ends; all later ones are. */
function teachScope(): void {
  const first = recording.start({});
  first.setAttributes(CHAT);
  first.end();
}

test('an outer span that says what it is only after its start is an outer span', async () => {
  const { start, of } = bound(record());
  teachScope();
  const outer = start({});
  outer.setAttributes(CHAT);
  const inner = start(CHAT, outer);
  inner.end();
  outer.end();
  expect(of(outer).payload.same_call).toEqual([sameCall(inner)]);
});

test('an open inner span that says what it is only after its start is seen when the outer one ends', async () => {
  const { start, of } = bound(record());
  teachScope();
  const outer = start(CHAT);
  const inner = start({}, outer);
  inner.setAttributes(CHAT);
  outer.end();
  inner.end();
  expect(of(outer).payload.same_call).toEqual([sameCall(inner)]);
  expect(modelCalls(recording.entries)).toHaveLength(2);
});

test('an agent reports the sum of the calls below it as aggregate_usage, also of those behind tools', async () => {
  const { start, of } = bound(record());
  const agent = start({ ...AGENT, ...usage(30, 12) });
  const first = start({ ...CHAT, ...usage(10, 5) }, agent);
  first.end();
  const tool = start(TOOL, agent);
  const second = start({ ...CHAT, ...usage(20, 7) }, tool);
  second.end();
  tool.end();
  agent.end();
  expect(of(agent)).toMatchObject({ type: 'agent_invocation', payload: { aggregate_usage: { input_tokens: 30 } } });
  expect(of(agent).payload).not.toHaveProperty('usage');
  expect(usageIn(recording.entries)).toEqual({ input_tokens: 30, output_tokens: 12 });
});

test('an agent is the only one to report usage: then it is its own', async () => {
  const { start, of } = bound(record());
  const agent = start({ ...AGENT, ...usage(30, 12) });
  start(CHAT, agent).end();
  agent.end();
  expect(of(agent)).toMatchObject({ type: 'agent_invocation', payload: { usage: { input_tokens: 30 } } });
  expect(of(agent).payload).not.toHaveProperty('aggregate_usage');
});

test('an envelope with model and usage and no call below it stands for the call', async () => {
  const { start, of } = bound(record());
  const agent = start({ ...MODEL_AGENT, ...usage(30, 12) });
  start(TOOL, agent).end();
  agent.end();
  expect(of(agent)).toMatchObject({
    type: 'llm_call',
    payload: { aggregated: true, request_model: 'm', usage: { input_tokens: 30, output_tokens: 12 } },
  });
  expect(modelCalls(recording.entries)).toHaveLength(1);
});

test.each(['before', 'after'])('an envelope that ends %s the call inside it does not count beside it', async (when) => {
  const { start, of } = bound(record());
  const agent = start({ ...MODEL_AGENT, ...usage(30, 12) });
  const step = start(STEP, agent);
  const chat = start({ ...CHAT, ...usage(30, 12) }, step);
  if (when === 'before') {
    step.end();
    agent.end();
  }
  chat.end();
  if (when === 'after') agent.end();
  expect(of(agent)).toMatchObject({ type: 'agent_invocation', payload: { aggregate_usage: { input_tokens: 30 } } });
  expect(modelCalls(recording.entries)).toHaveLength(1);
  expect(usageIn(recording.entries)).toEqual({ input_tokens: 30, output_tokens: 12 });
});

test('of envelopes in one another that report the same call the innermost stands for it', async () => {
  const { start, of } = bound(record());
  const outer = start({ ...MODEL_AGENT, ...usage(30, 12) });
  const inner = start({ ...MODEL_AGENT, ...usage(30, 12) }, outer);
  inner.end();
  outer.end();
  expect(of(inner)).toMatchObject({ type: 'llm_call', payload: { aggregated: true } });
  expect(of(outer)).toMatchObject({ type: 'agent_invocation', payload: { aggregate_usage: { input_tokens: 30 } } });
  expect(usageIn(recording.entries)).toEqual({ input_tokens: 30, output_tokens: 12 });
});

test('a step that stands for the call inside a chat is the same call', async () => {
  const { start, of } = bound(record());
  const outer = start({ ...CHAT, ...usage(30, 12) });
  const step = start({ ...STEP, 'gen_ai.request.model': 'm', ...usage(30, 12) }, outer);
  step.end();
  outer.end();
  expect(of(step)).toMatchObject({ type: 'llm_call', payload: { aggregated: true } });
  expect(of(outer).payload.same_call).toEqual([sameCall(step)]);
  expect(usageIn(recording.entries)).toEqual({ input_tokens: 30, output_tokens: 12 });
});

test('a step inside a chat that reports its usage and names no model leaves the call to the chat', async () => {
  const { start, of } = bound(record());
  const outer = start({ ...CHAT, ...usage(30, 12) });
  start({ ...STEP, ...usage(30, 12) }, outer).end();
  outer.end();
  expect(of(outer).payload).not.toHaveProperty('same_call');
  expect(modelCalls(recording.entries)).toHaveLength(1);
  expect(usageIn(recording.entries)).toEqual({ input_tokens: 30, output_tokens: 12 });
});

test('a call that starts after the outer one has ended is a call of its own', async () => {
  const { start, of } = bound(record());
  const outer = start(CHAT);
  outer.end();
  const inner = start(CHAT, outer);
  inner.end();
  expect(of(outer).payload).not.toHaveProperty('same_call');
  expect(of(inner).payload).not.toHaveProperty('same_call');
});

test('a call below a span that has ended, below one that has not, belongs to the latter', async () => {
  const { start, of } = bound(record());
  const outer = start(CHAT);
  const step = start(STEP, outer);
  step.end();
  const inner = start(CHAT, step);
  inner.end();
  outer.end();
  expect(of(outer).payload.same_call).toEqual([sameCall(inner)]);
});

type Start = Recording['start'];

/** What goes on for hours below one agent; what is given back is where the next one starts. */
const ENDLESS: readonly (readonly [string, (start: Start, last: Span, root: Span) => Span])[] = [
  ['spans that each start below the one that ended before them', (start, last) => ended(start({}, last))],
  ['calls that each start below the one that ended before them', (start, last) => ended(start(EMBEDDINGS, last))],
  [
    'spans that end before the call inside them',
    (start, last, root) => {
      const around = start({}, root);
      const call = start(EMBEDDINGS, around);
      around.end();
      call.end();
      return last;
    },
  ],
];

function ended(span: Span): Span {
  span.end();
  return span;
}

test.each(ENDLESS)('%s are not kept', (_, go) => {
  const { start } = bound(
    record({
      // Nothing is kept of the entries, so that what is left is the processor's.
      wrapSink: (sink) => ({ ...sink, create: (segment) => ({ ...sink.create(segment), ...FORGETFUL }) }),
    }),
  );
  const root = start(AGENT);
  let last = ended(start(STEP, root));
  const grow = (): number => {
    for (let count = 0; count < 10_000; count++) last = go(start, last, root);
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = grow();
  // A node that is kept takes some 250 bytes.
  expect(grow() - before).toBeLessThan(1_000_000);
  root.end();
});

const FORGETFUL = {
  torn: false,
  append: () => undefined,
  sync: async () => undefined,
  syncNow: () => undefined,
  isInPlace: () => true,
  close: () => undefined,
};

/** A recording's methods, to be called by themselves. */
function bound(of: Recording) {
  return {
    start: (...args: Parameters<Recording['start']>) => of.start(...args),
    of: (span: Span) => of.of(span),
  };
}

describe('a tool that is a request to an MCP server', () => {
  const MCP = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'lookup' };
  const counted = (): (string | undefined)[] =>
    counting(recording.entries).flatMap((entry) => (entry.type === 'tool_call' ? [entry.span_id] : []));

  test.each([
    ['inner first', false],
    ['outer first', true],
  ])('counts once, at the innermost: framework, client and server, %s', async (_, outerFirst) => {
    recording = new Recording();
    const outer = recording.start(TOOL);
    const client = recording.start(MCP, outer);
    const http = recording.start({}, client);
    const server = recording.start(MCP, http);
    const spans = [server, http, client, outer];
    for (const span of outerFirst ? spans.toReversed() : spans) span.end();
    await recording.close();
    expect(counted()).toEqual([server.spanContext().spanId]);
    expect(recording.of(outer).payload.same_call).toMatchObject([{ span_id: client.spanContext().spanId }]);
  });

  test('another tool inside, an agent between, and the same tool in one process are runs of their own', async () => {
    recording = new Recording();
    const outer = recording.start(TOOL);
    const other = recording.start({ ...MCP, 'gen_ai.tool.name': 'other' }, outer);
    const agent = recording.start(AGENT, outer);
    const behind = recording.start(MCP, agent);
    const again = recording.start(TOOL, outer);
    for (const span of [again, behind, agent, other, outer]) span.end();
    await recording.close();
    expect(counted()).toHaveLength(4);
  });
});

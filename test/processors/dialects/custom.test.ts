import { afterEach, expect, test } from 'vitest';

import { DIALECTS, inConventions, mapOpenTelemetry, type Dialect, type MappedSpan } from '../../../processors/index.ts';
import { modelCalls, Recording, usageIn } from '../recording.ts';

/** A vocabulary of a user's own, written as docs/dialects.md says. */

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** From scratch. */
const acme: Dialect = {
  name: 'acme',
  recognises: (attributes) => attributes['acme.kind'] !== undefined,
  map: (span, capture): MappedSpan | undefined => {
    const { attributes } = span;
    switch (attributes['acme.kind']) {
      case 'completion': {
        const model = text(attributes['acme.model']);
        return {
          type: 'llm_call',
          role: 'leaf',
          payload: {
            provider: 'acme',
            ...(model === undefined ? {} : { request_model: model }),
            ...(capture.messages === 'inline' ? { input_messages: String(attributes['acme.prompt']) } : {}),
          },
          usage: { input_tokens: Number(attributes['acme.tokens.in']) },
          ...(attributes['acme.done'] === true ? {} : { outcome: 'unknown' }),
        };
      }
      case 'function':
        return { type: 'tool_call', role: 'barrier', payload: { name: text(attributes['acme.name']) ?? span.name } };
      default:
        return undefined;
    }
  },
};

/** The conventions with other names. */
const initech: Dialect = {
  name: 'initech',
  recognises: (_, scopeName) => scopeName === 'initech',
  map: (span, capture) =>
    mapOpenTelemetry(
      inConventions(span, [
        ['gen_ai.operation.name', ['initech.op']],
        ['gen_ai.request.model', ['initech.model', 'initech.deployment']],
        ['gen_ai.usage.output_tokens', ['initech.generated']],
      ]),
      capture,
    ),
};

let recording: Recording;
afterEach(() => recording.close());

test('one from scratch, beside those of the package', () => {
  recording = new Recording({ processor: { dialects: [acme, ...DIALECTS] } });
  const tool = recording.start({ 'acme.kind': 'function', 'acme.name': 'lookup' });
  const call = recording.start(
    { 'acme.kind': 'completion', 'acme.model': 'm-1', 'acme.prompt': 'secret', 'acme.tokens.in': 7, 'acme.done': true },
    tool,
  );
  call.end();
  recording.start({ 'acme.kind': 'completion', 'acme.tokens.in': 3 }, tool).end();
  recording.start({ 'acme.kind': 'heartbeat' }).end();
  recording.start({ 'gen_ai.operation.name': 'chat', 'gen_ai.usage.output_tokens': 5 }).end();
  tool.end();

  expect(recording.of(call)).toMatchObject({
    type: 'llm_call',
    payload: {
      provider: 'acme',
      request_model: 'm-1',
      usage: { input_tokens: 7 },
      outcome: 'ok',
      instrumentation: { scope: 'test', dialect: 'acme' },
    },
  });
  expect(modelCalls(recording.entries).map(({ payload }) => payload.outcome)).toEqual(['ok', 'unknown', 'ok']);
  expect(usageIn(recording.entries)).toEqual({ input_tokens: 10, output_tokens: 5 });
  expect(JSON.stringify(recording.entries)).not.toContain('secret');
  expect(recording.calls).toHaveLength(4);
});

test('one that is a table of names', () => {
  recording = new Recording({ processor: { dialects: [initech, ...DIALECTS] } });
  const tracer = recording.provider.getTracer('initech');
  const attributes = { 'initech.op': 'chat', 'initech.deployment': 'm-2', 'initech.generated': 4 };
  const span = tracer.startSpan('call', { attributes });
  span.end();
  expect(recording.of(span)).toMatchObject({
    type: 'llm_call',
    payload: {
      operation: 'chat',
      request_model: 'm-2',
      usage: { output_tokens: 4 },
      outcome: 'ok',
      instrumentation: { dialect: 'initech' },
    },
  });
});

import { createRequire } from 'node:module';

import { context, trace, type Context, type Span } from '@opentelemetry/api';
import { logs, SeverityNumber, type Logger, type LogRecord } from '@opentelemetry/api-logs';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import type { OpenAI } from 'openai';
import { afterEach, describe, expect, test } from 'vitest';

import { startProvider } from '../../examples/provider/stand-in-provider.mjs';
import { AuditLogRecordProcessor } from '../../processors/index.ts';
import type { LlmCallPayload } from '../../src/entry.ts';
import { ofType } from '../log.ts';
import { below, CHAT, Recording, type RecordingOptions } from './recording.ts';

/** What instrumentations say in log records, by the real Logs SDK. */

const CAPTURED: RecordingOptions = { log: { capture: { messages: 'inline' } } };

let recording: Recording;
let provider: LoggerProvider;
let logger: Logger;

function record(options: RecordingOptions = CAPTURED): void {
  recording = new Recording(options);
  provider = new LoggerProvider({ processors: [new AuditLogRecordProcessor(recording.audit)] });
  logger = provider.getLogger('some-instrumentation', '2.1.0');
}

afterEach(async () => {
  await provider.shutdown();
  await recording.close();
});

const emit = (eventName: string, record_: Omit<LogRecord, 'eventName'>, where: Span | Context): void =>
  logger.emit({ eventName, context: 'getValue' in where ? where : below(where), ...record_ });

const call = (span: Span): LlmCallPayload => recording.of(span).payload as LlmCallPayload;

describe('messages that come before their span has ended', () => {
  test('one event a message: inside the entry of the span', () => {
    record();
    const span = recording.start(CHAT);
    emit('gen_ai.system.message', { body: { content: 'Be brief.' } }, span);
    emit('gen_ai.user.message', { body: { content: 'Is she a pensioner?' } }, span);
    emit('gen_ai.choice', { body: { index: 0, finish_reason: 'stop', message: { content: 'Yes.' } } }, span);
    span.end();
    expect(call(span)).toMatchObject({
      outcome: 'ok',
      finish_reasons: ['stop'],
      input_messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Is she a pensioner?' },
      ],
      output_messages: [{ index: 0, finish_reason: 'stop', message: { content: 'Yes.' } }],
    });
    expect(ofType(recording.entries, 'message_content')).toEqual([]);
  });

  test('all in one details event, structured', () => {
    record();
    const span = recording.start(CHAT);
    const attributes = {
      'gen_ai.system_instructions': [{ type: 'text', content: 'Be brief.' }],
      'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'Hi jane@example.org' }] }],
      'gen_ai.output.messages': [
        { role: 'assistant', parts: [{ type: 'text', content: 'Hello' }], finish_reason: 'stop' },
      ],
    };
    emit('gen_ai.client.inference.operation.details', { attributes, severityNumber: SeverityNumber.DEBUG }, span);
    span.end();
    expect(call(span)).toMatchObject({
      system_instructions: attributes['gen_ai.system_instructions'],
      input_messages: [{ role: 'user', parts: [{ type: 'text', content: 'Hi [redacted:email]' }] }],
      output_messages: attributes['gen_ai.output.messages'],
    });
  });

  test('an event named in an attribute only, one that is changed after it was emitted, one whose span is known by ids', () => {
    record();
    const span = recording.start(CHAT);
    const body = { content: 'as it was' };
    logger.emit({ attributes: { 'event.name': 'gen_ai.user.message' }, body, context: below(span) });
    body.content = 'changed';
    const byIds = trace.setSpanContext(context.active(), span.spanContext());
    emit('gen_ai.assistant.message', { body: { content: 'by ids' } }, byIds);
    span.end();
    expect(call(span).input_messages).toEqual([
      { role: 'user', content: 'as it was' },
      { role: 'assistant', content: 'by ids' },
    ]);
  });

  test('without capture no content is held, and what ended the reply is known all the same', () => {
    record({});
    const span = recording.start(CHAT);
    emit('gen_ai.user.message', { body: { content: 'secret' } }, span);
    emit('gen_ai.choice', { body: { index: 0, finish_reason: 'length', message: { content: 'secret' } } }, span);
    span.end();
    expect(call(span)).toMatchObject({ finish_reasons: ['length'], outcome: 'ok' });
    expect(JSON.stringify(recording.entries)).not.toContain('secret');
  });

  test('an exception makes the outcome, where the span says none', () => {
    record();
    const span = recording.start(CHAT);
    const attributes = { 'exception.type': 'RateLimitError', 'exception.message': '429 slow down' };
    emit('gen_ai.client.operation.exception', { attributes, severityNumber: SeverityNumber.WARN }, span);
    span.setStatus({ code: 2 });
    span.end();
    expect(call(span)).toMatchObject({
      outcome: 'error',
      error: { type: 'RateLimitError', message: '429 slow down' },
    });
  });

  test('no more than a span would hold events', () => {
    record();
    const span = recording.start(CHAT);
    for (let index = 0; index < 1_000; index++) emit('gen_ai.user.message', { body: { content: `${index}` } }, span);
    span.end();
    expect(call(span).input_messages).toHaveLength(128);
    // What found no room stands by itself.
    expect(ofType(recording.entries, 'message_content')).toHaveLength(872);
  });
});

describe('messages that come later', () => {
  test('get entries of their own, in the decision of their span', () => {
    record();
    const span = recording.audit.decision({ id: 'd' }, () => recording.start(CHAT));
    span.end();
    emit('gen_ai.choice', { body: { index: 0, finish_reason: 'stop', message: { content: 'Late.' } } }, span);
    const attributes = {
      'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }]),
    };
    emit('gen_ai.client.inference.operation.details', { attributes }, span);
    const { traceId, spanId } = span.spanContext();
    const instrumentation = { scope: 'some-instrumentation', version: '2.1.0', dialect: 'opentelemetry' };
    expect(ofType(recording.entries, 'message_content')).toMatchObject([
      {
        trace_id: traceId,
        span_id: spanId,
        payload: {
          role: 'assistant',
          parts: [{ index: 0, finish_reason: 'stop', message: { content: 'Late.' } }],
          instrumentation: { ...instrumentation, event: 'gen_ai.choice' },
        },
      },
      { span_id: spanId, payload: { role: 'user', parts: [{ type: 'text', content: 'Hi' }] } },
    ]);
  });

  test('belong to the decision they are emitted in, if their span is not known', () => {
    record();
    recording.audit.decision({ id: 'd' }, () => {
      emit('gen_ai.user.message', { body: { content: 'alone' } }, context.active());
    });
    expect(ofType(recording.entries, 'message_content')).toMatchObject([
      { decision_id: 'd', payload: { role: 'user', parts: [{ content: 'alone' }] } },
    ]);
  });

  test('are not recorded where messages are not captured', () => {
    record({});
    emit('gen_ai.user.message', { body: { content: 'secret' } }, context.active());
    expect(recording.entries).toEqual([]);
  });
});

describe('an evaluation result', () => {
  test('is an entry, linked to the span that it is about', () => {
    record();
    const span = recording.start(CHAT);
    const attributes = {
      'gen_ai.evaluation.name': 'Relevance',
      'gen_ai.evaluation.score.value': 4,
      'gen_ai.evaluation.score.label': 'pass',
      'gen_ai.evaluation.explanation': 'To the point.',
      'gen_ai.response.id': 'chatcmpl-1',
    };
    emit('gen_ai.evaluation.result', { attributes }, span);
    span.end();
    expect(ofType(recording.entries, 'evaluation')).toMatchObject([
      {
        span_id: span.spanContext().spanId,
        payload: { metric: 'Relevance', score: 4, label: 'pass', explanation: 'To the point.' },
      },
    ]);
  });

  test('is one without its explanation where messages are not kept', () => {
    record({});
    const span = recording.start(CHAT);
    const attributes = {
      'gen_ai.evaluation.name': 'Relevance',
      'gen_ai.evaluation.explanation': 'She is a pensioner.',
    };
    emit('gen_ai.evaluation.result', { attributes }, span);
    span.end();
    const [entry] = ofType(recording.entries, 'evaluation');
    expect(entry?.payload).toMatchObject({ metric: 'Relevance' });
    expect(entry?.payload).not.toHaveProperty('explanation');
  });

  test('on the span itself is one, too', () => {
    record({});
    const span = recording.start(CHAT);
    span.addEvent('gen_ai.evaluation.result', {
      'gen_ai.evaluation.name': 'Toxicity',
      'gen_ai.evaluation.score.value': 0,
    });
    span.addEvent('something.else', { 'gen_ai.evaluation.name': 'none' });
    span.end();
    expect(ofType(recording.entries, 'evaluation')).toMatchObject([
      {
        span_id: span.spanContext().spanId,
        payload: { metric: 'Toxicity', score: 0, instrumentation: { event: 'gen_ai.evaluation.result' } },
      },
    ]);
  });
});

describe('evaluations on a span', () => {
  const evaluate = (span: Span, metric: string): void => {
    span.addEvent('gen_ai.evaluation.result', { 'gen_ai.evaluation.name': metric });
  };
  const metrics = (): unknown[] => ofType(recording.entries, 'evaluation').map(({ payload }) => payload['metric']);

  test('are recorded once, also where the span was recorded before it ended', async () => {
    record({ processor: { maxOpenSpans: 1 } });
    const span = recording.start(CHAT);
    evaluate(span, 'Relevance');
    const evicts = recording.start(CHAT);
    await new Promise(setImmediate);
    expect(recording.all(span)[0]?.payload.outcome).toBe('unended');
    expect(metrics()).toEqual(['Relevance']);
    evaluate(span, 'Toxicity');
    span.end();
    evicts.end();
    expect(metrics()).toEqual(['Relevance', 'Toxicity']);
  });

  test('are recorded where it is no GenAI span', () => {
    record({});
    recording.audit.decision({ id: 'd-1' }, () => {
      const span = recording.start({}, undefined, 'judge');
      evaluate(span, 'Relevance');
      span.end();
    });
    const outside = recording.start({}, undefined, 'judge');
    evaluate(outside, 'Toxicity');
    outside.end();
    expect(ofType(recording.entries, 'evaluation')).toMatchObject([
      { decision_id: 'd-1', payload: { metric: 'Relevance' } },
      { span_id: outside.spanContext().spanId, payload: { metric: 'Toxicity' } },
    ]);
  });
});

describe('everything else', () => {
  test('is left alone, and nothing is thrown', () => {
    record();
    const hostile = {
      get body(): never {
        throw new Error('no');
      },
    };
    logger.emit({ body: 'GET / 200' });
    logger.emit({ eventName: 'gen_ai.something.new', body: { content: 'x' } });
    expect(() => emit('gen_ai.user.message', hostile as LogRecord, context.active())).toThrow('no');
    const own = new AuditLogRecordProcessor(recording.audit);
    expect(() => own.onEmit(hostile as never)).not.toThrow();
    expect(() =>
      own.onEmit({ attributes: {}, hrTime: [0, 0], ...({ eventName: 5 } as object) } as never),
    ).not.toThrow();
    expect(recording.entries).toEqual([]);
  });

  test('the log closes with the last of its processors', async () => {
    record();
    recording.start(CHAT).end();
    await recording.provider.shutdown();
    expect(recording.audit.closed).toBe(false);
    await provider.shutdown();
    expect(recording.audit.closed).toBe(true);
  });
});

test('OpenTelemetry’s own instrumentation of openai: its messages, which are log records only, stand in the entry', async () => {
  record();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const standIn = await startProvider();
  const instrumentation = new OpenAIInstrumentation({ captureMessageContent: true });
  try {
    instrumentation.setTracerProvider(recording.provider);
    instrumentation.setLoggerProvider(provider);
    instrumentation.enable();
    const { OpenAI: Client } = createRequire(import.meta.url)('openai') as { OpenAI: typeof OpenAI };
    const client = new Client({ baseURL: standIn.url, apiKey: 'none-needed' });
    await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Is she a pensioner?' }],
    });
    const [entry] = ofType(recording.entries, 'llm_call');
    expect(entry?.payload).toMatchObject({
      outcome: 'ok',
      input_messages: [{ role: 'user', content: 'Is she a pensioner?' }],
      output_messages: [{ index: 0, finish_reason: 'stop', message: { content: expect.any(String) } }],
    });
    expect(ofType(recording.entries, 'message_content')).toEqual([]);
  } finally {
    instrumentation.disable();
    await standIn.close();
    context.disable();
    logs.disable();
  }
});

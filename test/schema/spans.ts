import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { AlwaysOnSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';

import { AuditLogRecordProcessor, auditSampler, AuditSpanProcessor, memorySink, type Sink } from '../../src/index.ts';
import { KNOWN_KEYS, OPERATIONS } from '../processors/dialects/known.ts';
import { EMITTERS, recordedSpans, scenariosOf } from '../spans.ts';
import { allCalls, openLog } from './business-calls.ts';

/** Spans by a real SDK, and recorded ones, through the processor into a log in memory. */

const MODEL = { 'gen_ai.request.model': 'gpt-4o', 'gen_ai.provider.name': 'openai' };
const REPLY = {
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'gen_ai.response.id': 'chatcmpl-1',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 120,
  'gen_ai.usage.output_tokens': 34,
};

function end(span: Span, attributes: Attributes = {}): void {
  span.setAttributes(attributes).end();
}

/** Every way in which a span becomes an entry. */
export async function sdkSpans(): Promise<Sink> {
  const sink = memorySink();
  const audit = openLog({ maxSegmentMillis: 60_000 }, sink);
  const provider = new BasicTracerProvider({
    spanProcessors: [new AuditSpanProcessor(audit, { maxOpenSpans: 8 })],
    spanLimits: { attributeCountLimit: 24, eventCountLimit: 1, linkCountLimit: 1 },
  });
  const tracer = provider.getTracer('test', '1.0.0');
  const start = (operation: string, attributes: Attributes = {}, parent?: Span): Span =>
    tracer.startSpan(
      operation,
      { attributes: { 'gen_ai.operation.name': operation, ...attributes } },
      parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent),
    );

  audit.decision({}, () => {
    const workflow = start('invoke_workflow', { 'gen_ai.workflow.name': 'triage' });
    const agent = start('invoke_agent', { 'gen_ai.agent.name': 'triage', 'gen_ai.agent.id': 'a-1' }, workflow);
    const outer = start('chat', MODEL, agent);
    end(start('chat', { ...MODEL, ...REPLY }, outer));
    end(outer, REPLY);
    end(start('execute_tool', { 'gen_ai.tool.name': 'lookup', 'gen_ai.tool.call.arguments': '{"id":1}' }, agent));
    end(start('embeddings', { ...MODEL, 'gen_ai.usage.input_tokens': 8 }, agent));
    end(
      start('retrieval', { 'gen_ai.data_source.id': 'kb', 'gen_ai.retrieval.documents': '[{"id":"1","score":0.5}]' }),
    );
    end(start('search_memory', { 'gen_ai.memory.store.id': 'm', 'gen_ai.memory.query.text': 'income' }, agent));
    end(start('run_guardrail', { 'gen_ai.guardrail.verdict.type': 'deny' }, agent));
    end(start('evaluate', { 'gen_ai.evaluation.name': 'bias', 'gen_ai.evaluation.score.value': 0.2 }, agent));
    end(agent, REPLY);
    end(workflow);
    const resumed = { 'mastra.span.type': 'agent_run', 'mastra.metadata.resumed': true };
    for (const approved of [true, false]) {
      const input = { approved, toolCallId: `c-${approved}`, toolName: 'pay', reason: 'the account is known' };
      end(start('invoke_agent', { ...resumed, 'mastra.agent_run.input': JSON.stringify(input) }, agent));
    }
  });
  for (const operation of OPERATIONS) end(tracer.startSpan('any', { attributes: { ...MODEL, ...operation } }), REPLY);

  const failing = start('chat', MODEL);
  failing.recordException(new Error('429'));
  failing.addEvent('second').addLink({ context: failing.spanContext() }).addLink({ context: failing.spanContext() });
  failing.setStatus({ code: SpanStatusCode.ERROR, message: 'rate limit' }).end();
  end(start('chat', { ...MODEL, ...Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`x.${at}`, at])) }));
  end(start('invoke_agent', { ...MODEL, ...REPLY }));

  // One more than may be open: the first is recorded as it is, and ends after all, in the next segment.
  const evicted = Array.from({ length: 9 }, () => start('chat', MODEL))[0];
  await audit.roll();
  evicted?.end();
  await context.with(ROOT_CONTEXT, () => provider.shutdown());
  return sink;
}

/** Messages and evaluations that come as log records, in a request that brings its decision along. */
export async function logRecords(): Promise<Sink> {
  const sink = memorySink();
  const audit = openLog({ propagation: { accept: () => true }, capture: { messages: 'inline' } }, sink);
  auditSampler(new AlwaysOnSampler(), { audit });
  const provider = new LoggerProvider({ processors: [new AuditLogRecordProcessor(audit)] });
  const logger = provider.getLogger('test', '1.0.0');
  const baggage = propagation.createBaggage({ 'spanseal.decision': { value: 'acme.example/front d-77' } });
  const request = propagation.setBaggage(ROOT_CONTEXT, baggage);
  logger.emit({ eventName: 'gen_ai.user.message', body: { content: 'late' }, context: request });
  const attributes = { 'gen_ai.evaluation.name': 'bias', 'gen_ai.evaluation.score.value': 0.2 };
  logger.emit({ eventName: 'gen_ai.evaluation.result', attributes, context: request });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  try {
    await context.with(request, () => allCalls(audit));
  } finally {
    context.disable();
  }
  await provider.shutdown();
  await audit.close();
  return sink;
}

/** Every attribute that a dialect reads, as text, number, list and JSON text, on every operation. */
export async function oddSpans(): Promise<Sink> {
  const sink = memorySink();
  const audit = openLog({ maxSegmentBytes: 1_000_000_000 }, sink);
  const provider = new BasicTracerProvider({
    spanProcessors: [new AuditSpanProcessor(audit)],
    spanLimits: { attributeCountLimit: 1_000 },
  });
  const tracer = provider.getTracer('test');
  const values = [
    'text',
    '0.25',
    3,
    2.5,
    Number.NaN,
    -1,
    true,
    ['a', 'b'],
    '[{"id":7,"name":"n","score":0.5}]',
    '{"a":[1]}',
  ];
  for (const value of values) {
    const attributes = Object.fromEntries(KNOWN_KEYS.map((key) => [key, value]));
    for (const operation of OPERATIONS) {
      // An operation says what the span is: the marks of the others would win over it.
      const own = Object.entries(attributes).filter(
        ([key]) =>
          !/^(gen_ai\.operation|mcp\.method|ai\.operationId|langfuse\.observation\.type|mastra\.span)/.test(key),
      );
      tracer.startSpan('odd', { attributes: { ...Object.fromEntries(own), ...operation } as Attributes }).end();
    }
  }
  await provider.shutdown();
  return sink;
}

/** What published instrumentations emitted, all content captured. */
export async function recordings(): Promise<Sink> {
  const sink = memorySink();
  const audit = openLog({}, sink);
  const processor = new AuditSpanProcessor(audit);
  for (const emitter of EMITTERS) {
    for (const scenario of scenariosOf(emitter)) {
      for (const { span } of recordedSpans(emitter, scenario)) processor.onEnd(span);
    }
  }
  await processor.shutdown();
  return sink;
}

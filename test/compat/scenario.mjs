// What every SDK goes through, each in a process of its own: node sdk-<n>/app/run.mjs <folder>
//
// `api` and `spanseal` are handed in, because each SDK's application resolves its own: what this file imports would be
// the repository's.
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

const CHAT = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o' };
const ANSWERED = {
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 120,
  'gen_ai.usage.output_tokens': 34,
};

/**
 * @param application.api - the application's `@opentelemetry/api`
 * @param application.spanseal - the application's `spanseal`
 * @param application.start - registers a provider with these span processors and a context manager, as the SDK's guide
 *   says, and gives the provider back
 */
export async function runScenario({ api, spanseal, start }) {
  const { SpanKind, SpanStatusCode, trace } = api;
  const folder = process.argv[2];
  const audit = new spanseal.AuditLog({
    system: 'compat',
    directory: join(folder, 'audit'),
    signer: spanseal.ed25519Signer({ keyFile: join(folder, 'audit.key') }),
  });
  const provider = start([new spanseal.AuditSpanProcessor(audit)]);
  const tracer = trace.getTracer('compat-client', '1.2.3');

  const chat = (attributes, fn = async () => {}) =>
    tracer.startActiveSpan('chat gpt-4o', { kind: SpanKind.CLIENT, attributes }, async (span) => {
      await fn(span);
      span.setAttributes(ANSWERED).end();
    });

  // An agent with a tool, and two spans for one call below a span that is not GenAI.
  await tracer.startActiveSpan('invoke_agent', { attributes: agentOf('helpdesk') }, async (agent) => {
    await tracer.startActiveSpan('step', async (step) => {
      await chat(CHAT, () => chat(CHAT, async (span) => void span.addEvent('gen_ai.content', { first: true })));
      step.end();
    });
    await tracer.startActiveSpan('execute_tool search', { attributes: toolOf('search') }, async (tool) => {
      await setImmediate();
      tool.recordException(new Error('no such index'));
      tool.setStatus({ code: SpanStatusCode.ERROR, message: 'no such index' }).end();
    });
    agent.end();
  });

  // Two decisions that interleave: only the context tells their spans apart.
  const decide = (id) =>
    audit.decision({ id, input: { case: id } }, async (decision) => {
      await setImmediate();
      await chat({ ...CHAT, 'gen_ai.conversation.id': id }, () => setImmediate());
      decision.result('approved');
    });
  await Promise.all([decide('case-1'), decide('case-2')]);

  // One that nobody ends, and one that is none of the log's business.
  tracer.startSpan('chat gpt-4o', { kind: SpanKind.CLIENT, attributes: CHAT });
  tracer.startSpan('GET /health', { kind: SpanKind.SERVER }).end();
  await provider.shutdown();
}

const agentOf = (name) => ({ 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name });
const toolOf = (name) => ({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name });

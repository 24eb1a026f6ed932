// What is measured: the spans and entries of an application as instrumentations make them.
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';

/** A chat call with 15 attributes, without content: what most instrumentations record by default. */
export const CHAT = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.request.temperature': 0.2,
  'gen_ai.request.max_tokens': 400,
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'gen_ai.response.id': 'chatcmpl-000000000001',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 120,
  'gen_ai.usage.output_tokens': 34,
  'gen_ai.usage.cache_read.input_tokens': 64,
  'server.address': 'api.openai.com',
  'server.port': 443,
  'gen_ai.conversation.id': 'c-1',
  'openai.api.type': 'chat_completions',
};

/** What an HTTP instrumentation says: most spans of an application have nothing to do with GenAI. */
export const HTTP = {
  'http.request.method': 'GET',
  'url.full': 'https://api.example.org/v1/orders/17',
  'url.scheme': 'https',
  'server.address': 'api.example.org',
  'server.port': 443,
  'network.protocol.version': '1.1',
  'user_agent.original': 'node',
  'http.response.status_code': 200,
};

/** An entry of some 700 bytes. */
export const DATA = {
  prompt_id: 'triage@v3',
  text: 'The quick brown fox jumps over the lazy dog. '.repeat(10),
  scores: [1, 2, 3],
};

export function tracerOf(processors, scope = 'bench') {
  const provider = new BasicTracerProvider({ spanProcessors: processors });
  return { provider, tracer: provider.getTracer(scope, '1.0.0') };
}

export function chat(tracer) {
  const span = tracer.startSpan('chat gpt-4o', { kind: 2, attributes: { 'gen_ai.operation.name': 'chat' } });
  span.setAttributes(CHAT);
  span.end();
}

export function get(tracer) {
  tracer.startSpan('GET', { kind: 2, attributes: HTTP }).end();
}

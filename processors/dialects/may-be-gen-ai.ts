import type { Attributes } from './values.ts';

/**
 * Whether any dialect of this package could recognise a span: asked for every span of the process, twice, most of which
 * have nothing to do with GenAI. Asking fourteen dialects in turn cost 0.3 µs a
 * span, one look at the marks of all of them costs 0.05. The tests hold it to what the dialects say.
 */
export function mayBeGenAi(attributes: Attributes, scopeName: string): boolean {
  return (
    isKnownScope(scopeName) ||
    attributes['gen_ai.operation.name'] !== undefined ||
    attributes['gen_ai.provider.name'] !== undefined ||
    attributes['gen_ai.system'] !== undefined ||
    attributes['mcp.method.name'] !== undefined ||
    attributes['ai.operationId'] !== undefined ||
    attributes['langfuse.observation.type'] !== undefined ||
    attributes['openinference.span.kind'] !== undefined ||
    attributes['traceloop.span.kind'] !== undefined ||
    attributes['llm.request.type'] !== undefined ||
    attributes['gen_ai.prompt.0.role'] !== undefined ||
    attributes['mastra.span.type'] !== undefined ||
    attributes['langsmith.span.kind'] !== undefined ||
    attributes['genkit:type'] !== undefined ||
    attributes['gcp.vertex.agent.event_id'] !== undefined ||
    attributes['gcp.vertex.agent.invocation_id'] !== undefined ||
    attributes['model_request_parameters'] !== undefined ||
    attributes['sentry.op'] !== undefined ||
    attributes['gen_ai.event.start_time'] !== undefined ||
    attributes['logfire.span_type'] !== undefined
  );
}

/** Scopes that make GenAI spans, some of them without a mark. */
const SCOPES =
  /^(?:com\.anthropic\.sdk\.|@arizeai\/openinference-instrumentation-|@traceloop\/|@mastra\/|(?:gen_ai|langfuse-sdk|langsmith|genkit-tracer|gcp\.vertex\.agent|pydantic-ai|strands-agents)$)/;

/** What was answered of so many scopes: an application has a few dozen. */
const MAX_SCOPES = 1_024;
const known = new Map<string, boolean>();

function isKnownScope(scopeName: string): boolean {
  let answer = known.get(scopeName);
  if (answer === undefined) {
    answer = SCOPES.test(scopeName);
    if (known.size < MAX_SCOPES) known.set(scopeName, answer);
  }
  return answer;
}

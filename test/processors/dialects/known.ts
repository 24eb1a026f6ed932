import { OPERATIONS as NAMES } from '../../../processors/dialects/opentelemetry.ts';
import type { Capture } from '../../../src/capture.ts';
import * as semconv from '../../../src/semconv.ts';

/** All content captured. */
export const EVERYTHING: Capture = {
  messages: 'inline',
  toolArguments: 'inline',
  toolResults: 'inline',
  decisionInput: 'inline',
  decisionOutput: 'inline',
  retrieval: 'inline',
};

/** No content captured. */
export const NOTHING: Capture = {
  messages: 'none',
  toolArguments: 'none',
  toolResults: 'none',
  decisionInput: 'none',
  decisionOutput: 'none',
  retrieval: 'none',
};

/** Attribute and event names that dialects read. */
export const KNOWN_KEYS: readonly string[] = [
  ...Object.values(semconv),
  ...`gen_ai.prompt.0.role gen_ai.prompt.0.content gen_ai.completion.0.content gen_ai.completion.0.finish_reason
    gen_ai.completion.0.tool_calls.0.name llm.request.functions.0.name gen_ai.request.available_tools gen_ai.agent.tools
    gen_ai.usage.cost operation.cost llm.usage.prompt_tokens llm.top_k llm.chat.stop_sequences gen_ai.tool.args
    gen_ai.tool.output gen_ai.tool.status gen_ai.retrieval.query gen_ai.execute_tool.duration role content message
    tool_calls finish_reason index id name event.name gen_ai.event.content __proto__ constructor toString
    ai.operationId ai.model.id ai.model.provider ai.response.id ai.response.model ai.response.finishReason
    ai.response.text ai.response.reasoning ai.response.object ai.response.files ai.response.toolCalls
    ai.response.providerMetadata ai.response.msToFirstChunk ai.stream.msToFirstChunk ai.usage.promptTokens
    ai.usage.inputTokens ai.usage.outputTokens ai.usage.tokens ai.usage.totalTokens ai.usage.reasoningTokens
    ai.usage.inputTokenDetails.cacheReadTokens ai.usage.outputTokenDetails.reasoningTokens ai.settings.maxTokens
    ai.settings.maxOutputTokens ai.settings.temperature ai.settings.stopSequences ai.settings.seed ai.prompt
    ai.prompt.messages ai.prompt.tools ai.prompt.toolChoice ai.toolCall.name ai.toolCall.id ai.toolCall.args
    ai.toolCall.result ai.value ai.values ai.documents ai.ranking ai.telemetry.metadata.userId
    ai.telemetry.metadata.sessionId ai.telemetry.metadata.langfusePrompt ai.telemetry.metadata.agent
    ai.telemetry.functionId ai.settings.context.userId`.split(/\s+/),
  ...`logfire.span_type sentry.op gen_ai.response.text gen_ai.response.tool_calls gen_ai.request.messages
    gen_ai.response.stop_reason gen_ai.embeddings.input gen_ai.pipeline.name model_request_parameters agent_name
    model_name tool_arguments tool_response gen_ai.aggregated_usage.input_tokens
    gen_ai.aggregated_usage.details.cache_read_tokens pydantic_ai.tool.deferral.name gen_ai.event.start_time
    gen_ai.content.prompt aws.bedrock.guardrail.id mcp.tool.name mcp.tool.result langsmith.span.kind
    langsmith.trace.name langsmith.usage_metadata langsmith.request.streaming gen_ai.usage.input_token_details
    gen_ai.usage.output_token_details langsmith.metadata.ls_provider langsmith.metadata.ls_model_name
    langsmith.metadata.ls_temperature langsmith.metadata.ls_max_tokens langsmith.metadata.ls_stop
    langsmith.metadata.ls_invocation_params langsmith.metadata.thread_id langsmith.metadata.user_id genkit:type
    genkit:metadata:subtype genkit:name genkit:input genkit:output genkit:state genkit:sessionId
    genkit:metadata:interrupt`.split(/\s+/),
];

/** Scopes by which vocabularies are recognised, and none. */
export const SCOPES = ['gen_ai', 'ai', 'langsmith', 'genkit-tracer', 'pydantic-ai', 'strands-agents', ''] as const;

/** JSON texts that vocabularies look into. */
export const TEXTS: readonly string[] = [
  '[{"role":"user","parts":[{"type":"tool_call","id":"c1","name":"get","arguments":{"a":1}}]}]',
  '[{"id":"d1","score":0.5,"text":"t"}]',
  '[{"type":"function","function":{"name":"f"}}]',
  '{"openai":{"reasoningTokens":12,"cost":"0.5"}}',
  '{"name":"p","version":4}',
  '{"finishReason":"stop","message":{"content":[{"toolRequest":{"ref":"c1","name":"f"}}]},"usage":{"inputTokens":7}}',
  '{"config":{"temperature":0.2,"stopSequences":["END"]},"tools":[{"name":"f"}],"messages":[{"content":"hello"}]}',
  '{"documents":[{"id":"d2","metadata":{"id":"d1","score":0.25}}],"query":{"content":[{"text":"q"}]}}',
  '{"choices":[{"message":{"tool_calls":[{"id":"c1","function":{"name":"f"}}]}}],"tools":[{"name":"g"}]}',
  '{"generations":[[{"message":{"kwargs":{"tool_calls":[{"id":"c2","name":"f"}]}}}]]}',
  '{"input_tokens":9,"total_cost":0.25,"output_token_details":{"reasoning":3},"cache_read":2,"top_p":0.5}',
  '{"function_tools":[{"name":"f"}]}',
];

/** Attributes that say which operation a span is. */
export const OPERATIONS: readonly Readonly<Record<string, unknown>>[] = [
  {},
  ...[...NAMES.keys(), 'something new'].map((name) => ({ 'gen_ai.operation.name': name })),
  ...['tools/call', 'resources/read', 'prompts/get', 'elicitation/create'].map((name) => ({ 'mcp.method.name': name })),
  ...[
    'ai.generateText',
    'ai.streamText.doStream',
    'ai.generateObject.doGenerate',
    'ai.embed.doEmbed',
    'ai.rerank.doRerank',
    'ai.toolCall',
    'ai.new',
  ].map((name) => ({ 'ai.operationId': name })),
  ...['llm', 'chain', 'tool', 'retriever', 'embedding', 'prompt', 'parser'].map((kind) => ({
    'langsmith.span.kind': kind,
  })),
  ...['model', 'background-model', 'tool', 'flow', 'prompt', 'retriever', 'embedder', 'reranker', 'evaluator'].map(
    (kind) => ({ 'genkit:type': 'action', 'genkit:metadata:subtype': kind }),
  ),
  ...['util', 'flowStep', 'promptTemplate'].map((type) => ({ 'genkit:type': type })),
  ...['gen_ai.chat', 'gen_ai.responses', 'gen_ai.invoke_agent', 'gen_ai.execute_tool'].map((op) => ({
    'sentry.op': op,
  })),
];

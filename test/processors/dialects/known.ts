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
    ai.telemetry.functionId ai.settings.context.userId anthropic.message.stop_reason anthropic.session.id
    anthropic.tool_result.content anthropic.thinking.type anthropic.thinking.budget_tokens
    anthropic.request.service_tier langfuse.observation.type langfuse.observation.input langfuse.observation.output
    langfuse.observation.model.name langfuse.observation.model.parameters langfuse.observation.usage_details
    langfuse.observation.cost_details langfuse.observation.completion_start_time langfuse.observation.level
    langfuse.observation.status_message langfuse.observation.prompt.name langfuse.observation.prompt.version
    langfuse.observation.metadata.tools langfuse.session.id langfuse.user.id mastra.span.type
    mastra.completion_start_time mastra.model_inference.output mastra.model_generation.input mastra.agent_run.input
    mastra.metadata.resumed mastra.workflow_step.status mastra.client_tool_call.input mastra.memory_operation.output
    gcp.vertex.agent.llm_request gcp.vertex.agent.llm_response gcp.vertex.agent.session_id
    gcp.vertex.agent.tool_call_args gcp.vertex.agent.tool_response adk.workflow.name`.split(/\s+/),
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
  ...`openinference.span.kind llm.model_name llm.request.model_name
    llm.response.model_name llm.provider llm.system llm.finish_reason llm.invocation_parameters llm.cost.total
    llm.token_count.prompt llm.token_count.completion llm.token_count.total
    llm.token_count.prompt_details.cache_read llm.token_count.completion_details.reasoning
    llm.input_messages.0.message.role llm.input_messages.0.message.content
    llm.input_messages.1.message.contents.0.message_content.text llm.output_messages.0.message.content
    llm.output_messages.0.message.tool_calls.0.tool_call.id
    llm.output_messages.0.message.tool_calls.0.tool_call.function.name
    llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments
    llm.output_messages.0.message.function_call_name llm.prompts.0.prompt.text llm.choices.0.completion.text
    llm.tools.0.tool.json_schema llm.prompt_template.version prompt.id input.value output.value output.mime_type
    metadata session.id user.id agent.name graph.node.name tool.name tool.id tool.parameters tool_call.id target
    embedding.model_name embedding.embeddings.0.embedding.text reranker.model_name reranker.query
    reranker.output_documents.0.document.id reranker.output_documents.0.document.score
    retrieval.documents.0.document.id retrieval.documents.0.document.content
    retrieval.documents.1.document.metadata evaluations.0.evaluation.name evaluations.0.evaluation.score
    annotations.0.annotation.label exception.type exception.message traceloop.span.kind traceloop.entity.name
    traceloop.entity.input traceloop.entity.output traceloop.entity.version traceloop.workflow.name
    traceloop.association.properties.userId traceloop.association.properties.session_id traceloop.prompt.key
    traceloop.prompt.version llm.request.type gen_ai.guardrail.name gen_ai.guardrail.status
    gen_ai.guardrail.error.type gen_ai.guardrail.error.message db.system db.vector.table_name
    db.vector.query.result.0.id db.vector.query.result.0.score db.query.result db.query.result.id
    db.query.result.score db.query.result.document gen_ai.prompt.0.user gen_ai.completion.0.relevanceScore`.split(
    /\s+/,
  ),
];

/** Scopes by which vocabularies are recognised, and none. */
export const SCOPES = [
  'gen_ai',
  'ai',
  'com.anthropic.sdk.typescript',
  'langfuse-sdk',
  '@mastra/otel-bridge',
  'gcp.vertex.agent',
  'langsmith',
  'genkit-tracer',
  'pydantic-ai',
  'strands-agents',
  '@arizeai/openinference-instrumentation-beeai',
  '@traceloop/instrumentation-mcp',
  '@traceloop/instrumentation-pinecone',
  '@traceloop/instrumentation-vertexai',
  '',
] as const;

/** Names by which spans that say nothing else are known. */
export const SPAN_NAMES = [
  'span',
  'anthropic.sessions.create',
  'anthropic.memory_stores.memories.create',
  'call_llm',
  'execute_tool lookup',
  'invoke_agent triage',
] as const;

/** JSON texts that vocabularies look into. */
export const TEXTS: readonly string[] = [
  '[{"role":"user","parts":[{"type":"tool_call","id":"c1","name":"get","arguments":{"a":1}}]}]',
  '[{"id":"d1","score":0.5,"text":"t"}]',
  '[{"type":"function","function":{"name":"f"}}]',
  '{"openai":{"reasoningTokens":12,"cost":"0.5"}}',
  '{"name":"p","version":4}',
  '{"messages":[{"role":"user","content":"hello"}],"tools":[{"name":"f"}]}',
  '{"input":56,"output":22,"total":154,"input_cached_tokens":64,"output_reasoning_tokens":12}',
  '{"input":56,"output":22,"total":0.25,"input_cached_tokens":64}',
  '"2026-11-23T14:22:14.791Z"',
  '{"approved":true,"toolCallId":"c1","toolName":"f","reason":"seen"}',
  '{"resumeData":{"approved":false},"toolName":"f"}',
  '{"text":"","toolCalls":[]}',
  '{"text":"","toolCalls":[{"toolCallId":"c1","toolName":"f"}]}',
  '{"error":"This tool call is rejected."}',
  '{"response":"{\\"confirmed\\":true}"}',
  '{"originalFunctionCall":{"id":"c1","name":"f"}}',
  '{"model":"g","contents":[],"config":{"temperature":0.5,"tools":[{"functionDeclarations":[{"name":"f"}]}]}}',
  '{"content":{"parts":[{"functionCall":{"name":"f"}}]},"finishReason":"STOP","usageMetadata":{"promptTokenCount":120,"candidatesTokenCount":22,"thoughtsTokenCount":12,"totalTokenCount":154}}',
  '{"error_code":"SAFETY","error_message":"no","usage_metadata":{"prompt_token_count":3}}',
  '[{"role":"tool","content":[{"type":"tool-approval-response","approvalId":"a1","approved":true,"reason":"seen"}]}]',
  '[{"role":"tool","parts":[{"type":"tool_approval_response","approval_id":"a1","approved":false}]}]',
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
  ...`generation embedding retriever tool guardrail evaluator agent chain span event something`
    .split(' ')
    .map((type) => ({ 'langfuse.observation.type': type })),
  ...`model_generation model_inference model_step model_chunk tool_call client_tool_call agent_run workflow_run
    workflow_step rag_embedding rag_vector_operation memory_operation processor_run scorer_run mcp_server_request generic`
    .split(/\s+/)
    .map((type) => ({ 'mastra.span.type': type })),
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
  ...'LLM EMBEDDING RERANKER RETRIEVER TOOL AGENT CHAIN GUARDRAIL EVALUATOR PROMPT UNKNOWN Chain'
    .split(' ')
    .map((name) => ({ 'openinference.span.kind': name })),
  ...'workflow task agent tool session unknown'.split(' ').map((name) => ({ 'traceloop.span.kind': name })),
  ...'chat completion rerank embedding unknown'.split(' ').map((name) => ({ 'llm.request.type': name })),
];

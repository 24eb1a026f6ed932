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
    ai.telemetry.functionId ai.settings.context.userId openinference.span.kind llm.model_name llm.request.model_name
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
  ...'LLM EMBEDDING RERANKER RETRIEVER TOOL AGENT CHAIN GUARDRAIL EVALUATOR PROMPT UNKNOWN Chain'
    .split(' ')
    .map((name) => ({ 'openinference.span.kind': name })),
  ...'workflow task agent tool session unknown'.split(' ').map((name) => ({ 'traceloop.span.kind': name })),
  ...'chat completion rerank embedding unknown'.split(' ').map((name) => ({ 'llm.request.type': name })),
];

/** Scopes that say more than what the attributes do. */
export const SCOPES: readonly string[] = [
  '@arizeai/openinference-instrumentation-beeai',
  '@traceloop/instrumentation-mcp',
  '@traceloop/instrumentation-pinecone',
  '@traceloop/instrumentation-vertexai',
];

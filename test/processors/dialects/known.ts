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
];

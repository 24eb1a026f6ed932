import type { Capture } from '../../src/capture.ts';
import type { ToolCallPayload } from '../../src/entry.ts';
import {
  ATTR_GEN_AI_SKILL_NAME,
  ATTR_GEN_AI_SKILL_RESOURCE_NAME,
  ATTR_GEN_AI_SKILL_SOURCE_URI,
  ATTR_GEN_AI_TOOL_CALL_ARGUMENTS,
  ATTR_GEN_AI_TOOL_CALL_ID,
  ATTR_GEN_AI_TOOL_CALL_RESULT,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_TOOL_TYPE,
  ATTR_MCP_RESOURCE_URI,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Mapped, Stated } from './dialect.ts';
import { ending, plainOutcome, type Outcome } from './outcome.ts';
import { content, first, firstText, stated, text } from './values.ts';

const NAMES = [ATTR_GEN_AI_TOOL_NAME, 'mcp.tool.name', ATTR_GEN_AI_SKILL_NAME] as const;
const ARGUMENTS = [
  ATTR_GEN_AI_TOOL_CALL_ARGUMENTS,
  'gen_ai.tool.args',
  'gen_ai.tool.input',
  'mcp.tool.arguments',
] as const;
const RESULTS = [
  ATTR_GEN_AI_TOOL_CALL_RESULT,
  'gen_ai.tool.output',
  'mcp.tool.result',
  'mcp.tool.result.content',
] as const;
const RESOURCES = [ATTR_MCP_RESOURCE_URI, ATTR_GEN_AI_SKILL_RESOURCE_NAME, ATTR_GEN_AI_SKILL_SOURCE_URI] as const;

/** `execute_tool get_weather`, `tools/call get_weather`: the conventions' span names end in the tool's name. */
const SPAN_NAME = /^(?:execute_tool|tools\/call) (.+)$/s;

/** One run of a tool. */
export function toolCall(span: SpanSnapshot, capture: Capture): Mapped<'tool_call', ToolCallPayload> {
  const { attributes } = span;
  return stated<Mapped<'tool_call', ToolCallPayload>>({
    type: 'tool_call',
    role: 'barrier',
    payload: stated<Stated<ToolCallPayload>>({
      name: firstText(attributes, NAMES) ?? SPAN_NAME.exec(span.name)?.[1] ?? span.name,
      call_id: text(attributes[ATTR_GEN_AI_TOOL_CALL_ID]),
      tool_type: text(attributes[ATTR_GEN_AI_TOOL_TYPE]),
      arguments: capture.toolArguments === 'inline' ? content(first(attributes, ARGUMENTS)) : undefined,
      result: capture.toolResults === 'inline' ? content(first(attributes, RESULTS)) : undefined,
      resource_ref: firstText(attributes, RESOURCES),
    }),
    ...ending(span, toolOutcome(span)),
  });
}

/** `gen_ai.tool.status` is in no convention. */
function toolOutcome(span: SpanSnapshot): Outcome {
  return span.status === 'unset' && span.attributes['gen_ai.tool.status'] === 'error' ? 'error' : plainOutcome(span);
}

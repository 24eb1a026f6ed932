import type { Capture } from '../../src/capture.ts';
import type { ToolCallPayload } from '../../src/entry.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_SYSTEM,
  ATTR_GEN_AI_TOOL_NAME,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Approval, Dialect, Mapped, MappedSpan } from './dialect.ts';
import { adkModelCall } from './google-adk-model.ts';
import { agentInvocation, mapOpenTelemetry, OPERATIONS } from './opentelemetry.ts';
import { content, record, stated, text, type Attributes } from './values.ts';

/** Its scope, and what it writes for a provider. */
const NAME = 'gcp.vertex.agent';
const ATTR_EVENT_ID = 'gcp.vertex.agent.event_id';
const ATTR_INVOCATION_ID = 'gcp.vertex.agent.invocation_id';
const ATTR_SESSION_ID = 'gcp.vertex.agent.session_id';
const ATTR_LLM_REQUEST = 'gcp.vertex.agent.llm_request';
const ATTR_DATA = 'gcp.vertex.agent.data';
const ATTR_ARGUMENTS = 'gcp.vertex.agent.tool_call_args';
const ATTR_RESPONSE = 'gcp.vertex.agent.tool_response';
const ATTR_WORKFLOW_NAME = 'adk.workflow.name';

/** What it writes for content that is switched off or not there; none of it is what the tool got or gave. */
const NO_CONTENT: ReadonlySet<unknown> = new Set(['{}', 'N/A', '<not specified>', '<not serializable>']);
/** Stands for several tools that ran side by side, each of which has a span of its own. */
const MERGED = '(merged tools)';

/** The tool by which an agent asks a person for leave; its response is the answer. */
const CONFIRMATION = 'adk_request_confirmation';
/** What a tool that needs leave responds with instead of running. */
const UNCONFIRMED = 'This tool call requires confirmation, please approve or reject.';
const REJECTED = 'This tool call is rejected.';

/**
 * Google's Agent Development Kit, in TypeScript and Python. Model calls have a name and no operation; request and
 * response are JSON texts. A status is never set: what went well is described in attributes, what failed has none.
 */
export const googleAdk: Dialect = {
  name: 'google-adk',
  recognises: (attributes, scopeName) =>
    scopeName === NAME ||
    attributes[ATTR_GEN_AI_SYSTEM] === NAME ||
    attributes[ATTR_EVENT_ID] !== undefined ||
    attributes[ATTR_INVOCATION_ID] !== undefined,
  map,
};

function map(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  const { name, attributes } = span;
  const operation = text(attributes[ATTR_GEN_AI_OPERATION_NAME]);
  if (attributes[ATTR_GEN_AI_TOOL_NAME] === MERGED || name === 'execute_tool (merged)') return undefined;
  if (name === 'send_data' || attributes[ATTR_DATA] !== undefined) return undefined;
  if (name === 'call_llm' || (operation === undefined && attributes[ATTR_LLM_REQUEST] !== undefined)) {
    return adkModelCall(span, capture, operation);
  }
  if (name === 'invocation') return undescribed(span, agentInvocation(span, capture, name, 'transparent'));
  const mapped = mapOpenTelemetry(operation === undefined ? named(span) : span, capture);
  switch (mapped?.type) {
    case 'llm_call':
      return adkModelCall(span, capture, operation);
    case 'tool_call': {
      const run = toolRun(span, capture, mapped);
      return operation === undefined ? undescribed(span, run) : run;
    }
    case 'agent_invocation':
      return undescribed(span, withNames(span, mapped));
    default:
      return mapped;
  }
}

/** Until it is described, and if it fails before that for ever, a span is what its name begins with. */
function named(span: SpanSnapshot): SpanSnapshot {
  const end = span.name.indexOf(' ');
  const word = end === -1 ? span.name : span.name.slice(0, end);
  if (!OPERATIONS.has(word)) return span;
  return { ...span, attributes: { ...span.attributes, [ATTR_GEN_AI_OPERATION_NAME]: word } };
}

/** Nothing tells how it ended. */
function undescribed<M extends MappedSpan>(span: SpanSnapshot, mapped: M): M {
  const silent = span.status === 'unset' && text(span.attributes[ATTR_ERROR_TYPE]) === undefined;
  return silent && mapped.outcome === undefined ? { ...mapped, outcome: 'unknown' } : mapped;
}

type AgentRun = Extract<MappedSpan, { readonly type: 'agent_invocation' }>;

function withNames({ attributes }: SpanSnapshot, mapped: AgentRun): AgentRun {
  const { payload } = mapped;
  const workflow = text(attributes[ATTR_WORKFLOW_NAME]);
  return {
    ...mapped,
    payload: stated<typeof payload>({
      ...payload,
      agent: payload.agent ?? (workflow === undefined ? undefined : { name: workflow }),
      conversation_id: payload.conversation_id ?? text(attributes[ATTR_SESSION_ID]),
    }),
  };
}

type ToolRun = Mapped<'tool_call', ToolCallPayload>;

function toolRun({ attributes }: SpanSnapshot, capture: Capture, mapped: ToolRun): ToolRun {
  const { payload } = mapped;
  const response = shown(attributes, ATTR_RESPONSE);
  const answer = record(response);
  const error = answer?.['error'];
  return stated<ToolRun>({
    ...mapped,
    payload: stated<typeof payload>({
      ...payload,
      call_id: NO_CONTENT.has(payload.call_id) ? undefined : payload.call_id,
      arguments:
        payload.arguments ??
        (capture.toolArguments === 'inline' ? content(shown(attributes, ATTR_ARGUMENTS)) : undefined),
      result: payload.result ?? (capture.toolResults === 'inline' ? content(response) : undefined),
    }),
    // It did not run: it waits for leave, or got none.
    outcome: error === UNCONFIRMED || error === REJECTED ? 'unknown' : mapped.outcome,
    approvals: approvalsOf(attributes, payload, answer),
  });
}

function shown(attributes: Attributes, key: string): unknown {
  const value = attributes[key];
  return NO_CONTENT.has(value) ? undefined : value;
}

type Call = NonNullable<Approval['toolCall']>;

function approvalsOf(
  attributes: Attributes,
  { name, call_id }: ToolRun['payload'],
  answer: JsonObject | undefined,
): readonly Approval[] | undefined {
  if (name !== CONFIRMATION) {
    if (answer?.['error'] !== REJECTED) return undefined;
    return [{ approved: false, toolCall: stated<Call>({ id: call_id, name }) }];
  }
  const approved = (nested(answer) ?? answer)?.['confirmed'];
  if (typeof approved !== 'boolean') return undefined;
  const original = record(record(attributes[ATTR_ARGUMENTS])?.['originalFunctionCall']);
  const toolCall = original && stated<Call>({ id: text(original['id']), name: text(original['name']) });
  return [stated<Approval>({ approved, approvalId: call_id, toolCall })];
}

/** ADK's web interface puts the answer into a JSON text. */
function nested(answer: JsonObject | undefined): JsonObject | undefined {
  const inner: JsonValue | undefined = answer?.['response'];
  return inner === undefined ? undefined : record(inner);
}

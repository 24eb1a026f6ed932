import type { Capture } from '../../src/capture.ts';
import type { AgentInvocationPayload, ContextAssemblyPayload, ToolCallPayload } from '../../src/entry.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Dialect, Mapped, MappedSpan, Role, Stated } from './dialect.ts';
import { conversationOf, genkitCall, INPUT, modelOf, OUTPUT, outcomeOf } from './genkit-model.ts';
import { documents } from './opentelemetry-context.ts';
import { ending, type Outcome } from './outcome.ts';
import { isRecord, items, quoted, stated, structure, text, type Attributes } from './values.ts';

const SCOPE = 'genkit-tracer';
const TYPE = 'genkit:type';
const SUBTYPE = 'genkit:metadata:subtype';
const NAME = 'genkit:name';

/** Templates and their helpers: how a prompt is put together, of which the prompt's own span tells. */
const NOTHING: ReadonlySet<unknown> = new Set(['promptTemplate', 'helper']);

/**
 * Google's Genkit. A model's action is the call; `generate` around it repeats what it says, and is looked through. What a
 * span has to say stands in the JSON of its input and output.
 */
export const genkit: Dialect = {
  name: 'genkit',
  recognises: (attributes, scopeName) => attributes[TYPE] !== undefined || scopeName === SCOPE,
  map,
};

function map(span: SpanSnapshot, capture: Capture): MappedSpan | undefined {
  const { attributes } = span;
  switch (attributes[SUBTYPE]) {
    case 'model':
      return genkitCall(span, capture, 'chat');
    case 'background-model':
      return genkitCall(span, capture, 'background-model');
    case 'tool':
    case 'tool.v2':
      return tool(span, capture);
    case 'embedder':
      return context(span, 'leaf', { operation: 'embeddings', ...modelOf(attributes), query: query(span, capture) });
    case 'reranker':
      return context(span, 'leaf', { operation: 'rerank', ...modelOf(attributes), ...found(span, capture) });
    case 'retriever':
    case 'resource':
      return context(span, 'barrier', {
        operation: 'retrieval',
        data_source: text(attributes[NAME]),
        ...found(span, capture),
      });
    case 'prompt':
    case 'executable-prompt':
      return context(span, 'transparent', { operation: 'assembly', blocks: [{ id: nameOf(span) }] });
    case 'evaluator':
      return stated<MappedSpan>({
        type: 'evaluation',
        role: 'barrier',
        payload: stated<JsonObject>({ metric: text(attributes[NAME]) }),
        ...ending(span, outcomeOf(span)),
      });
    case 'flow':
      return run(span, 'barrier', 'flow');
    default:
      return NOTHING.has(attributes[TYPE]) ? undefined : run(span, 'transparent', operationOf(attributes));
  }
}

const nameOf = (span: SpanSnapshot): string => text(span.attributes[NAME]) ?? span.name;

/** `generate` and other utilities are known by name, other actions by their kind. */
function operationOf(attributes: Attributes): string | undefined {
  const type = text(attributes[TYPE]);
  return type === 'util' ? (text(attributes[NAME]) ?? type) : (text(attributes[SUBTYPE]) ?? type);
}

function run(span: SpanSnapshot, role: Role, operation: string | undefined): MappedSpan {
  const name = role === 'barrier' ? nameOf(span) : undefined;
  return stated<Mapped<'agent_invocation', AgentInvocationPayload>>({
    type: 'agent_invocation',
    role,
    payload: stated<Stated<AgentInvocationPayload>>({
      agent: name === undefined ? undefined : { name },
      operation,
      conversation_id: conversationOf(span.attributes),
    }),
    ...ending(span, outcomeOf(span)),
  });
}

function tool(span: SpanSnapshot, capture: Capture): MappedSpan {
  const { attributes } = span;
  return stated<Mapped<'tool_call', ToolCallPayload>>({
    type: 'tool_call',
    role: 'barrier',
    payload: stated<Stated<ToolCallPayload>>({
      name: nameOf(span),
      arguments: capture.toolArguments === 'inline' ? quoted(attributes[INPUT]) : undefined,
      result: capture.toolResults === 'inline' ? quoted(attributes[OUTPUT]) : undefined,
    }),
    ...ending(span, toolOutcome(span)),
  });
}

/** A tool that interrupts the run, to wait for a person, ends its span as failed; it has not run. */
function toolOutcome(span: SpanSnapshot): Outcome {
  return span.attributes['genkit:metadata:interrupt'] === undefined ? outcomeOf(span) : 'unknown';
}

type ContextPayload = Stated<ContextAssemblyPayload>;

function context(
  span: SpanSnapshot,
  role: Role,
  payload: { readonly [K in keyof ContextPayload]: ContextPayload[K] | undefined },
): MappedSpan {
  return stated<Mapped<'context_assembly', ContextAssemblyPayload>>({
    type: 'context_assembly',
    role,
    payload: stated<ContextPayload>(payload),
    ...ending(span, outcomeOf(span)),
  });
}

function query(span: SpanSnapshot, capture: Capture): JsonValue | undefined {
  if (capture.retrieval !== 'inline') return undefined;
  const input = structure(span.attributes[INPUT]);
  return isRecord(input) ? (input['query'] ?? input['input']) : input;
}

function found(
  span: SpanSnapshot,
  capture: Capture,
): { readonly query: JsonValue | undefined; readonly documents: JsonValue | undefined } {
  const output = structure(span.attributes[OUTPUT]);
  const list = isRecord(output) ? output['documents'] : output;
  const inline = capture.retrieval === 'inline';
  return {
    query: query(span, capture),
    documents: documents(inline ? list : items(list).map(reference), inline),
  };
}

/** A document's id and score are metadata of it. */
function reference(document: JsonValue): JsonValue {
  const metadata = isRecord(document) ? document['metadata'] : undefined;
  return isRecord(metadata) ? metadata : document;
}

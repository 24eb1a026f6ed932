import type { Capture } from '../../src/capture.ts';
import type { ContextAssemblyPayload } from '../../src/entry.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import {
  ATTR_AWS_BEDROCK_KNOWLEDGE_BASE_ID,
  ATTR_GEN_AI_DATA_SOURCE_ID,
  ATTR_GEN_AI_MEMORY_QUERY_TEXT,
  ATTR_GEN_AI_MEMORY_RECORD_ID,
  ATTR_GEN_AI_MEMORY_RECORDS,
  ATTR_GEN_AI_MEMORY_STORE_ID,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_RETRIEVAL_DOCUMENTS,
  ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Mapped, Role, Stated } from './dialect.ts';
import { providerOfSpan } from './opentelemetry-model.ts';
import { ending, plainOutcome } from './outcome.ts';
import { GEN_AI_USAGE, usageOf } from './usage.ts';
import {
  content,
  first,
  firstText,
  isRecord,
  items,
  number,
  raw,
  stated,
  statedOrNothing,
  structure,
  text,
} from './values.ts';

type Context = Mapped<'context_assembly', ContextAssemblyPayload>;
type ContextPayload = Stated<ContextAssemblyPayload>;

const DATA_SOURCES = [ATTR_GEN_AI_DATA_SOURCE_ID, ATTR_AWS_BEDROCK_KNOWLEDGE_BASE_ID, 'gen_ai.retrieval.source'];
const QUERIES = [ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT, 'gen_ai.retrieval.query'];

/** A call to an embedding or reranking model: a leaf, as a model call is. */
export function contextCall(span: SpanSnapshot, capture: Capture, operation: 'embeddings' | 'rerank'): Context {
  return context(span, 'leaf', retrievalPayload(span, capture, operation));
}

/** A search in a data source. An embedding call inside it is a call of its own. */
export function retrieval(span: SpanSnapshot, capture: Capture): Context {
  return context(span, 'barrier', retrievalPayload(span, capture, 'retrieval'));
}

/** Reading or changing an agent's memory; which of them stands in `blocks`, with the record or store. */
export function memory(span: SpanSnapshot, capture: Capture, operation: string): Context {
  const { attributes } = span;
  const inline = capture.retrieval === 'inline';
  const store = text(attributes[ATTR_GEN_AI_MEMORY_STORE_ID]);
  const id = text(attributes[ATTR_GEN_AI_MEMORY_RECORD_ID]) ?? store;
  return context(
    span,
    'barrier',
    stated<ContextPayload>({
      operation: 'memory',
      data_source: store,
      query: inline ? raw(attributes[ATTR_GEN_AI_MEMORY_QUERY_TEXT]) : undefined,
      documents: documents(attributes[ATTR_GEN_AI_MEMORY_RECORDS], inline),
      blocks: id === undefined ? undefined : [{ id, action: operation }],
      ...providerOfSpan(attributes),
    }),
  );
}

function retrievalPayload(span: SpanSnapshot, capture: Capture, operation: string): ContextPayload {
  const { attributes } = span;
  const inline = capture.retrieval === 'inline';
  return stated<ContextPayload>({
    operation,
    data_source: firstText(attributes, DATA_SOURCES),
    query: inline ? raw(first(attributes, QUERIES)) : undefined,
    documents: documents(attributes[ATTR_GEN_AI_RETRIEVAL_DOCUMENTS], inline),
    ...providerOfSpan(attributes),
    request_model: text(attributes[ATTR_GEN_AI_REQUEST_MODEL]),
    response_model: text(attributes[ATTR_GEN_AI_RESPONSE_MODEL]),
  });
}

function context(span: SpanSnapshot, role: Role, payload: ContextPayload): Context {
  return stated<Context>({
    type: 'context_assembly',
    role,
    payload,
    usage: usageOf(span.attributes, GEN_AI_USAGE),
    ...ending(span, plainOutcome(span)),
  });
}

interface DocumentRef {
  readonly id?: JsonValue;
  readonly version?: JsonValue;
  readonly score?: number;
  readonly retrieved_at?: string;
}

/** Documents in full, or, where their text is not captured, which ones and how well they matched. */
export function documents(value: unknown, inline: boolean): JsonValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (inline) return content(value);
  const references: JsonValue[] = [];
  for (const item of items(structure(value))) {
    const reference = isRecord(item) ? documentRef(item) : undefined;
    if (reference !== undefined) references.push(reference as JsonObject);
  }
  return references.length === 0 ? undefined : references;
}

function documentRef(document: JsonObject): DocumentRef | undefined {
  return statedOrNothing<DocumentRef>({
    id: text(document['id']) ?? number(document['id']),
    version: text(document['version']) ?? number(document['version']),
    score: number(document['score']),
    retrieved_at: text(document['retrieved_at']),
  });
}

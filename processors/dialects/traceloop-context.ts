import type { Capture } from '../../src/capture.ts';
import type { ContextAssemblyPayload } from '../../src/entry.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Mapped, MappedSpan, Stated } from './dialect.ts';
import { contextCall } from './opentelemetry-context.ts';
import { ending, plainOutcome } from './outcome.ts';
import { providerOf } from './providers.ts';
import { content, firstText, number, raw, stated, statedOrNothing, text, type Attributes } from './values.ts';

/** Vector databases and rerankers, as Traceloop's instrumentations write them. */

const RESULT_EVENT = 'db.query.result';
const EMBEDDINGS_EVENT = 'db.query.embeddings';

const COLLECTIONS = ['db.vector.table_name', 'db.collection.name', 'db.vector.query.result.namespace'] as const;

/** Methods that search; others change what there is, and are recorded by their name. */
const SEARCHES: ReadonlySet<string> = new Set([
  'query',
  'search',
  'get',
  'peek',
  'fetch',
  'retrieve',
  'scroll',
  'recommend',
]);

/** Whether a span of Traceloop is a call to a vector database: `pinecone.query`. */
export function isVectorCall({ attributes, events }: SpanSnapshot): boolean {
  return (
    attributes['db.system'] !== undefined ||
    events.some(({ name }) => name === RESULT_EVENT || name === EMBEDDINGS_EVENT)
  );
}

/** One call to a vector database. */
export function vectorCall(span: SpanSnapshot, capture: Capture): MappedSpan {
  const { attributes, name } = span;
  const dot = name.lastIndexOf('.');
  const method = dot < 0 ? undefined : name.slice(dot + 1);
  const vendor = text(attributes['db.system']) ?? (dot < 1 ? undefined : name.slice(0, dot));
  return stated<Mapped<'context_assembly', ContextAssemblyPayload>>({
    type: 'context_assembly',
    role: 'barrier',
    payload: stated<Stated<ContextAssemblyPayload>>({
      operation: method === undefined || SEARCHES.has(method.toLowerCase()) ? 'retrieval' : method,
      data_source: firstText(attributes, COLLECTIONS),
      documents: foundDocuments(span, capture.retrieval === 'inline'),
      ...providerOf(vendor),
    }),
    ...ending(span, plainOutcome(span)),
  });
}

interface Found {
  readonly id?: JsonValue;
  readonly score?: number;
  readonly distance?: number;
  readonly content?: JsonValue;
  readonly metadata?: JsonValue;
}

function foundDocuments({ attributes, events }: SpanSnapshot, inline: boolean): JsonValue | undefined {
  const found: JsonObject[] = [];
  const add = (document: Found | undefined): void => {
    if (document !== undefined) found.push(document as JsonObject);
  };
  for (const { name, attributes: said } of events) {
    if (name !== RESULT_EVENT) continue;
    add(
      statedOrNothing<Found>({
        id: text(said['db.query.result.id']) ?? number(said['db.query.result.id']),
        score: number(said['db.query.result.score']),
        distance: inline ? number(said['db.query.result.distance']) : undefined,
        content: inline ? raw(said['db.query.result.document']) : undefined,
        metadata: inline ? content(said['db.query.result.metadata']) : undefined,
      }),
    );
  }
  // Pinecone's puts them on the span, one attribute a member.
  for (let index = 0; attributes[`db.vector.query.result.${index}.id`] !== undefined; index++) {
    const at = `db.vector.query.result.${index}`;
    add(statedOrNothing<Found>({ id: text(attributes[`${at}.id`]), score: number(attributes[`${at}.score`]) }));
  }
  return found.length === 0 ? undefined : found;
}

/** A call to a reranking model: Cohere's, whose ranks are the places of the documents in the request. */
export function reranking(span: SpanSnapshot, capture: Capture): MappedSpan {
  const { attributes } = span;
  const mapped = contextCall(span, capture, 'rerank');
  const inline = capture.retrieval === 'inline';
  const payload = stated<Stated<ContextAssemblyPayload>>({
    ...mapped.payload,
    query: inline ? raw(attributes['gen_ai.prompt.0.user'] ?? attributes['gen_ai.prompt.0.content']) : undefined,
    documents: ranked(attributes, inline),
  });
  return { ...mapped, payload };
}

function ranked(attributes: Attributes, inline: boolean): JsonValue | undefined {
  const documents: JsonObject[] = [];
  for (let index = 0; ; index++) {
    const at = `gen_ai.completion.${index}`;
    const content = attributes[`${at}.content`];
    const document = statedOrNothing<Found>({
      // The document's place, or its text where that was asked for.
      id: number(content),
      score: number(attributes[`${at}.relevanceScore`]),
      content: inline && typeof content === 'string' ? content : undefined,
    });
    if (document === undefined) return documents.length === 0 ? undefined : documents;
    documents.push(document as JsonObject);
  }
}

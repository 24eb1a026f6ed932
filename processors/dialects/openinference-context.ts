import type { Capture } from '../../src/capture.ts';
import type { ContextAssemblyPayload } from '../../src/entry.ts';
import type { JsonValue } from '../../src/json.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { Mapped, Stated } from './dialect.ts';
import { documentsAt, indexed } from './openinference-messages.ts';
import { invocationParameters, providerOfSpan, reportedUsage } from './openinference-model.ts';
import { ending, plainOutcome } from './outcome.ts';
import { content, firstText, raw, stated, text, type Attributes } from './values.ts';

type Context = Mapped<'context_assembly', ContextAssemblyPayload>;
type Members = { readonly [K in keyof Stated<ContextAssemblyPayload>]: Stated<ContextAssemblyPayload>[K] | undefined };

/** A call to an embedding model. */
export function embedding(span: SpanSnapshot, capture: Capture): Context {
  const { attributes } = span;
  return context(span, 'leaf', {
    operation: 'embeddings',
    query: capture.retrieval === 'inline' ? embeddedTexts(attributes) : undefined,
    ...providerOfSpan(attributes),
    request_model:
      firstText(attributes, ['embedding.model_name', 'llm.request.model_name']) ??
      text(invocationParameters(attributes)['model']) ??
      text(attributes['llm.model_name']),
    response_model: text(attributes['llm.response.model_name']),
  });
}

function embeddedTexts(attributes: Attributes): JsonValue | undefined {
  const embedded: JsonValue[] = [];
  indexed('embedding.embeddings', (at) => {
    const value = raw(attributes[`${at}.embedding.text`]);
    if (value !== undefined) embedded.push(value);
    return value === undefined ? undefined : embedded;
  });
  return embedded.length === 0 ? content(attributes['input.value']) : embedded;
}

/** A call to a reranking model. */
export function reranking(span: SpanSnapshot, capture: Capture): Context {
  const { attributes } = span;
  const inline = capture.retrieval === 'inline';
  return context(span, 'leaf', {
    operation: 'rerank',
    query: inline ? raw(attributes['reranker.query'] ?? attributes['input.value']) : undefined,
    documents: documentsAt(attributes, 'reranker.output_documents', inline),
    ...providerOfSpan(attributes),
    request_model: firstText(attributes, ['reranker.model_name', 'llm.model_name']),
  });
}

/** A search. An embedding call inside it is a call of its own. */
export function retrieval(span: SpanSnapshot, capture: Capture): Context {
  const { attributes } = span;
  const inline = capture.retrieval === 'inline';
  return context(span, 'barrier', {
    operation: 'retrieval',
    query: inline ? content(attributes['input.value']) : undefined,
    documents: documentsAt(attributes, 'retrieval.documents', inline),
  });
}

function context(span: SpanSnapshot, role: 'leaf' | 'barrier', payload: Members): Context {
  return stated<Context>({
    type: 'context_assembly',
    role,
    payload: stated<Stated<ContextAssemblyPayload>>(payload),
    usage: reportedUsage(span.attributes),
    ...ending(span, plainOutcome(span)),
  });
}

import type { JsonObject, JsonValue } from '../../src/json.ts';
import { isRecord, items, number, quoted, stated, structure, text, type Attributes } from './values.ts';

/** What the AI SDK adds in the same way to the spans of all versions. */

/** Where users put ids, by convention: `metadata` up to version 6, the runtime context in 7. */
export const AI_CONVERSATION_IDS = [
  'ai.telemetry.metadata.sessionId',
  'ai.telemetry.metadata.conversationId',
  'ai.settings.context.sessionId',
  'ai.settings.context.conversationId',
] as const;
export const AI_USER_IDS = ['ai.telemetry.metadata.userId', 'ai.settings.context.userId'] as const;

/** The texts that were embedded: one JSON text, or a list of them. */
export function embeddedTexts(attributes: Attributes): JsonValue | undefined {
  const values = attributes['ai.values'];
  if (Array.isArray(values)) return values.map((value: unknown) => quoted(value) ?? null);
  return quoted(attributes['ai.value']);
}

interface RankedDocument {
  readonly id?: number;
  readonly score?: number;
  readonly content?: JsonValue;
}

/** Reranked documents by their place in the request, with their scores; their content only if it is captured. */
export function rankedDocuments(attributes: Attributes, inline: boolean): JsonValue | undefined {
  const ranking = list(attributes['ai.ranking'])
    .filter(isRecord)
    .map((rank) => ({
      id: number(rank['originalIndex']) ?? number(rank['index']),
      score: number(rank['relevanceScore']) ?? number(rank['score']),
    }));
  const byPlace = new Map(ranking.map((rank) => [rank.id, rank]));
  const ranked =
    inline && attributes['ai.documents'] !== undefined
      ? list(attributes['ai.documents']).map((document, place) => ({ ...byPlace.get(place), content: document }))
      : ranking;
  const documents = ranked.map((document) => stated<RankedDocument>(document) as JsonObject);
  return documents.length === 0 ? undefined : documents;
}

function list(value: unknown): readonly JsonValue[] {
  return items(structure(value)).map((item) => quoted(item) ?? null);
}

/** A prompt's name and version, where the user passed a Langfuse prompt along. */
export function linkedPrompt(
  attributes: Attributes,
): { readonly name?: string; readonly version?: string } | undefined {
  const prompt = structure(attributes['ai.telemetry.metadata.langfusePrompt']);
  if (!isRecord(prompt)) return undefined;
  const version = prompt['version'];
  const name = text(prompt['name']);
  if (name === undefined) return undefined;
  return stated<{ readonly name?: string; readonly version?: string }>({
    name,
    version: typeof version === 'number' ? String(version) : text(version),
  });
}

import type { SpanSnapshot } from '../snapshot.ts';
import { first } from './values.ts';

/** A name of the conventions, and an emitter's own names for the same, first match. */
export type Alias = readonly [name: string, aliases: readonly string[]];

/**
 * A span in the names of the conventions: what the emitter says under names of its own stands under theirs, unless it
 * says something there already. Nothing else changes; a span without such names is handed back as it is.
 *
 * For a vocabulary that is the conventions with other names, this and `mapOpenTelemetry` are the dialect.
 */
export function inConventions(span: SpanSnapshot, aliases: readonly Alias[]): SpanSnapshot {
  const { attributes } = span;
  let translated: Record<string, unknown> | undefined;
  for (const [name, own] of aliases) {
    if (attributes[name] !== undefined) continue;
    const value = first(attributes, own);
    if (value === undefined) continue;
    translated ??= { ...attributes };
    translated[name] = value;
  }
  return translated === undefined ? span : { ...span, attributes: translated };
}

import { aiSdk } from './ai-sdk.ts';
import type { Dialect } from './dialect.ts';
import { openInference } from './openinference.ts';
import { openTelemetry } from './opentelemetry.ts';
import { traceloop } from './traceloop.ts';

/** The vocabularies that are understood, the more specific marker first: the first that recognises a span maps it. */
export const DIALECTS: readonly Dialect[] = [aiSdk, openInference, traceloop, openTelemetry];

/** The dialect of a span, by what is known of it; `undefined` if it has nothing to do with GenAI. */
export function dialectOf(attributes: Readonly<Record<string, unknown>>, scopeName: string): Dialect | undefined {
  for (const dialect of DIALECTS) {
    if (dialect.recognises(attributes, scopeName)) return dialect;
  }
  return undefined;
}

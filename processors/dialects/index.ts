import { aiSdk } from './ai-sdk.ts';
import type { Dialect } from './dialect.ts';
import { openTelemetry } from './opentelemetry.ts';

/** The vocabularies that are understood, the more specific marker first: the first that recognises a span maps it. */
export const DIALECTS: readonly Dialect[] = [aiSdk, openTelemetry];

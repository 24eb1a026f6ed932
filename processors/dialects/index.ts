import { aiSdk } from './ai-sdk.ts';
import { anthropic } from './anthropic.ts';
import type { Dialect } from './dialect.ts';
import { googleAdk } from './google-adk.ts';
import { langfuse } from './langfuse.ts';
import { mastra } from './mastra.ts';
import { openTelemetry } from './opentelemetry.ts';

/** The vocabularies that are understood, the more specific marker first: the first that recognises a span maps it. */
export const DIALECTS: readonly Dialect[] = [anthropic, aiSdk, langfuse, mastra, googleAdk, openTelemetry];

import { aiSdk } from './ai-sdk.ts';
import { anthropic } from './anthropic.ts';
import type { Dialect } from './dialect.ts';
import { genkit } from './genkit.ts';
import { googleAdk } from './google-adk.ts';
import { langfuse } from './langfuse.ts';
import { langSmith } from './langsmith.ts';
import { logfirePending } from './logfire.ts';
import { mastra } from './mastra.ts';
import { openInference } from './openinference.ts';
import { openTelemetry } from './opentelemetry.ts';
import { pydanticAi } from './pydantic-ai.ts';
import { sentry } from './sentry.ts';
import { strands } from './strands.ts';
import { traceloop } from './traceloop.ts';

/** The vocabularies that are understood, the more specific marker first: the first that recognises a span maps it. */
export const DIALECTS: readonly Dialect[] = [
  logfirePending,
  anthropic,
  aiSdk,
  langfuse,
  openInference,
  traceloop,
  mastra,
  langSmith,
  genkit,
  googleAdk,
  pydanticAi,
  sentry,
  strands,
  openTelemetry,
];

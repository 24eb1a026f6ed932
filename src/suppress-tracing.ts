import { context, createContextKey } from '@opentelemetry/api';

/**
 * The key by which OpenTelemetry's SDKs know that nothing is to be traced (`@opentelemetry/core`, suppress-tracing): by
 * its description, so that no SDK is imported. The tests hold it to the SDK's own.
 */
const SUPPRESS_TRACING_KEY = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** Runs what the log does of itself, such as asking a key service, without leaving spans of it. */
export function withoutTracing<T>(fn: () => T): T {
  return context.with(context.active().setValue(SUPPRESS_TRACING_KEY, true), fn);
}

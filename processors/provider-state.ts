import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';

import { registeredTracerProvider } from './api-version.ts';

/**
 * What a registered tracer provider shows of itself. No SDK has an interface for that: SDK 1.x keeps its processors in
 * `_registeredSpanProcessors` and its options in `_config`, 2.x and 3.x in `_activeSpanProcessor._spanProcessors` and
 * `_tracerOptions` (2.0: `_config`). What is not there, or throws, is not seen. Nothing is called but `toString`.
 */
export interface ProviderState {
  /** What the provider is called, by its class. */
  readonly name: string;
  /** In the order in which they are called. */
  readonly processors: readonly object[] | undefined;
  /** As it describes itself. */
  readonly sampler: string | undefined;
  readonly limits: { readonly attributeCount?: number; readonly attributeValueLength?: number } | undefined;
}

/** Proxies of `@opentelemetry/api` around each other, at most. */
const MAX_PROXIES = 8;

/** The provider that is registered; `undefined` while there is none. Never throws. */
export function observeProvider(): ProviderState | undefined {
  const provider = seen(() => unwrapped(registeredTracerProvider()));
  if (provider === undefined) return undefined;
  return {
    name: classOf(provider),
    processors: seen(() => processorsOf(provider)),
    sampler: seen(() => samplerOf(provider)),
    limits: seen(() => limitsOf(provider)),
  };
}

/** Whether a context reaches what runs in it: not without a context manager that this copy of the API sees. */
export function contextReaches(): boolean {
  const key = createContextKey('spanseal context probe');
  return (
    seen(() => context.with(ROOT_CONTEXT.setValue(key, true), () => context.active().getValue(key) === true)) === true
  );
}

/** How an object is called by its class. */
export function classOf(value: object): string {
  const name = seen(() => (value.constructor as { readonly name?: unknown } | undefined)?.name);
  return typeof name === 'string' && name !== '' ? name : 'an object without a class';
}

/** The exporter behind a processor of an SDK; `undefined` where none is seen. */
export function exporterOf(processor: object): object | undefined {
  return seen(() => objectAt(processor, '_exporter'));
}

/** What can be seen: reading a stranger's properties may throw. */
function seen<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function isObjectLike(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function objectAt(value: object, member: string): object | undefined {
  const found = (value as Readonly<Record<string, unknown>>)[member];
  return isObjectLike(found) ? found : undefined;
}

function unwrapped(registered: unknown): object | undefined {
  let provider = registered;
  for (let depth = 0; depth < MAX_PROXIES && isObjectLike(provider); depth++) {
    const { getDelegate } = provider as { readonly getDelegate?: unknown };
    if (typeof getDelegate !== 'function') return provider;
    const inner: unknown = getDelegate.call(provider);
    if (inner === provider) return provider;
    provider = inner;
  }
  return undefined;
}

function processorsOf(provider: object): readonly object[] | undefined {
  const registered = objectAt(provider, '_registeredSpanProcessors');
  if (Array.isArray(registered) && registered.length > 0) return registered.filter(isObjectLike);
  const active = objectAt(provider, '_activeSpanProcessor') ?? objectAt(provider, 'activeSpanProcessor');
  if (active === undefined) return undefined;
  const several = objectAt(active, '_spanProcessors');
  return Array.isArray(several) ? several.filter(isObjectLike) : [active];
}

function optionsOf(provider: object): object | undefined {
  return objectAt(provider, '_tracerOptions') ?? objectAt(provider, '_config');
}

function samplerOf(provider: object): string | undefined {
  const options = optionsOf(provider);
  const sampler = options === undefined ? undefined : objectAt(options, 'sampler');
  if (sampler === undefined) return undefined;
  const text = (sampler as { toString(): string }).toString();
  return text === '[object Object]' ? classOf(sampler) : text;
}

function limitsOf(provider: object): ProviderState['limits'] {
  const options = optionsOf(provider);
  const limits = options === undefined ? undefined : objectAt(options, 'spanLimits');
  if (limits === undefined) return undefined;
  const { attributeCountLimit: count, attributeValueLengthLimit: length } = limits as Readonly<Record<string, unknown>>;
  return {
    ...(typeof count === 'number' ? { attributeCount: count } : {}),
    ...(typeof length === 'number' ? { attributeValueLength: length } : {}),
  };
}

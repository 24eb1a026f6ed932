import { isPlain } from './texts.ts';

/** Members of a request, or of its options, that say how it is sent: to a provider, not to a model. */
const TRANSPORT: ReadonlySet<string> = new Set([
  'headers',
  'defaultHeaders',
  'apiKey',
  'authToken',
  'accessToken',
  'fetchOptions',
  'httpOptions',
  'httpAgent',
  'signal',
  'abortSignal',
]);

function isTransport(name: string): boolean {
  return TRANSPORT.has(name);
}

/** What of an argument a model may see: of an object literal all but {@link TRANSPORT}. */
export function withoutTransport(argument: unknown): unknown {
  if (!isPlain(argument) || !Object.keys(argument).some(isTransport)) return argument;
  return Object.fromEntries(Object.entries(argument).filter(([name]) => !isTransport(name)));
}

/** The argument with what became of {@link withoutTransport} of it. */
export function withTransport(argument: unknown, looked: unknown, guarded: unknown): unknown {
  if (guarded === looked) return argument;
  if (argument === looked) return guarded;
  const transport = Object.entries(argument as object).filter(([name]) => isTransport(name));
  return { ...(guarded as object), ...Object.fromEntries(transport) };
}

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

function isTransport(name: PropertyKey, value: unknown): boolean {
  return typeof name === 'string' && TRANSPORT.has(name) && !Array.isArray(value);
}

/** What of an argument a model may see: of an object literal all but {@link TRANSPORT}. */
export function withoutTransport(argument: unknown): unknown {
  if (!isPlain(argument) || !Object.entries(argument).some(([name, value]) => isTransport(name, value)))
    return argument;
  return without(argument, isTransport);
}

/** The argument with what became of {@link withoutTransport} of it. */
export function withTransport(argument: unknown, looked: unknown, guarded: unknown): unknown {
  if (guarded === looked) return argument;
  if (argument === looked) return guarded;
  return { ...(guarded as object), ...without(argument as object, (name, value) => !isTransport(name, value)) };
}

/** With its symbols, by which libraries know their own. */
function without(value: object, isOut: (name: PropertyKey, value: unknown) => boolean): object {
  const members = { ...value } as Record<PropertyKey, unknown>;
  for (const name of Reflect.ownKeys(members)) if (isOut(name, members[name])) delete members[name];
  return members;
}

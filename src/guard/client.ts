import { DEFAULT_POLICY } from '../policy/built-in.ts';
import type { PolicyOption } from '../policy/policy.ts';
import { guardOf, type Guarded, type GuardOptions } from './guard.ts';
import { hasMembers, isPlain } from './texts.ts';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * {@link guard} for the client of any provider, and for any function: the first argument of each call goes through it
 * (the request: messages, input, prompt; not options such as headers). A call that is blocked throws, and never runs.
 *
 * `guardCalls(new OpenAI(), 'pci', { audit })` guards `client.chat.completions.create(…)` and every other method;
 * `guardCalls(execute, 'gdpr', { audit, appliedTo: 'tool_arguments' })` a tool.
 *
 * @throws TypeError if there is no such policy or option, or the target is neither an object nor a function
 */
export function guardCalls<T extends object>(
  target: T,
  policy: PolicyOption = DEFAULT_POLICY,
  options: GuardOptions = {},
): T {
  if ((typeof target !== 'object' && typeof target !== 'function') || (target as unknown) === null) {
    throw new TypeError('guardCalls takes a client or a function.');
  }
  return new Guarding(guardOf(policy, options)).of(target) as T;
}

class Guarding {
  readonly #guard: <T>(input: T) => Guarded<T>;
  /** A member is the same each time it is asked for. */
  readonly #proxies = new WeakMap<object, object>();

  constructor(guard: <T>(input: T) => Guarded<T>) {
    this.#guard = guard;
  }

  of(target: object): object {
    let proxy = this.#proxies.get(target);
    if (proxy === undefined) {
      proxy = new Proxy(target, {
        get: (_, name) => this.#member(target, name),
        apply: (_, self: unknown, args: unknown[]) => this.#call(target as AnyFunction, self, args),
      });
      this.#proxies.set(target, proxy);
    }
    return proxy;
  }

  #member(target: object, name: string | symbol): unknown {
    // Getters and private fields want the object itself.
    const value: unknown = Reflect.get(target, name, target);
    const property = Reflect.getOwnPropertyDescriptor(target, name);
    const isFixed = property?.configurable === false && property.writable === false;
    if (name === 'constructor' || name === 'prototype') return value;
    if (isFixed) {
      // A proxy must give what is frozen as it is: nothing could be guarded.
      if (typeof value !== 'function' && !hasMembers(value)) return value;
      throw new TypeError(`guardCalls cannot guard \`${String(name)}\`: it is frozen; wrap the function itself.`);
    }
    // What calls a function by these calls the guarded one.
    if (typeof target === 'function' && (name === 'call' || name === 'apply' || name === 'bind')) return value;
    if (typeof value === 'function') return this.#method(value as AnyFunction, target);
    // Clients group their methods in objects of any kind.
    return isPlain(value) || isMade(value) ? this.of(value as object) : value;
  }

  #method(method: AnyFunction, owner: object): unknown {
    const known = this.#proxies.get(method);
    if (known !== undefined) return known;
    const proxy = new Proxy(method, {
      get: (_, name) => this.#member(method, name),
      apply: (_, self: unknown, args: unknown[]) =>
        this.#call(method, self === this.#proxies.get(owner) ? owner : self, args),
    });
    this.#proxies.set(method, proxy);
    return proxy;
  }

  #call(method: AnyFunction, self: unknown, args: readonly unknown[]): unknown {
    const [request, ...rest] = args;
    const guarded = args.length === 0 ? [] : [this.#guard(request).value, ...rest];
    const result = Reflect.apply(method, self, guarded);
    return isMade(result) ? this.of(result) : result;
  }
}

/** A chat, a model, the client with other options: not an answer, nor what is waited for or read. */
function isMade(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isPlain(value)) return false;
  const isAwaited = typeof (value as { then?: unknown }).then === 'function';
  const isRead = Symbol.asyncIterator in value || Symbol.iterator in value;
  return !isAwaited && !isRead && hasMembers(value);
}

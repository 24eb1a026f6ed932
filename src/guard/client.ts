import { DEFAULT_POLICY } from '../policy/built-in.ts';
import type { PolicyOption } from '../policy/policy.ts';
import { guardOf, type Guarded, type GuardOptions } from './guard.ts';
import { hasMembers, isPlain, isSchema } from './texts.ts';
import { withoutTransport, withTransport } from './transport.ts';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * {@link guard} for the client of any provider, and for any function: the arguments of each call go through it, as one
 * list. Headers, keys and signals of a request are left alone, unless a tool is guarded: they go to a provider, not to a
 * model. A call that is blocked throws, and never runs.
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
  const guarded = guardOf(policy, options);
  const isTool = options.appliedTo === 'tool_arguments' || options.appliedTo === 'tool_result';
  return new Guarding(isTool ? (args) => guarded(args).value : (args) => requestGuarded(args, guarded)).of(target) as T;
}

type Arguments = readonly unknown[];

function requestGuarded(args: Arguments, guarded: <T>(input: T) => Guarded<T>): Arguments {
  const looked = args.map(withoutTransport);
  const { value } = guarded(looked);
  return args.map((argument, index) => withTransport(argument, looked[index], value[index]));
}

class Guarding {
  readonly #guard: (args: Arguments) => Arguments;
  /** A member is the same each time it is asked for. */
  readonly #proxies = new WeakMap<object, object>();
  /** What a proxy stands for: a method wants its own object, for its private fields. */
  readonly #targets = new WeakMap<object, object>();

  constructor(guard: (args: Arguments) => Arguments) {
    this.#guard = guard;
  }

  of(target: object): object {
    let proxy = this.#proxies.get(target);
    if (proxy === undefined) {
      proxy = new Proxy(target, {
        get: (_, name) => this.#member(target, name),
        // A setter, too, wants the object itself.
        set: (_, name, value) => Reflect.set(target, name, value, target),
        apply: (_, self: unknown, args: unknown[]) =>
          this.#made(Reflect.apply(target as AnyFunction, this.#ownerOf(self), this.#guard(args.map(this.#own)))),
        // What a client is made with is not sent to a model; what it sends is.
        construct: (_, args: unknown[], made) =>
          this.of(
            Reflect.construct(target as AnyFunction, args, made === proxy ? (target as AnyFunction) : made) as object,
          ),
      });
      this.#proxies.set(target, proxy);
      this.#targets.set(proxy, target);
    }
    return proxy;
  }

  /** What a client made comes back to it as it made it. A function is called there, and stays guarded. */
  readonly #own = (argument: unknown): unknown => (typeof argument === 'function' ? argument : this.#ownerOf(argument));

  #ownerOf(self: unknown): unknown {
    return (typeof self === 'object' && self !== null) || typeof self === 'function'
      ? (this.#targets.get(self) ?? self)
      : self;
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
    if (hasMembers(value) && isSchema(value)) return value;
    // Methods of a list read it, and what is read of a guarded list is guarded.
    if (Array.isArray(target) && typeof value === 'function' && Reflect.get(Array.prototype, name) === value)
      return value;
    // `call`, `bind` and `valueOf` are of the guarded one.
    if (OF_ALL.some((prototype) => Reflect.get(prototype, name) === value)) return value;
    // Clients group their methods in objects of any kind.
    return typeof value === 'function' || isPlain(value) || isMade(value) || doesSomething(value)
      ? this.of(value as object)
      : value;
  }

  #made(result: unknown): unknown {
    // Not one of a client's own, which may be more than a promise.
    if (result instanceof Promise && result.constructor === Promise) return result.then((value) => this.#made(value));
    return isMade(result) || doesSomething(result) ? this.of(result as object) : result;
  }
}

const OF_ALL: readonly object[] = [Object.prototype, Function.prototype];

/** How far a list or an object literal is looked into for what could be called. */
const MAX_LOOKED = 1_000;
const MAX_LOOKED_DEPTH = 5;

/** A function, or a list or an object literal that holds some: models by name, tools. */
function doesSomething(value: unknown): boolean {
  let looked = 0;
  const does = (each: unknown, depth: number): boolean => {
    if (typeof each === 'function' || (depth > 0 && isMade(each))) return true;
    if (depth > MAX_LOOKED_DEPTH || ++looked > MAX_LOOKED || (!Array.isArray(each) && !isPlain(each))) return false;
    return Object.values(each).some((member) => does(member, depth + 1));
  };
  return does(value, 0);
}

/** A chat, a model, the client with other options: not an answer, nor what is waited for or read. */
function isMade(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isPlain(value)) return false;
  if (isSchema(value)) return false;
  const isAwaited = typeof (value as { then?: unknown }).then === 'function';
  const isRead = Symbol.asyncIterator in value || Symbol.iterator in value;
  return !isAwaited && !isRead && hasMembers(value);
}

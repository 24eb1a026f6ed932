import { forwarding } from './forwarding.ts';
import { watchNodeStream } from './node-stream.ts';
import { isThenable, whenSettled } from './thenable.ts';

/**
 * Makes what outlives a decision's callback run inside the decision all the same, and tells when it has come to its end:
 * functions that are called later, generators that are pulled from outside, streams that are read by a client.
 */

/** How a piece of work came out. */
export interface Failure {
  readonly error: unknown;
}

/** How work that was waited for ended: well, with an error, or never, its consumer being gone. */
export type Settled = undefined | Failure | 'abandoned';

/** What binding needs of a decision. */
export interface BindPort {
  /** Runs a function inside the decision. */
  run<T>(fn: () => T): T;
  /** Keeps the decision open until what is given back is called; later calls of it do nothing. */
  hold(): (settled?: Settled) => void;
}

export type Release = (settled?: Settled) => void;

/** Nobody reads it to its end any more: as good a moment as there is to say so. */
const abandoned = new FinalizationRegistry<Release>((release) => release('abandoned'));

/**
 * The same value, running inside the decision.
 *
 * @throws TypeError if it is neither function, iterable nor stream, or a stream that is being read
 */
export function bind<T>(target: T, port: BindPort): T {
  const bound = boundOf(target, port);
  if (bound !== undefined) return bound;
  throw new TypeError(
    'bind takes a function, an async iterable, a generator or a ReadableStream. Of a Response bind its body: ' +
      'new Response(decision.bind(response.body), response).',
  );
}

/** A generator, which has not even begun when a callback returns it, bound; any other value as it is. */
export function bindGenerator<T>(value: T, port: BindPort): T {
  const tag = Object.prototype.toString.call(value);
  return tag === '[object AsyncGenerator]' || tag === '[object Generator]' ? bind(value, port) : value;
}

function boundOf<T>(target: T, port: BindPort): T | undefined {
  if (typeof target === 'function') return boundFunction(target, port);
  if (typeof target !== 'object' || target === null) return undefined;
  if (target instanceof ReadableStream) return boundStream(target, port) as T;
  if (isIterable(target) || isIterator(target)) return boundIterable(target, port);
  return undefined;
}

function boundFunction<T extends object>(target: T, port: BindPort): T {
  return new Proxy(target, {
    apply(called, self, args: unknown[]) {
      const release = port.hold();
      const failed = (error: unknown): void => release({ error });
      try {
        const answer: unknown = port.run(() => Reflect.apply(called as () => unknown, self, args) as unknown);
        const settled = <V>(value: V): V => {
          const lasting = bindGenerator(value, port);
          release();
          return lasting;
        };
        return isThenable(answer) ? whenSettled(answer, settled, failed) : settled(answer);
      } catch (error) {
        failed(error);
        throw error;
      }
    },
    construct: (called, args: unknown[], made) =>
      port.run(() => Reflect.construct(called as new () => object, args, made) as object),
  });
}

function boundStream(source: ReadableStream<unknown>, port: BindPort): ReadableStream<unknown> {
  const isBytes = readsBytes(source);
  const reader = source.getReader();
  const release = port.hold();
  const pull = async (controller: ReadableStreamDefaultController<unknown> | ReadableByteStreamController) => {
    try {
      const { done, value } = await port.run(() => reader.read());
      if (!done) {
        (controller as ReadableStreamDefaultController<unknown>).enqueue(value);
        return;
      }
      release();
      controller.close();
      // A reader that waits with a buffer of its own is told by it (WHATWG Streams §4.7.4).
      if ('byobRequest' in controller) controller.byobRequest?.respond(0);
    } catch (error) {
      release({ error });
      throw error;
    }
  };
  const cancel = async (reason: unknown): Promise<void> => {
    try {
      await port.run(() => reader.cancel(reason));
      release();
    } catch (error) {
      release({ error });
      throw error;
    }
  };
  // Nothing is read ahead of whoever reads: the source is pulled when it was pulled before.
  const bound = isBytes
    ? new ReadableStream({ type: 'bytes', pull, cancel }, { highWaterMark: 0 })
    : new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  abandoned.register(bound, release);
  return bound;
}

function readsBytes(source: ReadableStream<unknown>): boolean {
  try {
    source.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

type Opener = typeof Symbol.asyncIterator | typeof Symbol.iterator;

type Iteration = Readonly<Record<'next' | 'return' | 'throw', ((value?: unknown) => unknown) | undefined>>;

/** The first iteration is what the decision waits for from the start; each further one while it lasts. */
function boundIterable<T extends object>(target: T, port: BindPort): T {
  // Given to the registry, which holds it: nothing in it may lead back to what is bound.
  const held = port.hold();
  let first: Release | undefined = held;
  const release: Release = (settled) => first?.(settled);
  const bindings = {};
  const begin = (symbol: Opener) => (): unknown => {
    const open = (target as Record<Opener, (() => object) | undefined>)[symbol];
    const iterator = port.run(() => Reflect.apply(open ?? noIterator, target, []));
    if (iterator === target) return bound;
    const end = first ?? port.hold();
    first = undefined;
    // From here on it is the iteration that somebody holds: a loop has no more need of the iterable.
    abandoned.unregister(bindings);
    const lasting = boundIterator(iterator, port, end);
    abandoned.register(lasting, end);
    return lasting;
  };
  const bound = boundIterator(target, port, release, begin);
  const isStream = watchNodeStream(target, held);
  // A stream that is piped or listened to lives on without what is bound.
  abandoned.register(isStream ? target : bound, held, bindings);
  return bound;
}

function boundIterator<T extends object>(
  target: T,
  port: BindPort,
  release: Release,
  begin?: (symbol: Opener) => () => unknown,
): T {
  const iteration = target as unknown as Iteration;
  const step = (name: 'next' | 'return' | 'throw'): ((value?: unknown) => unknown) => {
    const seen = <R>(result: R): R => {
      if (name === 'return' || isDone(result)) release();
      return result;
    };
    return (value) => {
      let answer: unknown;
      try {
        answer = port.run(() => Reflect.apply(iteration[name] ?? noIterator, target, [value]));
      } catch (error) {
        release({ error });
        throw error;
      }
      if (!isThenable(answer)) return seen(answer);
      return answer.then(seen, (error: unknown) => {
        release({ error });
        throw error;
      });
    };
  };
  /** For a loop that is left early; the iterator itself does not want to know. */
  const leave = (value?: unknown): unknown => {
    release();
    return { done: true, value };
  };
  return forwarding(target, (name, value) => {
    if (name === 'return' && value === undefined && isIterator(target)) return leave;
    if (typeof value !== 'function') return undefined;
    if (name === 'next' || name === 'return' || name === 'throw') return step(name);
    return begin !== undefined && isOpener(name) ? begin(name) : undefined;
  });
}

const isOpener = (name: string | symbol): name is Opener => name === Symbol.asyncIterator || name === Symbol.iterator;

const isDone = (result: unknown): boolean => (result as { readonly done?: unknown } | undefined)?.done === true;

function noIterator(): never {
  throw new TypeError('the iterator has no such step');
}

function isIterable(value: object): boolean {
  return (
    (Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === 'function') ||
    (Symbol.iterator in value && typeof value[Symbol.iterator] === 'function')
  );
}

function isIterator(value: object): boolean {
  return 'next' in value && typeof value.next === 'function';
}

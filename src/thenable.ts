import { forwarding } from './forwarding.ts';

/**
 * What a function answered, as it is to be given back so that its end is seen. A promise is given back as one that
 * settles later, so that a rejection that nobody handles stays one that nobody handles; a promise with methods of its
 * own as itself. Any other thenable may only begin its work when it is asked for it, each time anew (a query builder
 * does): it is asked once, and what it answered then is what it goes on answering.
 *
 * @param settled - may put another value in place of that of a plain promise
 */
export function whenSettled<T extends PromiseLike<unknown>>(
  answer: T,
  settled: <V>(value: V) => V,
  failed: (error: unknown) => void,
): T {
  if (Object.getPrototypeOf(answer) === Promise.prototype) {
    return answer.then(settled, (error: unknown) => {
      failed(error);
      throw error;
    }) as unknown as T;
  }
  if (answer instanceof Promise) {
    answer.then(() => settled(undefined), failed);
    return answer;
  }
  const once = new Promise<unknown>((resolve, reject) => {
    answer.then(
      (value) => {
        settled(undefined);
        resolve(value);
      },
      (error: unknown) => {
        failed(error);
        reject(error);
      },
    );
  });
  // Whoever gets the thenable hears of it there; a builder that is dropped is nobody's unhandled rejection.
  once.catch(() => {});
  return forwarding(answer, (name) =>
    name === 'then' || name === 'catch' || name === 'finally' ? (once[name].bind(once) as unknown) : undefined,
  );
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}

/**
 * An object that answers for another one: what it has, is and does goes to that one, as which methods, getters and
 * setters run (they may look for `#private` fields), but for what is put in place of some of it.
 *
 * @param instead - what a property is instead, or `undefined` to leave it as it is
 */
export function forwarding<T extends object>(
  target: T,
  instead: (name: string | symbol, value: unknown) => unknown,
): T {
  return new Proxy(standIn(target), {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target);
      const other = instead(name, value);
      if (other !== undefined) return other;
      // Of a class itself nobody wants a bound one: it is compared, and has members.
      if (typeof value !== 'function' || name === 'constructor') return value;
      return (value as (...args: unknown[]) => unknown).bind(target);
    },
    set: (_, name, value) => Reflect.set(target, name, value, target),
  });
}

/** A proxy has to say of locked properties what they are: of a frozen object an heir stands in for it. */
function standIn<T extends object>(target: T): T {
  for (const name of Reflect.ownKeys(target)) {
    const property = Reflect.getOwnPropertyDescriptor(target, name);
    if (property?.configurable === false && property.writable !== true) return Object.create(target) as T;
  }
  return target;
}

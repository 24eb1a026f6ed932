import type { JsonObject } from '../json.ts';
import { CATEGORY_GROUPS } from './catalogue/category-groups.ts';
import type { CategoryGroups, Predicate } from './framework.ts';

/** A {@link Predicate} made ready for many entries: their payload and the profile in, whether it holds out. */
export type Condition = (payload: unknown, profile: unknown) => boolean;

type Lookup = (payload: unknown, profile: unknown) => unknown;

/**
 * Whether the predicate holds for this entry and profile: pure, total over every entry and profile.
 *
 * `entry` may be left `undefined` for conditions on the profile alone ({@link Control.applies_if}).
 *
 * @throws TypeError for what is not a predicate, or names a group that `groups` does not have.
 */
export function holds(
  predicate: Predicate,
  entry: { readonly payload: unknown } | undefined,
  profile: JsonObject,
  groups: CategoryGroups = CATEGORY_GROUPS,
): boolean {
  return compile(predicate, groups)(entry?.payload, profile);
}

/**
 * Reads the predicate once, so that each entry costs look-ups and comparisons only.
 *
 * @throws TypeError for what is not a predicate, or names a group that `groups` does not have.
 */
export function compile(predicate: Predicate, groups: CategoryGroups = CATEGORY_GROUPS): Condition {
  switch (predicate[0]) {
    case 'always':
      return () => true;
    case 'and': {
      const [, ...operands] = predicate;
      const conditions = operands.map((operand) => compile(operand, groups));
      return (payload, profile) => conditions.every((condition) => condition(payload, profile));
    }
    case 'or': {
      const [, ...operands] = predicate;
      const conditions = operands.map((operand) => compile(operand, groups));
      return (payload, profile) => conditions.some((condition) => condition(payload, profile));
    }
    case 'not': {
      const condition = compile(predicate[1], groups);
      return (payload, profile) => !condition(payload, profile);
    }
    case 'present':
      return test(predicate[1], isPresent);
    case 'eq': {
      const wanted = predicate[2];
      return test(predicate[1], (value) => value === wanted);
    }
    case 'ne': {
      const unwanted = predicate[2];
      return test(predicate[1], (value) => value !== unwanted);
    }
    case 'in': {
      const listed = new Set<unknown>(predicate[2]);
      return test(predicate[1], (value) => listed.has(value));
    }
    case 'includes_any': {
      const listed = new Set<unknown>(predicate[2]);
      return test(predicate[1], (value) => Array.isArray(value) && share(value, listed));
    }
    case 'only': {
      const listed = new Set<unknown>(predicate[2]);
      return test(predicate[1], (value) => Array.isArray(value) && value.length > 0 && areIn(value, listed));
    }
    case 'group_any': {
      const categories = membersOf(predicate[2], groups);
      return test(predicate[1], (value) => Array.isArray(value) && share(value, categories));
    }
    case 'in_profile':
      return testBoth(predicate[1], predicate[2], (value, list) => {
        return Array.isArray(list) && !isNested(value) && itemsOf(list).has(value);
      });
    case 'gt': {
      const bound = predicate[2];
      return test(predicate[1], (value) => typeof value === 'number' && value > bound);
    }
    case 'gte': {
      const bound = predicate[2];
      return test(predicate[1], (value) => typeof value === 'number' && value >= bound);
    }
    case 'ne_field':
      return testBoth(predicate[1], predicate[2], (one, other) => one !== other || isNested(one));
    default:
      throw new TypeError(`not a predicate of the catalogue: ${JSON.stringify(predicate)}`);
  }
}

/** A condition on the value at `path`: false where there is none, whatever the operation. */
function test(path: string, accepts: (value: unknown) => boolean): Condition {
  const find = lookup(path);
  return (payload, profile) => {
    const value = find(payload, profile);
    return value !== undefined && accepts(value);
  };
}

function testBoth(path: string, other: string, accept: (value: unknown, other: unknown) => boolean): Condition {
  const find = lookup(path);
  const findOther = lookup(other);
  return (payload, profile) => {
    const value = find(payload, profile);
    const otherValue = findOther(payload, profile);
    return value !== undefined && otherValue !== undefined && accept(value, otherValue);
  };
}

/**
 * Only own members of objects are found. Entries come from files: an inherited `constructor`, the `length` of an array
 * or a member behind `__proto__` is nothing that the log says.
 */
function lookup(path: string): Lookup {
  const [root, ...members] = path.split('.');
  if ((root !== 'payload' && root !== 'profile') || members.length === 0 || members.includes('')) {
    throw new TypeError(`not a path of the catalogue: ${JSON.stringify(path)}`);
  }
  return (payload, profile) => {
    let value = root === 'payload' ? payload : profile;
    for (const member of members) {
      if (!isObject(value) || !Object.hasOwn(value, member)) return undefined;
      value = value[member];
    }
    return value;
  };
}

function membersOf(names: readonly string[], groups: CategoryGroups): ReadonlySet<unknown> {
  const categories = new Set<unknown>();
  for (const name of names) {
    const members = Object.hasOwn(groups, name) ? groups[name] : undefined;
    if (members === undefined) throw new TypeError(`no category group is named ${JSON.stringify(name)}`);
    categories.add(name);
    for (const member of members) categories.add(member);
  }
  return categories;
}

function isPresent(value: unknown): boolean {
  if (value === null || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return !isObject(value) || !isEmpty(value);
}

/** As {@link ITEMS}: an object that fills a line has its members listed once. */
const EMPTY = new WeakMap<object, boolean>();

function isEmpty(object: object): boolean {
  let empty = EMPTY.get(object);
  if (empty === undefined) EMPTY.set(object, (empty = Object.keys(object).length === 0));
  return empty;
}

/**
 * The items of long arrays, each array read once: one that fills a line of a hostile log would otherwise be read for every
 * condition of a hostile catalogue.
 */
const ITEMS = new WeakMap<readonly unknown[], ReadonlySet<unknown>>();

function itemsOf(array: readonly unknown[]): ReadonlySet<unknown> {
  let items = ITEMS.get(array);
  if (items === undefined) ITEMS.set(array, (items = new Set(array)));
  return items;
}

function share(array: readonly unknown[], listed: ReadonlySet<unknown>): boolean {
  if (array.length <= listed.size) return array.some((item) => listed.has(item));
  const items = itemsOf(array);
  for (const item of listed) if (items.has(item)) return true;
  return false;
}

function areIn(array: readonly unknown[], listed: ReadonlySet<unknown>): boolean {
  if (array.length <= listed.size) return array.every((item) => listed.has(item));
  const items = itemsOf(array);
  return items.size <= listed.size && [...items].every((item) => listed.has(item));
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

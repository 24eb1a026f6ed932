import { describe, expect, test } from 'vitest';
import type { Predicate } from '../../src/frameworks/framework.ts';
import { holds } from '../../src/frameworks/predicate.ts';
import type { JsonObject } from '../../src/json.ts';

const PAYLOAD = {
  text: 'approved',
  empty: '',
  nothing: null,
  no: false,
  zero: 0,
  three: 3,
  digits: '3',
  list: ['email', 'budget'],
  mixed: ['a', 1, { k: [1, 2], l: null }],
  none: [],
  object: { a: 1, b: { c: [true, null] } },
  bare: {},
  deep: { er: { est: 'here' } },
};
const PROFILE = { points: ['1a', '5b'], models: ['m-1', 3, { k: [1, 2], l: null }], workplace: true, none: [] };

type Row = readonly [Predicate, boolean];

function rows(name: string, table: readonly Row[]): void {
  describe(name, () => {
    test.each(table)('%j is %s', (predicate, expected) => {
      expect(holds(predicate, { payload: PAYLOAD }, PROFILE)).toBe(expected);
    });
  });
}

rows('always', [[['always'], true]]);

rows('present: there, not null, not an empty array, object or string', [
  [['present', 'payload.text'], true],
  [['present', 'payload.no'], true],
  [['present', 'payload.zero'], true],
  [['present', 'payload.list'], true],
  [['present', 'payload.object'], true],
  [['present', 'payload.deep.er.est'], true],
  [['present', 'payload.empty'], false],
  [['present', 'payload.nothing'], false],
  [['present', 'payload.none'], false],
  [['present', 'payload.bare'], false],
  [['present', 'payload.missing'], false],
  [['present', 'payload.deep.missing.est'], false],
  [['present', 'profile.workplace'], true],
  [['present', 'profile.none'], false],
  [['present', 'profile.missing'], false],
]);

rows('eq and ne: equality of scalars; a list or an object equals nothing', [
  [['eq', 'payload.text', 'approved'], true],
  [['eq', 'payload.text', 'Approved'], false],
  [['eq', 'payload.three', 3], true],
  [['eq', 'payload.three', '3'], false],
  [['eq', 'payload.digits', 3], false],
  [['eq', 'payload.zero', false], false],
  [['eq', 'payload.nothing', null], true],
  [['eq', 'payload.missing', null], false],
  [['eq', 'payload.list', 'email'], false],
  [['eq', 'payload.bare', null], false],
  [['eq', 'profile.workplace', true], true],
  [['ne', 'payload.text', 'rejected'], true],
  [['ne', 'payload.text', 'approved'], false],
  [['ne', 'payload.object', 'x'], true],
  [['ne', 'payload.nothing', 'x'], true],
  [['ne', 'payload.missing', 'x'], false],
]);

rows('in: the value is in the list', [
  [['in', 'payload.text', ['rejected', 'approved']], true],
  [['in', 'payload.text', ['rejected']], false],
  [['in', 'payload.text', []], false],
  [['in', 'payload.three', ['3', 3]], true],
  [['in', 'payload.list', ['email']], false],
  [['in', 'payload.missing', ['approved', null]], false],
]);

rows('includes_any: an array shares an item with the list', [
  [['includes_any', 'payload.list', ['budget', 'loop']], true],
  [['includes_any', 'payload.list', ['loop']], false],
  [['includes_any', 'payload.list', []], false],
  [['includes_any', 'payload.none', ['budget']], false],
  [['includes_any', 'payload.mixed', ['1']], false],
  [['includes_any', 'payload.text', ['approved']], false],
  [['includes_any', 'payload.object', [1]], false],
  [['includes_any', 'payload.missing', ['budget']], false],
  [['includes_any', 'profile.points', ['1a']], true],
]);

rows('group_any: an item is in one of the named groups, or is such a group itself', [
  [['group_any', 'payload.list', ['pii']], true],
  [['group_any', 'payload.list', ['secret', 'pii']], true],
  [['group_any', 'payload.list', ['secret']], false],
  [['group_any', 'payload.text', ['pii']], false],
  [['group_any', 'payload.missing', ['pii']], false],
]);

test('group_any takes a group by its own name, and only the named one', () => {
  const entry = { payload: { data: ['secret'], nested: [['email']] } };
  expect(holds(['group_any', 'payload.data', ['secret']], entry, {})).toBe(true);
  expect(holds(['group_any', 'payload.data', ['pii']], entry, {})).toBe(false);
  expect(holds(['group_any', 'payload.nested', ['pii']], entry, {})).toBe(false);
  expect(holds(['group_any', 'payload.data', ['own']], entry, {}, { own: ['secret'] })).toBe(true);
});

rows('only: an array, not empty, all in the list', [
  [['only', 'profile.points', ['1a', '5b', '2']], true],
  [['only', 'profile.points', ['1a']], false],
  [['only', 'profile.none', ['1a']], false],
  [['only', 'payload.text', ['approved']], false],
  [['only', 'profile.missing', ['1a']], false],
]);

rows("in_profile: the value is in the profile's array", [
  [['in_profile', 'payload.three', 'profile.models'], true],
  [['in_profile', 'payload.digits', 'profile.models'], false],
  [['in_profile', 'payload.object', 'profile.models'], false],
  [['in_profile', 'payload.text', 'profile.models'], false],
  [['in_profile', 'payload.text', 'profile.workplace'], false],
  [['in_profile', 'payload.text', 'profile.missing'], false],
  [['in_profile', 'payload.missing', 'profile.models'], false],
]);

rows('gt and gte: numbers', [
  [['gt', 'payload.three', 2], true],
  [['gt', 'payload.three', 3], false],
  [['gt', 'payload.digits', 2], false],
  [['gt', 'payload.nothing', -1], false],
  [['gt', 'payload.missing', -1], false],
  [['gte', 'payload.three', 3], true],
  [['gte', 'payload.three', 4], false],
  [['gte', 'payload.digits', 3], false],
  [['gte', 'payload.missing', 0], false],
]);

rows('ne_field: both there, and not equal', [
  [['ne_field', 'payload.text', 'payload.digits'], true],
  [['ne_field', 'payload.text', 'payload.text'], false],
  [['ne_field', 'payload.text', 'payload.missing'], false],
  [['ne_field', 'payload.missing', 'payload.text'], false],
  [['ne_field', 'payload.missing', 'payload.absent'], false],
  [['ne_field', 'payload.none', 'profile.none'], true],
  [['ne_field', 'payload.object', 'payload.object'], true],
  [['ne_field', 'payload.three', 'payload.digits'], true],
]);

rows('and, or, not', [
  [['and', ['present', 'payload.text']], true],
  [['and', ['present', 'payload.text'], ['present', 'payload.missing']], false],
  [['or', ['present', 'payload.missing'], ['present', 'payload.text']], true],
  [['or', ['present', 'payload.missing']], false],
  [['not', ['present', 'payload.text']], false],
  [['not', ['eq', 'payload.missing', 'x']], true],
  [['not', ['ne', 'payload.missing', 'x']], true],
  [['not', ['in_profile', 'payload.missing', 'profile.models']], true],
  [['not', ['only', 'profile.missing', ['2']]], true],
  [['not', ['not', ['always']]], true],
  [['and', ['or', ['present', 'payload.missing'], ['always']], ['not', ['gt', 'payload.three', 3]]], true],
]);

describe('lists longer than what they are held against', () => {
  const long = Array.from({ length: 1_000 }, (_, index) => `c${index % 300}`);
  const entry = { payload: { long, last: [...long, 'email', { a: 1 }], two: Array.from({ length: 99 }, () => 'a') } };
  test.each<Row>([
    [['includes_any', 'payload.long', ['c299', 'x']], true],
    [['includes_any', 'payload.long', ['x', 'y']], false],
    [['includes_any', 'payload.long', []], false],
    [['group_any', 'payload.last', ['pii']], true],
    [['group_any', 'payload.long', ['pii']], false],
    [['only', 'payload.long', long.slice(0, 300)], true],
    [['only', 'payload.long', long.slice(0, 299)], false],
    [['only', 'payload.two', ['a']], true],
    [['only', 'payload.two', ['b', 'c']], false],
    [['only', 'payload.last', [...long.slice(0, 300), 'email']], false],
  ])('%j is %s', (predicate, expected) => {
    expect(holds(predicate, entry, {})).toBe(expected);
  });
});

describe('paths find own members of objects and nothing else', () => {
  const hostile = JSON.parse('{"__proto__": {"reviewer": "x"}, "list": [1], "text": "abc"}') as JsonObject;
  const inherited = Object.create({ reviewer: 'x' }) as JsonObject;
  test.each<readonly [string, Predicate, unknown]>([
    ['an inherited member', ['present', 'payload.reviewer'], inherited],
    ['what __proto__ holds', ['present', 'payload.reviewer'], hostile],
    ['the prototype of a payload', ['present', 'payload.__proto__'], {}],
    ['a constructor', ['present', 'payload.constructor'], {}],
    ['the name of a constructor', ['eq', 'payload.constructor.name', 'Object'], {}],
    ['the length of an array', ['gt', 'payload.list.length', 0], hostile],
    ['an item of an array', ['eq', 'payload.list.0', 1], hostile],
    ['the length of a text', ['gt', 'payload.text.length', 0], hostile],
    ['a payload that is null', ['present', 'payload.a'], null],
    ['a payload that is a list', ['present', 'payload.0'], ['a']],
    ['a payload that is a text', ['present', 'payload.length'], 'abc'],
    ['no payload', ['present', 'payload.a'], undefined],
  ])('not %s', (_what, predicate, payload) => {
    expect(holds(predicate, { payload }, {})).toBe(false);
  });

  test('a member that is named __proto__ is a member', () => {
    expect(holds(['eq', 'payload.__proto__.reviewer', 'x'], { payload: hostile }, {})).toBe(true);
  });

  test('without an entry only the profile is there', () => {
    expect(holds(['eq', 'profile.workplace', true], undefined, PROFILE)).toBe(true);
    expect(holds(['present', 'payload.text'], undefined, PROFILE)).toBe(false);
  });
});

test.each([
  ['an operation that does not exist', ['equals', 'payload.a', 1]],
  ['no operation', []],
  ['a path with another root', ['present', 'entry.type']],
  ['a path to the whole payload', ['present', 'payload']],
  ['a path with an empty part', ['present', 'payload..a']],
  ['a group that does not exist', ['group_any', 'payload.data', ['nonsense']]],
  ['a group that every object inherits', ['group_any', 'payload.data', ['constructor']]],
  ['one of these inside another', ['not', ['equals', 'payload.a', 1]]],
])('%s is misuse', (_what, predicate) => {
  expect(() => holds(predicate as unknown as Predicate, { payload: {} }, {})).toThrow(TypeError);
});

import { fc } from './fast-check.ts';
import { canonicalize as oracle } from 'json-canonicalize';
import { describe, expect, test } from 'vitest';

import { canonicalize } from '../src/canonical.ts';
import { MAX_LINE_BYTES, type EntryType } from '../src/entry.ts';
import { formatLine, prepare } from '../src/entry-line.ts';
import { verify } from '../src/index.ts';
import { Normaliser, type LossyMarks } from '../src/normalise.ts';
import { policyLogRedactor } from '../src/policy/redactor.ts';
import { canonicalProblem, parseJson } from '../src/verify/json.ts';
import { KEY, memoryLog, ofType } from './log.ts';

function normalise(value: unknown): { value: unknown; marks: LossyMarks; text: string } {
  const normaliser = new Normaliser(['payload']);
  const text = normaliser.member('data', value);
  return { value: JSON.parse(text), marks: normaliser.marks, text };
}

describe('what JSON cannot say', () => {
  const cycle: Record<string, unknown> = { name: 'cycle' };
  cycle['self'] = cycle;
  const throwing = Object.defineProperty({ kept: 1 }, 'bad', {
    enumerable: true,
    get() {
      throw new Error('no');
    },
  });
  const proxy = new Proxy(
    {},
    {
      ownKeys() {
        throw new Error('no');
      },
    },
  );
  const deep = (levels: number): unknown => (levels === 0 ? 'bottom' : { next: deep(levels - 1) });

  test.each([
    ['undefined', [undefined], [null], { '/payload/data/0': 'undefined' }],
    ['a hole', Array(1), [null], { '/payload/data/0': 'undefined' }],
    ['a bigint', { n: 12345678901234567890n }, { n: '12345678901234567890' }, { '/payload/data/n': 'bigint' }],
    ['an unsafe number', 2 ** 53, '9007199254740992', { '/payload/data': 'unsafe' }],
    ['NaN', NaN, 'NaN', { '/payload/data': 'nonfinite' }],
    ['infinity', -Infinity, '-Infinity', { '/payload/data': 'nonfinite' }],
    ['negative zero', -0, 0, { '/payload/data': 'negative_zero' }],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z', { '/payload/data': 'date' }],
    ['no date', new Date(NaN), null, { '/payload/data': 'date' }],
    ['half a character', 'a\ud800b', 'a\ufffdb', { '/payload/data': 'surrogate' }],
    ['half a character in a name', { '\ud800': 1 }, { '\ufffd': 1 }, { '/payload/data': 'surrogate' }],
    ['a map', new Map([[1, 2]]), null, { '/payload/data': 'collection' }],
    ['bytes', Buffer.from('x'), null, { '/payload/data': 'binary' }],
    ['a function', () => 1, null, { '/payload/data': 'function' }],
    ['a symbol', Symbol('x'), null, { '/payload/data': 'symbol' }],
    ['a cycle', cycle, { name: 'cycle', self: null }, { '/payload/data/self': 'cycle' }],
    ['a throwing getter', throwing, { kept: 1, bad: null }, { '/payload/data/bad': 'getter' }],
    ['a throwing proxy', { proxy, next: 1 }, { proxy: null, next: 1 }, { '/payload/data/proxy': 'getter' }],
    ['names that point', { 'a/b~c': undefined }, { 'a/b~c': null }, { '/payload/data/a~1b~0c': 'undefined' }],
  ])('%s is written, and marked', (_, value, written, marks) => {
    const result = normalise(value);
    expect(result.value).toEqual(written);
    expect(result.marks).toEqual(marks);
  });

  test.each([
    ['ten million holes', () => Object.assign([], { length: 10_000_000 })],
    ['four billion holes', () => Object.assign([], { length: 2 ** 32 - 1 })],
    ['a hundred thousand long texts', () => Array.from({ length: 100_000 }, () => 'x'.repeat(1_000))],
  ])('%s cost no more than what a line could hold many times', (_, make) => {
    const { value, marks, text } = normalise(make());
    expect(marks['/payload/data']).toMatch(/^cut:[0-9]{7,}$/);
    expect(text.length).toBeLessThan(12_000_000);
    expect(value).toBeInstanceOf(Array);
  });

  test('goes no deeper than the format', () => {
    const { marks, text } = normalise(deep(100));
    expect(Object.values(marks)).toEqual(['depth']);
    // The entry and its payload are the two levels above.
    expect(text.split('{').length - 1).toBe(62);
  });

  test('toJSON is never called, toJSON and __proto__ are names like any other', () => {
    const { text } = normalise(JSON.parse('{"toJSON":1,"__proto__":{"x":1}}'));
    expect(text).toBe('{"__proto__":{"x":1},"toJSON":1}');
    expect(normalise({ toJSON: () => 'replaced', a: 1 }).value).toEqual({ toJSON: null, a: 1 });
  });

  test('two names that become one stay two members', () => {
    expect(normalise({ '\ud800': 1, '\ud801': 2 }).value).toEqual({ '\ufffd': 1, '\ufffd 2': 2 });
  });
});

describe('an entry', () => {
  const position = { seq: 7, ts: '2026-01-01T00:00:00.000Z', prevHash: '0'.repeat(64) };
  const lineOf = (data: unknown, type: EntryType = 'decision_record'): string =>
    formatLine(prepare({ type, payload: { data } }, policyLogRedactor('default')), position);

  test('is canonical whatever it is given', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        const line = lineOf(value);
        const parsed = parseJson(Buffer.from(line), MAX_LINE_BYTES);
        expect(parsed.ok).toBe(true);
        if (parsed.ok) expect(canonicalProblem(parsed.value, parsed.text)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test('of plain JSON is what two canonicalisers say', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const { text, marks } = normalise(value);
        if (Object.keys(marks).length > 0) return;
        expect(text).toBe(canonicalize(value as never));
        if (!text.includes('toJSON')) expect(text).toBe(oracle(value));
      }),
      { numRuns: 2_000 },
    );
  });

  test('is canonical also where its members have odd names', () => {
    const payload = { 'a"b': 1, '\ud800': 2, 'é\n': 3, A: 4, data: { 'x\ny': 1, x: 2, 'y\nx': 3 } };
    const line = formatLine(prepare({ type: 'decision_record', payload }, policyLogRedactor('default')), position);
    expect(canonicalProblem(JSON.parse(line), line)).toBeUndefined();
  });

  test.each([
    ['a long text', 'é'.repeat(100_000)],
    ['a very long text', 'word '.repeat(3_000_000)],
    ['escapes', '\u0001'.repeat(60_000)],
    ['characters of four bytes', '🜁'.repeat(40_000)],
    ['many long texts', Array.from({ length: 30 }, (_, index) => `${index}`.repeat(5_000))],
    ['many short texts', Array.from({ length: 30_000 }, (_, index) => `t${index}`)],
    [
      'very many long texts',
      Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 'v'.repeat(70)])),
    ],
    ['many marks', Array.from({ length: 20_000 }, () => undefined)],
    ['long names', Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}`.repeat(2_000), index]))],
  ])('that does not fit is cut, and says so: %s', (_, data) => {
    const line = lineOf(data);
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
    const entry = JSON.parse(line) as { lossy: Record<string, string>; payload: { data: unknown } };
    expect(Object.values(entry.lossy).some((mark) => mark.startsWith('cut:'))).toBe(true);
    expect(canonicalProblem(entry as never, line)).toBeUndefined();
    if (typeof data === 'string') {
      // What is kept is the beginning, whole characters, as much as fits.
      expect(data.startsWith(String(entry.payload.data))).toBe(true);
      expect(Buffer.byteLength(line)).toBeGreaterThan(MAX_LINE_BYTES - 100);
      expect(entry.lossy['/payload/data']).toBe(`cut:${Buffer.byteLength(data)}`);
    }
  });

  test('that was cut verifies, and its redaction knew the whole token', async () => {
    const { audit, sink } = memoryLog();
    audit.record({ text: `${'x '.repeat(65_530)}jane.long.address@example.org` });
    await audit.close();
    expect(await verify(sink.bytes(sink.list()[0] ?? ''), { keys: [KEY.vkey] })).toMatchObject({ ok: true });
    expect(JSON.stringify(ofType(sink.entries(), 'decision_record'))).not.toContain('jane');
  });
});

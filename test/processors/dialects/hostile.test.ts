import { fc } from '../../fast-check.ts';
import { describe, expect, test } from 'vitest';

import { DIALECTS } from '../../../processors/dialects/index.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import { Normaliser } from '../../../src/normalise.ts';
import { EVERYTHING, KNOWN_KEYS, NOTHING, OPERATIONS, SCOPES, SPAN_NAMES, TEXTS } from './known.ts';
import { spanOf } from '../../spans.ts';

/** Spans whose attributes are of the wrong type, enormous or malicious: nothing throws, nothing unusable is stated. */

const throws = {
  get role(): string {
    throw new Error('getter');
  },
};
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

const ODD: readonly unknown[] = [
  undefined,
  null,
  '',
  'x',
  '{',
  '[',
  '[[',
  '{"__proto__":{"x":1},"constructor":{"prototype":1}}',
  '[null,1,"a",{"parts":[null,{"type":"tool_call"}],"tool_calls":{"length":3}},[]]',
  '[{"name":{"name":1}},{"function":null},{"function":{"name":[]}}]',
  '"lone \uD800"',
  'a,b,,c',
  Number.NaN,
  Infinity,
  -0,
  -1,
  1e300,
  2 ** 53,
  0.1,
  true,
  10n,
  Symbol('s'),
  () => 1,
  [],
  [null, undefined, 1, 'a', [], {}],
  {},
  throws,
  [throws],
  cycle,
  [cycle],
  new Map(),
  new Date(Number.NaN),
  new Uint8Array(3),
];

const attributes = fc.dictionary(
  fc.constantFrom(...KNOWN_KEYS),
  fc.oneof(fc.constantFrom(...ODD, ...TEXTS), fc.anything()),
  {
    maxKeys: 40,
  },
);

const span = fc
  .record({
    base: attributes,
    operation: fc.constantFrom(...OPERATIONS),
    scope: fc.constantFrom(...SCOPES),
    name: fc.constantFrom(...SPAN_NAMES),
    status: fc.constantFrom('unset' as const, 'ok' as const, 'error' as const),
    kind: fc.constantFrom('client', 'internal', 'odd'),
    events: fc.array(fc.record({ name: fc.constantFrom(...KNOWN_KEYS, '__proto__'), attributes }), { maxLength: 4 }),
  })
  .map(({ base, operation, scope, events, ...more }): SpanSnapshot =>
    spanOf(
      { ...base, ...operation },
      {
        ...more,
        scope: { name: scope, version: undefined },
        events: events.map((event) => ({ ...event, timeMillis: 0 })),
      },
    ),
  );

describe('hostile spans', () => {
  test('never throw, and what is mapped can be written', () => {
    fc.assert(
      fc.property(span, (snapshot) => {
        for (const dialect of DIALECTS) {
          dialect.recognises(snapshot.attributes, snapshot.scope.name);
          for (const capture of [EVERYTHING, NOTHING]) {
            const mapped = dialect.map(snapshot, capture);
            if (mapped === undefined) continue;
            for (const count of Object.values(mapped.usage ?? {})) {
              expect(Number.isSafeInteger(count) && (count as number) >= 0).toBe(true);
            }
            const text = new Normaliser([]).member('payload', [mapped.payload, mapped.approvals ?? []]);
            expect(() => JSON.parse(text) as unknown).not.toThrow();
          }
        }
      }),
      { numRuns: 2_000 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('members of a payload are never undefined', () => {
    const deep = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      Object.values(value).every((item) => item !== undefined && deep(item));
    fc.assert(
      fc.property(span, (snapshot) => {
        for (const dialect of DIALECTS) {
          const mapped = dialect.map(snapshot, NOTHING);
          const { parameters: _, ...payload } = (mapped?.payload ?? {}) as Readonly<Record<string, unknown>>;
          expect(deep(payload)).toBe(true);
        }
      }),
    );
  });

  test('two hundred kilobytes of anything are quick', () => {
    const big = 'x'.repeat(200_000);
    for (const text of [
      big,
      `[${'['.repeat(100_000)}`,
      `["${big}"]`,
      ` ${'\t'.repeat(200_000)}{`,
      '1'.repeat(200_000),
    ]) {
      for (const key of KNOWN_KEYS) {
        const started = performance.now();
        for (const operation of [
          { 'gen_ai.operation.name': 'chat' },
          { 'ai.operationId': 'ai.streamText.doStream' },
          { 'langfuse.observation.type': 'generation' },
          { 'mastra.span.type': 'model_inference' },
          { 'langsmith.span.kind': 'llm' },
          { 'genkit:metadata:subtype': 'model' },
          { 'openinference.span.kind': 'LLM' },
        ]) {
          for (const dialect of DIALECTS) dialect.map(spanOf({ ...operation, [key]: text }), EVERYTHING);
        }
        expect(performance.now() - started).toBeLessThan(20_000);
      }
    }
  });
});

import { fc } from '../fast-check.ts';
import { describe, expect, test } from 'vitest';
import { ENTRY_TYPES } from '../../src/entry.ts';
import { annotate, annotator, strengthsOf } from '../../src/frameworks/annotate.ts';
import type { Annotation, Annotations } from '../../src/frameworks/annotate.ts';
import { findFramework, frameworks } from '../../src/frameworks/catalogue.ts';
import { CATEGORY_GROUPS } from '../../src/frameworks/catalogue/category-groups.ts';
import type { Framework, Predicate, Strength } from '../../src/frameworks/framework.ts';
import { holds } from '../../src/frameworks/predicate.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';

/** A framework in which one entry can speak for and against the same control. */
const OWN: Framework = {
  id: 'own',
  title: 'Own',
  version: '1',
  source: 'here',
  kind: 'control',
  status: 'in force',
  status_as_of: '2026-11-23',
  controls: ['A', 'B', 'C'].map((id) => ({ id, title: id, clause: id, evidence_for: id })),
  mapping: { llm_call: ['A', 'B'] },
  mapping_strength: { llm_call: { A: 'contextual', B: 'direct' } },
  conditional_mapping: [
    rule('llm_call', ['eq', 'payload.outcome', 'ok'], { A: 'direct' }),
    rule('llm_call', ['present', 'payload.outcome'], { A: 'supporting', B: 'contextual' }),
    rule('llm_call', ['eq', 'payload.outcome', 'error'], { A: 'exception', B: 'exception' }),
    rule('gap', ['always'], { A: 'exception' }),
    rule('gap', ['gt', 'payload.lost', 10], { A: 'exception', C: 'contextual' }),
  ],
  pack_level: {},
  not_evidenced_by_logs: [],
};

function rule(
  entry_type: Framework['conditional_mapping'][number]['entry_type'],
  when: Predicate,
  strength: Record<string, Strength>,
): Framework['conditional_mapping'][number] {
  return { entry_type, when, controls: Object.keys(strength), strength };
}

describe('one entry and one control', () => {
  test('what holds for every entry of the type', () => {
    expect(annotate({ type: 'llm_call', payload: {} }, [OWN])).toEqual({ own: { A: 'contextual', B: 'direct' } });
  });

  test('the strongest counts, once', () => {
    expect(annotate({ type: 'llm_call', payload: { outcome: 'ok' } }, [OWN])).toEqual({
      own: { A: 'direct', B: 'direct' },
    });
  });

  test('an exception stands first and beside the strongest, never netted', () => {
    const annotations = annotate({ type: 'llm_call', payload: { outcome: 'error' } }, [OWN]);
    expect(annotations).toEqual({
      own: { A: ['exception', 'supporting'], B: ['exception', 'direct'] },
    });
    expect(Object.values(annotations?.['own'] ?? {}).flatMap(strengthsOf)).toEqual([
      'exception',
      'supporting',
      'exception',
      'direct',
    ]);
  });

  test('two exceptions are one', () => {
    expect(annotate({ type: 'gap', payload: { lost: 11 } }, [OWN])).toEqual({
      own: { A: 'exception', C: 'contextual' },
    });
  });

  test('an entry that bears on nothing has no annotations', () => {
    expect(annotate({ type: 'message_content', payload: {} }, [OWN])).toBeUndefined();
    expect(annotate({ type: 'retention', payload: {} }, frameworks())).toBeUndefined();
    expect(annotate({ type: 'llm_call', payload: {} }, [])).toBeUndefined();
    expect(annotate({ type: 'constructor', payload: {} }, frameworks())).toBeUndefined();
    expect(annotate({ type: '__proto__', payload: {} }, frameworks())).toBeUndefined();
  });

  test('frameworks that it does not bear on are left out', () => {
    const annotations = annotate({ type: 'tally', payload: {} }, frameworks());
    expect(annotations).toEqual({
      eu_ai_act: { 'EU-AIA-12.1': 'supporting', 'EU-AIA-17.1.k': 'supporting' },
      soc2: { 'SOC2-CC2.1': 'supporting' },
      dora: { 'DORA-RTS-12.2.e': 'supporting' },
    });
  });

  test('the profile decides where a condition asks it', () => {
    const entry = { type: 'llm_call', payload: { outcome: 'ok', response_model: 'm-2' } };
    const nist = [findFramework('nist_ai_rmf')];
    expect(annotate(entry, nist)).not.toHaveProperty(['nist_ai_rmf', 'GOVERN-6.1']);
    expect(annotate(entry, nist, { approved_models: ['m-1'] })).toHaveProperty(
      ['nist_ai_rmf', 'GOVERN-6.1'],
      'exception',
    );
    expect(annotate(entry, nist, { approved_models: ['m-1', 'm-2'] })).not.toHaveProperty([
      'nist_ai_rmf',
      'GOVERN-6.1',
    ]);
  });

  test('ids are data: one named __proto__ is an own member', () => {
    const named = JSON.parse('{"__proto__": "direct"}') as Record<string, Strength>;
    const framework: Framework = { ...OWN, id: '__proto__', mapping_strength: { llm_call: named } };
    const annotations = annotate({ type: 'llm_call', payload: {} }, [framework]);
    expect(JSON.stringify(annotations)).toBe('{"__proto__":{"__proto__":"direct"}}');
    expect(Object.getPrototypeOf(annotations)).toBe(Object.prototype);
  });

  test('what entries share cannot be changed', () => {
    const of = annotator([OWN]);
    for (const payload of [{}, { outcome: 'error' }]) {
      const annotations = of({ type: 'llm_call', payload });
      expect(Object.isFrozen(annotations) && Object.values(annotations ?? {}).every(Object.isFrozen)).toBe(true);
    }
  });

  test('a condition that cannot be read is misuse, found before the first entry', () => {
    const bad = { ...OWN, conditional_mapping: [rule('gap', ['group_any', 'payload.data', ['pii']], { A: 'direct' })] };
    expect(() => annotator([bad])).toThrow(TypeError);
    expect(() => annotator([{ ...bad, category_groups: CATEGORY_GROUPS }])).not.toThrow();
  });
});

/** The definition, word for word and as slow as it likes. */
function naive(
  entry: { type: string; payload: JsonValue },
  chosen: readonly Framework[],
  profile: JsonObject,
): unknown {
  const rank: readonly Strength[] = ['direct', 'supporting', 'contextual'];
  const all: Record<string, Record<string, Annotation>> = {};
  for (const framework of chosen) {
    const hits: [string, Strength | undefined][] = [];
    for (const [type, controls] of Object.entries(framework.mapping)) {
      if (type !== entry.type) continue;
      for (const id of controls)
        hits.push([id, Object.entries(framework.mapping_strength).find(([t]) => t === type)?.[1][id]]);
    }
    for (const { entry_type, when, controls, strength } of framework.conditional_mapping) {
      if (entry_type !== entry.type || !holds(when, entry, profile, framework.category_groups)) continue;
      for (const id of controls) hits.push([id, strength[id]]);
    }
    for (const id of new Set(hits.map(([hit]) => hit))) {
      const strengths = hits.filter(([hit]) => hit === id).map(([, strength]) => strength);
      const strongest = rank.find((strength) => strengths.includes(strength));
      const exception = strengths.includes('exception');
      (all[framework.id] ??= {})[id] = (
        exception && strongest !== undefined ? ['exception', strongest] : (strongest ?? 'exception')
      ) as Annotation;
    }
  }
  return Object.keys(all).length > 0 ? all : undefined;
}

/** Every path that a condition names, with the values that it asks for: random entries then meet the conditions. */
const interesting = new Map<string, Set<JsonValue>>();
const ALL = [...frameworks(), OWN];
for (const framework of ALL) {
  for (const { when } of framework.conditional_mapping) collect(when);
  for (const { applies_if } of framework.controls) if (applies_if !== undefined) collect(applies_if);
}

function collect(predicate: Predicate): void {
  const [operation, ...operands] = predicate;
  if (operation === 'and' || operation === 'or' || operation === 'not') {
    for (const operand of operands) collect(operand as Predicate);
    return;
  }
  const [path, wanted] = operands as [string | undefined, JsonValue | undefined];
  if (path === undefined) return;
  const values = interesting.get(path) ?? new Set<JsonValue>();
  interesting.set(path, values);
  if (operation === 'group_any') {
    for (const group of wanted as string[])
      for (const name of [group, ...(CATEGORY_GROUPS[group] ?? [])]) values.add([name]);
  } else if (operation === 'in_profile') {
    values.add('m-1').add('m-2');
  } else if (Array.isArray(wanted)) {
    for (const item of wanted as JsonValue[]) values.add(operation === 'in' ? item : [item]);
  } else if (wanted !== undefined) {
    values.add(wanted);
  }
}

function objectAt(root: string): fc.Arbitrary<JsonObject> {
  const paths = [...interesting].filter(([path]) => path.startsWith(`${root}.`));
  const members = paths.map(([path, values]) => {
    const value = fc.constantFrom<JsonValue>(...values, 'else', ['else', ...values].flat(), [], '', null, true, 11);
    return fc.option(fc.tuple(fc.constant(path), value), { nil: undefined, freq: 2 });
  });
  return fc.tuple(...members).map((chosen) => {
    const object: Record<string, JsonValue> = {};
    for (const pair of chosen) {
      if (pair === undefined) continue;
      const [, ...names] = pair[0].split('.');
      let at = object;
      for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Record<string, JsonValue>;
      if (typeof at === 'object' && at !== null) at[names.at(-1) ?? ''] = pair[1];
    }
    return object;
  });
}

const entries = fc.record({ type: fc.constantFrom<string>(...ENTRY_TYPES), payload: objectAt('payload') });
const profiles = objectAt('profile').map((profile): JsonObject => ({ approved_models: ['m-1'], ...profile }));

describe('properties', () => {
  test('more combinations of conditions than are kept at hand, each twice', () => {
    const names = Array.from({ length: 11 }, (_, index) => `c${index}`);
    const many: Framework = {
      ...OWN,
      controls: names.map((id) => ({ id, title: id, clause: id, evidence_for: id })),
      mapping: {},
      mapping_strength: {},
      conditional_mapping: names.map((id) => rule('change', ['present', `payload.${id}`], { [id]: 'direct' })),
    };
    const of = annotator([many]);
    for (const combination of [...Array(4096).keys()].map((index) => index % 2048)) {
      const chosen = names.filter((_, index) => (combination >> index) % 2 === 1);
      const payload = Object.fromEntries(chosen.map((id) => [id, 1]));
      const expected = chosen.length > 0 ? { own: Object.fromEntries(chosen.map((id) => [id, 'direct'])) } : undefined;
      expect(of({ type: 'change', payload })).toEqual(expected);
    }
  });

  test('the precompiled annotator is the definition', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(entries, profiles, (entry, profile) => {
        const annotations = annotator(ALL, profile)(entry);
        expect(annotations).toEqual(naive(entry, ALL, profile));
        note(seen, annotations);
      }),
      { numRuns: 3000 },
    );
    // Only a generator that reaches every kind of answer proves anything.
    expect([...seen].sort()).toEqual(
      ['contextual', 'direct', 'exception', 'exception,direct', 'exception,supporting', 'supporting'].sort(),
    );
  });

  test('pure: no memory between entries, nothing changed in entry, profile or frameworks', () => {
    const before = JSON.stringify(ALL);
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 8 }), profiles, (several, profile) => {
        const input = JSON.stringify([several, profile]);
        const of = annotator(ALL, profile);
        const forward = several.map(of);
        const backward = several.toReversed().map(of).toReversed();
        expect(backward).toEqual(forward);
        expect(several.map((entry) => annotate(entry, ALL, profile))).toEqual(forward);
        expect(JSON.stringify([several, profile])).toBe(input);
      }),
      { numRuns: 200 },
    );
    expect(JSON.stringify(ALL)).toBe(before);
  });

  test('the order of frameworks and rules does not matter, nor a framework given twice', () => {
    fc.assert(
      fc.property(
        entries,
        profiles,
        fc.shuffledSubarray(ALL, { minLength: ALL.length }),
        (entry, profile, shuffled) => {
          const reversed = shuffled.map((framework) => ({
            ...framework,
            conditional_mapping: framework.conditional_mapping.toReversed(),
          }));
          expect(annotate(entry, [...reversed, ...shuffled], profile)).toEqual(annotate(entry, ALL, profile));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('several frameworks together say what each says alone', () => {
    fc.assert(
      fc.property(entries, profiles, (entry, profile) => {
        const alone = Object.assign({}, ...ALL.map((framework) => annotate(entry, [framework], profile))) as object;
        expect(annotate(entry, ALL, profile) ?? {}).toEqual(alone);
      }),
      { numRuns: 500 },
    );
  });
});

function note(seen: Set<string>, annotations: Annotations | undefined): void {
  for (const controls of Object.values(annotations ?? {})) {
    for (const annotation of Object.values(controls)) seen.add(strengthsOf(annotation).join());
  }
}

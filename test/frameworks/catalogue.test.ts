import { describe, expect, test } from 'vitest';
import { ENTRY_TYPES } from '../../src/entry.ts';
import type { EntryType } from '../../src/entry.ts';
import { SpansealError } from '../../src/error.ts';
import { annotate } from '../../src/frameworks/annotate.ts';
import {
  CATALOGUE_AS_OF,
  CATALOGUE_VERSION,
  catalogueDocument,
  findFramework,
  frameworkIds,
  frameworks,
} from '../../src/frameworks/catalogue.ts';
import { catalogueProblems } from '../../src/frameworks/document.ts';
import { STRENGTHS } from '../../src/frameworks/framework.ts';
import type { Framework } from '../../src/frameworks/framework.ts';
import type { JsonObject } from '../../src/json.ts';

const EU = findFramework('eu_ai_act');
const NIST = findFramework('nist_ai_rmf');
const GDPR = findFramework('gdpr');

describe('which frameworks there are', () => {
  test('four, by id and alias', () => {
    expect(frameworkIds).toEqual(['eu_ai_act', 'nist_ai_rmf', 'iso_42001', 'gdpr']);
    expect(frameworks().map(({ id }) => findFramework(id))).toEqual(frameworks());
    expect(findFramework('nist_rmf')).toBe(NIST);
  });

  test('another is refused, and the message names these', () => {
    for (const name of ['EU_AI_ACT', '', '__proto__', 'constructor', 'soc 2"\n']) {
      const refused = refusalOf(name);
      expect(refused.code).toBe('UNKNOWN_FRAMEWORK');
      expect(refused.message).toBe(
        `the catalogue has no framework ${JSON.stringify(name)}; it has eu_ai_act, nist_ai_rmf or nist_rmf, iso_42001, gdpr`,
      );
    }
  });

  test('their size, so that nothing goes missing unnoticed', () => {
    const sizes = frameworks().map(({ id, controls, conditional_mapping, not_evidenced_by_logs }) => [
      id,
      controls.length,
      conditional_mapping.length,
      not_evidenced_by_logs.length,
    ]);
    expect(sizes).toEqual([
      ['eu_ai_act', 74, 39, 11],
      ['nist_ai_rmf', 43, 24, 2],
      ['iso_42001', 47, 19, 13],
      ['gdpr', 36, 26, 4],
    ]);
    expect([CATALOGUE_VERSION, CATALOGUE_AS_OF]).toEqual(['2026.11.2', '2026-11-23']);
  });
});

describe.each(frameworks().map((framework) => [framework.id, framework] as const))('%s', (_id, framework) => {
  test('has no problem: every control, type, strength, group and condition is known, and the mappings agree', () => {
    expect(catalogueProblems(catalogueDocument([framework]))).toEqual([]);
  });

  test('every control bears on an entry, on a pack, or is one to ask for elsewhere', () => {
    const spoken = new Set([
      ...mapped(framework),
      ...Object.values(framework.pack_level).flat(),
      ...framework.not_evidenced_by_logs.map(({ id }) => id),
    ]);
    expect(framework.controls.map(({ id }) => id).filter((id) => !spoken.has(id))).toEqual([]);
  });

  test('what logs do not evidence is mapped to no entry', () => {
    const ids = new Set(mapped(framework));
    expect(framework.not_evidenced_by_logs.filter(({ id }) => ids.has(id))).toEqual([]);
  });

  test('maps what a business writes and its calls', () => {
    const written: EntryType[] = [
      'audit_open',
      'decision',
      'decision_record',
      'decision_end',
      'llm_call',
      'tool_call',
      'context_assembly',
      'agent_invocation',
      'policy_flag',
      'guardrail',
      'evaluation',
      'incident',
      'erasure',
      'audit_close',
      'seal',
    ];
    for (const type of written) expect(framework.mapping[type], type).not.toEqual([]);
    expect(Object.keys(framework.mapping).sort()).toEqual([...written, 'human_oversight'].sort());
  });

  test('promises evidence, never that a clause is met, and invents no word of the law', () => {
    for (const control of framework.controls) {
      expect(control.evidence_for).not.toMatch(/complian|conform|certif|guarantee|\bprov(?:e|es|ing)\b/i);
      expect(`${control.title} ${control.clause} ${control.evidence_for}`).not.toMatch(/tamper/i);
    }
  });
});

test('every entry type bears on some framework, but for those that only account for the record', () => {
  const types = new Set<string>();
  for (const { mapping_strength, conditional_mapping } of frameworks()) {
    for (const type of Object.keys(mapping_strength)) types.add(type);
    for (const { entry_type } of conditional_mapping) types.add(entry_type);
  }
  expect(ENTRY_TYPES.filter((type) => !types.has(type))).toEqual([
    'message_content',
    'reconciliation',
    'clock_step',
    'retention',
  ]);
});

test('a gap is an exception to record-keeping, and nothing good beside it', () => {
  const annotations = annotate({ type: 'gap', payload: { lost: 1 } }, frameworks());
  expect(Object.keys(annotations ?? {}).sort()).toEqual(['eu_ai_act', 'iso_42001', 'nist_ai_rmf']);
  for (const controls of Object.values(annotations ?? {})) {
    expect(new Set(Object.values(controls))).toEqual(new Set(['exception']));
  }
});

describe('the AI Act as amended', () => {
  const dateOf = (id: string): unknown => EU.controls.find((control) => control.id === id)?.applies_from;

  test('the dates of the high-risk chapter, of Article 50 and of what hangs on them', () => {
    const highRisk = { annex_iii: '2027-12-02', annex_i: '2028-08-02' };
    for (const id of ['EU-AIA-9.6', 'EU-AIA-12.1', 'EU-AIA-14.1', 'EU-AIA-19.1', 'EU-AIA-26.6', 'EU-AIA-73.1']) {
      expect(dateOf(id), id).toEqual(highRisk);
    }
    expect(dateOf('EU-AIA-50.1')).toEqual({ all: '2026-08-02' });
    expect(dateOf('EU-AIA-50.2')).toEqual({
      new_systems: '2026-08-02',
      'on_market_before_2026-08-02': '2026-12-02',
    });
    expect(dateOf('EU-AIA-4a.1')).toEqual({ all: '2026-07-27' });
    expect(EU.controls.filter(({ applies_from }) => applies_from === undefined)).toEqual([]);
  });

  test('its status says that the Regulation does not speak of tampering', () => {
    expect(EU.status).toMatch(/The word 'tamper' does not occur in the Regulation/);
  });

  test('provider and deployer duties keep apart: keeping logs is 19(1) for one and 26(6) for the other', () => {
    const roleOf = (id: string): unknown => EU.controls.find((control) => control.id === id)?.role;
    expect(roleOf('EU-AIA-19.1')).toBe('provider');
    expect(roleOf('EU-AIA-26.6')).toBe('deployer');
  });
});

describe('mapping errors found in other systems are not ours', () => {
  test('Art. 10(5) AI Act was deleted: no control is it, and its successor is evidenced by no entry', () => {
    expect(EU.controls.map(({ id }) => id).filter((id) => id.startsWith('EU-AIA-10.5'))).toEqual([]);
    expect(EU.controls.filter(({ clause }) => clause.startsWith('Art. 10(5)'))).toEqual([]);
    expect(mapped(EU)).not.toContain('EU-AIA-4a.1');
  });

  test('a special category in a prompt is not bias detection', () => {
    const flag = { type: 'policy_flag', payload: { reason: 'r', action: 'blocked', data: ['health'] } };
    expect(
      Object.keys(annotate(flag, [EU])?.['eu_ai_act'] ?? {}).filter((id) => /^EU-AIA-(?:10|4a)\./.test(id)),
    ).toEqual([]);
  });

  test('bias in the data sets is Art. 10(2)(f) only for training, validation and test sets', () => {
    const of = (payload: JsonObject): unknown => annotate({ type: 'evaluation', payload }, [EU])?.['eu_ai_act'];
    expect(of({ kind: 'bias', dataset: { kind: 'test' } })).toHaveProperty(['EU-AIA-10.2.f'], 'direct');
    expect(of({ kind: 'bias', phase: 'production' })).not.toHaveProperty(['EU-AIA-10.2.f']);
  });

  test('MEASURE 2.1 is test and evaluation, never a production call', () => {
    expect(typesOf(NIST, 'MEASURE-2.1')).toEqual(['evaluation']);
    const call = annotate({ type: 'llm_call', payload: { outcome: 'ok' } }, [NIST])?.['nist_ai_rmf'];
    expect(call).toHaveProperty(['MEASURE-2.4'], 'direct');
  });

  test('Art. 30 GDPR is a register: one pointer in the opening, contextual, and nothing else', () => {
    expect(typesOf(GDPR, 'GDPR-30.1')).toEqual(['audit_open']);
    expect(GDPR.mapping_strength.audit_open?.['GDPR-30.1']).toBe('contextual');
  });

  test('keeping logs is not cited as Art. 26(10), monitoring not as 61, incidents not as 62', () => {
    for (const { clause } of EU.controls) expect(clause).not.toMatch(/^Art\. (?:26\(10\)|61|62)/);
    expect(typesOf(EU, 'EU-AIA-73.1')).toEqual(['incident']);
  });

  test('a decision is not an impact assessment', () => {
    expect(typesOf(findFramework('iso_42001'), 'ISO42001-A.5.2')).toEqual([]);
  });

  test('an anchor is no back-up: it bears on the keeping of records only, as support', () => {
    expect(annotate({ type: 'anchor', payload: { kind: 'rfc3161' } }, frameworks())).toEqual({
      eu_ai_act: { 'EU-AIA-17.1.k': 'supporting' },
    });
  });

  describe('a review without a person is not human oversight', () => {
    /** Everything else that a review could have in its favour. */
    const review = {
      reviewer: 'u-12',
      competence_ref: 'c-1',
      shown: { refs: ['x'] },
      stage: 'before_effect',
    };
    const oversight: Readonly<Record<string, RegExp>> = {
      eu_ai_act: /^EU-AIA-(?:12\.3\.d|13\.3\.d|14\.|26\.2$|27\.1\.e|86\.1)/,
      nist_ai_rmf: /^(?:MAP-3\.[45]|GOVERN-3\.2|MANAGE-4\.1)$/,
      iso_42001: /^ISO42001-A\.(?:9\.[23]|3\.2|4\.6)$/,
      gdpr: /^GDPR-(?:21\.1|22\.)/,
    };
    const actions = ['approved', 'rejected', 'overridden', 'reversed', 'disregarded', 'stopped', 'interrupted'];
    const triggers = ['contest', 'data_subject_request', 'objection', 'policy'];
    const profile = { annex_iii_points: ['1a'] };

    const claims = (payload: JsonObject): string[] =>
      Object.entries(annotate({ type: 'human_oversight', payload }, frameworks(), profile) ?? {}).flatMap(
        ([framework, controls]) => Object.keys(controls).filter((id) => oversight[framework]?.test(id)),
      );

    test.each(['service', 'model', 'unknown', undefined])('reviewer_kind %s', (reviewer_kind) => {
      for (const action of actions) {
        for (const trigger of triggers) {
          expect(claims({ ...review, action, trigger, ...(reviewer_kind && { reviewer_kind }) })).toEqual([]);
        }
      }
    });

    test('the same review by a person is', () => {
      expect(claims({ ...review, action: 'overridden', trigger: 'contest', reviewer_kind: 'person' })).toEqual(
        expect.arrayContaining(['EU-AIA-14.1', 'EU-AIA-14.4.d', 'EU-AIA-26.2', 'MAP-3.5', 'GDPR-22.1', 'GDPR-22.3']),
      );
    });

    test('a person who is not named carries no general claim of oversight', () => {
      const ids = claims({ reviewer_kind: 'person', action: 'approved' });
      expect(ids).not.toContain('EU-AIA-14.1');
      expect(ids).not.toContain('MAP-3.5');
    });
  });

  test('what was redacted in the record only is not protection by design', () => {
    const of = (applied_to: string): unknown =>
      annotate({ type: 'policy_flag', payload: { action: 'redacted', data: ['email'], applied_to } }, [GDPR])?.['gdpr'];
    expect(of('record')).not.toHaveProperty(['GDPR-25.1']);
    expect(of('model_input')).toHaveProperty(['GDPR-25.1'], 'direct');
  });
});

test('only rules make exceptions: no type of entry is one by itself but the gap and the recovery', () => {
  const always = new Set<string>();
  for (const { mapping_strength, conditional_mapping } of frameworks()) {
    for (const [type, strengths] of Object.entries(mapping_strength)) {
      if (Object.values(strengths).includes('exception')) always.add(type);
    }
    for (const { entry_type, when, strength } of conditional_mapping) {
      if (when[0] === 'always' && Object.values(strength).includes('exception')) always.add(entry_type);
    }
  }
  expect([...always].sort()).toEqual(['gap', 'recovery']);
  expect(STRENGTHS).toEqual(['direct', 'supporting', 'contextual', 'exception']);
});

function mapped({ mapping, conditional_mapping }: Framework): string[] {
  return [...Object.values(mapping).flat(), ...conditional_mapping.flatMap(({ controls }) => controls)];
}

function typesOf({ mapping, conditional_mapping }: Framework, id: string): string[] {
  const types = new Set<string>();
  for (const [type, ids] of Object.entries(mapping)) if (ids.includes(id)) types.add(type);
  for (const { entry_type, controls } of conditional_mapping) if (controls.includes(id)) types.add(entry_type);
  return [...types];
}

function refusalOf(name: string): SpansealError {
  try {
    findFramework(name);
  } catch (error) {
    if (error instanceof SpansealError) return error;
  }
  throw new Error(`${name} was not refused`);
}

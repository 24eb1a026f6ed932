import { readFileSync } from 'node:fs';
import { join } from 'node:path';

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

const EU = findFramework('eu_ai_act');
const NIST = findFramework('nist_ai_rmf');

describe('which frameworks there are', () => {
  test('twelve, by id and alias', () => {
    expect(frameworkIds).toEqual([
      'eu_ai_act',
      'nist_ai_rmf',
      'iso_42001',
      'gdpr',
      'nist_ai_600_1',
      'soc2',
      'iso_27001',
      'dora',
      'pci_dss',
      'nist_800_53',
      'owasp_llm',
      'owasp_asi',
    ]);
    expect(frameworks().map(({ id }) => findFramework(id))).toEqual(frameworks());
    expect(findFramework('nist_rmf')).toBe(NIST);
  });

  test('another is refused, and the message names these', () => {
    for (const name of ['EU_AI_ACT', '', '__proto__', 'constructor', 'soc 2"\n']) {
      const refused = refusalOf(name);
      expect(refused.code).toBe('UNKNOWN_FRAMEWORK');
      expect(refused.message).toBe(
        `the catalogue has no framework ${JSON.stringify(name)}; it has eu_ai_act, nist_ai_rmf or nist_rmf, iso_42001, gdpr, nist_ai_600_1, soc2, iso_27001, dora, pci_dss, nist_800_53, owasp_llm, owasp_asi`,
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
      ['gdpr', 36, 26, 5],
      ['nist_ai_600_1', 48, 17, 1],
      ['soc2', 21, 13, 2],
      ['iso_27001', 15, 11, 2],
      ['dora', 20, 14, 4],
      ['pci_dss', 14, 8, 2],
      ['nist_800_53', 20, 11, 1],
      ['owasp_llm', 10, 12, 0],
      ['owasp_asi', 10, 8, 0],
    ]);
    expect([CATALOGUE_VERSION, CATALOGUE_AS_OF]).toEqual(['2026.12.1', '2026-11-23']);
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
    // Of security and risks not every type of entry says something.
    const whole = ['eu_ai_act', 'nist_ai_rmf', 'iso_42001', 'gdpr', 'nist_ai_600_1', 'soc2', 'iso_27001', 'dora'];
    if (whole.includes(framework.id)) {
      for (const type of written) expect(framework.mapping[type], type).not.toEqual([]);
    }
    expect(Object.keys(framework.mapping).sort()).toEqual([...written, 'human_oversight'].sort());
  });

  test('promises evidence, never that a clause is met, and invents no word of the law', () => {
    for (const control of framework.controls) {
      expect(control.evidence_for).not.toMatch(/complian|conform|certif|guarantee|\bprov(?:e|es|ing)\b/i);
      // Two texts do speak of it: NIST AI 600-1 of a tamper-proof history, the technical standard of DORA of tampering.
      const quoted = ['NIST600-MS-2.8-003', 'DORA-RTS-12.2.d'].includes(control.id) ? '' : control.title;
      expect(`${quoted} ${control.clause} ${control.evidence_for}`).not.toMatch(/tamper/i);
    }
  });

  test('no rule stands twice, and none only repeats what every entry of its type has', () => {
    const rules = framework.conditional_mapping.map(({ entry_type, when }) => JSON.stringify([entry_type, when]));
    expect(rules.filter((rule, index) => rules.indexOf(rule) !== index)).toEqual([]);
    const repeated = framework.conditional_mapping.filter(({ entry_type, strength }) =>
      Object.entries(strength).every(([id, given]) => framework.mapping_strength[entry_type]?.[id] === given),
    );
    expect(repeated).toEqual([]);
  });

  test('its conditions name members that entries have, and words that stand there', () => {
    for (const { entry_type, when } of framework.conditional_mapping) {
      for (const [member, words] of comparisons(when)) {
        const { known, listed } = memberOf(entry_type, member);
        expect(known, `${entry_type}.${member}`).toBe(true);
        if (listed !== undefined) expect(listed, `${entry_type}.${member}`).toEqual(expect.arrayContaining([...words]));
      }
    }
  });
});

test('ids of controls are those of one framework only', () => {
  const ids = frameworks().flatMap(({ controls }) => controls.map(({ id }) => id));
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

test('every entry type bears on some framework, but for those that only account for the record', () => {
  const types = new Set<string>();
  for (const { mapping_strength, conditional_mapping } of frameworks()) {
    for (const type of Object.keys(mapping_strength)) types.add(type);
    for (const { entry_type } of conditional_mapping) types.add(entry_type);
  }
  expect(ENTRY_TYPES.filter((type) => !types.has(type))).toEqual(['message_content', 'retention']);
});

test('a gap is an exception to record-keeping, and speaks for nothing but that such failures are noticed', () => {
  const annotations = annotate({ type: 'gap', payload: { lost: 1 } }, frameworks()) ?? {};
  expect(
    Object.entries(annotations)
      .filter(([, controls]) => Object.values(controls).includes('exception'))
      .map(([id]) => id)
      .sort(),
  ).toEqual(['dora', 'eu_ai_act', 'iso_27001', 'iso_42001', 'nist_800_53', 'nist_ai_rmf', 'pci_dss', 'soc2']);
  expect(
    Object.values(annotations).flatMap((controls) =>
      Object.entries(controls).flatMap(([id, strength]) => (strength === 'exception' ? [] : [id])),
    ),
  ).toEqual(['DORA-RTS-12.2.e', 'PCI-10.7.2', 'NIST53-AU-5']);
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

test('only rules make exceptions: no type of entry is one by itself but the gap, the recovery and the step of a clock', () => {
  const always = new Set<string>();
  for (const { mapping_strength, conditional_mapping } of frameworks()) {
    for (const [type, strengths] of Object.entries(mapping_strength)) {
      if (Object.values(strengths).includes('exception')) always.add(type);
    }
    for (const { entry_type, when, strength } of conditional_mapping) {
      if (when[0] === 'always' && Object.values(strength).includes('exception')) always.add(entry_type);
    }
  }
  expect([...always].sort()).toEqual(['clock_step', 'gap', 'recovery']);
  expect(STRENGTHS).toEqual(['direct', 'supporting', 'contextual', 'exception']);
});

function mapped({ mapping, conditional_mapping }: Framework): string[] {
  return [...Object.values(mapping).flat(), ...conditional_mapping.flatMap(({ controls }) => controls)];
}

/** Top members of the payload that a condition is on, with the words it holds them against. */
function comparisons(when: readonly unknown[]): (readonly [string, readonly unknown[]])[] {
  const [operation, path, operand] = when;
  if (operation === 'and' || operation === 'or' || operation === 'not') {
    return when.slice(1).flatMap((part) => comparisons(part as readonly unknown[]));
  }
  const [root, member = '', ...deeper] = typeof path === 'string' ? path.split('.') : [];
  if (root !== 'payload') return [];
  const isOfWords = deeper.length === 0 && (operation === 'eq' || operation === 'ne' || operation === 'in');
  return [[member, isOfWords ? [operand].flat() : []]];
}

interface Schema {
  readonly $ref?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

const DEFINITIONS = (
  JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/entry.schema.json'), 'utf8')) as {
    readonly $defs: Readonly<Record<string, Schema>>;
  }
).$defs;

/** What the schema of entries says of a member of a payload. */
function memberOf(type: string, member: string): { known: boolean; listed: readonly unknown[] | undefined } {
  const declared = schemasOf(DEFINITIONS[`payload_${type}`]).flatMap(({ properties }) => properties?.[member] ?? []);
  return { known: declared.length > 0, listed: declared.find((schema) => schema.enum !== undefined)?.enum };
}

function schemasOf(schema: Schema | undefined): Schema[] {
  if (schema === undefined) return [];
  const { $ref: reference, allOf = [], anyOf = [], oneOf = [] } = schema;
  const named = reference === undefined ? [] : [DEFINITIONS[reference.slice(reference.lastIndexOf('/') + 1)]];
  return [schema, ...[...named, ...allOf, ...anyOf, ...oneOf].flatMap(schemasOf)];
}

function refusalOf(name: string): SpansealError {
  try {
    findFramework(name);
  } catch (error) {
    if (error instanceof SpansealError) return error;
  }
  throw new Error(`${name} was not refused`);
}

import { describe, expect, test } from 'vitest';

import { ENTRY_TYPES } from '../../src/entry.ts';
import { annotate, strengthsOf } from '../../src/frameworks/annotate.ts';
import { findFramework, frameworks } from '../../src/frameworks/catalogue.ts';
import type { Framework, Strength } from '../../src/frameworks/framework.ts';
import type { JsonObject } from '../../src/json.ts';

/**
 * Mapping errors that are found in other systems, a case each: what the error is, and that it is not ours. They are held
 * against all frameworks, so that a framework that is added cannot bring one in.
 */

const EU = findFramework('eu_ai_act');
const NIST = findFramework('nist_ai_rmf');
const GDPR = findFramework('gdpr');

describe('EU AI Act: articles that are gone, or are about something else', () => {
  test('Art. 10(5) cited as in force: it was deleted in 2026, and its successor is Art. 4a', () => {
    for (const { id, controls } of frameworks()) {
      const cited = controls.filter(({ clause }) => /10\(5\)/.test(clause) && !/deleted Art\. 10\(5\)/.test(clause));
      expect(cited, id).toEqual([]);
    }
    expect(EU.controls.filter(({ id }) => id.startsWith('EU-AIA-10.5'))).toEqual([]);
    expect(EU.controls.find(({ clause }) => clause.includes('10(5)'))?.clause).toMatch(/^Art\. 4a\(1\)/);
  });

  test('a special category found at run time taken for bias detection: Art. 4a is evidenced by no entry', () => {
    expect(typesOf(EU, 'EU-AIA-4a.1')).toEqual([]);
    expect(EU.not_evidenced_by_logs.map(({ id }) => id)).toContain('EU-AIA-4a.1');
    const payload = { reason: 'r', action: 'blocked', data: ['health', 'ethnicity'], applied_to: 'model_input' };
    for (const type of ['policy_flag', 'guardrail']) {
      expect(idsOf(type, payload, EU).filter((id) => /^EU-AIA-(?:10|4a)\./.test(id))).toEqual([]);
    }
  });

  test('any evaluation of bias as Art. 10(2)(f): that is about training, validation and test sets', () => {
    expect(idsOf('evaluation', { kind: 'bias', dataset: { kind: 'test' } }, EU)).toContain('EU-AIA-10.2.f');
    expect(idsOf('evaluation', { kind: 'bias', phase: 'production' }, EU)).not.toContain('EU-AIA-10.2.f');
  });

  test('Art. 26(10) as the keeping of logs: it is remote biometric identification; logs are 26(6) and 19(1)', () => {
    expect(clausesOf(/\b26\(10\)/)).toEqual([]);
    expect(titleOf(EU, 'EU-AIA-26.6')).toMatch(/logs/);
    expect(titleOf(EU, 'EU-AIA-19.1')).toMatch(/logs/);
  });

  test('Arts 61 and 62 as post-market monitoring and incidents, as drafts numbered them: they are 72 and 73', () => {
    expect(EU.controls.filter(({ clause }) => /Arts? ?\.? ?6[12]\b/.test(clause))).toEqual([]);
    expect(titleOf(EU, 'EU-AIA-72.1')).toMatch(/Post-market monitoring/);
    expect(titleOf(EU, 'EU-AIA-73.1')).toMatch(/serious incidents/);
    expect(typesOf(EU, 'EU-AIA-73.1')).toEqual(['incident']);
  });

  test('the first dates of the high-risk chapter: they were moved in 2026', () => {
    const dates = EU.controls.flatMap(({ applies_from: from }) => Object.values(from ?? {}));
    expect(dates).not.toContain('2026-08-01');
    expect(dates).not.toContain('2027-08-02');
    for (const id of ['EU-AIA-12.1', 'EU-AIA-14.1', 'EU-AIA-26.6']) {
      expect(EU.controls.find((control) => control.id === id)?.applies_from).toEqual({
        annex_iii: '2027-12-02',
        annex_i: '2028-08-02',
      });
    }
  });

  test('Art. 12 as a duty of hash chains or signatures: the Regulation has no word of it', () => {
    for (const { title, clause, evidence_for: evidence } of EU.controls) {
      expect(`${title} ${clause}`).not.toMatch(/tamper|hash|signature|immutab/i);
      expect(evidence).not.toMatch(/tamper|immutab/i);
    }
  });

  test('Art. 13 as what a log shows: it is design and instructions for use', () => {
    for (const type of ENTRY_TYPES) {
      expect(strengthsOfControl(EU, type, (id) => id.startsWith('EU-AIA-13.'))).not.toContain('direct');
    }
  });
});

describe('NIST', () => {
  test('MEASURE 2.1 for production calls: it is about test sets, metrics and tools of test and evaluation', () => {
    expect(typesOf(NIST, 'MEASURE-2.1')).toEqual(['evaluation']);
    for (const type of ['llm_call', 'tool_call', 'decision', 'agent_invocation', 'guardrail']) {
      expect(idsOf(type, { outcome: 'ok' }, NIST)).not.toContain('MEASURE-2.1');
    }
    expect(idsOf('llm_call', { outcome: 'ok' }, NIST)).toContain('MEASURE-2.4');
  });

  test('a signature with a shared key as non-repudiation (AU-10): no seal or anchor evidences it', () => {
    expect(typesOf(findFramework('nist_800_53'), 'NIST53-AU-10')).toEqual(['human_oversight']);
  });
});

describe('GDPR', () => {
  test('Art. 30 for every event: the records of processing activities are a register, not a log', () => {
    for (const type of ENTRY_TYPES) {
      const strengths = strengthsOfControl(GDPR, type, (id) => id.startsWith('GDPR-30'));
      // The opening may point to the register: alone that evidences nothing.
      expect(strengths, type).toEqual(type === 'audit_open' ? ['contextual'] : []);
    }
    expect(GDPR.not_evidenced_by_logs).toContainEqual(
      expect.objectContaining({ clause: 'Art. 30', ask_for: 'the register' }),
    );
  });

  test('what was redacted in the record only as data protection by design', () => {
    const flag = { action: 'redacted', data: ['email'] };
    expect(idsOf('policy_flag', { ...flag, applied_to: 'record' }, GDPR)).not.toContain('GDPR-25.1');
    expect(idsOf('policy_flag', { ...flag, applied_to: 'model_input' }, GDPR)).toContain('GDPR-25.1');
  });

  test('an assessment as what an entry shows: neither a DPIA nor an impact assessment is a decision', () => {
    expect(GDPR.not_evidenced_by_logs.map(({ id }) => id)).toContain('GDPR-35');
    expect(typesOf(findFramework('iso_42001'), 'ISO42001-A.5.2')).toEqual([]);
  });
});

describe('a review without a person taken for human oversight', () => {
  /** Whatever else a review could have in its favour. */
  const review = {
    reviewer: 'u-12',
    competence_ref: 'c-1',
    shown: { refs: ['x'] },
    stage: 'before_effect',
    signature: 'x',
    tool_call: 'c-1',
  };
  /** Controls that speak of people: oversight, intervention, appeal, triage, approval, trust. */
  const oversight: Readonly<Record<string, RegExp>> = {
    eu_ai_act: /^EU-AIA-(?:12\.3\.d|13\.3\.d|14\.|26\.2$|27\.1\.e|86\.1)/,
    nist_ai_rmf: /^(?:MAP-3\.[45]|GOVERN-3\.2|MANAGE-4\.1)$/,
    iso_42001: /^ISO42001-A\.(?:9\.[23]|3\.2|4\.6)$/,
    gdpr: /^GDPR-(?:21\.1|22\.)/,
    nist_ai_600_1: /^NIST600-/,
    soc2: /^SOC2-CC/,
    iso_27001: /^ISO27001-A\.5/,
    dora: /^DORA-(?!RTS-12\.1$)/,
    pci_dss: /^PCI-(?!10\.2\.2$)/,
    nist_800_53: /^NIST53-(?!AU-(?:3|12)$)/,
    owasp_llm: /^LLM/,
    owasp_asi: /^ASI09/,
  };
  const actions = [
    'approved',
    'rejected',
    'overridden',
    'reversed',
    'corrected',
    'disregarded',
    'stopped',
    'interrupted',
    'disabled',
    'rolled_back',
    'escalated',
    'acknowledged',
  ];
  const triggers = ['contest', 'data_subject_request', 'objection', 'policy', 'tool_approval'];

  const claims = (payload: JsonObject): string[] =>
    Object.entries(
      annotate({ type: 'human_oversight', payload }, frameworks(), { annex_iii_points: ['1a'] }) ?? {},
    ).flatMap(([framework, controls]) =>
      Object.entries(controls).flatMap(([id, annotation]) =>
        oversight[framework]?.test(id) === true && strengthsOf(annotation).some((strength) => strength !== 'exception')
          ? [id]
          : [],
      ),
    );

  test('every framework is looked at', () => {
    expect(Object.keys(oversight)).toEqual(frameworks().map(({ id }) => id));
  });

  test.each(['service', 'model', 'unknown', undefined])('reviewer_kind %s', (reviewer_kind) => {
    for (const action of actions) {
      for (const trigger of triggers) {
        expect(claims({ ...review, action, trigger, ...(reviewer_kind && { reviewer_kind }) })).toEqual([]);
      }
    }
  });

  test('the same review by a person is oversight', () => {
    expect(claims({ ...review, action: 'overridden', trigger: 'contest', reviewer_kind: 'person' })).toEqual(
      expect.arrayContaining([
        'EU-AIA-14.1',
        'EU-AIA-14.4.d',
        'EU-AIA-26.2',
        'MAP-3.5',
        'GDPR-22.1',
        'GDPR-22.3',
        'NIST600-MG-3.2-008',
        'SOC2-CC7.3',
        'NIST53-AU-10',
        'LLM03:2026',
        'ASI09',
      ]),
    );
  });

  test('a person who is not named carries no general claim of oversight', () => {
    const ids = claims({ reviewer_kind: 'person', action: 'approved' });
    for (const id of ['EU-AIA-14.1', 'MAP-3.5', 'NIST600-MG-3.2-008', 'SOC2-CC7.3', 'ASI09']) {
      expect(ids).not.toContain(id);
    }
  });
});

describe('integrity taken for something else', () => {
  test('an anchor as back-up or availability: it holds a digest, not a copy', () => {
    const backUp = /back(?:ed)?[ -]?up|availab|separate|recover|restor|copy|copies/i;
    for (const kind of ['rfc3161', 'cosignature']) {
      const annotations = annotate({ type: 'anchor', payload: { kind } }, frameworks()) ?? {};
      for (const [name, controls] of Object.entries(annotations)) {
        for (const id of Object.keys(controls)) expect(titleOf(findFramework(name), id), id).not.toMatch(backUp);
        expect(Object.values(controls)).not.toContain('direct');
      }
    }
    for (const { controls } of frameworks()) {
      for (const { title, evidence_for: evidence, id } of controls) {
        if (/back(?:ed)?[ -]?up|separate systems/i.test(title)) expect(evidence, id).toMatch(/^No log evidence/);
      }
    }
    const asked = frameworks().flatMap(({ not_evidenced_by_logs: asks }) => asks.map(({ id }) => id));
    expect(asked).toEqual(expect.arrayContaining(['ISO27001-A.8.13', 'PCI-10.3.3', 'NIST53-AU-9(2)']));
    expect(clausesOf(/\bA1\.2\b/)).toEqual([]);
  });

  test('a seal as protection from writing: it shows a change, and hinders none', () => {
    const pci = findFramework('pci_dss');
    expect(pci.mapping_strength.seal?.['PCI-10.3.2']).toBe('supporting');
    expect(findFramework('dora').mapping_strength.seal?.['DORA-RTS-12.2.d']).toBe('supporting');
  });

  test('a chain as the proof that everything was recorded: only that nothing recorded is missing', () => {
    const soc2 = findFramework('soc2');
    expect(soc2.mapping_strength.seal).toEqual({ 'SOC2-PI1.5': 'supporting', 'SOC2-CC2.1': 'supporting' });
    for (const { controls } of frameworks()) {
      for (const { evidence_for: evidence, id } of controls) expect(evidence, id).not.toMatch(/completeness proof/i);
    }
  });

  test('a count that is higher than expected taken for agreement, where only a lower one is looked for', () => {
    for (const difference of [-3, 3]) {
      expect(annotate({ type: 'reconciliation', payload: { difference } }, frameworks())?.['soc2']).toHaveProperty(
        ['SOC2-CC2.1'],
        ['exception', 'direct'],
      );
    }
    expect(annotate({ type: 'reconciliation', payload: { difference: 0 } }, frameworks())?.['soc2']).toHaveProperty(
      ['SOC2-CC2.1'],
      'direct',
    );
  });

  test('a loss of entries netted against the entries that are there', () => {
    for (const [type, payload] of [
      ['gap', { lost: 1 }],
      ['recovery', {}],
    ] as const) {
      expect(strengthsOfControl(EU, type, (id) => id === 'EU-AIA-12.1', payload)).toEqual(['exception']);
    }
  });
});

describe('numbers of other editions', () => {
  test('PCI DSS v3.2.1: 3.4 for a PAN that is unreadable, 10.5 for the protection of logs', () => {
    const clauses = findFramework('pci_dss').controls.map(({ clause }) => clause);
    expect(clauses).toContain('Req. 3.5.1');
    for (const old of ['Req. 3.4', 'Req. 10.5', 'Req. 10.5.5', 'Req. 10.7']) expect(clauses).not.toContain(old);
  });

  test('OWASP of 2025: Excessive Agency was LLM06, and is LLM03', () => {
    const llm = findFramework('owasp_llm');
    expect(titleOf(llm, 'LLM03:2026')).toBe('Excessive Agency');
    for (const { id } of llm.controls) expect(id).toMatch(/^LLM\d\d:2026$/);
  });

  test('OWASP as a set of controls: its items are risks, and entries are tags of them', () => {
    expect(findFramework('owasp_llm').kind).toBe('risk');
    expect(findFramework('owasp_asi').kind).toBe('risk');
  });
});

/** Entry types that may bear on a control. */
function typesOf({ mapping, conditional_mapping }: Framework, id: string): string[] {
  const types = new Set<string>();
  for (const [type, ids] of Object.entries(mapping)) if (ids.includes(id)) types.add(type);
  for (const { entry_type, controls } of conditional_mapping) if (controls.includes(id)) types.add(entry_type);
  return [...types];
}

function idsOf(type: string, payload: JsonObject, framework: Framework): string[] {
  return Object.keys(annotate({ type, payload }, [framework])?.[framework.id] ?? {});
}

/** Strengths that entries of a type can have for some controls: by any rule, or for a payload. */
function strengthsOfControl(
  framework: Framework,
  type: string,
  isMeant: (id: string) => boolean,
  payload?: JsonObject,
): Strength[] {
  if (payload !== undefined) {
    return Object.entries(annotate({ type, payload }, [framework])?.[framework.id] ?? {}).flatMap(([id, annotation]) =>
      isMeant(id) ? strengthsOf(annotation) : [],
    );
  }
  const rules = framework.conditional_mapping.filter(({ entry_type }) => entry_type === type);
  const always = Object.entries(framework.mapping_strength).flatMap(([name, given]) => (name === type ? [given] : []));
  return [...always, ...rules.map(({ strength }) => strength)].flatMap((strengths) =>
    Object.entries(strengths).flatMap(([id, strength]) => (isMeant(id) ? [strength] : [])),
  );
}

function titleOf(framework: Framework, id: string): string {
  return framework.controls.find((control) => control.id === id)?.title ?? '';
}

/** Clauses of all frameworks that match. */
function clausesOf(pattern: RegExp): string[] {
  return frameworks().flatMap(({ controls }) => controls.map(({ clause }) => clause).filter((it) => pattern.test(it)));
}

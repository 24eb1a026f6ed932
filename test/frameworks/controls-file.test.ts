import { fc } from '../fast-check.ts';
import { describe, expect, test } from 'vitest';

import { annotate } from '../../src/frameworks/annotate.ts';
import { catalogueDocument, findFramework, frameworks } from '../../src/frameworks/catalogue.ts';
import { readControlsFile, type ControlsProblem } from '../../src/frameworks/controls-file.ts';
import { catalogueProblems, MAX_CATALOGUE_BYTES } from '../../src/frameworks/document.ts';
import type { Framework } from '../../src/frameworks/framework.ts';
import { blocksOf } from '../docs/markdown.ts';

const OWN = {
  id: 'acme',
  title: 'Acme policy',
  version: '3',
  source: 'intranet',
  kind: 'requirement',
  status: 'In force.',
  status_as_of: '2026-11-23',
  controls: [
    { id: 'ACME-1', title: 'One', clause: '1', evidence_for: 'x' },
    { id: 'ACME-2', title: 'Two', clause: '2', evidence_for: 'x' },
  ],
  mapping: { decision: ['ACME-1'] },
  mapping_strength: { decision: { 'ACME-1': 'direct' } },
  conditional_mapping: [
    {
      entry_type: 'policy_flag',
      when: ['eq', 'payload.action', 'blocked'],
      controls: ['ACME-2'],
      strength: { 'ACME-2': 'supporting' },
    },
  ],
  pack_level: {},
  not_evidenced_by_logs: [],
};

function file(members: object): string {
  return JSON.stringify({ v: 1, version: 'acme-2026.1', ...members }, undefined, 2);
}

function read(source: string): readonly Framework[] {
  const reading = readControlsFile(source);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems, undefined, 1));
  return reading.frameworks;
}

function problemsOf(source: string): readonly ControlsProblem[] {
  const reading = readControlsFile(source);
  return reading.ok ? [] : reading.problems;
}

/** What stands in the text at the place of a problem. */
function textAt(source: string, { line, column }: ControlsProblem): string {
  return source.split('\n')[line - 1]?.slice(column - 1) ?? '';
}

const overlay = (members: object): string =>
  file({ overlays: [{ framework: 'eu_ai_act', version: 'a-1', ...members }] });

describe('a controls file', () => {
  test('holds frameworks of one’s own, as they stand there', () => {
    expect(readControlsFile(file({ frameworks: [OWN] }))).toEqual({
      ok: true,
      version: 'acme-2026.1',
      frameworks: [OWN],
    });
    expect(readControlsFile(file({}))).toEqual({ ok: true, version: 'acme-2026.1', frameworks: [] });
  });

  test('may hold any framework of the catalogue under another name', () => {
    for (const framework of frameworks()) {
      const { aliases: _aliases, ...other } = { ...framework, id: `my_${framework.id}` };
      expect(read(file({ frameworks: [other] }))).toEqual([other]);
    }
  });

  test('of docs/frameworks.md can be used', () => {
    const [example] = blocksOf('docs/frameworks.md').filter(({ info }) => info === 'json');
    const [own, soc2] = read(example?.code ?? '');
    expect(own?.id).toBe('acme_ai_policy');
    expect(soc2?.version).toBe('AICPA TSC 2017 with revised points of focus 2022 + acme-1');
    const flag = { type: 'policy_flag', payload: { action: 'allowed', data: ['email'] } };
    expect(annotate(flag, own === undefined ? [] : [own])).toEqual({
      acme_ai_policy: { 'ACME-AI-4.2': ['exception', 'contextual'] },
    });
  });
});

describe('an overlay', () => {
  const EU = findFramework('eu_ai_act');
  const only = (source: string): Framework => read(source)[0] as Framework;

  test('without anything but a version changes the version alone', () => {
    expect(only(overlay({}))).toEqual({ ...EU, version: `${EU.version} + a-1` });
  });

  test('adds controls, and puts others in the place of those with their id', () => {
    const controls = [
      { id: 'ACME-1', title: 'New', clause: '1', evidence_for: 'x' },
      { id: 'EU-AIA-12.1', title: 'Changed', clause: 'Art. 12(1)', evidence_for: 'x' },
    ];
    const changed = only(overlay({ controls }));
    expect(changed.controls).toHaveLength(EU.controls.length + 1);
    expect(changed.controls.at(-1)?.id).toBe('ACME-1');
    const place = EU.controls.findIndex(({ id }) => id === 'EU-AIA-12.1');
    expect(changed.controls[place]).toEqual(controls[1]);
  });

  test('adds and changes strengths, and the mapping agrees', () => {
    const strengths = { decision: { 'EU-AIA-9.6': 'contextual' }, custody: { 'EU-AIA-12.1': 'contextual' } };
    const changed = only(overlay({ mapping_strength: strengths }));
    expect(changed.mapping_strength.decision).toEqual({
      ...EU.mapping_strength.decision,
      'EU-AIA-9.6': 'contextual',
    });
    expect(changed.mapping.decision).toEqual([...(EU.mapping.decision ?? []), 'EU-AIA-9.6']);
    expect(changed.mapping.custody).toEqual(['EU-AIA-12.1']);
  });

  test('takes controls out with all that bears on them', () => {
    const changed = only(overlay({ remove_controls: ['EU-AIA-12.1', 'EU-AIA-12.3.a'] }));
    const text = JSON.stringify({ ...changed, not_evidenced_by_logs: [] });
    expect(text).not.toContain('"EU-AIA-12.1"');
    expect(text).not.toContain('"EU-AIA-12.3.a"');
    expect(changed.conditional_mapping.every(({ controls }) => controls.length > 0)).toBe(true);
  });

  test('adds rules, and may name groups of the catalogue; its own groups add to them', () => {
    const rule = {
      entry_type: 'policy_flag',
      when: ['group_any', 'payload.data', ['pii']],
      controls: ['EU-AIA-9.6'],
      strength: { 'EU-AIA-9.6': 'contextual' },
    };
    const changed = only(overlay({ conditional_mapping: [rule] }));
    const entry = { type: 'policy_flag', payload: { data: ['email'] } };
    expect(annotate(entry, [changed])?.['eu_ai_act']).toHaveProperty(['EU-AIA-9.6'], 'contextual');
    const source = file({
      overlays: [
        { framework: 'gdpr', version: 'a-1', category_groups: { pii: ['customer_number'], ours: ['x'] } },
        { framework: 'gdpr', version: 'a-2', notes: ['checked'] },
      ],
    });
    const gdpr = only(source);
    expect(gdpr.version).toBe('Regulation (EU) 2016/679 + a-1 + a-2');
    expect(gdpr.category_groups?.['pii']).toEqual(expect.arrayContaining(['email', 'customer_number']));
    expect(gdpr.notes).toEqual(['checked']);
  });

  test('may be of a framework of the same file, or called by an alias', () => {
    const overlays = [
      { framework: 'acme', version: 'b', remove_controls: ['ACME-1'] },
      { framework: 'nist_rmf', version: 'b' },
    ];
    const [acme, nist, ...more] = read(file({ frameworks: [OWN], overlays }));
    expect([acme?.id, acme?.version, acme?.controls.length]).toEqual(['acme', '3 + b', 1]);
    expect([nist?.id, more]).toEqual(['nist_ai_rmf', []]);
  });

  test('gives what a catalogue can hold, whatever is removed and added', () => {
    const ids = EU.controls.map(({ id }) => id);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...ids), { maxLength: 40 }),
        fc.dictionary(fc.constantFrom('decision', 'custody', 'gap'), fc.constantFrom('direct', 'exception')),
        (removed, given) => {
          const kept = ids.find((id) => !removed.includes(id)) ?? '';
          const strengths = Object.fromEntries(
            Object.entries(given).map(([type, strength]) => [type, { [kept]: strength }]),
          );
          const changed = read(overlay({ remove_controls: removed, mapping_strength: strengths }));
          expect(catalogueProblems(catalogueDocument(changed))).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('what is wrong is told with its line and what to do', () => {
  test.each<readonly [string, string, string, string]>([
    ['a misspelt member', file({ framewrks: [] }), 'framewrks', 'did you mean frameworks?'],
    ['a member that there is not', file({ zzz: 1 }), 'zzz', 'there are v, version, frameworks, overlays'],
    ['a misspelt entry type', overlay({ mapping_strength: { desicion: {} } }), 'desicion', 'did you mean decision?'],
    [
      'a misspelt control',
      overlay({ mapping_strength: { decision: { 'EU-AIA-9.66': 'direct' } } }),
      'EU-AIA-9.66',
      'no control is named "EU-AIA-9.66"; did you mean EU-AIA-9.6?',
    ],
    [
      'a misspelt strength',
      overlay({ mapping_strength: { decision: { 'EU-AIA-9.6': 'suporting' } } }),
      'suporting',
      'did you mean supporting?',
    ],
    ['a control to remove', overlay({ remove_controls: ['EU-AIA-9.'] }), 'EU-AIA-9.', 'no control is named'],
    ['a part', overlay({ pack_level: { inventory: ['EU-AIA-9.66'] } }), 'EU-AIA-9.66', 'did you mean EU-AIA-9.6?'],
    ['a kind', file({ frameworks: [{ ...OWN, kind: 'law' }] }), 'law', 'must be one of requirement, outcome'],
    ['an id', file({ frameworks: [{ ...OWN, id: 'Acme Policy' }] }), 'Acme Policy', 'write a name of small letters'],
    ['a name of the catalogue', file({ frameworks: [{ ...OWN, id: 'gdpr' }] }), 'gdpr', 'or write an overlay'],
    ['a name twice', file({ frameworks: [OWN, OWN] }), 'acme', 'the name "acme" is taken'],
    ['a day', file({ frameworks: [{ ...OWN, status_as_of: '2026-02-30' }] }), '2026-02-30', 'must be a day'],
    [
      'a framework that there is not',
      file({ overlays: [{ framework: 'iso_4201', version: 'x' }] }),
      'iso_4201',
      'did you mean iso_42001?',
    ],
  ])('%s', (_what, source, given, advice) => {
    const [problem, ...more] = problemsOf(source);
    expect(more).toEqual([]);
    expect(problem?.what).toContain(advice);
    expect(textAt(source, problem as ControlsProblem).startsWith(JSON.stringify(given))).toBe(true);
  });

  test.each<readonly [string, object, string]>([
    ['an operation', { when: ['equals', 'payload.action', 'x'] }, 'no operation is named "equals"'],
    ['a path', { when: ['present', 'entry.action'] }, 'write a path, as payload.action or profile.sector'],
    ['a group', { when: ['group_any', 'payload.data', ['secrets']] }, 'did you mean secret?'],
    ['strengths of others', { controls: ['EU-AIA-9.6', 'EU-AIA-9.8'] }, 'the controls and their strengths differ'],
    ['an entry type', { entry_type: 'flag' }, '"flag" cannot stand here'],
  ])('%s of a rule', (_what, members, advice) => {
    const rule = {
      entry_type: 'policy_flag',
      when: ['always'],
      controls: ['EU-AIA-9.6'],
      strength: { 'EU-AIA-9.6': 'direct' },
      ...members,
    };
    const [problem, ...more] = problemsOf(overlay({ conditional_mapping: [rule] }));
    expect(more).toEqual([]);
    expect(problem?.path).toMatch(/^overlays\[0\]\.conditional_mapping\[0\]/);
    expect(problem?.what).toContain(advice);
    expect(problem?.line).toBeGreaterThan(7);
  });

  test('all of it at once, in the order of the file', () => {
    const source = file({
      frameworks: [{ ...OWN, kind: 'law' }],
      overlays: [
        { framework: 'eu_ai_act', version: 'x', remove_controls: ['nope'] },
        { framework: 'acme', version: '' },
      ],
    });
    expect(problemsOf(source).map(({ path }) => path)).toEqual([
      'frameworks[0].kind',
      'overlays[0].remove_controls',
      'overlays[1].version',
    ]);
  });

  test.each([
    ['{\n  "v": 1, // one\n  "version": "a"\n}', 2, 'JSON has no comments'],
    ['{\n  "v": 1,\n  "version": "a",\n}', 4, 'a comma before it may be too much'],
    ['{\n  "v": 1\n  "version": "a"\n}', 3, 'a comma is expected before this'],
    ["{\n  'v': 1\n}", 2, 'double quotes'],
    ['{ "v": 1, "version": "a" }\n{}', 2, 'the end of the file is expected'],
    ['', 1, 'a value is expected'],
    ['{ "v": 01, "version": "a" }', 1, ''],
    ['\ufeff{ "v": 1, "version": "a" }', 1, ''],
    ['{\n  "v": 1,\n  "version": "a",\n  "version": "b"\n}', 4, 'has a member "version" twice'],
    ['{\n  "v": 1,\n  "version": "a",\n  "__proto__": {}\n}', 4, 'has a member "__proto__" that is not of the format'],
    ['[]', 1, 'must be an object'],
    ['{ "v": 2, "version": "a" }', 1, 'must be 1'],
    ['{}', 1, 'lacks v'],
  ])('%j', (source, line, what) => {
    const problems = problemsOf(source);
    expect(problems).not.toEqual([]);
    expect(problems[0]?.line).toBe(line);
    expect(problems[0]?.what).toContain(what);
  });

  test('what is too long or too deep is not read', () => {
    expect(problemsOf(`${' '.repeat(MAX_CATALOGUE_BYTES)}{}`)[0]?.what).toMatch(/more than 1048576/);
    expect(problemsOf('['.repeat(500_000))[0]?.what).toMatch(/too deep/);
  });

  test('what the result would cost has the limit of catalogues', () => {
    const rules = Array.from({ length: 400 }, () => ({
      entry_type: 'decision',
      when: ['in', 'payload.x', Array.from({ length: 60 }, (_, item) => item)],
      controls: ['EU-AIA-9.6'],
      strength: { 'EU-AIA-9.6': 'direct' },
    }));
    expect(problemsOf(overlay({ conditional_mapping: rules })).map(({ what }) => what)).toEqual([
      expect.stringContaining('steps to annotate an entry, more than 10000'),
    ]);
  });

  test('at most 100 places, and whatever the text is', () => {
    const wrong = Array.from({ length: 400 }, (_, index) => `nope-${index}`);
    expect(problemsOf(overlay({ remove_controls: wrong }))).toHaveLength(100);
    const good = file({ frameworks: [OWN], overlays: [{ framework: 'gdpr', version: 'x' }] });
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(20), fc.string(), (at, length, by) => {
        const reading = readControlsFile(good.slice(0, at) + by + good.slice(at + length));
        expect(reading.ok || reading.problems.length > 0).toBe(true);
        if (reading.ok) expect(catalogueProblems(catalogueDocument(reading.frameworks))).toEqual([]);
      }),
    );
  });
});

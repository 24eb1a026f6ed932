import { canonicalize } from 'json-canonicalize';
import { describe, expect, test } from 'vitest';
import { annotate } from '../../src/frameworks/annotate.ts';
import {
  catalogueDocument,
  catalogueFromDocument,
  findFramework,
  frameworks,
  readCatalogueDocument,
} from '../../src/frameworks/catalogue.ts';
import { catalogueProblems } from '../../src/frameworks/document.ts';

type Json = Record<string, unknown>;

/** What a file would hold: nothing shared with the catalogue in memory. */
function onDisk(): Json {
  return structuredClone(catalogueDocument(frameworks())) as unknown as Json;
}

describe('a catalogue document', () => {
  test('comes back as it went, byte for byte in its canonical form', () => {
    const document = catalogueDocument(frameworks());
    const bytes = canonicalize(document);
    const read = readCatalogueDocument(JSON.parse(bytes));
    expect(read).toEqual(document);
    expect(canonicalize(read)).toBe(bytes);
    expect(catalogueFromDocument(JSON.parse(bytes))).toEqual(frameworks());
  });

  test('holds the chosen frameworks only', () => {
    const [gdpr] = catalogueFromDocument(catalogueDocument([findFramework('gdpr')]));
    expect(gdpr).toEqual(findFramework('gdpr'));
    expect(catalogueDocument([]).frameworks).toEqual([]);
  });

  test('alone gives the same annotations, its category groups among them', () => {
    const document = onDisk();
    const flag = { type: 'policy_flag', payload: { action: 'flagged', data: ['faith'] } };
    expect(annotate(flag, catalogueFromDocument(document))).toEqual(annotate(flag, frameworks()));

    edit(document, ['frameworks', 3, 'category_groups', 'special_category'], ['faith']);
    expect(annotate(flag, frameworks())).not.toHaveProperty(['gdpr', 'GDPR-9.1']);
    expect(annotate(flag, catalogueFromDocument(document))).toHaveProperty(['gdpr', 'GDPR-9.1'], 'exception');
  });

  test('says what the strengths mean', () => {
    expect(catalogueDocument([]).strengths.exception).toMatch(/never netted/);
  });
});

type At = readonly (string | number)[];
const EU: At = ['frameworks', 0];

describe('what is refused, and how', () => {
  test.each<readonly [At, unknown, string]>([
    [['v'], 2, 'catalogue.v: must be 1'],
    [['version'], '', 'catalogue.version: must be a text of 1 to 4096 characters'],
    [['as_of'], '2026-02-30', 'catalogue.as_of: must be a day, YYYY-MM-DD'],
    [['as_of'], '2026-2-3', 'catalogue.as_of: must be a day, YYYY-MM-DD'],
    [['extra'], 1, 'catalogue: has a member "extra" that is not of the format'],
    [['__proto__'], {}, 'catalogue: has a member "__proto__" that is not of the format'],
    [['strengths', 'exception'], undefined, 'catalogue.strengths.exception: must be a text of 1 to 4096 characters'],
    [['frameworks'], {}, 'catalogue.frameworks: must be an array'],
    [EU, 7, 'catalogue.frameworks[0]: must be an object'],
    [[...EU, 'id'], '__proto__', 'catalogue.frameworks[0].id: "__proto__" cannot stand here'],
    [[...EU, 'id'], 'gdpr', 'catalogue.frameworks[3]: the name "gdpr" is taken'],
    [[...EU, 'aliases'], ['nist_rmf'], 'catalogue.frameworks[1]: the name "nist_rmf" is taken'],
    [
      [...EU, 'kind'],
      'law',
      'catalogue.frameworks[0].kind: must be one of requirement, outcome, suggested_action, control, criterion, risk',
    ],
    [
      [...EU, 'controls', 3, 'title'],
      3,
      'catalogue.frameworks[0].controls[3].title: must be a text of 1 to 4096 characters',
    ],
    [
      [...EU, 'controls', 1, 'id'],
      'EU-AIA-4a.1',
      'catalogue.frameworks[0].controls[1]: the control "EU-AIA-4a.1" is there already',
    ],
    [
      [...EU, 'controls', 1, 'applies_from', 'annex_i'],
      'soon',
      'catalogue.frameworks[0].controls[1].applies_from.annex_i: must be a day, YYYY-MM-DD',
    ],
    [
      [...EU, 'controls', 1, 'applies_if'],
      ['present', 'payload.reviewer'],
      'catalogue.frameworks[0].controls[1].applies_if[1]: "payload.reviewer" cannot stand here',
    ],
    [[...EU, 'mapping', 'phone_call'], [], 'catalogue.frameworks[0].mapping: "phone_call" cannot stand here'],
    [
      [...EU, 'mapping', 'seal'],
      ['EU-AIA-12.1'],
      'catalogue.frameworks[0].mapping.seal: the controls and their strengths differ',
    ],
    [[...EU, 'mapping', 'seal'], [], 'catalogue.frameworks[0].mapping.seal: the controls and their strengths differ'],
    [
      [...EU, 'mapping_strength', 'tally'],
      { 'EU-AIA-12.1': 'direct' },
      'catalogue.frameworks[0].mapping.tally: the controls and their strengths differ',
    ],
    [
      [...EU, 'mapping_strength', 'seal', 'EU-AIA-17.1.k'],
      'strong',
      'catalogue.frameworks[0].mapping_strength.seal.EU-AIA-17.1.k: must be one of direct, supporting, contextual, exception',
    ],
    [
      [...EU, 'conditional_mapping', 0, 'controls'],
      ['EU-AIA-99'],
      'catalogue.frameworks[0].conditional_mapping[0]: no control is named "EU-AIA-99"',
    ],
    [
      [...EU, 'conditional_mapping', 0, 'controls'],
      ['EU-AIA-12.3.a', 'EU-AIA-12.3.a'],
      'catalogue.frameworks[0].conditional_mapping[0]: names a control twice',
    ],
    [
      [...EU, 'conditional_mapping', 0, 'entry_type'],
      'constructor',
      'catalogue.frameworks[0].conditional_mapping[0].entry_type: "constructor" cannot stand here',
    ],
    [
      [...EU, 'pack_level', 'inventory'],
      ['EU-AIA-99'],
      'catalogue.frameworks[0].pack_level.inventory: no control is named "EU-AIA-99"',
    ],
    [
      [...EU, 'transition', 'rule'],
      ['gte', 'profile.placed_on_market_at', 'then'],
      'catalogue.frameworks[0].transition.rule[2]: must be a number',
    ],
  ])('%j set to %j', (at, value, problem) => {
    const document = onDisk();
    edit(document, at, value);
    expect(catalogueProblems(document)).toContain(problem);
    expect(() => catalogueFromDocument(document)).toThrow(TypeError);
  });

  const WHEN = 'catalogue.frameworks[0].conditional_mapping[0].when';
  test.each<readonly [unknown, string]>([
    ['always', `${WHEN}: must be a condition: [operation, operand, …]`],
    [[], `${WHEN}: no operation is named undefined`],
    [['equals', 'payload.a', 1], `${WHEN}: no operation is named "equals"`],
    [['constructor'], `${WHEN}: no operation is named "constructor"`],
    [['always', 1], `${WHEN}: has 1 operands where "always" takes 0`],
    [['and'], `${WHEN}: has 0 operands where "and" takes 1 to 64`],
    [['not', ['always'], ['always']], `${WHEN}: has 2 operands where "not" takes 1`],
    [['or', ['always'], 7], `${WHEN}[2]: must be a condition: [operation, operand, …]`],
    [['present', 'entry.type'], `${WHEN}[1]: "entry.type" cannot stand here`],
    [['present', 'payload'], `${WHEN}[1]: "payload" cannot stand here`],
    [['present', 'payload.a b'], `${WHEN}[1]: "payload.a b" cannot stand here`],
    [['eq', 'payload.a'], `${WHEN}: has 1 operands where "eq" takes 2`],
    [['eq', 'payload.a', NaN], `${WHEN}[2]: must be a text, a number, true, false or null`],
    [['ne', 'payload.a', []], `${WHEN}[2]: must be a text, a number, true, false or null`],
    [['in', 'payload.a', [null, {}]], `${WHEN}[2][1]: must be a text, a number, true, false or null`],
    [['includes_any', 'payload.a', [[1]]], `${WHEN}[2][0]: must be a text, a number, true, false or null`],
    [['only', 'payload.a', [{ a: 1 }]], `${WHEN}[2][0]: must be a text, a number, true, false or null`],
    [['in', 'payload.a', 'x'], `${WHEN}[2]: must be an array`],
    [['in', 'payload.a', Array.from({ length: 65 }, () => 1)], `${WHEN}[2]: has more than 64 items`],
    [['group_any', 'payload.data', ['nonsense']], `${WHEN}: category_groups has no "nonsense"`],
    [['not', ['group_any', 'payload.data', ['constructor']]], `${WHEN}: category_groups has no "constructor"`],
    [['in_profile', 'payload.a', 'payload.b'], `${WHEN}[2]: "payload.b" cannot stand here`],
    [['gt', 'payload.a', '3'], `${WHEN}[2]: must be a number`],
    [['gte', 'profile.a', 'applies_from'], `${WHEN}[2]: must be a number`],
    [['ne_field', 'payload.a', 'b'], `${WHEN}[2]: "b" cannot stand here`],
    [nested(9), `${WHEN}${'[1]'.repeat(8)}: conditions nest deeper than 8`],
  ])('the condition %j', (when, problem) => {
    const document = onDisk();
    edit(document, [...EU, 'conditional_mapping', 0, 'when'], when);
    expect(catalogueProblems(document)).toEqual([problem]);
  });

  test.each([null, undefined, [], 'catalogue', 1])('%j, which is no object', (json) => {
    expect(catalogueProblems(json)).toEqual(['catalogue: must be an object']);
  });

  test('a member that lacks is named', () => {
    expect(catalogueProblems({ v: 1 })).toEqual([
      'catalogue: lacks version',
      'catalogue: lacks as_of',
      'catalogue: lacks strengths',
      'catalogue: lacks frameworks',
    ]);
  });

  test('the error carries the first problem and how many there are', () => {
    expect(() => catalogueFromDocument({ v: 1 })).toThrow(
      'not a catalogue document: catalogue: lacks version (and 3 more)',
    );
  });

  test('deep and wide input costs little: nothing is read below what is refused, and the list of problems ends', () => {
    const document = onDisk();
    edit(document, [...EU, 'conditional_mapping', 0, 'when'], nested(100_000));
    edit(
      document,
      [...EU, 'notes'],
      Array.from({ length: 400 }, () => 0),
    );
    expect(catalogueProblems(document)).toHaveLength(100);
  });

  test('what an entry would be held against has a limit, however it is spread', () => {
    const costly = (parts: (framework: Json, index: number) => void): readonly string[] => {
      const document = onDisk();
      document['frameworks'] = (document['frameworks'] as Json[]).slice(0, 4);
      for (const [index, framework] of (document['frameworks'] as Json[]).entries()) parts(framework, index);
      return catalogueProblems(document);
    };
    const tooMany = [expect.stringMatching(/^catalogue: takes \d+ steps to annotate an entry, more than 10000$/)];
    const rules = (when: unknown, count: number): Json[] =>
      Array.from({ length: count }, () => ({ entry_type: 'decision', when, controls: [], strength: {} }));
    const sixty = Array.from({ length: 60 }, (_, index) => index);
    const repeated = (framework: Json, when: unknown, count: number): void => {
      framework['conditional_mapping'] = rules(when, count);
    };
    expect(costly((framework) => repeated(framework, ['includes_any', 'payload.a', sixty], 30))).toEqual([]);
    expect(costly((framework) => repeated(framework, ['includes_any', 'payload.a', sixty], 42))).toEqual(tooMany);
    const or = ['or', ...sixty.map((item) => ['eq', 'payload.a', item])];
    expect(costly((framework) => repeated(framework, ['not', or], 41))).toEqual(tooMany);
    const group = (framework: Json): void => {
      framework['category_groups'] = { wide: Array.from({ length: 500 }, (_, item) => `c${item}`) };
      repeated(framework, ['group_any', 'payload.data', ['wide', 'wide']], 3);
    };
    expect(costly(group)).toEqual(tooMany);
    const strengths = (framework: Json): void => {
      const ids = (framework['controls'] as Json[]).map(({ id }) => id as string);
      const strength = Object.fromEntries(ids.map((id) => [id, 'direct']));
      framework['conditional_mapping'] = rules(['always'], 60).map((rule) => ({ ...rule, controls: ids, strength }));
    };
    expect(costly(strengths)).toEqual(tooMany);
  });

  test('text of the file cannot write lines of the message', () => {
    const document = onDisk();
    edit(document, [...EU, 'id'], `x\n${'y'.repeat(5000)}`);
    const [problem] = catalogueProblems(document);
    expect(problem).not.toContain('\n');
    expect(problem?.length).toBeLessThan(200);
  });
});

function nested(depth: number): unknown {
  let predicate: unknown = ['always'];
  for (let level = 1; level < depth; level++) predicate = ['not', predicate];
  return predicate;
}

/** Sets one value, defining it even where the name is `__proto__`. */
function edit(document: Json, at: At, value: unknown): void {
  let target = document;
  for (const name of at.slice(0, -1)) target = target[name] as Json;
  Object.defineProperty(target, at.at(-1) ?? '', { value, enumerable: true, configurable: true, writable: true });
}

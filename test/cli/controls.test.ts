import { writeFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { jsonDigest } from '../../src/digest.ts';
import type { FrameworkDiff } from '../../src/frameworks/diff.ts';
import { catalogueDocument, type Framework } from '../../src/frameworks/index.ts';
import { frameworks } from '../../src/index.ts';
import type { JsonValue } from '../../src/json.ts';
import { expectHarmless, expectToFit, HOSTILE, spanseal, testFolder } from './spanseal.ts';

const { at } = testFolder();

const OVERLAY = {
  framework: 'eu_ai_act',
  version: 'acme-1',
  remove_controls: ['EU-AIA-12.3.a'],
  mapping_strength: { decision: { 'EU-AIA-9.6': 'contextual' } },
};

function written(name: string, value: unknown): string {
  writeFileSync(at(name), typeof value === 'string' ? value : JSON.stringify(value, undefined, 2));
  return at(name);
}

const digestOf = (framework: Framework): string => jsonDigest(framework as unknown as JsonValue);

describe('spanseal controls list', () => {
  it('has each framework with its kind, version, day, number of controls and digest', async () => {
    const { code, stdout } = await spanseal(['controls', 'list']);
    expect(code).toBe(0);
    const text = stdout.replace(/\s+/g, ' ');
    for (const framework of frameworks()) {
      const { id, title, kind, version, controls, status_as_of: day } = framework;
      expect(text).toContain(id);
      expect(text).toContain(
        `: ${title} kind ${kind.replaceAll('_', ' ')} version ${version} as of ${day} controls ${controls.length} ` +
          `controls digest ${digestOf(framework).slice(0, 12)}`,
      );
    }
    expectToFit(stdout);
  });

  it('has the controls of one, a line each', async () => {
    for (const { id, controls } of frameworks()) {
      const { stdout } = await spanseal(['controls', 'list', id]);
      const lines = stdout.split('\n').slice(0, -1);
      expect(lines).toHaveLength(controls.length);
      for (const [index, line] of lines.entries()) {
        expect(line.startsWith(`${controls[index]?.id} `)).toBe(true);
        expect(line.length).toBeLessThanOrEqual(100);
      }
    }
  });

  it('is JSON with --json, with whole digests', async () => {
    const list = JSON.parse((await spanseal(['controls', 'list', '--json'])).stdout) as object[];
    expect(list).toEqual(
      frameworks().map((framework) =>
        expect.objectContaining({
          id: framework.id,
          kind: framework.kind,
          controls: framework.controls.length,
          digest: digestOf(framework),
        }),
      ),
    );
    const controls = JSON.parse((await spanseal(['controls', 'list', 'gdpr', '--json'])).stdout) as object[];
    expect(controls[0]).toEqual({
      id: 'GDPR-5.1.a',
      clause: 'Art. 5(1)(a)',
      title: 'Lawfulness, fairness and transparency',
    });
  });
});

describe('spanseal controls show', () => {
  it('shows the controls of one, also by another name', async () => {
    const { code, stdout } = await spanseal(['controls', 'show', 'nist_rmf']);
    expect(code).toBe(0);
    const framework = frameworks().find(({ id }) => id === 'nist_ai_rmf');
    for (const { id, clause } of framework?.controls ?? []) {
      expect(stdout).toContain(id);
      expect(stdout.replace(/\s+/g, ' ')).toContain(`clause ${clause}`);
    }
    expectToFit(stdout);
  });

  it('is JSON with --json', async () => {
    const one = JSON.parse((await spanseal(['controls', 'show', 'gdpr', '--json'])).stdout) as unknown;
    expect(one).toEqual(JSON.parse(JSON.stringify(frameworks().find(({ id }) => id === 'gdpr'))));
    const control = JSON.parse((await spanseal(['controls', 'show', 'EU-AIA-12.1', '--json'])).stdout) as object;
    expect(control).toMatchObject({
      framework: { id: 'eu_ai_act' },
      control: { id: 'EU-AIA-12.1', clause: 'Art. 12(1)' },
      rules: expect.arrayContaining([{ strength: 'exception', entry_type: 'gap', when: ['always'] }]) as unknown,
      pack_level: ['coverage_and_completeness'],
      not_evidenced_by_logs: [],
    });
  });

  it('says which entries bear on a control, how strongly, and from when it applies', async () => {
    const { stdout } = await spanseal(['controls', 'show', 'eu_ai_act']);
    const blocks = new Map(stdout.split('\n\n').map((block) => [block.slice(0, block.indexOf(':')), block]));
    const framework = frameworks().find(({ id }) => id === 'eu_ai_act');
    for (const [type, strengths] of Object.entries(framework?.mapping_strength ?? {})) {
      for (const [control, strength] of Object.entries(strengths)) {
        expect(blocks.get(control)?.replace(/\s+/g, ' ')).toMatch(new RegExp(`${strength} [^()]*\\b${type}\\b`));
      }
    }
    for (const { id, applies_from: from } of framework?.controls ?? []) {
      for (const date of Object.values(from ?? {})) expect(blocks.get(id)).toContain(date);
    }
  });

  it('prints none of the notes that its editors made of their sources', async () => {
    const printed = await Promise.all(
      frameworks().flatMap(({ id }) => [
        spanseal(['controls', 'show', id]),
        spanseal(['controls', 'show', id, '--json']),
        spanseal(['controls', 'list', '--json']),
      ]),
    );
    for (const { stdout } of printed) {
      const text = stdout.replace(/\s+/g, ' ');
      expect(text).not.toMatch(/confidence|"notes"|counsel|secondary source|re-check|CISO Assistant|Keep ids/);
    }
  });

  it('names those that there are when asked for another', async () => {
    const { code, stderr } = await spanseal(['controls', 'show', 'hipaa']);
    expect(code).toBe(2);
    expect(stderr.replace(/\s+/g, ' ')).toContain('eu_ai_act, nist_ai_rmf or nist_rmf, iso_42001, gdpr');
  });

  it('shows one control in full, in words', async () => {
    const { code, stdout } = await spanseal(['controls', 'show', 'EU-AIA-26.11']);
    expect(code).toBe(0);
    const text = stdout.replace(/\s+/g, ' ');
    for (const part of [
      'clause Art. 26(11)',
      'evidence for Notice given to the person, linked to the decision.',
      'role deployer',
      'applies from 2027-12-02 (annex_iii), 2028-08-02 (annex_i)',
      'applies if annex iii points is said and decisions on natural persons is true (profile)',
      'direct decision: notice.given at is said',
    ]) {
      expect(text).toContain(part);
    }
    expectToFit(stdout);
  });

  it('says what logs cannot show of a control, and what to ask for', async () => {
    const { stdout } = await spanseal(['controls', 'show', 'NIST53-AU-9(2)']);
    expect(stdout).toContain('No entry bears on it');
    expect(stdout).toContain('No log can show it; ask for\n  architecture');
  });

  it('shows every control, within the screen', async () => {
    for (const { controls } of frameworks()) {
      for (const { id, clause } of controls) {
        const { code, stdout } = await spanseal(['controls', 'show', id]);
        expect(code).toBe(0);
        expect(stdout.replace(/\s+/g, ' ')).toContain(`clause ${clause}`);
        expectToFit(stdout);
      }
    }
  });

  it('shows what a controls file makes of it', async () => {
    const file = written('show.json', { v: 1, version: 'a', overlays: [OVERLAY] });
    const { stdout } = await spanseal(['controls', 'show', 'EU-AIA-9.6', '--controls', file]);
    expect(stdout.replace(/\s+/g, ' ')).toContain('+ acme-1 clause Art. 9(6)');
    expect(stdout).toMatch(/contextual +every decision/);
    expect((await spanseal(['controls', 'show', 'EU-AIA-12.3.a', '--controls', file])).code).toBe(2);
    const list = await spanseal(['controls', 'list', '--controls', file]);
    expect(list.stdout).toContain('73 controls');
  });
});

describe('spanseal controls lint', () => {
  it('exits 0 for a file that can be used, and says what is in it', async () => {
    const file = written('good.json', { v: 1, version: 'a', overlays: [OVERLAY] });
    const { code, stdout } = await spanseal(['controls', 'lint', file]);
    expect(code).toBe(0);
    expect(stdout).toContain('holds 1 framework, and nothing is wrong with it');
    const json = JSON.parse((await spanseal(['controls', 'lint', file, '--json'])).stdout) as object;
    expect(json).toMatchObject({ ok: true, version: 'a', frameworks: [{ id: 'eu_ai_act', controls: 73 }] });
  });

  it('prints each problem with file, line and column, and exits 1', async () => {
    const file = written('bad.json', { v: 1, version: 'a', overlays: [{ ...OVERLAY, framework: 'eu_ai_akt' }] });
    const { code, stdout, stderr } = await spanseal(['controls', 'lint', file]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toBe(
      `${file}:6:20: overlays[0].framework: no framework is named "eu_ai_akt"; did you mean eu_ai_act?\n`,
    );
    const json = JSON.parse((await spanseal(['controls', 'lint', file, '--json'])).stdout) as object;
    expect(json).toMatchObject({ ok: false, problems: [{ line: 6, column: 20, path: 'overlays[0].framework' }] });
  });

  it('is not told what to do by the file', async () => {
    const file = written('hostile.json', { v: 1, version: 'a', [HOSTILE]: 1, overlays: [{ [HOSTILE]: HOSTILE }] });
    expectHarmless((await spanseal(['controls', 'lint', file])).stdout);
    expectHarmless((await spanseal(['controls', 'lint', file, '--json'])).stdout);
    const shown = await spanseal(['controls', 'list', '--controls', file]);
    expect(shown.code).toBe(2);
    expectHarmless(shown.stderr);
  });

  it('exits 3 for a file that is not there, and 1 for one that is no text', async () => {
    expect((await spanseal(['controls', 'lint', at('none.json')])).code).toBe(3);
    writeFileSync(at('bytes.json'), Uint8Array.of(0x7b, 0xff, 0x7d));
    const { code, stdout } = await spanseal(['controls', 'lint', at('bytes.json')]);
    expect(code).toBe(1);
    expect(stdout).toContain(':1:1: is no UTF-8');
  });
});

describe('spanseal controls diff', () => {
  it('tells what an overlay changes, member by member and strength by strength', async () => {
    const controls = [
      { id: 'EU-AIA-9.6', title: 'Testing at Acme', clause: 'Art. 9(6)', evidence_for: 'Test runs.', role: 'provider' },
      { id: 'ACME-1', title: 'Own', clause: '1', evidence_for: 'x' },
    ];
    const file = written('overlay.json', { v: 1, version: 'a', overlays: [{ ...OVERLAY, controls }] });
    const { code, stdout } = await spanseal(['controls', 'diff', 'built-in', file]);
    expect(code).toBe(0);
    for (const part of [
      'eu_ai_act: changed',
      '  + control ACME-1: Own',
      '  - control EU-AIA-12.3.a: Biometrics log: period of each use',
      '  ~ control EU-AIA-9.6',
      '        - Testing to find and confirm risk measures',
      '        + Testing at Acme',
      '  ~ decision → EU-AIA-9.6: none → contextual',
      '  ~ decision (annex iii points has 1a) → EU-AIA-12.3.a: direct → none',
    ]) {
      expect(stdout).toContain(`${part}\n`);
    }
    expectToFit(stdout);
    const back = await spanseal(['controls', 'diff', file]);
    expect(back.stdout).toContain('  ~ decision → EU-AIA-9.6: contextual → none\n');
  });

  it('compares the catalogue beside a pack with that of this version', async () => {
    const gdpr = frameworks().filter(({ id }) => id === 'gdpr');
    const same = written('same.catalogue.json', catalogueDocument(gdpr));
    expect((await spanseal(['controls', 'diff', same])).stdout).toBe('gdpr: the same\n');
    const old = structuredClone(catalogueDocument(gdpr)) as unknown as {
      frameworks: { mapping_strength: { seal: Record<string, string> } }[];
    };
    for (const framework of old.frameworks) framework.mapping_strength.seal['GDPR-5.2'] = 'contextual';
    const [diff] = JSON.parse(
      (await spanseal(['controls', 'diff', written('old.catalogue.json', old), 'built-in', '--json'])).stdout,
    ) as FrameworkDiff[];
    expect(diff).toMatchObject({ id: 'gdpr', state: 'changed', members: [], controls: { added: [], removed: [] } });
    expect(diff?.mapping).toEqual([
      { entry_type: 'seal', when: ['always'], control: 'GDPR-5.2', before: ['contextual'], after: ['supporting'] },
    ]);
  });

  it('refuses what is neither', async () => {
    const { code, stderr } = await spanseal(['controls', 'diff', written('neither.json', { strengths: {} })]);
    expect(code).toBe(2);
    expect(stderr).toContain('is no catalogue');
    expect((await spanseal(['controls', 'diff', written('text.json', 'x')])).code).toBe(2);
  });
});

describe('spanseal controls', () => {
  it.each([
    [['controls'], 'controls needs list, show, lint or diff.'],
    [['controls', 'lst'], 'did you mean list?'],
    [['controls', 'show'], 'controls show needs a framework or a control.'],
    [['controls', 'lint'], 'controls lint needs a file.'],
    [['controls', 'list', 'gdpr', 'x'], "takes no further argument 'x'"],
    [['controls', 'show', 'EU-AIA-26.99'], 'did you mean EU-AIA-26.9?'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, stdout, stderr } = await spanseal(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.replace(/\s+/g, ' ')).toContain(message);
  });
});

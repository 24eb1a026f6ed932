import { describe, expect, it } from 'vitest';

import { frameworks } from '../../src/index.ts';
import { expectToFit, spanseal } from './spanseal.ts';

describe('spanseal frameworks', () => {
  it('lists each with its version, day and number of controls', async () => {
    const { code, stdout } = await spanseal(['frameworks']);
    expect(code).toBe(0);
    for (const { id, title, controls, status_as_of: day } of frameworks()) {
      expect(stdout).toContain(day);
      expect(stdout).toContain(id);
      expect(stdout).toContain(title);
      expect(stdout).toContain(`${controls.length} controls`);
    }
    expectToFit(stdout);
  });

  it('shows the controls of one, also by another name', async () => {
    const { code, stdout } = await spanseal(['frameworks', 'nist_rmf']);
    expect(code).toBe(0);
    const framework = frameworks().find(({ id }) => id === 'nist_ai_rmf');
    for (const { id, clause } of framework?.controls ?? []) {
      expect(stdout).toContain(id);
      expect(stdout.replace(/\s+/g, ' ')).toContain(`clause ${clause}`);
    }
    expectToFit(stdout);
  });

  it('is JSON with --json', async () => {
    const list = JSON.parse((await spanseal(['frameworks', '--json'])).stdout) as { id: string; controls: number }[];
    expect(list.map(({ id, controls }) => [id, controls])).toEqual(
      frameworks().map(({ id, controls }) => [id, controls.length]),
    );
    const one = JSON.parse((await spanseal(['frameworks', 'gdpr', '--json'])).stdout) as unknown;
    expect(one).toEqual(JSON.parse(JSON.stringify(frameworks().find(({ id }) => id === 'gdpr'))));
  });

  it('says which entries bear on a control, how strongly, and from when it applies', async () => {
    const { stdout } = await spanseal(['frameworks', 'eu_ai_act']);
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
        spanseal(['frameworks', id]),
        spanseal(['frameworks', id, '--json']),
        spanseal(['frameworks', '--json']),
      ]),
    );
    for (const { stdout } of printed) {
      const text = stdout.replace(/\s+/g, ' ');
      expect(text).not.toMatch(/confidence|"notes"|counsel|secondary source|re-check|CISO Assistant|Keep ids/);
    }
  });

  it('names those that there are when asked for another', async () => {
    const { code, stderr } = await spanseal(['frameworks', 'hipaa']);
    expect(code).toBe(2);
    expect(stderr.replace(/\s+/g, ' ')).toContain('eu_ai_act, nist_ai_rmf or nist_rmf, iso_42001, gdpr');
  });
});

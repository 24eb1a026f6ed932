import { describe, expect, it } from 'vitest';

import { frameworks } from '../../src/index.ts';
import { expectToFit, spanseal } from './spanseal.ts';

describe('spanseal frameworks', () => {
  it('lists each with its version, status and number of controls', async () => {
    const { code, stdout } = await spanseal(['frameworks']);
    expect(code).toBe(0);
    for (const { id, title, controls } of frameworks()) {
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

  it('names those that there are when asked for another', async () => {
    const { code, stderr } = await spanseal(['frameworks', 'hipaa']);
    expect(code).toBe(2);
    expect(stderr.replace(/\s+/g, ' ')).toContain('eu_ai_act, nist_ai_rmf or nist_rmf, iso_42001, gdpr');
  });
});

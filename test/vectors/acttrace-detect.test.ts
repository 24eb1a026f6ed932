import { expect, it } from 'vitest';

import { redact, type Policy } from '../../src/index.ts';
import { CATEGORIES, OPT_IN, scannerOf } from '../../src/detect/index.ts';
import { defaultRedactor } from '../../src/redact/index.ts';
import { readVectors, vectors } from '../vectors.ts';

interface Case {
  readonly input: string;
  readonly findings: readonly { readonly category: string; readonly count: number; readonly action: string }[];
  readonly redacted: string;
}

/** What theirs does by default. */
const LIKE_THEIRS: Policy = {
  name: 'acttrace',
  actions: { secret: 'redact', pii: 'redact', financial: 'flag', gov_id: 'flag' },
};

/** Theirs only flags these by default; ours takes them out. */
const ONLY_FLAGGED = ['credit_card', 'us_ssn'];

vectors('acttrace', (folder) => {
  const { cases } = readVectors<{ readonly cases: readonly Case[] }>(folder, 'fixtures', 'acttrace', 'detect.json');
  const scanner = scannerOf({ categories: CATEGORIES.filter((category) => !OPT_IN.includes(category)) });

  it('has its cases', () => expect(cases.length).toBeGreaterThan(2));

  it.each(cases)('finds in $input what acttrace finds', ({ input, findings }) => {
    const counts = new Map<string, number>();
    for (const { category } of scanner.find(input)) counts.set(category, (counts.get(category) ?? 0) + 1);
    expect(counts).toEqual(new Map(findings.map(({ category, count }) => [category, count])));
  });

  it.each(cases)('says of $input all that acttrace says, by a policy like its', ({ input, findings, redacted }) => {
    const { value, findings: ours } = redact(input, LIKE_THEIRS);
    expect(ours.map(({ places: _places, ...rest }) => rest)).toEqual(findings);
    expect(value.replace(/\[redacted:[a-z_]+\]/g, '<redacted>')).toBe(redacted);
  });

  it.each(cases)(
    'takes out of $input what acttrace takes out, and what it only flags',
    ({ input, findings, redacted }) => {
      const ours = defaultRedactor(input);
      expect([...ours.categories].sort()).toEqual(findings.map(({ category }) => category).sort());
      const flagged = findings.filter(({ action }) => action === 'flag').map(({ category }) => category);
      expect(ONLY_FLAGGED).toEqual(expect.arrayContaining(flagged));
      if (flagged.length === 0) expect(ours.text.replace(/\[redacted:[a-z_]+\]/g, '<redacted>')).toBe(redacted);
    },
  );
});

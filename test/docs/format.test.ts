import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { ENTRY_TYPES, MAX_LINE_BYTES, MAX_SEAL_LAG } from '../../src/entry.ts';
import { AuditLog, readLog, type Entry } from '../../src/index.ts';
import { MAX_PACK_LINE_BYTES } from '../../src/pack-header.ts';
import { OPTIONAL_HEADER_MEMBERS, REQUIRED_HEADER_MEMBERS } from '../../src/verify/header.ts';
import { PackSummary } from '../../src/pack-summary.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { PROBLEMS } from '../../src/verify/problem.ts';
import { VOCABULARIES } from '../../src/vocabulary.ts';
import { blocksOf, readMarkdown, tableAfter } from './markdown.ts';

/** docs/format.md says what the code does. */

const FORMAT = 'docs/format.md';
const code = (cell = ''): string => cell.replaceAll('`', '');

describe('docs/format.md', () => {
  test('has the problem codes, each with its verdict and what it means', () => {
    const documented = tableAfter(FORMAT, '### Problem codes').map(([name, verdict, means]) => [
      code(name),
      verdict,
      means,
    ]);
    const built = Object.entries(PROBLEMS).map(([name, { verdict, malformed, means }]) => [
      name,
      malformed === true ? `${verdict} (malformed)` : verdict,
      means,
    ]);
    expect(documented).toEqual(built);
  });

  test('has every entry type, in order', () => {
    const section = readMarkdown(FORMAT).split('## 3. Entry types')[1]?.split('\n## ')[0] ?? '';
    const types = [...section.matchAll(/^- ((?:`\w+`(?:, )?)+)†?:/gm)].map(([, name]) => code(name));
    expect(types).toEqual([
      ...ENTRY_TYPES.filter((type) => type !== 'seal' && type !== 'audit_close'),
      'seal',
      'audit_close',
    ]);
  });

  test('has the closed vocabularies', () => {
    const documented = Object.fromEntries(
      tableAfter(FORMAT, 'The vocabularies marked ◦:').map(([member, words = '']) => [code(member), words.split(', ')]),
    );
    const built = Object.fromEntries(
      Object.entries(VOCABULARIES).flatMap(([type, members]) =>
        Object.entries(members).map(([member, words]) => [`${type}.${member}`, words]),
      ),
    );
    expect(documented).toEqual(built);
  });

  test('has the members of a pack header', () => {
    const always = tableAfter(FORMAT, '### Header').flatMap(([members = '']) => code(members).split(', '));
    expect(always.sort()).toEqual([...REQUIRED_HEADER_MEMBERS].sort());
    const known = tableAfter(FORMAT, 'Where known:').flatMap(([members = '']) => code(members).split(', '));
    expect(known.sort()).toEqual([...OPTIONAL_HEADER_MEMBERS].sort());
  });

  test('has the members of a pack summary', () => {
    const documented = tableAfter(FORMAT, '### Summary').flatMap(([members = '']) => code(members).split(', '));
    const summary = new PackSummary(nodePrimitives);
    summary.entry({ ts: '2026-11-23T09:30:00.000Z', type: 'decision', payload: {} }, undefined);
    expect(documented.sort()).toEqual(Object.keys(summary.toObject()).sort());
  });

  test('has the limits', () => {
    const text = readMarkdown(FORMAT);
    for (const limit of [MAX_LINE_BYTES, MAX_SEAL_LAG, MAX_PACK_LINE_BYTES]) {
      expect(text).toContain(limit.toLocaleString('en'));
    }
  });

  test('counts words beyond the thousandth of a vocabulary together', () => {
    const summary = new PackSummary(nodePrimitives);
    for (let index = 0; index < 1_003; index++) {
      const payload = { reason: 'x', action: 'flagged', severity: `level ${index}` };
      summary.entry({ ts: '2026-11-23T09:30:00.000Z', type: 'policy_flag', payload }, undefined);
    }
    const { flags } = summary.toObject() as {
      readonly flags: { readonly by_severity: Readonly<Record<string, number>> };
    };
    expect(Object.keys(flags.by_severity)).toHaveLength(1_001);
    expect(flags.by_severity['level 999']).toBe(1);
    expect(flags.by_severity['level 1000']).toBeUndefined();
    expect(flags.by_severity['(further)']).toBe(3);
    expect(readMarkdown(FORMAT)).toContain('`(further)`');
  });

  test('has a recipe that prints the next `prev_hash`', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'spanseal-docs-'));
    try {
      const audit = new AuditLog({ system: 'demo', directory, warnUnsigned: false });
      for (let index = 0; index < 8; index++) audit.flag(`flag ${index}`, { data: ['naïve', '\u{1F600}'] });
      await audit.close();
      const entries: Entry[] = [];
      for await (const entry of readLog(directory)) entries.push(entry);
      const recipe = blocksOf(FORMAT).find(({ info }) => info === 'sh')?.code ?? '';
      const segment = join(directory, `${audit.head()?.segment ?? audit.sink.list()[0]}.jsonl`);
      const printed = execFileSync('sh', ['-c', recipe.replace('segment.jsonl', segment)], { encoding: 'utf8' });
      expect(printed.split(' ')[0]).toBe(entries[5]?.prev_hash);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('docs/threat-model.md', () => {
  test('names no problem code that does not exist', () => {
    const words = [...readMarkdown('docs/threat-model.md').matchAll(/`([a-z]+(?:_[a-z]+)*)`/g)].map(
      ([, word = '']) => word,
    );
    const known = new Set([...Object.keys(PROBLEMS), ...ENTRY_TYPES, 'self_attested', 'shared_key']);
    expect(words.filter((word) => word.includes('_') && !known.has(word))).toEqual([]);
    expect(words.filter((word) => word in PROBLEMS).length).toBeGreaterThan(20);
  });
});

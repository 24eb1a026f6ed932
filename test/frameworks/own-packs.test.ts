import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { DEFAULT_FRAMEWORKS } from '../../exporters/evidence-pack.ts';
import { readControlsFile } from '../../exporters/index.ts';
import { catalogueDocument, type Framework } from '../../src/frameworks/index.ts';
import { ed25519Signer, exportPack, frameworks, verifyPath, type ExportOptions } from '../../src/index.ts';
import { blocksOf } from '../docs/markdown.ts';
import { makeKey, makeLog, spanseal } from '../cli/spanseal.ts';

/** Packs that are annotated with frameworks of one's own: whoever verifies recomputes them from the file beside. */

const folder = mkdtempSync(join(tmpdir(), 'spanseal-own-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const { keyFile, vkey } = makeKey(folder);
const source = blocksOf('docs/frameworks.md').find(({ info }) => info === 'json')?.code ?? '';

beforeAll(async () => {
  writeFileSync(at('acme.json'), source);
  await makeLog(at('audit'), keyFile);
});

function controls(): readonly Framework[] {
  const reading = readControlsFile(source);
  if (!reading.ok) throw new Error('docs/frameworks.md does not lint');
  return reading.frameworks;
}

async function packed(name: string, options: ExportOptions): Promise<readonly string[]> {
  await exportPack(at('audit'), at(name), { signer: ed25519Signer({ keyFile }), controls: controls(), ...options });
  return readFileSync(at(name), 'utf8').split('\n').slice(0, -1);
}

const idsIn = (header: string | undefined): string[] =>
  (JSON.parse(header ?? '') as { pack: { frameworks: { id: string }[] } }).pack.frameworks.map(({ id }) => id);

describe('a pack with frameworks of one’s own', () => {
  test('has them in its header, beside its entries, and in the catalogue beside it; and it verifies', async () => {
    const lines = await packed('own.jsonl', { frameworks: ['acme_ai_policy', 'soc2'] });
    expect(idsIn(lines[0])).toEqual(['acme_ai_policy', 'soc2']);
    expect(lines.join('\n')).toContain('"acme_ai_policy":{"ACME-AI-4.2":"contextual"}');
    const beside = JSON.parse(readFileSync(at('own.jsonl.catalogue.json'), 'utf8')) as { frameworks: Framework[] };
    expect(beside).toEqual(JSON.parse(JSON.stringify(catalogueDocument(controls()))));
    const report = await verifyPath(at('own.jsonl'), { keys: [vkey] });
    expect(report.problems).toEqual([]);
    expect(report.verdicts.mapping).toBe('yes');
    expect(report.notices.find(({ code }) => code === 'catalogue_beside')?.what).toContain('acme_ai_policy, soc2');
  });

  test('by default with the four of the catalogue and with these', async () => {
    const lines = await packed('default.jsonl', {});
    expect(idsIn(lines[0])).toEqual([...DEFAULT_FRAMEWORKS, 'acme_ai_policy', 'soc2']);
    const report = await verifyPath(at('default.jsonl'), { keys: [vkey] });
    expect([report.problems, report.verdicts.mapping]).toEqual([[], 'yes']);
  });

  test('an overlay stands in the place of the framework that it is of', async () => {
    const reading = readControlsFile(
      JSON.stringify({
        v: 1,
        version: 'x',
        overlays: [
          { framework: 'gdpr', version: 'acme-9', mapping_strength: { decision: { 'GDPR-35.11': 'contextual' } } },
        ],
      }),
    );
    const lines = await packed('overlay.jsonl', { controls: reading.ok ? reading.frameworks : [] });
    expect(idsIn(lines[0])).toEqual(DEFAULT_FRAMEWORKS);
    expect(lines[0]).toContain('Regulation (EU) 2016/679 + acme-9');
    expect(lines.filter((line) => line.includes('"GDPR-35.11":"contextual"'))).not.toEqual([]);
    const report = await verifyPath(at('overlay.jsonl'), { keys: [vkey] });
    expect([report.problems, report.verdicts.mapping]).toEqual([[], 'yes']);
  });

  test('a catalogue that is altered fails, and one that is gone leaves the mapping unknown', async () => {
    await packed('altered.jsonl', { frameworks: ['acme_ai_policy'] });
    const beside = at('altered.jsonl.catalogue.json');
    const text = readFileSync(beside, 'utf8');
    writeFileSync(beside, text.replace('"ACME-AI-4.2":"contextual"', '"ACME-AI-4.2":"supporting"'));
    const altered = await verifyPath(at('altered.jsonl'), { keys: [vkey] });
    expect(altered.problems.map(({ code }) => code)).toContain('catalogue');
    expect(altered.verdicts.mapping).not.toBe('yes');
    rmSync(beside);
    const alone = await verifyPath(at('altered.jsonl'), { keys: [vkey] });
    expect([alone.problems, alone.verdicts.mapping]).toEqual([[], 'catalogue_unknown']);
  });

  test('spanseal export --controls makes it, and spanseal verify accepts it', async () => {
    const args = ['export', at('audit'), '-o', at('cli.jsonl'), '--controls', at('acme.json'), '--signer', keyFile];
    const made = await spanseal([...args, '-f', 'acme_ai_policy', '-f', 'soc2']);
    expect(made.code).toBe(0);
    const verified = await spanseal(['verify', at('cli.jsonl'), '--key', vkey]);
    expect(verified.code).toBe(0);
    const diff = await spanseal(['controls', 'diff', at('cli.jsonl.catalogue.json'), at('acme.json')]);
    expect(diff.stdout).toBe('acme_ai_policy: the same\n\nsoc2: the same\n');
    writeFileSync(at('bad.json'), source.replace('"guardrail"', '"guardrial"'));
    const refused = await spanseal(
      [...args, '--overwrite', '--controls', at('bad.json')].filter((_, i) => i !== 4 && i !== 5),
    );
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('did you mean guardrail?');
  });
});

describe('what an export refuses', () => {
  const cases: readonly (readonly [string, ExportOptions, RegExp])[] = [
    ['controls that are no list', { controls: {} as never }, /`controls` is a value of type object; give an array/],
    [
      'what is no framework',
      { controls: [{} as Framework] },
      /`controls` cannot be used: catalogue\.frameworks\[0\]: lacks id/,
    ],
    [
      'an alias that another framework of the pack has',
      { controls: controls().map((framework) => ({ ...framework, aliases: ['gdpr'] })) },
      /the name "gdpr" is taken/,
    ],
    [
      'more than a catalogue holds',
      {
        controls: Array.from({ length: 8 }, (_, index) => ({
          ...(frameworks()[0] as Framework),
          id: `big_${index}`,
          status: 'x'.repeat(4096),
          notes: Array.from({ length: 60 }, () => 'y'.repeat(4096)),
        })),
      },
      /would make a catalogue of \d+ bytes; it holds 1048576/,
    ],
  ];
  test.each(cases)('%s', async (_what, options, message) => {
    await expect(exportPack(at('audit'), at('never.jsonl'), options)).rejects.toThrow(message);
  });

  test('a name that neither the catalogue nor the file has, and the message names them all', async () => {
    await expect(
      exportPack(at('audit'), at('never.jsonl'), { controls: controls(), frameworks: ['acme'] }),
    ).rejects.toThrow(/no framework "acme"; it has eu_ai_act, .*owasp_asi, acme_ai_policy/);
  });
});

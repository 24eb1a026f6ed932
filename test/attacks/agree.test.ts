import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import type { Report } from '../../src/index.ts';
import { spanseal, STANDALONE } from '../cli/spanseal.ts';
import { temporaryFolder } from '../log.ts';
import { expectedOf } from './judged.ts';
import { IS_THOROUGH } from './mutants.ts';
import { ATTACKS, lay, type PublishedCase } from './published.ts';

/** Whoever verifies says the same of each file of the corpus: the command, the single script, a page (test/browser). */

/** A process for each takes its time. */
const SAMPLED = ATTACKS.filter((_, index) => index % 100 === 0);

/** Paths are those of the machine. */
function comparable({ problems, ...rest }: PublishedCase['expected']): unknown {
  return { ...rest, problems: problems.map(([code, , line, seq]) => [code, line, seq]) };
}

function judged(stdout: string, exit: number): unknown {
  return comparable({ ...expectedOf(JSON.parse(stdout) as Report), exit });
}

describe('the published corpus', () => {
  test('is one, with every verdict', () => {
    expect(ATTACKS.length).toBeGreaterThan(450);
    expect(new Set(ATTACKS.map(({ expected }) => expected.exit))).toEqual(new Set([0, 1, 4]));
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
  });

  test.each(ATTACKS.map((each) => [each.name, each] as const))('by the command: %s', async (_, each) => {
    const { path, args } = lay(each, join(temporaryFolder(), 'case'));
    const { code, stdout } = await spanseal(['verify', path, '--json', ...args]);
    expect(judged(stdout, code)).toEqual(comparable(each.expected));
  });

  test('by the single script, in one process', { timeout: 120_000 }, () => {
    const folder = temporaryFolder();
    const some = IS_THOROUGH ? ATTACKS : ATTACKS.filter((_, index) => index % 8 === 0);
    const laid = some.map((each, index) => lay(each, join(folder, `${index}`)));
    const [cases, results] = [join(folder, 'cases.json'), join(folder, 'results.json')];
    writeFileSync(cases, JSON.stringify(laid));
    const runner = fileURLToPath(new URL('standalone-cases.mjs', import.meta.url));
    const { stderr, status } = spawnSync(process.execPath, [runner, STANDALONE, cases, results], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    const said = JSON.parse(readFileSync(results, 'utf8')) as { exit: number; stdout: string }[];
    for (const [index, { name, expected }] of some.entries()) {
      const { exit, stdout } = said[index] ?? { exit: -1, stdout: '{}' };
      expect([name, judged(stdout, exit)]).toEqual([name, comparable(expected)]);
    }
    console.log(`the single script agrees on ${said.length} of ${ATTACKS.length} files of the corpus`);
  });

  test.each(SAMPLED.map((each) => [each.name, each] as const))(
    'by the single script, as a process of its own: %s',
    (_, each) => {
      const { path, args } = lay(each, join(temporaryFolder(), 'case'));
      const { status, stdout } = spawnSync(process.execPath, [STANDALONE, path, '--json', ...args], {
        encoding: 'utf8',
      });
      expect(judged(stdout, status ?? -1)).toEqual(comparable(each.expected));
    },
  );
});

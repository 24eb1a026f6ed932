import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { ed25519Signer, exportPack } from '../../src/index.ts';
import { linesOf, testFolder, makeKey, makeLog, runNode, spanseal, STANDALONE, writeLines } from './spanseal.ts';

const { folder } = testFolder();

const alone = join(folder, 'alone');
const run = (...args: string[]): ReturnType<typeof runNode> => runNode(['verify.mjs', ...args], { cwd: alone });

let vkey: string;

beforeAll(async () => {
  const key = makeKey(folder);
  vkey = key.vkey;
  await makeLog(join(folder, 'audit'), key.keyFile);
  mkdirSync(alone);
  await exportPack(join(folder, 'audit'), join(folder, 'pack.jsonl'), {
    signer: ed25519Signer({ keyFile: key.keyFile }),
  });
  copyFileSync(join(folder, 'pack.jsonl'), join(alone, 'pack.jsonl'));
  copyFileSync(STANDALONE, join(alone, 'verify.mjs'));
});

describe('verify.mjs, with Node alone', () => {
  it('stands in an otherwise empty folder and imports nothing but node: modules', () => {
    expect(readdirSync(alone).sort()).toEqual(['pack.jsonl', 'verify.mjs']);
    const script = readFileSync(join(alone, 'verify.mjs'), 'utf8');
    const imports = [...script.matchAll(/^import .* from "([^"]+)";$/gm)].map(([, name]) => name);
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter((name) => name?.startsWith('node:') !== true)).toEqual([]);
    expect(script).not.toMatch(/\brequire\(|\bimport\(|\bfetch\(/);
  });

  it('verifies a pack as the command does', async () => {
    const ended = await run('pack.jsonl', '--key', vkey);
    expect(ended.code).toBe(0);
    expect(ended).toEqual(await spanseal(['verify', 'pack.jsonl', '--key', vkey], { cwd: alone }));
  });

  it('has its exit codes', async () => {
    writeLines(join(folder, 'headless.jsonl'), linesOf(join(alone, 'pack.jsonl')).slice(1));
    const codes = await Promise.all([
      run('../headless.jsonl', '--key', vkey),
      run('../headless.jsonl'),
      run('pack.jsonl', '--key', 'nonsense'),
      run('missing.jsonl'),
      run('pack.jsonl'),
      run(),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([1, 1, 2, 3, 4, 2]);
  });

  it('explains itself by its own name', async () => {
    const help = await run('--help');
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('node verify.mjs <segment|directory|pack>');
    expect((await run('pack.jsonl', '--nope')).stderr).toContain('See node verify.mjs --help');
    expect((await run('--version')).stdout).toMatch(/^spanseal verify \d+\.\d+\.\d+\n$/);
    expect((await run('verify', 'pack.jsonl', '--key', vkey)).code).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';

import { PACKAGE_VERSION } from '../../src/version.ts';
import { expectHarmless, expectToFit, spanseal } from './spanseal.ts';

const COMMANDS = [
  'verify',
  'export',
  'inspect',
  'doctor',
  'prove',
  'checkpoint',
  'anchor',
  'import',
  'controls',
  'keygen',
  'recover',
];
/** What they say of themselves is looked at without processes: test/withheld/commands.test.ts. */
const FURTHER = ['disclose', 'erase', 'hold', 'release', 'prune'];

describe('spanseal', () => {
  it('explains itself', async () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { code, stdout, stderr } = await spanseal(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      for (const command of [...COMMANDS, ...FURTHER]) expect(stdout).toMatch(new RegExp(`^  ${command} +[A-Z]`, 'm'));
      expectToFit(stdout);
    }
  });

  it.each(COMMANDS)('explains %s, with examples', async (command) => {
    const { code, stdout } = await spanseal([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage\n  spanseal ${command} `);
    expect(stdout).toMatch(/\nExamples\n {2}spanseal /);
    expectToFit(stdout);
    expect((await spanseal(['help', command])).stdout).toBe(stdout);
    // Whatever else was given.
    expect((await spanseal([command, 'a', 'b', 'c', '-h'])).stdout).toBe(stdout);
  });

  it('says its version', async () => {
    expect(await spanseal(['--version'])).toEqual({ code: 0, stdout: `spanseal ${PACKAGE_VERSION}\n`, stderr: '' });
    expect((await spanseal(['-V'])).stdout).toBe(`spanseal ${PACKAGE_VERSION}\n`);
  });

  it('exits 2 without a command, and for one that there is not', async () => {
    const none = await spanseal([]);
    expect({ code: none.code, stdout: none.stdout }).toEqual({ code: 2, stdout: '' });
    expect(none.stderr).toContain('Commands');
    const typo = await spanseal(['verfiy', 'x']);
    expect(typo.code).toBe(2);
    expect(typo.stderr).toContain('There is no command verfiy; did you mean verify?');
    const option = await spanseal(['--versoin']);
    expect(option.code).toBe(2);
    expect(option.stderr).toContain('did you mean --version?');
    const strange = await spanseal(['\u001b[31m']);
    expect(strange.code).toBe(2);
    expectHarmless(strange.stderr);
  });
});

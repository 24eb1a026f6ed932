import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { ed25519Signer, hmacSigner } from '../../src/index.ts';
import { expectToFit, testFolder, makeLog, LOG, spanseal } from './spanseal.ts';

const { folder, at } = testFolder();

describe('spanseal keygen', () => {
  it('writes the private key for its owner alone, and prints the verifier key alone', async () => {
    const { code, stdout, stderr } = await spanseal(['keygen', 'acme.example/loans'], { cwd: folder });
    expect(code).toBe(0);
    const path = at('loans.key');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(stdout).toMatch(/^acme\.example\/loans\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}\n$/);
    expect(stdout.trim()).toBe(ed25519Signer({ keyFile: path }).vkey);
    expect(stderr).toContain('loans.key');
    const secret = readFileSync(path, 'utf8').split('\n')[2] ?? '';
    expect(secret.length).toBeGreaterThan(60);
    expect(stdout + stderr).not.toContain(secret);
    expect(stdout + stderr).not.toContain('PRIVATE KEY');
    expectToFit(stderr);
  });

  it('never overwrites, nor follows a link to nowhere', async () => {
    const path = at('kept.key');
    writeFileSync(path, 'precious', { mode: 0o600 });
    const { code, stdout, stderr } = await spanseal(['keygen', LOG, '-o', path]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr.replace(/\s+/g, ' ')).toContain('never overwritten; give another file with -o');
    expect(readFileSync(path, 'utf8')).toBe('precious');
    symlinkSync(at('elsewhere.key'), at('link.key'));
    expect((await spanseal(['keygen', LOG, '-o', at('link.key')])).code).toBe(3);
    expect(existsSync(at('elsewhere.key'))).toBe(false);
  });

  it('makes a shared key with --hmac, and does not show it', async () => {
    const path = at('shared.key');
    const { code, stdout, stderr } = await spanseal(['keygen', LOG, '--hmac', '-o', path]);
    expect(code).toBe(0);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(stdout.trim()).toBe(hmacSigner({ keyFile: path }).vkey);
    const secret = readFileSync(path, 'utf8').split('\n')[1] ?? '';
    expect(secret).toHaveLength(44);
    expect(stdout + stderr).not.toContain(secret);
    expect(stderr.replace(/\s+/g, ' ')).toContain('whoever can check with it can forge with it');
  });

  it('makes keys that seal and verify', async () => {
    const { stdout } = await spanseal(['keygen', LOG, '-o', at('used.key')]);
    await makeLog(at('audit'), at('used.key'));
    writeFileSync(at('used.vkey'), stdout);
    expect((await spanseal(['verify', at('audit'), '--key', at('used.vkey')])).code).toBe(0);
    chmodSync(at('used.key'), 0o640);
    const open = await spanseal(['export', at('audit'), '-o', at('p.jsonl'), '--signer', at('used.key')]);
    // Root's own files may be read by its group; those of others may not.
    expect(open.code).toBe(process.getuid?.() === 0 ? 0 : 3);
  });

  it('refuses what cannot be meant', async () => {
    const refused: readonly (readonly [readonly string[], number, RegExp])[] = [
      [[], 2, /keygen needs <log name>/],
      [['a b'], 2, /'a b' is no log name/],
      [['../x'], 2, /is no log name/],
      [[LOG, '-o', '-'], 2, /never printed/],
      [[LOG, '-o', at('no', 'place.key')], 3, /cannot be created \(ENOENT\)/],
    ];
    for (const [args, code, message] of refused) {
      const ended = await spanseal(['keygen', ...args], { cwd: folder });
      expect({ args, code: ended.code, stdout: ended.stdout }).toEqual({ args, code, stdout: '' });
      expect(ended.stderr.replace(/\s+/g, ' ')).toMatch(message);
    }
  });
});

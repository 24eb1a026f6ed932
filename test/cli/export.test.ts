import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { hmacSigner, readLog, type Signer } from '../../src/index.ts';
import { formatHmacKeyFile, generateKey } from '../../src/signer.ts';
import {
  expectHarmless,
  expectToFit,
  HOSTILE,
  linesOf,
  LOG,
  testFolder,
  makeKey,
  makeLog,
  segmentFiles,
  spanseal,
  writeLines,
} from './spanseal.ts';

const { folder, at } = testFolder();

let key: ReturnType<typeof makeKey>;

beforeAll(() => {
  key = makeKey(folder);
});

/** Custody entries of a log. */
async function custodyOf(directory: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { type, payload } of readLog(directory)) if (type === 'custody') found.push(payload);
  return found;
}

async function log(name: string, signer: Signer | string = key.keyFile): Promise<string> {
  await makeLog(at(name), signer);
  return at(name);
}

describe('spanseal export', () => {
  it('writes a pack that verifies, and records in the log that it did', async () => {
    const directory = await log('signed');
    const path = at('signed.jsonl');
    const { code, stdout } = await spanseal([
      'export',
      directory,
      '-o',
      path,
      '--signer',
      key.keyFile,
      '-f',
      'eu_ai_act',
      '--framework',
      'gdpr',
      '--purpose',
      'authority_request',
      '--request-ref',
      'R-17',
      '--recipient',
      'the authority',
      '--exported-by',
      'u-12',
    ]);
    expect(code).toBe(0);
    const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(stdout).toContain(`Evidence pack ${path}`);
    expect(stdout).toContain(`catalogue: ${path}.catalogue.json`);
    expect(stdout).toContain(`SHA-256: ${digest}`);
    expect(stdout.replace(/\s+/g, ' ')).toContain(`attestation: signed by ${key.vkey}`);
    expect(stdout).toContain('custody: recorded in the log');
    expectToFit(stdout);
    expect(await custodyOf(directory)).toMatchObject([
      {
        action: 'exported',
        pack_digest: digest,
        purpose: 'authority_request',
        request_ref: 'R-17',
        performed_by: 'u-12',
      },
    ]);
    const { pack } = JSON.parse(linesOf(path)[0] ?? '') as { pack: Record<string, unknown> };
    expect(pack).toMatchObject({ key: key.vkey, recipient: 'the authority', selection: { kind: 'all' } });
    expect((pack['frameworks'] as { id: string }[]).map(({ id }) => id)).toEqual(['eu_ai_act', 'gdpr']);
    expect((await spanseal(['verify', path, '--key', key.vkey])).code).toBe(0);
    expect((await spanseal(['verify', directory, '--key', key.vkey])).code).toBe(0);
  });

  it('says what is missing without a signer', async () => {
    const directory = await log('no-signer');
    const { code, stdout, stderr } = await spanseal(['export', directory, '-o', at('no-signer.jsonl')]);
    expect(code).toBe(0);
    expect(stderr.replace(/\s+/g, ' ')).toMatch(
      /^Warning: the log \S+ is signed, and this pack is not: nobody attests it, .* does not record .* with --signer/,
    );
    expectToFit(stderr);
    expect(stdout).toContain('attestation: unsigned, because no signer was given');
    expect(stdout).toMatch(/custody: not recorded \(no signer was given, and the log is signed/);
    expect(await custodyOf(directory)).toEqual([]);
    // Nobody vouches for the pack as a whole, so that the key of its segments is not enough.
    expect((await spanseal(['verify', at('no-signer.jsonl'), '--key', key.vkey])).code).toBe(1);
  });

  it('says so where the key is another than the one the log is sealed with', async () => {
    const later = makeKey(folder, 'later');
    const directory = await log('rotated');
    const { code, stdout } = await spanseal([
      'export',
      directory,
      '-o',
      at('rotated.jsonl'),
      '--signer',
      later.keyFile,
    ]);
    expect(code).toBe(0);
    expect(stdout.replace(/\s+/g, ' ')).toContain('custody: not recorded (the newest segment of the log is sealed by');
    expect(await custodyOf(directory)).toEqual([]);
  });

  it('exports an unsigned log as what it is', async () => {
    const directory = at('plain');
    await makeLog(directory, undefined);
    const { code, stdout, stderr } = await spanseal(['export', directory, '-o', at('plain.jsonl')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('attestation: unsigned');
    expect(stdout).toContain('custody: recorded in the log');
    expect((await spanseal(['verify', at('plain.jsonl'), '--allow-unsigned'])).code).toBe(0);
    expect((await spanseal(['verify', at('plain.jsonl')])).code).toBe(4);
  });

  it.each([
    ['named', (secret: Buffer) => formatHmacKeyFile(LOG, secret)],
    ['raw', (secret: Buffer) => secret],
  ])('signs with a shared key (%s)', async (form, content) => {
    const secret = Buffer.alloc(32, 11);
    const keyFile = at(`${form}.key`);
    writeFileSync(keyFile, content(secret), { mode: 0o600 });
    const directory = await log(`shared-${form}`, hmacSigner({ name: LOG, key: secret }));
    const path = at(`shared-${form}.jsonl`);
    const { code, stdout } = await spanseal(['export', directory, '-o', path, '--hmac-signer', keyFile]);
    expect(code).toBe(0);
    expect(stdout).toContain('custody: recorded in the log');
    expect((await spanseal(['verify', path, '--hmac-key', keyFile])).code).toBe(0);
  });

  it('prints one JSON document with --json', async () => {
    const directory = await log('json');
    const args = ['export', directory, '-o', at('json.jsonl'), '--json'];
    const unsigned = await spanseal(args);
    expect(JSON.parse(unsigned.stdout)).toMatchObject({
      path: at('json.jsonl'),
      entries: 9,
      custody: 'not recorded',
      custodyReason: expect.stringContaining('no signer was given'),
      attestedBy: null,
    });
    expect(unsigned.stderr).toContain('Warning:');
    const signed = await spanseal([...args, '--overwrite', '--signer', key.keyFile]);
    expect(JSON.parse(signed.stdout)).toMatchObject({ custody: 'recorded', attestedBy: key.vkey });
    expect(signed.stderr).toBe('');
  });

  it('takes a period, a day to its last moment', async () => {
    const directory = await log('period');
    const today = new Date().toISOString().slice(0, 10);
    const path = at('period.jsonl');
    const { code } = await spanseal(['export', directory, '-o', path, '--from', today, '--to', today]);
    expect(code).toBe(0);
    expect(JSON.parse(linesOf(path)[0] ?? '')).toMatchObject({
      pack: { selection: { kind: 'period' }, period: { from: `${today}T00:00:00.000Z`, to: `${today}T23:59:59.999Z` } },
    });
    const before = ['--from', '2001-01-01T00:00:00+02:00', '--to', '2001-02-01'];
    const none = await spanseal(['export', directory, '-o', at('none.jsonl'), ...before]);
    expect(none.code).toBe(3);
    expect(none.stderr).toContain('choose another period');
  });

  it('takes a profile', async () => {
    const directory = await log('profile');
    writeFileSync(at('profile.json'), '{"annex_iii_points":["5b"]}');
    const args = ['export', directory, '-o', at('profile.jsonl'), '--profile'];
    expect((await spanseal([...args, at('profile.json')])).code).toBe(0);
    expect(JSON.parse(linesOf(at('profile.jsonl'))[0] ?? '')).toMatchObject({
      pack: { profile: { annex_iii_points: ['5b'] } },
    });
    writeFileSync(at('list.json'), '[]');
    expect((await spanseal([...args, at('list.json')])).code).toBe(2);
    expect((await spanseal([...args, at('missing.json')])).code).toBe(3);
  });

  it('replaces nothing unless it may', async () => {
    const directory = await log('twice');
    const args = ['export', directory, '-o', at('twice.jsonl')];
    expect((await spanseal(args)).code).toBe(0);
    const again = await spanseal(args);
    expect(again.code).toBe(3);
    expect(again.stderr).toContain('exists');
    expect((await spanseal([...args, '--overwrite'])).code).toBe(0);
  });

  it('exports nothing from a log that does not hold', async () => {
    const directory = await log('broken');
    const [file = ''] = segmentFiles(directory);
    const lines = linesOf(join(directory, file));
    writeLines(join(directory, file), lines.toSpliced(3, 1));
    const { code, stdout, stderr } = await spanseal(['export', directory, '-o', at('broken.jsonl')]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.replace(/\s+/g, ' ')).toMatch(/does not hold: seq in \S+, line 4/);
    expect(readdirSync(folder).filter((name) => name.includes('broken.jsonl'))).toEqual([]);
  });

  it('keeps hostile text out of the terminal', async () => {
    await makeLog(at('hostile'), key.keyFile, HOSTILE);
    const ended = await spanseal(['export', at('hostile'), '-o', at(`\u001b[31m.jsonl`), '--recipient', HOSTILE]);
    expect(ended.code).toBe(0);
    expectHarmless(ended.stdout);
    expectHarmless(ended.stderr);
  });

  it('refuses what cannot be meant', async () => {
    const directory = await log('usage');
    const alien = at('alien.key');
    writeFileSync(alien, generateKey({ name: 'other.example/log' }).privateKey, { mode: 0o600 });
    const refused: readonly (readonly [readonly string[], number, RegExp])[] = [
      [[directory], 2, /export needs -o/],
      [[directory, '-o', '-'], 2, /written to a file/],
      [[directory, '-o', at('u.jsonl'), '-f', 'eu_ai'], 2, /eu_ai_act/],
      [[directory, '-o', at('u.jsonl'), '--from', '2026-01-01'], 2, /give --from and --to/],
      [[directory, '-o', at('u.jsonl'), '--from', 'yesterday', '--to', '2026-01-01'], 2, /yesterday is no time/],
      [[directory, '-o', at('u.jsonl'), '--from', '2026-02-01', '--to', '2026-01-01'], 2, /ends .* before it begins/],
      [
        [directory, '-o', at('u.jsonl'), '--signer', key.keyFile, '--hmac-signer', key.keyFile],
        2,
        /exclude each other/,
      ],
      [[directory, '-o', at('u.jsonl'), '--signer', alien], 2, /that of another log/],
      [[directory, '-o', at('u.jsonl'), '--signer', at('missing.key')], 3, /missing\.key cannot be opened/],
      [[directory, '-o', at('no', 'such', 'place.jsonl')], 3, /cannot be written/],
      [[at('missing'), '-o', at('u.jsonl')], 3, /cannot be read; give the directory of a log/],
      [[at('usage', 'nothing'), '-o', at('u.jsonl')], 3, /cannot be read/],
    ];
    const ended = await Promise.all(refused.map(([args]) => spanseal(['export', ...args])));
    for (const [index, [args, code, message]] of refused.entries()) {
      expect({ args, code: ended[index]?.code }).toEqual({ args, code });
      expect(ended[index]?.stderr.replace(/\s+/g, ' ')).toMatch(message);
    }
    expect(existsSync(at('u.jsonl'))).toBe(false);
  });

  it('refuses a private key that others can read, with the command that closes it', async () => {
    const open = makeKey(folder, 'open');
    chmodSync(open.keyFile, 0o644);
    const { code, stderr } = await spanseal(['export', at('usage'), '-o', at('o.jsonl'), '--signer', open.keyFile]);
    expect(code).toBe(3);
    expect(stderr.replace(/\s+/g, ' ')).toContain(`run: chmod 600 '${open.keyFile}'`);
  });
});

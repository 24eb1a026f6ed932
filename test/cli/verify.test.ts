import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { AuditLog, ed25519Signer, exportPack, hmacSigner, type Report } from '../../src/index.ts';
import { formatHmacKeyFile } from '../../src/signer.ts';
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
const VERDICTS = [
  'integrity',
  'authenticity',
  'independence',
  'completeness',
  'history',
  'time',
  'mapping',
  'disclosure',
];

let key: ReturnType<typeof makeKey>;
let other: ReturnType<typeof makeKey>;
let segment: string;
let pack: string;

beforeAll(async () => {
  key = makeKey(folder);
  other = makeKey(folder, 'other');
  await makeLog(at('audit'), key.keyFile);
  await makeLog(at('audit'), key.keyFile);
  await makeLog(at('unsigned'), undefined);
  segment = at('audit', segmentFiles(at('audit'))[0] ?? '');
  pack = at('evidence.jsonl');
  await exportPack(at('audit'), pack, { signer: ed25519Signer({ keyFile: key.keyFile }), purpose: 'internal_audit' });
});

describe('what holds exits 0', () => {
  it.each([
    ['a pack', () => pack],
    ['a directory', () => at('audit')],
    ['a segment', () => segment],
  ])('%s', async (_, path) => {
    const { code, stdout, stderr } = await spanseal(['verify', path(), '--key', key.vkey]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const verdict of VERDICTS) expect(stdout).toMatch(new RegExp(`^  . ${verdict} +[a-z_]+ +[A-Z]`, 'm'));
    expect(stdout).toMatch(/authenticity +signed +Sealed by a key that you gave\./);
    expect(stdout).toContain(key.vkey);
    expectToFit(stdout);
    expectHarmless(stdout);
  });

  it('and always says that nobody else vouches for it', async () => {
    const reports = await Promise.all([
      spanseal(['verify', pack, '--key', key.vkey]),
      spanseal(['verify', pack]),
      spanseal(['verify', at('unsigned'), '--allow-unsigned']),
      spanseal(['verify', at('unsigned'), '--key', key.vkey]),
    ]);
    for (const { stdout } of reports) {
      expect(stdout).toMatch(/independence +self_attested +No outside witness: its writer could have rewritten all/);
    }
    expect(reports[0]?.stdout).toMatch(/Result: what was demanded holds: [^.]+\. Not shown: independence/);
  });

  it('with keys from a file, comments and blank lines aside', async () => {
    expect((await spanseal(['verify', pack, '-k', key.vkeyFile])).code).toBe(0);
    expect((await spanseal(['verify', pack, `--key=${key.vkeyFile}`, '--fast'])).code).toBe(0);
  });

  it('with a policy, while it trusts the key', async () => {
    const policy = (more: object): string =>
      JSON.stringify({ v: 1, logs: [{ name: LOG, keys: [{ vkey: key.vkey, ...more }] }] });
    writeFileSync(at('policy.json'), policy({}));
    writeFileSync(at('late.json'), policy({ not_before: '2999-01-01T00:00:00.000Z' }));
    writeFileSync(at('odd.json'), policy({ not_befor: '2999-01-01T00:00:00.000Z' }));
    expect((await spanseal(['verify', pack, '--policy', at('policy.json')])).code).toBe(0);
    const late = await spanseal(['verify', pack, '--policy', at('late.json')]);
    expect(late).toMatchObject({ code: 1, stdout: expect.stringMatching(/key is\s+trusted from 2999-01-01/) });
    const odd = await spanseal(['verify', pack, '--policy', at('odd.json')]);
    expect(odd).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean not_before?') });
    expect((await spanseal(['verify', pack, '--policy', at('none.json')])).stderr).toContain('is no file');
  });

  it('with what was expected', async () => {
    const root = /root|([A-Za-z0-9+/]{43}=)/.exec(
      JSON.parse(linesOf(segment).at(-1) ?? '').payload.checkpoint.split('\n')[2],
    )?.[1];
    const { code, stdout } = await spanseal([
      'verify',
      segment,
      '--key',
      key.vkey,
      '--expect-root',
      root ?? '',
      '--expect-entries',
      '9',
    ]);
    expect(code).toBe(0);
    expect(stdout.replace(/\s+/g, ' ')).toContain('It is what you expected.');
  });

  it('an open segment, where the log is still written', async () => {
    const audit = new AuditLog({
      system: 'loan-triage',
      log: LOG,
      directory: at('live'),
      signer: ed25519Signer({ keyFile: key.keyFile }),
    });
    audit.record({ sealed: true });
    await audit.flush();
    audit.record({ sealed: false });
    const args = ['verify', at('live'), '--key', key.vkey];
    const [dead, live] = await Promise.all([spanseal(args), spanseal([...args, '--live'])]);
    await audit.close();
    expect(dead.code).toBe(1);
    expect(dead.stdout).toMatch(/✗ completeness +fails/);
    expect(dead.stdout).toContain('needs --live');
    expect(live.code).toBe(0);
    expect(live.stdout).toMatch(/· completeness +open +A segment is open: more may have followed/);
    expect(live.stdout).toContain('unsealed_tail');
    expect(live.stdout.replace(/\s+/g, ' ')).toContain('Open segments, as you allowed.');
  });
});

describe('what fails exits 1, and says where', () => {
  const forged = async (
    name: string,
    change: (lines: string[]) => string[],
    ...args: string[]
  ): Promise<{ code: number; stdout: string }> => {
    const path = at(name);
    writeLines(path, change(linesOf(pack)));
    return await spanseal(['verify', path, ...args]);
  };

  it.each([[['--key', 'KEY']], [[]]])('a pack without its header (%s)', async (args) => {
    const given = args.map((arg) => (arg === 'KEY' ? key.vkey : arg));
    const { code, stdout } = await forged('headless.jsonl', (lines) => lines.slice(1), ...given);
    expect(code).toBe(1);
    expect(stdout).toContain('Evidence pack headless.jsonl');
    expect(stdout).toMatch(/pack_line\n.*\n {4}- headless\.jsonl:1\n +the first line is no header/);
    expect(stdout).toContain('Result: FAILS in integrity');
    expectToFit(stdout);
  });

  it.each([[['--key', 'KEY']], [[]]])('a pack without its tail (%s)', async (args) => {
    const given = args.map((arg) => (arg === 'KEY' ? key.vkey : arg));
    const { code, stdout } = await forged('tailless.jsonl', (lines) => lines.slice(0, -1), ...given);
    expect(code).toBe(1);
    expect(stdout).toContain('pack_structure');
    expect(stdout).toContain('the pack ends before its attestation');
  });

  it('a byte that was changed', async () => {
    const { code, stdout } = await forged(
      'changed.jsonl',
      (lines) => lines.map((line) => line.replace('"approved"', '"rejected"')),
      '--key',
      key.vkey,
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/prev_hash\n.*\n {4}- changed\.jsonl:\d+, segment \S+, seq \d+\n/);
    expect(stdout).toContain('attestation_digest');
    expectToFit(stdout);
  });

  it('a seal by a trusted key over something else', async () => {
    const path = at('resealed.jsonl');
    writeLines(
      path,
      linesOf(segment).map((line) => line.replace('"approved"', '"rejected"')),
    );
    const { code, stdout } = await spanseal(['verify', path, '--key', key.vkey]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ integrity +inconsistent/);
    expect(stdout).not.toMatch(/✓ authenticity/);
    expect(stdout).toMatch(
      /authenticity +\w+ +(By a key that you gave; but what it sealed is not|A signature does not)/,
    );
  });

  it('the wrong key', async () => {
    const { code, stdout } = await spanseal(['verify', pack, '--key', other.vkey]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ authenticity +failed/);
    expect(stdout).toContain('unused_key');
    expect(stdout.replace(/\s+/g, ' ')).toContain('It is not by the key that was given');
  });

  it('an unsigned log with a key', async () => {
    expect((await spanseal(['verify', at('unsigned'), '--key', key.vkey, '--allow-unsigned'])).code).toBe(1);
  });

  it('a segment without its end, in a directory of two', async () => {
    const directory = at('cut');
    mkdirSync(directory);
    for (const file of segmentFiles(at('audit'))) copyFileSync(at('audit', file), join(directory, file));
    const [first = ''] = segmentFiles(directory);
    writeLines(join(directory, first), linesOf(join(directory, first)).slice(0, -2));
    const { code, stdout } = await spanseal(['verify', directory, '--key', key.vkey]);
    expect(code).toBe(1);
    expect(stdout).toContain('segment_open');
    expect(stdout).toMatch(/✗ completeness +fails/);
  });

  it('another root or number of entries than expected', async () => {
    const { code, stdout } = await spanseal([
      'verify',
      segment,
      '--key',
      key.vkey,
      '--expect-root',
      `${'A'.repeat(43)}=`,
      '--expect-entries',
      '8',
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ history +not_checked +What you expect from elsewhere is not what is here\./);
    expect(stdout).toContain('there are 9 entries, not 8');
  });

  it('an empty file, and a file of something else', async () => {
    writeFileSync(at('empty.jsonl'), '');
    const empty = await spanseal(['verify', at('empty.jsonl')]);
    expect(empty.code).toBe(1);
    expect(empty.stdout).toMatch(/problems?\n {2}empty\n/);
    writeFileSync(at('noise.jsonl'), Buffer.from([0xff, 0x00, 0x0a, 0x7b]));
    expect((await spanseal(['verify', at('noise.jsonl')])).code).toBe(1);
  });

  it('a directory without a segment', async () => {
    mkdirSync(at('nothing'));
    writeFileSync(at('nothing', 'readme.txt'), 'x');
    const { code, stdout } = await spanseal(['verify', at('nothing')]);
    expect(code).toBe(1);
    expect(stdout).toContain('the directory holds no segment');
    expect(stdout).toContain('other_file: readme.txt');
  });

  it('with many problems: all are counted, some are shown', async () => {
    const { code, stdout } = await forged('noisy.jsonl', (lines) => [
      ...lines.slice(0, 3),
      ...Array.from({ length: 150 }, (_, index) => `{"entry":{"x":${index}}}`),
      ...lines.slice(3),
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/… and 145 more of entry_shape/);
    expect(stdout.split('\n').length).toBeLessThan(120);
    expectToFit(stdout);
  });
});

describe('what was asked wrongly exits 2', () => {
  it.each([
    ['no path', [], /verify needs <segment\|directory\|pack>\./],
    ['two paths', ['a', 'b'], /takes no further argument 'b'/],
    ['an unknown option', ['x', '--kez', 'y'], /no option --kez; did you mean --key\?/],
    ['an option without its value', ['x', '--key'], /--key needs <vkey\|file>\./],
    ['an option in place of a value', ['x', '--key', '--json'], /--key needs <vkey\|file>, not --json/],
    ['a value for a flag', ['x', '--json=yes'], /--json takes no value/],
    ['a flag twice', ['x', '--expect-entries', '1', '--expect-entries', '2'], /can be given once only/],
    ['a key that is none', ['x', '--key', 'acme'], /'acme' is neither a verifier key .* nor a file/],
    ['a number that is none', ['x', '--expect-entries', '-1'], /--expect-entries needs <number>/],
    ['a number that is none', ['x', '--expect-entries=1e3'], /1e3 is no number/],
    ['a root that is none', ['x', '--expect-root', 'AAAA'], /AAAA is no root/],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await spanseal(['verify', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.replace(/\s+/g, ' ')).toMatch(message);
    expect(stderr).toContain('See spanseal verify --help');
    expectToFit(stderr);
  });

  it('a key whose id is not its own', async () => {
    const wrong = key.vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+');
    const { code, stderr } = await spanseal(['verify', pack, '--key', wrong]);
    expect(code).toBe(2);
    expect(stderr.replace(/\s+/g, ' ')).toMatch(/--key: '.*' is no verifier key/);
  });

  it('a private key in the place of a verifier key, and says nothing of it', async () => {
    const { code, stderr } = await spanseal(['verify', pack, '--key', key.keyFile]);
    expect(code).toBe(2);
    expect(stderr).toContain('holds a private key');
    const secret = linesOf(key.keyFile)[2] ?? '';
    expect(secret.length).toBeGreaterThan(60);
    expect(stderr).not.toContain(secret);
  });

  it('a shared key in the place of a verifier key, and says nothing of it', async () => {
    writeFileSync(at('misplaced.key'), formatHmacKeyFile(LOG, Buffer.alloc(32, 7)), { mode: 0o600 });
    const { code, stderr } = await spanseal(['verify', pack, '--key', at('misplaced.key')]);
    expect(code).toBe(2);
    expect(stderr.replace(/\s+/g, ' ')).toContain('give it as --hmac-key');
    expect(stderr).not.toContain(Buffer.alloc(32, 7).toString('base64'));
  });

  it('a file of keys with a line that is none, or with no key', async () => {
    writeFileSync(at('bad.vkey'), `${key.vkey}\nsomething secret\n`);
    const bad = await spanseal(['verify', pack, '--key', at('bad.vkey')]);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/Line 2 of .*bad\.vkey is no verifier key/);
    expect(bad.stderr).not.toContain('something secret');
    writeFileSync(at('none.vkey'), '# nothing\n');
    const none = await spanseal(['verify', pack, '--key', at('none.vkey')]);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('holds no verifier key');
  });
});

describe('what cannot be read exits 3', () => {
  it('a file that is not there', async () => {
    const { code, stdout, stderr } = await spanseal(['verify', at('missing.jsonl')]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr.replace(/\s+/g, ' ')).toMatch(/missing\.jsonl cannot be read \(ENOENT\); check the path/);
  });

  it('a file that the system will not open', async () => {
    // Root opens what chmod forbids; a link to itself nobody opens.
    symlinkSync(at('loop.jsonl'), at('loop.jsonl'));
    const { code, stderr } = await spanseal(['verify', at('loop.jsonl')]);
    expect(code).toBe(3);
    expect(stderr).toContain('ELOOP');
  });

  it('a directory with a segment that the system will not open', async () => {
    mkdirSync(at('loops'));
    symlinkSync('20261123T093000Z-0123456789abcdef.jsonl', at('loops', '20261123T093000Z-0123456789abcdef.jsonl'));
    expect((await spanseal(['verify', at('loops')])).code).toBe(3);
  });

  it('a secret that is open to others, with the command that closes it', async () => {
    const path = at('open.key');
    writeFileSync(path, formatHmacKeyFile(LOG, Buffer.alloc(32, 9)), { mode: 0o644 });
    const { code, stderr } = await spanseal(['verify', pack, '--hmac-key', path]);
    expect(code).toBe(3);
    expect(stderr.replace(/\s+/g, ' ')).toContain(`run: chmod 600 '${path}'`);
  });

  it('a private key in the place of a shared one', async () => {
    writeFileSync(at('unnamed.key'), linesOf(key.keyFile).slice(1).join('\n'), { mode: 0o600 });
    for (const path of [key.keyFile, at('unnamed.key')]) {
      const { code, stderr } = await spanseal(['verify', pack, '--hmac-key', path]);
      expect(code).toBe(3);
      expect(stderr).toContain('holds another kind of key');
    }
  });

  it('a secret on the command line, which is not repeated', async () => {
    const secret = Buffer.alloc(32, 5).toString('base64');
    for (const option of ['--hmac-key', '--key']) {
      const { code, stderr } = await spanseal(['verify', pack, option, secret]);
      expect(code).toBe(option === '--key' ? 2 : 3);
      expect(stderr).not.toContain(secret);
    }
  });

  it('a result that nobody can be told', async () => {
    const { code, stderr } = await spanseal(['verify', at('missing.jsonl'), '--json']);
    expect(code).toBe(3);
    expect(stderr).toContain('error:');
  });
});

describe('what is intact and was not checked with a key exits 4', () => {
  it('a signed pack', async () => {
    const { code, stdout } = await spanseal(['verify', pack]);
    expect(code).toBe(4);
    expect(stdout).toMatch(/\? authenticity +unknown_key/);
    expect(stdout).toContain('Result: INTACT, NOT AUTHENTICATED');
    expect(stdout.replace(/\s+/g, ' ')).toContain('Get the verifier key from somebody you trust, not from this file');
    expect((await spanseal(['verify', pack, '--allow-unsigned'])).code).toBe(4);
  });

  it('an unsigned log; it exits 0 where that is allowed', async () => {
    const asked = await spanseal(['verify', at('unsigned')]);
    expect(asked.code).toBe(4);
    expect(asked.stdout).toContain('--allow-unsigned');
    const allowed = await spanseal(['verify', at('unsigned'), '--allow-unsigned']);
    expect(allowed.code).toBe(0);
    expect(allowed.stdout).toMatch(/authenticity +none +Nobody signed it/);
    expect(allowed.stdout.replace(/\s+/g, ' ')).toContain('Not shown: authenticity (none)');
  });
});

describe('a shared key', () => {
  const key = Buffer.alloc(32, 3);

  beforeAll(async () => {
    await makeLog(at('shared'), hmacSigner({ name: LOG, key }));
    writeFileSync(at('named.key'), formatHmacKeyFile(LOG, key), { mode: 0o600 });
    writeFileSync(at('raw.key'), key, { mode: 0o600 });
  });

  it.each(['named.key', 'raw.key'])('verifies, and says what it is worth (%s)', async (file) => {
    const { code, stdout } = await spanseal(['verify', at('shared'), '--hmac-key', at(file)]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/authenticity +shared_key +By the shared key you gave: whoever can check it can forge it\./);
  });

  it('exits 1 with another one, and 4 without', async () => {
    writeFileSync(at('wrong.key'), Buffer.alloc(32, 4), { mode: 0o600 });
    expect((await spanseal(['verify', at('shared'), '--hmac-key', at('wrong.key')])).code).toBe(1);
    expect((await spanseal(['verify', at('shared')])).code).toBe(4);
  });

  it('is not given as --key', async () => {
    const [opening = ''] = linesOf(at('shared', segmentFiles(at('shared'))[0] ?? ''));
    const { code, stderr } = await spanseal(['verify', at('shared'), '--key', JSON.parse(opening).payload.key]);
    expect(code).toBe(2);
    expect(stderr.replace(/\s+/g, ' ')).toContain('given as --hmac-key <file>');
  });
});

describe('--json', () => {
  it('is one document: the report', async () => {
    const { code, stdout, stderr } = await spanseal(['verify', pack, '--key', key.vkey, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({ ok: true, kind: 'pack', file: 'evidence.jsonl', entries: 18 });
    expect(Object.keys(report.verdicts).sort()).toEqual(VERDICTS.toSorted());
    expect(report.pack?.header['purpose']).toBe('internal_audit');
  });

  it('of what fails, too', async () => {
    const { code, stdout } = await spanseal(['verify', at('audit'), '--key', other.vkey, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      failed: ['authenticity'],
      verdicts: { authenticity: 'failed' },
    });
  });
});

describe('text from a file stays text', () => {
  it('in the header of a pack, in problems, and in names of files', async () => {
    const directory = at('hostile');
    await makeLog(directory, key.keyFile, HOSTILE);
    writeFileSync(join(directory, 'a\u001b[31m\u202e\nb.txt'), '');
    const path = at('hostile.jsonl');
    await exportPack(directory, path, {
      signer: ed25519Signer({ keyFile: key.keyFile }),
      purpose: HOSTILE,
      recipient: HOSTILE,
      exportedBy: HOSTILE,
    });
    writeFileSync(at('hostile-forged.jsonl'), readFileSync(path, 'utf8').replaceAll('"u-7731"', '"u-\\u001b7732"'));
    const ended = await Promise.all(
      [directory, path, at('hostile-forged.jsonl')].flatMap((each) => [
        spanseal(['verify', each, '--key', key.vkey]),
        spanseal(['verify', each, '--key', key.vkey, '--json']),
      ]),
    );
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0, 1, 1]);
    for (const { stdout, stderr } of ended) {
      expectHarmless(stdout);
      expectHarmless(stderr);
    }
    expect(ended[0]?.stdout).toContain('\\u{1b}[31m\\u{202e}\\u{a}b.txt');
    expect(ended[2]?.stdout).toContain('\\u{202e}');
    expect((JSON.parse(ended[3]?.stdout ?? '') as Report).pack?.header['recipient']).toBe(HOSTILE);
  });

  it('in what was typed, too', async () => {
    const { code, stderr } = await spanseal(['verify', `${folder}/\u001b[31mx`]);
    expect(code).toBe(3);
    expectHarmless(stderr);
  });
});

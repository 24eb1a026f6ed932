import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  AuditLog,
  ed25519Signer,
  generateKey,
  proveEntry,
  type EntryProof,
  type GeneratedKey,
} from '../../src/index.ts';
import { tsaService } from '../services.ts';
import { authority } from '../time-stamp-authority.ts';
import { repositoryFile } from './run-node.ts';

/** The commands of docs/verify-without-us.md are what an auditor will type: each one is run as it stands there. */
const text = readFileSync(repositoryFile('docs/verify-without-us.md'), 'utf8');
const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => ({ language, code }));
const scripts = blocks.flatMap(({ language, code }) => (language === 'bash' ? [code ?? ''] : []));
const [chain = '', inclusion = ''] = blocks.flatMap(({ language, code }) =>
  language === 'python' ? [code ?? ''] : [],
);

const probe = (tool: string) => spawnSync(tool, [tool === 'openssl' ? 'version' : '--version'], { encoding: 'utf8' });
const tools = ['bash', 'awk', 'sed', 'jq', 'openssl', 'python3', 'sha256sum', 'base64', 'od'];
const missing = tools.flatMap((tool) => {
  const { error, stdout } = probe(tool);
  if (error !== undefined) return [tool];
  return tool === 'openssl' && !/^OpenSSL [3-9]/.test(stdout) ? ['openssl 3'] : [];
});
const why = missing.length === 0 ? '' : ` (skipped: no ${missing.join(', no ')} on this machine)`;
if (why !== '') console.warn(`docs/verify-without-us.md${why}`);

interface Made {
  readonly pack: string;
  /** Names and bytes of the segments in the pack, in its order. */
  readonly segments: readonly { readonly name: string; readonly bytes: Buffer }[];
  /** Of an entry in the midst of the first one. */
  readonly proved: EntryProof;
}

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

const root = authority({ name: 'Root', ca: true });
const tsa = authority({ name: 'Stamper', issuer: root });

/** A log of two segments with many seals, and content that looks like the format's own. */
async function makePack(key: GeneratedKey): Promise<Made> {
  const folder = mkdtempSync(join(tmpdir(), 'spanseal-without-us-'));
  folders.push(folder);
  const audit = new AuditLog({
    system: 'loan-triage',
    directory: join(folder, 'audit'),
    signer: ed25519Signer({ privateKey: key.privateKey }),
  });
  for (let index = 0; index < 9; index++) {
    audit.decision({ id: `d-${index}`, input: { entry: { type: 'seal' }, text: 'Ärger, "entry":{}  \u2028' } }, (d) =>
      d.result('referred'),
    );
    await audit.flush();
  }
  await audit.roll();
  audit.humanOversight({ decisionId: 'd-0', reviewer: 'u-7', reviewerKind: 'person', action: 'approved' });
  await audit.anchor({ tsa: await tsaService(tsa) });
  await audit.close();
  await audit.export(join(folder, 'evidence.jsonl'));
  const pack = readFileSync(join(folder, 'evidence.jsonl'), 'utf8');
  const names = [...pack.matchAll(/^\{"segment":\{"name":"([^"]+)"/gm)].map(([, name]) => name ?? '');
  return {
    pack,
    segments: names.map((name) => ({ name, bytes: readFileSync(join(folder, 'audit', `${name}.jsonl`)) })),
    proved: await proveEntry(join(folder, 'audit'), { segment: names[0] ?? '', seq: 5 }),
  };
}

/**
 * What each block prints, in a folder with the pack and the key; they share files, and the variables of the first.
 *
 * @param upTo - how many blocks are run, behind that of the variables
 */
function run(pack: string, vkey: string, { line, proof }: EntryProof, upTo = scripts.length): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'spanseal-auditor-'));
  folders.push(folder);
  writeFileSync(join(folder, 'evidence.jsonl'), pack);
  writeFileSync(join(folder, 'loan-triage.vkey'), `${vkey}\n`);
  writeFileSync(join(folder, 'chain.py'), chain);
  writeFileSync(join(folder, 'inclusion.py'), inclusion);
  writeFileSync(join(folder, 'entry.jsonl'), Buffer.concat([line, Buffer.from('\n')]));
  writeFileSync(join(folder, 'entry.tlog-proof'), proof);
  writeFileSync(join(folder, 'tsa-root.pem'), root.pem);
  const [variables = '', ...rest] = scripts;
  return rest.slice(0, upTo).map((script) => {
    const { stdout, stderr, error } = spawnSync('bash', ['-c', variables + script], { cwd: folder, encoding: 'utf8' });
    if (error !== undefined) throw error;
    return stdout + stderr;
  });
}

const VERIFIED = 'Signature Verified Successfully';

describe.skipIf(missing.length > 0)(`docs/verify-without-us.md${why}`, () => {
  const key = generateKey({ name: 'loan-triage' });
  let made: Made;
  beforeAll(async () => {
    made = await makePack(key);
  });

  /** Lines of a pack, without the `\n` behind the last one. */
  const lines = (): string[] => made.pack.trimEnd().split('\n');

  test('on a good pack everything agrees', () => {
    const [keyId, segments, byHand, chain, signatures, whole, counted, oversight, entry, stamped] = run(
      made.pack,
      key.vkey,
      made.proved,
    );
    const sizes = made.segments.map(({ bytes }) => bytes.toString('utf8').split('\n').length - 1);
    expect(sizes).toHaveLength(2);
    const same = (output: string | undefined): void => {
      const [left, right, ...more] = output?.trimEnd().split('\n') ?? [];
      expect(left).toMatch(/./);
      expect(right).toBe(left);
      expect(more).toEqual([]);
    };

    same(keyId);
    expect(segments).toMatch(new RegExp(`^ *${sizes[0]} segment-1.jsonl\n *${sizes[1]} segment-2.jsonl\n`));
    same(byHand);
    expect(chain).toBe(
      sizes.map((size) => `${size} lines, the first ${size - 1} sealed; at the end audit_close seal\n`).join(''),
    );
    const id = key.vkey.split('+')[1];
    expect(signatures).toBe(
      made.segments.map(({ name }, at) => `loan-triage/${name} ${(sizes[at] ?? 0) - 1} ${id}\n${VERIFIED}\n`).join(''),
    );
    const [stated, computed, verdict] = whole?.split('\n') ?? [];
    expect(stated).toMatch(/^[0-9a-f]{64}$/);
    expect([computed, verdict]).toEqual([stated, VERIFIED]);
    same(counted);
    const [reached, sealed, checkpointed] = entry?.split('\n') ?? [];
    expect(reached).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect([sealed, checkpointed]).toEqual([reached, VERIFIED]);
    expect(stamped).toMatch(
      /^Verification: OK\nTime stamp: \w+ .* GMT\n\["20\d\d-[^"]+Z",\d+\]\n(?:Using configuration .*\n)?$/,
    );
    expect(oversight).toMatch(/^\S+Z\td-0\tu-7\tapproved\n$/);
  });

  test('the segments that come out of a pack are the files of the log', () => {
    run(made.pack, key.vkey, made.proved, 2);
    for (const [at, { bytes }] of made.segments.entries()) {
      const extracted = readFileSync(join(folders.at(-1) ?? '', `segment-${at + 1}.jsonl`));
      expect(extracted.equals(bytes)).toBe(true);
    }
  });

  test('a word that was changed breaks the chain, the tree and the digest', () => {
    const forged = made.pack.replace('"action":"approved"', '"action":"rejected"');
    expect(forged).not.toBe(made.pack);
    const [, , , chain, , whole] = run(forged, key.vkey, made.proved, 6);
    expect(chain).toMatch(/MISMATCH: line 2 is not the line that line 3 was written after/);
    expect(chain).toMatch(/MISMATCH: the seal in line \d is not over the first \d lines/);
    const [stated, computed] = whole?.split('\n') ?? [];
    expect(computed).toMatch(/^[0-9a-f]{64}$/);
    expect(computed).not.toBe(stated);
  });

  test('an entry that was changed, moved, or proved by half a path is not in the log', () => {
    const { line, proof } = made.proved;
    const entry = (changed: EntryProof): string[] => run(made.pack, key.vkey, changed).at(-2)?.split('\n') ?? [];
    const text = Buffer.from(line).toString();
    const [reached, sealed, verdict] = entry({ line: Buffer.from(text.replace('"seq":5', '"seq":6')), proof });
    expect(reached).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(reached).not.toBe(sealed);
    expect(verdict).toBe(VERIFIED);
    const [moved, root] = entry({ line, proof: proof.replace('index 5', 'index 4') });
    expect(moved).not.toBe(root);
    const [half] = entry({ line, proof: proof.replace(/(index 5\n).*\n/, '$1') });
    expect(half).toBe('MISMATCH: the proof is too short');
    const forged = proof.replace(/\n\n([^\n]*\n)(\d+)/, '\n\n$1$21');
    expect(entry({ line, proof: forged }).join()).toContain('Signature Verification Failure');
  });

  test('a pack without its header has another digest', () => {
    const [, , , , , whole] = run(`${lines().slice(1).join('\n')}\n`, key.vkey, made.proved, 6);
    const [stated, computed, verdict] = whole?.split('\n') ?? [];
    expect(verdict).toBe(VERIFIED);
    expect(computed).not.toBe(stated);
  });

  test('a tail that was cut off shows at the end, and no statement is left', () => {
    const cut = lines().findIndex((line) => line.includes('"type":"human_oversight"'));
    const [, , , chain, , whole] = run(`${lines().slice(0, cut).join('\n')}\n`, key.vkey, made.proved, 6);
    expect(chain).toMatch(/at the end audit_close seal\n1 lines, the first 0 sealed; at the end audit_open\n/);
    expect(whole).not.toContain(VERIFIED);
  });

  test('a whole log made anew, by a forger with a key of the same name, verifies in no signature', async () => {
    const forger = await makePack(generateKey({ name: 'loan-triage' }));
    const [, , , chain, signatures, whole] = run(forger.pack, key.vkey, made.proved, 6);
    expect(chain).not.toContain('MISMATCH');
    expect(signatures).not.toContain(VERIFIED);
    expect(signatures?.match(/Signature Verification Failure/g)).toHaveLength(2);
    expect(whole).toContain('Signature Verification Failure');
  });
});

test('every block of docs/verify-without-us.md is one that is run here', () => {
  expect(blocks.map(({ language }) => language).filter((language) => language !== 'bash')).toEqual([
    'python',
    'python',
  ]);
  expect(scripts).toHaveLength(11);
});

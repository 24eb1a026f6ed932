import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, expect } from 'vitest';

import { run } from '../../src/cli/program.ts';
import { AuditLog, ed25519Signer, generateKey, type Signer } from '../../src/index.ts';

/** The command, run here, or as it is installed: as a process of its own. */

export const MAIN: string = resolve('dist/src/cli/main.js');
export const STANDALONE: string = resolve('dist/verify.mjs');

export const LOG = 'acme.example/loan-triage';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Where {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A process of its own takes half a second: where nothing asks for one, the program runs in this. */
export async function spanseal(args: readonly string[], where?: Where): Promise<Ended> {
  if (where !== undefined) return await runNode([MAIN, ...args], where);
  const [stdout, stderr] = [new Collected(), new Collected()];
  const code = await run(args, { stdout, stderr, env: {} });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** Takes what a command writes. */
class Collected extends EventEmitter {
  readonly writableNeedDrain = false;
  text = '';

  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

export function runNode(args: readonly string[], { cwd, env = {} }: Where = {}): Promise<Ended> {
  for (const file of [MAIN, STANDALONE]) if (!existsSync(file)) throw new Error(`${file} is missing: npm run build`);
  return new Promise((done, failed) => {
    const child = execFile(
      process.execPath,
      [...args],
      { cwd, env: { PATH: process.env['PATH'], ...env }, maxBuffer: 64 * 1_024 * 1_024 },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number') failed(error);
        else done({ code: child.exitCode ?? -1, stdout, stderr });
      },
    );
  });
}

/** A folder for the tests of one file, gone after them; `at` names what is in it. */
export function testFolder(): { readonly folder: string; readonly at: (...parts: readonly string[]) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'spanseal-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, at: (...parts) => join(folder, ...parts) };
}

/** A key in a file, as `spanseal keygen` leaves it, and the file of its verifier key. */
export function makeKey(folder: string, name = 'audit'): { keyFile: string; vkeyFile: string; vkey: string } {
  const { vkey, privateKey } = generateKey({ name: LOG });
  const keyFile = join(folder, `${name}.key`);
  const vkeyFile = join(folder, `${name}.vkey`);
  writeFileSync(keyFile, privateKey, { mode: 0o600 });
  writeFileSync(vkeyFile, `# the loan log, from its operator\n\n  ${vkey}\r\n`);
  return { keyFile, vkeyFile, vkey };
}

/** Text that a terminal, or a reader of bidirectional text, would obey. */
export const HOSTILE = '\u001b[2J\u001b]0;owned\u0007 \u202egnp.exe\u2069 \u009b31m\n\rfaked line\u2028\u200b';

/** A log of one decision, a flag and a review, with hostile text in it. */
export async function makeLog(directory: string, signer: Signer | string | undefined, hostile = ''): Promise<void> {
  const audit = new AuditLog({
    system: 'loan-triage',
    log: LOG,
    environment: 'production',
    riskTier: 'high',
    operator: `Acme${hostile}`,
    directory,
    warnUnsigned: false,
    ...(signer === undefined
      ? {}
      : { signer: typeof signer === 'string' ? ed25519Signer({ keyFile: signer }) : signer }),
  });
  audit.decision(
    { id: `loan-1${hostile}`, actor: `triage-agent${hostile}`, actorKind: 'agent', reviewRequired: true },
    (decision) => {
      decision.record({ prompt_id: `triage@v3${hostile}` });
      decision.contextAssembly({ operation: 'retrieval', dataSource: `policies${hostile}` });
      decision.result(`referred${hostile}`, { reasonCodes: ['income_unverified'] });
    },
  );
  audit.flag(`special-category data${hostile}`, { action: 'blocked', severity: 'critical', data: ['health'] });
  audit.humanOversight({
    decisionId: `loan-1${hostile}`,
    reviewerKind: 'person',
    reviewer: 'u-7731',
    action: 'approved',
  });
  await audit.close();
}

/** Names of the segment files of a directory. */
export function segmentFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((file) => /^\d{8}T\d{6}Z-[0-9a-f]{16}\.jsonl$/.test(file))
    .sort();
}

export function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

export function writeLines(path: string, lines: readonly string[]): void {
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
}

/** Nothing in the text is obeyed by a terminal, nor shown in another order than it stands. */
export function expectHarmless(text: string): void {
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
}

/** Lines fit 100 columns, but for those that hold a word to be copied whole: a key, a path, a hash. */
export function expectToFit(text: string): void {
  for (const line of text.split('\n')) {
    if (line.length > 100)
      expect(
        line
          .trim()
          .split(' ')
          .some((word) => word.length > 60),
      ).toBe(true);
  }
}

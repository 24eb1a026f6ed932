import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ofType } from '../log.ts';
import { checkAcknowledged, entriesOf, segmentLines } from './acknowledged.ts';
import { BUSY_WRITER, expectRecovered, keyFileIn } from './crash-log.ts';
import { note } from './faults.ts';

/** A disk that is really full, or really not to be written, under a process that goes on all the same. */

let folder: string;
let keyFile: string;
let disk: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spanseal-disk-'));
  disk = join(folder, 'disk');
  mkdirSync(disk);
  mkdirSync(join(folder, 'notes'));
  keyFile = keyFileIn(folder);
});

const mount = (...options: string[]): void => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options.join(), 'none', disk], { stdio: 'ignore' });
};

/** Whether this process may mount file systems: as root of a machine it may, of most containers not. */
const MAY_MOUNT = ((): boolean => {
  const place = mkdtempSync(join(tmpdir(), 'spanseal-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'none', place], { stdio: 'ignore' });
    execFileSync('umount', [place]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(place, { recursive: true });
  }
})();

afterEach(() => {
  if (MAY_MOUNT) {
    try {
      execFileSync('umount', [disk], { stdio: 'ignore' });
    } catch {
      // Not mounted by this test.
    }
  }
  rmSync(folder, { recursive: true, force: true });
});

interface Told {
  readonly acknowledged: number;
  readonly lost: number;
  readonly health: { readonly ok: boolean; readonly lost: number; readonly writeFailures: number };
}

/** A process that does one thing after the other. */
class Writer {
  readonly directory = join(disk, 'audit');
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  readonly #exit: Promise<unknown[]>;
  stderr = '';

  constructor(command: string, args: readonly string[] = []) {
    const writer = [BUSY_WRITER, 'as-told', this.directory, keyFile, join(folder, 'notes')];
    this.#child = spawn(command, [...args, ...writer]);
    this.#exit = once(this.#child, 'exit');
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.on('data', (text: Buffer) => (this.stderr += text.toString()));
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async answer(): Promise<string> {
    const next = await this.#answers.next();
    if (next.done === true) throw new Error(`the writer is gone: ${this.stderr}`);
    return next.value;
  }

  async told(what: 'write' | 'close'): Promise<Told> {
    this.#child.stdin.write(`${what}\n`);
    return JSON.parse(await this.answer()) as Told;
  }

  async exit(): Promise<unknown> {
    this.#child.stdin.write('exit\n');
    return (await this.#exit)[0];
  }

  /** Nothing acknowledged is missing, what was lost is counted, and the log verifies. */
  async check(): Promise<{ readonly acknowledged: number; readonly gaps: number }> {
    await expectRecovered(this.directory, keyFile);
    const acknowledged = checkAcknowledged(this.directory, join(folder, 'notes'));
    const gaps = ofType(entriesOf(segmentLines(this.directory)), 'gap').reduce((sum, gap) => sum + gap.payload.lost, 0);
    return { acknowledged, gaps };
  }
}

describe.skipIf(!MAY_MOUNT)('a disk', { timeout: 30_000 }, () => {
  test('that fills up, and is made larger', async () => {
    mount('size=192k');
    const writer = new Writer(process.execPath);
    await writer.answer();
    let told = await writer.told('write');
    while (told.lost === 0) told = await writer.told('write');
    expect(told.health).toMatchObject({ ok: false });
    mount('remount', 'size=16m');
    const after = await writer.told('write');
    expect(after.acknowledged).toBeGreaterThan(told.acknowledged);
    expect(after.health).toMatchObject({ ok: true, lost: 0 });
    await writer.told('close');
    await writer.exit();
    const { acknowledged, gaps } = await writer.check();
    expect(gaps).toBeGreaterThanOrEqual(after.lost);
    note({ fault: 'full disk (tmpfs of 192 KiB), made larger', rounds: 1, acknowledged, lost: after.lost });
  });

  test('that is full until the process exits: it says what it lost', async () => {
    mount('size=192k');
    const writer = new Writer(process.execPath);
    await writer.answer();
    let told = await writer.told('write');
    while (told.lost === 0) told = await writer.told('write');
    expect(await writer.exit()).toBe(0);
    expect(writer.stderr).toMatch(
      /SpansealWarning: [0-9]+ entries of example.org\/crash, .* no gap records them: ENOSPC/,
    );
    mount('remount', 'size=16m');
    const { acknowledged } = await writer.check();
    note({ fault: 'full disk until the process exits', rounds: 1, acknowledged, lost: told.lost });
  });

  test('that becomes read-only, and writable again', async () => {
    mount('size=16m');
    const writer = new Writer(process.execPath);
    await writer.answer();
    await writer.told('write');
    await writer.told('close');
    await writer.exit();
    mount('remount', 'ro');
    // Nothing can be opened there: the constructor says so, before the application counts on it.
    const refused = new Writer(process.execPath);
    await expect(refused.answer()).rejects.toThrow(/UNREADABLE|cannot be created, read or written/);
    mount('remount', 'rw', 'size=16m');
    const { acknowledged } = await writer.check();
    note({ fault: 'a directory that is read-only when the log is opened', rounds: 1, acknowledged, lost: 0 });
  });
});

test('a file that may not grow any more: the log goes on in another one', { timeout: 30_000 }, async () => {
  const writer = new Writer('bash', ['-c', 'ulimit -f 40; exec "$0" "$@"', process.execPath]);
  await writer.answer();
  const told = await writer.told('write');
  expect(told.acknowledged).toBeGreaterThanOrEqual(200);
  const closed = await writer.told('close');
  await writer.exit();
  const { acknowledged, gaps } = await writer.check();
  expect(gaps).toBeGreaterThanOrEqual(closed.lost);
  expect(readFileSync(keyFile, 'utf8')).toContain('spanseal');
  note({ fault: 'a limit to the size of files (ulimit -f)', rounds: 1, acknowledged, lost: closed.lost });
});

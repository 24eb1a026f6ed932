import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'vitest';

import { generateKey, verifyPath } from '../../src/index.ts';

/** The log that processes write which are killed, or whose disk is full: its key, and the programs. */

export const KEY = generateKey({ name: 'example.org/crash' });

/** Ends thousands of spans and dies. */
export const WRITER: string = fileURLToPath(new URL('writer.mjs', import.meta.url));
/** Does all that a log does, all the time. */
export const BUSY_WRITER: string = fileURLToPath(new URL('busy-writer.mjs', import.meta.url));

/** Writes the private key into a folder. Returns where. */
export function keyFileIn(folder: string): string {
  const file = join(folder, 'key');
  writeFileSync(file, KEY.privateKey, { mode: 0o600 });
  return file;
}

/** The next process opens the log, long after, and closes it: then everything is in order. */
export async function expectRecovered(directory: string, keyFile: string): Promise<void> {
  const next = spawn(process.execPath, [WRITER, 'go-on-later', directory, keyFile], { stdio: 'inherit' });
  expect(await once(next, 'exit')).toEqual([0, null]);
  const report = await verifyPath(directory, { keys: [KEY.vkey] });
  expect({ problems: report.problems, failed: report.failed }).toEqual({ problems: [], failed: [] });
  expect(report.segments.every(({ state }) => state === 'closed' || state === 'recovered')).toBe(true);
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { AuditLog, ed25519Signer, generateKey, memorySink, type Entry, type MemorySink } from '../src/index.ts';
import type { AuditLogOptions } from '../src/index.ts';

export const LOG = 'example.org/test';
export const KEY = generateKey({ name: LOG });
export const SIGNER = ed25519Signer({ privateKey: KEY.privateKey });

/** A folder that is gone when the test is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spanseal-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type Options = Partial<Omit<AuditLogOptions, 'sink' | 'directory'>>;

/** A signed log in memory. */
export function memoryLog(options: Options = {}): { audit: AuditLog; sink: MemorySink } {
  const sink = memorySink();
  return { audit: new AuditLog({ system: 'test', log: LOG, signer: SIGNER, sink, ...options }), sink };
}

/** A signed log in a directory. */
export function directoryLog(directory: string, options: Options = {}): AuditLog {
  return new AuditLog({ system: 'test', log: LOG, signer: SIGNER, directory, ...options });
}

/** The entries of one type. */
export function ofType<T extends Entry['type']>(entries: readonly Entry[], type: T): Entry<T>[] {
  return entries.filter((entry): entry is Entry<T> => entry.type === type);
}

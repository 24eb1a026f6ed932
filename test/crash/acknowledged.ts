import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'vitest';

import type { Entry } from '../../src/entry.ts';

/** The whole lines of each segment of a directory. */
export function segmentLines(directory: string): Map<string, Buffer[]> {
  const lines = new Map<string, Buffer[]>();
  for (const file of readdirSync(directory)) {
    const segment = /^([^.]+)\.jsonl$/.exec(file)?.[1];
    if (segment === undefined) continue;
    const bytes = readFileSync(join(directory, file));
    const own: Buffer[] = [];
    for (let start = 0, end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      own.push(bytes.subarray(start, end));
      start = end + 1;
    }
    lines.set(segment, own);
  }
  return lines;
}

export function entriesOf(lines: ReadonlyMap<string, readonly Buffer[]>): Entry[] {
  return [...lines.values()].flat().map((line) => JSON.parse(line.toString()) as Entry);
}

/**
 * Compares what writers noted as acknowledged with what is in the log: each entry in its place, with the hash that its
 * receipt had, and each span that had ended.
 *
 * @returns how many they were
 */
export function checkAcknowledged(directory: string, notes: string): number {
  const lines = segmentLines(directory);
  const ids = new Set(
    entriesOf(lines).map(({ payload }) => (payload as { readonly response_id?: unknown }).response_id),
  );
  const missing: string[] = [];
  let count = 0;
  for (const file of readdirSync(notes)) {
    if (!file.endsWith('.acknowledged')) continue;
    // The note that was being written when its process died says nothing.
    for (const note of readFileSync(join(notes, file), 'utf8').split('\n').slice(0, -1)) {
      count++;
      const [segment = '', seq, leaf] = note.split(' ');
      const line = lines.get(segment)?.[Number(seq)];
      const isThere =
        segment === 'span'
          ? ids.has(seq)
          : line !== undefined && createHash('sha256').update('\0').update(line).digest('hex') === leaf;
      if (!isThere) missing.push(note);
    }
  }
  expect(missing).toEqual([]);
  return count;
}

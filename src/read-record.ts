import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename } from 'node:path';

import { SpansealError } from './error.ts';
import { fileBytes } from './file-bytes.ts';
import { nodePrimitives } from './node-primitives.ts';
import { Reading, type ReadingOptions, type RecordRead } from './report/reading.ts';
import type { Report } from './verify/report.ts';
import { unreadable } from './unreadable.ts';
import { tapped } from './verify/source.ts';
import type { VerifyOptions } from './verify/verify.ts';
import { readCatalogue, verify, verifyPath } from './verify-path.ts';

export interface ReadPack {
  readonly record: RecordRead;
  /** SHA-256 of the whole file, hex: of the bytes that were verified. */
  readonly digest: string;
}

/**
 * Reads a pack once: what is in it, what it is worth, and its digest are of the same bytes.
 *
 * @throws SpansealError `UNREADABLE` for what the system will not open or read
 * @throws TypeError on misuse: a key that is none
 */
export async function readPack(path: string, options: VerifyOptions, reading: ReadingOptions): Promise<ReadPack> {
  const reader = new Reading(nodePrimitives, reading);
  const hash = createHash('sha256');
  const beside = readCatalogue(`${path}.catalogue.json`);
  let report: Report;
  try {
    if (!statSync(path).isFile()) throw new SpansealError('UNREADABLE', `${path} is no file; give an evidence pack.`);
    report = await verify(
      tapped(fileBytes(path), (piece) => hash.update(piece)),
      {
        ...beside,
        ...options,
        name: basename(path),
        onEntry: reader.onEntry,
      },
    );
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return { record: reader.end(report, beside.catalogue), digest: hash.digest('hex') };
}

/** Reads a pack or the directory of a log; the digest is that of a file, and absent for a directory. */
export async function readRecord(
  path: string,
  options: VerifyOptions,
  reading: ReadingOptions,
): Promise<{ readonly record: RecordRead; readonly digest?: string }> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return readPack(path, options, reading);
  const reader = new Reading(nodePrimitives, reading);
  const report = await verifyPath(path, { ...options, onEntry: reader.onEntry });
  return { record: reader.end(report) };
}

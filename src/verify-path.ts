import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { SpansealError } from './error.ts';
import type { JsonValue } from './json.ts';
import { segmentOfFile } from './names.ts';
import { nodePrimitives } from './node-primitives.ts';
import { READ_BYTES } from './sink.ts';
import type { Report } from './verify/report.ts';
import { verifySegments, verifySource, type Environment, type Source, type VerifyOptions } from './verify/verify.ts';

/** Longest catalogue that is read: the one of this version has a tenth of it. */
const MAX_CATALOGUE_BYTES = 8_388_608;

export const nodeEnvironment: Environment = {
  primitives: nodePrimitives,
  runningHash() {
    const hash = createHash('sha256');
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => hash.copy().digest(),
    };
  },
};

/**
 * Verifies a segment or an evidence pack with Node's own cryptography. The same as `spanseal/verify`, faster.
 *
 * @throws TypeError on misuse: a key that is none, a source of another kind
 */
export function verify(source: Source, options: VerifyOptions = {}): Promise<Report> {
  return verifySource(nodeEnvironment, source, options);
}

/**
 * Verifies a segment file, a pack, or the directory of a log. Beside a pack its catalogue is looked for,
 * `<pack>.catalogue.json`. Names come from the directory's listing; no name inside a file is opened.
 *
 * @throws SpansealError `UNREADABLE` for what the system will not open or read
 * @throws TypeError on misuse: a key that is none
 */
export async function verifyPath(path: string, options: VerifyOptions = {}): Promise<Report> {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return await verifyDirectory(path, options);
    const catalogue = options.catalogue ?? readCatalogue(`${path}.catalogue.json`);
    return await verifySource(nodeEnvironment, fileBytes(path), {
      ...options,
      name: options.name ?? basename(path),
      ...(catalogue === undefined ? {} : { catalogue }),
    });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new SpansealError(
      'UNREADABLE',
      `${path} cannot be read (${error.code}); check the path and its permissions.`,
      {
        cause: error,
      },
    );
  }
}

/** A file in pieces, each a view of one buffer that is gone with the next. */
async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const buffer = new Uint8Array(READ_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** A pipe under a segment's name would be waited for, for ever. */
function segmentFileBytes(path: string): AsyncGenerator<Uint8Array> {
  if (statSync(path).isFile()) return fileBytes(path);
  throw new SpansealError('UNREADABLE', `${path} is no regular file; a segment is one.`);
}

function verifyDirectory(directory: string, options: VerifyOptions): Promise<Report> {
  const names = readdirSync(directory).sort();
  const files = names.filter((name) => segmentOfFile(name) !== undefined);
  const segments = files.map((file) => ({
    file,
    bytes: () => segmentFileBytes(join(directory, file)),
  }));
  const others = names.filter((name) => segmentOfFile(name) === undefined);
  return verifySegments(nodeEnvironment, options.name ?? directory, segments, options, others);
}

/** What cannot be read as JSON is handed on as nothing: the pack then says that its catalogue is not known. */
function readCatalogue(path: string): JsonValue | undefined {
  try {
    if (statSync(path).size > MAX_CATALOGUE_BYTES) return undefined;
    return JSON.parse(readFileSync(path, 'utf8')) as JsonValue;
  } catch {
    return undefined;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

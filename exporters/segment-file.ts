import {
  accessSync,
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { SpansealError } from '../src/error.ts';
import { segmentOfFile } from '../src/names.ts';
import type { SegmentReader, SegmentWriter, Sink } from '../src/sink.ts';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

const fdatasyncAsync = promisify(fdatasync);

/** A directory of segment files, `<segment>.jsonl`; other files in it are not the log's. */
export function directorySink(directory: string): Sink {
  const root = resolve(directory);
  const fileOf = (segment: string): string => join(root, `${segment}.jsonl`);
  return {
    location: root,
    prepare() {
      try {
        mkdirSync(root, { recursive: true, mode: DIRECTORY_MODE });
        accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
      } catch (cause) {
        throw new SpansealError(
          'UNREADABLE',
          `The log's directory ${root} cannot be created, read or written; give one that this user owns.`,
          { cause },
        );
      }
    },
    list() {
      return readdirSync(root)
        .map(segmentOfFile)
        .filter((segment) => segment !== undefined)
        .sort();
    },
    create: (segment) => new SegmentFileWriter(root, fileOf(segment)),
    open: (segment) => new SegmentFileReader(fileOf(segment)),
  };
}

class SegmentFileWriter implements SegmentWriter {
  readonly #path: string;
  readonly #descriptor: number;
  #bytes = 0;
  #torn = false;

  constructor(directory: string, path: string) {
    this.#path = path;
    // O_EXCL: a segment is written by one process run and never reopened.
    this.#descriptor = openSync(path, 'ax', FILE_MODE);
    try {
      syncDirectory(directory);
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  get torn(): boolean {
    return this.#torn;
  }

  append(bytes: Uint8Array): void {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written, bytes.length - written);
    } catch (error) {
      this.#cutBack();
      throw error;
    }
    this.#bytes += bytes.length;
  }

  /** Half a line may stand at the end: back to the last whole one. */
  #cutBack(): void {
    try {
      ftruncateSync(this.#descriptor, this.#bytes);
    } catch {
      this.#torn = true;
    }
  }

  async sync(): Promise<void> {
    await fdatasyncAsync(this.#descriptor);
  }

  syncNow(): void {
    fdatasyncSync(this.#descriptor);
  }

  isInPlace(): boolean {
    try {
      const named = statSync(this.#path);
      const open = fstatSync(this.#descriptor);
      return named.ino === open.ino && named.dev === open.dev && open.size === this.#bytes;
    } catch {
      return false;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

class SegmentFileReader implements SegmentReader {
  readonly bytes: number;
  readonly #descriptor: number;

  constructor(path: string) {
    // O_NONBLOCK: a pipe under a segment's name must not hang who reads the log.
    this.#descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(this.#descriptor);
    if (!stat.isFile()) {
      closeSync(this.#descriptor);
      throw new SpansealError('UNREADABLE', `${path} is no regular file; a segment is one.`);
    }
    this.bytes = stat.size;
  }

  read(target: Uint8Array, position: number): number {
    return readSync(this.#descriptor, target, 0, target.length, position);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Without it a crash of the machine can lose the file's name, with all that was synced into it. */
function syncDirectory(directory: string): void {
  // Windows cannot open a directory; NTFS journals the name with the file.
  if (process.platform === 'win32') return;
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

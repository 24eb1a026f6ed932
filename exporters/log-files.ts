import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync } from 'node:fs';

import { SpansealError } from '../src/error.ts';
import type { SegmentReader } from '../src/sink.ts';

/** What is common to the files of a log: segments, and what they withhold. */

export const FILE_MODE = 0o600;

/** A file of the log being read, as far as it was there when it was opened. */
export class LogFileReader implements SegmentReader {
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
export function syncDirectory(directory: string): void {
  // Windows cannot open a directory; NTFS journals the name with the file.
  if (process.platform === 'win32') return;
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

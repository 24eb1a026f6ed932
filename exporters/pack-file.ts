import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import { SpansealError } from '../src/error.ts';

const FILE_MODE = 0o600;
const BUFFER_BYTES = 1_048_576;

/** Writes a file that is either not there or whole: under another name until it is finished and synced. */
export class WholeFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #overwrite: boolean;
  readonly #descriptor: number;
  readonly #hash = createHash('sha256');
  #buffer: Buffer[] = [];
  #buffered = 0;

  /** @throws SpansealError `EXPORT_FAILED` */
  constructor(path: string, overwrite: boolean) {
    this.path = resolve(path);
    this.#overwrite = overwrite;
    if (!overwrite && existsSync(this.path)) throw exists(this.path);
    this.#temporary = join(dirname(this.path), `.${basename(this.path)}.${randomBytes(6).toString('hex')}.part`);
    try {
      this.#descriptor = openSync(this.#temporary, 'wx', FILE_MODE);
    } catch (cause) {
      throw failed(this.path, cause);
    }
  }

  /** SHA-256 of all that was written, hex. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  write(bytes: Uint8Array): void {
    const copy = Buffer.from(bytes);
    this.#hash.update(copy);
    this.#buffer.push(copy);
    this.#buffered += copy.length;
    if (this.#buffered >= BUFFER_BYTES) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#buffer);
    this.#buffer = [];
    this.#buffered = 0;
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(this.#descriptor, bytes, written);
    } catch (cause) {
      throw failed(this.path, cause);
    }
  }

  /** Makes the file appear under its name. */
  finish(): void {
    this.#flush();
    try {
      fdatasyncSync(this.#descriptor);
      closeSync(this.#descriptor);
      this.#publish();
      syncDirectoryOf(this.path);
    } catch (cause) {
      if (cause instanceof SpansealError) throw cause;
      throw failed(this.path, cause);
    }
  }

  #publish(): void {
    if (this.#overwrite) {
      renameSync(this.#temporary, this.path);
      return;
    }
    try {
      // Unlike a rename, a link never takes the place of a file that came meanwhile.
      linkSync(this.#temporary, this.path);
      unlinkSync(this.#temporary);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw exists(this.path);
      if (existsSync(this.path)) throw cause;
      renameSync(this.#temporary, this.path);
    }
  }

  /** Leaves nothing behind. */
  discard(): void {
    try {
      closeSync(this.#descriptor);
    } catch {
      // Closed by finish() already.
    }
    try {
      unlinkSync(this.#temporary);
    } catch {
      // It has its final name, or is gone.
    }
  }
}

function exists(path: string): SpansealError {
  return new SpansealError('EXPORT_FAILED', `${path} exists; choose another name, or allow it to be overwritten.`);
}

function failed(path: string, cause: unknown): SpansealError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new SpansealError('EXPORT_FAILED', `${path} cannot be written (${code}); nothing is left of the attempt.`, {
    cause,
  });
}

function syncDirectoryOf(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(dirname(path), 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

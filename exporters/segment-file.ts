import {
  accessSync,
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { SpansealError } from '../src/error.ts';
import { segmentOfFile } from '../src/names.ts';
import type { SegmentWriter, Sink } from '../src/sink.ts';
import { DisclosureFileWriter, disclosureFiles } from './disclosure-file.ts';
import { FILE_MODE, LogFileReader, syncDirectory } from './log-files.ts';

const DIRECTORY_MODE = 0o700;

const fdatasyncAsync = promisify(fdatasync);

/** A directory of segment files, `<segment>.jsonl`, and of what they withhold; other files in it are not the log's. */
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
    create: (segment) => new SegmentFileWriter(root, fileOf(segment), new DisclosureFileWriter(root, segment)),
    open: (segment) => new LogFileReader(fileOf(segment)),
    remove(segment) {
      unlinkSync(fileOf(segment));
      syncDirectory(root);
    },
    disclosures: disclosureFiles(root),
  };
}

class SegmentFileWriter implements SegmentWriter {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #disclosures: DisclosureFileWriter;
  #bytes = 0;
  #torn = false;

  constructor(directory: string, path: string, disclosures: DisclosureFileWriter) {
    this.#path = path;
    this.#disclosures = disclosures;
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

  disclose(bytes: Uint8Array): void {
    this.#disclosures.append(bytes);
  }

  async sync(): Promise<void> {
    await this.#disclosures.sync();
    await fdatasyncAsync(this.#descriptor);
  }

  syncNow(): void {
    this.#disclosures.syncNow();
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
    this.#disclosures.close();
    closeSync(this.#descriptor);
  }
}

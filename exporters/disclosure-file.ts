import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { SpansealError } from '../src/error.ts';
import { disclosuresFile, segmentOfDisclosures } from '../src/names.ts';
import { READ_BYTES, type DisclosureStore } from '../src/sink.ts';
import { LineSplitter } from '../src/verify/lines.ts';
import { MAX_DISCLOSURE_LINE_BYTES } from '../src/withheld.ts';
import { FILE_MODE, LogFileReader, syncDirectory } from './log-files.ts';

const fdatasyncAsync = promisify(fdatasync);

const NEW_LINE = Buffer.from('\n');

/** A writer whose file is replaced each time that it writes gives up: nobody erases so often. */
const MAX_REOPENINGS = 16;

// Never through a link: the file is made by us, in a directory that is ours.
const APPENDING = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/**
 * Adds lines to the disclosures of a segment. Unlike the segment, the file may be replaced meanwhile, by whoever erases:
 * a line counts as written only when it stands in the file that has the name now.
 */
export class DisclosureFileWriter {
  readonly #directory: string;
  readonly #path: string;
  #descriptor: number | undefined;
  /** Half a line may stand at the end. */
  #torn = false;

  constructor(directory: string, segment: string) {
    this.#directory = directory;
    this.#path = join(directory, disclosuresFile(segment));
  }

  append(bytes: Uint8Array): void {
    for (let attempt = 0; attempt < MAX_REOPENINGS; attempt++) {
      const descriptor = this.#descriptor ?? this.#open();
      this.#write(descriptor, bytes);
      // Looked at after the write: whoever replaced the file before has not seen this line, and whoever replaces it
      // from now on will.
      if (isNamed(this.#path, descriptor)) return;
      this.close();
    }
    throw new Error(`${this.#path} is replaced again and again`);
  }

  #open(): number {
    const isNew = !existsSync(this.#path);
    const descriptor = openSync(this.#path, APPENDING, FILE_MODE);
    this.#descriptor = descriptor;
    this.#torn = false;
    if (isNew) syncDirectory(this.#directory);
    return descriptor;
  }

  #write(descriptor: number, lines: Uint8Array): void {
    // What is left of a failed write is no line, and counts for nothing.
    const bytes = this.#torn ? Buffer.concat([NEW_LINE, lines]) : lines;
    this.#torn = true;
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    this.#torn = false;
  }

  async sync(): Promise<void> {
    if (this.#descriptor !== undefined) await fdatasyncAsync(this.#descriptor);
  }

  syncNow(): void {
    if (this.#descriptor !== undefined) fdatasyncSync(this.#descriptor);
  }

  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function isNamed(path: string, descriptor: number): boolean {
  const named = statSync(path, { throwIfNoEntry: false });
  const open = fstatSync(descriptor);
  return named !== undefined && named.ino === open.ino && named.dev === open.dev;
}

/** The files of disclosures of a directory, `<segment>.disclosures.jsonl`. */
export function disclosureFiles(directory: string): DisclosureStore {
  const pathOf = (segment: string): string => join(directory, disclosuresFile(segment));
  return {
    list: () =>
      readdirSync(directory)
        .map(segmentOfDisclosures)
        .filter((segment) => segment !== undefined)
        .sort(),
    open: (segment) => (existsSync(pathOf(segment)) ? new LogFileReader(pathOf(segment)) : undefined),
    keep: (segment, keeps) => keepLines(directory, pathOf(segment), keeps),
    remove(segment) {
      if (!existsSync(pathOf(segment))) return;
      unlinkSync(pathOf(segment));
      syncDirectory(directory);
    },
  };
}

/** Replaces the file as a whole: a crash leaves the one or the other. */
function keepLines(directory: string, path: string, keeps: (line: Uint8Array) => boolean): void {
  const old = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  // The name is the lock: two that replaced one file would each bring back what the other has taken out.
  const temporary = `${path}.part`;
  let created = false;
  try {
    const copy = openSync(temporary, APPENDING | constants.O_EXCL, FILE_MODE);
    created = true;
    try {
      const lines = new KeptLines(old, copy, keeps);
      lines.copy();
      fdatasyncSync(copy);
      renameSync(temporary, path);
      created = false;
      syncDirectory(directory);
      // What a writer added to the old file before it saw the new one.
      lines.copy();
      lines.end();
      fdatasyncSync(copy);
    } finally {
      closeSync(copy);
    }
  } catch (cause) {
    if (created) unlinkSync(temporary);
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new SpansealError(
      'ERASURE_FAILED',
      code === 'EEXIST'
        ? `${temporary} is there: somebody else is erasing, or was interrupted. If nobody is, remove it: it holds values; and erase again.`
        : `${path} could not be replaced (${code}); what was to be erased may still be in it. Erase again.`,
      { cause },
    );
  } finally {
    closeSync(old);
  }
}

/** Copies lines from one file to another, as far as they are there. */
class KeptLines {
  readonly #from: number;
  readonly #to: number;
  readonly #keeps: (line: Uint8Array) => boolean;
  readonly #splitter = new LineSplitter(MAX_DISCLOSURE_LINE_BYTES);
  readonly #piece = Buffer.allocUnsafe(READ_BYTES);
  #position = 0;

  constructor(from: number, to: number, keeps: (line: Uint8Array) => boolean) {
    this.#from = from;
    this.#to = to;
    this.#keeps = keeps;
  }

  copy(): void {
    for (;;) {
      const count = readSync(this.#from, this.#piece, 0, this.#piece.length, this.#position);
      if (count === 0) return;
      this.#position += count;
      for (const { bytes } of this.#splitter.push(this.#piece.subarray(0, count))) {
        // What is too long to be a line is none: cut as it is here, it would be one less still.
        if (bytes.length > MAX_DISCLOSURE_LINE_BYTES || !this.#keeps(bytes)) continue;
        this.#write(Buffer.concat([bytes, NEW_LINE]));
      }
    }
  }

  /** Half a line is kept by nobody: its writer writes it again, or died. */
  end(): void {
    this.#splitter.end();
  }

  #write(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length;) written += writeSync(this.#to, bytes, written);
  }
}

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import { wholeLines, type CheckedPiece } from './verify/ahead.ts';
import { withoutTracing } from './suppress-tracing.ts';

/** The threads' program: beside this one, but where all is bundled into one file. */
const PROGRAM = new URL('verify-worker.js', import.meta.url);

/** Pieces that a thread has to look at and that wait to be followed: enough that none stands idle. */
const PIECES_OF_A_THREAD = 3;

interface Waiting {
  resolve(piece: CheckedPiece): void;
  reject(error: unknown): void;
}

/** Whether there are threads to be had. */
export function hasWorkers(): boolean {
  return existsSync(fileURLToPath(PROGRAM));
}

/** Threads that look at pieces of files ahead of who follows them. */
export class VerifyWorkers {
  readonly #threads: readonly { readonly worker: Worker; readonly waiting: Waiting[] }[];
  #next = 0;

  constructor(count: number) {
    this.#threads = Array.from({ length: count }, () => {
      const waiting: Waiting[] = [];
      const worker = withoutTracing(() => new Worker(PROGRAM));
      // A thread answers in turn.
      worker.on('message', (piece: CheckedPiece) => waiting.shift()?.resolve(piece));
      worker.on('error', (error) => {
        for (const each of waiting.splice(0)) each.reject(error);
      });
      return { worker, waiting };
    });
  }

  /** Most pieces that are read and not followed yet, of all files. */
  get #window(): number {
    return this.#threads.length * PIECES_OF_A_THREAD;
  }

  #check(bytes: Uint8Array): Promise<CheckedPiece> {
    const thread = this.#threads[this.#next++ % this.#threads.length];
    if (thread === undefined) throw new Error('there is no thread');
    const checked = new Promise<CheckedPiece>((resolve, reject) => {
      thread.waiting.push({ resolve, reject });
    });
    thread.worker.postMessage(bytes, [bytes.buffer as ArrayBuffer]);
    return checked;
  }

  /**
   * Reads files one after the other and looks at their pieces ahead. Each file has to be followed to its end before the
   * next one is.
   */
  ahead(
    files: readonly (() => AsyncIterable<Uint8Array>)[],
  ): readonly (() => AsyncGenerator<CheckedPiece | Uint8Array>)[] {
    const pieces = this.#inOrder(files);
    return files.map(
      (_, file) =>
        async function* (): AsyncGenerator<CheckedPiece | Uint8Array> {
          for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
            const { of, piece } = next.value;
            if (of !== file) throw new Error('the files are not followed in their order');
            if (piece === undefined) return;
            yield piece;
          }
        },
    );
  }

  /** What was found, in the order of the files; `undefined` at the end of each. */
  async *#inOrder(
    files: readonly (() => AsyncIterable<Uint8Array>)[],
  ): AsyncGenerator<{ readonly of: number; readonly piece: CheckedPiece | Uint8Array | undefined }> {
    const reading = readInOrder(files);
    const queue: { readonly of: number; readonly piece: Promise<CheckedPiece | Uint8Array | undefined> }[] = [];
    for (let isRead = false; ;) {
      while (!isRead && queue.length < this.#window) {
        const next = await reading.next();
        if (next.done === true) {
          isRead = true;
          break;
        }
        const { of, bytes, isWhole } = next.value;
        const piece = bytes !== undefined && isWhole ? this.#check(bytes) : Promise.resolve(bytes);
        // Who follows hears of it in its turn.
        piece.catch(() => undefined);
        queue.push({ of, piece });
      }
      const first = queue.shift();
      if (first === undefined) return;
      yield { of: first.of, piece: await first.piece };
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

async function* readInOrder(
  files: readonly (() => AsyncIterable<Uint8Array>)[],
): AsyncGenerator<{ readonly of: number; readonly bytes: Uint8Array | undefined; readonly isWhole: boolean }> {
  for (const [of, open] of files.entries()) {
    for await (const { bytes, isWhole } of wholeLines(open())) yield { of, bytes, isWhole };
    yield { of, bytes: undefined, isWhole: false };
  }
}

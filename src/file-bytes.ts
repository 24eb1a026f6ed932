import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';

import { READ_BYTES } from './sink.ts';

/** A file of no more than this is read at once, in the caller's stack: four turns of the thread pool take longer. */
const SMALL_BYTES = 65_536;

/** A file in pieces, each a view of one buffer that is gone with the next. */
export async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  const small = smallFile(path);
  if (small !== undefined) {
    yield small;
    return;
  }
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

/** All bytes of a small file; `undefined` for any other, and for a pipe, which can be opened only once. */
function smallFile(path: string): Uint8Array | undefined {
  const stat = statSync(path);
  if (!stat.isFile() || stat.size > SMALL_BYTES) return undefined;
  const descriptor = openSync(path, 'r');
  try {
    // One byte more than it has: a file that has grown meanwhile was not read as a whole.
    const buffer = new Uint8Array(stat.size + 1);
    const count = readSync(descriptor, buffer, 0, buffer.length, 0);
    return count > stat.size ? undefined : buffer.subarray(0, count);
  } finally {
    closeSync(descriptor);
  }
}

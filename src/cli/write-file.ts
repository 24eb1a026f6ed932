import { existsSync, realpathSync, writeFileSync } from 'node:fs';

import { SpansealError } from '../error.ts';

/**
 * Writes a file that was not there, for its owner alone.
 *
 * @param source - what it is made from, which must not be lost
 * @throws SpansealError `EXPORT_FAILED`
 */
export function writeNew(path: string, content: string | Uint8Array, overwrite: boolean, source?: string): void {
  if (overwrite && source !== undefined && isSameFile(path, source)) {
    throw new SpansealError('EXPORT_FAILED', `${path} is what the page is made from; choose another name.`);
  }
  try {
    writeFileSync(path, content, { flag: overwrite ? 'w' : 'wx', mode: 0o600 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'exists; choose another name, or --overwrite' : `cannot be written (${code})`;
    throw new SpansealError('EXPORT_FAILED', `${path} ${why}.`, { cause });
  }
}

function isSameFile(one: string, other: string): boolean {
  return existsSync(one) && existsSync(other) && realpathSync(one) === realpathSync(other);
}

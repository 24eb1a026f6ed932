import { writeFileSync } from 'node:fs';

import { SpansealError } from '../error.ts';

/**
 * Writes a file that was not there, for its owner alone.
 *
 * @throws SpansealError `EXPORT_FAILED`
 */
export function writeNew(path: string, content: string | Uint8Array, overwrite: boolean): void {
  try {
    writeFileSync(path, content, { flag: overwrite ? 'w' : 'wx', mode: 0o600 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'exists; choose another name, or --overwrite' : `cannot be written (${code})`;
    throw new SpansealError('EXPORT_FAILED', `${path} ${why}.`, { cause });
  }
}

import { statSync } from 'node:fs';

import { directorySink } from '../../exporters/segment-file.ts';
import { SpansealError } from '../error.ts';
import { isSealedWith, type Opening } from '../existing-log.ts';
import type { Signer } from '../signer.ts';
import type { Sink } from '../sink.ts';
import { UsageError } from './usage-error.ts';

/** A log of another process, for commands that add something to it. */

/** @throws SpansealError `UNREADABLE`; a directory that is not there is not created */
export function existingSink(directory: string): Sink {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new SpansealError('UNREADABLE', `${directory} is no directory; give the directory of a log.`);
  }
  return directorySink(directory);
}

/** @throws UsageError if the key is not the one that the log is sealed with */
export function requireSigner(opening: Opening, signer: Signer | undefined): void {
  const { log, key } = opening;
  if (isSealedWith(opening, signer)) return;
  if (signer === undefined) {
    throw new UsageError(
      `The log ${log} is signed, and what is added to it must be: give its private key with --signer.`,
    );
  }
  throw new UsageError(
    key === null
      ? `The log ${log} is unsigned; leave the key out.`
      : `The key that was given is not the one that the log ${log} is sealed with, ${key}.`,
  );
}

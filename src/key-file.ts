import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

import { SpansealError } from './error.ts';

/** Longest key file that is read: a PKCS#8 key has about 120 bytes, an HMAC key seldom more than 128. */
const MAX_KEY_FILE_BYTES = 65_536;

const GROUP_WRITE = 0o020;
const GROUP_READ = 0o040;
const OTHERS_ANY = 0o007;

/**
 * Reads a private or shared key. Links are followed, then the open file itself is checked, so that nothing can be
 * swapped in between: a regular file, owned by this user or root, not writable by its group, closed to all others, and
 * readable by its group only if root owns it (Kubernetes and Docker secrets are mounted root:group 0440).
 *
 * @throws SpansealError `KEY_FILE`, with the command that mends it
 */
export function readKeyFile(path: string): Buffer {
  let descriptor: number;
  try {
    // O_NONBLOCK: a FIFO in the place of a key must not hang the start of an application.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw new SpansealError('KEY_FILE', `The key file ${path} cannot be opened; make one with spanseal keygen.`, {
      cause,
    });
  }
  try {
    const stat = fstatSync(descriptor);
    const refuse = (what: string, mend: string): never => {
      throw new SpansealError('KEY_FILE', `The key file ${path} ${what}; ${mend}.`);
    };
    if (!stat.isFile()) refuse('is not a regular file', 'give the path of the key itself');
    if (stat.size > MAX_KEY_FILE_BYTES) refuse(`has ${stat.size} bytes`, 'a key file has a few hundred at most');
    // Windows has neither owners nor modes in this sense; its ACLs are the administrator's.
    if (process.getuid !== undefined) {
      const self = process.getuid();
      if (stat.uid !== 0 && stat.uid !== self) {
        refuse(`belongs to user ${stat.uid}, not to ${self} or root`, `run: chown ${self} '${path}'`);
      }
      const groupMayRead = stat.uid === 0;
      if ((stat.mode & (OTHERS_ANY | GROUP_WRITE)) !== 0 || (!groupMayRead && (stat.mode & GROUP_READ) !== 0)) {
        refuse(`is open to other users (mode ${(stat.mode & 0o777).toString(8)})`, `run: chmod 600 '${path}'`);
      }
    }
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

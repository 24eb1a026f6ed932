import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { SpansealError } from './error.ts';
import { checkProfile, DEFAULT_PROFILE_FILE, type Profile } from './frameworks/index.ts';

/**
 * Reads a profile.
 *
 * @throws SpansealError `UNREADABLE`
 * @throws TypeError for what is no profile, with all that is wrong with it
 */
export function readProfile(path: string): Profile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SpansealError('UNREADABLE', `The profile ${path} cannot be read (${code}); check the path.`, { cause });
  }
  let profile: unknown;
  try {
    profile = JSON.parse(text);
  } catch (cause) {
    throw new TypeError(`The profile ${path} is no JSON: ${(cause as Error).message}.`, { cause });
  }
  checkProfile(profile, `The profile ${path}`);
  return profile as Profile;
}

/** The profile that lies in a directory under its usual name; `undefined` if there is none. */
export function profileIn(directory: string): string | undefined {
  const path = resolve(directory, DEFAULT_PROFILE_FILE);
  return existsSync(path) ? path : undefined;
}

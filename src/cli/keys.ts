import { readFileSync, statSync } from 'node:fs';

import { SpansealError } from '../error.ts';
import { nodePrimitives } from '../node-primitives.ts';
import { vkeyVerifier } from '../note.ts';
import { readHmacKeyFile } from '../signer.ts';
import type { HmacKey } from '../verify/keys.ts';
import { parsePolicy, type Policy } from '../verify/policy.ts';
import { UsageError } from './usage-error.ts';

/** The keys to verify with: from the command line and the files that it names, and from nowhere else. */

/** The form of a verifier key; whether it is one is decided by the key id in it. */
const VKEY_FORM = /^[^+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}$/u;

/** Longest file of verifier keys: some ten thousand of them. */
const MAX_KEYS_FILE_BYTES = 1_048_576;

const PEM_PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const KEY_FILE_NAME_LINE = /^# spanseal \S+[ \t]*\r?$/;
/** What a secret looks like that was put where a path belongs. */
const LIKE_A_SECRET = /PRIVATE KEY|^[A-Za-z0-9+/_-]{32,}={0,2}$/;

/**
 * The verifier keys behind `--key`: a vkey, or a file of vkeys, one a line.
 *
 * @throws UsageError for what is no verifier key, and for a file that holds a secret
 * @throws SpansealError `UNREADABLE`
 */
export function readVerifierKeys(values: readonly string[]): string[] {
  return values.flatMap((value) => {
    // As it was pasted, perhaps with the end of its line.
    const vkey = value.trim();
    return VKEY_FORM.test(vkey) ? [checked(vkey, '--key')] : readKeysFile(value);
  });
}

function readKeysFile(path: string): string[] {
  const text = readText(path, `--key ${named(path)} is neither a verifier key (name+8 hex digits+base64) nor a file.`);
  if (PEM_PRIVATE_KEY.test(text)) {
    throw new UsageError(
      `${path} holds a private key. It signs; it is not what one verifies with, and nobody else may have it. ` +
        'Give the vkey that spanseal keygen printed (name+8 hex digits+base64).',
    );
  }
  const keys = text.split('\n').flatMap((line, index) => {
    const key = line.trim();
    if (key === '' || key.startsWith('#')) return [];
    if (!VKEY_FORM.test(key)) {
      // The line itself is not repeated: it may be a secret.
      throw new UsageError(
        KEY_FILE_NAME_LINE.test(text.split('\n')[0] ?? '')
          ? `${path} holds a shared key, which signs as well as it verifies; give it as --hmac-key ${path}.`
          : `Line ${index + 1} of ${path} is no verifier key; one reads name+8 hex digits+base64.`,
      );
    }
    return [checked(key, `line ${index + 1} of ${path}`)];
  });
  if (keys.length === 0) throw new UsageError(`${path} holds no verifier key; put one on a line.`);
  return keys;
}

function checked(vkey: string, where: string): string {
  try {
    return vkeyVerifier(nodePrimitives, vkey).vkey;
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const message = cause.message.replace('given as an HMAC key', 'given as --hmac-key <file>');
    throw new UsageError(`${where}: ${message}`, { cause });
  }
}

/**
 * The policy behind `--policy`.
 *
 * @throws UsageError for what is no policy
 * @throws SpansealError `UNREADABLE`
 */
export function readPolicy(path: string): Policy {
  const text = readText(path, `--policy ${named(path)} is no file.`);
  try {
    return parsePolicy(text);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`${path}: ${error.message}`);
    throw error;
  }
}

function readText(path: string, missing: string): string {
  if (!isThere(path)) throw new UsageError(missing);
  try {
    const { size } = statSync(path);
    if (size > MAX_KEYS_FILE_BYTES)
      throw new UsageError(`${path} has ${size} bytes; a file of verifier keys is small.`);
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new SpansealError('UNREADABLE', `The key file ${path} cannot be read (${code}); check its permissions.`, {
      cause,
    });
  }
}

/**
 * The shared keys behind `--hmac-key`, each a file that is closed to others.
 *
 * @throws SpansealError `KEY_FILE`
 */
export function readSharedKeys(paths: readonly string[]): HmacKey[] {
  return paths.map((path) => {
    refuseSecret('--hmac-key', path);
    const { name, key } = readHmacKeyFile(path);
    return name === undefined ? { key } : { name, key };
  });
}

/**
 * A secret does not belong on a command line, where every process of the machine can read it. One that is found there
 * is not repeated in a message, which may end up in the log of a build.
 *
 * @throws SpansealError `KEY_FILE`
 */
export function refuseSecret(option: string, path: string): void {
  if (!LIKE_A_SECRET.test(path) || isThere(path)) return;
  throw new SpansealError(
    'KEY_FILE',
    `${option} takes the path of a file, and what was given is none. If it is the key itself, it is no secret any ` +
      'more: make another with spanseal keygen.',
  );
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // Longer than any path may be: then it is none.
    return (error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG';
  }
}

function named(value: string): string {
  return LIKE_A_SECRET.test(value) ? '(not repeated here: it looks like a secret)' : `'${value}'`;
}

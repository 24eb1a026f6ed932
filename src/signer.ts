import { createPrivateKey, createPublicKey, generateKeyPairSync, KeyObject, sign } from 'node:crypto';

import { decodeBase64, encodeBase64 } from './base64.ts';
import { SpansealError } from './error.ts';
import { readKeyFile } from './key-file.ts';
import { isLogName } from './names.ts';
import { nodePrimitives } from './node-primitives.ts';
import { ed25519Verifier, hmacVerifier, MIN_HMAC_KEY_BYTES } from './note.ts';

/**
 * What signs the seals of a log. The key's name is the log's name: trusting a key fixes the log that it speaks for.
 *
 * A key service implements this with `sign` answering a promise; it is asked for one signature at a time.
 */
export interface Signer {
  /** `name+hex(key id)+base64(type ‖ public key)`, c2sp.org/signed-note. */
  readonly vkey: string;
  /** Signs the text of a checkpoint. Ed25519: 64 bytes; HMAC-SHA256: 32 bytes. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** True where `sign` answers at once, without a promise: such a log is sealed even in a process that exits. */
  readonly local?: boolean;
}

/** A signer that answers at once. */
export interface LocalSigner extends Signer {
  readonly local: true;
  sign(message: Uint8Array): Uint8Array;
}

export interface GeneratedKey {
  readonly name: string;
  /** To give to whoever verifies. */
  readonly vkey: string;
  /** PKCS#8 PEM below a line `# spanseal <name>`: to keep, mode 0600. */
  readonly privateKey: string;
}

/** The line above a key that names its log. */
const NAME_LINE = /^# spanseal (\S+)[ \t]*\r?\n/;

const ED25519_PUBLIC_KEY_BYTES = 32;

/**
 * Makes an Ed25519 key for the log `name`.
 *
 * @throws TypeError if `name` cannot name a log
 */
export function generateKey({ name }: { readonly name: string }): GeneratedKey {
  checkName(name);
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  return { name, vkey: ed25519VkeyOf(name, privateKey), privateKey: `# spanseal ${name}\n${pem.toString()}` };
}

/** Node's `KeyObject` by its shape: the published types compile without `@types/node`. */
export interface KeyObjectLike {
  readonly type: 'private' | 'public' | 'secret';
  readonly asymmetricKeyType?: string | undefined;
  /** What a `CryptoKey` has not. */
  export(options: { readonly type: 'pkcs8'; readonly format: 'pem' }): string | Uint8Array;
}

export interface Ed25519SignerOptions {
  /** The log's name; by default from the line `# spanseal <log>` above the key. */
  readonly name?: string;
  /** A PKCS#8 PEM file, readable by its owner alone. */
  readonly keyFile?: string;
  /** A PKCS#8 PEM text or a `KeyObject`, instead of a file. */
  readonly privateKey?: string | KeyObjectLike;
}

/**
 * Signs with an Ed25519 private key held by this process.
 *
 * @throws TypeError if no name or no key is given, or the key is none
 * @throws SpansealError `KEY_FILE` if the file is missing or open to others
 */
export function ed25519Signer(options: Ed25519SignerOptions): LocalSigner {
  const { name, keyFile, privateKey } = options ?? {};
  if ((keyFile === undefined) === (privateKey === undefined)) {
    throw new TypeError('ed25519Signer needs either keyFile (a path) or privateKey (a PEM text or KeyObject).');
  }
  const source = keyFile === undefined ? privateKey : readKeyFile(keyFile).toString('utf8');
  const where = keyFile === undefined ? 'privateKey' : `the key file ${keyFile}`;
  const keyName = name ?? (typeof source === 'string' ? NAME_LINE.exec(source)?.[1] : undefined);
  if (keyName === undefined) {
    throw new TypeError(`${where} does not say whose key it is; give ed25519Signer the log's name as \`name\`.`);
  }
  checkName(keyName);
  const key = typeof source === 'object' ? source : readPrivateKey(source ?? '', where);
  if (!(key instanceof KeyObject) || key.type !== 'private' || key.asymmetricKeyType !== 'ed25519') {
    throw new TypeError(`${where} holds no Ed25519 private key; make one with spanseal keygen.`);
  }
  return { vkey: ed25519VkeyOf(keyName, key), local: true, sign: (message) => sign(null, message, key) };
}

export interface HmacSignerOptions {
  /** The log's name; by default from the line `# spanseal <log>` above the key. */
  readonly name?: string;
  /** A file: base64 below a line `# spanseal <log>`, or else the key itself, byte for byte. */
  readonly keyFile?: string;
  /** The key, instead of a file: at least 32 bytes. */
  readonly key?: Uint8Array;
}

/**
 * Signs with a secret shared by writer and verifier, for parity with systems that do: whoever can check can forge, and
 * the verifier says so (`shared_key`).
 *
 * @throws TypeError if no name or no key is given, or the key is shorter than 32 bytes
 * @throws SpansealError `KEY_FILE` if the file is missing or open to others
 */
export function hmacSigner({ name, keyFile, key }: HmacSignerOptions): LocalSigner {
  if ((keyFile === undefined) === (key === undefined)) {
    throw new TypeError('hmacSigner needs either keyFile (a path) or key (at least 32 bytes).');
  }
  const file = keyFile === undefined ? undefined : readHmacKeyFile(keyFile);
  const secret = file?.key ?? key ?? new Uint8Array(0);
  const keyName = name ?? file?.name;
  if (keyName === undefined) {
    throw new TypeError(`The HMAC key does not say whose it is; give hmacSigner the log's name as \`name\`.`);
  }
  checkName(keyName);
  const { vkey } = hmacVerifier(nodePrimitives, keyName, secret);
  return { vkey, local: true, sign: (message) => nodePrimitives.hmacSha256(secret, message) };
}

/** A new shared key in the form of a key file. */
export function formatHmacKeyFile(name: string, key: Uint8Array): string {
  checkName(name);
  return `# spanseal ${name}\n${encodeBase64(key)}\n`;
}

/**
 * Reads an HMAC key file: with the name line, base64 below it; without, the file's bytes are the key.
 *
 * @throws SpansealError `KEY_FILE`
 */
export function readHmacKeyFile(path: string): { readonly name: string | undefined; readonly key: Uint8Array } {
  const bytes = readKeyFile(path);
  const text = bytes.toString('latin1');
  const name = NAME_LINE.exec(text)?.[1];
  const key = name === undefined ? bytes : decodeBase64(text.replace(NAME_LINE, '').trim());
  // Else the text of an Ed25519 key would do as a shared one, and be handed to whoever verifies.
  if (key === undefined || text.includes('-----BEGIN ')) {
    throw new SpansealError(
      'KEY_FILE',
      `${path} holds another kind of key; make a shared one with spanseal keygen --hmac.`,
    );
  }
  if (key.length < MIN_HMAC_KEY_BYTES) {
    throw new SpansealError(
      'KEY_FILE',
      `The HMAC key in ${path} has ${key.length} bytes, fewer than ${MIN_HMAC_KEY_BYTES}; make one with spanseal keygen --hmac.`,
    );
  }
  return { name, key };
}

function checkName(name: string): void {
  if (!isLogName(name)) {
    throw new TypeError(
      `'${name}' is no log name; use 1 to 200 of A-Z a-z 0-9 . _ ~ - / without empty parts, such as example.org/loans.`,
    );
  }
}

function readPrivateKey(pem: string, where: string): KeyObject {
  try {
    return createPrivateKey(pem.replace(NAME_LINE, ''));
  } catch (cause) {
    // The parser's message is left out of ours: nothing of a key file may reach a log.
    throw new TypeError(`${where} holds no PKCS#8 PEM private key; make one with spanseal keygen.`, { cause });
  }
}

function ed25519VkeyOf(name: string, privateKey: KeyObject): string {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return ed25519Verifier(nodePrimitives, name, spki.subarray(-ED25519_PUBLIC_KEY_BYTES)).vkey;
}

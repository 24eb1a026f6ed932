import { decodeBase64, encodeBase64, encodeHex } from './base64.ts';
import type { Primitives } from './primitives.ts';

/**
 * C2SP signed notes (c2sp.org/signed-note): a text, a blank line, and signature lines
 * `— <key name> <base64 of key id ‖ signature>`. And the keys that check them, in the `vkey` encoding
 * `<name>+<key id>+<base64 of type ‖ public key>`.
 */

/** Signature types of the specification, and our own for shared secrets under its type for named others (0xff). */
const ED25519_TYPE = 0x01;
const NAMED_TYPE = 0xff;
const HMAC_TYPE_NAME = 'spanseal/hmac-sha256';
const HMAC_CHECK_TEXT = 'spanseal/hmac-sha256 key check';
const ED25519_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;
const HMAC_SIGNATURE_BYTES = 32;
const KEY_ID_BYTES = 4;

/** The shortest key an HMAC signer or verifier takes. */
export const MIN_HMAC_KEY_BYTES = 32;

/** Longest note and most signature lines that are read, as in golang.org/x/mod/sumdb/note. */
const MAX_NOTE_CHARS = 1_000_000;
const MAX_SIGNATURES = 100;

const utf8 = new TextEncoder();

export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

export interface SignedNote {
  /** The signed text, with its last `\n`. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A key that checks notes. */
export interface NoteVerifier {
  readonly name: string;
  /** `name+hex(key id)+base64(type ‖ key)` */
  readonly vkey: string;
  readonly keyId: Uint8Array;
  /** `shared` keys can sign whatever they check. */
  readonly kind: 'ed25519' | 'shared';
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** Key names: not empty, no white space, no `+`. */
export function isKeyName(name: string): boolean {
  // U+0085 is white space in Unicode, and so in the specification and to other readers, but not in ECMAScript's \s.
  return name !== '' && !/[\s\u0085+]/u.test(name) && name.isWellFormed();
}

function keyIdOf(primitives: Primitives, name: string, material: Uint8Array): Uint8Array {
  return primitives.sha256(concat(utf8.encode(`${name}\n`), material)).subarray(0, KEY_ID_BYTES);
}

function vkeyOf(name: string, keyId: Uint8Array, material: Uint8Array): string {
  return `${name}+${encodeHex(keyId)}+${encodeBase64(material)}`;
}

/** `name+hex(id)`: what DSSE signatures carry as `keyid`. */
export function keyIdText(verifier: Pick<NoteVerifier, 'name' | 'keyId'>): string {
  return `${verifier.name}+${encodeHex(verifier.keyId)}`;
}

/**
 * A verifier for a raw Ed25519 public key of 32 bytes.
 *
 * @throws TypeError if the name cannot name a key, or the key is of small order or not canonically encoded: such keys
 * check signatures that nobody made.
 */
export function ed25519Verifier(primitives: Primitives, name: string, publicKey: Uint8Array): NoteVerifier {
  if (!isKeyName(name)) throw new TypeError(`'${name}' cannot name a key: a key's name has no white space and no '+'.`);
  if (publicKey.length !== ED25519_KEY_BYTES || isWeakEd25519Key(publicKey)) {
    throw new TypeError(
      `The Ed25519 key of ${name} is of small order or not canonical; make one with spanseal keygen.`,
    );
  }
  const material = concat(Uint8Array.of(ED25519_TYPE), publicKey);
  const keyId = keyIdOf(primitives, name, material);
  return {
    name,
    vkey: vkeyOf(name, keyId, material),
    keyId,
    kind: 'ed25519',
    verify: (message, signature) =>
      signature.length === ED25519_SIGNATURE_BYTES && primitives.verifyEd25519(publicKey, message, signature),
  };
}

/**
 * A verifier for a shared secret. Whoever holds it can also sign.
 *
 * @throws TypeError if the name cannot name a key or the key has fewer than 32 bytes
 */
export function hmacVerifier(primitives: Primitives, name: string, key: Uint8Array): NoteVerifier {
  if (!isKeyName(name)) throw new TypeError(`'${name}' cannot name a key: a key's name has no white space and no '+'.`);
  if (key.length < MIN_HMAC_KEY_BYTES) {
    throw new TypeError(`An HMAC key has ${key.length} bytes; it must have at least ${MIN_HMAC_KEY_BYTES}.`);
  }
  // The vkey is public: it commits to the secret by a keyed check value and says nothing of it.
  const check = primitives.hmacSha256(key, utf8.encode(HMAC_CHECK_TEXT));
  const material = concat(Uint8Array.of(NAMED_TYPE), utf8.encode(HMAC_TYPE_NAME), check);
  const keyId = keyIdOf(primitives, name, material);
  return {
    name,
    vkey: vkeyOf(name, keyId, material),
    keyId,
    kind: 'shared',
    verify: (message, signature) =>
      signature.length === HMAC_SIGNATURE_BYTES && sameSecret(primitives.hmacSha256(key, message), signature),
  };
}

/** The parts of a vkey text, whatever its type; `undefined` if it is none or its key id does not belong to it. */
export function parseVkey(
  primitives: Primitives,
  text: string,
): { readonly name: string; readonly keyId: Uint8Array; readonly type: number; readonly key: Uint8Array } | undefined {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text);
  const [, name, id, encoded] = match ?? [];
  if (name === undefined || id === undefined || encoded === undefined || !isKeyName(name)) return undefined;
  const material = decodeBase64(encoded);
  if (material === undefined || material.length < 2) return undefined;
  const keyId = keyIdOf(primitives, name, material);
  if (encodeHex(keyId) !== id) return undefined;
  return { name, keyId, type: material[0] ?? 0, key: material.subarray(1) };
}

/**
 * The verifier of an Ed25519 vkey.
 *
 * @throws TypeError if the text is no vkey, is that of a shared key, or holds a weak key
 */
export function vkeyVerifier(primitives: Primitives, vkey: string): NoteVerifier {
  const parsed = parseVkey(primitives, vkey.trim());
  if (parsed === undefined) {
    throw new TypeError(`'${vkey.trim().slice(0, 80)}' is no verifier key; one reads name+8 hex digits+base64.`);
  }
  if (parsed.type !== ED25519_TYPE) {
    throw new TypeError(
      `The key of ${parsed.name} is of type 0x${parsed.type.toString(16)}, not Ed25519 (0x01)` +
        (parsed.type === NAMED_TYPE ? '; a shared key is checked with the key itself, given as an HMAC key.' : '.'),
    );
  }
  return ed25519Verifier(primitives, parsed.name, parsed.key);
}

/** Reads a signed note; `undefined` for anything that the specification does not allow. */
export function parseNote(note: string): SignedNote | undefined {
  // No control characters but \n: nothing that a terminal or an editor would show as something else.
  // oxlint-disable-next-line no-control-regex
  if (note.length > MAX_NOTE_CHARS || !note.isWellFormed() || /[\u0000-\u0009\u000b-\u001f]/.test(note))
    return undefined;
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return undefined;
  const lines = note
    .slice(end + 2)
    .split('\n')
    .slice(0, -1);
  if (lines.length === 0 || lines.length > MAX_SIGNATURES) return undefined;
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name, encoded] = /^\u2014 ([^ ]+) ([^ ]+)$/u.exec(line) ?? [];
    const bytes = encoded === undefined ? undefined : decodeBase64(encoded);
    if (name === undefined || !isKeyName(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES) return undefined;
    signatures.push({ name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) });
  }
  return { text: note.slice(0, end + 1), signatures };
}

/** Writes a signed note; its text ends with `\n`. */
export function formatNote(note: SignedNote): string {
  const lines = note.signatures.map(
    ({ name, keyId, signature }) => `— ${name} ${encodeBase64(concat(keyId, signature))}\n`,
  );
  return `${note.text}\n${lines.join('')}`;
}

/** Compares without telling by its time where the first difference is. */
function sameSecret(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}

/** y-coordinates (little endian, sign bit cleared) of the points of order 1, 2, 4 and 8 on Curve25519. */
const SMALL_ORDER_Y = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

/** 2^255 - 19, little endian: a y-coordinate from here on is a second spelling of a smaller one (RFC 8032 §5.1.3). */
const FIELD_PRIME = Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 0xed : index === 31 ? 0x7f : 0xff));

function isWeakEd25519Key(key: Uint8Array): boolean {
  const y = Uint8Array.from(key);
  y[31] = (y[31] ?? 0) & 0x7f;
  if (SMALL_ORDER_Y.includes(encodeHex(y))) return true;
  for (let index = 31; index >= 0; index--) {
    const difference = (y[index] ?? 0) - (FIELD_PRIME[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

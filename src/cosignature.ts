import { encodeBase64 } from './base64.ts';
import { ed25519Verifier, parseVkey, type NoteSignature } from './note.ts';
import type { Primitives } from './primitives.ts';

/**
 * Cosignatures of witnesses (c2sp.org/tlog-cosignature, `cosignature/v1`): somebody else says that at a time this was the
 * newest checkpoint of the log that they had seen, and that it went on from all they had seen of it before.
 */

/** Timestamped Ed25519, as a signature type of notes. */
const COSIGNATURE_TYPE = 0x04;
const KEY_ID_BYTES = 4;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;
/** Seconds, of the year 9999: `ts` goes no further. */
const MAX_SECONDS = 253_402_300_799n;

/** A witness that the verifier trusts. */
export interface Witness {
  readonly name: string;
  readonly vkey: string;
  readonly keyId: Uint8Array;
  /** When it says that it saw the text, in Unix milliseconds; `undefined` if the cosignature is not by it. */
  seenAt(text: string, cosignature: Uint8Array): number | undefined;
}

/**
 * The witness of a vkey.
 *
 * @throws TypeError if the text is no vkey, or not one of a witness
 */
export function witnessOf(primitives: Primitives, vkey: string): Witness {
  const parsed = parseVkey(primitives, vkey.trim());
  if (parsed === undefined) {
    throw new TypeError(`'${vkey.trim().slice(0, 80)}' is no verifier key; one reads name+8 hex digits+base64.`);
  }
  const { name, type, key, keyId } = parsed;
  if (type !== COSIGNATURE_TYPE) {
    throw new TypeError(
      `The key of ${name} is of type 0x${type.toString(16).padStart(2, '0')}, and that of a witness is 0x04 (c2sp.org/tlog-cosignature).`,
    );
  }
  // A weak key is refused as any other is.
  const verifier = ed25519Verifier(primitives, name, key);
  return {
    name,
    vkey: vkey.trim(),
    keyId,
    seenAt(text, cosignature) {
      const seconds = secondsOf(cosignature);
      if (seconds === undefined) return undefined;
      const message = new TextEncoder().encode(`cosignature/v1\ntime ${seconds}\n${text}`);
      return verifier.verify(message, cosignature.subarray(TIME_BYTES)) ? seconds * 1_000 : undefined;
    },
  };
}

function secondsOf(cosignature: Uint8Array): number | undefined {
  if (cosignature.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined;
  const seconds = cosignature.subarray(0, TIME_BYTES).reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  return seconds <= MAX_SECONDS ? Number(seconds) : undefined;
}

/** What stands behind the name in a signature line, as the token of an `anchor`. */
export function cosignatureToken({ keyId, signature }: Pick<NoteSignature, 'keyId' | 'signature'>): string {
  return encodeBase64(Uint8Array.of(...keyId, ...signature));
}

/** The key id and the cosignature in a token; `undefined` for what is none. */
export function cosignatureIn(token: Uint8Array): Pick<NoteSignature, 'keyId' | 'signature'> | undefined {
  if (token.length !== KEY_ID_BYTES + TIME_BYTES + SIGNATURE_BYTES) return undefined;
  return { keyId: token.subarray(0, KEY_ID_BYTES), signature: token.subarray(KEY_ID_BYTES) };
}

/** When a cosignature says that it was made, in Unix milliseconds. */
export function cosignedAt({ signature }: Pick<NoteSignature, 'signature'>): number | undefined {
  const seconds = secondsOf(signature);
  return seconds === undefined ? undefined : seconds * 1_000;
}

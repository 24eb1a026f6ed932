import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';

import { sameBytes } from '../base64.ts';
import type { Primitives } from '../primitives.ts';

const POINT_BYTES = 32;

/** {@link Primitives} in plain JavaScript, for where there is no `node:crypto`: a browser, a worker, an edge runtime. */
export const portablePrimitives: Primitives = {
  sha256: (bytes) => sha256(bytes),
  hmacSha256: (key, message) => hmac(sha256, key, message),
  verifyEd25519(publicKey, message, signature) {
    try {
      return isSignature(publicKey, message, signature);
    } catch {
      return false;
    }
  },
};

/**
 * RFC 8032 §5.1.7 without the cofactor, as Node's OpenSSL checks. noble's own `verify` multiplies by it and so takes
 * signatures that OpenSSL refuses: who holds the key could make a pack that verifies in a browser and fails elsewhere.
 */
function isSignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const encodedR = signature.subarray(0, POINT_BYTES);
  const s = bytesToNumberLE(signature.subarray(POINT_BYTES));
  const { Fn, BASE } = ed25519.Point;
  if (signature.length !== 2 * POINT_BYTES || s >= Fn.ORDER) return false;
  const key = ed25519.Point.fromBytes(publicKey);
  const hash = sha512.create().update(encodedR).update(publicKey).update(message).digest();
  const k = Fn.create(bytesToNumberLE(hash));
  const r = BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
  return sameBytes(r.toBytes(), encodedR);
}

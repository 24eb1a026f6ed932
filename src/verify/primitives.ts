import { ed25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

import type { Primitives } from '../primitives.ts';

/** {@link Primitives} in plain JavaScript, for where there is no `node:crypto`: a browser, a worker, an edge runtime. */
export const portablePrimitives: Primitives = {
  sha256: (bytes) => sha256(bytes),
  hmacSha256: (key, message) => hmac(sha256, key, message),
  verifyEd25519(publicKey, message, signature) {
    try {
      // RFC 8032, as Node's OpenSSL checks: ZIP 215 accepts signatures that others refuse.
      return ed25519.verify(signature, message, publicKey, { zip215: false });
    } catch {
      return false;
    }
  },
};

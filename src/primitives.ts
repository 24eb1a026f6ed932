/**
 * The cryptography that the format needs, given from outside: Node's own where there is Node, audited JavaScript in a
 * browser. All synchronous, so that a verifier's pass over a file is one loop.
 */
export interface Primitives {
  /** SHA-256 of the bytes. */
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** HMAC-SHA256 (RFC 2104). */
  readonly hmacSha256: (key: Uint8Array, message: Uint8Array) => Uint8Array;
  /** Ed25519 by RFC 8032 (not ZIP 215): `publicKey` 32 bytes, `signature` 64 bytes; never throws. */
  readonly verifyEd25519: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
}

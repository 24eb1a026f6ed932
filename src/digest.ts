import { encodeHex } from './base64.ts';
import { canonicalBytes } from './canonical.ts';
import type { JsonValue } from './json.ts';
import { nodePrimitives } from './node-primitives.ts';

/** SHA-256 over the canonical form of a JSON value, hex: digests of profiles, catalogues and detectors. */
export function jsonDigest(value: JsonValue): string {
  return encodeHex(nodePrimitives.sha256(canonicalBytes(value)));
}

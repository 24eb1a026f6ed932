import { encodeBase64 } from './base64.ts';
import { canonicalBytes } from './canonical.ts';
import { preAuthenticationEncoding } from './dsse.ts';
import type { JsonObject } from './json.ts';

/** The last line of a pack: a DSSE envelope around an in-toto statement over all bytes before that line. */

export const ATTESTATION_PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const ATTESTATION_PREDICATE_TYPE = 'urn:spanseal:evidence-pack:v1';

/** The statement's bytes; the one form that a pack may carry, so that a verifier compares and does not interpret. */
export function attestationStatement(sha256Hex: string): Uint8Array {
  return canonicalBytes({
    _type: 'https://in-toto.io/Statement/v1',
    predicate: {},
    predicateType: ATTESTATION_PREDICATE_TYPE,
    subject: [{ digest: { sha256: sha256Hex }, name: 'evidence-pack' }],
  });
}

/** What is signed. */
export function attestationMessage(statement: Uint8Array): Uint8Array {
  return preAuthenticationEncoding(ATTESTATION_PAYLOAD_TYPE, statement);
}

/** @param signature - `keyid` is `name+hex(key id)`; none in a pack of an unsigned log */
export function attestationLine(
  statement: Uint8Array,
  signature: { readonly keyid: string; readonly sig: Uint8Array } | undefined,
): JsonObject {
  return {
    attestation: {
      payload: encodeBase64(statement),
      payloadType: ATTESTATION_PAYLOAD_TYPE,
      signatures: signature === undefined ? [] : [{ keyid: signature.keyid, sig: encodeBase64(signature.sig) }],
    },
  };
}

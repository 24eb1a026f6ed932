import { decodeBase64 } from './base64.ts';
import { canonicalize } from './canonical.ts';
import { at, type JsonObject } from './json.ts';
import type { HumanOversightOptions } from './events.ts';
import { members, optionsOf } from './members.ts';
import { withRequired } from './required-members.ts';
import type { Keys } from './verify/keys.ts';

/**
 * A signature by the reviewer's own key over what the review says. The log's seals show who kept the record; this shows
 * that the holder of another key, the reviewer's, agreed to it.
 */

/** What is signed begins so: a signature over a review is one over nothing else. */
const CONTEXT = 'spanseal/human-oversight/v1\n';

/**
 * Left out of what is signed: the signature itself, and what may be withheld or erased later. The reviewer stands in it
 * all the same: as the name of the key, which a review that names somebody else is not by.
 */
const NOT_SIGNED: ReadonlySet<string> = new Set(['signature', 'reviewer', 'note', 'competence_ref']);

/** How the signature of a review stands. */
export type SignatureState =
  /** By a reviewer's key that was given. */
  | 'signed'
  /** It stands, by a key that was not given: by whom is not shown. */
  | 'unknown_key'
  /** There is one, and it does not stand, or is by the key of another one than is named as the reviewer. */
  | 'failed'
  | 'none';

/**
 * The bytes that a reviewer signs: the context line, then JCS (RFC 8785) of the payload of the `human_oversight` entry
 * without `signature`, `reviewer`, `note` and `competence_ref`, and with the `decision_id` of the entry.
 */
export function oversightContent(payload: JsonObject, decisionId: string): Uint8Array {
  const signed = Object.entries(payload).filter(([member]) => !NOT_SIGNED.has(member));
  const content = { ...Object.fromEntries(signed), decision_id: decisionId };
  return new TextEncoder().encode(CONTEXT + canonicalize(content));
}

/**
 * The bytes that a reviewer signs before `audit.humanOversight` is called with the same options and the `signature`: the
 * signature of the reviewer's own key (Ed25519, RFC 8032), which the application never holds. Texts that the redactor
 * would change must not be signed: the signature is over what is recorded.
 *
 * @throws TypeError if the options are none, or name no decision
 */
export function oversightMessage(options: HumanOversightOptions & { readonly decisionId: string }): Uint8Array {
  const { reviewerKind = 'unknown', signature: _signature, ...rest } = optionsOf('oversightMessage', options);
  if (typeof rest.decisionId !== 'string') {
    throw new TypeError(
      'oversightMessage needs `decisionId`: a signature over a review of no decision could be moved.',
    );
  }
  const payload = withRequired('human_oversight', members('human_oversight', { reviewerKind, ...rest }));
  return oversightContent(payload as JsonObject, rest.decisionId);
}

/** @param keys - verifier keys of reviewers, from somebody you trust */
export function checkOversightSignature(
  keys: Keys,
  payload: JsonObject,
  decisionId: string | undefined,
): SignatureState {
  const { signature } = payload;
  if (signature === undefined) return 'none';
  // Outside of a decision it could be moved anywhere.
  if (decisionId === undefined) return 'failed';
  const vkey = at(signature, 'vkey');
  const sig = at(signature, 'sig');
  if (typeof vkey !== 'string' || typeof sig !== 'string') return 'failed';
  const trusted = keys.find(vkey, '');
  const verifier = trusted ?? keys.untrusted(vkey);
  const bytes = decodeBase64(sig);
  if (verifier === undefined || bytes === undefined) return 'failed';
  const { reviewer } = payload;
  if (reviewer !== undefined && reviewer !== verifier.name) return 'failed';
  if (!verifier.verify(oversightContent(payload, decisionId), bytes)) return 'failed';
  return trusted === undefined ? 'unknown_key' : 'signed';
}

import { decodeBase64 } from './base64.ts';
import { canonicalize } from './canonical.ts';
import { at, type JsonObject } from './json.ts';
import type { HumanOversightOptions } from './events.ts';
import { optionsOf } from './call-options.ts';
import { members } from './members.ts';
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

/** What a review is of: ids of decisions are those of one log. */
export interface Reviewed {
  readonly decisionId: string;
  readonly log: string;
}

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
 * without `signature`, `reviewer`, `note` and `competence_ref`, and with the `decision_id` of the entry and the name of the
 * `log`.
 */
export function oversightContent(payload: JsonObject, { decisionId, log }: Reviewed): Uint8Array {
  const signed = Object.entries(payload).filter(([member]) => !NOT_SIGNED.has(member));
  const content = { ...Object.fromEntries(signed), decision_id: decisionId, log };
  return new TextEncoder().encode(CONTEXT + canonicalize(content));
}

/**
 * The bytes that a reviewer signs before `audit.humanOversight` is called with the same options and the `signature`: the
 * signature of the reviewer's own key (Ed25519, RFC 8032), which the application never holds. Texts that the redactor
 * would change must not be signed: the signature is over what is recorded.
 *
 * @param log - the name of the log, as `AuditLog` has it
 * @throws TypeError if the options are none, or name no decision
 */
export function oversightMessage(
  log: string,
  options: HumanOversightOptions & { readonly decisionId: string },
): Uint8Array {
  if (typeof log !== 'string')
    throw new TypeError('oversightMessage needs the name of the log: decisions have ids of their log.');
  const { reviewerKind = 'unknown', signature: _signature, ...rest } = optionsOf('oversightMessage', options);
  if (typeof rest.decisionId !== 'string') {
    throw new TypeError(
      'oversightMessage needs `decisionId`: a signature over a review of no decision could be moved.',
    );
  }
  const payload = withRequired('human_oversight', members('human_oversight', { reviewerKind, ...rest }));
  return oversightContent(payload as JsonObject, { decisionId: rest.decisionId, log });
}

/** @param keys - verifier keys of reviewers, from somebody you trust */
export function checkOversightSignature(
  keys: Keys,
  payload: JsonObject,
  { decisionId, log }: { readonly [Name in keyof Reviewed]: Reviewed[Name] | undefined },
): SignatureState {
  const { signature } = payload;
  if (signature === undefined) return 'none';
  // Outside of a decision it could be moved anywhere.
  if (decisionId === undefined || log === undefined) return 'failed';
  const vkey = at(signature, 'vkey');
  const sig = at(signature, 'sig');
  if (typeof vkey !== 'string' || typeof sig !== 'string') return 'failed';
  const trusted = keys.find(vkey, '');
  const verifier = trusted ?? keys.untrusted(vkey);
  const bytes = decodeBase64(sig);
  if (verifier === undefined || bytes === undefined) return 'failed';
  const { reviewer } = payload;
  if (reviewer !== undefined && reviewer !== verifier.name) return 'failed';
  if (!verifier.verify(oversightContent(payload, { decisionId, log }), bytes)) return 'failed';
  if (trusted !== undefined) return 'signed';
  // Whose key is known does not sign by another one that calls itself the same.
  return keys.has(verifier.name) ? 'failed' : 'unknown_key';
}

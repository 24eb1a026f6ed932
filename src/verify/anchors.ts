import { decodeBase64, sameBytes } from '../base64.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../checkpoint.ts';
import { cosignatureIn, witnessOf, type Witness } from '../cosignature.ts';
import type { JsonObject } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import { parseAuthorities, type Certificate } from './certificate.ts';
import { quoted, type Place } from './problem.ts';
import type { KnownSeal, SealIndex } from './seal-index.ts';
import { checkTimeStamp, type TokenAnswer } from './time-stamp.ts';

/**
 * What others said of the log: `anchor` entries. Their tokens are checked while lines are read, and what is kept of each
 * is small, so that a log with one an hour over years is no burden.
 */

export type AnchorKind = 'rfc3161' | 'cosignature';

/** Who may vouch. They come from the verifier alone. */
export interface OutsideWitnesses {
  /** PEM texts: certificates of time-stamping authorities, or of those above them. */
  readonly tsaCertificates?: readonly string[];
  /** Verifier keys of witnesses (`name+id+base64`, type 0x04). */
  readonly witnesses?: readonly string[];
}

/** One anchor after its token was checked. */
export interface CheckedAnchor {
  readonly place: Place;
  /** When the entry says that it was written, in Unix milliseconds. */
  readonly writtenAt: number;
  readonly kind: AnchorKind | 'other';
  readonly checkpoint: SignedCheckpoint | undefined;
  /** The seal it vouches for, if that is of the same segment. */
  readonly seal: KnownSeal | 'forgotten' | 'none' | 'elsewhere';
  readonly answer: TokenAnswer;
}

/** More are counted, and not checked. */
const MAX_ANCHORS = 65_536;

const textEncoder = new TextEncoder();

export class Anchors {
  readonly #primitives: Primitives;
  readonly #certificates: readonly Certificate[];
  readonly #witnesses: readonly Witness[];
  readonly #pending: { readonly payload: JsonObject; readonly anchor: Omit<CheckedAnchor, 'answer'> }[] = [];
  readonly checked: CheckedAnchor[] = [];
  /** How many were too many. */
  left = 0;

  /** @throws TypeError for what is no certificate, or no key of a witness */
  constructor(primitives: Primitives, { tsaCertificates = [], witnesses = [] }: OutsideWitnesses) {
    this.#primitives = primitives;
    this.#certificates = parseAuthorities(tsaCertificates);
    this.#witnesses = witnesses.map((vkey) => witnessOf(primitives, vkey));
  }

  /** The kinds of anchors that something was given to check with. */
  get given(): readonly AnchorKind[] {
    return [
      ...(this.#certificates.length > 0 ? ['rfc3161' as const] : []),
      ...(this.#witnesses.length > 0 ? ['cosignature' as const] : []),
    ];
  }

  /** The next `anchor`, and the seals so far of the segment that it stands in. */
  add(
    payload: JsonObject,
    ts: string,
    place: Place,
    own: { readonly origin: string; readonly seals: SealIndex },
  ): void {
    if (this.checked.length + this.#pending.length >= MAX_ANCHORS) {
      this.left++;
      return;
    }
    const { kind, checkpoint: text } = payload;
    const checkpoint = typeof text === 'string' ? parseCheckpoint(text) : undefined;
    const seal =
      checkpoint?.origin === own.origin ? (own.seals.find(checkpoint.size, checkpoint.root) ?? 'none') : 'elsewhere';
    const anchor = {
      place,
      writtenAt: Date.parse(ts),
      kind: kind === 'rfc3161' || kind === 'cosignature' ? kind : 'other',
      checkpoint,
      seal,
    } as const;
    this.#pending.push({ payload, anchor });
  }

  /** Checks the tokens of the anchors that were read. Between the pieces of a file: then few are waiting. */
  async settle(): Promise<void> {
    for (const { payload, anchor } of this.#pending.splice(0)) {
      const answer = await this.#answer(payload, anchor);
      this.checked.push({ ...anchor, answer: agreed(answer, payload) });
    }
  }

  async #answer(payload: JsonObject, { kind, checkpoint }: Omit<CheckedAnchor, 'answer'>): Promise<TokenAnswer> {
    if (kind === 'other') return { state: 'not_checked', why: `it is of the kind ${quoted(payload['kind'])}` };
    const { checkpoint: text, token: encoded } = payload;
    const token = typeof encoded === 'string' ? decodeBase64(encoded) : undefined;
    if (token === undefined) return { state: 'fails', why: 'it holds no token in base64' };
    if (checkpoint === undefined || typeof text !== 'string') {
      return { state: 'fails', why: 'it holds no checkpoint that the token could be for' };
    }
    if (kind === 'cosignature') return this.#cosignature(token, checkpoint, payload['authority']);
    return checkTimeStamp(this.#primitives, token, textEncoder.encode(text), this.#certificates);
  }

  #cosignature(token: Uint8Array, { text }: SignedCheckpoint, authority: JsonObject[string]): TokenAnswer {
    const cosignature = cosignatureIn(token);
    if (cosignature === undefined) return { state: 'fails', why: 'it is no timestamped cosignature (cosignature/v1)' };
    const witness = this.#witnesses.find(
      ({ name, keyId }) => name === authority && sameBytes(keyId, cosignature.keyId),
    );
    if (witness === undefined) return { state: 'not_checked', why: `nobody gave the key of ${quoted(authority)}` };
    const genTime = witness.seenAt(text, cosignature.signature);
    if (genTime === undefined) return { state: 'fails', why: `the cosignature is not by ${quoted(witness.name)}` };
    return { state: 'holds', genTime, accuracyMillis: 0, authority: witness.name };
  }
}

/** What the entry says beside a token that holds must be what that says. */
function agreed(answer: TokenAnswer, payload: JsonObject): TokenAnswer {
  const said = payload['gen_time'];
  if (answer.state !== 'holds' || said === undefined) return answer;
  const time = new Date(answer.genTime).toISOString();
  return said === time ? answer : { state: 'fails', why: `the token says ${time}, and the entry ${quoted(said)}` };
}

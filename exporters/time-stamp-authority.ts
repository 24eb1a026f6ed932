import { randomBytes } from 'node:crypto';

import { sameBytes } from '../src/base64.ts';
import { DerError, encodeUnsigned } from '../src/der.ts';
import { SpansealError } from '../src/error.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import { parseTimeStamp, timeStampRequest, tokenIn } from '../src/time-stamp.ts';
import type { Certificate } from '../src/verify/certificate.ts';
import { checkTimeStamp, signerName } from '../src/verify/time-stamp.ts';
import { hostOf, post, type PostOptions } from './post.ts';

/** A time-stamp of a checkpoint: asked for by RFC 3161 §3.4, or read from what somebody else asked for. */

export interface Stamped {
  readonly token: Uint8Array;
  /** Unix milliseconds. */
  readonly genTime: number;
  /** What the authority calls itself. */
  readonly authority: string;
}

const NONCE_BYTES = 16;

/** A request for a checkpoint as it stands in its seal. */
export function requestFor(checkpoint: string, nonce: Uint8Array = randomBytes(NONCE_BYTES)): Uint8Array {
  return timeStampRequest(nodePrimitives.sha256(Buffer.from(checkpoint)), nonce);
}

/** @throws SpansealError `ANCHOR_FAILED` */
export async function timeStampFrom(
  url: string,
  checkpoint: string,
  given: readonly Certificate[],
  options: PostOptions,
): Promise<Stamped> {
  const nonce = randomBytes(NONCE_BYTES);
  const { status, body } = await post(url, 'application/timestamp-query', requestFor(checkpoint, nonce), options);
  if (status !== 200) throw refused(`${hostOf(url)} answers with status ${status}`);
  const stamped = await timeStampIn(body, checkpoint, given);
  // encodeUnsigned leaves out leading zeros, as the authority does.
  const sent = encodeUnsigned(nonce).subarray(2);
  const { nonce: returned } = parseTimeStamp(stamped.token);
  if (returned === undefined || !sameBytes(returned, sent)) {
    throw refused(`${hostOf(url)} answers with a time-stamp that was made for another request`);
  }
  return stamped;
}

/**
 * The time-stamp in an answer, checked as far as can be: without a certificate of the authority, that it is over this
 * checkpoint and signed by the certificate in it.
 *
 * @param answer - a `TimeStampResp`, or the token of one
 * @throws SpansealError `ANCHOR_FAILED`
 */
export async function timeStampIn(
  answer: Uint8Array,
  checkpoint: string,
  given: readonly Certificate[],
): Promise<Stamped> {
  try {
    const token = tokenIn(answer);
    const stamp = parseTimeStamp(token);
    const checked = await checkTimeStamp(nodePrimitives, token, Buffer.from(checkpoint), given);
    if (checked.state === 'fails' || (checked.state === 'not_checked' && given.length > 0)) throw refused(checked.why);
    return { token, genTime: stamp.genTime, authority: signerName(stamp, given) ?? 'unknown' };
  } catch (error) {
    if (error instanceof DerError) throw refused(`there is no time-stamp of RFC 3161 in the answer: ${error.message}`);
    throw error;
  }
}

function refused(why: string): SpansealError {
  return new SpansealError('ANCHOR_FAILED', `No time-stamp: ${why}. Nothing was recorded.`);
}

import { describe, expect, it } from 'vitest';

import { parseTimeStamp, timeStampRequest, tokenIn } from '../src/time-stamp.ts';
import { authority, response, stamp, STAMPED_AT } from './time-stamp-authority.ts';

const DATA = new Uint8Array(8);
const tsa = authority({ name: 'Stamper', issuer: authority({ name: 'Root', ca: true }) });

describe('the request for a time-stamp', () => {
  it('is DER: version, digest, nonce, and that the certificate is asked for', () => {
    const digest = new Uint8Array(32).fill(7);
    const hex = Buffer.from(timeStampRequest(digest, Uint8Array.of(0, 0x80, 1))).toString('hex');
    expect(hex).toBe(`303e0201013031300d060960864801650304020105000420${'07'.repeat(32)}02030080010101ff`);
  });
});

describe('what an authority answers', () => {
  it('is a token in a response, or the token itself', () => {
    const token = stamp(tsa, DATA, { nonce: Uint8Array.of(0x80, 1) });
    expect(tokenIn(response(token))).toEqual(token);
    expect(tokenIn(response(token, 1))).toEqual(token);
    expect(tokenIn(token)).toEqual(token);
    const { genTime, nonce, accuracyMillis } = parseTimeStamp(token);
    expect([genTime, nonce, accuracyMillis]).toEqual([Date.parse(STAMPED_AT), Uint8Array.of(0, 0x80, 1), 1_000]);
  });

  it('is no token where it says so, or is something else', () => {
    expect(() => tokenIn(response(undefined, 2, 'bad hash'))).toThrow('the authority answers: rejected, bad hash');
    expect(() => tokenIn(response(stamp(tsa, DATA), 2))).toThrow('the authority answers: rejected');
    expect(() => tokenIn(response(undefined))).toThrow('cut off');
    expect(() => tokenIn(Uint8Array.from(Buffer.from('<html>')))).toThrow('cut off');
  });
});

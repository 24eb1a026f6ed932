import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { timeStampRequest, tokenIn } from '../../src/time-stamp.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { parseCertificates } from '../../src/verify/certificate.ts';
import { checkTimeStamp, type TokenAnswer } from '../../src/verify/time-stamp.ts';
import { vectors } from '../vectors.ts';

vectors('rfc3161-openssl', (folder) => {
  const read = (name: string): Uint8Array => Uint8Array.from(readFileSync(join(folder, name)));
  const data = read('cp.txt');
  const check = (token: Uint8Array, ...given: readonly string[]): Promise<TokenAnswer> => {
    const pem = given.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
    return checkTimeStamp(nodePrimitives, token, data, parseCertificates(pem));
  };

  it.each([
    ['r.tsr', 'ECDSA', ['ca.pem'], '2026-11-23T14:01:52.000Z'],
    ['rr.tsr', 'RSA with SHA-256', ['ca.pem'], '2026-11-23T14:02:34.000Z'],
    ['r2.tsr', 'ECDSA, without certificates', ['ca.pem', 'tsa.pem'], '2026-11-23T14:02:34.000Z'],
    ['rsa512.tsr', 'RSA with SHA-512', ['ca2.pem'], '2026-11-23T14:17:30.000Z'],
  ])('%s holds: %s', async (name, _, given, time) => {
    const token = tokenIn(read(name));
    expect(await check(token, ...given)).toMatchObject({ state: 'holds', genTime: Date.parse(time) });
    const other = given.includes('ca.pem') ? 'ca2.pem' : 'ca.pem';
    expect(await check(token, other)).toMatchObject({ state: 'not_checked' });
    expect(await checkTimeStamp(nodePrimitives, token, Uint8Array.of(...data, 10), [])).toEqual({
      state: 'fails',
      why: 'it stamps other data',
    });
  });

  it('a request is made of the same bytes', () => {
    const nonce = Uint8Array.from(Buffer.from('f1c4eba66e179a96', 'hex'));
    expect(timeStampRequest(nodePrimitives.sha256(data), nonce)).toEqual(read('q.tsq'));
  });

  it('no bit of a token can be flipped but in a certificate that nothing depends on', { timeout: 60_000 }, async () => {
    // r.tsr brings the authority's certificate too, and the verifier goes by the one that it was given.
    const authority = Buffer.from(parseCertificates(readFileSync(join(folder, 'ca.pem'), 'utf8'))[0]?.bytes ?? []);
    for (const [name, given] of [
      ['r.tsr', ['ca.pem']],
      ['r2.tsr', ['ca.pem', 'tsa.pem']],
    ] as const) {
      const token = tokenIn(read(name));
      const needless = Buffer.from(token).indexOf(authority);
      const accepted: number[] = [];
      for (let at = 0; at < token.length; at++) {
        if (needless >= 0 && at >= needless && at < needless + authority.length) continue;
        // Of the one with certificates a bit of each byte: each takes the check of a whole path.
        for (const bit of name === 'r.tsr' ? [at % 8] : [0, 1, 2, 3, 4, 5, 6, 7]) {
          const flipped = Uint8Array.from(token);
          flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
          if ((await check(flipped, ...given)).state === 'holds') accepted.push(8 * at + bit);
        }
      }
      expect(accepted).toEqual([]);
    }
  });
});

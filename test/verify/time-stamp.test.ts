import { describe, expect, it } from 'vitest';

import { nodePrimitives } from '../../src/node-primitives.ts';
import { parseCertificates } from '../../src/verify/certificate.ts';
import { portablePrimitives } from '../../src/verify/primitives.ts';
import { checkTimeStamp, type TokenAnswer } from '../../src/verify/time-stamp.ts';
import { bitFlips } from '../ed25519-key.ts';
import { authority, response, stamp, STAMPED_AT, type Authority } from '../time-stamp-authority.ts';

const DATA = new TextEncoder().encode('example.org/loans/20261125T093000Z-0011223344556677\n3\n…\n');
const root = authority({ name: 'Root', ca: true });
const tsa = authority({ name: 'Stamper', issuer: root });

function check(token: Uint8Array, given: readonly Authority[] = [root], data = DATA): Promise<TokenAnswer> {
  const authorities = given.length === 0 ? [] : parseCertificates(given.map(({ pem }) => pem).join('\n'));
  return checkTimeStamp(nodePrimitives, token, data, authorities);
}

describe('a time-stamp', () => {
  it('holds: who says it, and when', async () => {
    expect(await check(stamp(tsa, DATA))).toEqual({
      state: 'holds',
      genTime: Date.parse(STAMPED_AT),
      accuracyMillis: 1_000,
      authority: 'Stamper',
    });
  });

  it.each(['p256', 'p384', 'rsa2048', 'pss2048', 'ed25519'] as const)('holds by a key of %s', async (key) => {
    const signer = authority({ name: 'Stamper', issuer: root, key });
    expect(await check(stamp(signer, DATA))).toMatchObject({ state: 'holds' });
    const token = stamp(signer, DATA);
    const authorities = parseCertificates(root.pem);
    expect(await checkTimeStamp(portablePrimitives, token, DATA, authorities)).toMatchObject({ state: 'holds' });
    token[token.length - 1] = (token.at(-1) ?? 0) ^ 1;
    expect((await check(token)).state).toBe('fails');
  });

  it.each(['p256', 'p384', 'rsa2048', 'pss2048', 'ed25519'] as const)('holds under an authority of %s', async (key) => {
    const other = authority({ name: 'Other root', ca: true, key });
    expect(await check(stamp(authority({ name: 'Stamper', issuer: other }), DATA), [other])).toMatchObject({
      state: 'holds',
    });
  });

  it.each(['sha384', 'sha512'])(
    'holds for a digest by %s, and its certificate by SHA-1 or both',
    async (imprintHash) => {
      for (const binding of ['v1', 'v2', 'both'] as const) {
        expect(await check(stamp(tsa, DATA, { imprintHash, binding }))).toMatchObject({ state: 'holds' });
      }
    },
  );

  it('holds over an intermediate authority that comes with it', async () => {
    const between = authority({ name: 'Between', issuer: root, ca: true, pathLength: 0 });
    const signer = authority({ name: 'Stamper', issuer: between });
    expect(await check(stamp(signer, DATA, { sent: [between, signer] }))).toMatchObject({ state: 'holds' });
    // Not sent, but known to the verifier.
    expect(await check(stamp(signer, DATA), [between])).toMatchObject({ state: 'holds' });
  });

  it('holds without a certificate in it, where the verifier has that', async () => {
    const bare = stamp(tsa, DATA, { sent: [] });
    expect(await check(bare, [root, tsa])).toMatchObject({ state: 'holds' });
    expect(await check(bare)).toMatchObject({ state: 'not_checked' });
  });

  it('is not checked, and counts for nothing, where its authority was not given', async () => {
    const other = authority({ name: 'Other root', ca: true });
    expect(await check(stamp(tsa, DATA), [other])).toEqual({
      state: 'not_checked',
      why: 'nobody gave the authority that issued Stamper',
    });
    expect(await check(stamp(tsa, DATA), [])).toMatchObject({ state: 'not_checked' });
    // A certificate that was given is no authority for it.
    expect(await check(stamp(tsa, DATA), [tsa])).toMatchObject({ state: 'not_checked' });
  });
});

describe('a time-stamp that does not hold', () => {
  const impostor = authority({ name: 'Root', ca: true });
  const between = authority({ name: 'Between', issuer: root, ca: true, pathLength: 0 });
  const second = authority({ name: 'Second', issuer: between, ca: true });
  const cases: readonly [string, () => Uint8Array, RegExp][] = [
    ['over other data', () => stamp(tsa, new Uint8Array(3)), /stamps other data/],
    [
      'by an authority of the same name',
      () => stamp(authority({ name: 'S', issuer: impostor }), DATA),
      /not signed by Root/,
    ],
    ['after its certificate', () => stamp(tsa, DATA, { genTime: '2050-01-01T00:00:00.001Z' }), /is valid from/],
    ['before its certificate', () => stamp(tsa, DATA, { genTime: '2019-12-31T23:59:59.000Z' }), /is valid from/],
    [
      'by a certificate for no purpose',
      () => stamp(authority({ name: 'S', issuer: root, purposes: [] }), DATA),
      /alone/,
    ],
    [
      'by a certificate for another purpose too',
      () => stamp(authority({ name: 'S', issuer: root, purposes: ['1.3.6.1.5.5.7.3.8', '1.3.6.1.5.5.7.3.4'] }), DATA),
      /alone/,
    ],
    [
      'by a purpose that is not critical',
      () => stamp(authority({ name: 'S', issuer: root, isPurposeCritical: false }), DATA),
      /alone/,
    ],
    [
      'by a key for certificates too',
      () => stamp(authority({ name: 'S', issuer: root, usage: 0x84 }), DATA),
      /sign with/,
    ],
    ['by an authority', () => stamp(authority({ name: 'S', issuer: root, ca: true }), DATA), /alone/],
    ['by a short RSA key', () => stamp(authority({ name: 'S', issuer: root, key: 'rsa1024' }), DATA), /2,048 bits/],
    [
      'by an unknown critical extension',
      () => stamp(authority({ name: 'S', issuer: root, criticalExtension: '1.2.3' }), DATA),
      /critical/,
    ],
    [
      'under one that is no authority',
      () => {
        const signer = authority({ name: 'S', issuer: tsa });
        return stamp(signer, DATA, { sent: [tsa, signer] });
      },
      /Stamper is no authority/,
    ],
    [
      'under too many authorities',
      () => {
        const signer = authority({ name: 'S', issuer: second });
        return stamp(signer, DATA, { sent: [second, between, signer] });
      },
      /allows no authority under it/,
    ],
    ['for another certificate', () => stamp(tsa, DATA, { boundTo: root }), /not signed for this certificate/],
    ['for no certificate', () => stamp(tsa, DATA, { binding: 'none' }), /not signed for this certificate/],
    ['as another type of content', () => stamp(tsa, DATA, { contentType: '1.2.840.113549.1.7.1' }), /another type/],
    ['over other content', () => stamp(tsa, DATA, { otherContent: new Uint8Array(3) }), /other content/],
    ['with what nobody signed', () => stamp(tsa, DATA, { unsignedAttributes: new Uint8Array(0) }), /behind the last/],
    ['as a response', () => response(stamp(tsa, DATA)), /no time-stamp of RFC 3161/],
    [
      'by a certificate that is cut off',
      () => stamp({ ...tsa, certificate: tsa.certificate.subarray(1) }, DATA),
      /RFC 3161/,
    ],
    ['at all', () => new Uint8Array(0), /RFC 3161/],
  ];

  it.each(cases)('%s', async (_, forge, why) => {
    const answer = await check(forge());
    expect(answer.state).not.toBe('holds');
    expect(answer.state === 'holds' ? '' : answer.why).toMatch(why);
  });

  it('under an authority that had ended by then', async () => {
    const ended = authority({ name: 'Ended', ca: true, notAfter: '2026-01-01T00:00:00.000Z' });
    const signer = authority({ name: 'S', issuer: ended });
    expect(await check(stamp(signer, DATA), [ended])).toMatchObject({ state: 'fails', why: /Ended is valid from/ });
  });

  it('in no one of its bits', { timeout: 60_000 }, async () => {
    const token = stamp(tsa, DATA);
    let accepted = 0;
    for (const flipped of bitFlips(token)) {
      if ((await check(flipped, [root, tsa])).state === 'holds') accepted++;
    }
    expect(accepted).toBe(0);
  });

  it('in no part of it', async () => {
    const token = stamp(tsa, DATA);
    for (let length = 0; length < token.length; length++) {
      expect((await check(token.subarray(0, length))).state).toBe('fails');
    }
    expect((await check(Uint8Array.of(...token, 0))).state).toBe('fails');
  });
});

describe('certificates', () => {
  it('are told apart from what is none', () => {
    expect(() => parseCertificates('hello')).toThrow(/holds no certificate/);
    const broken = root.pem.replace(/[A-Za-z]{4}\n/, '\n');
    expect(() => parseCertificates(`${root.pem}${broken}`)).toThrow(/^Certificate 2 cannot be read/);
  });
});

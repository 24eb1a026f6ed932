import { createPublicKey, verify } from 'node:crypto';

import { expect, it } from 'vitest';

import { decodeBase64 } from '../../src/base64.ts';
import { preAuthenticationEncoding } from '../../src/dsse.ts';
import { readVectors, vectors } from '../vectors.ts';

interface ProtocolVector {
  readonly payloadType: string;
  readonly body: string;
  readonly pae: string;
  readonly ecdsaP256: { readonly x: string; readonly y: string };
  readonly envelope: { readonly payload: string; readonly signatures: readonly [{ readonly sig: string }] };
}

function coordinate(decimal: string): string {
  return Buffer.from(BigInt(decimal).toString(16).padStart(64, '0'), 'hex').toString('base64url');
}

vectors('dsse', (folder) => {
  it('encodes and verifies the vector of protocol.md', () => {
    const vector = readVectors<ProtocolVector>(folder, 'protocol-vector.json');
    const payload = decodeBase64(vector.envelope.payload);
    const signature = decodeBase64(vector.envelope.signatures[0].sig);
    if (payload === undefined || signature === undefined) expect.unreachable('base64 rejected');
    expect(Buffer.from(payload).toString()).toBe(vector.body);
    const pae = preAuthenticationEncoding(vector.payloadType, payload);
    expect(Buffer.from(pae).toString()).toBe(vector.pae);

    const { x, y } = vector.ecdsaP256;
    const key = createPublicKey({
      key: { kty: 'EC', crv: 'P-256', x: coordinate(x), y: coordinate(y) },
      format: 'jwk',
    });
    const holds = (message: Uint8Array): boolean =>
      verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
    expect(holds(pae)).toBe(true);
    expect(holds(preAuthenticationEncoding(`${vector.payloadType}s`, payload))).toBe(false);
    expect(holds(payload)).toBe(false);
    console.log('DSSE, protocol.md: 1 vector, ECDSA P-256');
  });
});

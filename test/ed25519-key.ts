import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

/** A key made from a text: the same in every run, so that a failure can be repeated. */
export interface TestKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array | string) => Uint8Array;
}

/** PKCS#8 and SPKI headers of Ed25519 keys (RFC 8410): 32 bytes follow. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_BYTES = 12;

export function testKey(text: string): TestKey {
  const seed = createHash('sha256').update(text).digest();
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: Uint8Array.from(spki.subarray(SPKI_BYTES)),
    sign: (message) => Uint8Array.from(sign(null, Buffer.from(message), key)),
  };
}

/** Every byte string that differs from `bytes` in one bit. */
export function* bitFlips(bytes: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit % 8));
    yield flipped;
  }
}

/** UTF-8 as a verifier decodes it, `undefined` where it would reject the bytes. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

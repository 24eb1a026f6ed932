import { createHash } from 'node:crypto';

import type { NoteSignature } from '../src/note.ts';
import { testKey } from './ed25519-key.ts';

/** A witness of c2sp.org/tlog-cosignature, written from the specification and not from what is tested with it. */

const TYPE = Uint8Array.of(0x04);

function keyId(name: string): Buffer {
  return createHash('sha256').update(`${name}\n`).update(TYPE).update(testKey(name).publicKey).digest().subarray(0, 4);
}

export function cosignerVkey(name: string): string {
  return `${name}+${keyId(name).toString('hex')}+${Buffer.concat([TYPE, testKey(name).publicKey]).toString('base64')}`;
}

/** Its signature of a note's text. */
export function cosign(name: string, text: string, seconds: number): NoteSignature {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(seconds));
  const signature = testKey(name).sign(`cosignature/v1\ntime ${seconds}\n${text}`);
  return { name, keyId: Uint8Array.from(keyId(name)), signature: Uint8Array.from(Buffer.concat([time, signature])) };
}

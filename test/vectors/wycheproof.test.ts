import { expect, it } from 'vitest';

import { encodeHex } from '../../src/base64.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import type { Primitives } from '../../src/primitives.ts';
import { portablePrimitives } from '../../src/verify/primitives.ts';
import { fromHex, readVectors, vectors } from '../vectors.ts';

interface Test {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: string;
  readonly result: 'valid' | 'invalid';
}

interface Ed25519Group {
  readonly publicKey: { readonly pk: string };
  readonly tests: readonly (Test & { readonly sig: string })[];
}

interface HmacGroup {
  /** In bits. */
  readonly tagSize: number;
  readonly tests: readonly (Test & { readonly key: string; readonly tag: string })[];
}

const IMPLEMENTATIONS: readonly (readonly [string, Primitives])[] = [
  ['node:crypto', nodePrimitives],
  ['noble', portablePrimitives],
];

vectors('wycheproof', (folder) => {
  it.each(IMPLEMENTATIONS)('Ed25519 by %s', (name, primitives) => {
    const { testGroups } = readVectors<{ testGroups: Ed25519Group[] }>(folder, 'ed25519_test.json');
    const wrong: unknown[] = [];
    let count = 0;
    for (const { publicKey, tests } of testGroups) {
      const key = fromHex(publicKey.pk);
      for (const test of tests) {
        count++;
        const holds = primitives.verifyEd25519(key, fromHex(test.msg), fromHex(test.sig));
        if (holds !== (test.result === 'valid')) wrong.push(test);
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBe(151);
    console.log(`Wycheproof: ${count} Ed25519 signatures by ${name}`);
  });

  it.each(IMPLEMENTATIONS)('HMAC-SHA256 by %s', (name, primitives) => {
    const { testGroups } = readVectors<{ testGroups: HmacGroup[] }>(folder, 'hmac_sha256_test.json');
    const wrong: unknown[] = [];
    let count = 0;
    for (const { tagSize, tests } of testGroups) {
      for (const test of tests) {
        count++;
        const tag = primitives.hmacSha256(fromHex(test.key), fromHex(test.msg));
        const holds = encodeHex(tag.subarray(0, tagSize / 8)) === test.tag;
        if (holds !== (test.result === 'valid')) wrong.push(test);
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBe(174);
    console.log(`Wycheproof: ${count} HMAC-SHA256 tags by ${name}`);
  });
});

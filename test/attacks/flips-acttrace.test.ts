import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { nodePrimitives } from '../../src/node-primitives.ts';
import { checkActtrace } from '../../src/verify/acttrace/report.ts';
import { chainLines, fileOf } from '../acttrace/chain.ts';
import { vectors } from '../vectors.ts';

/** Bits of a signed pack of acttrace, with its key given: how many acttrace accepts, and how many are not told here. */
async function flips(name: string, bytes: Uint8Array, key: Uint8Array, step = 1): Promise<void> {
  const accepted = { python: 0, javascript: 0 };
  const unseen: number[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit += step) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const { ok, lenient } = await checkActtrace(nodePrimitives, flipped, { key });
    if (lenient.python.accepted) accepted.python++;
    if (lenient.javascript.accepted) accepted.javascript++;
    if (ok) unseen.push(bit);
  }
  const tried = Math.ceil((bytes.length * 8) / step);
  const share = (count: number): string => `${count} (${((100 * count) / tried).toFixed(1)} %)`;
  console.log(
    `${name}: of ${tried} bits acttrace accepts ${share(accepted.python)} flipped in Python, ` +
      `${share(accepted.javascript)} in JavaScript; here ${unseen.length}`,
  );
  expect(unseen).toEqual([]);
  expect(accepted.python / tried).toBeGreaterThan(0.1);
}

it('no third bit of a pack of acttrace can be flipped unseen', { timeout: 120_000 }, async () => {
  await flips('a pack of our own making', fileOf(chainLines({ key: 'key' })), Buffer.from('key'), 3);
});

vectors('acttrace', (folder) => {
  it.each([
    ['fixtures/acttrace/chain-signed.jsonl', 'conformance-passphrase'],
    ['vectors-py/js_written_chain.jsonl', 'roundtrip-key'],
  ])('no seventh bit of %s', { timeout: 120_000 }, async (file, key) => {
    await flips(file, readFileSync(join(folder, file)), Buffer.from(key), 7);
  });
});

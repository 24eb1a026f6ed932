import { beforeAll, describe, expect, it } from 'vitest';

import { verify as verifyInNode, type Report, type VerifyOptions } from '../../src/index.ts';
import { ed25519Verifier } from '../../src/note.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { verify as verifyAnywhere } from '../../src/verify/index.ts';
import { LOG, makeCorpus, packOf, signing, streamed, type Corpus, type SigningKind } from '../attacks/corpus.ts';
import { SegmentForge } from '../attacks/forge.ts';
import { bitFlips, cuts, deletions, lineGames, type Mutant } from '../attacks/mutants.ts';

/** The same report, whoever computes and however the bytes arrive. */

const KINDS: readonly SigningKind[] = ['ed25519', 'hmac', 'none'];

/** So many mutants of a file are judged twice, spread over it: the portable signature check takes a millisecond. */
const SPREAD = 35;

interface File {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly options: VerifyOptions;
}

const { keys: wrongKeys = [] } = signing('ed25519', LOG, 'another key').options;

let corpus: Corpus;
const files: File[] = [];

beforeAll(async () => {
  for (const kind of KINDS) {
    const made = await makeCorpus(kind);
    if (kind === 'ed25519') corpus = made;
    const { signer, options } = made;
    const annotated = await packOf(made.segments, {
      frameworks: ['gdpr'],
      ...(signer === undefined ? {} : { signer }),
    });
    for (const [name, bytes] of [...made.segments, ['pack', made.pack], ['annotated', annotated]] as const) {
      files.push({ name: `${name}.jsonl`, bytes, options: { ...options, name: `${name}.jsonl` } });
    }
  }
});

function* spread(mutants: () => Iterable<Mutant>): Generator<Mutant> {
  let total = 0;
  for (const { what } of mutants()) if (what !== '') total++;
  const step = Math.ceil(total / SPREAD);
  let index = 0;
  for (const mutant of mutants()) if (index++ % step === 0) yield mutant;
}

/** Of mutants that share a buffer. */
function* copies(mutants: Iterable<Mutant>): Generator<Mutant> {
  for (const { what, bytes } of mutants) yield { what, bytes: Uint8Array.from(bytes) };
}

describe('the portable verifier', () => {
  it('judges every file as Node does, with a key, without one and with the wrong one', async () => {
    for (const { bytes, options } of files) {
      const keyless = { ...options, keys: [], hmacKeys: [] };
      const wrong = { ...keyless, keys: wrongKeys, allowUnsigned: true };
      for (const given of [options, keyless, wrong, { ...options, live: true }, { ...options, fast: true }]) {
        expect(await verifyAnywhere(bytes, given)).toEqual(await verifyInNode(bytes, given));
      }
    }
  });

  it('judges every mutant as Node does', { timeout: 60_000 }, async () => {
    let count = 0;
    for (const { bytes, options } of files.slice(0, 4)) {
      const games = [() => bitFlips(bytes), () => cuts(bytes), () => deletions(bytes), () => lineGames(bytes)];
      for (const { what, bytes: mutant } of games.flatMap((game) => [...copies(spread(game))])) {
        count++;
        const report = await verifyInNode(mutant, options);
        expect(await verifyAnywhere(mutant, options), what).toEqual(report);
      }
    }
    console.log(`portable verifier: ${count.toLocaleString('en')} mutants judged as by Node`);
    expect(count).toBeGreaterThan(400);
  });

  // RFC 8032 leaves it open whether a verifier multiplies by the cofactor. If one did and the other did not, the holder
  // of the key could make a pack that verifies in one place and fails in another.
  it.each([
    ['R', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'r'],
    ['the key', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'key'],
  ])('refuses as Node does signatures with a point of small order in %s', async (_, torsion, where) => {
    const { signer, refused } = await smallOrderSigner(torsion, where === 'key');
    const { bytes } = new SegmentForge({ signer }).add('decision', {}).seal().close();
    const options = { keys: [signer.vkey] };
    const reports: Report[] = [await verifyInNode(bytes, options), await verifyAnywhere(bytes, options)];
    expect(reports[1]).toEqual(reports[0]);
    if (refused) expect(reports[0]?.problemCounts.signature).toBeGreaterThan(0);
  });
});

/** A signer whose signatures hold only times the cofactor: R, or the public key, has a point of order 8 added. */
async function smallOrderSigner(
  torsion: string,
  inKey: boolean,
): Promise<{ signer: { vkey: string; local: true; sign: (message: Uint8Array) => Uint8Array }; refused: boolean }> {
  const { ed25519 } = await import('@noble/curves/ed25519.js');
  const { bytesToNumberLE, numberToBytesLE } = await import('@noble/curves/utils.js');
  const { sha512 } = await import('@noble/hashes/sha2.js');
  const { BASE, Fn } = ed25519.Point;
  const small = ed25519.Point.fromHex(torsion);
  const secret = 12_345_678_901_234_567_890n;
  const nonce = 98_765_432_109_876_543_210n;
  const honest = BASE.multiply(secret);
  const key = (inKey ? honest.add(small) : honest).toBytes();
  const r = (inKey ? BASE.multiply(nonce) : BASE.multiply(nonce).add(small)).toBytes();
  const { vkey } = ed25519Verifier(nodePrimitives, LOG, key);
  const sign = (message: Uint8Array): Uint8Array => {
    const k = Fn.create(bytesToNumberLE(sha512(Buffer.concat([r, key, message]))));
    return Buffer.concat([r, numberToBytesLE(Fn.create(nonce + k * secret), 32)]);
  };
  const holds = sign(Buffer.from('x'));
  expect(ed25519.verify(holds, Buffer.from('x'), key, { zip215: false })).toBe(true);
  return { signer: { vkey, local: true, sign }, refused: !inKey };
}

describe('pieces of a stream', () => {
  const split = (bytes: Uint8Array, size: number): Uint8Array[] =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );

  it.each([1, 7, 64, 1_000, 65_536])('of %i bytes give the same report', async (size) => {
    for (const { bytes, options } of files) {
      const report = await verifyInNode(bytes, options);
      expect(await verifyInNode(streamed(...split(bytes, size)), options)).toEqual(report);
    }
  });

  it('may be views of one buffer, or empty', async () => {
    async function* reused(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      const buffer = new Uint8Array(97);
      for (let start = 0; start < bytes.length; start += buffer.length) {
        const piece = bytes.subarray(start, start + buffer.length);
        buffer.fill(0xff);
        buffer.set(piece);
        yield buffer.subarray(0, 0);
        yield buffer.subarray(0, piece.length);
      }
    }
    for (const { bytes, options } of files) {
      expect(await verifyInNode(reused(bytes), options)).toEqual(await verifyInNode(bytes, options));
    }
  });

  it('of mutants give the same report, too', async () => {
    for (const { bytes, options } of files.slice(1, 4)) {
      for (const { what, bytes: mutant } of [...spread(() => cuts(bytes)), ...spread(() => lineGames(bytes))]) {
        const report = await verifyInNode(mutant, options);
        expect(await verifyInNode(streamed(...split(mutant, 7)), options), what).toEqual(report);
      }
    }
  });

  it('of a Blob and of a ReadableStream do as well', async () => {
    for (const { bytes, options } of files) {
      const report = await verifyInNode(bytes, options);
      const blob = new Blob([Uint8Array.from(bytes)]);
      expect(await verifyAnywhere(blob, options)).toEqual(report);
      expect(await verifyAnywhere(blob.stream(), options)).toEqual(report);
    }
  });

  it('are counted while they come', async () => {
    const seen: number[] = [];
    await verifyInNode(streamed(...split(corpus.pack, 1_000)), { onProgress: (bytes) => seen.push(bytes) });
    expect(seen.at(-1)).toBe(corpus.pack.length);
    expect(seen).toHaveLength(Math.ceil(corpus.pack.length / 1_000));
  });

  it('that are no bytes are misuse', async () => {
    for (const source of ['{"pack":{', 1, null, undefined, {}, [corpus.pack]] as unknown[]) {
      await expect(verifyInNode(source as Uint8Array)).rejects.toThrow(TypeError);
    }
  });
});

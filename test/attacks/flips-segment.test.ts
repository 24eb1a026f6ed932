import { beforeAll, describe, expect, it } from 'vitest';

import { verify } from '../../src/index.ts';
import { makeCorpus, verifyDirectory, verifySegment, type Corpus, type SigningKind } from './corpus.ts';
import {
  attack,
  bitFlips,
  BITS_IN_TURN,
  BITS_TRIED,
  cuts,
  deletions,
  insertions,
  lineGames,
  ONE_BIT_A_BYTE,
  splitLines,
} from './mutants.ts';

const LONG = 120_000;

const EVERY_BIT = [0, 1, 2, 3, 4, 5, 6, 7];
const EVERY_OTHER_BYTE = (offset: number): readonly number[] => (offset % 2 === 0 ? ONE_BIT_A_BYTE(offset / 2) : []);

/** Where the line of the last seal begins. */
function unsealedFrom(bytes: Uint8Array): number {
  return Buffer.from(bytes).lastIndexOf('{"payload":{"checkpoint"');
}

let corpus: Corpus;
let closed: Uint8Array;

beforeAll(async () => {
  corpus = await makeCorpus('ed25519');
  closed = corpus.segments.get(corpus.closed) ?? new Uint8Array(0);
});

describe('a closed, signed segment', () => {
  it('is accepted as it is', async () => {
    const report = await verifySegment(corpus, corpus.closed, closed);
    expect(report).toMatchObject({ ok: true, verdicts: { integrity: 'consistent', authenticity: 'signed' } });
  });

  it('is not with any bit flipped', { timeout: LONG }, async () => {
    const { tried, accepted } = await attack('segment', 'every bit flipped', bitFlips(closed, BITS_IN_TURN), (bytes) =>
      verify(bytes, corpus.options),
    );
    expect(accepted).toEqual([]);
    expect(tried).toBe(closed.length * BITS_TRIED);
  });

  it('is not with any byte deleted or inserted, nor cut anywhere', { timeout: LONG }, async () => {
    const mutants = [...deletions(closed), ...insertions(closed), ...cuts(closed)];
    const { accepted } = await attack('segment', 'bytes deleted, inserted, cut', mutants, (bytes) =>
      verify(bytes, { ...corpus.options, fast: true }),
    );
    expect(accepted).toEqual([]);
  });

  it('is not with its lines rearranged', { timeout: LONG }, async () => {
    const foreign = [...corpus.segments.values()].flatMap(splitLines);
    const { accepted } = await attack(
      'segment',
      'lines removed, repeated, moved, swapped, foreign',
      lineGames(closed, foreign),
      (bytes) => verify(bytes, corpus.options),
    );
    expect(accepted).toEqual([]);
  });
});

describe.each<SigningKind>(['hmac', 'none'])('a closed segment: %s', (kind) => {
  // Of an unsigned one anybody can write another; what damages it is seen all the same.
  it('is not accepted with a bit flipped in any of its bytes', { timeout: LONG }, async () => {
    const { segments, closed: name, options } = await makeCorpus(kind);
    const bytes = segments.get(name) ?? new Uint8Array(0);
    expect(await verify(bytes, options)).toMatchObject({ ok: true });
    const { tried, accepted } = await attack(
      `segment, ${kind}`,
      'a bit of each byte flipped',
      bitFlips(bytes, ONE_BIT_A_BYTE),
      (mutant) => verify(mutant, options),
    );
    expect(accepted).toEqual([]);
    expect(tried).toBe(bytes.length);
  });
});

describe('a signed directory', () => {
  const judge = (name: string) => (bytes: Uint8Array) =>
    verifyDirectory(new Map(corpus.segments).set(name, bytes), { ...corpus.options, fast: true });

  it('is accepted as it is', async () => {
    const report = await verifyDirectory(corpus.segments, corpus.options);
    expect(report).toMatchObject({ ok: true, verdicts: { authenticity: 'signed', completeness: 'holds' } });
    expect(report.segments.map(({ state }) => state)).toEqual(['closed', 'recovered', 'closed']);
  });

  // Of a closed segment every bit is tried above. With `fast` less is checked: what fails then fails without it.
  it('is not with a bit flipped in any of its files', { timeout: LONG }, async () => {
    for (const [name, bytes] of corpus.segments) {
      const flips = bitFlips(bytes, (offset) =>
        name === corpus.crashed && offset >= unsealedFrom(bytes) ? EVERY_BIT : EVERY_OTHER_BYTE(offset),
      );
      const { accepted } = await attack('directory', 'bits flipped', flips, judge(name));
      expect(accepted, name).toEqual([]);
    }
  });

  it('is not with a file of it cut anywhere, or its lines rearranged', { timeout: LONG }, async () => {
    for (const [name, bytes] of corpus.segments) {
      if (name === corpus.closed) continue;
      const mutants = name === corpus.crashed ? [...cuts(bytes), ...deletions(bytes)] : cuts(bytes);
      for (const each of [mutants, lineGames(bytes)]) {
        const { accepted } = await attack('directory', 'bytes and lines removed, files cut', each, judge(name));
        expect(accepted, name).toEqual([]);
      }
    }
  });
});

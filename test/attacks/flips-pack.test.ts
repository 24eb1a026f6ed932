import { beforeAll, describe, expect, it } from 'vitest';

import { AuditLog, memorySink, verify, type Report } from '../../src/index.ts';
import { logOptions, makeCorpus, packOf, segmentsOf, signerOf, type Corpus } from './corpus.ts';
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
  type Mutant,
} from './mutants.ts';

const LONG = 120_000;

/** Of an annotated pack one bit of every ninth byte: each verification compiles the catalogue. */
const NINTH_BYTE = (offset: number): readonly number[] => (offset % 9 === 0 ? ONE_BIT_A_BYTE(offset / 9) : []);

let corpus: Corpus;
/** With one segment, small enough for every bit. */
let small: Uint8Array;

/** With `fast` less is checked: what fails then fails without it. */
function judge(bytes: Uint8Array): Promise<Report> {
  return verify(bytes, { ...corpus.options, fast: true });
}

function* everyThird(mutants: Iterable<Mutant>): Generator<Mutant> {
  let index = 0;
  for (const mutant of mutants) if (index++ % 3 === 0) yield mutant;
}

beforeAll(async () => {
  corpus = await makeCorpus('ed25519');
  const sink = memorySink();
  const audit = new AuditLog(logOptions(sink, corpus.signer, 0));
  audit.record({});
  await audit.close();
  small = await packOf(segmentsOf(sink), { frameworks: [], signer: signerOf(corpus) });
});

describe('a signed pack', () => {
  it('is accepted as it is', async () => {
    for (const pack of [small, corpus.pack]) {
      const report = await verify(pack, corpus.options);
      expect(report).toMatchObject({
        ok: true,
        kind: 'pack',
        verdicts: { authenticity: 'signed', completeness: 'holds' },
      });
    }
  });

  it('is not with any bit flipped', { timeout: LONG }, async () => {
    const { tried, accepted } = await attack('pack', 'every bit flipped', bitFlips(small, BITS_IN_TURN), judge);
    expect(accepted).toEqual([]);
    expect(tried).toBe(small.length * BITS_TRIED);
  });

  it('of three segments, one recovered, and annotated, is not with bits flipped', { timeout: LONG }, async () => {
    const annotated = await packOf(corpus.segments, { frameworks: ['gdpr'], signer: signerOf(corpus) });
    expect(await verify(annotated, corpus.options)).toMatchObject({ ok: true, verdicts: { mapping: 'yes' } });
    const { accepted } = await attack('pack, annotated', 'bits flipped', bitFlips(annotated, NINTH_BYTE), judge);
    expect(accepted).toEqual([]);
  });

  it('is not with any byte deleted or inserted, nor cut anywhere', { timeout: LONG }, async () => {
    const mutants = [...deletions(small), ...insertions(small), ...cuts(small)];
    const { accepted } = await attack('pack', 'bytes deleted, inserted, cut', mutants, judge);
    expect(accepted).toEqual([]);
  });

  it('is not with its lines rearranged', { timeout: LONG }, async () => {
    const foreign = splitLines(corpus.pack);
    const how = 'lines removed, repeated, moved, swapped, foreign';
    const { accepted } = await attack('pack', how, lineGames(small, foreign), judge);
    const few = await attack('pack of three segments', how, everyThird(lineGames(corpus.pack)), judge);
    expect([...accepted, ...few.accepted]).toEqual([]);
  });
});

import { expect, it } from 'vitest';

import { AuditLog, memorySink, verify, type Report } from '../../src/index.ts';
import { logOptions, packOf, segmentsOf, signing } from './corpus.ts';
import { attack, bitFlips, BITS_IN_TURN, BITS_TRIED, cuts, deletions, lineGames } from './mutants.ts';

const LONG = 120_000;

const { signer, options } = signing('ed25519');
const judge = (bytes: Uint8Array): Promise<Report> => verify(bytes, options);

it('a signed pack of one decision is accepted in no other form', { timeout: LONG }, async () => {
  const sink = memorySink();
  const audit = new AuditLog(logOptions(sink, signer, 0));
  audit.decision({ id: 'd' }, (decision) => {
    audit.flag('between');
    return decision.result('approved');
  });
  await audit.close();
  const pack = await packOf(segmentsOf(sink), {
    decision: 'd',
    frameworks: [],
    ...(signer === undefined ? {} : { signer }),
  });
  expect(await judge(pack)).toMatchObject({
    ok: true,
    verdicts: { authenticity: 'signed', completeness: 'selection' },
  });
  const flips = await attack('pack of one decision', 'every bit flipped', bitFlips(pack, BITS_IN_TURN), judge);
  expect(flips).toEqual({ tried: pack.length * BITS_TRIED, accepted: [] });
  const games = await attack(
    'pack of one decision',
    'bytes deleted, inserted, cut; lines rearranged',
    [...deletions(pack), ...cuts(pack), ...lineGames(pack)],
    judge,
  );
  expect(games.accepted).toEqual([]);
});

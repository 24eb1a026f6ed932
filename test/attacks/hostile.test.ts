import { fc } from '../fast-check.ts';
import { beforeAll, describe, expect, it } from 'vitest';

import { memorySink, proveEntry, AuditLog, verify, type EntryProof } from '../../src/index.ts';
import { parseNote } from '../../src/note.ts';
import { parseCheckpoint } from '../../src/checkpoint.ts';
import { DerError } from '../../src/der.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { parseTimeStamp, tokenIn } from '../../src/time-stamp.ts';
import { parseCertificates } from '../../src/verify/certificate.ts';
import { verifyActtrace, verifyProof } from '../../src/verify/index.ts';
import { parsePolicy } from '../../src/verify/policy.ts';
import { checkTimeStamp } from '../../src/verify/time-stamp.ts';
import { chainLines, fileOf } from '../acttrace/chain.ts';
import { authority, response, stamp } from '../time-stamp-authority.ts';
import { bytesOf, linesOf, logOptions, packOf, segmentsOf, signing } from './corpus.ts';

/**
 * What a verifier reads beside lines: notes, proofs, time-stamps, certificates, policies, decision packs, chains of others.
 * Every piece of a right one, put together otherwise, and with anything between: an answer, never an exception, never a yes.
 */

const { signer, options } = signing('ed25519');

/** Pieces of a text, repeated, dropped, moved, cut and mixed with others. */
function shuffled(text: string): fc.Arbitrary<string> {
  const pieces = text.split(/(?<=[\n,:{}[\]+ ])/);
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...pieces) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('\n', '\n\n', '"', '\u2014 ', '=', '0', '-1', '9'.repeat(20), '[[[[', '\ud800'),
    },
  );
  const edits = fc.array(fc.tuple(fc.nat(pieces.length), fc.nat(3), fc.array(piece, { maxLength: 3 })), {
    minLength: 1,
    maxLength: 4,
  });
  return edits.map((all) =>
    all
      .reduce((list, [at, removed, added]) => list.toSpliced(at % (list.length + 1), removed, ...added), pieces)
      .join(''),
  );
}

/** Bytes of a right one, with some of them replaced, removed or repeated. */
function bent(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edit = fc.tuple(fc.nat(bytes.length - 1), fc.nat(8), fc.uint8Array({ maxLength: 8 }));
  return fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce(
        (all, [at, removed, added]) => Buffer.concat([all.subarray(0, at), added, all.subarray(at + removed)]),
        Buffer.from(bytes),
      ),
    );
}

let decisionPack: Uint8Array;
let proved: EntryProof;

beforeAll(async () => {
  const sink = memorySink();
  const audit = new AuditLog(logOptions(sink, signer, 0));
  audit.decision({ id: 'd' }, (decision) => decision.result('approved'));
  await audit.close();
  const segments = segmentsOf(sink);
  decisionPack = await packOf(segments, { decision: 'd', frameworks: [], ...(signer === undefined ? {} : { signer }) });
  proved = await proveEntry(sink, { segment: sink.list()[0] ?? '', seq: 1 });
});

describe('never an exception, never a yes', () => {
  it('of notes and checkpoints', () => {
    const text = `a/20261123T093000Z-00000000000000aa\n5\n${'A'.repeat(43)}=\n\n\u2014 a AAAAAAAA\n`;
    fc.assert(
      fc.property(shuffled(text), (note) => {
        const parsed = parseNote(note);
        const checkpoint = parseCheckpoint(note);
        // What is read is all there is: written again it is the same.
        if (checkpoint !== undefined && checkpoint.signature !== undefined) expect(parsed?.text).toBe(checkpoint.text);
      }),
      { numRuns: 5_000 },
    );
  });

  it('of proofs', () => {
    const keys = options.keys ?? [];
    const { line, proof } = proved;
    expect(verifyProof(line, proof, { keys })).toMatchObject({ ok: true });
    fc.assert(
      fc.property(shuffled(proof), (text) => {
        if (text !== proof && !text.includes('\nextra ')) expect(verifyProof(line, text, { keys }).ok).toBe(false);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(bent(line), (bytes) => {
        if (Buffer.compare(bytes, line) !== 0)
          expect(verifyProof(bytes, proof, { keys }).ok).toBe(
            Buffer.from(bytes).equals(Buffer.concat([line, Buffer.from('\n')])),
          );
      }),
      { numRuns: 2_000 },
    );
  });

  it('of packs of one decision', { timeout: 120_000 }, async () => {
    const lines = linesOf(decisionPack);
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 1), fc.nat(10_000), async (index, seed) => {
        const [changed = ''] = fc.sample(shuffled(lines[index] ?? ''), { numRuns: 1, seed });
        if (changed === lines[index]) return;
        const report = await verify(bytesOf(lines.with(index, changed)), options);
        expect(report.ok).toBe(false);
      }),
      { numRuns: 1_500 },
    );
  });

  it('of time-stamps, certificates and answers of authorities', { timeout: 120_000 }, async () => {
    const root = authority({ name: 'Root', ca: true });
    const tsa = authority({ name: 'Stamper', issuer: root });
    const data = Buffer.from('data');
    const token = stamp(tsa, data);
    const given = parseCertificates(root.pem);
    await fc.assert(
      fc.asyncProperty(bent(token), async (bytes) => {
        const answer = await checkTimeStamp(nodePrimitives, bytes, data, given);
        if (Buffer.compare(bytes, token) !== 0) expect(answer.state).not.toBe('holds');
      }),
      { numRuns: 3_000 },
    );
    const quietly = (work: () => unknown, type: new (...args: never[]) => Error): void => {
      try {
        work();
      } catch (error) {
        expect(error).toBeInstanceOf(type);
      }
    };
    fc.assert(
      fc.property(fc.oneof(bent(response(token)), fc.uint8Array({ maxLength: 200 })), (bytes) => {
        quietly(() => parseTimeStamp(tokenIn(bytes)), DerError);
      }),
      { numRuns: 3_000 },
    );
    fc.assert(
      fc.property(bent(root.certificate), (bytes) => {
        const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(bytes).toString('base64')}\n-----END CERTIFICATE-----\n`;
        quietly(() => parseCertificates(pem), TypeError);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of policies', () => {
    const [vkey = ''] = (options.keys ?? []) as string[];
    const policy = JSON.stringify({
      v: 1,
      logs: [{ name: 'a', keys: [{ vkey, not_before: '2026-01-01T00:00:00.000Z' }] }],
    });
    fc.assert(
      fc.property(shuffled(policy), (text) => {
        try {
          expect(parsePolicy(text).keys.length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('of chains of acttrace', { timeout: 120_000 }, async () => {
    const lines = chainLines({ key: 'key' });
    const whole = fileOf(lines);
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 1), fc.nat(10_000), async (index, seed) => {
        const [changed = ''] = fc.sample(shuffled(lines[index] ?? ''), { numRuns: 1, seed });
        const bytes = fileOf(lines.with(index, changed));
        if (bytes.equals(whole)) return;
        expect(await verifyActtrace(bytes, { key: Buffer.from('key') })).toMatchObject({ ok: false });
      }),
      { numRuns: 1_500 },
    );
  });
});

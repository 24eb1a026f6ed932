import { describe, expect, test } from 'vitest';

import { encodeBase64 } from '../../src/base64.ts';
import { cosignatureToken } from '../../src/cosignature.ts';
import { ed25519Signer, generateKey, verify, type Report, type VerifyOptions } from '../../src/index.ts';
import { SegmentForge, type Loose } from '../attacks/forge.ts';
import { LOG } from '../attacks/corpus.ts';
import { bitFlips } from '../ed25519-key.ts';
import { authority, stamp, type Authority } from '../time-stamp-authority.ts';
import { cosign, cosignerVkey } from '../witness.ts';

/** The holder of the log's key writes whatever he likes, and cannot write what others vouched for. */

const key = generateKey({ name: LOG });
const signer = ed25519Signer({ privateKey: key.privateKey });
const root = authority({ name: 'Root', ca: true });
const tsa = authority({ name: 'Stamper', issuer: root });
const WITNESS = 'witness.example';
const OPENED = Date.UTC(2026, 10, 23, 9, 30);
const at = (millis: number): string => new Date(OPENED + millis).toISOString();

const trusting: VerifyOptions = {
  keys: [key.vkey],
  tsaCertificates: [root.pem],
  witnesses: [cosignerVkey(WITNESS)],
};

function judged(segment: SegmentForge, options: VerifyOptions = {}): Promise<Report> {
  return verify(segment.bytes, { ...trusting, ...options });
}

/** Two entries and the seal over them. */
function begun(says = 'as it was'): SegmentForge {
  return new SegmentForge({ signer }).add('decision_record', { data: { says } }).seal();
}

function stamped(checkpoint: string, by: Authority = tsa, genTime = at(1_000)): Loose {
  const token = stamp(by, Buffer.from(checkpoint), { genTime });
  return { kind: 'rfc3161', checkpoint, token: encodeBase64(token), gen_time: genTime, authority: by.name };
}

function cosigned(checkpoint: string, by = WITNESS, millis = 1_000): Loose {
  const text = `${checkpoint.split('\n').slice(0, 3).join('\n')}\n`;
  const token = cosignatureToken(cosign(by, text, (OPENED + millis) / 1_000));
  return { kind: 'cosignature', checkpoint, token, gen_time: at(millis), authority: by };
}

const KINDS = [
  ['rfc3161', stamped],
  ['cosignature', cosigned],
] as const;

describe.each(KINDS)('an anchor of kind %s', (kind, vouch) => {
  test('holds for the seal that it is for', async () => {
    const segment = begun();
    const report = await judged(segment.add('anchor', vouch(segment.checkpoint(2))).close());
    expect(report).toMatchObject({ ok: true, problems: [], vouched: { [kind]: { entries: 2, latest: at(1_000) } } });
  });

  test('does not hold for what was rewritten since, by whoever has the key', async () => {
    const anchor = vouch(begun().checkpoint(2));
    const report = await judged(begun('as it should have been').add('anchor', anchor).close());
    expect(report).toMatchObject({ ok: false, verdicts: { independence: 'failed' }, vouched: {} });
    expect(report.problemCounts).toEqual({ anchor_checkpoint: 1 });
    expect(report.problems[0]).toMatchObject({ line: 4, seq: 3 });
  });

  test('is one, whatever of its token is flipped, that is told or counts for nothing', async () => {
    const segment = begun();
    const anchor = vouch(segment.checkpoint(2));
    const token = Uint8Array.from(Buffer.from(String(anchor['token']), 'base64'));
    const answers = new Map<string, number>();
    for (const flipped of [...bitFlips(token)].filter((_, index) => index % 29 === 0)) {
      const report = await judged(
        begun()
          .add('anchor', { ...anchor, token: encodeBase64(flipped) })
          .close(),
      );
      const answer = report.vouched[kind] === undefined ? (report.ok ? 'counts for nothing' : 'told') : 'accepted';
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    expect(answers.get('accepted')).toBeUndefined();
    expect(answers.get('told')).toBeGreaterThan(10);
  });

  test.each<readonly [string, Loose, string]>([
    ['says another time than its token', { gen_time: at(2_000) }, 'anchor_token'],
    ['holds no token', { token: 'nothing' }, 'anchor_token'],
    ['holds an empty token', { token: '' }, 'anchor_token'],
    ['holds no checkpoint', { checkpoint: 'nothing' }, 'anchor_token'],
  ])('fails if it %s', async (_, changed, code) => {
    const segment = begun();
    const anchor = { ...vouch(segment.checkpoint(2)), ...changed };
    const report = await judged(segment.add('anchor', anchor).close());
    expect(report).toMatchObject({ ok: false, failed: ['independence'], problemCounts: { [code]: 1 } });
  });

  test('fails for the checkpoint of another log, another segment, or a size that was never sealed', async () => {
    const name = '20261123T093000Z-00000000000000bb';
    const others = [
      new SegmentForge({
        signer: ed25519Signer({ privateKey: generateKey({ name: 'other' }).privateKey }),
        log: 'other',
      }),
      new SegmentForge({ signer, log: `${LOG}x` }),
    ].map((other) => other.checkpoint(1));
    for (const checkpoint of [...others, begun().checkpoint(1)]) {
      const report = await judged(begun().add('anchor', vouch(checkpoint)).close());
      expect(report.problemCounts).toEqual({ anchor_checkpoint: 1 });
    }
    const elsewhere = new SegmentForge({ signer, name }).checkpoint(1);
    // What lies outside of the one segment that was given is nothing that could be said to be wrong.
    expect(await judged(begun().add('anchor', vouch(elsewhere)).close())).toMatchObject({ ok: true, vouched: {} });
  });

  test('accuses nobody from the unsealed tail, where anybody can add a line', async () => {
    const segment = begun().add('decision_record', { data: {} }).seal();
    const report = await judged(segment.add('anchor', { ...vouch(segment.checkpoint(2)), token: 'nothing' }), {
      live: true,
    });
    expect(report).toMatchObject({ ok: true, problems: [] });
  });

  test('contradicts a clock that was wrong', async () => {
    // The writer says half past nine, and somebody saw it an hour before; or the entry holds what was made a day later.
    for (const millis of [-3_600_000, 86_400_000]) {
      const segment = begun();
      const checkpoint = segment.checkpoint(2);
      const anchor = kind === 'rfc3161' ? stamped(checkpoint, tsa, at(millis)) : cosigned(checkpoint, WITNESS, millis);
      const report = await judged(segment.add('anchor', anchor).close());
      expect(report).toMatchObject({ ok: false, failed: ['time'], verdicts: { time: 'contradicted' } });
      expect(report.problemCounts).toEqual({ anchor_time: 1 });
    }
  });
});

describe('who vouches', () => {
  test('is somebody that the verifier gave, and not who the entry says', async () => {
    const segment = begun();
    const checkpoint = segment.checkpoint(2);
    const impostor = authority({ name: 'Stamper', issuer: authority({ name: 'Root', ca: true }) });
    const told = await judged(begun().add('anchor', stamped(checkpoint, impostor)).close());
    expect(told.problemCounts).toEqual({ anchor_token: 1 });
    // A witness that calls itself as the known one has another key id, and is nobody.
    const stranger = { ...cosigned(checkpoint, 'stranger.example'), authority: WITNESS };
    expect(await judged(begun().add('anchor', stranger).close())).toMatchObject({ ok: true, vouched: {} });
    expect(await judged(begun().add('anchor', stranger).close(), { require: 'witnessed' })).toMatchObject({
      ok: false,
    });
  });

  test('is not the log: its own key is none of a witness', async () => {
    await expect(judged(begun().close(), { witnesses: [key.vkey] })).rejects.toThrow(/that of a witness is 0x04/);
    await expect(judged(begun().close(), { tsaCertificates: [tsa.pem] })).rejects.toThrow(/None of the certificates/);
  });

  test('may be of a kind that is not checked here', async () => {
    const segment = begun();
    const report = await judged(
      segment
        .add('anchor', stamped(segment.checkpoint(2)))
        .add('anchor', { kind: 'other', kind_text: 'notary', checkpoint: segment.checkpoint(2) })
        .close(),
    );
    expect(report).toMatchObject({ ok: true, vouched: { rfc3161: { anchors: 1 } } });
    expect(report.notices).toContainEqual(expect.objectContaining({ code: 'anchor_not_checked' }));
  });
});

test('many anchors, and one over a seal that lies far back, cost little', async () => {
  const segment = begun();
  const first = stamped(segment.checkpoint(2));
  for (let index = 0; index < 200; index++) segment.add('decision_record', { data: { index } }).seal();
  segment.add('anchor', first);
  expect(await judged(segment.close(), { require: 'anchored' })).toMatchObject({
    ok: true,
    vouched: { rfc3161: { entries: 2 } },
  });
});

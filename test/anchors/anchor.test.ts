import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import {
  anchorLog,
  generateKey,
  memorySink,
  verify,
  verifyPath,
  type AnchorOptions,
  type AuditLog,
  type Report,
  type VerifyOptions,
} from '../../src/index.ts';
import { verify as verifyAnywhere } from '../../src/verify/index.ts';
import { spanseal } from '../cli/spanseal.ts';
import { directoryLog, KEY, LOG, memoryLog, ofType, SIGNER, temporaryFolder } from '../log.ts';
import { requested, service, tsaService, witnessService, type Asked } from '../services.ts';
import { authority, response, stamp } from '../time-stamp-authority.ts';
import { cosign, cosignerVkey } from '../witness.ts';

/** Somebody outside vouches for a log: asked over the network, or by files. */

const root = authority({ name: 'Root', ca: true });
const tsa = authority({ name: 'Stamper', issuer: root });
const WITNESS = 'witness.example';

const outside = { tsaCertificates: [root.pem], witnesses: [cosignerVkey(WITNESS)] };
const trusting: VerifyOptions = { keys: [KEY.vkey], ...outside };

async function judged(path: string, options: VerifyOptions = {}): Promise<Report> {
  return verifyPath(path, { ...trusting, ...options });
}

function logOf(directory: string, ...says: string[]): AuditLog {
  const audit = directoryLog(directory);
  for (const text of says) audit.record({ text });
  return audit;
}

describe('a time-stamp', () => {
  test('is asked for, checked, recorded, and verified', async () => {
    const directory = temporaryFolder();
    const audit = logOf(directory, 'one', 'two');
    const asked: Asked[] = [];
    const url = await tsaService(tsa, { asked });
    const { checkpoint, anchors } = await audit.anchor({ tsa: url, headers: { authorization: 'Basic x' }, ...outside });
    expect(asked.map(({ type, headers }) => [type, headers.authorization])).toEqual([
      ['application/timestamp-query', 'Basic x'],
    ]);
    expect(anchors).toMatchObject([{ kind: 'rfc3161', authority: 'Stamper' }]);
    expect(checkpoint.split('\n')[1]).toBe('4');
    audit.record({ text: 'three' });
    await audit.close();
    const report = await judged(directory, { require: 'anchored', for: 'audit' });
    expect(report).toMatchObject({
      ok: true,
      problems: [],
      verdicts: { independence: 'time_stamped', time: 'anchored' },
      vouched: { rfc3161: { by: ['Stamper'], anchors: 1, entries: 4, segmentsLeftOut: 0 } },
    });
    expect(report.vouched.rfc3161?.latest).toBe(anchors[0]?.genTime);
    expect(report.demanded).toContain('independence');
  });

  test('counts for nothing by an authority that was not given', async () => {
    const directory = temporaryFolder();
    const audit = logOf(directory, 'one');
    await audit.anchor({ tsa: await tsaService(tsa) });
    await audit.close();
    const report = await verifyPath(directory, { keys: [KEY.vkey], require: 'anchored' });
    expect(report).toMatchObject({ ok: false, failed: ['independence'], problems: [], vouched: {} });
    expect(report.notices).toContainEqual(expect.objectContaining({ code: 'anchor_not_checked' }));
    expect(await verifyPath(directory, { keys: [KEY.vkey] })).toMatchObject({
      ok: true,
      verdicts: { independence: 'self_attested', time: 'self_asserted' },
    });
    const other = authority({ name: 'Other root', ca: true });
    expect(await judged(directory, { tsaCertificates: [other.pem] })).toMatchObject({ ok: true, vouched: {} });
    expect(await judged(directory, { require: 'witnessed' })).toMatchObject({ ok: false, failed: ['independence'] });
  });

  test('covers the segments that its own one cites', async () => {
    const directory = temporaryFolder();
    await logOf(directory, 'one').close();
    await logOf(directory, 'two').close();
    await anchorLog(directory, { tsa: await tsaService(tsa), signer: SIGNER });
    const before = await judged(directory);
    // Of the two segments all but their closing seals, and of its own nothing.
    expect(before.vouched.rfc3161).toMatchObject({ entries: 6, segmentsLeftOut: 0 });
    expect(before.entries).toBe(12);
    await logOf(directory, 'three').close();
    expect(await judged(directory, { require: 'anchored' })).toMatchObject({ ok: true });
  });

  test('is in packs as in the log', async () => {
    const folder = temporaryFolder();
    const audit = logOf(join(folder, 'audit'), 'one');
    await audit.anchor({ tsa: await tsaService(tsa) });
    const pack = join(folder, 'evidence.jsonl');
    await audit.export(pack);
    await audit.close();
    expect(await judged(pack, { require: 'anchored' })).toMatchObject({
      ok: true,
      verdicts: { independence: 'time_stamped', time: 'anchored' },
    });
    const anywhere = await verifyAnywhere(readFileSync(pack), { ...trusting, require: 'anchored' });
    expect(anywhere).toMatchObject({ ok: true, vouched: { rfc3161: { by: ['Stamper'] } } });
  });

  test('is not recorded where it does not hold', async () => {
    const { audit, sink } = memoryLog();
    audit.record({ text: 'one' });
    const impostor = authority({ name: 'Stamper', issuer: authority({ name: 'Root', ca: true }) });
    const cases: readonly (readonly [AnchorOptions, RegExp])[] = [
      [{ tsa: await tsaService(impostor), ...outside }, /not signed by Root/],
      [{ tsa: await tsaService(tsa, { nonce: Uint8Array.of(7) }) }, /made for another request/],
      [{ tsa: await service((_, reply) => void reply.writeHead(500).end()) }, /status 500/],
      [{ tsa: await service((_, reply) => void reply.writeHead(200).end('<html>')) }, /no time-stamp of RFC 3161/],
      [
        { tsa: await service((_, reply) => void reply.writeHead(200).end(response(undefined, 2, 'bad algorithm'))) },
        /rejected, bad algorithm/,
      ],
      [
        {
          tsa: await service(({ body }, reply) => {
            const { nonce } = requested(body);
            reply.writeHead(200).end(response(stamp(tsa, Buffer.from('other'), { nonce })));
          }),
        },
        /stamps other data/,
      ],
      [{ tsa: await service((_, reply) => void reply.writeHead(200).end(Buffer.alloc(70_000))) }, /more than 65536/],
      [{ tsa: await service(() => undefined), timeoutMillis: 50 }, /no answer/],
      [{ tsa: 'http://127.0.0.1:1/' }, /127\.0\.0\.1:1 gives no answer/],
    ];
    for (const [options, why] of cases) {
      await expect(audit.anchor(options)).rejects.toMatchObject({ code: 'ANCHOR_FAILED', message: why });
    }
    await audit.close();
    expect(ofType(sink.entries(), 'anchor')).toEqual([]);
    expect(ofType(sink.entries(), 'gap')).toEqual([]);
  });

  test('is no misuse', async () => {
    const { audit } = memoryLog();
    audit.record({ text: 'one' });
    await expect(audit.anchor({})).rejects.toThrow(/needs one of `tsa`, `witness`/);
    await expect(audit.anchor({ tsa: 'ftp://x' })).rejects.toThrow(/URL of a time-stamping authority/);
    await expect(audit.anchor({ tsa: 'http://x', witness: 'http://y' })).rejects.toThrow(/needs one of/);
    await expect(audit.anchor({ response: new Uint8Array(3) })).rejects.toThrow(/Give the `checkpoint`/);
    await expect(audit.anchor({ tsaa: 'http://x' } as AnchorOptions)).rejects.toThrow(/`tsaa`; did you mean `tsa`\?/);
    await expect(audit.anchor({ tsa: 'http://x', tsaCertificates: ['no'] })).rejects.toThrow(/holds no certificate/);
    await expect(
      audit.anchor({ response: new Uint8Array(3), checkpoint: `${LOG}/20261125T093000Z-0011223344556677` }),
    ).rejects.toThrow(/no checkpoint/);
    await audit.close();
    await expect(anchorLog(memorySink(), { tsa: 'http://x' })).rejects.toMatchObject({ code: 'UNREADABLE' });
  });
});

describe('a cosignature', () => {
  test('is asked for again and again, each time with the proof that the log goes on', async () => {
    const directory = temporaryFolder();
    const audit = logOf(directory, 'one');
    const witness = await witnessService(WITNESS, KEY.vkey);
    for (let round = 0; round < 5; round++) {
      const { anchors } = await audit.anchor({ witness: `${witness}/`, ...outside });
      expect(anchors).toMatchObject([{ kind: 'cosignature', authority: WITNESS }]);
      for (let index = 0; index < round; index++) audit.record({ round, index });
    }
    await audit.close();
    const report = await judged(directory, { require: 'witnessed' });
    expect(report).toMatchObject({
      ok: true,
      problems: [],
      verdicts: { independence: 'witnessed', time: 'anchored' },
      vouched: { cosignature: { by: [WITNESS], anchors: 5, segmentsLeftOut: 0 } },
    });
    expect(await judged(directory, { witnesses: [], require: 'witnessed' })).toMatchObject({
      ok: false,
      failed: ['independence'],
    });
  });

  test('is not given by a witness that does not know the log, nor taken from a stranger', async () => {
    const { audit, sink } = memoryLog();
    audit.record({ text: 'one' });
    const stranger = await witnessService('stranger.example', KEY.vkey);
    await expect(audit.anchor({ witness: stranger, ...outside })).rejects.toMatchObject({
      code: 'ANCHOR_FAILED',
      message: /not by a witness that was given/,
    });
    const other = await witnessService(WITNESS, generateKey({ name: 'another.example' }).vkey);
    await expect(audit.anchor({ witness: other })).rejects.toThrow(/does not know this log/);
    const sameName = await witnessService(WITNESS, generateKey({ name: LOG }).vkey);
    await expect(audit.anchor({ witness: sameName })).rejects.toThrow(/does not know the key/);
    const silent = await service((_, reply) => void reply.writeHead(200).end('\u2014 x AAAAAAAA\n'));
    await expect(audit.anchor({ witness: silent })).rejects.toThrow(/no timestamped cosignature/);
    const wild = await service(
      (_, reply) => void reply.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end('9\n'),
    );
    await expect(audit.anchor({ witness: wild })).rejects.toThrow(/has seen 9 entries/);
    const unknown = await service((_, reply) => void reply.writeHead(404).end());
    await expect(audit.anchor({ witness: unknown })).rejects.toThrow(/does not know this log/);
    await audit.close();
    expect(ofType(sink.entries(), 'anchor')).toEqual([]);
  });
});

describe('spanseal anchor', () => {
  async function prepared(): Promise<{ at: (name: string) => string; audit: string; signer: string }> {
    const folder = temporaryFolder();
    const at = (name: string): string => join(folder, name);
    await logOf(at('audit'), 'one').close();
    writeFileSync(at('log.key'), KEY.privateKey, { mode: 0o600 });
    writeFileSync(at('root.pem'), root.pem);
    writeFileSync(at('witness.vkey'), `# a witness\n${cosignerVkey(WITNESS)}\n`);
    return { at, audit: at('audit'), signer: at('log.key') };
  }

  test('asks an authority', async () => {
    const { at, audit, signer } = await prepared();
    const url = await tsaService(tsa);
    const made = await spanseal(['anchor', audit, '--tsa', url, '--tsa-ca', at('root.pem'), '--signer', signer]);
    expect(made.stderr).toBe('');
    expect(made.stdout).toMatch(/^Time-stamped by Stamper at 20\d\d-.*Z: 3 entries of example\.org\/test\/\d{8}T/);
    const checked = await spanseal([
      'verify',
      audit,
      '--key',
      KEY.vkey,
      '--tsa-ca',
      at('root.pem'),
      '--require',
      'anchored',
      '--for',
      'audit',
    ]);
    expect(checked.code).toBe(0);
    const text = checked.stdout.replace(/\s+/g, ' ');
    expect(text).toMatch(
      /✓ independence time_stamped .* Time-stamped by Stamper, last at 20[^,]+, covering 3 of 8 entries\./,
    );
    expect(text).toMatch(/what was demanded holds: [^.]*independence/);
    const without = await spanseal(['verify', audit, '--key', KEY.vkey, '--require', 'anchored']);
    expect(without.code).toBe(1);
    expect((await spanseal(['inspect', audit, '--type', 'anchor'])).stdout).toContain('rfc3161');
  });

  test('asks a witness', async () => {
    const { at, audit, signer } = await prepared();
    const url = await witnessService(WITNESS, KEY.vkey);
    const args = ['anchor', audit, '--witness-url', url, '--witness', at('witness.vkey'), '--signer', signer, '--json'];
    const made = await spanseal(args);
    expect(JSON.parse(made.stdout)).toMatchObject({ anchors: [{ kind: 'cosignature', authority: WITNESS }] });
    const checked = await spanseal([
      'verify',
      audit,
      '--key',
      KEY.vkey,
      '--witness',
      cosignerVkey(WITNESS),
      '--require',
      'witnessed',
    ]);
    expect(checked.code).toBe(0);
    expect(checked.stdout).toContain('witnessed');
  });

  test('goes by files where there is no network', async () => {
    const { at, audit, signer } = await prepared();
    expect((await spanseal(['anchor', audit, '--request', at('q.tsq')])).code).toBe(0);
    const { imprint, nonce } = requested(readFileSync(at('q.tsq')));
    const genTime = new Date().toISOString();
    writeFileSync(at('r.tsr'), response(stamp(tsa, new Uint8Array(0), { imprint, nonce, genTime })));
    const answer = ['--checkpoint', at('q.tsq.checkpoint'), '--response', at('r.tsr')];
    const made = await spanseal(['anchor', audit, ...answer, '--tsa-ca', at('root.pem'), '--signer', signer]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    // What spanseal checkpoint prints is the checkpoint, whatever has become of its line feeds.
    const noted = (await spanseal(['checkpoint', audit])).stdout;
    writeFileSync(at('noted.txt'), noted.replaceAll('\n', '\r\n'));
    const { name, keyId, signature } = cosign(WITNESS, noted.split('\n\n')[0] + '\n', Math.floor(Date.now() / 1_000));
    const line = `\u2014 ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
    for (const [file, text] of [
      ['lines.txt', line],
      ['note.txt', `${noted}${line}`],
    ] as const) {
      writeFileSync(at(file), text);
      const given = ['--checkpoint', at('noted.txt'), '--cosignatures', at(file), '--witness', at('witness.vkey')];
      expect(await spanseal(['anchor', audit, ...given, '--signer', signer])).toMatchObject({ code: 0, stderr: '' });
    }
    const report = await judged(audit, { require: 'witnessed' });
    expect(report).toMatchObject({ ok: true, vouched: { rfc3161: { anchors: 1 }, cosignature: { anchors: 2 } } });
  });

  test('says what is wrong', async () => {
    const { at, audit, signer } = await prepared();
    writeFileSync(
      at('other.txt'),
      `${LOG}/20260101T000000Z-0000000000000000\n3\n${'A'.repeat(43)}=\n\n\u2014 x AAAAAAAA\n`,
    );
    writeFileSync(at('r.tsr'), 'nothing');
    writeFileSync(at('leaf.pem'), tsa.pem);
    const failing: readonly (readonly [number, RegExp, ...string[]])[] = [
      [2, /Say who vouches/],
      [2, /Give --checkpoint/, '--response', at('r.tsr')],
      [1, /No seal in .* has that checkpoint/, '--response', at('r.tsr'), '--checkpoint', at('other.txt')],
      [2, /no checkpoint/, '--response', at('r.tsr'), '--checkpoint', at('r.tsr')],
      [2, /is no file/, '--tsa', 'http://x', '--tsa-ca', at('none.pem')],
      [2, /holds no certificate/, '--tsa', 'http://x', '--tsa-ca', at('r.tsr')],
      [2, /None of the certificates is that of an authority/, '--tsa', 'http://x', '--tsa-ca', at('leaf.pem')],
      [2, /of type 0x01, and that of a witness is 0x04/, '--witness-url', 'http://x', '--witness', KEY.vkey],
      [2, /URL of a time-stamping authority/, '--tsa', 'x'],
      [1, /gives no answer/, '--tsa', 'http://127.0.0.1:1/'],
      [2, /exclude each other/, '--tsa', 'http://x', '--request', at('q.tsq')],
      [2, /is there already/, '--request', at('r.tsr')],
    ];
    for (const [code, why, ...args] of failing) {
      const ended = await spanseal(['anchor', audit, ...args, '--signer', signer]);
      expect([args, ended.code]).toEqual([args, code]);
      expect(ended.stderr.replace(/\s+/g, ' ')).toMatch(why);
    }
    expect((await spanseal(['anchor', audit, '--tsa', 'http://x'])).stderr).toContain('give its private key');
    expect((await spanseal(['verify', audit, '--require', 'signed'])).code).toBe(2);
    const leaf = await spanseal(['verify', audit, '--tsa-ca', at('leaf.pem')]);
    expect([leaf.code, leaf.stderr]).toEqual([2, expect.stringContaining('that of an authority')]);
  });
});

test('an unsigned log is anchored as well', async () => {
  const { audit, sink } = memoryLog({ signer: undefined, warnUnsigned: false } as object);
  audit.record({ text: 'one' });
  const { checkpoint } = await audit.anchor({ tsa: await tsaService(tsa), ...outside });
  expect(checkpoint.endsWith('=\n\n')).toBe(true);
  await anchorLog(audit, {
    response: stamp(tsa, Buffer.from(checkpoint), { genTime: new Date().toISOString() }),
    checkpoint: checkpoint.trimEnd(),
  });
  await audit.close();
  const name = sink.list()[0] ?? '';
  const reader = sink.open(name);
  const bytes = new Uint8Array(reader.bytes);
  reader.read(bytes, 0);
  reader.close();
  expect(await verify(bytes, { ...outside, allowUnsigned: true, require: 'anchored' })).toMatchObject({
    ok: true,
    vouched: { rfc3161: { anchors: 2 } },
  });
});

import { createHash } from 'node:crypto';

import { beforeAll, describe, expect, it } from 'vitest';

import type { Report, VerifyOptions } from '../../src/index.ts';
import { exitCode } from '../../src/verify/report.ts';
import {
  LOG,
  makeCorpus,
  packOf,
  problemsOf,
  signing,
  signerOf,
  verifyDirectory,
  type Corpus,
  type SigningKind,
} from './corpus.ts';
import { at, attested, edited, packLines, SegmentForge } from './forge.ts';
import { verify } from './judged.ts';

/** Whom a verifier believes: exit code 0 what was demanded holds, 1 the evidence fails, 4 intact and no key was given. */

const other = signing('ed25519', LOG, 'another key of the same name');
const foreign = signing('ed25519', 'b', 'b');
const secret = createHash('sha256').update('another secret').digest();

const corpora = new Map<SigningKind, Corpus>();

beforeAll(async () => {
  for (const kind of ['ed25519', 'hmac', 'none'] as const) corpora.set(kind, await makeCorpus(kind));
});

function corpusOf(kind: SigningKind): Corpus {
  const corpus = corpora.get(kind);
  if (corpus === undefined) throw new Error(`no corpus ${kind}`);
  return corpus;
}

type Form = 'segment' | 'directory' | 'pack';
const FORMS: readonly Form[] = ['segment', 'directory', 'pack'];

function judge(kind: SigningKind, form: Form, options: VerifyOptions): Promise<Report> {
  const corpus = corpusOf(kind);
  if (form === 'pack') return verify(corpus.pack, options);
  if (form === 'directory') return verifyDirectory(corpus.segments, options);
  const bytes = corpus.segments.get(corpus.closed) ?? new Uint8Array(0);
  return verify(bytes, { ...options, name: `${corpus.closed}.jsonl` });
}

const right = (kind: SigningKind): VerifyOptions => corpusOf(kind).options;

describe.each(FORMS)('a %s', (form) => {
  it.each<[SigningKind, string, () => VerifyOptions, number, Report['verdicts']['authenticity']]>([
    ['ed25519', 'with its key', () => right('ed25519'), 0, 'signed'],
    [
      'ed25519',
      'with its key and others',
      () => ({ keys: [...(foreign.options.keys ?? []), ...(right('ed25519').keys ?? [])] }),
      0,
      'signed',
    ],
    [
      'ed25519',
      'with its key and line feeds around it',
      () => ({ keys: [` ${String(right('ed25519').keys?.[0])}\n`] }),
      0,
      'signed',
    ],
    ['ed25519', 'with its key, unsigned allowed', () => ({ ...right('ed25519'), allowUnsigned: true }), 0, 'signed'],
    ['ed25519', 'with its key, fast', () => ({ ...right('ed25519'), fast: true }), 0, 'signed'],
    ['ed25519', 'without a key', () => ({}), 4, 'unknown_key'],
    ['ed25519', 'without a key, unsigned allowed', () => ({ allowUnsigned: true }), 4, 'unknown_key'],
    ['ed25519', 'with another key of that name', () => other.options, 1, 'failed'],
    ['ed25519', 'with a key of another log', () => foreign.options, 1, 'failed'],
    ['ed25519', 'with a shared key', () => ({ hmacKeys: [{ key: secret }] }), 1, 'failed'],
    ['hmac', 'with its key', () => right('hmac'), 0, 'shared_key'],
    [
      'hmac',
      'with its key by name',
      () => ({ hmacKeys: [{ name: LOG, key: right('hmac').hmacKeys?.[0]?.key ?? secret }] }),
      0,
      'shared_key',
    ],
    [
      'hmac',
      'with its key by another name',
      () => ({ hmacKeys: [{ name: 'b', key: right('hmac').hmacKeys?.[0]?.key ?? secret }] }),
      1,
      'failed',
    ],
    ['hmac', 'without a key', () => ({}), 4, 'unknown_key'],
    ['hmac', 'with another key', () => ({ hmacKeys: [{ key: secret }] }), 1, 'failed'],
    ['hmac', 'with a public key', () => right('ed25519'), 1, 'failed'],
    ['none', 'without a key', () => ({}), 4, 'none'],
    ['none', 'unsigned allowed', () => ({ allowUnsigned: true }), 0, 'none'],
    ['none', 'with a key', () => right('ed25519'), 1, 'failed'],
    ['none', 'with a key, unsigned allowed', () => ({ ...right('ed25519'), allowUnsigned: true }), 1, 'failed'],
  ])('%s: %s', async (kind, _, options, code, authenticity) => {
    const report = await judge(kind, form, options());
    expect(problemsOf(report)).toEqual([]);
    expect(exitCode(report)).toBe(code);
    expect(report).toMatchObject({
      ok: code === 0,
      failed: code === 0 ? [] : ['authenticity'],
      verdicts: { authenticity, integrity: 'consistent', independence: 'self_attested', history: 'not_checked' },
    });
  });

  it('says who signed it, and who did not', async () => {
    const { keys = [] } = right('ed25519');
    const report = await judge('ed25519', form, { keys: [...keys, ...(foreign.options.keys ?? [])] });
    expect(new Set(report.segments.map(({ signedBy }) => signedBy))).toEqual(new Set(keys));
    expect(report.notices.filter(({ code }) => code === 'unused_key')).toHaveLength(1);
    expect(report.notices.map(({ code }) => code)).toContain('self_attested');
    const unknown = await judge('ed25519', form, {});
    expect(new Set(unknown.segments.map(({ signedBy }) => signedBy))).toEqual(new Set(['unknown_key']));
    const none = await judge('none', form, { allowUnsigned: true });
    expect(new Set(none.segments.map(({ signedBy }) => signedBy))).toEqual(new Set(['unsigned']));
    expect(none.notices.map(({ code }) => code)).toContain('unsigned');
    expect((await judge('hmac', form, right('hmac'))).notices.map(({ code }) => code)).toContain('shared_key');
  });

  it('is held to what was expected of it', async () => {
    const report = await judge('ed25519', form, right('ed25519'));
    const root = report.segments[0]?.root ?? '';
    const expectation = (more: VerifyOptions): Promise<Report> =>
      judge('ed25519', form, { ...right('ed25519'), ...more });
    expect(exitCode(await expectation({ expectRoot: root, expectEntries: report.entries }))).toBe(0);
    for (const more of [{ expectRoot: `${root} ` }, { expectRoot: '' }, { expectEntries: report.entries + 1 }]) {
      const unmet = await expectation(more);
      expect(unmet).toMatchObject({ ok: false, failed: ['history'], problemCounts: { expectation: 1 } });
      expect(exitCode(unmet)).toBe(1);
    }
    // Without a key that is no reason for exit code 4.
    expect(exitCode(await judge('ed25519', form, { expectEntries: 0 }))).toBe(1);
  });
});

describe('keys that are none', () => {
  it.each<[string, VerifyOptions]>([
    ['an empty text', { keys: [''] }],
    ['a log name', { keys: ['a'] }],
    ['a wrong key id', { keys: ['a+00000000+AbngYm8bmo4jyGScOKkwopdf4DBVJztvWRiCEFUjEiH1'] }],
    ['a short secret', { hmacKeys: [{ key: new Uint8Array(31) }] }],
    ['a secret with a name that is none', { hmacKeys: [{ name: 'a b', key: secret }] }],
  ])('%s, are misuse and no evidence', async (_, options) => {
    await expect(verify(corpusOf('ed25519').pack, options)).rejects.toThrow(TypeError);
  });

  it('the vkey of a shared key, which cannot check, is one of them', async () => {
    const vkey = signerOf(corpusOf('hmac')).vkey;
    await expect(verify(corpusOf('hmac').pack, { keys: [vkey] })).rejects.toThrow(/shared key/);
  });
});

describe('a whole record written by somebody else', () => {
  const forged = (by = other.signer): Uint8Array => {
    const forge = new SegmentForge({ signer: by }).add('decision', { actor: 'nobody' });
    return forge.add('decision_end', { outcome: 'completed' }).seal().close().bytes;
  };

  it('with another key of the same name: exit code 4 without a key, 1 with one', async () => {
    const { options } = corpusOf('ed25519');
    for (const bytes of [
      forged(),
      await packOf(new Map([['20261123T093000Z-00000000000000aa', forged()]]), {
        frameworks: [],
        ...(other.signer === undefined ? {} : { signer: other.signer }),
      }),
    ]) {
      expect(exitCode(await verify(bytes))).toBe(4);
      expect(exitCode(await verify(bytes, { allowUnsigned: true }))).toBe(4);
      expect(exitCode(await verify(bytes, options))).toBe(1);
      // The key that stands in the file is the right one for it, and still not one that was given.
      expect((await verify(bytes)).verdicts.authenticity).toBe('unknown_key');
    }
  });

  it('with the signatures stripped: exit code 4 without a key, 1 with one', async () => {
    const bytes = new SegmentForge().add('decision', {}).seal().close().bytes;
    expect(exitCode(await verify(bytes))).toBe(4);
    expect(exitCode(await verify(bytes, corpusOf('ed25519').options))).toBe(1);
    expect(exitCode(await verify(bytes, corpusOf('hmac').options))).toBe(1);
  });

  it('under the name of the key that is given, is by another key all the same', async () => {
    // The seals carry the right name and key id, and signatures of another key.
    const real = signerOf(corpusOf('ed25519'));
    const liar = { ...real, sign: (message: Uint8Array) => (other.signer ?? real).sign(message) };
    const report = await verify(forged(liar), corpusOf('ed25519').options);
    expect(report.problemCounts).toEqual({ signature: 2, segment_open: 1 });
    expect(exitCode(report)).toBe(1);
    // The file's own key tells as much: a forger who has no key at all is found without one.
    expect(exitCode(await verify(forged(liar)))).toBe(1);
    const fast = await verify(forged(liar), { ...corpusOf('ed25519').options, fast: true });
    expect(fast).toMatchObject({ ok: false, problemCounts: { signature: 1 } });
  });

  it("by another system's key of another log, cannot speak for this one", async () => {
    const keys = { keys: [...(corpusOf('ed25519').options.keys ?? []), ...(foreign.options.keys ?? [])] };
    // Both keys are trusted; b's key signs what says that it is a's.
    for (const open of [{}, { key: foreign.signer?.vkey }]) {
      const report = await verify(new SegmentForge({ signer: foreign.signer, log: LOG, open }).close().bytes, keys);
      expect(report.ok).toBe(false);
      expect(problemsOf(report)[0]).toMatch(/entry_payload|seal_key/);
    }
    // What b signs as its own is b's, and a pack of a does not hold it.
    const own = new SegmentForge({
      signer: foreign.signer,
      log: 'b',
      name: '20261123T095000Z-00000000000000aa',
    }).close();
    expect(exitCode(await verify(own.bytes, keys))).toBe(0);
    const pack = await packOf(new Map([[own.name, own.bytes]]), {
      frameworks: [],
      ...(foreign.signer === undefined ? {} : { signer: foreign.signer }),
    });
    const lines = packLines(pack);
    const renamed = lines.with(
      0,
      edited(lines[0] ?? '', (value) => ({
        pack: { ...at(value, 'pack'), log: LOG, system: LOG, key: corpusOf('ed25519').signer?.vkey },
      })),
    );
    const report = await verify(attested(renamed, signerOf(corpusOf('ed25519'))), keys);
    expect(problemsOf(report)).toEqual(['other_log 3', 'other_log 3']);
  });
});

describe('a signature', () => {
  it('is checked in every seal, and with `fast` in the last one', async () => {
    const real = signerOf(corpusOf('ed25519'));
    let calls = 0;
    const once = {
      ...real,
      sign: (message: Uint8Array) => (++calls === 1 ? (other.signer ?? real) : real).sign(message),
    };
    const bytes = new SegmentForge({ signer: once }).add('decision', {}).seal().add('decision', {}).close().bytes;
    expect(problemsOf(await verify(bytes, corpusOf('ed25519').options))).toEqual(['signature 3/2']);
    const fast = await verify(bytes, { ...corpusOf('ed25519').options, fast: true });
    expect(fast.ok).toBe(true);
    expect(fast.notices.map(({ code }) => code)).toContain('signatures_skipped');
  });

  it('may change its key with a segment, and each key must be given', async () => {
    const second = signing('ed25519', LOG, 'the next key');
    const segments = [
      new SegmentForge({ signer: signerOf(corpusOf('ed25519')), name: '20261123T093000Z-00000000000000aa' }).close(),
      new SegmentForge({ signer: second.signer, name: '20261123T093100Z-00000000000000aa' }).close(),
    ].map(({ name, bytes }) => [name, bytes] as const);
    const both = { keys: [...(corpusOf('ed25519').options.keys ?? []), ...(second.options.keys ?? [])] };
    expect(await verifyDirectory(segments, both)).toMatchObject({ ok: true, verdicts: { authenticity: 'signed' } });
    for (const one of [corpusOf('ed25519').options, second.options]) {
      expect(exitCode(await verifyDirectory(segments, one))).toBe(1);
    }
    expect(exitCode(await verifyDirectory(segments, {}))).toBe(4);
  });
});

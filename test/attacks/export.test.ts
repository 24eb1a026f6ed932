import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import {
  AuditLog,
  exportPack,
  memorySink,
  verify,
  verifyPath,
  type ExportOptions,
  type MemorySink,
  type Sink,
} from '../../src/index.ts';
import {
  bytesOf,
  linesOf,
  LOG,
  logOptions,
  makeCorpus,
  packOf,
  problemsOf,
  segmentsOf,
  signing,
  signerOf,
  sinkOf,
  withDirectory,
  type Corpus,
  type Segments,
} from './corpus.ts';
import { at, packLines, SegmentForge, type Loose } from './forge.ts';
import { BufferWatch } from './memory.ts';

/** What the exporter makes of logs, sound ones and others. */

const other = signing('ed25519', LOG, 'another key of the same name');
const foreign = signing('ed25519', 'b', 'b');

let corpus: Corpus;

beforeAll(async () => {
  corpus = await makeCorpus('ed25519');
});

function bytes(name: string): Uint8Array {
  return corpus.segments.get(name) ?? new Uint8Array(0);
}

function replaced(name: string, by: Uint8Array): Segments {
  return new Map(corpus.segments).set(name, by);
}

/** Exports to a file of a directory of its own, and hands on what is there then. */
function exported(
  segments: Segments | Sink,
  options: ExportOptions = {},
): Promise<{
  error: unknown;
  files: readonly string[];
  pack: Uint8Array;
  digest: string;
  custody: string | undefined;
}> {
  return withDirectory(async (directory) => {
    const sink = segments instanceof Map ? sinkOf(segments) : (segments as Sink);
    const path = join(directory, 'pack.jsonl');
    let error: unknown;
    const given = { frameworks: [], signer: signerOf(corpus), ...options };
    const result = await exportPack(sink, path, given).catch((reason: unknown) => {
      error = reason;
    });
    const pack = existsSync(path) ? Uint8Array.from(readFileSync(path)) : new Uint8Array(0);
    const { digest = '', custody } = result ?? {};
    return { error, files: readdirSync(directory), pack, digest, custody };
  });
}

describe('a log that does not hold', () => {
  const closed = (): string[] => linesOf(bytes(corpus.closed));
  const later = '20261123T095000Z-00000000000000aa';

  it.each<[string, () => Segments, string]>([
    [
      'with an edited entry',
      () => replaced(corpus.closed, bytesOf(closed().map((line) => line.replace('1.5', '2.5')))),
      'prev_hash',
    ],
    ['with an entry removed', () => replaced(corpus.closed, bytesOf(closed().toSpliced(1, 1))), 'seq'],
    ['without its first entry', () => replaced(corpus.closed, bytesOf(closed().slice(1))), 'seq'],
    ['with a line that is none', () => replaced(corpus.closed, bytesOf(closed().with(1, '{}'))), 'entry_shape'],
    ['with a long line', () => replaced(corpus.closed, bytesOf(closed().with(1, 'x'.repeat(70_000)))), 'line_too_long'],
    [
      'with other bytes',
      () => replaced(corpus.closed, bytesOf(closed().map((line) => line.replaceAll(':', ': ')))),
      'line_not_canonical',
    ],
    [
      'with a signature of another key',
      () =>
        replaced(
          corpus.closed,
          Buffer.from(
            new SegmentForge({
              name: corpus.closed,
              signer: { ...signerOf(corpus), sign: (message) => (other.signer ?? signerOf(corpus)).sign(message) },
            }).close().bytes,
          ),
        ),
      'signature',
    ],
    ['with a segment of another name', () => replaced(later, bytes(corpus.closed)), 'segment_name'],
    [
      'with something behind a closing seal',
      () => replaced(corpus.closed, Buffer.concat([bytes(corpus.closed), Buffer.from('{"')])),
      'after_close',
    ],
    [
      'with an entry behind a closing seal',
      () => replaced(corpus.closed, bytesOf([...closed(), closed()[1] ?? ''])),
      'seq',
    ],
    [
      'with a segment of another system',
      () =>
        replaced(
          '20261123T092000Z-00000000000000aa',
          new SegmentForge({
            signer: corpus.signer,
            name: '20261123T092000Z-00000000000000aa',
            open: { system: 'b' },
          }).close().bytes,
        ),
      'another log or system',
    ],
    [
      'with a segment of another log',
      () =>
        replaced(
          '20261123T092000Z-00000000000000aa',
          new SegmentForge({ signer: foreign.signer, log: 'b', name: '20261123T092000Z-00000000000000aa' }).close()
            .bytes,
        ),
      'another log or system',
    ],
  ])('%s, is refused, and nothing is left', async (_, segments, why) => {
    const { error, files } = await exported(segments());
    expect(error).toMatchObject({ code: 'LOG_INVALID', message: expect.stringContaining(why) as string });
    expect(files).toEqual([]);
  });

  it('nowhere begins, or is nowhere, is refused', async () => {
    expect((await exported(new Map([[later, new Uint8Array(0)]]))).error).toMatchObject({ code: 'LOG_INVALID' });
    expect((await exported(new Map())).error).toMatchObject({ code: 'EXPORT_FAILED' });
    expect(
      (
        await exported(new Map(corpus.segments), {
          period: { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' },
        })
      ).error,
    ).toMatchObject({ code: 'EXPORT_FAILED' });
  });

  it('is not attested with the key of another log', async () => {
    const { error, files } = await exported(
      new Map(corpus.segments),
      foreign.signer === undefined ? {} : { signer: foreign.signer },
    );
    expect(error).toBeInstanceOf(TypeError);
    expect(files).toEqual([]);
  });

  it('may declare anything: what is no text there is not in the header', async () => {
    const open = { risk_tier: { tier: 'high' }, operator: ['x'], legal_role: 'provider' };
    const forge = new SegmentForge({ signer: corpus.signer, open }).close();
    const { error, pack } = await exported(new Map([[forge.name, forge.bytes]]));
    expect(error).toBeUndefined();
    const report = await verify(pack, corpus.options);
    expect(report).toMatchObject({ ok: true, pack: { header: { legal_role: 'provider' } } });
    expect(Object.keys(report.pack?.header ?? {})).not.toContain('risk_tier');
  });

  it.each<[string, object]>([
    ['purpose', { purpose: 17 }],
    ['recipient', { recipient: null }],
    ['expectedSources', { expectedSources: 'x' }],
    ['profile', { profile: [] }],
  ])('is not exported with a %s that no header has', async (member, options) => {
    const { error, files } = await exported(corpus.segments, options);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(`\`${member}\` is`);
    expect(files).toEqual([]);
  });

  it('may have tails: these are no reason to refuse it', async () => {
    const { error, pack } = await exported(new Map([[corpus.crashed, bytes(corpus.crashed)]]));
    expect(error).toBeUndefined();
    expect(linesOf(pack)[1]).toContain('"torn":{"bytes":16,');
    // Nobody says what was found in it: that it is all there is, is not shown.
    expect(problemsOf(await verify(pack, corpus.options))).toContain('segment_open 7');
    expect(await verify(pack, { ...corpus.options, live: true })).toMatchObject({
      verdicts: { authenticity: 'signed' },
    });
  });
});

describe('a signer that answers anything', () => {
  it.each<[string, (message: Uint8Array) => Promise<Uint8Array>]>([
    ['nothing', async () => new Uint8Array(0)],
    ['zeros', async () => new Uint8Array(64)],
    ['the signature of another key', async (message) => (other.signer ?? signerOf(corpus)).sign(message)],
    ['the signature of another text', async () => signerOf(corpus).sign(Buffer.from('x'))],
    ['a text', async () => 'signed' as unknown as Uint8Array],
    ['an error', () => Promise.reject(new Error('no'))],
  ])('%s, attests nothing', async (_, sign) => {
    const { error, files } = await exported(corpus.segments, { signer: { vkey: signerOf(corpus).vkey, sign } });
    expect(error).toMatchObject({ code: 'SIGNER_FAILED' });
    expect(files).toEqual([]);
  });

  it('never, is not waited for longer than it may take, and nothing is left', async () => {
    const sign = (): Promise<Uint8Array> => new Promise(() => undefined);
    const signer = { vkey: signerOf(corpus).vkey, sign };
    const { error, files } = await exported(corpus.segments, { signer, signTimeoutMillis: 20 });
    expect(error).toMatchObject({
      code: 'SIGNER_FAILED',
      message: expect.stringContaining('gave no answer within 20 ms; check the key service') as string,
    });
    expect(files).toEqual([]);
    for (const signTimeoutMillis of [0, -1, 1.5, Number.POSITIVE_INFINITY, '1' as unknown as number]) {
      expect((await exported(corpus.segments, { signTimeoutMillis })).error).toBeInstanceOf(TypeError);
    }
  });
});

describe('a file of that name', () => {
  it('is never replaced unasked, and never half written', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'pack.jsonl');
      writeFileSync(path, 'mine');
      const options = { frameworks: [], signer: signerOf(corpus) };
      await expect(exportPack(sinkOf(corpus.segments), path, options)).rejects.toMatchObject({ code: 'EXPORT_FAILED' });
      expect(readFileSync(path, 'utf8')).toBe('mine');
      const broken = replaced(corpus.closed, new Uint8Array([0x0a]));
      await expect(exportPack(sinkOf(broken), path, { ...options, overwrite: true })).rejects.toMatchObject({
        code: 'LOG_INVALID',
      });
      expect(readFileSync(path, 'utf8')).toBe('mine');
      expect(readdirSync(directory)).toEqual(['pack.jsonl']);
      await exportPack(sinkOf(corpus.segments), path, { ...options, overwrite: true });
      expect(await verifyPath(path, corpus.options)).toMatchObject({ ok: true });
      expect(readdirSync(directory)).toEqual(['pack.jsonl', 'pack.jsonl.catalogue.json']);
    });
  });
});

describe('a pack of a period', () => {
  const segmentNames = (pack: Uint8Array): unknown[] =>
    packLines(pack).flatMap((line) => (line.startsWith('{"segment"') ? [at(JSON.parse(line), 'segment')['name']] : []));
  const minute = (from: string, to: string): ExportOptions => ({
    period: { from: `2026-11-23T09:${from}Z`, to: `2026-11-23T09:${to}Z` },
  });

  it.each<[string, ExportOptions, () => string[]]>([
    ['holds whole segments that meet it', minute('30:00', '30:30'), () => [corpus.closed]],
    ['holds them if they only touch it', minute('29:00', '30:00'), () => [corpus.closed]],
    ['holds all of them', minute('00:00', '59:00'), () => [...corpus.segments.keys()]],
    ['holds those that may go on', minute('40:00', '50:00'), () => [corpus.crashed, corpus.recovering]],
    [
      'holds the segment that says what was found in another',
      minute('31:00', '31:30'),
      () => [corpus.crashed, corpus.recovering],
    ],
  ])('%s', async (_, options, wanted) => {
    const { error, pack } = await exported(corpus.segments, options);
    expect(error).toBeUndefined();
    expect(segmentNames(pack)).toEqual(wanted());
    const report = await verify(pack, corpus.options);
    expect(problemsOf(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, verdicts: { completeness: 'selection' } });
    const entries = packLines(pack).flatMap((line) => /^\{"entry":(.*)\}$/.exec(line)?.[1] ?? []);
    expect(bytesOf(entries)).toEqual(Buffer.concat(wanted().map((name) => bytesOf(linesOf(bytes(name))))));
  });

  it('holds a chain of recoveries to its end', async () => {
    const signer = signerOf(corpus);
    const names = ['20261123T093000Z', '20261123T093100Z', '20261123T093200Z'].map(
      (time) => `${time}-00000000000000aa`,
    );
    const [first = '', second = '', third = ''] = names;
    const found = (forge: SegmentForge, size: number): Loose => ({
      segment: forge.name,
      lines: forge.size,
      size,
      root: Buffer.from(forge.root()).toString('base64'),
    });
    const one = new SegmentForge({ signer, name: first }).add('decision', {}).seal();
    const two = new SegmentForge({ signer, name: second }).add('recovery', found(one, 2)).seal();
    // Its process died before this was sealed: it is said again.
    const unsealed = new SegmentForge({ signer, name: '20261123T093050Z-00000000000000aa' })
      .seal()
      .add('recovery', found(one, 2));
    const three = new SegmentForge({ signer, name: third })
      .add('recovery', found(two, 2))
      .add('recovery', found(unsealed, 1))
      .close();
    const segments = new Map([one, unsealed, two, three].map((forge) => [forge.name, forge.bytes]));
    const { pack } = await exported(segments, minute('30:00', '30:10'));
    expect(segmentNames(pack)).toEqual([first, second, third]);
    expect(problemsOf(await verify(pack, corpus.options))).toEqual([]);
  });

  it('that is none is misuse', async () => {
    for (const period of [
      { from: 'yesterday', to: 'today' },
      { from: '2026-11-24T00:00:00Z', to: '2026-11-23T00:00:00Z' },
    ]) {
      expect((await exported(corpus.segments, { period })).error).toBeInstanceOf(TypeError);
    }
  });
});

describe('the record that a pack was made', () => {
  const custody = (sink: MemorySink): Loose[] =>
    sink.entries().flatMap(({ type, payload }) => (type === 'custody' ? [payload as Loose] : []));

  async function making(
    sink: MemorySink,
    make: (path: string) => Promise<{ digest: string; custody: string }>,
  ): Promise<{ pack: Uint8Array; digest: string; custody: string }> {
    return withDirectory(async (directory) => {
      const path = join(directory, 'pack.jsonl');
      const { digest, custody: recorded } = await make(path);
      const pack = Uint8Array.from(readFileSync(path));
      expect(digest).toBe(createHash('sha256').update(pack).digest('hex'));
      // It names the pack, and so is never in it.
      expect(Buffer.from(pack).includes('custody')).toBe(false);
      if (recorded === 'recorded') expect(custody(sink)).toMatchObject([{ action: 'exported', pack_digest: digest }]);
      else expect(custody(sink)).toEqual([]);
      return { pack, digest, custody: recorded };
    });
  }

  it('goes into the running log, whose segment is closed for the pack', async () => {
    const sink = memorySink();
    const audit = new AuditLog(logOptions(sink, corpus.signer, 0));
    audit.flag('x');
    const made = await making(sink, (path) =>
      audit.export(path, { frameworks: [], purpose: 'customer', recipient: 'r' }),
    );
    expect(made.custody).toBe('recorded');
    expect(await verify(made.pack, corpus.options)).toMatchObject({ ok: true, verdicts: { completeness: 'holds' } });
    expect(custody(sink)).toMatchObject([{ purpose: 'customer', recipient: 'r' }]);
    await audit.close();
    expect(sink.list()).toHaveLength(2);
  });

  it('goes into a segment of its own, closed and sealed, after the log or another process', async () => {
    const sink = sinkOf(corpus.segments);
    const made = await making(sink, (path) => exportPack(sink, path, { frameworks: [], signer: signerOf(corpus) }));
    expect(made.custody).toBe('recorded');
    const segments = segmentsOf(sink);
    expect(segments.size).toBe(4);
    const after = await packOf(segments, { frameworks: [], signer: signerOf(corpus) });
    expect(await verify(after, corpus.options)).toMatchObject({
      ok: true,
      segments: [{}, {}, {}, { state: 'closed' }],
    });
  });

  it('is not made without the key of the log, and the result says so', async () => {
    for (const options of [{}, other.signer === undefined ? {} : { signer: other.signer }]) {
      const sink = sinkOf(corpus.segments);
      const made = await making(sink, (path) => exportPack(sink, path, { frameworks: [], ...options }));
      expect(made.custody).toBe('not recorded');
      expect(sink.list()).toHaveLength(3);
    }
  });

  it('of an unsigned log needs no key', async () => {
    const { segments, options } = await makeCorpus('none');
    const sink = sinkOf(segments);
    const made = await making(sink, (path) => exportPack(sink, path, { frameworks: [] }));
    expect(made.custody).toBe('recorded');
    expect(await verify(made.pack, options)).toMatchObject({ ok: true, verdicts: { authenticity: 'none' } });
  });
});

describe('segments that are opened while a pack is made', () => {
  /** Exports the log whose sink this is, while `meanwhile` happens at its next signature. */
  async function whileRolled(
    sink: MemorySink,
    meanwhile: (log: AuditLog) => Promise<void>,
  ): Promise<{ pack: Uint8Array; segments: number }> {
    let exporting = false;
    const slow = {
      vkey: signerOf(corpus).vkey,
      async sign(message: Uint8Array): Promise<Uint8Array> {
        if (exporting) {
          exporting = false;
          await meanwhile(one);
        }
        return signerOf(corpus).sign(message);
      },
    };
    const { signer: _, ...options } = logOptions(sink, undefined, 0);
    const one: AuditLog = new AuditLog({ ...options, signer: slow });
    one.flag('x');
    await one.flush();
    return withDirectory(async (directory) => {
      exporting = true;
      const { path, segments } = await one.export(join(directory, 'pack'), { frameworks: [] });
      const pack = Uint8Array.from(readFileSync(path));
      await one.close();
      return { pack, segments };
    });
  }

  it('by the log itself, are in it if another process saw them', async () => {
    const sink = memorySink();
    const { pack, segments } = await whileRolled(sink, async (one) => {
      one.flag('opens a segment');
      const witness = new AuditLog(logOptions(sink, corpus.signer, 1));
      witness.flag('cites it');
      await witness.close();
    });
    const report = await verify(pack, corpus.options);
    expect(problemsOf(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, verdicts: { completeness: 'holds' } });
    expect(segments).toBe(3);
  });

  it('by the log itself, are left for the next pack if nobody saw them', async () => {
    const { pack, segments } = await whileRolled(memorySink(), async (one) => {
      one.flag('opens a segment');
    });
    expect(await verify(pack, corpus.options)).toMatchObject({ ok: true, verdicts: { completeness: 'holds' } });
    expect(segments).toBe(1);
  });

  it('and that a listing missed, are in it if what was listed cites them', async () => {
    const first = new SegmentForge({ signer: corpus.signer, name: '20261123T093000Z-00000000000000aa' }).close();
    const missed = new SegmentForge({ signer: corpus.signer, name: '20261123T093001Z-00000000000000aa' }).close();
    const cited = {
      segment: missed.name,
      size: 2,
      root: Buffer.from(missed.root(2)).toString('base64'),
      closed: true,
      last: '2026-11-23T09:30:01.001Z',
    };
    const open = { siblings: [cited] };
    const last = new SegmentForge({ signer: corpus.signer, name: '20261123T093002Z-00000000000000aa', open }).close();
    const sink = sinkOf(new Map([first, missed, last].map((forge) => [forge.name, forge.bytes])));
    let listings = 0;
    const listing: Sink = {
      ...sink,
      // A directory is not read at one moment: what is created meanwhile may be in the listing or not.
      list: () => sink.list().filter((name) => name !== missed.name || listings++ > 0),
    };
    const { error, pack } = await exported(listing);
    expect(error).toBeUndefined();
    const report = await verify(pack, corpus.options);
    expect(problemsOf(report)).toEqual([]);
    expect(report.segments.map(({ segment }) => segment)).toEqual([first.name, missed.name, last.name]);
  });
});

describe('a segment that another process is writing', () => {
  /** A sink in which one segment is longer each time that somebody looks, and ends in half a line. */
  function growing(segments: Segments, name: string): Sink {
    const whole = segments.get(name) ?? new Uint8Array(0);
    let length = Math.floor(whole.length / 2);
    const sink = sinkOf(segments);
    return {
      ...sink,
      open(segment) {
        if (segment !== name) return sink.open(segment);
        length = Math.min(whole.length, length + 37);
        const seen = whole.subarray(0, length);
        return {
          bytes: seen.length,
          read(target, position) {
            const piece = seen.subarray(position, position + target.length);
            target.set(piece);
            return piece.length;
          },
          close() {},
        };
      },
    };
  }

  it('is copied up to the last whole line that was there at the beginning', async () => {
    const { error, pack } = await exported(growing(corpus.segments, corpus.recovering));
    expect(error).toBeUndefined();
    const report = await verify(pack, { ...corpus.options, live: true });
    expect(problemsOf(report)).toEqual([]);
    const last = report.segments.at(-1);
    expect(last).toMatchObject({ segment: corpus.recovering, state: 'open' });
    // What is said of its torn tail is what stood there when its lines were copied.
    const whole = bytesOf(linesOf(bytes(corpus.recovering)).slice(0, last?.entries)).length;
    const torn = bytes(corpus.recovering).subarray(whole, whole + (last?.torn ?? 0));
    const wrapper =
      packLines(pack)
        .filter((line) => line.startsWith('{"segment"'))
        .at(-1) ?? '{}';
    expect(at(JSON.parse(wrapper), 'segment', 'torn')['sha256']).toBe(createHash('sha256').update(torn).digest('hex'));
    expect(codesOf(await verify(pack, corpus.options))).toContain('segment_open');
  });
});

function codesOf(report: Awaited<ReturnType<typeof verify>>): string[] {
  return report.problems.map(({ code }) => code);
}

describe('totals', () => {
  // A model's provider says how many tokens it took: it may say anything.
  it.each<[string, string, Loose]>([
    ['of tokens', 'llm_call', { outcome: 'ok', usage: { input_tokens: Number.MAX_SAFE_INTEGER } }],
    ['of tokens below zero', 'llm_call', { outcome: 'ok', usage: { input_tokens: Number.MIN_SAFE_INTEGER } }],
    ['of losses', 'gap', { lost: Number.MAX_SAFE_INTEGER }],
  ])('%s beyond 2^53 - 1 leave a pack that verifies', async (_, type, payload) => {
    const forge = new SegmentForge({ signer: corpus.signer }).add(type, payload).add(type, payload).close();
    const { pack } = await exported(new Map([[forge.name, forge.bytes]]));
    expect(problemsOf(await verify(pack, corpus.options))).toEqual([]);
  });

  // The summary is one line of 4 MiB at most; seven vocabularies stand in it.
  it.each([
    ['long', (index: number) => `${index}`.padEnd(5_000, 'x')],
    ['of control characters', (index: number) => `${index}`.padEnd(80, '\u0001')],
  ])('of 1,000 words that are %s leave a pack that verifies', async (_, word) => {
    const forge = new SegmentForge({ signer: corpus.signer });
    for (let index = 0; index < 1_000; index++) {
      const it = word(index);
      forge.add('policy_flag', { reason: 'r', action: it, severity: it });
      forge.add('human_oversight', { reviewer_kind: it, action: it });
      forge.add('decision_end', { outcome: it, result: it });
      forge.add('llm_call', { outcome: it });
    }
    const { error, pack } = await exported(new Map([[forge.name, forge.close().bytes]]));
    expect(error).toBeUndefined();
    const report = await verify(pack, corpus.options);
    expect(problemsOf(report)).toEqual([]);
    const { by_severity: severities } = at(report.pack?.summary, 'flags') as Record<string, Loose>;
    const named = Object.keys(severities ?? {}).filter((name) => name !== '(further)');
    expect(named).toHaveLength(word(0).length > 80 ? 0 : 1_000);
    expect(Object.values(severities ?? {}).reduce<number>((sum, each) => sum + Number(each), 0)).toBe(1_000);
  });

  it('name words of 80 characters and no longer ones, the first 1,000 of them', async () => {
    const forge = new SegmentForge({ signer: corpus.signer });
    const words = ['(further)', 'y'.repeat(81), 'y'.repeat(80), ...Array.from({ length: 1_001 }, (_, n) => `w${n}`)];
    for (const severity of [...words, 'w0']) forge.add('policy_flag', { reason: 'r', action: 'a', severity });
    const { pack } = await exported(new Map([[forge.name, forge.close().bytes]]));
    const report = await verify(pack, corpus.options);
    expect(problemsOf(report)).toEqual([]);
    const { by_severity: severities = {} } = at(report.pack?.summary, 'flags') as Record<string, Loose>;
    expect(Object.keys(severities)).toHaveLength(1_001);
    expect(severities).toMatchObject({ ['y'.repeat(80)]: 1, w0: 2, w998: 1, '(further)': 4 });
  });
});

/** 45 MB, of which nothing is left in memory. */
function writeLongSegment(directory: string): void {
  const forge = new SegmentForge({});
  const data = { text: 'x'.repeat(2_000) };
  for (let index = 0; index < 20_000; index++) forge.add('decision_record', { data });
  writeFileSync(join(directory, `${forge.name}.jsonl`), forge.close().bytes);
}

describe('a long log', () => {
  it('is exported with little memory', { timeout: 60_000 }, async () => {
    await withDirectory(async (directory) => {
      const log = join(directory, 'log');
      mkdirSync(log);
      writeLongSegment(log);
      const watch = new BufferWatch();
      let reported = 0;
      const result = await exportPack(log, join(directory, 'pack.jsonl'), {
        frameworks: ['gdpr'],
        onProgress({ bytes: read, totalBytes }) {
          watch.look();
          expect(read).toBeLessThanOrEqual(totalBytes);
          reported++;
        },
      });
      expect(result.entries).toBe(20_003);
      expect(reported).toBeGreaterThan(50);
      console.log(`export of 45 MB: at most ${Math.round(watch.grownBytes / 1_048_576)} MB of buffers`);
      expect(watch.grownBytes).toBeLessThan(40 * 1_048_576);
    });
  });
});

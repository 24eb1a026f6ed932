import { fc } from '../fast-check.ts';
import { beforeAll, describe, expect, test } from 'vitest';

import { AuditLog, memorySink, proveEntry, readLog, type EntryProof, type MemorySink } from '../../src/index.ts';
import { formatTlogProof, MAX_PROOF_CHARS, parseTlogProof } from '../../src/tlog-proof.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { Keys } from '../../src/verify/keys.ts';
import { verifyProof, type ProofReport } from '../../src/verify/index.ts';
import { checkProof } from '../../src/verify/proof.ts';
import { logOptions, segmentsOf, signing } from '../attacks/corpus.ts';

/** One entry and the text that proves it: c2sp.org/tlog-proof. */

const { signer, options } = signing('ed25519');

let sink: MemorySink;
let segment: string;
let made: EntryProof;

async function write(own: typeof signer): Promise<MemorySink> {
  const into = memorySink();
  const audit = new AuditLog(logOptions(into, own, 0));
  for (let step = 0; step < 9; step++) audit.record({ step });
  await audit.close();
  return into;
}

beforeAll(async () => {
  sink = await write(signer);
  [segment = ''] = sink.list();
  made = await proveEntry(sink, { segment, seq: 4 });
});

const keys = new Keys(nodePrimitives, options.keys ?? [], []);
const judge = (line: Uint8Array, proof: string): ProofReport => checkProof(nodePrimitives, keys, line, proof);

describe('a proof of one entry', () => {
  test('is the text that the specification describes', () => {
    const lines = made.proof.split('\n');
    const blank = lines.indexOf('');
    expect(lines.slice(0, 2)).toEqual(['c2sp.org/tlog-proof@v1', 'index 4']);
    for (const hash of lines.slice(2, blank)) expect(hash).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(lines.slice(blank + 1, blank + 3)).toEqual([`a/${segment}`, '12']);
    expect(lines.at(-2)).toMatch(/^\u2014 a /);
    expect(lines.at(-1)).toBe('');
  });

  test('holds for every entry that is sealed, in both implementations of the cryptography', async () => {
    const { size = 0 } = judge(made.line, made.proof) as { size?: number };
    expect(size).toBe(12);
    for (let seq = 0; seq < size; seq++) {
      const { line, proof } = await proveEntry(sink, { segment, seq });
      const report = verifyProof(line, proof, { keys: options.keys ?? [] });
      expect(report).toEqual(judge(Buffer.concat([line, Buffer.from('\n')]), proof));
      expect(report).toMatchObject({ ok: true, log: 'a', segment, seq, shared: false, entry: { seq } });
    }
  });

  test('says who signed, and of a shared key that it is one', async () => {
    const own = signing('hmac');
    const into = await write(own.signer);
    const [name = ''] = into.list();
    const { line, proof } = await proveEntry(into, { segment: name, seq: 2 });
    const hmacKeys = own.options.hmacKeys ?? [];
    expect(verifyProof(line, proof, { hmacKeys })).toMatchObject({
      ok: true,
      shared: true,
      signedBy: own.signer?.vkey,
    });
    expect(
      verifyProof(line, proof, { hmacKeys: [{ name: 'b', key: hmacKeys[0]?.key ?? new Uint8Array(32) }] }),
    ).toMatchObject({
      failure: 'unknown_key',
    });
  });

  test('shows nothing without the key, by another key, or for another entry', async () => {
    const other = await proveEntry(sink, { segment, seq: 5 });
    const stranger = signing('ed25519', 'a', 'another').options.keys ?? [];
    expect(verifyProof(made.line, made.proof)).toMatchObject({ ok: false, failure: 'unknown_key' });
    expect(verifyProof(made.line, made.proof, { keys: stranger })).toMatchObject({ failure: 'unknown_key' });
    expect(judge(made.line, other.proof)).toMatchObject({ failure: 'inclusion' });
    expect(judge(made.line, other.proof.replace('index 5', 'index 4'))).toMatchObject({ failure: 'inclusion' });
    expect(judge(made.line, made.proof.replace(/.{7}\n$/, 'AAAAAA=\n'))).toMatchObject({ failure: 'signature' });
    expect(judge(made.line, made.proof.replace(/\u2014.*\n/u, ''))).toMatchObject({ failure: 'unsigned' });
    expect(judge(Buffer.from('{}'), made.proof)).toMatchObject({ failure: 'entry' });
    expect(judge(made.line, '')).toMatchObject({ failure: 'proof' });
  });

  test('holds whatever stands in `extra`, which nobody vouches for', () => {
    const proof = parseTlogProof(made.proof);
    if (proof === undefined) expect.unreachable();
    const extra = formatTlogProof({ ...proof, extra: Uint8Array.of(1, 2, 3) });
    expect(extra).toContain('@v1\nextra AQID\nindex 4\n');
    expect(judge(made.line, extra)).toMatchObject({ ok: true });
    expect(judge(made.line, extra.replace('extra AQID', 'extra '))).toMatchObject({ failure: 'proof' });
  });
});

describe('nothing else is a proof', () => {
  test.each([
    ['index 04', 'index 4', 'index 04'],
    ['no index', 'index 4\n', ''],
    ['a second index', 'index 4', 'index 4\nindex 4'],
    ['another version', '@v1', '@v2'],
    ['a hash without padding', '=\n\n', '\n\n'],
    ['no blank line', '\n\na/', '\na/'],
    ['spaces', 'index 4', 'index  4'],
    ['carriage returns', '\n', '\r\n'],
    ['something behind it', /$/, 'x'],
  ])('%s', (_, found, by) => {
    const changed = made.proof.replace(found, by);
    expect(changed).not.toBe(made.proof);
    expect(judge(made.line, changed)).toMatchObject({ ok: false });
  });

  test('however long', () => {
    const long = made.proof.replace('index', `extra ${'A'.repeat(MAX_PROOF_CHARS + 1)}\nindex`);
    expect(judge(made.line, long)).toMatchObject({ failure: 'proof' });
    const hashes = made.proof.replace('index 4\n', `index 4\n${`${'A'.repeat(43)}=\n`.repeat(54)}`);
    expect(judge(made.line, hashes)).toMatchObject({ failure: 'proof' });
  });

  test('no byte of line or proof can be another one', () => {
    const text = Buffer.from(made.proof);
    let tried = 0;
    for (const [bytes, check] of [
      [Buffer.from(made.line), (changed: Buffer) => judge(changed, made.proof)],
      [text, (changed: Buffer) => judge(made.line, changed.toString())],
    ] as const) {
      for (let bit = 0; bit < bytes.length * 8; bit += 5) {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(check(changed).ok).toBe(false);
        tried++;
      }
    }
    console.log(`tlog-proof: ${tried.toLocaleString('en')} flips of line and proof, 0 accepted`);
  });

  test('and whatever is given, the answer is a report', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...made.proof.split(/(?<=\n)/)));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.uint8Array({ maxLength: 60 }), (pieces, line) => {
        expect(judge(line, pieces.join('')).ok).toBe(false);
        const text = pieces.join('');
        expect(judge(made.line, text).ok).toBe(text === made.proof);
        const parsed = parseTlogProof(text);
        if (parsed !== undefined) expect(formatTlogProof(parsed)).toBe(text);
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });
});

describe('is not made', () => {
  test('of an entry that is not there, not sealed, or in a log that nobody signed', async () => {
    await expect(proveEntry(sink, { segment, seq: 99 })).rejects.toMatchObject({ code: 'EXPORT_FAILED' });
    await expect(proveEntry(sink, { segment, seq: 12 })).rejects.toThrow(/No seal covers/);
    await expect(proveEntry(sink, { segment: segment.replace(/.$/, 'f'), seq: 1 })).rejects.toThrow(/no segment/);
    await expect(proveEntry(sink, { segment: '../x', seq: 1 })).rejects.toThrow(TypeError);
    await expect(proveEntry(sink, { segment, seq: -1 })).rejects.toThrow(TypeError);
    const unsigned = await write(undefined);
    const [name = ''] = unsigned.list();
    await expect(proveEntry(unsigned, { segment: name, seq: 1 })).rejects.toThrow(/not signed/);
  });

  test('of a segment that does not hold', async () => {
    const broken = memorySink();
    const text = Buffer.from(segmentsOf(sink).get(segment) ?? '').toString();
    broken.create(segment).append(Buffer.from(text.replace('"step":3', '"step":7')));
    await expect(proveEntry(broken, { segment, seq: 1 })).rejects.toMatchObject({ code: 'LOG_INVALID' });
    const entries: number[] = [];
    for await (const { seq } of readLog(sink)) entries.push(seq);
    expect(entries).toHaveLength(13);
  });
});

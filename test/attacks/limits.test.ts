import { describe, expect, it } from 'vitest';

import { verify, type Report, type VerifyOptions } from '../../src/index.ts';
import { formatCheckpoint } from '../../src/checkpoint.ts';
import { CompactRange, leafHash } from '../../src/merkle.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { LOG, problemsOf, signing, verifyDirectory } from './corpus.ts';
import { SegmentForge } from './forge.ts';
import { BufferWatch } from './memory.ts';

/** What an attacker may make large: nothing of it may cost more than its reading. */

const { signer, options } = signing('ed25519');
const { sha256 } = nodePrimitives;

const MEGABYTE = 1_048_576;
const PIECE = new Uint8Array(65_536).fill(0x78);

/** A stream, and how much memory beside the heap it found in use while it was read. */
async function withMemory(
  source: () => AsyncGenerator<Uint8Array>,
  given: VerifyOptions = options,
): Promise<{ report: Report; grownBytes: number }> {
  const watch = new BufferWatch();
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const piece of source()) {
      yield piece;
      watch.look();
    }
  }
  const report = await verify(watched(), given);
  return { report, grownBytes: watch.grownBytes };
}

async function* around(
  before: string | Uint8Array,
  megabytes: number,
  after: string | Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(before);
  for (let count = 0; count < megabytes * 16; count++) yield PIECE;
  yield Buffer.from(after);
}

describe('a line of 50 MB', () => {
  const forge = new SegmentForge({ signer }).add('decision', {});
  const rest = new SegmentForge({ signer }).close().bytes;

  it.each<[string, string | Uint8Array, string | Uint8Array, string]>([
    ['alone', '', '\n', 'line_too_long 1'],
    ['that never ends', '', '', 'not_a_record 1'],
    ['in a segment', forge.bytes, '\n', 'line_too_long 3'],
    ['behind a segment', rest, '', 'after_close 3'],
    ['as the header of a pack', '{"pack":{"', '"}}\n', 'line_too_long 1'],
    [
      'in a pack',
      '{"pack":{}}\n{"segment":{"name":"20261123T093000Z-00000000000000aa"}}\n{"entry":"',
      '"}\n',
      'line_too_long 3',
    ],
    ['of a pack that is cut', '{"pack":{', '', 'line_unterminated 1'],
  ])('%s is refused with little memory', { timeout: 60_000 }, async (_, before, after, wanted) => {
    const { report, grownBytes } = await withMemory(() => around(before, 50, after));
    expect(problemsOf(report)).toContain(wanted);
    expect(report.ok).toBe(false);
    expect(grownBytes).toBeLessThan(24 * MEGABYTE);
  });

  it('counts as torn with all of its bytes', async () => {
    const { report } = await withMemory(() => around(forge.bytes, 5, ''), { ...options, live: true });
    expect(report.segments).toMatchObject([{ entries: 2, torn: 5 * MEGABYTE }]);
  });

  it('in pieces of a byte costs no more than its length', async () => {
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < 200_000; index++) yield PIECE.subarray(0, 1);
    }
    expect(problemsOf((await withMemory(bytes)).report)).toEqual(['not_a_record 1']);
  });
});

describe('many lines', () => {
  it('that are all bad are counted, and the first hundred are kept', async () => {
    const report = await verify(Buffer.from('{}\n'.repeat(20_000)), options);
    expect(report.problemCounts).toMatchObject({ entry_shape: 20_000 });
    expect(report.problems.filter(({ code }) => code === 'entry_shape')).toHaveLength(100);
    expect(report.entries).toBe(20_000);
  });

  it(
    'of recoveries and citations that name what is not there are told in linear time',
    { timeout: 60_000 },
    async () => {
      const name = (index: number): string => `20261123T093000Z-${index.toString(16).padStart(16, '0')}`;
      const forge = new SegmentForge({ signer, name: '20271123T093000Z-00000000000000aa' });
      const root = Buffer.from(sha256(new Uint8Array(0))).toString('base64');
      for (let index = 0; index < 20_000; index++) {
        forge.add('recovery', { segment: name(index), lines: 0, size: 0, root });
      }
      const file = [forge.name, forge.close().bytes] as const;
      const before = process.cpuUsage();
      const report = await verifyDirectory([file], options);
      expect(report.problemCounts).toEqual({ sibling_missing: 20_000 });
      expect(process.cpuUsage(before).user).toBeLessThan(10_000_000);
    },
  );
});

describe('many seals', () => {
  const name = '20261123T093000Z-00000000000000aa';

  /** An unsigned segment, written as fast as may be. */
  class LongForge {
    readonly #range = new CompactRange(sha256);
    readonly #leaves: Uint8Array[] = [];
    readonly #lines: string[] = [];
    #sealed = 0;

    constructor() {
      this.#add(new SegmentForge({ name }).bytes.subarray(0, -1));
    }

    #add(line: Uint8Array): void {
      this.#leaves.push(leafHash(sha256, line));
      this.#lines.push(`${Buffer.from(line).toString()}\n`);
    }

    #entry(type: string, payload: string): void {
      const head = Buffer.from(this.#leaves.at(-1) ?? PIECE).toString('hex');
      const place = `"prev_hash":"${head}","seq":${this.#leaves.length},"ts":"2026-11-23T09:30:00.000Z"`;
      this.#add(Buffer.from(`{"payload":${payload},${place},"type":"${type}","v":1}`));
    }

    entries(count: number): this {
      for (let index = 0; index < count; index++) this.#entry('decision', '{}');
      return this;
    }

    /** Seals that each cover one entry more. */
    seals(count: number): this {
      for (let index = 0; index < count; index++) {
        this.#range.append(this.#leaves[this.#sealed++] ?? PIECE);
        const checkpoint = { origin: `${LOG}/${name}`, size: this.#sealed, root: this.#range.root() };
        this.#entry('seal', JSON.stringify({ checkpoint: formatCheckpoint(checkpoint, undefined) }));
      }
      return this;
    }

    get bytes(): Uint8Array {
      return Buffer.from(this.#lines.join(''));
    }
  }

  async function cpuMillis(bytes: Uint8Array, wanted: number): Promise<number> {
    const before = process.cpuUsage();
    const report = await verify(bytes, { allowUnsigned: true, live: true });
    expect(problemsOf(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, segments: [{ sealed: wanted }] });
    return process.cpuUsage(before).user / 1_000;
  }

  it('take linear time: ten times as many ten times as long, not a hundred times', { timeout: 120_000 }, async () => {
    const few = new LongForge().seals(4_000).bytes;
    await cpuMillis(few, 4_000);
    const [fewMillis, manyMillis] = [
      await cpuMillis(few, 4_000),
      await cpuMillis(new LongForge().seals(40_000).bytes, 40_000),
    ];
    console.log(`seals: 4,000 in ${fewMillis.toFixed(0)} ms, 40,000 in ${manyMillis.toFixed(0)} ms of processor time`);
    // Processor time, and half way between the two: what else the machine does cannot tip it.
    expect(manyMillis).toBeLessThan(50 * fewMillis);
  });

  it('that each cover one more entry of a long tail take no longer', { timeout: 120_000 }, async () => {
    const near = await cpuMillis(new LongForge().seals(10_000).bytes, 10_000);
    const far = await cpuMillis(new LongForge().entries(100_000).seals(10_000).bytes, 10_000);
    console.log(`seals: 10,000 in ${near.toFixed(0)} ms, behind 100,000 entries in ${far.toFixed(0)} ms`);
    // With the entries themselves it is some five times; moving 100,000 hashes with each seal would be hundreds.
    expect(far).toBeLessThan(50 * near);
  });

  it('may lag 262,144 entries behind and no more', { timeout: 60_000 }, async () => {
    // A second seal that covers one entry more lags as far as the first: the one is in time, the other is not.
    const bytes = new LongForge().entries(262_144).seals(1).entries(1).seals(1).bytes;
    const report = await verify(bytes, { allowUnsigned: true, live: true });
    expect(problemsOf(report)).toEqual(['seal_size 262148/262147']);
    expect(report.segments).toMatchObject([{ sealed: 1 }]);
  });
});

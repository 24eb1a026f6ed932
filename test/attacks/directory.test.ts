import { beforeAll, describe, expect, it } from 'vitest';

import type { Report } from '../../src/index.ts';
import {
  bytesOf,
  linesOf,
  LOG,
  makeCorpus,
  problemsOf,
  signing,
  textOf,
  verifyDirectory,
  type Corpus,
} from './corpus.ts';
import { SegmentForge, type Loose } from './forge.ts';

const { signer, options } = signing('ed25519');
const other = signing('ed25519', LOG, 'another key of the same name');

let corpus: Corpus;

beforeAll(async () => {
  corpus = await makeCorpus('ed25519');
});

function without(...names: readonly string[]): Map<string, Uint8Array> {
  return new Map([...corpus.segments].filter(([name]) => !names.includes(name)));
}

function replaced(name: string, bytes: Uint8Array): Map<string, Uint8Array> {
  return new Map(corpus.segments).set(name, bytes);
}

function judge(given: Iterable<readonly [string, Uint8Array]>, more: object = {}): Promise<Report> {
  return verifyDirectory(given, { ...corpus.options, ...more });
}

function bytes(name: string): Uint8Array {
  return corpus.segments.get(name) ?? new Uint8Array(0);
}

function fileOf(name: string): string {
  return `${name}.jsonl`;
}

describe('segments of a directory', () => {
  it('removed, are named by the first that saw them, once each', async () => {
    const report = await judge(without(corpus.closed));
    expect(report.problems).toEqual([
      expect.objectContaining({
        code: 'sibling_missing',
        verdict: 'completeness',
        file: fileOf(corpus.crashed),
        segment: corpus.crashed,
        line: 1,
        seq: 0,
        what: `${corpus.closed} was there and is not here`,
      }),
    ]);
    expect(problemsOf(await judge(without(corpus.closed, corpus.crashed)))).toEqual([
      'sibling_missing 1/0',
      'sibling_missing 1/0',
    ]);
    // The one that recovers it was the last: it leaves the dead one unaccounted for.
    expect(problemsOf(await judge(without(corpus.recovering)))).toEqual(['segment_open 5']);
  });

  it('removed, are one problem however many others saw them', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `20261123T0930${String(index + 10)}Z-00000000000000aa`);
    const written = new Map<string, Uint8Array>();
    const seen: Loose[] = [];
    for (const name of names) {
      const forge = new SegmentForge({ signer, name, open: { siblings: [...seen] } }).close();
      written.set(name, forge.bytes);
      const root = Buffer.from(forge.root(2)).toString('base64');
      seen.push({ segment: name, size: 2, root, closed: true, last: '2026-11-23T09:30:00.001Z' });
    }
    expect(problemsOf(await verifyDirectory(written, options))).toEqual([]);
    written.delete(names[5] ?? '');
    const report = await verifyDirectory(written, options);
    expect(problemsOf(report)).toEqual(['sibling_missing 1/0']);
    expect(report.problemCounts).toEqual({ sibling_missing: 1 });
    expect(report.problems[0]).toMatchObject({ file: fileOf(names[6] ?? '') });
  });

  it('whose recovery is all that names them, are missed', async () => {
    const dead = new SegmentForge({ signer, name: '20261123T093000Z-00000000000000aa' }).add('decision', {}).seal();
    const recovery = {
      segment: dead.name,
      lines: 3,
      size: 2,
      root: Buffer.from(dead.root()).toString('base64'),
    };
    const next = new SegmentForge({ signer, name: '20261123T093001Z-00000000000000aa' })
      .add('recovery', recovery)
      .close();
    const both = [
      [dead.name, dead.bytes],
      [next.name, next.bytes],
    ] as const;
    expect(problemsOf(await verifyDirectory(both, options))).toEqual([]);
    expect(problemsOf(await verifyDirectory(both.slice(1), options))).toEqual(['sibling_missing 2/1']);
  });

  it('renamed, repeated under another name or exchanged, say their own names', async () => {
    const later = '20261123T094000Z-00000000000000aa';
    expect(problemsOf(await judge(replaced(later, bytes(corpus.closed))))).toEqual([
      'segment_name 1/0',
      // Two segments of one name: the second stands out of order as well.
      'segment_order 1',
    ]);
    const renamed = without(corpus.closed).set(later, bytes(corpus.closed));
    expect(problemsOf(await judge(renamed))).toContain('segment_name 1/0');
    const exchanged = replaced(corpus.closed, bytes(corpus.crashed)).set(corpus.crashed, bytes(corpus.closed));
    const report = await judge(exchanged);
    expect(problemsOf(report).filter((problem) => problem.startsWith('segment_name'))).toHaveLength(2);
    expect(report.ok).toBe(false);
  });

  it('under a name that is no segment name, are missed and mentioned', async () => {
    const report = await judge(without(corpus.closed).set('segment.jsonl', bytes(corpus.closed)));
    expect(problemsOf(report)).toEqual(['sibling_missing 1/0']);
    expect(report.notices).toContainEqual(expect.objectContaining({ code: 'other_file', file: 'segment.jsonl' }));
  });

  it('joined into one file, are not one segment', async () => {
    const joined = Buffer.concat([bytes(corpus.closed), bytes(corpus.recovering)]);
    const report = await judge(without(corpus.recovering).set(corpus.closed, joined));
    expect(problemsOf(report)).toContain('open_misplaced 7/0');
    expect(report.ok).toBe(false);
  });

  it('cut, are shorter than others saw them', async () => {
    const lines = linesOf(bytes(corpus.closed));
    const report = await judge(replaced(corpus.closed, bytesOf(lines.slice(0, 4))));
    expect(problemsOf(report)).toEqual(['sibling_shrunk 1/0', 'segment_open 4']);
    expect(report.problems[0]?.what).toBe(`${corpus.closed} had 5 sealed entries and has 3`);
    expect((await judge(replaced(corpus.closed, new Uint8Array(0)))).problems[0]).toMatchObject({
      code: 'sibling_shrunk',
      file: fileOf(corpus.crashed),
    });
  });

  it('rewritten by the key holder, are not what others saw', async () => {
    const forged = new SegmentForge({ signer, name: corpus.closed })
      .add('decision', {})
      .add('decision', {})
      .add('decision', {})
      .close();
    expect(problemsOf(await judge(replaced(corpus.closed, forged.bytes)))).toEqual(['sibling_changed 1/0']);
    const longer = new SegmentForge({ signer, name: corpus.closed });
    for (let index = 0; index < 9; index++) longer.add('decision', {});
    expect(problemsOf(await judge(replaced(corpus.closed, longer.close().bytes)))).toEqual(['sibling_changed 1/0']);
  });

  it('rewritten at the size at which others saw them open, are noticed too', async () => {
    const forged = new SegmentForge({ signer, name: corpus.crashed }).add('decision', {}).add('decision', {}).seal();
    const report = await judge(replaced(corpus.crashed, forged.bytes));
    expect(problemsOf(report)).toContain('sibling_changed 1/0');
  });

  it('of another log or system, are named', async () => {
    const same = new SegmentForge({ signer, name: '20261123T095000Z-00000000000000aa', open: { system: 'b' } }).close();
    expect(problemsOf(await judge(replaced(same.name, same.bytes)))).toEqual(['other_log 1']);
    const b = signing('ed25519', 'b', 'b');
    const foreign = new SegmentForge({ signer: b.signer, log: 'b', name: same.name }).close();
    const report = await verifyDirectory(replaced(same.name, foreign.bytes), {
      keys: [...(corpus.options.keys ?? []), ...(b.options.keys ?? [])],
    });
    expect(problemsOf(report)).toEqual(['other_log 1']);
    expect(report.problems[0]).toMatchObject({ file: fileOf(same.name), segment: same.name });
  });

  it('added without the key, are not signed', async () => {
    const name = '20261123T095000Z-00000000000000aa';
    for (const by of [undefined, other.signer]) {
      const report = await judge(replaced(name, new SegmentForge({ signer: by, name }).close().bytes));
      expect(report).toMatchObject({ ok: false, failed: ['authenticity'], verdicts: { authenticity: 'failed' } });
    }
    const live = await judge(replaced(name, new SegmentForge({ name }).seal().bytes), { live: true });
    expect(live).toMatchObject({ ok: false, failed: ['authenticity'] });
  });

  it('in which nothing is sealed, count nothing as signed, and need --live', async () => {
    const name = '20261123T095000Z-00000000000000aa';
    const forged = replaced(name, new SegmentForge({ name }).add('decision', {}).bytes);
    expect(await judge(forged)).toMatchObject({ ok: false, failed: ['authenticity', 'completeness'] });
    const report = await judge(forged, { live: true });
    expect(report.segments.at(-1)).toMatchObject({ segment: name, entries: 2, sealed: 0, signedBy: 'unsigned' });
    expect(report.notices).toContainEqual(expect.objectContaining({ code: 'unsealed_tail', segment: name }));
    // Alone such a segment is nothing.
    expect(await verifyDirectory([...forged].slice(-1), { ...options, live: true })).toMatchObject({ ok: false });
  });
});

describe('a segment whose process died', () => {
  it('is held to what was found in it, its torn bytes included', async () => {
    const text = textOf(bytes(corpus.crashed));
    const lines = text.split('\n');
    const torn = lines.at(-1) ?? '';
    const whole = `${lines.slice(0, -1).join('\n')}\n`;
    for (const changed of [
      whole,
      `${whole}${torn.slice(1)}`,
      `${whole}${torn.replace('act', 'acT')}`,
      `${lines.slice(0, -2).join('\n')}\n${torn}`,
      `${whole}${lines[1] ?? ''}\n`,
      text.replace('not sealed', 'not SEALED'),
    ]) {
      expect(changed).not.toBe(text);
      const report = await judge(replaced(corpus.crashed, Buffer.from(changed)));
      const codes = problemsOf(report);
      expect(codes.some((code) => code === 'recovery_mismatch 2/1')).toBe(true);
      expect(codes).toContain(`segment_open ${changed.split('\n').length - 1}`);
      expect(report.ok).toBe(false);
    }
  });

  it('is recovered by a sealed recovery only', async () => {
    const lines = linesOf(bytes(corpus.recovering));
    const report = await judge(replaced(corpus.recovering, bytesOf(lines.slice(0, 2))), { live: true });
    expect(report.segments.map(({ state }) => state)).toEqual(['closed', 'open', 'open']);
    expect(problemsOf(await judge(replaced(corpus.recovering, bytesOf(lines.slice(0, 2)))))).toEqual([
      'segment_open 5',
      'segment_open 2',
    ]);
  });

  it('found twice with different contents, is a conflict', async () => {
    const recovery = JSON.parse(linesOf(bytes(corpus.recovering))[1] ?? '') as { payload: Loose };
    const again = (payload: Loose): Promise<Report> => {
      const name = '20261123T095000Z-00000000000000aa';
      const forge = new SegmentForge({ signer, name }).add('recovery', { ...recovery.payload, ...payload }).close();
      return judge(replaced(name, forge.bytes));
    };
    expect(problemsOf(await again({}))).toEqual([]);
    expect(problemsOf(await again({ lines: 4 }))).toEqual(['recovery_conflict 2/1', 'recovery_mismatch 2/1']);
    expect(problemsOf(await again({ torn: undefined }))).toContain('recovery_mismatch 2/1');
  });

  // A power cut can leave blocks of zeros behind the last line.
  it('may leave more than a line behind its last line feed, and every byte of it counts', async () => {
    const name = '20261123T093000Z-00000000000000aa';
    const forge = new SegmentForge({ signer, name }).add('decision', {}).seal();
    const torn = Buffer.alloc(300_000);
    const sha256 = Buffer.from(await crypto.subtle.digest('SHA-256', torn)).toString('hex');
    const recovery = {
      segment: name,
      lines: 3,
      size: 2,
      root: Buffer.from(forge.root()).toString('base64'),
      torn: { bytes: torn.length, sha256 },
    };
    const next = new SegmentForge({ signer, name: '20261123T093001Z-00000000000000aa' })
      .add('recovery', recovery)
      .close();
    const judged = (tail: Uint8Array): Promise<Report> =>
      verifyDirectory(
        [
          [name, Buffer.concat([forge.bytes, tail])],
          [next.name, next.bytes],
        ],
        options,
      );
    expect(problemsOf(await judged(torn))).toEqual([]);
    for (const offset of [0, 65_535, 65_536, 299_999]) {
      const flipped = Buffer.from(torn);
      flipped[offset] = 1;
      expect(problemsOf(await judged(flipped)), `${offset}`).toEqual(['recovery_mismatch 2/1', 'segment_open 3']);
    }
    expect(problemsOf(await judged(torn.subarray(1)))).toEqual(['recovery_mismatch 2/1', 'segment_open 3']);
  });

  it('before its first line or its first seal, is innocent once recovered', async () => {
    const emptyRoot = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
    const unsealed = new SegmentForge({ signer, name: '20261123T093000Z-00000000000000ab' });
    const found = [
      { segment: '20261123T093000Z-00000000000000aa', lines: 0, size: 0, root: emptyRoot },
      { segment: unsealed.name, lines: 1, size: 0, root: Buffer.from(unsealed.root()).toString('base64') },
    ];
    const name = '20261123T093001Z-00000000000000aa';
    const siblings = found.map(({ segment }) => ({ segment, size: 0, closed: false }));
    const next = new SegmentForge({ signer, name, open: { siblings } });
    for (const payload of found) next.add('recovery', payload);
    const directory = [
      [found[0]?.segment ?? '', new Uint8Array(0)],
      [unsealed.name, unsealed.bytes],
      [name, next.close().bytes],
    ] as const;
    const report = await verifyDirectory(directory, options);
    expect(problemsOf(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, verdicts: { authenticity: 'signed', completeness: 'holds' } });
    expect(report.segments.map(({ segment, state, sealed }) => [segment, state, sealed])).toEqual([
      [found[0]?.segment, 'recovered', 0],
      [unsealed.name, 'recovered', 0],
      [name, 'closed', 4],
    ]);
    const gone = await verifyDirectory(directory.slice(1), options);
    expect(problemsOf(gone)).toEqual(['sibling_missing 1/0']);
  });
});

describe('what no seal covers', () => {
  const name = '20261123T095000Z-00000000000000aa';
  const root = Buffer.alloc(32).toString('base64');
  const lies = [
    { segment: '20261123T090000Z-00000000000000aa', size: 7, root, closed: true, last: '2026-11-23T09:00:00.000Z' },
    { segment: '20261123T093000Z-00000000000000bb', size: 0, closed: false },
  ];

  it('accuses nobody: neither by what it cites nor by what it says to have found', async () => {
    const closedLie = { segment: corpus.closed, size: 5, root, closed: true, last: '2026-11-23T09:30:00.000Z' };
    const open = { siblings: [closedLie, ...lies] };
    const found = { segment: corpus.closed, lines: 1, size: 0, root };
    const unsealed = new SegmentForge({ name, open }).add('recovery', found).add('recovery', { ...found, lines: 2 });
    const report = await judge(replaced(name, unsealed.bytes), { live: true });
    expect(problemsOf(report)).toEqual([]);
    expect(report.segments.at(-1)).toMatchObject({ segment: name, state: 'open', sealed: 0 });
    // Nor in the tail of a segment that is sealed up to there.
    const retired = lies.map(({ segment }) => ({ segment, size: 7, root }));
    const tail = new SegmentForge({ signer, name })
      .seal()
      .add('recovery', found)
      .add('retention', { segments: retired });
    expect(problemsOf(await judge(replaced(name, tail.bytes), { live: true }))).toEqual([]);
  });

  it('retires nothing', async () => {
    const unsealed = new SegmentForge({ signer, name }).seal().add('retention', { segments: [retirementOf()] });
    const report = await judge(without(corpus.closed).set(name, unsealed.bytes), { live: true });
    expect(problemsOf(report)).toEqual(['sibling_missing 1/0']);
  });

  it('does not make a segment of before missing', async () => {
    const previous = '20261123T094000Z-00000000000000aa';
    const unsealed = new SegmentForge({ signer, name, open: { previous } }).add('decision', {});
    expect(problemsOf(await judge(replaced(name, unsealed.bytes), { live: true }))).toEqual([]);
  });
});

/** The closed segment of the corpus, as its last seal says. */
function retirementOf(more: Loose = {}): Loose {
  const { closed } = corpus;
  const seal = JSON.parse(linesOf(bytes(closed)).at(-1) ?? '') as { payload: { checkpoint: string } };
  const [, size, root] = seal.payload.checkpoint.split('\n');
  return { segment: closed, size: Number(size), root, ...more };
}

describe('a segment that was retired', () => {
  const name = '20261123T095000Z-00000000000000aa';
  const other0 = Buffer.alloc(32, 7).toString('base64');
  const retiring = (...segments: readonly Loose[]): Map<string, Uint8Array> =>
    without(corpus.closed).set(name, new SegmentForge({ signer, name }).add('retention', { segments }).close().bytes);

  it('is not missing, if it was retired as others saw it', async () => {
    expect(problemsOf(await judge(retiring(retirementOf())))).toEqual([]);
  });

  it.each<[string, Loose, readonly string[]]>([
    ['with another root', { root: other0 }, ['sibling_changed 1/0']],
    ['with fewer entries', { size: 3 }, ['sibling_shrunk 1/0']],
    ['with more entries than it was closed with', { size: 9 }, ['sibling_changed 1/0']],
    ['under another name', { segment: '20261123T093000Z-0000000000000001' }, ['sibling_missing 1/0']],
  ])('%s, is not the one that others saw', async (_, more, wanted) => {
    const report = await judge(retiring(retirementOf(more)));
    expect(problemsOf(report)).toEqual(wanted);
    expect(report.problems[0]).toMatchObject({ segment: corpus.crashed, verdict: 'completeness' });
  });

  it('twice, in two ways, is one that somebody changed', async () => {
    expect(problemsOf(await judge(retiring(retirementOf(), retirementOf())))).toEqual([]);
    expect(problemsOf(await judge(retiring(retirementOf(), retirementOf({ root: other0 }))))).toEqual([
      'sibling_changed 2/1',
    ]);
  });

  it('and is still here, is here as it was retired', async () => {
    const both = (more: Loose): Map<string, Uint8Array> =>
      retiring(retirementOf(more)).set(corpus.closed, bytes(corpus.closed));
    expect(problemsOf(await judge(both({})))).toEqual([]);
    expect(problemsOf(await judge(both({ root: other0 })))).toEqual(['sibling_changed 2/1']);
  });

  it('after it was recovered, is as it was found', async () => {
    const recovery = JSON.parse(linesOf(bytes(corpus.recovering))[1] ?? '') as { payload: Loose };
    const { segment, size } = recovery.payload;
    const sibling = JSON.parse(linesOf(bytes(corpus.recovering))[0] ?? '') as { payload: { siblings: Loose[] } };
    const { root } = sibling.payload.siblings.find((each) => each['segment'] === segment) ?? {};
    const gone = (more: Loose): Map<string, Uint8Array> => {
      const forge = new SegmentForge({ signer, name }).add('retention', {
        segments: [{ segment, size, root, ...more }],
      });
      return without(corpus.crashed).set(name, forge.close().bytes);
    };
    expect(problemsOf(await judge(gone({})))).toEqual([]);
    expect(problemsOf(await judge(gone({ size: Number(size) + 1 })))).toEqual(['recovery_mismatch 2/1']);
  });

  it.each<[string, Loose]>([
    ['without a root', { root: undefined }],
    ['without a size', { size: undefined }],
    ['with a root that is none', { root: 'x' }],
    ['with a path for a name', { segment: '../x' }],
  ])('%s, is no retired segment', async (_, more) => {
    expect(problemsOf(await judge(retiring(retirementOf(more))))).toContain('entry_payload 2/1');
  });
});

describe('the segment that a writer had before', () => {
  const before = '20261123T094900Z-00000000000000aa';
  const name = '20261123T095000Z-00000000000000aa';
  const after = (previous: string): Uint8Array => new SegmentForge({ signer, name, open: { previous } }).close().bytes;

  it('is there, or was retired', async () => {
    expect(problemsOf(await judge(replaced(name, after(corpus.recovering))))).toEqual([]);
    const report = await judge(replaced(name, after(before)));
    expect(problemsOf(report)).toEqual(['sibling_missing 1/0']);
    expect(report.problems[0]).toMatchObject({ segment: name, what: `${before} was there and is not here` });
    const retired = new SegmentForge({ signer, name, open: { previous: before } })
      .add('retention', { segments: [retirementOf({ segment: before })] })
      .close();
    expect(problemsOf(await judge(replaced(name, retired.bytes)))).toEqual([]);
  });

  it.each([name, '20261123T095001Z-00000000000000aa'])('is one of an earlier name, and not %s', async (previous) => {
    expect(problemsOf(await judge(replaced(name, after(previous))))).toContain('entry_payload 1/0');
  });
});

describe('a directory without entries', () => {
  const empty = ['20261123T093000Z-00000000000000aa', new Uint8Array(0)] as const;
  const torn = ['20261123T093000Z-00000000000000aa', Buffer.from('{"a')] as const;

  it.each([
    ['without a file', [], ['empty -']],
    ['with an empty file', [empty], ['empty -', 'segment_open -']],
    ['with half a line', [torn], ['empty -', 'segment_open -']],
    ['with other files', [['notes.txt', Buffer.from('x')] as const], ['empty -']],
  ] as const)('%s, is never accepted', async (_, given, wanted) => {
    for (const more of [options, { allowUnsigned: true }, { allowUnsigned: true, live: true }, { live: true }]) {
      const report = await verifyDirectory(given, more);
      expect(report).toMatchObject({ ok: false, verdicts: { integrity: 'malformed' } });
      if (!('live' in more)) expect(problemsOf(report).toSorted()).toEqual(wanted);
    }
  });
});

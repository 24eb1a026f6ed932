import { beforeAll, describe, expect, test } from 'vitest';

import { AuditLog, exportPack, memorySink, type ExportOptions, type MemorySink, type Report } from '../../src/index.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { PackSummary } from '../../src/pack-summary.ts';
import { earlierRecordOf } from '../../src/verify/history.ts';
import type { CheckedEntry } from '../../src/verify/rules.ts';
import type { VerifyOptions } from '../../src/index.ts';
import { verify as verifyAnywhere } from '../../src/verify/index.ts';
import {
  linesOf,
  logOptions,
  packOf,
  problemsOf,
  segmentsOf,
  signing,
  sinkOf,
  verifyDirectory,
  withDirectory,
} from './corpus.ts';
import { at, attested, edited, jcs, packLines, type Loose } from './forge.ts';
import { verify } from './judged.ts';

/** Packs of one decision: its entries, each proved by itself, and what even the holder of the key cannot make of them. */

const { signer, options } = signing('ed25519');
if (signer === undefined) throw new Error('signed');
const OF_D: ExportOptions = { decision: 'd', frameworks: [], signer };

async function write(minute: number, into: MemorySink = memorySink()): Promise<MemorySink> {
  const audit = new AuditLog(logOptions(into, signer, minute));
  audit.flag('before');
  audit.decision({ id: 'd' }, (decision) => {
    decision.record({ step: 1 });
    audit.flag('between');
    audit.decision({ id: 'e' }, (other) => other.result('declined'));
    decision.record({ step: 2 });
    return decision.result('approved');
  });
  audit.record({ decision_id: 'f', quotes: '"decision_id":"f"' });
  await audit.close();
  return into;
}

let sink: MemorySink;
let pack: Uint8Array;
let lines: string[];

beforeAll(async () => {
  sink = await write(1, await write(0));
  pack = await packOf(segmentsOf(sink), OF_D);
  lines = packLines(pack);
});

const judge = (bytes: Uint8Array, more: VerifyOptions = {}): Promise<Report> => verify(bytes, { ...options, ...more });

/** Totalled and attested anew, by somebody who holds the key. */
function reattested(changed: readonly string[]): Uint8Array {
  const summary = new PackSummary(nodePrimitives);
  const body = changed.filter((line) => !line.startsWith('{"summary"'));
  for (const line of body) {
    const { segment, entry } = JSON.parse(line) as { segment?: Loose; entry?: CheckedEntry };
    if (segment !== undefined) summary.segment(0);
    if (entry !== undefined) summary.entry(entry, undefined);
  }
  return attested([...body, jcs({ summary: summary.toObject() })], signer);
}

const forged = async (change: (copy: string[]) => string[]): Promise<string[]> =>
  problemsOf(await judge(reattested(change([...lines]))));

const indexOf = (text: string): number => lines.findIndex((line) => line.includes(text));

describe('a pack of one decision', () => {
  test('holds its entries and the opening of each segment, proved, and says what it does not show', async () => {
    const report = await judge(pack);
    expect(report).toMatchObject({
      ok: true,
      kind: 'pack',
      problems: [],
      verdicts: { integrity: 'consistent', authenticity: 'signed', completeness: 'selection', history: 'not_checked' },
      entries: 12,
      segments: [{ state: 'part' }, { state: 'part' }],
    });
    expect(report.pack?.header['selection']).toEqual({ kind: 'decision', decision_id: 'd' });
    expect(report.notices.find(({ code }) => code === 'entries_only')?.what).toBe(
      'these entries are in the log; that there are no others is not shown',
    );
    expect(report.notices.map(({ code }) => code)).not.toContain('outside_selection');
    expect(await verifyAnywhere(pack, { keys: options.keys ?? [] })).toMatchObject({ ok: true });
    const text = Buffer.from(pack).toString();
    expect(text).toContain('between');
    for (const elsewhere of ['before', 'declined', 'quotes']) expect(text).not.toContain(elsewhere);
  });

  test('is the same judged with everything else that can be asked', async () => {
    const root = (await judge(pack)).segments[0]?.root ?? '';
    expect(await judge(pack, { expectRoot: root, expectEntries: 12, live: true, fast: true })).toMatchObject({
      ok: true,
    });
    expect(await judge(pack, { expectEntries: 13 })).toMatchObject({ ok: false, failed: ['history'] });
    expect(await judge(pack, { for: 'audit' })).toMatchObject({ ok: false, failed: ['independence'] });
    expect(await judge(pack, { keys: [] })).toMatchObject({ ok: false, verdicts: { authenticity: 'unknown_key' } });
    const other = signing('ed25519', 'a', 'another').options;
    expect(await verify(pack, other)).toMatchObject({ ok: false, failed: ['authenticity'] });
  });

  test('of annotated entries recomputes', async () => {
    const annotated = await packOf(segmentsOf(sink), { ...OF_D, frameworks: ['gdpr', 'eu_ai_act'] });
    expect(await judge(annotated)).toMatchObject({ ok: true, verdicts: { mapping: 'yes' } });
    expect(Buffer.from(annotated).toString()).toContain('"controls"');
  });

  test('of an unsigned log, and of one with a shared key', async () => {
    for (const kind of ['none', 'hmac'] as const) {
      const { signer: own, options: asked } = signing(kind);
      const into = memorySink();
      const audit = new AuditLog(logOptions(into, own, 0));
      audit.decision({ id: 'd' }, (decision) => decision.result('approved'));
      await audit.close();
      const made = await packOf(segmentsOf(into), {
        decision: 'd',
        frameworks: [],
        ...(own === undefined ? {} : { signer: own }),
      });
      expect(await verify(made, asked)).toMatchObject({ ok: true, verdicts: { completeness: 'selection' } });
    }
  });

  test('names the entries that no seal covered yet, and is not made of these alone', async () => {
    const into = memorySink();
    const audit = new AuditLog(logOptions(into, signer, 0));
    const open = audit.startDecision({ id: 'd' });
    await audit.flush();
    open.record({ late: true });
    audit.record({ of: 'nothing' });
    const late = audit.startDecision({ id: 'late' });
    const segments = segmentsOf(into);
    const made = await packOf(segments, OF_D);
    const report = await judge(made);
    const [name = ''] = segments.keys();
    expect(report).toMatchObject({ ok: true, entries: 2 });
    expect(report.pack?.header['not_included']).toEqual([expect.stringMatching(new RegExp(`^${name}:\\d+$`))]);
    expect(report.notices.map(({ code }) => code)).toContain('not_included');
    await expect(packOf(segments, { ...OF_D, decision: 'late' })).rejects.toMatchObject({ code: 'EXPORT_FAILED' });
    late.end();
    open.end();
    await audit.close();
  });

  test('of a log of this process is sealed first, and told in it', async () => {
    await withDirectory(async (directory) => {
      const into = memorySink();
      const audit = new AuditLog(logOptions(into, signer, 0));
      audit.decision({ id: 'd' }, (decision) => decision.result('approved'));
      const result = await audit.export(`${directory}/pack`, { decision: 'd', frameworks: [] });
      expect(result).toMatchObject({ entries: 3, segments: 1, custody: 'recorded' });
      await audit.close();
      const custody = [...segmentsOf(into).values()].flatMap(linesOf).find((line) => line.includes('"custody"'));
      expect(custody).toContain('"selection":{"decision_id":"d","kind":"decision"}');
    });
  });

  test('is refused where it cannot be made', async () => {
    const made = (more: ExportOptions): Promise<unknown> => packOf(segmentsOf(sink), { ...OF_D, ...more });
    await expect(made({ decision: 'f' })).rejects.toMatchObject({ code: 'EXPORT_FAILED' });
    await expect(made({ decision: '' })).rejects.toThrow(TypeError);
    await expect(made({ decision: 'x'.repeat(257) })).rejects.toThrow(TypeError);
    await expect(made({ period: { from: '2026-01-01', to: '2027-01-01' } })).rejects.toThrow(
      /a decision or of a period/,
    );
    const [name = '', bytes = new Uint8Array(0)] = [...segmentsOf(sink)][0] ?? [];
    const broken = new Map(segmentsOf(sink)).set(
      name,
      Buffer.from(Buffer.from(bytes).toString().replace('between', 'betweem')),
    );
    await withDirectory(async (directory) => {
      const made = exportPack(sinkOf(broken), `${directory}/pack`, OF_D);
      await expect(made).rejects.toMatchObject({ code: 'LOG_INVALID' });
    });
  });
});

describe('by the holder of the key', () => {
  test('nothing changed, it is the pack that was exported', async () => {
    expect(Buffer.from(reattested(lines)).equals(pack)).toBe(true);
  });

  test('an entry left out before the end shows in the counts', async () => {
    const left = indexOf('"step":1');
    expect(await forged((copy) => copy.toSpliced(left, 1))).toEqual([expect.stringMatching(/^decision_counts /)]);
    expect((await judge(reattested(lines.toSpliced(left, 1)))).failed).toEqual(['completeness']);
  });

  test('entries repeated, swapped, or without their opening', async () => {
    const one = indexOf('"step":1');
    expect(await forged((copy) => copy.toSpliced(one, 0, copy[one] ?? ''))).toContainEqual(
      expect.stringMatching(/^seq /),
    );
    const swapped = [...lines];
    [swapped[one], swapped[one + 1]] = [lines[one + 1] ?? '', lines[one] ?? ''];
    expect(await forged(() => swapped)).toContainEqual(expect.stringMatching(/^seq /));
    const opening = indexOf('"audit_open"');
    const headless = await judge(reattested(lines.toSpliced(opening, 1)));
    expect(headless).toMatchObject({ ok: false, verdicts: { integrity: 'malformed' } });
    expect(problemsOf(headless)).toContainEqual(expect.stringMatching(/^open_misplaced /));
  });

  test('paths of each other, cut, or of other values', async () => {
    const one = indexOf('"step":1');
    const two = indexOf('"step":2');
    const pathOf = (line: number): unknown => (JSON.parse(lines[line] ?? '') as Loose)['audit_path'];
    const withPath = (path: unknown) => (copy: string[]) =>
      copy.with(
        one,
        edited(copy[one] ?? '', (line) => ({ ...line, audit_path: path })),
      );
    expect(await forged(withPath(pathOf(two)))).toEqual([expect.stringMatching(/^audit_path /)]);
    expect(await forged(withPath((pathOf(one) as string[]).slice(1)))).toEqual([expect.stringMatching(/^audit_path /)]);
    for (const path of [undefined, null, 'x', [1], ['x'], ['AAAA'], Array(100).fill((pathOf(one) as string[])[0])]) {
      expect(await forged(withPath(path))).toEqual([expect.stringMatching(/^audit_path_malformed /)]);
    }
  });

  test('the checkpoint of another segment, none, or one without its signature', async () => {
    const [first = 0, second = 0] = lines.flatMap((line, index) => (line.startsWith('{"segment"') ? [index] : []));
    const checkpoint = at(JSON.parse(lines[second] ?? ''), 'segment')['checkpoint'];
    const withCheckpoint = (value: unknown) => (copy: string[]) =>
      copy.with(
        first,
        edited(copy[first] ?? '', (line) => ({ segment: { ...at(line, 'segment'), checkpoint: value } })),
      );
    expect(await forged(withCheckpoint(checkpoint))).toContainEqual(expect.stringMatching(/^seal_origin /));
    expect(await forged(withCheckpoint('x'))).toContainEqual(expect.stringMatching(/^seal_malformed /));
    expect(await forged(withCheckpoint(undefined))).toContainEqual(expect.stringMatching(/^pack_line /));
    const own = String(at(JSON.parse(lines[first] ?? ''), 'segment')['checkpoint']);
    const unsigned = own.slice(0, own.indexOf('\n\n') + 2);
    expect(await forged(withCheckpoint(unsigned))).toContainEqual(expect.stringMatching(/^seal_key /));
    const bent = own.replace(/.{6}\n$/, 'AAAA==\n');
    expect((await judge(reattested(withCheckpoint(bent)([...lines])))).ok).toBe(false);
  });

  test('an entry of another decision, or of none, with its own path', async () => {
    const of = await packOf(segmentsOf(sink), { ...OF_D, decision: 'e' });
    const foreign = packLines(of).find((line) => line.includes('"type":"decision"')) ?? '';
    const behind = indexOf('"step":2');
    expect(await forged((copy) => copy.toSpliced(behind, 0, foreign))).toEqual([
      expect.stringMatching(/^other_decision /),
    ]);
    const renamed = edited(lines[0] ?? '', (line) => ({
      pack: { ...at(line, 'pack'), selection: { kind: 'decision', decision_id: 'e' } },
    }));
    expect(await forged((copy) => copy.with(0, renamed))).toContainEqual(expect.stringMatching(/^other_decision /));
  });

  test('a segment with nothing of the decision in it', async () => {
    const opening = indexOf('"audit_open"');
    const end = lines.findIndex((line, index) => index > opening && line.startsWith('{"segment"'));
    expect(await forged((copy) => copy.toSpliced(opening + 1, end - opening - 1))).toEqual([
      expect.stringMatching(/^pack_structure /),
    ]);
  });

  test('is no pack of whole segments, nor such a pack one of a decision', async () => {
    const relabelled = (line: string, selection: Loose): string =>
      edited(line, (header) => ({ pack: { ...at(header, 'pack'), selection } }));
    const asAll = await judge(reattested(lines.with(0, relabelled(lines[0] ?? '', { kind: 'all' }))));
    expect(asAll).toMatchObject({ ok: false, verdicts: { integrity: 'malformed' } });
    const all = packLines(await packOf(segmentsOf(sink), { frameworks: [], signer }));
    const asOne = all.with(0, relabelled(all[0] ?? '', { kind: 'decision', decision_id: 'd' }));
    expect(await judge(reattested(asOne))).toMatchObject({ ok: false, verdicts: { integrity: 'malformed' } });
    for (const selection of [
      { kind: 'decision' },
      { kind: 'decision', decision_id: '' },
      { kind: 'all', decision_id: 'd' },
    ]) {
      const odd = await judge(reattested(lines.with(0, relabelled(lines[0] ?? '', selection))));
      expect(problemsOf(odd)).toContainEqual(expect.stringMatching(/^pack_header /));
    }
  });
});

describe('held against an earlier record', () => {
  test('of the whole log, the checkpoints are the same', async () => {
    const log = await verifyDirectory(segmentsOf(sink), options);
    expect(await judge(pack, { earlier: earlierRecordOf(log), for: 'audit' })).toMatchObject({
      ok: true,
      verdicts: { history: 'extends', independence: 'earlier_record' },
    });
    const earlier = earlierRecordOf(await judge(pack));
    expect(await verifyDirectory(segmentsOf(sink), { ...options, earlier })).toMatchObject({
      ok: true,
      verdicts: { history: 'extends' },
    });
  });

  test('another root of the same size is a fork, another size is not comparable', async () => {
    const earlier = earlierRecordOf(await judge(pack));
    const [first, ...rest] = earlier.segments;
    if (first === undefined) expect.unreachable();
    const against = async (change: Partial<typeof first>): Promise<unknown> =>
      (await judge(pack, { earlier: { ...earlier, segments: [{ ...first, ...change }, ...rest] } })).verdicts.history;
    expect(await against({ root: `${'A'.repeat(43)}=` })).toBe('fork');
    expect(await against({ size: first.size - 1, closed: true })).toBe('fork');
    expect(await against({ size: first.size - 1 })).toBe('not_compared');
    expect(await against({ size: first.size + 1 })).toBe('not_compared');
  });
});

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { directorySink } from '../../exporters/segment-file.ts';
import { AuditLog, verifyPath, type Report, type Sink } from '../../src/index.ts';
import { directoryLog, KEY, LOG, SIGNER, temporaryFolder } from '../log.ts';
import { note } from './judged.ts';

const keys = [KEY.vkey];

/** Disclosures that are not what they should be, in the directory of a log: none of them stands for anything. */
async function withDisclosures(change: (lines: string[]) => readonly string[] | string): Promise<Report> {
  const directory = temporaryFolder();
  const audit = directoryLog(directory, { capture: { decisionInput: 'withheld' } });
  for (let index = 0; index < 8; index++) audit.decision({ input: { index } }, () => {});
  await audit.close();
  const path = join(directory, readdirSync(directory).find((name) => name.includes('.disclosures.')) ?? '');
  const changed = change(readFileSync(path, 'utf8').split('\n').slice(0, -1));
  writeFileSync(path, typeof changed === 'string' ? changed : changed.map((line) => `${line}\n`).join(''));
  const report = await verifyPath(directory, { keys, name: 'log' });
  const files = readdirSync(directory).sort();
  note(
    'directory',
    files.map((name) => [name, readFileSync(join(directory, name))] as const),
    { keys },
    report,
  );
  return report;
}

const reversed = (text: string): string => text.split('').reverse().join('');

describe('disclosures in a directory', () => {
  test.each<[string, (lines: string[]) => readonly string[] | string, Partial<Report['values']>]>([
    ['as they are', (lines) => lines, { disclosed: 8 }],
    ['in another order', (lines) => lines.toReversed(), { disclosed: 8 }],
    ['twice', (lines) => [...lines, ...lines], { disclosed: 8 }],
    ['some of them', (lines) => lines.slice(2), { disclosed: 6, withheld: 2 }],
    ['none of them', () => [], { withheld: 8 }],
    ['with one that is torn', (lines) => lines.join('\n'), { disclosed: 7, withheld: 1, unaccounted: 1 }],
    [
      'with lines that are none',
      (lines) => ['', '{}', 'x'.repeat(3_000_000), '[]', ...lines],
      { disclosed: 8, unaccounted: 4 },
    ],
    [
      'of an entry that was never written',
      (lines) => [...lines, (lines[0] ?? '').replace(/"seq":\d+/, '"seq":999')],
      { disclosed: 8, unaccounted: 1 },
    ],
    [
      'of another value',
      (lines) =>
        lines.map((line) =>
          line.replace(/"disclosure":"([^"]*)"/, (_, text: string) => `"disclosure":"${reversed(text)}"`),
        ),
      { withheld: 8, unaccounted: 8 },
    ],
    [
      'of another entry',
      (lines) => lines.map((line) => line.replace(/"seq":(\d+)/, (_, seq) => `"seq":${Number(seq) + 2}`)),
      { withheld: 8, unaccounted: 8 },
    ],
    [
      'at another pointer',
      (lines) => lines.map((line) => line.replace('/payload/input', '/payload/outcome')),
      { withheld: 8, unaccounted: 8 },
    ],
    ['spelled otherwise', (lines) => lines.map((line) => line.replace('{', '{ ')), { withheld: 8, unaccounted: 8 }],
  ])('%s', async (_, change, wanted) => {
    const report = await withDisclosures(change);
    const values = { disclosed: 0, withheld: 0, erased: 0, failed: 0, unaccounted: 0, ...wanted };
    expect(report).toMatchObject({ ok: true, values, problems: [] });
    expect(report.notices.some(({ code }) => code === 'unaccounted_disclosures')).toBe(values.unaccounted > 0);
  });

  test('no flipped bit makes another value of one', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory, { capture: { decisionInput: 'withheld' } });
    for (const input of ['a', 'b']) audit.decision({ input }, () => {});
    await audit.close();
    const path = join(directory, readdirSync(directory).find((name) => name.includes('.disclosures.')) ?? '');
    const bytes = readFileSync(path);
    for (const [index, byte] of bytes.entries()) {
      const flipped = Buffer.from(bytes);
      flipped[index] = byte ^ (1 << (index % 8));
      writeFileSync(path, flipped);
      const { values } = await verifyPath(directory, { keys });
      expect(values.disclosed, `byte ${index}`).toBeLessThan(2);
      expect(values.disclosed + values.withheld).toBe(2);
      expect(values.unaccounted).toBeGreaterThan(0);
    }
  });

  test('more of them than are read ahead', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory, { capture: { decisionInput: 'withheld' } });
    for (let index = 0; index < 10_000; index++)
      audit.append('decision', { type: 'decision', payload: { input: index } });
    await audit.close();
    expect((await verifyPath(directory, { keys })).values.disclosed).toBe(10_000);
  });
});

describe('a value whose entry cannot be written', () => {
  test('is left behind, ignored and counted, and the log says what it lost', async () => {
    const directory = temporaryFolder();
    const sink = directorySink(directory);
    let broken = false;
    const create: Sink['create'] = (segment) => {
      const writer = sink.create(segment);
      return {
        append(bytes) {
          if (broken) throw new Error('the disk is full');
          writer.append(bytes);
        },
        disclose: (bytes) => writer.disclose?.(bytes),
        get torn() {
          return writer.torn;
        },
        sync: () => writer.sync(),
        syncNow: () => writer.syncNow(),
        isInPlace: () => writer.isInPlace(),
        close: () => writer.close(),
      };
    };
    const capture = { decisionInput: 'withheld' } as const;
    const audit = new AuditLog({ system: 'test', log: LOG, signer: SIGNER, sink: { ...sink, create }, capture });
    audit.decision({ id: 'a', input: 'kept' }, () => {});
    broken = true;
    audit.decision({ id: 'b', input: 'lost' }, () => {});
    broken = false;
    audit.decision({ id: 'c', input: 'kept, too' }, () => {});
    await audit.close();
    const report = await verifyPath(directory, { keys });
    expect(report).toMatchObject({ ok: true, values: { disclosed: 2, withheld: 0, unaccounted: 1 } });
    expect(report.notices.map(({ code }) => code)).toContain('gap');
  });
});

describe('a log that is being written', () => {
  test('may disclose what is beyond the entries that were read', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory, { capture: { decisionInput: 'withheld' } });
    audit.decision({ input: 1 }, () => {});
    await audit.flush();
    const path = join(directory, readdirSync(directory).find((name) => name.includes('.disclosures.')) ?? '');
    const [line = ''] = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${line}\n${line.replace(/"seq":\d+/, '"seq":999')}\n`);
    const report = await verifyPath(directory, { keys, live: true });
    expect(report).toMatchObject({ ok: true, values: { disclosed: 1, unaccounted: 0 } });
    expect((await verifyPath(directory, { keys })).values.unaccounted).toBe(1);
    await audit.close();
  });
});

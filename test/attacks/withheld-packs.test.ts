import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { readLog, verifyPath, type ExportOptions, type Report } from '../../src/index.ts';
import type { JsonObject } from '../../src/json.ts';
import { digestOf } from '../../src/disclosure.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { applyDisclosures } from '../../src/verify/index.ts';
import { attested, packLines } from './forge.ts';
import { verify } from './judged.ts';
import { directoryLog, KEY, SIGNER, temporaryFolder } from '../log.ts';

const keys = [KEY.vkey];

/** A pack of two decisions with withheld input and output. */
async function packOf(options: ExportOptions = {}): Promise<string> {
  const folder = temporaryFolder();
  const audit = directoryLog(join(folder, 'audit'), {
    capture: { decisionInput: 'withheld', decisionOutput: 'withheld' },
  });
  for (const name of ['Alina', 'Bela']) {
    audit.decision({ id: name, input: { name } }, (d) => d.result('approved', { output: `for ${name}` }));
  }
  const path = join(folder, 'pack.jsonl');
  await audit.export(path, options);
  await audit.close();
  return path;
}

const text = (path: string): string => readFileSync(path, 'utf8');
const codes = (report: Report): string[] => report.problems.map(({ code }) => code);

type Line = Record<string, Record<string, string>>;

/** The pack with its lines changed and attested again, by whoever has the key. */
async function forged(path: string, change: (line: Line, index: number) => void): Promise<Report> {
  const lines = packLines(readFileSync(path)).map((line, index) => {
    const parsed = JSON.parse(line) as Line;
    if (parsed['entry']?.['sd'] === undefined) return line;
    const { entry, ...beside } = parsed;
    const before = JSON.stringify(beside);
    change(beside, index);
    if (JSON.stringify(beside) === before) return line;
    const sorted = Object.fromEntries(Object.entries(beside).sort(([left], [right]) => (left < right ? -1 : 1)));
    return `${JSON.stringify(sorted).slice(0, -1)},"entry":${JSON.stringify(entry)}}`;
  });
  return verify(attested(lines, SIGNER), { keys });
}

describe('a pack', () => {
  test('says of withheld values that they are, and holds none of them', async () => {
    const path = await packOf();
    const report = await verifyPath(path, { keys });
    expect(report).toMatchObject({
      ok: true,
      verdicts: { disclosure: 'withheld', mapping: 'yes' },
      values: { withheld: 4, disclosed: 0 },
    });
    expect(report.pack?.summary).toMatchObject({ withheld: 4, erased: 0, disclosed: 0 });
    expect(text(path)).toContain('"absent":{"/payload/input":"withheld"}');
    expect(text(path)).not.toContain('disclosures');
  });

  test.each([
    [['all'], 4],
    [['decisionInput'], 2],
    [['/payload/output'], 2],
    [['/payload/input/name'], 0],
    [['messages'], 0],
  ])('discloses %j', async (disclose, disclosed) => {
    const path = await packOf({ disclose });
    const report = await verifyPath(path, { keys });
    expect(codes(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, values: { disclosed, withheld: 4 - disclosed, failed: 0 } });
    expect(report.verdicts.disclosure).toBe(disclosed === 4 ? 'disclosed' : 'withheld');
    expect((await verify(readFileSync(path), { keys })).values.disclosed).toBe(disclosed);
  });

  test('of one decision holds those of its entries', async () => {
    const path = await packOf({ decision: 'Alina', disclose: ['decisionInput'] });
    const report = await verifyPath(path, { keys });
    expect(codes(report)).toEqual([]);
    expect(report).toMatchObject({
      ok: true,
      verdicts: { completeness: 'selection', disclosure: 'withheld' },
      values: { disclosed: 1, withheld: 1, failed: 0 },
    });
    expect(text(path)).toMatch(/^\{"audit_path":\[[^\]]*\],"controls".*"disclosures":\{"\/payload\/input"/m);
    expect(text(path)).not.toContain('Bela');
  });

  test('is recorded with what it discloses', async () => {
    const path = await packOf({ disclose: ['decisionInput'] });
    const custody: unknown[] = [];
    for await (const { type, payload } of readLog(join(path, '..', 'audit')))
      if (type === 'custody') custody.push(payload);
    expect(custody).toMatchObject([{ action: 'exported', selection: { kind: 'all', disclosed: ['decisionInput'] } }]);
  });

  test('refuses what is neither a pointer nor a kind', async () => {
    await expect(packOf({ disclose: ['decisionInputs'] })).rejects.toThrow(/did you mean `?decisionInput/i);
    await expect(packOf({ disclose: ['/payload/outcome'] })).rejects.toThrow(/is never withheld/);
    await expect(packOf({ disclose: ['/ts'] })).rejects.toThrow(/no pointer/);
  });
});

/** A disclosure of another entry of the pack. */
function other(path: string, mine: string | undefined): string {
  const all = [...text(path).matchAll(/"disclosures":\{"[^"]*":"([^"]*)"/g)].map(([, disclosure]) => disclosure ?? '');
  const [found] = all.filter((disclosure) => disclosure !== mine);
  if (found === undefined) throw new Error('nothing is disclosed');
  return found;
}

describe('a forged disclosure', () => {
  const attacks: readonly [string, (line: Line, path: string) => void, string][] = [
    [
      'of another entry',
      (line, path) =>
        (line['disclosures'] = Object.fromEntries(
          Object.entries(line['disclosures'] ?? {}).map(([pointer, mine]) => [pointer, other(path, mine)]),
        )),
      'disclosure_digest',
    ],
    [
      'of a field that is there',
      (line) => (line['disclosures'] = { ...line['disclosures'], '/payload/result': 'AA' }),
      'disclosure_pointer',
    ],
    [
      'of the outcome',
      (line) => (line['disclosures'] = { ...line['disclosures'], '/payload/outcome': 'AA' }),
      'disclosure_pointer',
    ],
    [
      'of a prototype',
      (line) => (line['disclosures'] = JSON.parse(`{"__proto__":"AA","x":"AA"}`) as Record<string, string>),
      'disclosure_pointer',
    ],
    [
      'that is also absent',
      (line) =>
        (line['absent'] = Object.fromEntries(
          Object.keys(line['disclosures'] ?? {}).map((pointer) => [pointer, 'withheld']),
        )),
      'disclosure_pointer',
    ],
    ['that is left out', (line) => delete line['disclosures'], 'disclosure_pointer'],
    ['that is empty', (line) => (line['disclosures'] = {}), 'pack_line'],
    ['that is a number', (line) => (line['disclosures'] = { '/payload/input': 1 as unknown as string }), 'pack_line'],
    ['beside a word that there is not', (line) => (line['absent'] = { '/payload/input': 'lost' }), 'pack_line'],
    ['beside a further member', (line) => (line['further'] = {}), 'pack_line'],
  ];

  test.each(attacks)('%s is refused', async (_, change, code) => {
    const path = await packOf({ disclose: ['all'] });
    const report = await forged(path, (line) => change(line, path));
    expect(codes(report)).toContain(code);
    expect(report.ok).toBe(false);
  });

  test('and a value that is called erased, and that no erasure names', async () => {
    const report = await forged(await packOf(), (line) => {
      line['absent'] = Object.fromEntries(Object.keys(line['absent'] ?? {}).map((pointer) => [pointer, 'erased']));
    });
    expect(codes(report)).toContain('erasure_missing');
    expect(report.failed).toContain('disclosure');
  });
});

describe('applied', () => {
  test('a value stays what it is, whatever its names are', () => {
    const of = (value: string): string => Buffer.from(`["${'A'.repeat(22)}",${value}]`).toString('base64url');
    const hostile = of('{"__proto__":{"polluted":true}}');
    const entry: JsonObject = {
      payload: { data: { kept: 1 }, list: [{ a: 1 }, {}] },
      sd: {
        '/payload/data/x': digestOf(nodePrimitives, hostile),
        '/payload/list/1/b': digestOf(nodePrimitives, of('2')),
      },
    };
    const whole = applyDisclosures(entry, { '/payload/data/x': hostile, '/payload/list/1/b': of('2') });
    expect(JSON.stringify(whole['payload'])).toBe(
      '{"data":{"kept":1,"x":{"__proto__":{"polluted":true}}},"list":[{"a":1},{"b":2}]}',
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(entry['payload']).toEqual({ data: { kept: 1 }, list: [{ a: 1 }, {}] });
    expect(() => applyDisclosures(entry, { '/payload/data/x': of('2') })).toThrow(/not the one/);
    expect(() => applyDisclosures(entry, { '/payload/kept': of('2') })).toThrow(/not the one/);
  });
});

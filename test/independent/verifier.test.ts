import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ROOT_CONTEXT, trace, type Attributes, type Span } from '@opentelemetry/api';
import { fc } from '../fast-check.ts';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  AuditSpanProcessor,
  ed25519Signer,
  exportPack,
  generateKey,
  verify,
  verifyPath,
  type Report,
} from '../../src/index.ts';
import type { JsonValue } from '../../src/json.ts';
import { exitCode } from '../../src/verify/index.ts';
import { directorySink } from '../../exporters/segment-file.ts';
import { allCalls, badEnds, hardContent, openLog, otherWords } from '../schema/business-calls.ts';
import { catalogueDocument, frameworks } from '../../src/frameworks/index.ts';
import { DISCLAIMER } from '../../src/pack-header.ts';
import { PACKAGE_VERSION } from '../../src/version.ts';
import { canonicalize } from '../../src/canonical.ts';
import { readControlsFile } from '../../src/frameworks/controls-file.ts';
import { ATTACKS } from '../attacks/published.ts';
import { blocksOf } from '../docs/markdown.ts';

/**
 * A second verifier, in Python, written from docs/format.md alone: it judges as ours does. Then the document says all that
 * it takes.
 */
const VERIFIER = fileURLToPath(new URL('verify.py', import.meta.url));

const missing = [['python3', '--version', /^Python 3\.(9|\d\d)/]].flatMap(([tool, flag, wanted]) => {
  const { stdout } = spawnSync(tool as string, [flag as string], { encoding: 'utf8' });
  return (wanted as RegExp).test(stdout ?? '') ? [] : [tool];
});
const why = missing.length === 0 ? '' : ` (skipped: no ${missing.join(', no ')} on this machine)`;
if (why !== '') console.warn(`the verifier in Python${why}`);

const key = generateKey({ name: 'acme.example/loan-triage' });
const folder = mkdtempSync(join(tmpdir(), 'spanseal-independent-'));
const pack = join(folder, 'evidence.jsonl');
afterAll(() => rmSync(folder, { recursive: true }));

async function makePack(): Promise<void> {
  const signer = ed25519Signer({ privateKey: key.privateKey });
  const capture = { decisionInput: 'withheld', decisionOutput: 'withheld' } as const;
  const audit = openLog({ signer, capture }, directorySink(join(folder, 'audit')));
  await allCalls(audit);
  otherWords(audit);
  await audit.flush();
  await badEnds(audit);
  hardContent(audit);
  for (const id of ['shown', 'erased']) {
    audit.decision({ id, input: { name: id } }, (d) => d.result('approved', { output: `of ${id}` }));
  }
  await audit.erase({ decisionId: 'erased', trigger: 'legal_order' });
  await audit.roll();
  const provider = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit, { maxOpenSpans: 2 })] });
  const start = (operation: string, parent?: Span): Span => {
    const within = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
    const attributes = { 'gen_ai.operation.name': operation, 'gen_ai.request.temperature': 1e-7 };
    return provider.getTracer('test').startSpan(operation, { attributes }, within);
  };
  const reply: Attributes = { 'gen_ai.usage.input_tokens': 120, 'gen_ai.response.finish_reasons': ['stop'] };
  const outer = start('chat');
  start('chat', outer).setAttributes(reply).end();
  outer.setAttributes(reply).end();
  const [evicted] = [start('chat'), start('chat'), start('chat')];
  evicted?.setAttributes(reply).end();
  start('execute_tool').end();
  await provider.shutdown();
  await audit.export(pack, { purpose: 'internal_audit', disclose: ['decisionOutput'] });
}

type Replacement = string | ((match: string, ...groups: string[]) => string);

/** What a verifier of this version knows: the catalogue, and what it writes into packs. */
const known = join(folder, 'known.json');
writeFileSync(
  known,
  JSON.stringify({
    ...catalogueDocument(frameworks()),
    generator: { name: 'spanseal', version: PACKAGE_VERSION },
    disclaimer: DISCLAIMER,
  }),
);

interface Judgement {
  readonly exit: number;
  readonly verdicts: Readonly<Record<string, string>>;
  /** Codes with line and seq, in a fixed order. */
  readonly problems: readonly string[];
}

type Found = readonly [code: string, file: unknown, line: number | null, seq: number | null];

function judgement({
  exit,
  verdicts,
  problems,
}: Omit<Judgement, 'problems'> & { problems: readonly Found[] }): Judgement {
  const places = problems.map(([code, , line, seq]) => `${code} ${line ?? '-'}/${seq ?? '-'}`);
  return { exit, verdicts, problems: places.sort() };
}

function python(...args: readonly string[]): string {
  const options = { encoding: 'utf8', maxBuffer: 256 * 1_024 * 1_024 } as const;
  const { stdout, stderr } = spawnSync('python3', [VERIFIER, '--known', known, ...args], options);
  if (stdout === '') throw new Error(stderr);
  return stdout;
}

function ours(report: Report): Judgement {
  const problems = report.problems.map(({ code, file, line = null, seq = null }) => [code, file, line, seq] as const);
  return judgement({ exit: exitCode(report), verdicts: { ...report.verdicts }, problems });
}

/** What our verifier says of a pack, and what the one in Python does. */
async function judged(
  lines: readonly string[],
  catalogue = `${pack}.catalogue.json`,
): Promise<{ ours: Judgement; theirs: Judgement }> {
  const path = join(folder, 'judged.jsonl');
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  copyFileSync(catalogue, `${path}.catalogue.json`);
  const report = await verifyPath(path, { keys: [key.vkey] });
  const theirs = JSON.parse(python(path, '--key', key.vkey)) as Parameters<typeof judgement>[0];
  return { ours: ours(report), theirs: judgement(theirs) };
}

/** Both verifiers reject each of these packs, for the same problems in the same places. One process judges all. */
async function judgedAlike(
  catalogueFile: string,
  forgeries: readonly (readonly [what: string, lines: readonly string[]])[],
): Promise<void> {
  const catalogue = readFileSync(catalogueFile);
  const files = forgeries.map(([, lines]) => Buffer.from(lines.map((line) => `${line}\n`).join('')));
  const options = { keys: [key.vkey] };
  const cases = forgeries.map(([name], index) => ({
    name,
    kind: 'file',
    files: [
      ['pack.jsonl', index + 1],
      ['pack.jsonl.catalogue.json', 0],
    ],
    options,
  }));
  const corpus = join(folder, 'corpus.json');
  writeFileSync(
    corpus,
    JSON.stringify({ contents: [catalogue, ...files].map((bytes) => bytes.toString('base64')), cases }),
  );
  const said = python('--corpus', corpus).trimEnd().split('\n');
  for (const [index, [what]] of forgeries.entries()) {
    const bytes = files[index] ?? Buffer.alloc(0);
    const report = await verify(bytes, { ...options, catalogue: JSON.parse(catalogue.toString()) as JsonValue });
    const theirs = judgement(JSON.parse(said[index] ?? '') as Parameters<typeof judgement>[0]);
    expect([what, theirs]).toEqual([what, ours(report)]);
    expect([what, theirs.exit]).toEqual([what, 1]);
    expect(theirs.problems).not.toEqual([]);
  }
}

describe.skipIf(missing.length > 0)(`the verifier in Python${why}`, () => {
  let lines: readonly string[] = [];
  beforeAll(async () => {
    await makePack();
    lines = readFileSync(pack, 'utf8').split('\n').slice(0, -1);
  });

  test('says the same as ours of every file of the corpus: exit code, verdicts, and each problem with its place', () => {
    const rows = python('--corpus', 'test/vectors/attacks.json').trimEnd().split('\n');
    const said = rows.map((row) => JSON.parse(row) as { name: string } & Parameters<typeof judgement>[0]);
    expect(said.map(({ name }) => name)).toEqual(ATTACKS.map(({ name }) => name));
    for (const [index, { name, expected }] of ATTACKS.entries()) {
      const { exit, verdicts, problems } = expected as unknown as Parameters<typeof judgement>[0];
      const theirs = said[index];
      if (theirs === undefined) throw new Error('one line a case');
      expect([name, judgement(theirs)]).toEqual([name, judgement({ exit, verdicts, problems })]);
    }
    console.log(`the verifier in Python agrees on ${said.length} of ${ATTACKS.length} files of the corpus`);
  });

  test('accepts what ours accepts', async () => {
    const judgements = await judged(lines);
    expect(judgements.theirs).toEqual(judgements.ours);
    expect(judgements.ours).toMatchObject({ exit: 0, problems: [] });
    expect(lines.length).toBeGreaterThan(40);
  });

  test('accepts a decision pack, and rejects what ours rejects of it', async () => {
    const path = join(folder, 'decision.jsonl');
    const signer = ed25519Signer({ privateKey: key.privateKey });
    await exportPack(join(folder, 'audit'), path, { decision: 'shown', signer });
    const part = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    const changes: readonly ((line: string) => string)[] = [
      (line) => line.replace(/"audit_path":\["./, (found) => `${found.slice(0, -1)}${found.endsWith('A') ? 'B' : 'A'}`),
      (line) => line.replace(/"audit_path":\[[^\]]*\],?/, ''),
      (line) => line.replace('"decision_id":"shown"', '"decision_id":"other"'),
      (line) => line.replace(/"seq":(\d+)/, (_, seq: string) => `"seq":${Number(seq) + 1}`),
      (line) => line.replace('\\n\\n', '\\n\\n '),
      (line) => line.replace(/[a-z](?=")/, 'X'),
      () => '{}',
    ];
    const forged = part.flatMap((line, index) => [
      part.toSpliced(index, 1),
      part.toSpliced(index, 0, line),
      ...changes.flatMap((change) => (change(line) === line ? [] : [part.with(index, change(line))])),
    ]);
    expect(forged.length).toBeGreaterThan(40);
    expect(await judged(part, `${path}.catalogue.json`)).toMatchObject({ ours: { exit: 0 }, theirs: { exit: 0 } });
    await judgedAlike(
      `${path}.catalogue.json`,
      forged.map((lines, index) => [`forgery ${index}`, lines] as const),
    );
  });

  test('accepts a pack with frameworks of one’s own, and rejects what ours rejects of it', async () => {
    const path = join(folder, 'own.jsonl');
    const reading = readControlsFile(blocksOf('docs/frameworks.md').find(({ info }) => info === 'json')?.code ?? '');
    const controls = reading.ok ? reading.frameworks : [];
    const signer = ed25519Signer({ privateKey: key.privateKey });
    await exportPack(join(folder, 'audit'), path, { controls, signer });
    const own = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    const catalogue = `${path}.catalogue.json`;
    const sound = await judged(own, catalogue);
    expect(sound.theirs).toEqual(sound.ours);
    expect(sound.ours).toMatchObject({ exit: 0, problems: [], verdicts: { mapping: 'yes' } });
    const strength = own.findIndex((line) => line.includes('"ACME-AI-4.2":"contextual"'));
    const forged = own.with(
      strength,
      (own[strength] ?? '').replace('"ACME-AI-4.2":"contextual"', '"ACME-AI-4.2":"direct"'),
    );
    await judgedAlike(catalogue, [['a strength', forged]]);
    const altered = join(folder, 'altered.catalogue.json');
    writeFileSync(altered, readFileSync(catalogue, 'utf8').replace('Acme policy', 'Acme poliçy'));
    const other = await judged(own, altered);
    expect(other.theirs).toEqual(other.ours);
    expect(other.ours.problems).toEqual(['catalogue 1/-']);
  });

  test('writes numbers and texts as ours does', () => {
    const numbers = fc.oneof(
      fc.double({ noNaN: true, min: -(2 ** 53), max: 2 ** 53 }),
      fc.double({ noNaN: true, min: -1e-4, max: 1e-4 }),
      fc.maxSafeInteger(),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        numbers,
        fc.string({ unit: 'binary' }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any')),
        fc.dictionary(fc.string({ unit: 'binary' }), tie('any')),
      ),
    })).any;
    const values = fc.sample(value, { numRuns: 3_000, seed: 20261125 });
    const script =
      'import sys, json; from jcs import jcs\nfor line in sys.stdin: print(json.dumps(jcs(json.loads(line))))';
    const { stdout, stderr } = spawnSync('python3', ['-c', script], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      input: values.map((each) => `${JSON.stringify(each)}\n`).join(''),
      encoding: 'utf8',
      maxBuffer: 256 * 1_024 * 1_024,
    });
    expect(stderr).toBe('');
    const theirs = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as string);
    expect(theirs).toEqual(values.map((each) => canonicalize(JSON.parse(JSON.stringify(each)) as JsonValue)));
  });

  const at = (start: string): number => lines.findIndex((line) => line.startsWith(start));
  const entryOf = (type: string): number => lines.findIndex((line) => line.includes(`"type":"${type}"`));
  const lineWith = (text: RegExp): number => lines.findIndex((line) => text.test(line));
  const edited = (index: number, from: string | RegExp, to: Replacement): string[] => {
    expect(index).toBeGreaterThanOrEqual(0);
    const line = lines[index] ?? '';
    const changed = typeof to === 'string' ? line.replace(from, to) : line.replace(from, to);
    expect(changed).not.toBe(lines[index]);
    return lines.with(index, changed);
  };

  const otherBase64 = (line: string): string =>
    line.replace(/(— \S+ \S{20})(\S)/, (_, before: string, char: string) => before + (char === 'A' ? 'B' : 'A'));

  const FORGERIES: readonly (readonly [string, () => readonly string[]])[] = [
    ['an entry is changed', () => edited(entryOf('incident'), '"serious":true', '"serious":false')],
    ['words are changed', () => edited(entryOf('incident'), '"rolled back"', '"rolled out"')],
    ['an entry is spelled otherwise', () => edited(entryOf('incident'), '":true', '": true')],
    ['a key stands twice', () => edited(entryOf('incident'), '"v":1', '"v":1,"v":1')],
    ['an entry is left out', () => lines.toSpliced(entryOf('incident'), 1)],
    ['two entries change places', () => lines.with(5, lines[6] ?? '').with(6, lines[5] ?? '')],
    ['a control is left out', () => edited(entryOf('incident'), /"controls":\{.*?\},"entry"/, '"entry"')],
    ['a control is stronger', () => edited(entryOf('policy_flag'), /"(supporting|contextual)"/, '"direct"')],
    ['a total is higher', () => edited(at('{"summary"'), '"incidents":', '"incidents":1')],
    ['the environment is another', () => edited(0, '"production"', '"staging"')],
    ['the profile is another', () => edited(0, '"5b"', '"5c"')],
    ['a seal covers less', () => edited(entryOf('seal'), /\\n(\d+)\\n/, '\\n1\\n')],
    ['a signature is another', () => lines.with(entryOf('seal'), otherBase64(lines[entryOf('seal')] ?? ''))],
    ['the attestation is not signed', () => edited(lines.length - 1, /"signatures":\[.*\]/, '"signatures":[]')],
    ['the attested file is another', () => edited(0, '"internal_audit"', '"customer"')],
    [
      'a segment is left out',
      () => {
        const second = lines.findIndex((line, index) => index > 1 && line.startsWith('{"segment"'));
        return [...lines.slice(0, 1), ...lines.slice(second)];
      },
    ],
    ['the end is cut', () => lines.slice(0, -2)],
    [
      'a withheld value is called erased',
      () => edited(lineWith(/"absent":\{[^}]*"withheld"/), '"withheld"', '"erased"'),
    ],
    [
      'an erased value is called withheld',
      () => edited(lineWith(/"absent":\{[^}]*"erased"/), '"erased"', '"withheld"'),
    ],
    [
      'nothing is said of a withheld value',
      () => edited(lineWith(/"absent":\{[^}]*"withheld"/), /"absent":\{[^}]*\},/, ''),
    ],
    [
      'another value is disclosed',
      () =>
        edited(
          lineWith(/"disclosures":\{/),
          /("disclosures":\{"[^"]*":"\w{40})(\w)/,
          (_, before: string, char: string) => before + (char === 'A' ? 'B' : 'A'),
        ),
    ],
  ];

  test('rejects what ours rejects, in the same words', async () => {
    await judgedAlike(
      `${pack}.catalogue.json`,
      FORGERIES.map(([what, change]) => [what, change()] as const),
    );
  });
});

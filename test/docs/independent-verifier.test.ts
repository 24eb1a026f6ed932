import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT_CONTEXT, trace, type Attributes, type Span } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { AuditSpanProcessor, ed25519Signer, generateKey, verifyPath } from '../../src/index.ts';
import { directorySink } from '../../exporters/segment-file.ts';
import { allCalls, badEnds, hardContent, openLog, otherWords } from '../schema/business-calls.ts';
import { ROOT } from './markdown.ts';

/**
 * A second verifier, in Python, written from docs/format.md alone: it judges packs as ours does. Then the document says
 * all that it takes.
 */

const missing = [
  ['python3', '--version', /^Python 3\.(9|\d\d)/],
  ['openssl', 'version', /^OpenSSL [3-9]/],
].flatMap(([tool, flag, wanted]) => {
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

/** Whether our verifier and the one in Python accept a pack. */
async function judged(lines: readonly string[]): Promise<{ ours: boolean; theirs: boolean; said: string }> {
  const path = join(folder, 'judged.jsonl');
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  copyFileSync(`${pack}.catalogue.json`, `${path}.catalogue.json`);
  const { ok } = await verifyPath(path, { keys: [key.vkey] });
  const python = spawnSync('python3', [join(ROOT, 'test/docs/verify_pack.py'), path, key.vkey], { encoding: 'utf8' });
  return { ours: ok, theirs: python.status === 0, said: python.stdout + python.stderr };
}

describe.skipIf(missing.length > 0)(`the verifier in Python${why}`, () => {
  let lines: readonly string[] = [];
  beforeAll(async () => {
    await makePack();
    lines = readFileSync(pack, 'utf8').split('\n').slice(0, -1);
  });

  test('accepts what ours accepts, and counts the same', async () => {
    const { ours, theirs, said } = await judged(lines);
    const { entries, segments } = await verifyPath(pack, { keys: [key.vkey] });
    expect([ours, theirs, said]).toEqual([true, true, `holds: ${entries} entries in ${segments.length} segments\n`]);
    expect(entries).toBeGreaterThan(40);
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

  test.each<readonly [string, string, () => readonly string[]]>([
    [
      'an entry is changed',
      'controls of entry',
      () => edited(entryOf('incident'), '"serious":true', '"serious":false'),
    ],
    ['words are changed', 'chain', () => edited(entryOf('incident'), '"rolled back"', '"rolled out"')],
    ['an entry is spelled otherwise', 'not canonical', () => edited(entryOf('incident'), '":true', '": true')],
    ['a key stands twice', 'not canonical', () => edited(entryOf('incident'), '"v":1', '"v":1,"v":1')],
    ['an entry is left out', 'chain', () => lines.toSpliced(entryOf('incident'), 1)],
    ['two entries change places', 'chain', () => lines.with(5, lines[6] ?? '').with(6, lines[5] ?? '')],
    ['a control is left out', 'controls', () => edited(entryOf('incident'), /"controls":\{.*?\},"entry"/, '"entry"')],
    [
      'a control is stronger',
      'controls',
      () => edited(entryOf('policy_flag'), /"(supporting|contextual)"/, '"direct"'),
    ],
    ['a total is higher', 'summary', () => edited(at('{"summary"'), '"incidents":', '"incidents":1')],
    ['the environment is another', 'header declares', () => edited(0, '"production"', '"staging"')],
    ['the profile is another', 'profile', () => edited(0, '"5b"', '"5c"')],
    ['a seal covers less', 'root of a seal', () => edited(entryOf('seal'), /\\n(\d+)\\n/, '\\n1\\n')],
    [
      'a signature is another',
      'signature of a seal',
      () => lines.with(entryOf('seal'), otherBase64(lines[entryOf('seal')] ?? '')),
    ],
    [
      'the attestation is not signed',
      'signature',
      () => edited(lines.length - 1, /"signatures":\[.*\]/, '"signatures":[]'),
    ],
    ['the attested file is another', 'digest', () => edited(0, '"internal_audit"', '"customer"')],
    [
      'a segment is left out',
      'gone',
      () => {
        const second = lines.findIndex((line, index) => index > 1 && line.startsWith('{"segment"'));
        return [...lines.slice(0, 1), ...lines.slice(second)];
      },
    ],
    ['the end is cut', 'open', () => lines.slice(0, -2)],
    [
      'a withheld value is called erased',
      'called erased',
      () => edited(lineWith(/"absent":\{[^}]*"withheld"/), '"withheld"', '"erased"'),
    ],
    [
      'an erased value is called withheld',
      'was erased',
      () => edited(lineWith(/"absent":\{[^}]*"erased"/), '"erased"', '"withheld"'),
    ],
    [
      'nothing is said of a withheld value',
      'said of withheld values',
      () => edited(lineWith(/"absent":\{[^}]*"withheld"/), /"absent":\{[^}]*\},/, ''),
    ],
    [
      'another value is disclosed',
      'disclosed',
      () =>
        edited(
          lineWith(/"disclosures":\{/),
          /("disclosures":\{"[^"]*":"\w{40})(\w)/,
          (_, before: string, char: string) => before + (char === 'A' ? 'B' : 'A'),
        ),
    ],
  ])('rejects what ours rejects: %s', async (_, reason, change) => {
    const { ours, theirs, said } = await judged(change());
    expect([ours, theirs]).toEqual([false, false]);
    expect(said).toMatch(/^FAILS: /);
    expect(said).toContain(reason);
  });
});

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { withDisclosures, digestOf, disclosedValue } from '../../src/disclosure.ts';
import { AuditLog, memorySink, verify, verifyPath, type Entry, type MemorySink } from '../../src/index.ts';
import type { JsonObject } from '../../src/json.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { directoryLog, KEY, memoryLog, ofType, temporaryFolder } from '../log.ts';
import { disclosuresIn } from './disclosures.ts';

const keys = [KEY.vkey];

const EVERYTHING = {
  messages: 'withheld',
  toolArguments: 'withheld',
  toolResults: 'withheld',
  decisionInput: 'withheld',
  decisionOutput: 'withheld',
  retrieval: 'withheld',
} as const;

/** The one entry of a type, with what was withheld put back. */
function whole(sink: MemorySink, type: Entry['type']): JsonObject {
  const [entry] = ofType(sink.entries(), type);
  if (entry === undefined) throw new Error(`no ${type}`);
  const [segment = ''] = sink.list();
  const given = disclosuresIn(sink, segment).filter(({ seq }) => seq === entry.seq);
  const disclosures = Object.fromEntries(given.map(({ pointer, disclosure }) => [pointer, disclosure]));
  return withDisclosures(nodePrimitives, entry as unknown as JsonObject, disclosures);
}

describe('each kind of content', () => {
  test('leaves the entry, and stands in the disclosures under its digest', async () => {
    const { audit, sink } = memoryLog({ capture: EVERYTHING });
    audit.decision({ input: { name: 'Alina' }, actor: 'agent' }, (d) => {
      d.result('approved', { output: ['certainly so', 1] });
      d.humanOversight({ action: 'approved', note: 'told her by telephone' });
      d.contextAssembly({ query: 'income', documents: [{ id: 'd1', score: 1, content: 'payslip', source: 's' }] });
    });
    audit.append('llm_call', {
      type: 'llm_call',
      payload: { outcome: 'ok', input_messages: ['hi'], request_model: 'm' },
    });
    audit.append('tool_call', {
      type: 'tool_call',
      payload: { name: 't', outcome: 'ok', arguments: { a: 1 }, result: 'r' },
    });
    audit.append('message_content', { type: 'message_content', payload: { role: 'user', parts: ['part'] } });
    await audit.close();
    const log = sink.entries();
    const shown = JSON.stringify(log);
    for (const value of ['Alina', 'certainly so', 'telephone', 'income', 'payslip', 'hi"', 'part"'])
      expect(shown).not.toContain(value);
    const pointers = (type: Entry['type']): string[] =>
      Object.keys((ofType(log, type)[0] as { sd?: Record<string, string> } | undefined)?.sd ?? {});
    expect(pointers('decision')).toEqual(['/payload/input']);
    expect(pointers('decision_end')).toEqual(['/payload/output']);
    expect(pointers('human_oversight')).toEqual(['/payload/note']);
    expect(pointers('context_assembly')).toEqual([
      '/payload/documents/0/content',
      '/payload/documents/0/source',
      '/payload/query',
    ]);
    expect(pointers('llm_call')).toEqual(['/payload/input_messages']);
    expect(pointers('tool_call')).toEqual(['/payload/arguments', '/payload/result']);
    expect(pointers('message_content')).toEqual(['/payload/parts']);
    // Which documents they were is said as ever.
    expect(ofType(log, 'context_assembly')[0]?.payload.documents).toEqual([{ id: 'd1', score: 1 }]);
    expect(ofType(log, 'decision_end')[0]?.payload.result).toBe('approved');
    expect(ofType(log, 'audit_open')[0]?.payload['capture']).toMatchObject({
      messages: 'withheld',
      decision_input: 'withheld',
    });
    expect(whole(sink, 'decision')['payload']).toMatchObject({ input: { name: 'Alina' }, actor: 'agent' });
    expect(whole(sink, 'context_assembly')['payload']).toMatchObject({
      query: 'income',
      documents: [{ id: 'd1', score: 1, content: 'payslip', source: 's' }],
    });
    const [segment = ''] = sink.list();
    const disclosures = sink.disclosures?.open(segment);
    expect(disclosures?.bytes).toBeGreaterThan(0);
    const salts = disclosuresIn(sink, segment).map(({ disclosure }) => Buffer.from(disclosure, 'base64url').toString());
    expect(new Set(salts.map((text) => text.slice(2, 24))).size).toBe(10);
  });

  test('is redacted before it is withheld, and what normalising changed is said of the whole', async () => {
    const { audit, sink } = memoryLog({ capture: { decisionInput: 'withheld' } });
    audit.decision({ input: { mail: 'jo@example.org', 'jo@example.org': undefined, at: new Date(0) } }, () => {});
    await audit.close();
    const [decision] = ofType(sink.entries(), 'decision');
    expect(decision?.lossy).toEqual({ '/payload/input': 'undefined' });
    expect(JSON.stringify(whole(sink, 'decision'))).not.toContain('example.org');
    expect(ofType(sink.entries(), 'policy_flag')).toHaveLength(1);
  });

  test('in a directory: files of the mode of segments, and a directory that verifies', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory, { capture: { decisionInput: 'withheld', decisionOutput: 'withheld' } });
    for (let index = 0; index < 50; index++) {
      audit.decision({ input: { index } }, (d) => d.result('done', { output: 'ü'.repeat(index) }));
    }
    await audit.close();
    const [disclosures = '', segment = ''] = readdirSync(directory).sort();
    expect(disclosures).toBe(segment.replace('.jsonl', '.disclosures.jsonl'));
    expect(statSync(join(directory, disclosures)).mode & 0o777).toBe(0o600);
    const report = await verifyPath(directory, { keys });
    expect(report).toMatchObject({
      ok: true,
      verdicts: { disclosure: 'disclosed', completeness: 'holds' },
      values: { disclosed: 100, withheld: 0, erased: 0, failed: 0, unaccounted: 0 },
    });
    expect(report.notices.filter(({ code }) => code === 'other_file')).toEqual([]);
    // By itself, with what lies beside it, and without.
    expect((await verifyPath(join(directory, segment), { keys })).values.disclosed).toBe(100);
    const bytes = readFileSync(join(directory, segment));
    expect((await verify(bytes, { keys })).verdicts.disclosure).toBe('withheld');
    expect(
      (await verify(bytes, { keys, disclosures: readFileSync(join(directory, disclosures)) })).values.disclosed,
    ).toBe(100);
  });

  test('of a log that withholds nothing there is no further file, and no `sd`', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory);
    audit.decision({ input: 'x' }, () => {});
    await audit.close();
    expect(readdirSync(directory)).toHaveLength(1);
    expect(readFileSync(join(directory, readdirSync(directory)[0] ?? ''), 'utf8')).not.toContain('"sd"');
    expect((await verifyPath(directory, { keys })).verdicts.disclosure).toBe('nothing_withheld');
  });

  test('needs a sink that keeps it', () => {
    const { disclosures: _, ...sink } = memorySink();
    const options = { system: 'x', sink, warnUnsigned: false };
    expect(() => new AuditLog({ ...options, capture: { messages: 'withheld' } })).toThrow(/keeps no withheld values/);
    expect(() => new AuditLog({ ...options, overflow: 'withhold' })).toThrow(/keeps no withheld values/);
    expect(() => new AuditLog({ ...options, capture: { messages: 'witheld' as never } })).toThrow(
      /'none' or 'inline' or 'withheld'/,
    );
  });
});

describe('content that a line cannot hold', () => {
  const long = { text: 'x'.repeat(100_000) };

  test('is cut by default, and withheld whole where that is asked for', async () => {
    for (const overflow of ['cut', 'withhold'] as const) {
      const { audit, sink } = memoryLog({ overflow });
      audit.decision({ input: long, actor: 'agent', data: { small: 1 } }, () => {});
      await audit.close();
      const [decision] = ofType(sink.entries(), 'decision');
      if (overflow === 'cut') {
        expect(decision?.lossy).toEqual({ '/payload/input/text': 'cut:100000' });
        expect(decision?.sd).toBeUndefined();
      } else {
        expect(decision?.lossy).toBeUndefined();
        expect(Object.keys(decision?.sd ?? {})).toEqual(['/payload/input']);
        expect(decision?.payload).toMatchObject({ actor: 'agent', data: { small: 1 } });
        expect(whole(sink, 'decision')['payload']).toMatchObject({ input: long });
      }
    }
  });

  test('of free data too; what is no content is cut', async () => {
    const { audit, sink } = memoryLog({ overflow: 'withhold' });
    audit.record(long);
    audit.flag('y'.repeat(100_000));
    await audit.close();
    expect(whole(sink, 'decision_record')['payload']).toEqual({ data: long });
    expect(ofType(sink.entries(), 'policy_flag')[0]).toMatchObject({ lossy: { '/payload/reason': 'cut:100000' } });
  });

  test('and that a disclosure cannot hold is cut in it', async () => {
    const { audit, sink } = memoryLog({ capture: { decisionInput: 'withheld' } });
    const texts = Array.from({ length: 20 }, (_, index) => `${index} ${'ü'.repeat(60_000)}`);
    audit.decision({ input: texts }, () => {});
    await audit.close();
    const [decision] = ofType(sink.entries(), 'decision');
    expect(decision?.lossy?.['/payload/input']).toMatch(/^cut:24\d{5}$/);
    const disclosure = disclosuresIn(sink, sink.list()[0] ?? '')[0]?.disclosure ?? '';
    expect(disclosure.length).toBeLessThanOrEqual(1_048_576);
    expect(disclosure.length).toBeGreaterThan(1_000_000);
    expect(disclosedValue(disclosure)?.value).toHaveLength(20);
    expect(digestOf(nodePrimitives, disclosure)).toBe(decision?.sd?.['/payload/input']);
  });
});

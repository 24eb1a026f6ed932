import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';

import { beforeAll, describe, expect, test } from 'vitest';

import { importActtrace, readLog, verifyPath, type Entry } from '../../src/index.ts';
import { expectHarmless, expectToFit, HOSTILE, makeKey, spanseal, testFolder } from '../cli/spanseal.ts';
import { memoryLog, ofType } from '../log.ts';
import { chainLines, fileOf, spaced } from './chain.ts';

const { folder, at } = testFolder();
const PASSPHRASE = 'a passphrase';
const lines = chainLines({ key: PASSPHRASE });
let key: ReturnType<typeof makeKey>;

beforeAll(() => {
  key = makeKey(folder);
  writeFileSync(at('chain.jsonl'), fileOf(lines));
  writeFileSync(at('log.jsonl'), fileOf(chainLines({ header: false })));
  writeFileSync(at('acttrace.key'), `${PASSPHRASE}\n`, { mode: 0o600 });
  writeFileSync(at('open.key'), PASSPHRASE, { mode: 0o644 });
  writeFileSync(at('forged.jsonl'), fileOf(lines.map((line) => line.replace('"llm_calls": 1', '"llm_calls": 2'))));
});

describe('spanseal verify', () => {
  test('knows a pack of acttrace, and says what it leaves open', async () => {
    const { code, stdout, stderr } = await spanseal(['verify', at('chain.jsonl'), '--hmac-key', at('acttrace.key')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Evidence pack of acttrace \(acttrace-chain\/1\) chain\.jsonl\n/);
    expect(stdout).toMatch(/authenticity +shared_key/);
    expect(stdout).toMatch(/acttrace Python +accepts +ok: 6 entries/);
    expect(stdout).toMatch(/acttrace JS +accepts +ok: 6 entries/);
    expect(stdout).toMatch(/strictly +holds/);
    for (const part of ['_meta.summary', 'controls of each entry', 'spelling', 'who', 'when']) {
      expect(stdout).toContain(`  ${part} `);
    }
    expectToFit(stdout);
    expect((await spanseal(['verify', at('chain.jsonl')])).code).toBe(0);
  });

  test('fails where acttrace accepts, and prints both', async () => {
    const { code, stdout } = await spanseal(['verify', at('forged.jsonl'), '--hmac-key', at('acttrace.key')]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/acttrace Python +accepts/);
    expect(stdout).toMatch(/strictly +fails/);
    expect(stdout).toMatch(/summary\n +The totals were changed/);
    expect(stdout).toContain('Result: FAILS');
    const json = await spanseal(['verify', at('forged.jsonl'), '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'acttrace', ok: false, problemCounts: { summary: 1 } });
  });

  test('fails for a log without a header: its end may be gone', async () => {
    const { code, stdout } = await spanseal(['verify', at('log.jsonl')]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Log of acttrace/);
    expect(stdout).toContain('meta_missing');
  });

  test('takes no forged entry of ours for one of these', async () => {
    const entry = '{"payload":{},"prev_hash":"","seq":0,"ts":"","type":"audit_open"}';
    writeFileSync(at('ours.jsonl'), `${entry}\n`);
    expect((await spanseal(['verify', at('ours.jsonl'), '--key', key.vkey])).stdout).toContain('entry_shape');
  });

  test('prints nothing that a terminal obeys', async () => {
    const entries = [{ type: `x${HOSTILE}`, payload: { x: HOSTILE } }];
    writeFileSync(at('hostile.jsonl'), fileOf([...chainLines({ entries }), '{"seq": "\\u001b[2J"}']));
    const { code, stdout } = await spanseal(['verify', at('hostile.jsonl')]);
    expect(code).toBe(1);
    expectHarmless(stdout);
  });

  test('says what does not apply, and what is no key', async () => {
    for (const option of [['--key', key.vkey], ['--live'], ['--for', 'audit']]) {
      const { code, stderr } = await spanseal(['verify', at('chain.jsonl'), ...option]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(`${option[0]} says nothing of a chain of acttrace`)]);
    }
    const open = await spanseal(['verify', at('chain.jsonl'), '--hmac-key', at('open.key')]);
    expect([open.code, open.stderr]).toEqual([3, expect.stringContaining('chmod')]);
    const twice = ['--hmac-key', at('acttrace.key'), '--hmac-key', at('acttrace.key')];
    expect((await spanseal(['verify', at('chain.jsonl'), ...twice])).code).toBe(2);
  });
});

/** What an entry of the chain was, out of what was imported of it. */
function originalBody({ payload, seq, ts, type, spelling = {} }: Record<string, unknown>): string {
  const write = (value: unknown, pointer: string): string => {
    const spelled = (spelling as Record<string, string>)[pointer];
    if (spelled !== undefined) return spelled;
    if (Array.isArray(value)) return `[${value.map((item, index) => write(item, `${pointer}/${index}`)).join(',')}]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${write(member, `${pointer}/${name}`)}`).join(',')}}`;
  };
  return `{"payload":${write(payload, '')},"seq":${String(seq)},"ts":${JSON.stringify(ts)},"type":${JSON.stringify(type)}}`;
}

describe('spanseal import acttrace', () => {
  const given = (file: string, into: string): string[] => ['import', 'acttrace', at(file), '--into', at(into)];

  test('brings a chain into a new log, with the hashes of its lines', async () => {
    const args = [...given('chain.jsonl', 'audit'), '--hmac-key', at('acttrace.key'), '--signer', key.keyFile];
    const { code, stdout, stderr } = await spanseal([...args, '--performed-by', 'u-1']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^6 entries of chain\.jsonl imported, from \S+:1 to \S+:\d+\./);
    expect(await verifyPath(at('audit'), { keys: [key.vkey] })).toMatchObject({ ok: true, problems: [] });

    const entries: Entry[] = [];
    for await (const entry of readLog(at('audit'))) entries.push(entry);
    const records = ofType(entries, 'decision_record').map(({ payload, decision_id: id }) => ({
      id,
      data: payload.data as Record<string, Record<string, unknown>>,
    }));
    expect(records[0]?.data['import']).toMatchObject({
      format: 'acttrace-chain/1',
      sha256: createHash('sha256').update(fileOf(lines)).digest('hex'),
      entries: 6,
      system: 'refund-bot',
      authenticity: 'shared_key',
      holds: true,
    });
    let previous = '0'.repeat(64);
    for (const [index, { id, data }] of records.slice(1).entries()) {
      const { acttrace = {} } = data;
      expect(acttrace['line_sha256']).toBe(
        createHash('sha256')
          .update(lines[index + 1] ?? '')
          .digest('hex'),
      );
      // The chain can be computed anew from what the log holds: 1000.0 has not become 1000.
      const hash = createHash('sha256')
        .update(previous + originalBody(acttrace))
        .digest('hex');
      expect(acttrace['hash']).toBe(hash);
      previous = hash;
      expect(id).toBe(index === 0 ? undefined : 'd1');
    }
    expect(ofType(entries, 'reconciliation')[0]?.payload).toMatchObject({
      metric: 'entries',
      expected: 6,
      recorded: 6,
      difference: 0,
      performed_by: 'u-1',
    });
    // Into the same log once more.
    expect((await spanseal([...given('chain.jsonl', 'audit'), '--signer', key.keyFile, '--json'])).code).toBe(0);
    expect(await verifyPath(at('audit'), { keys: [key.vkey] })).toMatchObject({ ok: true, segments: [{}, {}] });
  });

  test('refuses what does not hold, unless it is to be imported as it was found', async () => {
    const refused = await spanseal([...given('forged.jsonl', 'found'), '--signer', key.keyFile]);
    expect([refused.code, refused.stderr.replace(/\s+/g, ' ')]).toEqual([
      1,
      expect.stringContaining('does not hold (line 1: summary'),
    ]);
    const found = await spanseal([...given('forged.jsonl', 'found'), '--signer', key.keyFile, '--as-found']);
    expect([found.code, found.stdout.replace(/\s+/g, ' ')]).toEqual([
      0,
      expect.stringContaining('It does not hold, and'),
    ]);
    expect(await verifyPath(at('found'), { keys: [key.vkey] })).toMatchObject({ ok: true });
  });

  test('says what is wrong', async () => {
    const rows: readonly (readonly [number, RegExp, ...string[]])[] = [
      [2, /needs <file>/, 'import', 'acttrace'],
      [2, /needs --into/, 'import', 'acttrace', at('chain.jsonl')],
      [2, /There is no import of vaara/, 'import', 'vaara', at('chain.jsonl'), '--into', at('x')],
      [2, /is no log and no pack of acttrace/, 'import', 'acttrace', key.vkeyFile, '--into', at('x')],
      [2, /give its private key/, 'import', 'acttrace', at('chain.jsonl'), '--into', at('found')],
    ];
    for (const [code, why, ...args] of rows) {
      const ended = await spanseal(args);
      expect([ended.code, ended.stderr.replace(/\s+/g, ' ')]).toEqual([code, expect.stringMatching(why)]);
    }
    expect(readdirSync(folder)).not.toContain('x');
  });

  test('notices a file that changes meanwhile', async () => {
    const { audit } = memoryLog();
    let reads = 0;
    const bytes = async function* () {
      yield fileOf(reads++ === 0 ? lines : lines.slice(0, -1));
    };
    await expect(importActtrace(audit, { bytes, name: 'x' })).rejects.toMatchObject({ code: 'LOG_INVALID' });
    await audit.close();
  });

  test('takes a payload that is called as our own members are, and numbers that JSON has not', async () => {
    const { audit, sink } = memoryLog();
    const payload = { 'a/b~c': 'float:1e400', big: 2 ** 60, decision_id: 7, data: null };
    const file = chainLines({ entries: [{ type: 'x', payload }] });
    const bytes = async function* () {
      yield fileOf(file);
    };
    expect(spaced('{"a":1}')).toBe('{"a": 1}');
    await importActtrace(audit, { bytes, name: 'x', asFound: true });
    await audit.close();
    const [, , entry] = ofType(sink.entries(), 'decision_record');
    const { acttrace } = (entry?.payload.data ?? {}) as Record<string, Record<string, unknown>>;
    expect(acttrace?.['spelling']).toEqual({ '/a~1b~0c': '1e400' });
    expect(acttrace?.['payload']).toMatchObject({ big: '1152921504606847000', data: null });
  });
});

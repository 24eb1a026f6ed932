import { describe, expect, test } from 'vitest';

import { verifyActtrace, type ActtraceReport } from '../../src/verify/index.ts';
import { chainLines, ENTRIES, fileOf } from './chain.ts';

/** Chains of acttrace, and what is done to them: what acttrace accepts, and what is said here. */

const PASSPHRASE = 'a passphrase';
const key = Buffer.from(PASSPHRASE);
const lines = chainLines({ key: PASSPHRASE });

const judged = (file: readonly string[] | Buffer, options = { key }): Promise<ActtraceReport> =>
  verifyActtrace(Buffer.isBuffer(file) ? file : fileOf(file), options);

describe('a chain that nobody touched', () => {
  test('holds, and what it leaves open is named', async () => {
    const report = await judged(lines);
    expect(report).toMatchObject({
      kind: 'acttrace',
      ok: true,
      form: 'pack',
      entries: 6,
      system: 'refund-bot',
      producer: 'cendor-acttrace/1.14.0',
      authenticity: 'shared_key',
      problems: [],
      lenient: { python: { accepted: true }, javascript: { accepted: true } },
    });
    expect(report.unauthenticated.map(({ part }) => part)).toEqual([
      '_meta.framework',
      '_meta.controls_covered',
      '_meta.summary',
      '_meta.disclaimer',
      'controls of each entry',
      'spelling',
      'who',
      'when',
    ]);
  });

  test('holds without a key, and by whom it is stays open', async () => {
    const report = await verifyActtrace(fileOf(lines));
    expect(report).toMatchObject({ ok: true, authenticity: 'not_checked' });
    expect(report.unauthenticated[0]).toMatchObject({ part: 'everything' });
    expect(report.lenient.python.detail).toContain('completeness from unauthenticated in-file _meta');
    const unsigned = chainLines();
    expect(await verifyActtrace(fileOf(unsigned))).toMatchObject({ ok: true, authenticity: 'unsigned' });
    expect(await judged(unsigned)).toMatchObject({ ok: false, authenticity: 'failed' });
  });

  test('holds without a framework, then without controls', async () => {
    const report = await judged(chainLines({ key: PASSPHRASE, framework: null }));
    expect(report).toMatchObject({ ok: true, problems: [] });
    expect(report.unauthenticated.map(({ part }) => part)).not.toContain('controls of each entry');
  });

  test('is read in pieces of any size', async () => {
    const whole = fileOf(lines);
    for (const size of [1, 7, 4_096]) {
      const source = (async function* () {
        for (let at = 0; at < whole.length; at += size) yield Uint8Array.from(whole.subarray(at, at + size));
      })();
      expect(await verifyActtrace(source, { key })).toMatchObject({ ok: true, entries: 6 });
    }
  });
});

/** What is done, what comes of it, and whether both implementations of acttrace accept it with the key. */
type Tampering = readonly [string, (file: string[]) => string[] | Buffer, readonly string[], boolean];

const edited =
  (index: number, from: string | RegExp, to: string) =>
  (file: string[]): string[] =>
    file.map((line, at) => (at === index ? line.replace(from, to) : line));

const TAMPERINGS: readonly Tampering[] = [
  ['a payload is edited', edited(3, '"budget": 1000', '"budget": 1001'), ['hash'], false],
  ['1000 becomes 1000.0', edited(3, '"budget": 1000', '"budget": 1000.0'), ['hash'], false],
  ['1000.0 becomes 1000', edited(3, '"ratio": 1000.0', '"ratio": 1000'), ['hash'], false],
  [
    'an entry is deleted',
    (file) => file.toSpliced(4, 1),
    ['broken_link', 'entries', 'controls_covered', 'summary', 'seq'],
    false,
  ],
  [
    'two entries are swapped',
    (file) => [...file.slice(0, 3), file[4] ?? '', file[3] ?? '', ...file.slice(5)],
    ['broken_link', 'seq'],
    false,
  ],
  ['the end is cut', (file) => file.slice(0, -1), ['head_hash', 'entries'], false],
  ['the header is taken away and the end is cut', (file) => file.slice(1, -1), ['meta_missing', 'controls'], true],
  ['the header is moved', (file) => [...file.slice(1), file[0] ?? ''], ['meta_misplaced', 'controls'], true],
  ['another header is added', (file) => [file[0] ?? '', ...file], ['meta_misplaced'], true],
  ['the header counts otherwise', edited(0, '"entries": 6', '"entries": 7'), ['entries', 'meta_signature'], false],
  ['the summary is edited', edited(0, '"llm_calls": 1', '"llm_calls": 9'), ['summary'], true],
  ['flags in the summary are edited', edited(0, '"critical": 1', '"info": 1'), ['summary'], true],
  [
    'the covered controls are edited',
    edited(0, 'Art.13 transparency', 'Art.14 human oversight'),
    ['controls_covered'],
    true,
  ],
  ['the framework is edited', edited(0, 'eu_ai_act', 'eu_ai_axt'), ['framework'], true],
  ['the framework is another one', edited(0, 'eu_ai_act', 'gdpr'), ['controls'], true],
  ['the disclaimer is edited', edited(0, 'not legal advice', 'legal advice'), ['disclaimer'], true],
  [
    'the controls of an entry are edited',
    edited(2, 'Art.13 transparency', 'Art.14 human oversight'),
    ['controls', 'controls_covered'],
    true,
  ],
  [
    'the controls of all entries and the header are edited',
    (file) => file.map((line) => line.replaceAll('Art.13', 'Art.14')),
    ['controls'],
    true,
  ],
  ['the controls of an entry are taken away', edited(2, /, "controls": \[[^\]]*\]/, ''), ['controls'], true],
  [
    'a member is added to an entry',
    edited(2, ', "prev_hash"', ', "reviewed": true, "prev_hash"'),
    ['entry_members'],
    true,
  ],
  ['a member is added to the header', edited(0, '"entries"', '"approved_by": "x", "entries"'), ['meta_members'], true],
  ['a member stands twice', edited(2, '"seq": 1', '"seq": 9, "seq": 1'), ['line_form'], true],
  ['a number is spelled otherwise', edited(4, '12.5', '1.25e1'), ['line_form'], true],
  ['an escape is spelled otherwise', edited(3, 'caf\u00e9', 'caf\\u00e9'), ['line_form'], true],
  ['white space is added', edited(2, ', "prev_hash"', ',  "prev_hash"'), ['line_form'], true],
  ['a blank line is added', (file) => file.toSpliced(2, 0, ''), ['line_form'], true],
  ['lines end as on Windows', (file) => file.map((line) => `${line}\r`), ['line_form'], true],
  ['the last line feed is gone', (file) => Buffer.from(file.join('\n')), ['line_form'], true],
  ['a line is no JSON', edited(3, '{', '('), ['line_json', 'broken_link'], false],
  ['a signature is taken away', edited(3, /"sig": "[0-9a-f]+"/, '"sig": ""'), ['signature'], false],
  ['it is empty', () => [], ['empty', 'meta_missing'], true],
  ['it is a line feed', () => [''], ['empty', 'meta_missing', 'line_form'], true],
];

describe('a chain that somebody touched', () => {
  test.each(TAMPERINGS)('%s', async (_, tamper, codes, accepted) => {
    const tampered = tamper([...lines]);
    const report = await judged(tampered);
    // An edit that changes nothing would show nothing.
    expect(fileOf(lines).equals(Buffer.isBuffer(tampered) ? tampered : fileOf(tampered))).toBe(false);
    expect(report.ok).toBe(false);
    expect(Object.keys(report.problemCounts)).toEqual(expect.arrayContaining([...codes]));
    expect([report.lenient.python.accepted, report.lenient.javascript.accepted]).toEqual([accepted, accepted]);
    for (const problem of report.problems)
      expect(problem).toMatchObject({ what: expect.any(String), means: expect.any(String) });
  });

  test('one deletion is one broken link, not one for each entry that follows', async () => {
    const many = chainLines({ key: PASSPHRASE, entries: Array.from({ length: 300 }, () => ENTRIES[2] ?? ENTRIES[0]!) });
    const report = await judged(many.toSpliced(50, 1));
    expect(report.problemCounts).toMatchObject({ broken_link: 1, entries: 1 });
    expect(report.problemCounts.hash).toBeUndefined();
  });
});

describe('where the two implementations differ', () => {
  const differing: readonly (readonly [string, (file: string[]) => string[] | Buffer, boolean, boolean])[] = [
    ['a byte-order mark', (file) => [`\ufeff${file[0]}`, ...file.slice(1)], false, true],
    [
      'what is no UTF-8, where nobody signs',
      (file) => Buffer.from(fileOf(file).toString('latin1').replace('Art.13', 'Art.\xff3'), 'latin1'),
      false,
      true,
    ],
    ['__proto__ in a payload', edited(3, '"budget": 1000', '"__proto__": {"budget": 7}, "budget": 1000'), false, true],
    ['a number with a zero before it', edited(3, '1000,', '01000,'), false, true],
    ['a carriage return between two entries', (file) => [...file.slice(0, 5), `${file[5]}\r${file[6]}`], true, false],
    ['a count that is no whole number', (file) => edited(0, '"entries": 6', '"entries": 6.0')(file), false, false],
  ];

  test.each(differing)('%s', async (_, tamper, python, javascript) => {
    const report = await judged(tamper([...lines]));
    expect([report.lenient.python.accepted, report.lenient.javascript.accepted]).toEqual([python, javascript]);
    expect(report.ok).toBe(false);
  });

  test('floats, which each spells in its own way', async () => {
    // What Python writes as 1e-05 and 1e+16, JavaScript writes as 0.00001 and 10000000000000000.0.
    const spellings = [
      ['1e-05', true, false],
      ['1e+16', true, false],
      ['0.00001', false, true],
      ['1e-07', true, true],
      ['1e+22', true, true],
      ['0.0001', true, true],
      ['123456789012345.6', true, true],
      ['-0.0', true, false],
      ['5e-324', true, true],
      ['1.7976931348623157e+308', true, true],
    ] as const;
    for (const [spelling, python, javascript] of spellings) {
      const entries = [{ type: 'decision_record', payload: { x: `float:${spelling}` } }];
      const { lenient, ok } = await judged(chainLines({ key: PASSPHRASE, entries }));
      expect([spelling, lenient.python.accepted, lenient.javascript.accepted]).toEqual([spelling, python, javascript]);
      expect([spelling, ok]).toEqual([spelling, true]);
    }
  });
});

describe('hostile input', () => {
  test('is reported, and never thrown', async () => {
    const nested = '['.repeat(20_000);
    const hostile = [
      '{',
      '"',
      '{"seq": ',
      '{"seq": -}',
      '{"_meta": 7}',
      '[]',
      'null',
      '7',
      nested,
      `{"payload": ${nested}`,
      '{"seq": 1e999, "ts": NaN, "type": [], "payload": 1, "prev_hash": {}, "hash": null}',
      '{"__proto__": {"_meta": {"head_hash": 1}}}',
      '{"seq": 0, "ts": "\\ud800", "type": "audit_open", "payload": {}, "prev_hash": "", "hash": ""}',
      `{"seq": ${'9'.repeat(5_000)}, "ts": "", "type": "", "payload": {}, "prev_hash": "", "hash": ""}`,
    ];
    for (const line of hostile) {
      const report = await judged([line]);
      expect(report.ok).toBe(false);
      expect(await judged([...lines, line])).toMatchObject({ ok: false });
    }
    expect((Object.prototype as Record<string, unknown>)['_meta']).toBeUndefined();
  });

  test('a line of 20 MB is refused, and the rest is read', async () => {
    const report = await judged([...lines.slice(0, 3), 'x'.repeat(20_000_000), ...lines.slice(3)]);
    expect(report.problemCounts).toEqual({ line_too_long: 1 });
    expect(report.lenient.python.accepted).toBe(false);
  });

  test('a source that is none is misuse', async () => {
    await expect(verifyActtrace('x' as unknown as Uint8Array)).rejects.toThrow(TypeError);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';

import type { Report } from '../../src/index.ts';
import { bytesOf, linesOf, LOG, makeCorpus, problemsOf, signing, verifySegment, type Corpus } from './corpus.ts';
import { edited, jcs, SegmentForge, type Loose } from './forge.ts';
import { verify } from './judged.ts';

const { signer, options } = signing('ed25519');
const other = signing('ed25519', LOG, 'another key of the same name');

let corpus: Corpus;
let closed: Uint8Array;
/** Of the closed segment: audit_open, decision, decision_end, seal, audit_close, seal. */
let lines: string[];

beforeAll(async () => {
  corpus = await makeCorpus('ed25519');
  closed = corpus.segments.get(corpus.closed) ?? new Uint8Array(0);
  lines = linesOf(closed);
});

function verifyLines(changed: readonly string[]): Promise<Report> {
  return verifySegment(corpus, corpus.closed, bytesOf(changed));
}

describe('lines', () => {
  it('removed, are one problem, named at the first bad seq', async () => {
    expect(problemsOf(await verifyLines(lines.toSpliced(1, 1)))).toEqual(['seq 2/2']);
    expect(problemsOf(await verifyLines(lines.toSpliced(1, 3)))).toEqual(['seq 2/4']);
    expect((await verifyLines(lines.toSpliced(1, 1))).problems[0]).toMatchObject({
      code: 'seq',
      verdict: 'integrity',
      file: `${corpus.closed}.jsonl`,
      segment: corpus.closed,
      line: 2,
      seq: 2,
      what: 'entry 2 stands where 1 should',
    });
  });

  it('removed from a long segment, are still one problem', async () => {
    const forge = new SegmentForge({ signer });
    for (let index = 0; index < 1_000; index++) {
      forge.add('decision_record', { data: { index } });
      if (index % 50 === 49) forge.seal();
    }
    const all = linesOf(forge.close().bytes);
    expect(problemsOf(await verify(bytesOf(all), options))).toEqual([]);
    expect(problemsOf(await verify(bytesOf(all.toSpliced(500, 1)), options))).toEqual(['seq 501/501']);
    expect(problemsOf(await verify(bytesOf(all.toSpliced(500, 300)), options))).toEqual(['seq 501/800']);
    expect(problemsOf(await verify(bytesOf(all.toSpliced(0, 1)), options))).toEqual([
      'seq 1/1',
      'open_misplaced 1/1',
      'segment_open 1022',
    ]);
  });

  it('edited, are named at the line after', async () => {
    const changed = edited(lines[2] ?? '', (entry) => ({ ...entry, payload: { outcome: 'failed' } }));
    expect(problemsOf(await verifyLines(lines.with(2, changed)))).toEqual(['prev_hash 4/3']);
  });

  it('edited and chained anew, are not those that were sealed', async () => {
    const forge = new SegmentForge({ name: corpus.closed, signer: other.signer });
    forge.add('decision', {}).add('decision_end', { outcome: 'failed' });
    // The chain holds, and the seals are the old ones.
    const seals = lines.filter((line) => line.includes('"seal"')).map((line) => at(line, 'payload'));
    for (const payload of seals) forge.add('seal', payload);
    const report = await verifySegment(corpus, corpus.closed, forge.bytes);
    expect(report.ok).toBe(false);
    expect(problemsOf(report)).toContain('seal_root 4/3');
  });

  it('inserted, repeated, swapped or moved, are named where they stand', async () => {
    const [open = '', second = '', third = ''] = lines;
    expect(problemsOf(await verifyLines([open, second, second, ...lines.slice(2)]))).toEqual(['seq 3/1']);
    expect(problemsOf(await verifyLines([open, third, second, ...lines.slice(3)]))).toEqual([
      'seq 2/2',
      'seq 3/1',
      'ts_order 3/1',
      'seq 4/3',
    ]);
  });

  it('after the closing seal, are named', async () => {
    const forge = new SegmentForge({ signer }).close().add('decision', {});
    expect(problemsOf(await verify(forge.bytes, options))).toEqual(['after_close 4/3']);
    const twice = new SegmentForge({ signer }).close().seal();
    expect(problemsOf(await verify(twice.bytes, options))).toEqual(['after_close 4/3']);
    const torn = await verify(Buffer.concat([closed, Buffer.from('{"')]), corpus.options);
    expect(problemsOf(torn)).toEqual([`after_close ${lines.length}`]);
  });

  it('removed from the end, leave a segment that is not closed', async () => {
    const report = await verifyLines(lines.slice(0, -1));
    expect(problemsOf(report)).toEqual(['segment_open 5']);
    expect(report).toMatchObject({ ok: false, failed: ['completeness'], segments: [{ state: 'open', sealed: 3 }] });
    // Of a log that is still written nothing else can be asked; what no seal covers is never counted as signed.
    const live = await verifySegment(corpus, corpus.closed, bytesOf(lines.slice(0, -1)), { live: true });
    expect(live).toMatchObject({ ok: true, verdicts: { completeness: 'open' }, segments: [{ entries: 5, sealed: 3 }] });
    expect(live.notices.map(({ code }) => code)).toContain('unsealed_tail');
  });
});

function at(line: string, member: string): Loose {
  return (JSON.parse(line) as Loose)[member] as Loose;
}

describe('a file that is hardly one', () => {
  it.each([
    ['empty', '', ['empty 1']],
    ['one line feed', '\n', ['line_json 1', 'not_a_record 1']],
    ['one byte', '{', ['not_a_record 1']],
    ['an empty object', '{}\n', ['entry_shape 1', 'not_a_record 1']],
    ['a number', '1\n', ['entry_shape 1', 'not_a_record 1']],
    ['an image', '\x89PNG\r\n\x1a\n', ['line_encoding 1', 'line_json 2', 'not_a_record 1']],
  ])('%s, is no record', async (_, text, wanted) => {
    for (const given of [corpus.options, { allowUnsigned: true }, { allowUnsigned: true, live: true }]) {
      const report = await verify(Buffer.from(text, 'latin1'), given);
      expect(report).toMatchObject({ ok: false, kind: 'unknown', verdicts: { integrity: 'malformed' } });
      expect(problemsOf(report)).toEqual(wanted);
    }
  });

  it('without its header and its tail, has no seal to trust', async () => {
    const report = await verifyLines(lines.slice(1, -2));
    expect(report).toMatchObject({ ok: false, verdicts: { integrity: 'malformed' }, segments: [{ sealed: 0 }] });
    expect(problemsOf(report)).toEqual(['seq 1/1', 'open_misplaced 1/1', 'segment_open 3']);
  });
});

describe('a line that the writer never writes', () => {
  const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const record = (data: string): string =>
    `{"payload":{"data":${data}},"prev_hash":"PREV","seq":1,"ts":"2026-11-23T09:30:00.001Z","type":"decision_record","v":1}`;
  const instead = (text: string, by: string): string => record('{}').replace(text, by);

  it.each<[string, string, string | undefined]>([
    ['nothing wrong', record('{"a":1}'), undefined],
    ['a blank line', '', 'line_json 2'],
    ['duplicate keys', record('{"a":1,"a":2}'), 'line_not_canonical 2'],
    ['a duplicate field', instead('"v":1', '"v":1,"v":1'), 'line_not_canonical 2'],
    ['__proto__ twice', record('{"__proto__":1,"__proto__":{}}'), 'line_not_canonical 2'],
    ['__proto__ as data', record('{"__proto__":{"seq":9}}'), undefined],
    ['__proto__ as a field', instead('"payload"', '"__proto__":{},"payload"'), 'entry_shape 2'],
    ['members out of order', record('{"b":1,"a":2}'), 'line_not_canonical 2'],
    ['a respelled number', record('{"a":1.0}'), 'line_not_canonical 2'],
    ['an exponent', record('{"a":1e2}'), 'line_not_canonical 2'],
    ['minus zero', record('{"a":-0}'), 'line_not_canonical 2'],
    ['1e+21', record('{"a":1e+21}'), 'line_number 2'],
    ['2^53', record('{"a":9007199254740992}'), 'line_number 2'],
    ['2^53 + 1', record('{"a":9007199254740993}'), 'line_number 2'],
    ['2^53 in another spelling', record('{"a":9.007199254740992e15}'), 'line_number 2'],
    ['2^53 - 1', record('{"a":9007199254740991}'), undefined],
    ['1e400', record('{"a":1e400}'), 'line_number 2'],
    ['NaN', record('{"a":NaN}'), 'line_json 2'],
    ['a respelled character', record('{"a":"\\u0041"}'), 'line_not_canonical 2'],
    ['an escaped slash', record('{"a":"\\/"}'), 'line_not_canonical 2'],
    ['a capital escape', record('{"a":"\\u001F"}'), 'line_not_canonical 2'],
    ['a raw control character', record('{"a":"\t"}'), 'line_json 2'],
    ['a lone surrogate, escaped', record('{"a":"\\ud800"}'), 'line_surrogate 2'],
    ['a lone surrogate as a key', record('{"\\udc00":1}'), 'line_surrogate 2'],
    ['white space', record('{"a": 1}'), 'line_not_canonical 2'],
    ['a trailing space', `${record('{}')} `, 'line_not_canonical 2'],
    ['CRLF', `${record('{}')}\r`, 'line_not_canonical 2'],
    ['a byte-order mark', `\ufeff${record('{}')}`, 'line_json 2'],
    ['a comment', `${record('{}')}//`, 'line_json 2'],
    ['two values', `${record('{}')}{}`, 'line_json 2'],
    ['62 levels below', record(deep(62)), undefined],
    ['63 levels below', record(deep(63)), 'line_too_deep 2'],
    ['20,000 levels', deep(20_000), 'line_too_deep 2'],
    ['20,000 levels never closed', '['.repeat(20_000), 'line_too_deep 2'],
    ['brackets in a text', record(`{"a":"${'['.repeat(5_000)}"}`), undefined],
    ['an array', '[]', 'entry_shape 2'],
    ['a field too many', instead('"v":1', '"v":1,"x":1'), 'entry_shape 2'],
    ['a field too few', instead(',"v":1', ''), 'entry_shape 2'],
    ['another version', instead('"v":1', '"v":2'), 'entry_shape 2'],
    ['a text for a number', instead('"seq":1', '"seq":"1"'), 'entry_shape 2'],
    ['a negative seq', instead('"seq":1', '"seq":-1'), 'entry_shape 2'],
    ['half a seq', instead('"seq":1', '"seq":1.5'), 'entry_shape 2'],
    ['an unknown type', instead('decision_record', 'decision_recorD'), 'entry_shape 2'],
    ['the type of an inherited member', instead('decision_record', 'constructor'), 'entry_shape 2'],
    ['a payload that is a list', instead('{"data":{}}', '[]'), 'entry_shape 2'],
    ['a payload that is null', instead('{"data":{}}', 'null'), 'entry_shape 2'],
    ['30 February', instead('2026-11-23', '2026-02-30'), 'entry_shape 2'],
    ['second 60', instead('09:30:00', '09:30:60'), 'entry_shape 2'],
    ['hour 24', instead('T09:30:00.001', 'T24:00:00.000'), 'entry_shape 2'],
    ['microseconds', instead('00.001Z', '00.001000Z'), 'entry_shape 2'],
    ['an offset', instead('00.001Z', '00.001+00:00'), 'entry_shape 2'],
    ['before 1970', instead('2026-11-23', '1969-12-31'), 'entry_shape 2'],
    ['capital hex', instead('"prev_hash":"PREV"', `"prev_hash":"${'A'.repeat(64)}"`), 'entry_shape 2'],
    ['a trace id of zeros', instead('"ts"', `"trace_id":"${'0'.repeat(32)}","ts"`), 'entry_shape 2'],
    ['an empty decision id', instead('{"payload"', '{"decision_id":"","payload"'), 'entry_shape 2'],
    ['a long decision id', instead('{"payload"', `{"decision_id":"${'d'.repeat(257)}","payload"`), 'entry_shape 2'],
    ['an sd that reaches elsewhere', instead('"seq"', `"sd":{"/seq":"${'A'.repeat(43)}"},"seq"`), 'entry_shape 2'],
    ['an empty lossy', instead('{"payload"', '{"lossy":{},"payload"'), 'entry_shape 2'],
    [
      'an outcome that is no text',
      record('1').replace('"data":1', '"outcome":1').replace('decision_record', 'decision_end'),
      'entry_payload 2/1',
    ],
  ])('%s', async (_, line, wanted) => {
    const forge = new SegmentForge({ signer });
    forge.line(line.replace('PREV', forge.head)).close();
    const report = await verify(forge.bytes, { ...options, name: `${forge.name}.jsonl` });
    // The line is sealed by the right key, and its chain is right: that it is malformed is all there is to say.
    expect(problemsOf(report)).toEqual(wanted === undefined ? [] : [wanted]);
    expect(report.ok).toBe(wanted === undefined);
    if (wanted !== undefined) expect(report.verdicts.integrity).toBe('malformed');
  });

  it('raw lone surrogates and other bytes that are not UTF-8', async () => {
    for (const bytes of ['eda080', 'c0af', 'f4908080', 'ff', 'c3']) {
      const forge = new SegmentForge({ signer });
      forge.line(Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes, 'hex'), Buffer.from('"}')])).close();
      expect(problemsOf(await verify(forge.bytes, options)), bytes).toEqual(['line_encoding 2']);
    }
  });

  it('a line of 65,536 bytes', async () => {
    for (const [size, problems] of [
      [65_535, []],
      [65_536, ['line_too_long 2']],
    ] as const) {
      const forge = new SegmentForge({ signer });
      const frame = record('""').replace('PREV', forge.head).length;
      forge.line(record(`"${'x'.repeat(size - frame)}"`).replace('PREV', forge.head)).close();
      expect(problemsOf(await verify(forge.bytes, options)), `${size}`).toEqual(problems);
    }
  });
});

describe('a header', () => {
  it('moved, missing or doubled, is named', async () => {
    const [open = '', second = '', ...rest] = lines;
    expect(problemsOf(await verifyLines([second, open, ...rest]))).toContain('open_misplaced 1/1');
    expect(problemsOf(await verifyLines([second, ...rest]))).toContain('open_misplaced 1/1');
    const doubled = new SegmentForge({ signer });
    doubled.add('audit_open', at(linesOf(doubled.bytes)[0] ?? '', 'payload')).close();
    expect(problemsOf(await verify(doubled.bytes, options))).toEqual(['open_misplaced 2/1']);
  });

  it.each<[string, Loose]>([
    ['a log that is no name', { log: '../../x' }],
    ['a log that climbs', { log: 'a/../b' }],
    ['an empty part', { log: 'a//b' }],
    ['a segment that is no name', { segment: '../../x' }],
    ['a segment with an escape', { segment: '\u001b[31m' }],
    ['a key that is none', { key: 'a+00000000+AAAA' }],
    ['a key of another log', { key: signing('ed25519', 'b').signer?.vkey }],
    ['a key that is a number', { key: 1 }],
    ['no key member', { key: undefined }],
    ['a sibling that is no segment', { siblings: [{ segment: '../x', size: 0, closed: false }] }],
    [
      'a sibling with a root and no size',
      { siblings: [{ segment: '20261123T093000Z-00000000000000ab', size: 0, closed: false, root: 'A' }] },
    ],
    [
      '65 siblings',
      {
        siblings: Array.from({ length: 65 }, () => ({
          segment: '20261123T093000Z-00000000000000ab',
          size: 0,
          closed: false,
        })),
      },
    ],
    ['a heartbeat that is no number', { heartbeat_ms: 'x' }],
  ])('with %s, is malformed', async (_, open) => {
    const forge = new SegmentForge({ signer, open }).close();
    const report = await verify(forge.bytes, { ...options, name: `${forge.name}.jsonl` });
    expect(problemsOf(report)).toEqual(['entry_payload 1/0', 'segment_open 3']);
    expect(report.ok).toBe(false);
    // oxlint-disable-next-line no-control-regex
    expect(JSON.stringify(report.problems.map(({ what }) => what))).not.toMatch(/[\u0000-\u001f]/);
  });

  it('of a file that was renamed, says its own name', async () => {
    const report = await verify(closed, { ...corpus.options, name: `dir/${corpus.crashed}.jsonl` });
    expect(problemsOf(report)).toEqual(['segment_name 1/0']);
    expect(report.problems[0]?.what).toContain(corpus.closed);
  });
});

describe('a seal', () => {
  const sealed = (payload: Loose, more: Loose = {}): Promise<Report> => {
    const forge = new SegmentForge({ signer }).add('decision', {});
    return verify(forge.add('seal', payload, more).close().bytes, options);
  };
  const checkpoint = (): string => new SegmentForge({ signer }).add('decision', {}).checkpoint();

  it('holds', async () => {
    expect(problemsOf(await sealed({ checkpoint: checkpoint() }))).toEqual([]);
  });

  it.each<[string, (text: string) => string, string]>([
    ['a second signature, known', (text) => text + text.slice(text.indexOf('—')), 'seal_malformed 3/2'],
    [
      'a second signature, unknown',
      (text) => `${text}— b ${Buffer.alloc(68).toString('base64')}\n`,
      'seal_malformed 3/2',
    ],
    [
      'a second signature by another key',
      (text) => text + text.slice(text.indexOf('—')).replace('— a', '— b'),
      'seal_malformed 3/2',
    ],
    ['an extension line', (text) => text.replace('\n\n', '\nextension\n\n'), 'seal_malformed 3/2'],
    ['a hyphen for the dash', (text) => text.replace('—', '-'), 'seal_malformed 3/2'],
    ['no line feed at the end', (text) => text.slice(0, -1), 'seal_malformed 3/2'],
    ['a leading zero', (text) => text.replace('\n2\n', '\n02\n'), 'seal_malformed 3/2'],
    ['a size of 0', (text) => text.replace('\n2\n', '\n0\n'), 'seal_malformed 3/2'],
    ['a size beyond 2^53', (text) => text.replace('\n2\n', '\n9999999999999999\n'), 'seal_malformed 3/2'],
    [
      'a root with stray bits',
      (text) => text.replace(/([A-Za-z0-9+/])=\n\n/, (_, last: string) => `${next(last)}=\n\n`),
      'seal_malformed 3/2',
    ],
    [
      'a signature with stray bits',
      (text) => text.replace(/([A-Za-z0-9+/])=\n$/, (_, last: string) => `${next(last)}=\n`),
      'seal_malformed 3/2',
    ],
    ['another log', (text) => text.replace('a/2026', 'b/2026'), 'seal_origin 3/2'],
    ['another segment', (text) => text.replace('a/2026', 'a/2025'), 'seal_origin 3/2'],
    ['more entries than there are', (text) => text.replace('\n2\n', '\n3\n'), 'seal_size 3/2'],
    ['fewer entries than were signed', (text) => text.replace('\n2\n', '\n1\n'), 'seal_root 3/2'],
    [
      'another root',
      (text) => text.replace(/\n[A-Za-z0-9+/]{43}=\n/, `\n${Buffer.alloc(32).toString('base64')}\n`),
      'seal_root 3/2',
    ],
    ['no signature', (text) => text.slice(0, text.indexOf('—')), 'seal_key 3/2'],
    ['a signature of another name', (text) => text.replace('— a', '— b'), 'seal_key 3/2'],
    ['another key id', (text) => text.replace(/— a .{4}/, '— a AAAA'), 'seal_key 3/2'],
    ['a signature that was cut', (text) => text.replace(/— a (.{80}).*\n/, '— a $1\n'), 'signature 3/2'],
    [
      'the signature of another text',
      (text) => text.replace(/— a .*\n/, /— a .*\n/.exec(new SegmentForge({ signer }).checkpoint())?.[0] ?? ''),
      'signature 3/2',
    ],
  ])('with %s', async (_, change, wanted) => {
    const text = checkpoint();
    const changed = change(text);
    expect(changed).not.toBe(text);
    const report = await sealed({ checkpoint: changed });
    // A root that does not hold ends the comparison of roots; a signature that does not hold is named, too.
    expect(problemsOf(report)[0]).toBe(wanted);
    expect(report.ok).toBe(false);
  });

  it('carries nothing beside its checkpoint', async () => {
    expect(problemsOf(await sealed({ checkpoint: checkpoint(), note: 'x' }))).toEqual(['entry_payload 3/2']);
    for (const more of [{ decision_id: 'd' }, { trace_id: '1'.repeat(32) }, { lossy: { '/payload/a': 'date' } }]) {
      expect(problemsOf(await sealed({ checkpoint: checkpoint() }, more))).toContain('entry_shape 3');
    }
  });

  // No seal covers the line of the last one.
  it('at the end of the file carries nothing either', async () => {
    const last = lines.length - 1;
    const added = edited(lines[last] ?? '', (entry) => ({ ...entry, decision_id: 'approved by nobody' }));
    expect(problemsOf(await verifyLines(lines.with(last, added)))).toContain('entry_shape 6');
    const noted = edited(lines[last] ?? '', (entry) => ({
      ...entry,
      payload: { ...(entry['payload'] as Loose), note: 'x' },
    }));
    expect(problemsOf(await verifyLines(lines.with(last, noted)))).toContain('entry_payload 6/5');
  });

  it('that closes the segment has the time of its audit_close', async () => {
    const last = lines.length - 1;
    for (const ts of ['2026-11-23T09:31:00.000Z', '9999-12-31T23:59:59.999Z']) {
      const moved = edited(lines[last] ?? '', (entry) => ({ ...entry, ts }));
      expect(problemsOf(await verifyLines(lines.with(last, moved)))).toEqual(['closing_time 6/5']);
    }
  });

  it('covers more than the one before, and not too little', async () => {
    const again = new SegmentForge({ signer }).add('decision', {}).seal(2).seal(2).close();
    expect(problemsOf(await verify(again.bytes, options))).toEqual(['seal_size 4/3']);
    const back = new SegmentForge({ signer }).add('decision', {}).seal(2).seal(1).close();
    expect(problemsOf(await verify(back.bytes, options))).toEqual(['seal_size 4/3']);
    const short = new SegmentForge({ signer }).add('decision', {}).add('audit_close', { reason: 'shutdown' });
    short.seal(2, { ts: '2026-11-23T09:30:00.002Z' });
    expect(problemsOf(await verify(short.bytes, options))).toEqual(['seal_size 4/3', 'segment_open 4']);
  });

  it('of another segment, spliced in, is named', async () => {
    const foreign = linesOf(corpus.segments.get(corpus.recovering) ?? closed);
    for (const [index, line] of foreign.entries()) {
      if (!line.includes('"type":"seal"')) continue;
      const report = await verifyLines(lines.with(3, line));
      expect(problemsOf(report).some((problem) => problem === `seal_origin 4/${index}`)).toBe(true);
    }
  });
});

/** The next character of the base64 alphabet: the same bytes with stray bits. */
function next(char: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet[(alphabet.indexOf(char) + 1) % 64] ?? 'A';
}

describe('an unsealed tail', () => {
  const tail = (extra: (forge: SegmentForge) => SegmentForge): Uint8Array =>
    extra(new SegmentForge({ signer }).add('decision', {}).seal().add('decision_end', { outcome: 'completed' })).bytes;

  it('rewritten, is never counted as signed', async () => {
    const report = await verify(
      tail((forge) => forge.add('human_oversight', { action: 'approved', reviewer_kind: 'person' })),
      { ...options, live: true },
    );
    expect(report).toMatchObject({ ok: true, segments: [{ state: 'open', entries: 5, sealed: 2 }] });
    expect(report.notices).toContainEqual(
      expect.objectContaining({ code: 'unsealed_tail', what: expect.stringContaining('the last 3 entries') as string }),
    );
    expect(
      await verify(
        tail((forge) => forge),
        options,
      ),
    ).toMatchObject({ ok: false, failed: ['completeness'] });
  });

  it('between the size of a late seal and its line, is not counted either', async () => {
    const forge = new SegmentForge({ signer }).add('decision', {});
    const text = forge.checkpoint();
    const report = await verify(forge.add('decision', { actor: 'forged' }).add('seal', { checkpoint: text }).bytes, {
      ...options,
      live: true,
    });
    expect(report).toMatchObject({ ok: true, segments: [{ entries: 4, sealed: 2 }] });
  });

  it('whose entries break the format, fails all the same', async () => {
    const report = await verify(
      tail((forge) => forge.line('{}')),
      { ...options, live: true },
    );
    expect(problemsOf(report)).toEqual(['entry_shape 5']);
  });
});

describe('a tally', () => {
  const spans = (more: Loose = {}): Loose => ({
    carried: 0,
    started: 0,
    ended: 0,
    late: 0,
    unended: 0,
    open: 0,
    recorded: 0,
    not_recorded: 0,
    ignored: {},
    ...more,
  });
  const tally = (more: Loose = {}): Loose => ({
    window: { from: '2026-11-23T09:30:00.000Z', to: '2026-11-23T09:30:00.001Z' },
    spans: spans(),
    decisions: { started: 0, ended: 0, failed: 0, open: 0 },
    oversight: { required: 0, recorded: 0 },
    write_failures: 0,
    seals_discarded: 0,
    after_close: 0,
    ...more,
  });

  it.each<[string, readonly Loose[], readonly string[]]>([
    [
      'that adds up',
      [
        tally({
          spans: spans({
            carried: 1,
            started: 3,
            ended: 2,
            unended: 1,
            open: 1,
            late: 1,
            recorded: 3,
            ignored: { not_genai: 1 },
          }),
        }),
      ],
      [],
    ],
    ['with a span too many', [tally({ spans: spans({ started: 1 }) })], ['tally_arithmetic 2/1']],
    ['with a record too few', [tally({ spans: spans({ started: 1, ended: 1 }) })], ['tally_arithmetic 2/1']],
    ['whose counters go down', [tally({ write_failures: 2 }), tally({ write_failures: 1 })], ['tally_decreased 3/2']],
    [
      'whose open decisions go down',
      [
        tally({ decisions: { started: 1, ended: 0, failed: 0, open: 1 } }),
        tally({ decisions: { started: 1, ended: 1, failed: 0, open: 0 } }),
      ],
      [],
    ],
    [
      'that loses a counter',
      [tally({ oversight: { required: 1, recorded: 1 } }), tally({ oversight: {} })],
      ['tally_decreased 3/2', 'tally_decreased 3/2'],
    ],
    ['with a counter below zero', [tally({ write_failures: -1 })], ['entry_payload 2/1']],
  ])('%s', async (_, tallies, wanted) => {
    const forge = new SegmentForge({ signer });
    for (const payload of tallies) forge.add('tally', payload);
    const report = await verify(forge.close().bytes, options);
    expect(problemsOf(report)).toEqual(wanted);
  });

  it('in audit_close counts as well', async () => {
    const forge = new SegmentForge({ signer }).add('tally', tally({ after_close: 3 }));
    expect(problemsOf(await verify(forge.close({ tally: tally() }).bytes, options))).toEqual(['tally_decreased 3/2']);
  });
});

describe('withheld values', () => {
  it('are told of, and are never in entries that hold none', async () => {
    const sd = { '/payload/input': 'A'.repeat(43) };
    const report = await verify(new SegmentForge({ signer }).add('decision', {}, { sd }).close().bytes, options);
    expect(problemsOf(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, verdicts: { disclosure: 'withheld' }, values: { withheld: 1 } });
    const tally = new SegmentForge({ signer }).add('gap', { lost: 1 }, { sd }).close();
    expect(problemsOf(await verify(tally.bytes, options))).toContain('entry_shape 2');
  });

  it.each([
    ['that is there', '/payload/input', { input: 1 }],
    ['of the outcome', '/payload/outcome', {}],
    ['in the usage', '/payload/usage/input_tokens', { usage: {} }],
    ['in a span', '/payload/span/name', { span: {} }],
    ['without an object around it', '/payload/data/x', {}],
    ['in a text', '/payload/data/x', { data: 'text' }],
    ['of a list', '/payload/data/0', { data: [] }],
    ['by no index', '/payload/data/00/x', { data: [{}] }],
    ['outside of the payload', '/ts', {}],
    ['of the payload itself', '/payload', {}],
    ['that is no pointer', '/payload/~2', {}],
    ['in a prototype', '/payload/__proto__/x', {}],
    ['that is a prototype', '/payload/data/__proto__', { data: {} }],
    ['in an inherited object', '/payload/constructor/prototype', {}],
  ])('a value %s cannot be', async (_, pointer, payload) => {
    const forge = new SegmentForge({ signer }).add('decision', payload, { sd: { [pointer]: 'A'.repeat(43) } });
    expect(problemsOf(await verify(forge.close().bytes, options))).toContain('entry_shape 2');
  });

  it('the result of a decision is not, that of a tool is', async () => {
    const sd = { '/payload/result': 'A'.repeat(43) };
    const end = new SegmentForge({ signer }).add('decision_end', { outcome: 'completed' }, { sd });
    expect(problemsOf(await verify(end.close().bytes, options))).toContain('entry_shape 2');
    const tool = new SegmentForge({ signer }).add('tool_call', { name: 't' }, { sd });
    expect(problemsOf(await verify(tool.close().bytes, options))).toEqual([]);
  });
});

describe('text from a file', () => {
  it('is escaped and cut in every message', async () => {
    const hostile = '\u001b]0;owned\u0007\u202egnp.exe\u2028<script>\r\n\u009b31m' + 'x'.repeat(10_000);
    const forge = new SegmentForge({ signer });
    forge.line(
      jcs({
        [hostile]: 1,
        payload: {},
        prev_hash: forge.head,
        seq: 1,
        ts: '2026-11-23T09:30:00.001Z',
        type: 'decision',
        v: 1,
      }),
    );
    forge.add('decision', {}, { type: hostile });
    forge.add('gap', { lost: hostile });
    forge.add('seal', { checkpoint: hostile });
    const report = await verify(forge.close({ tally: hostile }).bytes, options);
    expect(report.problems.length).toBeGreaterThanOrEqual(5);
    for (const { what } of report.problems) {
      expect(what.length).toBeLessThan(400);
      // oxlint-disable-next-line no-control-regex
      expect(what).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
    }
  });
});

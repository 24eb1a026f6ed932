import { beforeAll, describe, expect, it } from 'vitest';

import type { Report, VerifyOptions } from '../../src/index.ts';
import { catalogueDocument, findFramework } from '../../src/frameworks/index.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import { exitCode } from '../../src/verify/report.ts';
import { bytesOf, linesOf, LOG, makeCorpus, packOf, problemsOf, signing, signerOf, type Corpus } from './corpus.ts';
import { at, attested, edited, jcs, packLines, SegmentForge, type Loose } from './forge.ts';
import { verify } from './judged.ts';

const other = signing('ed25519', LOG, 'another key of the same name');

let corpus: Corpus;
/** Annotated for one framework, with a profile. */
let pack: Uint8Array;
/** Before the attestation: 0 header, 1 segment, 2 to 7 entries, 8 segment, 9 to 13, 14 segment, 15 to 19, 20 summary. */
let lines: string[];

beforeAll(async () => {
  corpus = await makeCorpus('ed25519', { frameworks: ['gdpr'], profile: { annex_iii_points: ['5b'] } });
  ({ pack } = corpus);
  lines = packLines(pack);
});

function judge(bytes: Uint8Array, more: VerifyOptions = {}): Promise<Report> {
  return verify(bytes, { ...corpus.options, name: 'pack.jsonl', ...more });
}

/** The pack with a changed line, and its old attestation. */
function altered(index: number, change: (value: Loose) => unknown): Uint8Array {
  return bytesOf(linesOf(pack).with(index, edited(lines[index] ?? '', change)));
}

/** The pack with changed lines, attested anew by the key holder: all that is left are the rules. */
function reattested(changed: readonly string[], signer = signerOf(corpus)): Promise<Report> {
  return judge(attested(changed, signer));
}

function changedLine(index: number, change: (value: Loose) => unknown): string[] {
  return lines.with(index, edited(lines[index] ?? '', change));
}

function header(more: Loose): (value: Loose) => unknown {
  return (value) => ({ pack: { ...at(value, 'pack'), ...more } });
}

describe('a pack', () => {
  it('is accepted as it is, and names its key, log and system', async () => {
    const report = await judge(pack);
    expect(problemsOf(report)).toEqual([]);
    expect(report).toMatchObject({
      ok: true,
      kind: 'pack',
      entries: 16,
      verdicts: { integrity: 'consistent', authenticity: 'signed', completeness: 'holds', mapping: 'yes' },
      pack: { header: { log: LOG, system: LOG, key: corpus.signer?.vkey } },
    });
    expect(problemsOf(await reattested(lines))).toEqual([]);
  });

  it('without the wrappers is the files, byte for byte', () => {
    const entries = lines.flatMap((line) => /^\{(?:"controls":\{.*?\}\},)?"entry":(.*)\}$/.exec(line)?.[1] ?? []);
    const whole = [...corpus.segments.values()].flatMap(linesOf);
    expect(entries).toEqual(whole);
  });

  it.each<[string, number, (value: Loose) => unknown]>([
    ['its id', 0, header({ pack_id: 'x' })],
    ['its time', 0, header({ created: '2026-11-23T00:00:00.000Z' })],
    ['its disclaimer', 0, header({ disclaimer: 'This proves compliance.' })],
    ['its purpose', 0, header({ purpose: 'authority_request' })],
    ['its recipient', 0, header({ recipient: 'nobody' })],
    ['its summary', 20, (value) => ({ summary: { ...at(value, 'summary'), entries: 15 } })],
    ['a controls list', 3, (value) => ({ ...value, controls: {} })],
    ['an entry', 3, (value) => ({ ...value, entry: { ...at(value, 'entry'), decision_id: 'e' } })],
    ['a segment line', 8, (value) => ({ segment: { name: at(value, 'segment')['name'] } })],
  ])('with %s edited, is not the one that was attested', async (_, index, change) => {
    const report = await judge(altered(index, change));
    expect(problemsOf(report)).toContain('attestation_digest 22');
    expect(report).toMatchObject({ ok: false });
    expect(exitCode(report)).toBe(1);
    // It is seen without a key, too.
    expect(exitCode(await verify(altered(index, change)))).toBe(1);
  });
});

describe('recomputation, with a right attestation, finds', () => {
  it.each<[string, number, (value: Loose) => unknown, readonly string[]]>([
    ['another risk tier', 0, header({ risk_tier: 'minimal' }), ['pack_header_disagrees 1']],
    ['another environment', 0, header({ environment: 'production' }), ['pack_header_disagrees 1']],
    ['another operator', 0, header({ operator: 'nobody' }), ['pack_header_disagrees 1']],
    ['another disclaimer', 0, header({ disclaimer: 'This proves compliance.' }), ['pack_header_disagrees 1']],
    ['another system', 0, header({ system: 'b' }), ['other_log 3', 'other_log 10', 'other_log 16']],
    ['another profile', 0, header({ profile: {} }), ['pack_header 1']],
    ['a profile without its digest', 0, header({ profile_digest: undefined }), ['pack_header 1']],
    ['a version that the framework has not', 0, header({ frameworks: [{ id: 'gdpr' }] }), ['pack_header 1']],
    [
      'another day of the catalogue',
      0,
      (value) => header({ catalogue: { ...at(value, 'pack', 'catalogue'), as_of: '2020-01-01' } })(value),
      ['pack_header_disagrees 1'],
    ],
    [
      'another digest of the catalogue',
      0,
      (value) => header({ catalogue: { ...at(value, 'pack', 'catalogue'), digest: '0'.repeat(64) } })(value),
      ['pack_header_disagrees 1'],
    ],
    [
      'a framework of another name',
      0,
      (value) => header({ frameworks: [{ ...at(value, 'pack', 'frameworks', 0), version: '9' }] })(value),
      ['pack_header_disagrees 1'],
    ],
    ['a further total', 20, (value) => ({ summary: { ...at(value, 'summary'), note: 'x' } }), ['summary 21']],
    [
      'a total too few',
      20,
      (value) => ({ summary: { ...at(value, 'summary'), incidents: undefined } }),
      ['summary 21'],
    ],
    ['another total', 20, (value) => ({ summary: { ...at(value, 'summary'), unsealed: 0 } }), ['summary 21']],
    [
      'another population',
      20,
      (value) => ({
        summary: { ...at(value, 'summary'), population: { ...at(value, 'summary', 'population'), count: 2 } },
      }),
      ['summary 21'],
    ],
    ['other controls', 3, (value) => ({ ...value, controls: { gdpr: { 'art-5-1-f': 'direct' } } }), ['annotation 4/1']],
    ['no controls', 3, (value) => ({ entry: value['entry'] }), ['annotation 4/1']],
  ])('%s', async (_, index, change, wanted) => {
    const report = await reattested(changedLine(index, change));
    expect(problemsOf(report)).toEqual(wanted);
    expect(report.ok).toBe(false);
  });

  it.each<[string, Loose, string]>([
    ['a member too many', { note: 'x' }, 'no member'],
    ['another version', { v: 2 }, 'v is 1, the version'],
    ['no disclaimer', { disclaimer: undefined }, 'disclaimer is missing'],
    ['no key member', { key: undefined }, 'key is missing'],
    ['a key of another log', { key: signing('ed25519', 'b').signer?.vkey }, 'key is no verifier key'],
    ['a time that is none', { created: '2026-02-30T00:00:00.000Z' }, 'created is a time'],
    ['a log that climbs', { log: '../../x' }, 'log is a log name'],
    ['another selection', { selection: { kind: 'decision' } }, 'of kind all or period'],
    ['a selection with more', { selection: { kind: 'all', of: 1 } }, 'of kind all or period'],
    [
      'a period where there is none',
      { period: { from: '2026-11-23T00:00:00.000Z', to: '2026-11-24T00:00:00.000Z' } },
      'a period if',
    ],
    ['no period where there is one', { selection: { kind: 'period' } }, 'a period if'],
    [
      'a period that ends before it begins',
      { selection: { kind: 'period' }, period: { from: '2026-11-24T00:00:00.000Z', to: '2026-11-23T00:00:00.000Z' } },
      'a from and a to',
    ],
    ['a generator that is a text', { generator: 'spanseal' }, 'generator is a name and a version'],
    ['frameworks that are none', { frameworks: { gdpr: 1 } }, 'frameworks is a list'],
    ['a framework without a digest', { frameworks: [{ id: 'a', version: '1', digest: 'x' }] }, 'frameworks is a list'],
    ['a framework twice', { frameworks: twice() }, 'none twice'],
    [
      'a catalogue without a digest',
      { catalogue: { version: '1', as_of: 'x', digest: 'x' } },
      'catalogue is a version',
    ],
    ['a risk tier that is a list', { risk_tier: ['high'] }, 'risk_tier is a text'],
    ['an operator that is an object', { operator: {} }, 'operator is a text'],
    ['a legal role that is a number', { legal_role: 1 }, 'legal_role is a text'],
    ['a purpose that is an object', { purpose: { of: 'x' } }, 'purpose is a text'],
    ['a request that is a number', { request_ref: 17 }, 'request_ref is a text'],
    ['a recipient that is null', { recipient: null }, 'recipient is a text'],
    ['an exporter that is true', { exported_by: true }, 'exported_by is a text'],
    ['a profile that is a list', { profile: [] }, 'profile is an object'],
    ['the digest of no profile', { profile: undefined }, 'stand together'],
    ['a digest that is none', { profile_digest: 'x' }, 'profile_digest is a SHA-256'],
    ['a source that is a text', { expected_sources: 'x' }, 'expected_sources is a list of texts'],
    ['a source that is an object', { expected_sources: ['x', {}] }, 'expected_sources is a list of texts'],
    ['nothing that it leaves out', { not_included: [] }, 'not_included is a list of <segment>:<seq>'],
    ['no entry that it leaves out', { not_included: ['x:1'] }, 'not_included is a list of <segment>:<seq>'],
    [
      'what it leaves out, of whole segments',
      { not_included: ['20261123T093000Z-00000000000000aa:7'] },
      'not_included stands in packs of kind decision',
    ],
    ['a member of another format', { excluded: [] }, 'no member "excluded"'],
  ])('a header with %s', async (_, more, what) => {
    const report = await reattested(changedLine(0, header(more)));
    // One problem, and not one for each entry whose controls cannot be recomputed now.
    expect(report.problemCounts['pack_header']).toBe(1);
    expect(report.problemCounts['annotation']).toBeUndefined();
    expect(report.problems[0]).toMatchObject({
      code: 'pack_header',
      line: 1,
      what: expect.stringContaining(what) as string,
    });
    expect(report).toMatchObject({ ok: false, verdicts: { integrity: 'malformed' } });
  });

  it('controls in a pack that names no framework', async () => {
    const bare = await packOf(corpus.segments, { frameworks: [], signer: signerOf(corpus) });
    const controls = edited(packLines(bare)[3] ?? '', (value) => ({ ...value, controls: { gdpr: { a: 'direct' } } }));
    expect(problemsOf(await reattested(packLines(bare).with(3, controls)))).toEqual(['annotation 4/1']);
  });
});

describe('lines of a pack', () => {
  const entryLine = (change: (line: string) => string): Promise<Report> =>
    reattested(lines.with(3, change(lines[3] ?? '')));

  it.each<[string, (line: string) => string, readonly string[]]>([
    ['nothing', (line) => line, []],
    // Not JSON, and still each half of it can be read.
    ['a semicolon for the comma before the entry', (line) => line.replace(',"entry"', ';"entry"'), ['pack_line 4']],
    ['white space before the entry', (line) => line.replace(',"entry"', ', "entry"'), ['pack_line 4']],
    [
      'a member after the entry',
      (line) => line.replace(/\}$/, ',"note":1}'),
      ['line_json 4', 'prev_hash 5/2', 'summary 21'],
    ],
    ['a brace too many', (line) => `${line}}`, ['line_json 4', 'prev_hash 5/2', 'summary 21']],
    ['a space at the end', (line) => `${line} `, ['pack_line 4']],
    ['a carriage return', (line) => `${line}\r`, ['pack_line 4']],
    [
      'the entry twice',
      (line) => line.replace(/\}$/, `,${line.slice(line.indexOf('"entry"'))}`),
      ['line_json 4', 'prev_hash 5/2', 'summary 21'],
    ],
    [
      'the controls twice',
      (line) => line.replace('{"controls"', '{"controls":{},"controls"'),
      ['line_not_canonical 4'],
    ],
    ['a member of another name', (line) => line.replace('{"controls"', '{"checked":{},"controls"'), ['pack_line 4']],
    [
      'a value that the entry does not withhold',
      (line) => line.replace('{"controls"', '{"absent":{"/payload/input":"erased"},"controls"'),
      ['disclosure_pointer 4/1'],
    ],
    [
      'controls that are a text',
      (line) => line.replace(/"controls":\{.*?\}\},/, '"controls":"all",'),
      ['pack_line 4', 'annotation 4/1'],
    ],
    ['__proto__', (line) => line.replace('{"controls"', '{"__proto__":{},"controls"'), ['pack_line 4']],
    [
      'the name of the entry in other letters',
      (line) => line.replace('"entry"', '"\\u0065ntry"'),
      ['line_not_canonical 4'],
    ],
  ])('with %s', async (_, change, wanted) => {
    const report = await entryLine(change);
    for (const problem of wanted) expect(problemsOf(report)).toContain(problem);
    expect(report.ok).toBe(wanted.length === 0);
  });

  it.each<[string, Loose]>([
    ['a member too many', { note: 1 }],
    ['a name that is none', { name: '\u001b]0;owned\u0007../../x' }],
    ['no name', { name: undefined }],
    ['torn bytes without a digest', { torn: { bytes: 3 } }],
    ['torn bytes with more', { torn: { bytes: 3, sha256: '0'.repeat(64), note: 'x' } }],
    ['no torn bytes', { torn: { bytes: 0, sha256: '0'.repeat(64) } }],
  ])('that begin a segment, with %s', async (_, more) => {
    const report = await reattested(changedLine(1, (value) => ({ segment: { ...at(value, 'segment'), ...more } })));
    expect(problemsOf(report)).toContain('pack_line 2');
    expect(report.ok).toBe(false);
    // oxlint-disable-next-line no-control-regex
    expect(JSON.stringify([report.problems, report.segments, report.notices])).not.toMatch(/\\u00(?:1b|07)/);
  });

  it('removed, repeated and moved, are named where they are missed', async () => {
    expect(problemsOf(await reattested(lines.toSpliced(3, 1)))).toEqual(['seq 4/2', 'summary 20']);
    expect(problemsOf(await reattested(lines.toSpliced(3, 0, lines[3] ?? '')))).toEqual(['seq 5/1', 'summary 22']);
    expect(problemsOf(await reattested(lines.toSpliced(1, 1)))).toContain('pack_structure 2');
    // A segment line too few: the next segment stands in the one before.
    expect(problemsOf(await reattested(lines.toSpliced(8, 1)))).toContain('open_misplaced 9/0');
    expect(problemsOf(await reattested(lines.toSpliced(20, 1)))).toContain('pack_structure 21');
    expect(problemsOf(await reattested(lines.toSpliced(20, 0, lines[20] ?? '')))).toContain('pack_structure 22');
    expect(problemsOf(await reattested(lines.toSpliced(0, 0, lines[0] ?? '')))).toContain('pack_structure 2');
  });

  it('after the attestation, are named', async () => {
    const [attestation = ''] = linesOf(pack).slice(-1);
    for (const line of [attestation, '', '{}', lines[3] ?? '']) {
      const report = await judge(Buffer.concat([pack, bytesOf([line])]));
      expect(problemsOf(report)).toEqual(['pack_structure 23']);
    }
    expect(problemsOf(await judge(Buffer.concat([pack, Buffer.from(' ')])))).toEqual(['line_unterminated 23']);
    expect(problemsOf(await judge(Buffer.concat([pack, pack])))).toContain('pack_structure 23');
    expect(problemsOf(await judge(pack.subarray(0, -1)))).toEqual(['line_unterminated 22', 'pack_structure 21']);
  });

  it('of the header gone and the tail cut, leave nothing', async () => {
    for (const given of [corpus.options, {}, { allowUnsigned: true }]) {
      const stripped = await verify(bytesOf(lines.slice(1, -1)), given);
      expect(stripped).toMatchObject({ ok: false, kind: 'pack', verdicts: { integrity: 'malformed' } });
      expect(exitCode(stripped)).toBe(1);
      const cut = await verify(bytesOf(lines.slice(0, -1)), given);
      expect(problemsOf(cut)).toEqual(['pack_structure 20']);
      expect(exitCode(cut)).toBe(1);
    }
  });

  it('of a header alone, or none, are no pack', async () => {
    expect(problemsOf(await judge(bytesOf(lines.slice(0, 1))))).toEqual(['pack_structure 1', 'empty 1']);
    for (const text of ['{"pack":{', '{"pack":{}}\n', '{"pack":{},"x":1}\n', '{"pack":{}\n']) {
      const report = await judge(Buffer.from(text));
      expect(report).toMatchObject({ ok: false, kind: 'pack', verdicts: { integrity: 'malformed' } });
    }
  });

  it('of segments without entries, prove nothing', async () => {
    const unsigned = packLines((await makeCorpus('none')).pack);
    const [first = '', segment = ''] = unsigned;
    const summary = edited(unsigned.at(-1) ?? '', (value) => ({
      summary: {
        ...at(value, 'summary'),
        segments: 1,
        entries: 0,
        by_type: {},
        unsealed: 0,
        first_ts: undefined,
        last_ts: undefined,
        decisions: { by_outcome: {}, by_result: {} },
        flags: { by_action: {}, by_severity: {} },
        population: {
          unit: 'decision',
          count: 0,
          ids_digest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        },
      },
    }));
    const report = await verify(attested([first, segment, summary]), { allowUnsigned: true, live: true });
    expect(problemsOf(report)).toEqual(['empty -']);
    expect(report.ok).toBe(false);
  });
});

describe('segments of a pack', () => {
  it('exchanged, repeated or left out, are named', async () => {
    const [first, dead, last] = [lines.slice(1, 8), lines.slice(8, 14), lines.slice(14, 20)];
    const made = (...parts: readonly (readonly string[])[]): Promise<Report> =>
      reattested([lines[0] ?? '', ...parts.flat(), lines[20] ?? '']);
    expect(problemsOf(await made(first, dead, last))).toEqual([]);
    expect(problemsOf(await made(dead, first, last))).toEqual(['segment_order 9']);
    expect(problemsOf(await made(first, first, dead, last))).toEqual(['segment_order 10', 'summary 28']);
    expect(problemsOf(await made(dead, last))).toEqual(['summary 14', 'sibling_missing 3/0']);
    expect(problemsOf(await made(first, last))).toEqual(['summary 15', 'sibling_missing 10/0']);
    expect(problemsOf(await made(first, dead))).toEqual(['summary 15', 'segment_open 14']);
  });

  it('without the tail that its process left unsealed, are not as they were found', async () => {
    const report = await reattested(lines.toSpliced(13, 1));
    expect(problemsOf(report)).toEqual(['summary 20', 'recovery_mismatch 16/1', 'segment_open 13']);
    expect(report.problems[1]).toMatchObject({ segment: corpus.recovering });
  });

  it('with other torn bytes than were found, are not those either', async () => {
    for (const torn of [undefined, { bytes: 17, sha256: '0'.repeat(64) }]) {
      const report = await reattested(
        changedLine(8, (value) => ({ segment: { name: at(value, 'segment')['name'], torn } })),
      );
      expect(problemsOf(report)).toEqual(['recovery_mismatch 17/1', 'segment_open 14']);
    }
    const closed = await reattested(
      changedLine(1, (value) => ({ segment: { ...at(value, 'segment'), torn: { bytes: 1, sha256: '0'.repeat(64) } } })),
    );
    expect(problemsOf(closed)).toEqual(['after_close 8']);
  });

  it('under another name, say their own', async () => {
    const name = '20261123T092900Z-00000000000000aa';
    const report = await reattested(changedLine(1, () => ({ segment: { name } })));
    expect(problemsOf(report)).toContain('segment_name 3/0');
    expect(report.problems[0]).toMatchObject({ segment: name, line: 3, seq: 0 });
  });

  it('whose last entry breaks a rule, are placed in the file and not in the segment', async () => {
    const report = await reattested(lines.toSpliced(19, 1));
    expect(problemsOf(report)).toEqual(['summary 20', 'segment_open 19']);
    expect(report.problems[1]).toMatchObject({ segment: corpus.recovering });
  });
});

describe('an attestation', () => {
  const attestation = (change: (value: Loose) => unknown): Promise<Report> =>
    judge(
      bytesOf([
        ...lines,
        edited(linesOf(pack).at(-1) ?? '', (value) => ({ attestation: change(at(value, 'attestation')) })),
      ]),
    );

  it.each<[string, (value: Loose) => unknown, string]>([
    [
      'a second signature',
      (value) => ({ ...value, signatures: [at(value, 'signatures', 0), at(value, 'signatures', 0)] }),
      'attestation_key',
    ],
    [
      'an unknown signature',
      (value) => ({ ...value, signatures: [at(value, 'signatures', 0), { keyid: 'b', sig: 'AAAA' }] }),
      'attestation_key',
    ],
    ['no signature', (value) => ({ ...value, signatures: [] }), 'attestation_key'],
    [
      'another key id',
      (value) => ({ ...value, signatures: [{ ...at(value, 'signatures', 0), keyid: 'b+00000000' }] }),
      'attestation_key',
    ],
    ['a member too many', (value) => ({ ...value, note: 'x' }), 'attestation_malformed'],
    [
      'a signature with more',
      (value) => ({ ...value, signatures: [{ ...at(value, 'signatures', 0), note: 1 }] }),
      'attestation_malformed',
    ],
    ['another payload type', (value) => ({ ...value, payloadType: 'application/json' }), 'attestation_malformed'],
    [
      'base64 with stray bits',
      (value) => ({ ...value, payload: String(value['payload']).replace(/fQ==$/, 'fR==').replace(/X0=$/, 'X1=') }),
      'attestation_malformed',
    ],
    [
      'another statement',
      (value) => ({ ...value, payload: Buffer.from('{}').toString('base64') }),
      'attestation_digest',
    ],
    [
      'a signature that is none',
      (value) => ({ ...value, signatures: [{ ...at(value, 'signatures', 0), sig: '' }] }),
      'signature',
    ],
    [
      'half a signature',
      (value) => ({ ...value, signatures: [{ ...at(value, 'signatures', 0), sig: 'A'.repeat(44) }] }),
      'signature',
    ],
  ])('with %s', async (_, change, code) => {
    const report = await attestation(change);
    expect(problemsOf(report)).toEqual([`${code} 22`]);
    expect(report.ok).toBe(false);
  });

  it('with another spelling of the same statement is another statement', async () => {
    const statement = (value: Loose): Loose =>
      JSON.parse(Buffer.from(String(value['payload']), 'base64').toString()) as Loose;
    const respelled = (value: Loose): Loose => ({
      ...value,
      payload: Buffer.from(`${jcs(statement(value))} `).toString('base64'),
    });
    expect(problemsOf(await attestation(respelled))).toEqual(['attestation_digest 22']);
  });

  it('by nobody, in a pack of signed segments, is not trusted', async () => {
    const report = await judge(attested(changedLine(0, header({ key: null }))));
    expect(problemsOf(report)).toEqual([]);
    expect(report).toMatchObject({ ok: false, failed: ['authenticity'], verdicts: { authenticity: 'failed' } });
    expect(exitCode(report)).toBe(1);
  });

  it('by another key of the same name, is not trusted', async () => {
    const report = await judge(attested(changedLine(0, header({ key: other.signer?.vkey })), other.signer));
    expect(problemsOf(report)).toEqual([]);
    expect(report).toMatchObject({ ok: false, failed: ['authenticity'], verdicts: { authenticity: 'failed' } });
    expect(exitCode(report)).toBe(1);
  });
});

describe('a catalogue beside a pack', () => {
  it.each<[string, JsonValue]>([
    ['another one', { v: 1 }],
    ['null', null],
    ['a text', 'x'],
    // Written out recursively it overflows the stack.
    ['one that nests', nested(100_000)],
    ['one that is too large', { ...catalogueDocument([]), version: 'x'.repeat(4_000), frameworks: largeFrameworks() }],
  ])('%s, is a problem and no exception', async (_, catalogue) => {
    const report = await judge(pack, { catalogue });
    expect(problemsOf(report)).toEqual(['catalogue 1']);
    expect(report).toMatchObject({ ok: false, failed: ['mapping'] });
  });

  it('that nobody knows leaves the controls attested', async () => {
    const frameworks = (value: Loose): Loose => ({
      frameworks: [{ ...at(value, 'pack', 'frameworks', 0), digest: '0'.repeat(64) }],
    });
    const report = await reattested(changedLine(0, (value) => header(frameworks(value))(value)));
    expect(report).toMatchObject({ ok: true, verdicts: { mapping: 'catalogue_unknown' } });
    expect(report.notices.map(({ code }) => code)).toContain('catalogue_unknown');
  });
});

function twice(): JsonValue {
  const framework = { id: 'a', version: '1', digest: '0'.repeat(64) };
  return [framework, framework];
}

/** Each of them has its shape, and takes no step. */
function largeFrameworks(): JsonValue {
  const control = (index: number): JsonValue => ({
    id: `C-${index}`,
    title: 'x'.repeat(4_000),
    clause: 'x',
    evidence_for: 'x',
  });
  return [
    {
      ...(structuredClone(findFramework('gdpr')) as unknown as JsonObject),
      controls: Array.from({ length: 300 }, (_, index) => control(index)),
      mapping: {},
      mapping_strength: {},
      conditional_mapping: [],
      pack_level: {},
    },
  ];
}

function nested(depth: number): JsonValue {
  let value: JsonValue = [];
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

describe('a pack of a period', () => {
  const period = { from: '2026-11-23T00:00:00.000Z', to: '2026-11-24T00:00:00.000Z' };
  let ofDay: string[];

  beforeAll(async () => {
    ofDay = packLines(await packOf(corpus.segments, { frameworks: [], signer: signerOf(corpus), period }));
  });

  it('without an entry is not whole', async () => {
    expect(problemsOf(await reattested(ofDay))).toEqual([]);
    expect(problemsOf(await reattested(ofDay.toSpliced(3, 1)))).toEqual(['seq 4/2', 'summary 20']);
  });

  it('without a segment that others saw in the period is not either', async () => {
    const summary = edited(ofDay[20] ?? '', (value) => ({
      summary: { ...at(value, 'summary'), segments: 2, entries: 10 },
    }));
    const report = await reattested([...ofDay.toSpliced(1, 7).slice(0, -1), summary]);
    expect(problemsOf(report)).toContain('sibling_missing 3/0');
    expect(report.problems.find(({ code }) => code === 'sibling_missing')?.what).toContain('lies in the period');
  });

  it('without a segment that a recovery found in the period is not either', async () => {
    const dead = new SegmentForge({ name: '20261123T093000Z-00000000000000aa' }).add('decision', {});
    const recovery = (last: string): Loose => ({
      segment: dead.name,
      lines: 2,
      size: 0,
      root: Buffer.from(dead.root()).toString('base64'),
      last_ts: last,
    });
    const judged = async (last: string): Promise<string[]> => {
      const next = new SegmentForge({ signer: signerOf(corpus), name: '20261123T093200Z-00000000000000aa' });
      next.add('recovery', recovery(last)).close();
      const from = { from: '2026-11-23T09:31:00.000Z', to: '2026-11-24T00:00:00.000Z' };
      const given = { frameworks: [], signer: signerOf(corpus), period: from };
      return problemsOf(await judge(await packOf(new Map([[next.name, next.bytes]]), given)));
    };
    expect(await judged('2026-11-23T09:31:00.000Z')).toEqual(['sibling_missing 4/1']);
    expect(await judged('2026-11-23T09:30:00.001Z')).toEqual([]);
  });

  it('does not miss what lies outside', async () => {
    const later = { from: '2026-11-23T09:31:30.000Z', to: '2026-11-24T00:00:00.000Z' };
    const forge = new SegmentForge({ signer: signerOf(corpus), name: '20261123T093000Z-00000000000000aa' }).close();
    const cited = {
      segment: forge.name,
      size: 2,
      root: Buffer.from(forge.root(2)).toString('base64'),
      closed: true,
      last: '2026-11-23T09:30:00.002Z',
    };
    const next = new SegmentForge({
      signer: signerOf(corpus),
      name: '20261123T093200Z-00000000000000aa',
      open: { siblings: [cited] },
    }).close();
    const bytes = await packOf(new Map([[next.name, next.bytes]]), {
      frameworks: [],
      signer: signerOf(corpus),
      period: later,
    });
    const report = await judge(bytes);
    expect(problemsOf(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, verdicts: { completeness: 'selection' } });
    expect(report.notices).toContainEqual(
      expect.objectContaining({ code: 'outside_selection', what: expect.stringContaining(forge.name) as string }),
    );
  });
});

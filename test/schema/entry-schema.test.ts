import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { ENTRY_TYPES } from '../../src/entry.ts';
import { AuditLog, memorySink, verify, type Entry, type Sink } from '../../src/index.ts';
import type { JsonObject } from '../../src/json.ts';
import { VOCABULARIES } from '../../src/vocabulary.ts';
import {
  allCalls,
  badEnds,
  entriesOf,
  hardContent,
  openLog,
  otherWords,
  ownEntries,
  withheldValues,
  withPayload,
} from './business-calls.ts';
import { logRecords, oddSpans, recordings, sdkSpans } from './spans.ts';
import { entrySchema, schemaProblems } from './validate.ts';

async function closedLog(record: (audit: AuditLog) => void | Promise<void>): Promise<Sink> {
  const sink = memorySink();
  const audit = openLog({}, sink);
  await record(audit);
  await audit.close({ reason: 'signal' });
  return sink;
}

/** The least that can be said, and a pack of it. */
async function bareLog(): Promise<Sink> {
  const sink = memorySink();
  const audit = new AuditLog({ system: 'bare', sink, warnUnsigned: false, redactor: false });
  audit.flag('x');
  const folder = mkdtempSync(join(tmpdir(), 'spanseal-schema-'));
  await audit.export(join(folder, 'all.jsonl'));
  await audit.export(join(folder, 'period.jsonl'), {
    period: { from: '2026-01-01T00:00:00Z', to: '9999-01-01T00:00:00Z' },
    purpose: 'internal_audit',
    requestRef: 'r-1',
    recipient: 'auditor',
    exportedBy: 'u-12',
  });
  await audit.close();
  return sink;
}

const SOURCES: Readonly<Record<string, () => Promise<Sink>>> = {
  'business calls with all options': () => closedLog(allCalls),
  'words of no vocabulary and times that are none': () => closedLog(otherWords),
  'content that JSON or a line cannot hold': () => closedLog(hardContent),
  'decisions that fail or stay open': () => closedLog(badEnds),
  'a log without declarations, and packs of it': bareLog,
  'entries of the log itself': ownEntries,
  'values that are withheld, disclosed, held and erased': withheldValues,
  'spans of an SDK': sdkSpans,
  'spans with odd attributes': oddSpans,
  'recorded spans': recordings,
  'log records and the baggage of requests': logRecords,
};

const written = new Map<string, { readonly sink: Sink; readonly entries: readonly Entry[] }>();

beforeAll(async () => {
  for (const [name, make] of Object.entries(SOURCES)) {
    const sink = await make();
    written.set(name, { sink, entries: entriesOf(sink) });
  }
});

const everything = (): readonly Entry[] => [...written.values()].flatMap(({ entries }) => entries);

describe('what the public API writes', () => {
  it.each(Object.keys(SOURCES))('%s: every line is valid, and every segment verifies', async (name) => {
    const { sink, entries } = written.get(name) ?? { sink: memorySink(), entries: [] };
    expect(entries.length).toBeGreaterThan(2);
    for (const entry of entries) expect(schemaProblems(entry), JSON.stringify(entry).slice(0, 2_000)).toEqual([]);
    for (const segment of sink.list()) {
      const reader = sink.open(segment);
      const bytes = new Uint8Array(reader.bytes);
      reader.read(bytes, 0);
      const report = await verify(bytes, { allowUnsigned: true, name: `${segment}.jsonl` });
      expect(report.problems).toEqual([]);
    }
  });

  it('has entries of every type', () => {
    const types = new Set(everything().map(({ type }) => type));
    expect(ENTRY_TYPES.filter((type) => !types.has(type))).toEqual([]);
  });

  it('marks what it changed, and cuts what does not fit', () => {
    const marks = new Set(everything().flatMap(({ lossy = {} }) => Object.values(lossy)));
    const kinds = new Set([...marks].map((mark) => mark.replace(/:.*/, '')));
    expect([...kinds]).toEqual(
      expect.arrayContaining([
        'bigint',
        'nonfinite',
        'unsafe',
        'negative_zero',
        'date',
        'collection',
        'binary',
        'cycle',
      ]),
    );
    expect([...kinds]).toEqual(expect.arrayContaining(['function', 'surrogate', 'cut']));
  });
});

/** An entry of a type that the tests above have written. */
function sample(type: string): Entry {
  const found = everything().find((entry) => entry.type === type);
  if (found === undefined) expect.unreachable(`no entry of type ${type}`);
  return found;
}

function without(entry: Entry, member: string): object {
  const { [member]: _, ...payload } = entry.payload as JsonObject;
  return { ...entry, payload };
}

describe('what the schema rejects', () => {
  it.each([
    ['human_oversight', 'action', 'aproved'],
    ['human_oversight', 'reviewer_kind', 'human'],
    ['policy_flag', 'action', 'Blocked'],
    ['policy_flag', 'severity', 'Critical'],
    ['decision', 'actor_kind', 'robot'],
    ['decision_end', 'outcome', 'ok'],
    ['llm_call', 'outcome', 'completed'],
    ['audit_open', 'environment', 'prod'],
    ['audit_close', 'reason', 'crash'],
    ['incident', 'stage', 'initial report'],
    ['change', 'kind', 'models'],
    ['custody', 'action', 'export'],
  ])('%s with %s = %s', (type, member, word) => {
    expect(schemaProblems(sample(type))).toEqual([]);
    expect(schemaProblems(withPayload(sample(type), { [member]: word }))).not.toEqual([]);
  });

  it.each([
    ['audit_open', 'system log segment producer key environment'],
    ['decision_end', 'outcome'],
    ['llm_call', 'outcome'],
    ['tool_call', 'name'],
    ['human_oversight', 'reviewer_kind action'],
    ['policy_flag', 'reason action severity'],
    ['tally', 'window spans decisions oversight write_failures seals_discarded after_close'],
    ['gap', 'lost'],
    ['recovery', 'segment lines size root'],
    ['clock_step', 'before after'],
    ['seal', 'checkpoint'],
    ['audit_close', 'reason'],
  ])('%s without each of its members: %s', (type, members) => {
    for (const member of members.split(' ')) {
      expect(schemaProblems(without(sample(type), member)), member).not.toEqual([]);
    }
  });

  it('`other` without the word, and a word beside one of the vocabulary', () => {
    const entry = sample('policy_flag');
    expect(schemaProblems(withPayload(entry, { action: 'other' }))).not.toEqual([]);
    expect(schemaProblems(withPayload(entry, { action: 'other', action_text: 'quarantined' }))).toEqual([]);
    expect(schemaProblems(withPayload(entry, { action: 'blocked', action_text: 'quarantined' }))).not.toEqual([]);
  });

  it.each([
    ['a member in camelCase', 'policy_flag', { riskRef: 'r' }],
    ['a member of another type', 'change', { severity: 'info' }],
    ['a time without milliseconds', 'incident', { aware_at: '2026-11-23T09:30:00Z' }],
    ['a time with an offset', 'incident', { aware_at: '2026-11-23T09:30:00.000+01:00' }],
    ['a measured number that is no integer', 'llm_call', { duration_ms: 1.5 }],
    ['tokens as text', 'llm_call', { usage: { input_tokens: '12' } }],
    ['an unknown token count', 'llm_call', { usage: { inputTokens: 12 } }],
    ['money as a number', 'llm_call', { cost: { amount: 0.1 } }],
    ['a number beyond 2^53 - 1', 'decision_record', { data: { big: 2 ** 53 } }],
    ['a hash in upper case', 'custody', { pack_digest: 'AB'.repeat(32) }],
    ['a root that is too short', 'recovery', { root: 'AA==' }],
    ['a segment name with a path', 'recovery', { segment: '../../20261123T093000Z-0123456789abcdef' }],
    ['a log name with a part ..', 'audit_open', { log: 'acme/../other' }],
    ['a key that is none', 'audit_open', { key: 'acme' }],
    ['a counter below zero', 'gap', { lost: -1 }],
  ])('%s', (_, type, members) => {
    expect(schemaProblems(withPayload(sample(type), members as JsonObject))).not.toEqual([]);
  });

  it('a checkpoint with two signatures', () => {
    const { checkpoint } = sample('seal').payload as { readonly checkpoint: string };
    const signed = `${checkpoint}— acme.example/loan-triage ${'A'.repeat(90)}==\n`;
    expect(schemaProblems(withPayload(sample('seal'), { checkpoint: signed }))).toEqual([]);
    expect(schemaProblems(withPayload(sample('seal'), { checkpoint: signed + signed.split('\n\n')[1] }))).not.toEqual(
      [],
    );
  });

  it.each([
    ['another version', { v: 2 }],
    ['an unknown type', { type: 'approval' }],
    ['a further field', { note: 'x' }],
    ['an empty lossy', { lossy: {} }],
    ['a lossy word that is none', { lossy: { '/payload/x': 'shortened' } }],
    ['a pointer out of the payload', { lossy: { '/seq': 'cut:1' } }],
    ['a trace id of zeros', { trace_id: '0'.repeat(32) }],
    ['an empty decision id', { decision_id: '' }],
    ['a time that is none', { ts: '2026-13-01T00:00:00.000Z' }],
  ])('%s', (_, fields) => {
    expect(schemaProblems(sample('policy_flag'))).toEqual([]);
    expect(schemaProblems({ ...sample('policy_flag'), ...fields })).not.toEqual([]);
  });

  it('a seal with any further field', () => {
    const further = {
      decision_id: 'd-1',
      trace_id: 'a'.repeat(32),
      span_id: 'a'.repeat(16),
      lossy: { '/payload/x': 'date' },
    };
    for (const [field, value] of Object.entries(further)) {
      expect(schemaProblems({ ...sample('policy_flag'), [field]: value }), field).toEqual([]);
      expect(schemaProblems({ ...sample('seal'), [field]: value }), field).not.toEqual([]);
    }
  });

  it('a withheld value of a type that withholds nothing', () => {
    const sd = { '/payload/reason': 'A'.repeat(43) };
    expect(schemaProblems({ ...sample('policy_flag'), sd })).toEqual([]);
    expect(schemaProblems({ ...sample('gap'), sd })).not.toEqual([]);
  });
});

describe('the schema and the code', () => {
  it('name the same types', () => {
    const names = Object.keys(entrySchema.$defs).flatMap((name) => /^payload_(.+)$/.exec(name)?.slice(1) ?? []);
    expect(names).toEqual([...ENTRY_TYPES]);
  });

  it('have the same closed vocabularies', () => {
    for (const [type, vocabularies] of Object.entries(VOCABULARIES)) {
      for (const [member, words] of Object.entries(vocabularies)) {
        expect(entrySchema.$defs[`payload_${type}`]?.properties?.[member], `${type}.${member}`).toEqual({
          enum: [...words, 'other'],
        });
      }
    }
  });
});

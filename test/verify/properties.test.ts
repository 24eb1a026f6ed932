import { fc } from '../fast-check.ts';
import { describe, expect, it } from 'vitest';

import { AuditLog, memorySink, verify } from '../../src/index.ts';
import { exitCode } from '../../src/verify/report.ts';
import {
  bytesOf,
  linesOf,
  logOptions,
  makeCorpus,
  packOf,
  problemsOf,
  segmentsOf,
  signing,
  verifyDirectory,
  type Segments,
} from '../attacks/corpus.ts';
import { jsonTexts } from '../json-text.ts';

const { signer, options } = signing('ed25519');

/** What an application does with its log. */
type Step =
  | { readonly do: 'record' | 'decide'; readonly data: unknown }
  | { readonly do: 'flag'; readonly reason: string; readonly severity: string }
  | { readonly do: 'review'; readonly note: string }
  | { readonly do: 'flush' | 'roll' | 'wait' };

const json = jsonTexts().map((text) => JSON.parse(text) as unknown);
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string());

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constantFrom('record' as const, 'decide' as const), data: json }),
    fc.record({ do: fc.constant('flag' as const), reason: text, severity: text }),
    fc.record({ do: fc.constant('review' as const), note: text }),
    fc.record({ do: fc.constantFrom('flush' as const, 'roll' as const, 'wait' as const) }),
  ),
  { minLength: 1, maxLength: 25 },
);

async function write(all: readonly Step[]): Promise<Segments> {
  const sink = memorySink();
  const audit = new AuditLog(logOptions(sink, signer, 0));
  // A log without an entry is no log.
  audit.record({});
  for (const step of all) {
    switch (step.do) {
      case 'record':
        audit.record({ data: step.data });
        break;
      case 'decide':
        audit.decision({ input: step.data }, (decision) => {
          decision.record({ inner: step.data });
          decision.result('done');
        });
        break;
      case 'flag':
        audit.flag(step.reason, { severity: step.severity });
        break;
      case 'review':
        audit.humanOversight({ action: 'approved', note: step.note });
        break;
      case 'flush':
        await audit.flush();
        break;
      case 'roll':
        await audit.roll();
        break;
      case 'wait':
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        break;
    }
  }
  await audit.close();
  return segmentsOf(sink);
}

/** A change somewhere in a file, by numbers that say where. */
interface Change {
  readonly kind: 'flip' | 'delete' | 'insert' | 'cut' | 'drop line' | 'repeat line' | 'swap lines' | 'drop file';
  readonly file: number;
  readonly at: number;
  readonly other: number;
}

const changes = fc.record<Change>({
  kind: fc.constantFrom('flip', 'delete', 'insert', 'cut', 'drop line', 'repeat line', 'swap lines', 'drop file'),
  file: fc.nat(),
  at: fc.nat(),
  other: fc.nat(),
});

function changed(bytes: Uint8Array, { kind, at, other }: Change): Uint8Array {
  const offset = at % bytes.length;
  const lines = linesOf(bytes);
  const index = at % lines.length;
  const line = lines[index] ?? '';
  switch (kind) {
    case 'flip':
      return bytes.with(offset, (bytes[offset] ?? 0) ^ (1 << (other % 8)));
    case 'delete':
      return Buffer.concat([bytes.subarray(0, offset), bytes.subarray(offset + 1)]);
    case 'insert':
      return Buffer.concat([bytes.subarray(0, offset), Uint8Array.of(other % 256), bytes.subarray(offset)]);
    case 'cut':
      return bytes.subarray(0, offset);
    case 'drop line':
      return bytesOf(lines.toSpliced(index, 1));
    case 'repeat line':
      return bytesOf(lines.toSpliced(other % (lines.length + 1), 0, line));
    case 'swap lines':
      return bytesOf(lines.with(index, lines[other % lines.length] ?? '').with(other % lines.length, line));
    case 'drop file':
      return bytes;
  }
}

describe('whatever an application records', () => {
  it('verifies with the key, as a directory, segment by segment, and as a pack', { timeout: 60_000 }, async () => {
    let entries = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const segments = await write(all);
        const report = await verifyDirectory(segments, options);
        expect(problemsOf(report)).toEqual([]);
        expect(report).toMatchObject({ ok: true, verdicts: { authenticity: 'signed', completeness: 'holds' } });
        for (const [name, bytes] of segments) {
          expect(await verify(bytes, { ...options, name: `${name}.jsonl` })).toMatchObject({ ok: true });
        }
        const made = await packOf(segments, { frameworks: [], ...(signer === undefined ? {} : { signer }) });
        expect(await verify(made, options)).toMatchObject({ ok: true, problems: [], entries: report.entries });
        entries += report.entries;
      }),
      { numRuns: 150 },
    );
    console.log(`random logs: ${entries.toLocaleString('en')} entries verify`);
  });

  it('does not verify once anything of it is changed', { timeout: 60_000 }, async () => {
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.array(changes, { minLength: 8, maxLength: 8 }), async (all, some) => {
        const segments = await write(all);
        for (const change of some) {
          const names = [...segments.keys()];
          const name = names[change.file % names.length] ?? '';
          const bytes = segments.get(name) ?? new Uint8Array(0);
          const files = new Map(segments).set(name, changed(bytes, change));
          if (change.kind === 'drop file') {
            // Nobody misses the newest: so it is with every log, until somebody holds a later record.
            if (name === names.at(-1) || !files.delete(name)) continue;
          } else if (Buffer.compare(bytes, files.get(name) ?? bytes) === 0) {
            continue;
          }
          tried++;
          const report = await verifyDirectory(files, options);
          expect(report.ok, JSON.stringify(change)).toBe(false);
          expect(exitCode(report)).toBe(1);
        }
      }),
      { numRuns: 150 },
    );
    console.log(`random logs: ${tried.toLocaleString('en')} changes, 0 accepted`);
  });
});

describe('garbage', () => {
  const never = async (bytes: Uint8Array): Promise<void> => {
    const report = await verify(bytes, { allowUnsigned: true, live: true });
    expect(report.ok).toBe(false);
    expect(exitCode(report)).toBe(1);
  };

  it('of random bytes is judged, never thrown, never accepted', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), never), { numRuns: 2_000 });
  });

  it('of random JSON, line by line, too', async () => {
    const lines = fc.array(jsonTexts(), { maxLength: 8 }).map((all) => bytesOf(all));
    await fc.assert(fc.asyncProperty(lines, never), { numRuns: 1_000 });
    const packs = fc.array(jsonTexts(), { maxLength: 6 }).map((all) => bytesOf(['{"pack":{}}', ...all]));
    await fc.assert(fc.asyncProperty(packs, never), { numRuns: 1_000 });
  });

  // Every member of every line of a real record, replaced by anything: the places where a check forgets a type.
  it('in any member of any line of a pack or a segment, too', { timeout: 60_000 }, async () => {
    const corpus = await makeCorpus('ed25519', { frameworks: ['gdpr'], profile: { annex_iii_points: ['5b'] } });
    const files = [corpus.pack, ...corpus.segments.values()];
    const hostile = fc.oneof(
      json,
      fc.constantFrom(null, true, -1, 1.5, 2 ** 53, '', 'x', [], {}, [[]], [null], '\ud800', { __proto__: 1 }),
    );
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.nat(), hostile, async (file, line, member, value) => {
        const bytes = files[file % files.length] ?? corpus.pack;
        const lines = linesOf(bytes);
        const index = line % lines.length;
        const parsed = JSON.parse(lines[index] ?? '{}') as object;
        const places = placesIn(parsed);
        const [holder, name] = places[member % places.length] ?? [{}, ''];
        holder[name] = value;
        const mutant = bytesOf(lines.with(index, JSON.stringify(parsed)));
        if (Buffer.compare(mutant, bytes) === 0) return;
        tried++;
        const report = await verify(mutant, { ...corpus.options, catalogue: value as never });
        expect(report.ok).toBe(false);
      }),
      { numRuns: 1_500 },
    );
    console.log(`records with a hostile member: ${tried.toLocaleString('en')}, none throws`);
  });
});

/** Every place in a JSON value: what holds it, and its name there. */
function placesIn(value: object): [holder: Record<string, unknown>, name: string][] {
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => [
    [value as Record<string, unknown>, name] as [Record<string, unknown>, string],
    ...(typeof member === 'object' && member !== null ? placesIn(member) : []),
  ]);
}

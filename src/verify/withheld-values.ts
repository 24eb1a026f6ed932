import { MAX_LINE_BYTES } from '../entry.ts';
import { disclosuresFile } from '../names.ts';
import type { Primitives } from '../primitives.ts';
import { DisclosureLines, type Disclosed } from './disclosure-lines.ts';
import type { Erasures } from './erasures.ts';
import { parseJson } from './json.ts';
import { LineSplitter } from './lines.ts';
import { quoted, type Problems } from './problem.ts';
import { entryProblem, type CheckedEntry } from './rules.ts';
import { NO_VALUES, sumOf, type ValueCounts } from './value-counts.ts';

/**
 * The withheld values of a segment, held against its disclosures and what is said to be erased. Read after the segments
 * themselves: an erasure comes later than what it erases, and so nothing has to be kept for it.
 */
export interface WithholdingSegment {
  readonly name: string;
  readonly file: string;
  /** How many of its lines were verified: more may be written meanwhile. */
  readonly lines: number;
  /** Whether it is being written: then disclosures beyond its lines belong to entries that follow. */
  readonly isWritten: boolean;
  readonly bytes: () => AsyncIterable<Uint8Array>;
  /** `undefined` where nothing is disclosed. */
  readonly disclosures: (() => AsyncIterable<Uint8Array>) | undefined;
}

interface Context {
  readonly primitives: Pick<Primitives, 'sha256'>;
  readonly problems: Problems;
}

export async function checkWithheld(
  { primitives, problems }: Context,
  segment: WithholdingSegment,
  erasures: Erasures,
): Promise<ValueCounts> {
  const { name, disclosures, isWritten } = segment;
  const lines = new DisclosureLines(
    primitives,
    disclosures === undefined ? nothing() : disclosures(),
    isWritten ? segment.lines : Number.POSITIVE_INFINITY,
  );
  const counts: ValueCounts[] = [];
  let accounted = 0;
  for await (const { seq, sd } of entriesThatWithhold(segment)) {
    const disclosed = await lines.of(seq);
    for (const [pointer, digest] of Object.entries(sd)) {
      const fitting = disclosed.filter((each) => each.pointer === pointer && each.digest === digest);
      // A line that is there twice was written again while the file was replaced.
      accounted += fitting.length;
      const place = { file: disclosuresFile(name), segment: name, line: fitting[0]?.line, seq };
      const erasure = erasures.find(name, seq, pointer, digest);
      counts.push({ ...NO_VALUES, [stateOf(fitting[0], erasure !== undefined)]: 1 });
      if (fitting[0]?.whole === false) {
        problems.add('disclosure_malformed', place, `the disclosure of ${quoted(pointer)} is no salt and value`);
      } else if (fitting[0] !== undefined && erasure !== undefined) {
        problems.add('erased_disclosed', place, `${quoted(pointer)} is disclosed, and was said to be erased`);
      }
    }
    // Not one for each of ten million.
    if (counts.length > 1_024) counts.splice(0, counts.length, sumOf(counts));
  }
  for (const { place, seq, pointer } of erasures.unmet(name)) {
    problems.add('erasure_mismatch', place, `entry ${seq} of ${name} withholds no such value ${quoted(pointer)}`);
  }
  await lines.end();
  return sumOf([...counts, { ...NO_VALUES, unaccounted: lines.lines - accounted }]);
}

function stateOf(disclosed: Disclosed | undefined, isErased: boolean): 'disclosed' | 'withheld' | 'erased' | 'failed' {
  if (disclosed === undefined) return isErased ? 'erased' : 'withheld';
  return isErased || !disclosed.whole ? 'failed' : 'disclosed';
}

async function* entriesThatWithhold({
  bytes,
  lines,
}: WithholdingSegment): AsyncGenerator<{ readonly seq: number; readonly sd: NonNullable<CheckedEntry['sd']> }> {
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  let line = 0;
  for await (const piece of bytes()) {
    for (const { bytes: entryBytes } of splitter.push(piece)) {
      if (line++ >= lines) return;
      const parsed = parseJson(entryBytes, MAX_LINE_BYTES);
      // What is no entry has been said already.
      if (!parsed.ok || entryProblem(parsed.value) !== undefined) continue;
      const { seq, sd } = parsed.value as unknown as CheckedEntry;
      if (sd !== undefined) yield { seq, sd };
    }
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

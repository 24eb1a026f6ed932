import { parseCheckpoint } from '../src/checkpoint.ts';
import { MAX_LINE_BYTES } from '../src/entry.ts';
import { textOf } from '../src/json.ts';
import { segmentBytes, type Sink } from '../src/sink.ts';
import { Erasures, erasuresIn, type Erasure } from '../src/verify/erasures.ts';
import { parseJson } from '../src/verify/json.ts';
import { LineSplitter } from '../src/verify/lines.ts';
import { entryProblem, payloadProblem, type CheckedEntry } from '../src/verify/rules.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import type { Selected } from './selection.ts';

/** Most lines are of other types, and are not parsed to know it. */
const WANTED = ['erasure', 'seal'].map((type) => Buffer.from(`"type":"${type}"`));

/** What segments say, sealed within so many of their bytes, was erased. */
export async function sealedErasures(sink: Sink, segments: readonly Selected[]): Promise<Erasures> {
  const found: Erasure[] = [];
  for (const segment of segments) found.push(...(await erasuresOf(sink, segment)));
  return new Erasures(found);
}

async function erasuresOf(sink: Sink, { name, bytes: size }: Selected): Promise<Erasure[]> {
  const said: { readonly at: number; readonly erasure: Erasure }[] = [];
  let sealed = 0;
  for await (const { seq, type, payload } of wantedEntries(sink, name, size)) {
    if (type === 'seal') sealed = parseCheckpoint(textOf(payload['checkpoint']))?.size ?? sealed;
    else for (const erasure of erasuresIn(payload, { file: `${name}.jsonl`, seq })) said.push({ at: seq, erasure });
  }
  return said.flatMap(({ at, erasure }) => (at < sealed ? [erasure] : []));
}

async function* wantedEntries(sink: Sink, segment: string, size: number): AsyncGenerator<CheckedEntry> {
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  let left = size;
  for await (const piece of segmentBytes(sink, segment)) {
    for (const { bytes } of splitter.push(piece.subarray(0, left))) {
      const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      if (!WANTED.some((type) => line.includes(type))) continue;
      const parsed = parseJson(bytes, MAX_LINE_BYTES);
      if (!parsed.ok || entryProblem(parsed.value) !== undefined) continue;
      const entry = parsed.value as unknown as CheckedEntry;
      const isWanted = entry.type === 'erasure' || entry.type === 'seal';
      if (isWanted && payloadProblem(nodePrimitives, entry.type, entry.payload) === undefined) yield entry;
    }
    left -= piece.length;
    if (left <= 0) return;
  }
}

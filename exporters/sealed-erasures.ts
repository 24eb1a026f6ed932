import type { Sink } from '../src/sink.ts';
import { Erasures, erasuresIn, type Erasure } from '../src/verify/erasures.ts';
import { entriesOfTypes } from './entries-of-types.ts';
import type { Selected } from './selection.ts';

/** What segments say, sealed within so many of their bytes, was erased. */
export async function sealedErasures(sink: Sink, segments: readonly Selected[]): Promise<Erasures> {
  const found: Erasure[] = [];
  for (const { name, bytes } of segments) {
    for (const { entry, sealed } of await entriesOfTypes(sink, name, ['erasure'], bytes)) {
      if (sealed) found.push(...erasuresIn(entry.payload, { file: `${name}.jsonl`, seq: entry.seq }));
    }
  }
  return new Erasures(found);
}

/** What a log says of all of its segments. */
export function allErasures(sink: Sink): Promise<Erasures> {
  return sealedErasures(
    sink,
    sink.list().map((name) => ({ name, bytes: Number.POSITIVE_INFINITY })),
  );
}

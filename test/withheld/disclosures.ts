import { parseDisclosureLine, type DisclosureLine } from '../../src/disclosure.ts';
import type { Sink } from '../../src/index.ts';

/** What is disclosed of a segment. */
export function disclosuresIn(sink: Sink, segment: string): DisclosureLine[] {
  const reader = sink.disclosures?.open(segment);
  if (reader === undefined) return [];
  const bytes = Buffer.alloc(reader.bytes);
  reader.read(bytes, 0);
  reader.close();
  return bytes
    .toString()
    .split('\n')
    .flatMap((line) => parseDisclosureLine(Buffer.from(line)) ?? []);
}

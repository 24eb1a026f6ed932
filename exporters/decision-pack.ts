import { canonicalize } from '../src/canonical.ts';
import { MAX_DECISION_ID_CHARS, MAX_LINE_BYTES } from '../src/entry.ts';
import { SpansealError } from '../src/error.ts';
import type { Sink } from '../src/sink.ts';
import { parseJson } from '../src/verify/json.ts';
import type { CheckedEntry } from '../src/verify/rules.ts';
import { holdsText, MAX_PROVED, proveEntries, provedLines, type ProvedSegment } from './entry-proofs.ts';
import type { Selected } from './selection.ts';

/** The entries of one decision, out of a log that nobody else is shown: each with the proof that it is in it. */

export interface FoundDecision {
  readonly segments: readonly ProvedSegment[];
  /** Entries of the decision that no seal covers yet, `<segment>:<seq>`. */
  readonly notIncluded: readonly string[];
}

type Progress = (progress: { readonly bytes: number; readonly totalBytes: number }) => void;

/** @throws TypeError for what no decision can be called */
export function checkDecision(id: string): void {
  if (id !== '' && id.length <= MAX_DECISION_ID_CHARS && id.isWellFormed()) return;
  throw new TypeError(`A decision's id has 1 to ${MAX_DECISION_ID_CHARS} characters; give the one in the log.`);
}

/**
 * The segments with entries of a decision, verified. All others are searched, and not read.
 *
 * @throws SpansealError `EXPORT_FAILED` if there is no sealed entry of it, or too many; `LOG_INVALID`
 */
export async function findDecision(
  sink: Sink,
  selected: readonly Selected[],
  id: string,
  onProgress?: Progress,
): Promise<FoundDecision> {
  const text = `"decision_id":${canonicalize(id)}`;
  const concerned: Selected[] = [];
  for (const segment of selected) if (await holdsText(sink, segment, text)) concerned.push(segment);
  const totalBytes = concerned.reduce((sum, { bytes }) => sum + bytes, 0);
  let read = 0;
  let proved = 0;
  const segments: ProvedSegment[] = [];
  const notIncluded: string[] = [];
  for (const each of concerned) {
    const segment = await proveEntries(
      sink,
      each,
      ({ type, decision_id: of }) => type === 'audit_open' || of === id,
      (bytes) => onProgress?.({ bytes: (read += bytes), totalBytes }),
    );
    notIncluded.push(...segment.unsealed.filter((seq) => seq > 0).map((seq) => `${each.name}:${seq}`));
    // The id may stand in the data of another entry; and of an audit_open alone nobody learns anything.
    if (segment.proofs.size < 2) continue;
    proved += segment.proofs.size;
    if (proved > MAX_PROVED) throw tooLong(id);
    segments.push(segment);
  }
  if (segments.length > 0) return { segments, notIncluded };
  throw new SpansealError(
    'EXPORT_FAILED',
    notIncluded.length === 0
      ? `No entry in ${sink.location} is of the decision ${JSON.stringify(id)}; see spanseal inspect.`
      : `No seal covers the entries of ${JSON.stringify(id)} in ${sink.location} yet; export again after the next seal.`,
  );
}

/** Hands on what stands in the pack for each segment: its line, then its entries with their paths. */
export async function copyDecision(
  sink: Sink,
  { segments }: FoundDecision,
  write: {
    segment(found: ProvedSegment): void;
    entry(
      bytes: Uint8Array,
      entry: CheckedEntry,
      where: { readonly segment: string; readonly path: readonly Uint8Array[] },
    ): Promise<void>;
  },
): Promise<number> {
  let entries = 0;
  for (const found of segments) {
    write.segment(found);
    for await (const { bytes, path } of provedLines(sink, found)) {
      const parsed = parseJson(bytes, MAX_LINE_BYTES);
      // Always: it is the line that was verified.
      if (parsed.ok)
        await write.entry(bytes, parsed.value as unknown as CheckedEntry, { segment: found.selected.name, path });
      entries++;
    }
  }
  return entries;
}

function tooLong(id: string): SpansealError {
  return new SpansealError(
    'EXPORT_FAILED',
    `The decision ${JSON.stringify(id)} has more than ${MAX_PROVED} entries; export the whole segments, by a period.`,
  );
}

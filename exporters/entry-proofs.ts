import { AuditPaths } from '../src/audit-paths.ts';
import { decodeBase64, sameBytes } from '../src/base64.ts';
import { MAX_LINE_BYTES } from '../src/entry.ts';
import { SpansealError } from '../src/error.ts';
import { leafHash, verifyInclusion } from '../src/merkle.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import { segmentBytes, type Sink } from '../src/sink.ts';
import { Keys } from '../src/verify/keys.ts';
import { LineSplitter } from '../src/verify/lines.ts';
import { Problems } from '../src/verify/problem.ts';
import type { CheckedEntry } from '../src/verify/rules.ts';
import { SegmentCheck, type SegmentRecord } from '../src/verify/segment.ts';
import { refuseInvalid } from './refusal.ts';
import { firstBytes, tornTail, type Selected } from './selection.ts';

/**
 * Proofs that entries are in a segment, made of the segment itself: it is read once to be verified and to find out what
 * its last seal covers, and once for the tree. Of all lines no more is kept than of those that are proved.
 */

/** So many entries are proved at a time: each keeps up to 50 hashes until all are written. */
export const MAX_PROVED: number = 16_384;

const sha256 = nodePrimitives.sha256;

export interface ProvedEntry {
  readonly leaf: Uint8Array;
  /** Against the last seal, leaf to root. */
  readonly path: readonly Uint8Array[];
}

export interface ProvedSegment {
  readonly selected: Selected;
  readonly record: SegmentRecord;
  /** By number, ascending. */
  readonly proofs: ReadonlyMap<number, ProvedEntry>;
  /** Entries that were asked for, and that no seal covers. */
  readonly unsealed: readonly number[];
}

/**
 * Verifies a segment, and proves those of its entries that are wanted.
 *
 * @throws SpansealError `LOG_INVALID` if it does not hold, `EXPORT_FAILED` if too many are wanted
 */
export async function proveEntries(
  sink: Sink,
  selected: Selected,
  wants: (entry: CheckedEntry) => boolean,
  onPiece?: (bytes: number) => void,
): Promise<ProvedSegment> {
  const { name, bytes } = selected;
  const problems = new Problems();
  const context = { primitives: nodePrimitives, problems, keys: new Keys(nodePrimitives, [], []) };
  const check = new SegmentCheck(context, `${name}.jsonl`, name);
  const wanted = new Set<number>();
  for await (const line of segmentLines(sink, name, bytes, onPiece)) {
    const entry = check.line(line);
    if (entry === undefined || !wants(entry)) continue;
    if (wanted.size === MAX_PROVED) throw tooMany(name);
    wanted.add(entry.seq);
  }
  const record = check.end(await tornTail(sink, name, bytes));
  refuseInvalid(problems, sink.location);
  const sealed = [...wanted].filter((seq) => seq < record.sealed);
  const proofs = sealed.length === 0 ? new Map<number, ProvedEntry>() : await pathsOf(sink, record, selected, sealed);
  return { selected, record, proofs, unsealed: [...wanted].filter((seq) => seq >= record.sealed) };
}

async function pathsOf(
  sink: Sink,
  { sealed: size, sealedRoot }: SegmentRecord,
  { name, bytes }: Selected,
  wanted: readonly number[],
): Promise<Map<number, ProvedEntry>> {
  const asked = new Set(wanted);
  const leaves = new Map<number, Uint8Array>();
  const paths = new AuditPaths(sha256);
  for await (const line of segmentLines(sink, name, bytes)) {
    const seq = paths.size;
    const leaf = leafHash(sha256, line);
    paths.append(leaf, asked.has(seq));
    if (asked.has(seq)) leaves.set(seq, leaf);
    if (paths.size === size) break;
  }
  const root = decodeBase64(sealedRoot ?? '') ?? new Uint8Array(0);
  return new Map(
    [...leaves].map(([seq, leaf]) => {
      const path = paths.path(seq);
      if (!verifyInclusion(sha256, { leaf, index: seq, size, path }, root)) throw changed(name);
      return [seq, { leaf, path }];
    }),
  );
}

/** The lines that were proved, each with its number, as they are in the segment. */
export async function* provedLines(
  sink: Sink,
  { selected: { name, bytes }, proofs }: ProvedSegment,
): AsyncGenerator<{ readonly seq: number; readonly bytes: Uint8Array; readonly path: readonly Uint8Array[] }> {
  let left = proofs.size;
  let seq = 0;
  for await (const line of segmentLines(sink, name, bytes)) {
    const proof = proofs.get(seq);
    if (proof !== undefined) {
      // What was proved is what is written, whatever happens to the file meanwhile.
      if (!sameBytes(leafHash(sha256, line), proof.leaf)) throw changed(name);
      yield { seq, bytes: line, path: proof.path };
      if (--left === 0) return;
    }
    seq++;
  }
  if (left > 0) throw changed(name);
}

async function* segmentLines(
  sink: Sink,
  name: string,
  bytes: number,
  onPiece?: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  for await (const piece of firstBytes(sink, name, bytes)) {
    for (const line of splitter.push(piece)) yield line.bytes;
    onPiece?.(piece.length);
  }
}

/** Whether the bytes of a segment hold a text: far less work than reading its entries. */
export async function holdsText(sink: Sink, { name, bytes }: Selected, text: string): Promise<boolean> {
  const wanted = Buffer.from(text);
  let before = Buffer.alloc(0);
  let left = bytes;
  for await (const piece of segmentBytes(sink, name)) {
    const now = Buffer.concat([before, piece.subarray(0, left)]);
    if (now.includes(wanted)) return true;
    before = now.subarray(Math.max(0, now.length - wanted.length + 1));
    left -= piece.length;
    if (left <= 0) return false;
  }
  return false;
}

function tooMany(segment: string): SpansealError {
  return new SpansealError(
    'EXPORT_FAILED',
    `More than ${MAX_PROVED} entries of ${segment} would be proved one by one; export the whole segments, by a period.`,
  );
}

function changed(segment: string): SpansealError {
  return new SpansealError(
    'LOG_INVALID',
    `The segment ${segment} was changed while it was read; nothing was written. See spanseal verify.`,
  );
}

import { SpansealError } from '../src/error.ts';
import { isSegmentName } from '../src/names.ts';
import { listSegments, type Sink } from '../src/sink.ts';
import { formatTlogProof } from '../src/tlog-proof.ts';
import { proveEntries, provedLines } from './entry-proofs.ts';
import { directorySink } from './segment-file.ts';
import { sizeOf } from './selection.ts';

export interface EntryProof {
  /** The entry's line, without its `\n`: what the proof is about. */
  readonly line: Uint8Array;
  /** C2SP tlog-proof. */
  readonly proof: string;
}

/**
 * Proves that one entry is in a log, to somebody who is shown nothing else of it: the entry's line, and a text of some
 * 40 lines that leads from it to the last signed checkpoint of its segment. `verifyProof` of `spanseal/verify` checks it,
 * and any other reader of c2sp.org/tlog-proof. The segment is verified before.
 *
 * @param source - the directory of a log, or a sink
 * @throws SpansealError `LOG_INVALID` if the segment does not hold, `EXPORT_FAILED` if there is no such entry or no
 * signature over it, `UNREADABLE`
 * @throws TypeError for what names no entry
 */
export async function proveEntry(
  source: Sink | string,
  { segment, seq }: { readonly segment: string; readonly seq: number },
): Promise<EntryProof> {
  if (!isSegmentName(segment) || !Number.isSafeInteger(seq) || seq < 0) {
    throw new TypeError(`${segment}:${seq} names no entry; an entry is <segment>:<seq>, as spanseal inspect shows it.`);
  }
  const sink = typeof source === 'string' ? directorySink(source) : source;
  if (!listSegments(sink).includes(segment)) throw none(`There is no segment ${segment} in ${sink.location}.`);
  const selected = { name: segment, bytes: sizeOf(sink, segment) };
  const proved = await proveEntries(sink, selected, (entry) => entry.seq === seq);
  const { record, unsealed } = proved;
  if (unsealed.length > 0) throw none(`No seal covers entry ${seq} of ${segment} yet; try again after the next one.`);
  for await (const { bytes, path } of provedLines(sink, proved)) {
    const { checkpoint } = record;
    if (checkpoint === undefined || record.key === null) {
      throw none(`The log in ${sink.location} is not signed: a proof against its checkpoints would prove nothing.`);
    }
    return { line: Uint8Array.from(bytes), proof: formatTlogProof({ index: seq, path, checkpoint }) };
  }
  throw none(`The segment ${segment} has ${record.lines} entries, from 0, and none with the number ${seq}.`);
}

function none(why: string): SpansealError {
  return new SpansealError('EXPORT_FAILED', why);
}

import { encodeBase64 } from '../src/base64.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../src/checkpoint.ts';
import { cosignedAt, type Witness } from '../src/cosignature.ts';
import { MAX_LINE_BYTES } from '../src/entry.ts';
import { SpansealError } from '../src/error.ts';
import { consistencyPath, leafHash } from '../src/merkle.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import { parseNote, type NoteSignature } from '../src/note.ts';
import { segmentBytes, type Sink } from '../src/sink.ts';
import { LineSplitter } from '../src/verify/lines.ts';
import { hostOf, post, type Answer, type PostOptions } from './post.ts';

/** Cosignatures of a checkpoint: asked for by c2sp.org/tlog-witness, or read from what somebody else asked for. */

export interface Cosigned {
  readonly cosignature: NoteSignature;
  /** Unix milliseconds. */
  readonly time: number;
}

/**
 * Hands a checkpoint to a witness, with the proof that it goes on from what that has seen.
 *
 * @param url - the witness's prefix, below which `add-checkpoint` is
 * @throws SpansealError `ANCHOR_FAILED`
 */
export async function cosignaturesFrom(
  url: string,
  { sink, checkpoint }: { readonly sink: Sink; readonly checkpoint: string },
  witnesses: readonly Witness[],
  options: PostOptions,
): Promise<readonly Cosigned[]> {
  const parsed = checkpointOf(checkpoint);
  const ask = async (old: number): Promise<Answer> => {
    const proof = old === 0 ? [] : await consistency(sink, parsed, old);
    const body = [`old ${old}`, ...proof.map(encodeBase64), '', checkpoint].join('\n');
    return post(`${url.replace(/\/+$/, '')}/add-checkpoint`, 'text/plain', Buffer.from(body), options);
  };
  const first = await ask(0);
  const seen = first.status === 409 ? sizeIn(first) : undefined;
  const { status, body } = seen === undefined ? first : await ask(seen);
  if (status === 200) return cosignaturesIn(Buffer.from(body).toString('utf8'), checkpoint, witnesses);
  throw refused(`${hostOf(url)} answers with status ${status}${REASONS[status] ?? ''}`);
}

/** What the specification says of its statuses. */
const REASONS: Readonly<Record<number, string>> = {
  403: ': it does not know the key of this log',
  404: ': it does not know this log; a witness has to be told of a log, and to take every origin below its name',
  409: ': it has seen another checkpoint meanwhile',
  422: ': it has seen something that this does not go on from',
};

function sizeIn({ body, type }: Answer): number | undefined {
  const text = Buffer.from(body).toString('utf8');
  return type === 'text/x.tlog.size' && /^[1-9][0-9]{0,15}\n$/.test(text) ? Number(text) : undefined;
}

async function consistency(sink: Sink, { origin, size }: SignedCheckpoint, old: number): Promise<Uint8Array[]> {
  if (old > size) throw refused(`the witness has seen ${old} entries of ${origin}, and this checkpoint covers ${size}`);
  const leaves: Uint8Array[] = [];
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  for await (const piece of segmentBytes(sink, origin.slice(origin.lastIndexOf('/') + 1))) {
    for (const { bytes } of splitter.push(piece)) {
      if (leaves.length < size) leaves.push(leafHash(nodePrimitives.sha256, bytes));
    }
    if (leaves.length === size) break;
  }
  return consistencyPath(nodePrimitives.sha256, leaves, old);
}

/**
 * The cosignatures in signature lines, or in a whole note over this checkpoint. Other signatures are passed over.
 *
 * @param witnesses - who they must be by; without one all that have the form of a cosignature are taken
 * @throws SpansealError `ANCHOR_FAILED` if there is none
 */
export function cosignaturesIn(answer: string, checkpoint: string, witnesses: readonly Witness[]): readonly Cosigned[] {
  const { text } = checkpointOf(checkpoint);
  const note = parseNote(answer.startsWith('\u2014') ? `${text}\n${answer}` : answer);
  if (note === undefined) throw refused('the answer is no signature lines of c2sp.org/signed-note');
  if (note.text !== text) throw refused('what was cosigned is another checkpoint');
  const found = note.signatures.flatMap((cosignature) => {
    const time = cosignedAt(cosignature);
    return time === undefined ? [] : [{ cosignature, time }];
  });
  const kept =
    witnesses.length === 0 ? found : found.filter(({ cosignature }) => isByOne(witnesses, text, cosignature));
  if (kept.length > 0) return kept;
  throw refused(
    found.length === 0
      ? 'the answer holds no timestamped cosignature (cosignature/v1)'
      : `the cosignature of ${found[0]?.cosignature.name} is not by a witness that was given`,
  );
}

function isByOne(witnesses: readonly Witness[], text: string, { name, keyId, signature }: NoteSignature): boolean {
  const key = encodeBase64(keyId);
  return witnesses.some(
    (witness) =>
      witness.name === name && encodeBase64(witness.keyId) === key && witness.seenAt(text, signature) !== undefined,
  );
}

function checkpointOf(checkpoint: string): SignedCheckpoint {
  const parsed = parseCheckpoint(checkpoint);
  if (parsed === undefined) throw new TypeError('That is no checkpoint; give what spanseal checkpoint prints.');
  return parsed;
}

function refused(why: string): SpansealError {
  return new SpansealError('ANCHOR_FAILED', `No cosignature: ${why}. Nothing was recorded.`);
}

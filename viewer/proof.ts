import { decodeBase64 } from '../src/base64.ts';
import { at, textOf } from '../src/json.ts';
import { inclusionPath, leafHash } from '../src/merkle.ts';
import { formatTlogProof } from '../src/tlog-proof.ts';
import { portablePrimitives, verifyProof, type Report, type SeenEntry } from '../src/verify/index.ts';

export interface Proof {
  /** With its line feed. */
  readonly line: string;
  /** C2SP tlog-proof. */
  readonly proof: string;
  /** The given key that signed the checkpoint. */
  readonly signedBy: string | undefined;
}

/**
 * The C2SP tlog-proof of an entry, made from the file that was verified, and checked.
 *
 * @param passOver - reads the file once more
 * @throws Error where no seal covers the entry, or the proof does not hold
 */
export async function proofOf(
  report: Report,
  keys: readonly string[],
  { segment, seq }: { readonly segment: string; readonly seq: number },
  passOver: (onEntry: (seen: SeenEntry) => void) => Promise<Report>,
): Promise<Proof> {
  const found = report.segments.find((each) => each.segment === segment);
  const checkpoint = found?.checkpoint;
  if (checkpoint === undefined) throw new Error(`No seal covers entry ${seq} of ${segment}.`);
  const size = Number(checkpoint.split('\n')[1]);
  const leaves: Uint8Array[] = [];
  let line: Uint8Array | undefined;
  let given: readonly Uint8Array[] | undefined;
  await passOver((seen) => {
    if (seen.segment !== segment) return;
    const isAsked = seen.entry.seq === seq;
    if (isAsked) line = Uint8Array.from(seen.bytes);
    const path = at(seen.beside, 'audit_path');
    if (Array.isArray(path)) {
      if (isAsked) given = path.flatMap((hash) => decodeBase64(textOf(hash)) ?? []);
    } else if (leaves.length < size) {
      leaves.push(leafHash(portablePrimitives.sha256, seen.bytes));
    }
  });
  if (line === undefined || (given === undefined && (seq >= size || leaves.length < size))) {
    throw new Error(`No seal covers entry ${seq} of ${segment}.`);
  }
  const path = given ?? inclusionPath(portablePrimitives.sha256, leaves, seq);
  const proof = formatTlogProof({ index: seq, path, checkpoint });
  const checked = verifyProof(line, proof, { keys });
  if (!checked.ok && ['entry', 'proof', 'inclusion', 'signature'].includes(checked.failure))
    throw new Error(checked.what);
  return {
    line: `${new TextDecoder().decode(line)}\n`,
    proof,
    signedBy: checked.ok ? checked.signedBy : undefined,
  };
}

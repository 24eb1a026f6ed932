import { decodeBase64, encodeBase64 } from './base64.ts';
import { formatNote, parseNote, type NoteSignature } from './note.ts';

/**
 * The checkpoint inside a seal: a C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint) of three lines, origin, size and
 * root, in a signed note with exactly one signature line, or none in an unsigned log. Stricter than the specification:
 * no extension lines, no second signature, so that nothing can be added to a seal.
 */
export interface Checkpoint {
  /** `<log>/<segment>` */
  readonly origin: string;
  /** Number of lines covered. */
  readonly size: number;
  /** RFC 6962 root over these lines, 32 bytes. */
  readonly root: Uint8Array;
}

export interface SignedCheckpoint extends Checkpoint {
  /** What is signed: the three lines. */
  readonly text: string;
  readonly signature: NoteSignature | undefined;
}

// The dash as an escape: a page served without a charset reads this file as another encoding, and its regular expressions
// with it.
const SEAL =
  /^([A-Za-z0-9._~\-/]+)\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n\n(?:\u2014 [A-Za-z0-9._~\-/]+ [A-Za-z0-9+/]+={0,2}\n)?$/;

/** The text that is signed. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/** The text of a seal. */
export function formatCheckpoint(checkpoint: Checkpoint, signature: NoteSignature | undefined): string {
  return formatNote({ text: checkpointText(checkpoint), signatures: signature === undefined ? [] : [signature] });
}

/** Reads the text of a seal; `undefined` for anything but the one form. */
export function parseCheckpoint(seal: string): SignedCheckpoint | undefined {
  const [, origin, digits, encodedRoot] = SEAL.exec(seal) ?? [];
  if (origin === undefined || digits === undefined || encodedRoot === undefined) return undefined;
  const root = decodeBase64(encodedRoot);
  const size = Number(digits);
  if (root === undefined || !Number.isSafeInteger(size)) return undefined;
  const text = `${origin}\n${digits}\n${encodedRoot}\n`;
  if (seal.length === text.length + 1) return { origin, size, root, text, signature: undefined };
  const signature = parseNote(seal)?.signatures[0];
  return signature === undefined ? undefined : { origin, size, root, text, signature };
}

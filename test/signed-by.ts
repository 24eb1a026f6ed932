import { sameBytes } from '../src/base64.ts';
import type { NoteVerifier, SignedNote } from '../src/note.ts';

/**
 * Whether the key signed the note. A signature under its name and id that fails spoils the note, whatever else it
 * carries (c2sp.org/signed-note, "Signatures").
 */
export function isSignedBy(note: SignedNote, verifier: NoteVerifier): boolean {
  const message = new TextEncoder().encode(note.text);
  const own = note.signatures.filter(({ name, keyId }) => name === verifier.name && sameBytes(keyId, verifier.keyId));
  return own.length > 0 && own.every(({ signature }) => verifier.verify(message, signature));
}

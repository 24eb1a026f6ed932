import { expect, it } from 'vitest';

import { nodePrimitives } from '../../src/node-primitives.ts';
import { formatNote, parseNote, vkeyVerifier } from '../../src/note.ts';
import { isSignedBy } from '../signed-by.ts';
import { portablePrimitives } from '../../src/verify/primitives.ts';
import { readVectors, vectors } from '../vectors.ts';

vectors('c2sp-examples', (folder) => {
  it.each([
    ['node:crypto', nodePrimitives],
    ['noble', portablePrimitives],
  ])('verifies the note of c2sp.org/signed-note with %s', (name, primitives) => {
    const { vkey, note } = readVectors<{ vkey: string; note: string }>(folder, 'signed-note.json');
    const verifier = vkeyVerifier(primitives, vkey);
    const parsed = parseNote(note);
    if (parsed === undefined) expect.unreachable('well-formed, but rejected');
    expect(verifier.vkey).toBe(vkey);
    expect(isSignedBy(parsed, verifier)).toBe(true);
    expect(isSignedBy({ ...parsed, text: parsed.text.replace('example', 'Example') }, verifier)).toBe(false);
    expect(formatNote(parsed)).toBe(note);
    console.log(`Signed notes, C2SP: 1 note by ${name}`);
  });
});

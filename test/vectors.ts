import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, it } from 'vitest';

/**
 * Public test vectors of other projects. They are theirs and stay out of this repository: SPANSEAL_VECTORS names the
 * folder that holds them, one sub-folder a corpus. A corpus that is not there is named as skipped, never passed over.
 */
const ROOT = process.env['SPANSEAL_VECTORS'];

/** `describe` over one corpus; `tests` gets the corpus' folder. */
export function vectors(corpus: string, tests: (folder: string) => void): void {
  const folder = ROOT === undefined || ROOT === '' ? undefined : join(ROOT, corpus);
  if (folder !== undefined && existsSync(folder)) {
    describe(corpus, () => tests(folder));
    return;
  }
  const reason = folder === undefined ? 'SPANSEAL_VECTORS is not set' : 'SPANSEAL_VECTORS has no such folder';
  console.warn(`SKIPPED: the corpus ${corpus} (${reason})`);
  describe.skip(`${corpus}: ${reason}`, () => {
    it.todo('runs the corpus');
  });
}

/** A JSON file of a corpus. The corpora are pinned, so that their shape is taken as read. */
export function readVectors<Shape>(...path: readonly string[]): Shape {
  return JSON.parse(readFileSync(join(...path), 'utf8')) as Shape;
}

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

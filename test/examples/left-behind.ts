import { join } from 'node:path';

import { ed25519Signer, readLog, verifyPath, type Entry, type Report, type VerifyOptions } from '../../src/index.ts';

/** What an example has left behind in its folder. */

export const HOLDS = { ok: true, problems: [], verdicts: { authenticity: 'signed', completeness: 'holds' } };

/** Verified with the key that the example made for itself. */
export function verifiedIn(folder: string, file = 'audit', options: VerifyOptions = {}): Promise<Report> {
  const { vkey } = ed25519Signer({ keyFile: join(folder, 'audit.key') });
  return verifyPath(join(folder, file), { ...options, keys: [vkey] });
}

export async function entriesIn(folder: string): Promise<Entry[]> {
  const found: Entry[] = [];
  for await (const entry of readLog(join(folder, 'audit'))) found.push(entry);
  return found;
}

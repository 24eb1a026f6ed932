import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Case } from './judged.ts';

/** The corpus as it is published: contents in base64, and cases that name them by their index. */
interface Published {
  readonly contents: readonly string[];
  readonly cases: readonly (Omit<Case, 'files'> & { readonly files: readonly (readonly [string, number])[] })[];
}

/** A case, with what stands in its files. */
export interface PublishedCase extends Omit<Case, 'files'> {
  readonly files: readonly (readonly [string, Uint8Array])[];
}

export const ATTACKS: readonly PublishedCase[] = read();

function read(): PublishedCase[] {
  const { contents, cases } = JSON.parse(readFileSync('test/vectors/attacks.json', 'utf8')) as Published;
  return cases.map(({ files, ...rest }) => ({
    ...rest,
    files: files.map(([name, index]) => [name, Buffer.from(contents[index] ?? '', 'base64')]),
  }));
}

/** Writes a case into a folder that there is not yet. Returns what a verifier is called with, and with which options. */
export function lay({ kind, files, options }: PublishedCase, folder: string): { path: string; args: string[] } {
  const log = join(folder, 'log');
  mkdirSync(log, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(log, name), bytes);
  const secrets = (options.hmac_keys ?? []).map(({ name, key }, index) => {
    const file = join(folder, `secret-${index}`);
    // A key file of ours names its log; any other is the key, byte for byte.
    writeFileSync(file, name === undefined ? Buffer.from(key, 'base64') : `# spanseal ${name}\n${key}\n`, {
      mode: 0o600,
    });
    return file;
  });
  return {
    path: kind === 'directory' ? log : join(log, files[0]?.[0] ?? ''),
    args: [
      ...(options.keys ?? []).flatMap((vkey) => ['--key', vkey]),
      ...secrets.flatMap((file) => ['--hmac-key', file]),
      ...(options.allow_unsigned === true ? ['--allow-unsigned'] : []),
      ...(options.live === true ? ['--live'] : []),
    ],
  };
}

import { readFileSync, statSync } from 'node:fs';

import { witnessOf } from '../cosignature.ts';
import { SpansealError } from '../error.ts';
import { nodePrimitives } from '../node-primitives.ts';
import { parseAuthorities, parseCertificates } from '../verify/certificate.ts';
import type { Arguments, Option } from './command.ts';
import { refuseSecret } from './keys.ts';
import { UsageError } from './usage-error.ts';

/** Who is trusted to vouch for a log from outside: from the command line and the files that it names. */
export const WITNESS_OPTIONS: Readonly<Record<'tsa-ca' | 'witness', Option>> = {
  'tsa-ca': {
    type: 'string',
    multiple: true,
    value: '<pem>',
    help: 'Certificates of a time-stamping authority that you trust, for anchors of RFC 3161.',
  },
  witness: {
    type: 'string',
    multiple: true,
    value: '<vkey|file>',
    help: 'The key of a witness that you trust, for cosignatures (c2sp.org/tlog-cosignature).',
  },
};

const MAX_FILE_BYTES = 4_194_304;

/**
 * @throws UsageError for what is no certificate, or no key of a witness
 * @throws SpansealError `UNREADABLE`
 */
export function outsideWitnesses(args: Arguments): {
  readonly tsaCertificates: readonly string[];
  readonly witnesses: readonly string[];
} {
  const tsaCertificates = args.texts('tsa-ca').map((path) => {
    const pem = textIn('--tsa-ca', path);
    tried(path, () => parseCertificates(pem));
    return pem;
  });
  tried('--tsa-ca', () => parseAuthorities(tsaCertificates));
  return {
    tsaCertificates,
    witnesses: args.texts('witness').flatMap((value) => {
      if (value.includes('+')) return [checked('--witness', value)];
      const keys = textIn('--witness', value)
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#'));
      return keys.map((key) => checked(value, key));
    }),
  };
}

function checked(where: string, vkey: string): string {
  return tried(where, () => witnessOf(nodePrimitives, vkey).vkey);
}

function tried<T>(where: string, attempt: () => T): T {
  try {
    return attempt();
  } catch (cause) {
    if (cause instanceof TypeError) throw new UsageError(`${where}: ${cause.message}`, { cause });
    throw cause;
  }
}

/** @throws UsageError, SpansealError `UNREADABLE` */
export function textIn(option: string, path: string): string {
  return Buffer.from(bytesIn(option, path)).toString('utf8');
}

/** @throws UsageError, SpansealError `UNREADABLE` */
export function bytesIn(option: string, path: string): Uint8Array {
  refuseSecret(option, path);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) throw new UsageError(`${option} ${path} is no file.`);
  if (stat.size > MAX_FILE_BYTES)
    throw new UsageError(`${option} ${path} has ${stat.size} bytes; such files are small.`);
  try {
    return Uint8Array.from(readFileSync(path));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SpansealError('UNREADABLE', `${path} cannot be read (${code}); check its permissions.`, { cause });
  }
}

import { EXIT_FAILS, type Report } from '../verify/report.ts';
import type { VerifyOptions } from '../verify/verify.ts';
import type { Arguments, Option } from './command.ts';
import { readSharedKeys, readVerifierKeys } from './keys.ts';
import { shown } from './layout.ts';
import type { Output } from './output.ts';
import { UsageError } from './usage-error.ts';

/** Keys to verify with, for commands that read evidence and show what is in it. */
export const READING_OPTIONS: Readonly<Record<'key' | 'hmac-key' | 'reviewer-key', Option>> = {
  key: {
    type: 'string',
    short: 'k',
    multiple: true,
    value: '<vkey|file>',
    help: 'A verifier key, or a file of them. From somebody you trust: never from what is read.',
  },
  'hmac-key': { type: 'string', multiple: true, value: '<file>', help: 'The file of a shared key.' },
  'reviewer-key': {
    type: 'string',
    multiple: true,
    value: '<vkey|file>',
    help: 'The verifier key of a reviewer who signs reviews, or a file of them.',
  },
};

/** The keys that a command was given to verify with. */
export function verifyKeys(args: Arguments): Pick<VerifyOptions, 'keys' | 'hmacKeys'> {
  return { keys: readVerifierKeys(args.texts('key')), hmacKeys: readSharedKeys(args.texts('hmac-key')) };
}

/**
 * What is no pack: evidence that fails, or another kind of file than the command takes.
 *
 * @throws UsageError for a segment
 */
export function refuseOther({ kind, file }: Report, output: Output): number {
  if (kind !== 'unknown') {
    throw new UsageError(`${shown(file)} is a ${kind}, and no evidence pack; spanseal export makes one of a log.`);
  }
  output.note(`${shown(file)} is neither an evidence pack nor a segment; spanseal verify says what is wrong with it.`);
  return EXIT_FAILS;
}

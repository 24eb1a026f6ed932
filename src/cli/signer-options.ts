import { ed25519Signer, hmacSigner, readHmacKeyFile, type Signer } from '../signer.ts';
import type { Arguments, Option } from './command.ts';
import { refuseSecret } from './keys.ts';
import { taking, UsageError } from './usage-error.ts';

/** The key of a log, for commands that write: always a file, never a text on the command line. */
export const SIGNER_OPTIONS: Readonly<Record<'signer' | 'hmac-signer', Option>> = {
  signer: { type: 'string', value: '<file>', help: 'The private key file of the log, as spanseal keygen makes it.' },
  'hmac-signer': {
    type: 'string',
    value: '<file>',
    help: 'The shared key file of the log, where it is sealed by one.',
  },
};

/**
 * The signer that a command was given.
 *
 * @param log - whose key it is, where a shared key's file does not say
 * @throws UsageError if both are given, or the file holds no such key
 * @throws SpansealError `KEY_FILE`
 */
export function signerOf(args: Arguments, log: string): Signer | undefined {
  const keyFile = args.text('signer');
  const hmacKeyFile = args.text('hmac-signer');
  if (keyFile !== undefined && hmacKeyFile !== undefined) {
    throw new UsageError('--signer and --hmac-signer exclude each other: a log is sealed by one key.');
  }
  if (keyFile !== undefined) {
    refuseSecret('--signer', keyFile);
    return taking(() => ed25519Signer({ keyFile }));
  }
  if (hmacKeyFile === undefined) return undefined;
  refuseSecret('--hmac-signer', hmacKeyFile);
  const { name = log, key } = readHmacKeyFile(hmacKeyFile);
  return taking(() => hmacSigner({ name, key }));
}

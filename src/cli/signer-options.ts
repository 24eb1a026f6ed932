import { SpansealError } from '../error.ts';
import type { JsonObject } from '../json.ts';
import { readOpening } from '../segment-tail.ts';
import { ed25519Signer, hmacSigner, readHmacKeyFile, type Signer } from '../signer.ts';
import type { Sink } from '../sink.ts';
import type { Arguments, Option } from './command.ts';
import { refuseSecret } from './keys.ts';

/** The key of a log, for commands that write: always a file, never a text on the command line. */
export const SIGNER_OPTIONS: Readonly<Record<'signer' | 'hmac-signer', Option>> = {
  signer: { type: 'string', value: '<file>', help: 'The private key file of the log, as spanseal keygen makes it.' },
  'hmac-signer': { type: 'string', value: '<file>', help: 'The shared key file of the log, where it is sealed by one.' },
};

/**
 * The signer that a command was given.
 *
 * @param log - whose key it is, where a shared key's file does not say
 * @throws TypeError if both are given, or the file holds no such key
 * @throws SpansealError `KEY_FILE`
 */
export function signerOf(args: Arguments, log: string): Signer | undefined {
  const keyFile = args.text('signer');
  const hmacKeyFile = args.text('hmac-signer');
  if (keyFile !== undefined && hmacKeyFile !== undefined) {
    throw new TypeError('--signer and --hmac-signer exclude each other: a log is sealed by one key.');
  }
  if (keyFile !== undefined) {
    refuseSecret('--signer', keyFile);
    return ed25519Signer({ keyFile });
  }
  if (hmacKeyFile === undefined) return undefined;
  refuseSecret('--hmac-signer', hmacKeyFile);
  const { name = log, key } = readHmacKeyFile(hmacKeyFile);
  return hmacSigner({ name, key });
}

/**
 * What the newest segment declares of the log; segments that were cut off in their first line are passed over.
 *
 * @throws SpansealError `UNREADABLE`, `LOG_INVALID`
 */
export function newestOpening(sink: Sink): JsonObject {
  const names = listSegments(sink);
  for (const segment of names.toReversed()) {
    const opening = readOpening(sink, segment);
    if (opening !== undefined) return opening;
  }
  throw names.length === 0
    ? new SpansealError('UNREADABLE', `There is no segment in ${sink.location}; give the directory of a log.`)
    : new SpansealError(
        'LOG_INVALID',
        `No segment in ${sink.location} begins with an audit_open; see spanseal verify ${sink.location}.`,
      );
}

function listSegments(sink: Sink): readonly string[] {
  try {
    return sink.list();
  } catch (cause) {
    throw new SpansealError('UNREADABLE', `${sink.location} cannot be read; give the directory of a log.`, { cause });
  }
}

import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';

import { SpansealError } from '../error.ts';
import { formatHmacKeyFile, generateKey, hmacSigner } from '../signer.ts';
import type { Arguments, Command } from './command.ts';
import { wrap } from './layout.ts';
import type { Output } from './output.ts';
import { taking, UsageError } from './usage-error.ts';

const KEY_FILE_MODE = 0o600;
const HMAC_KEY_BYTES = 32;

export const KEYGEN: Command = {
  name: 'keygen',
  summary:
    'Make the key of a log: the private key into a file that only you can read, the verifier key to be given away.',
  usage: '<log name> [-o <file>] [--hmac]',
  positionals: ['<log name>'],
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: '<file>',
      help: 'Where to write the private key; by default <last part of the log name>.key. Never overwrites.',
    },
    hmac: {
      type: 'boolean',
      help: 'Make a shared key instead (HMAC-SHA256): whoever can check with it can forge with it.',
    },
  },
  notes: [
    'The log is named as in the application, such as example.org/loans: a key speaks for one log. Standard output is the ' +
      'verifier key alone; the private key is never shown.',
  ],
  examples: [
    { args: 'example.org/loans', means: 'Writes loans.key, prints the verifier key.' },
    { args: 'example.org/loans -o /etc/loans/audit.key > loans.vkey', means: 'Into a file each.' },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const name = args.positional(0);
  const hmac = args.flag('hmac');
  const made = taking(() => (hmac ? sharedKey(name) : generateKey({ name })));
  const path = args.text('output') ?? `${name.split('/').at(-1)}.key`;
  if (path === '-') throw new UsageError('A private key is never printed; give -o a file.');
  writeKeyFile(path, made.privateKey);
  output.print(made.vkey);
  for (const line of hmac ? sharedKeyAdvice(path) : keyAdvice(path, name)) output.note(line);
  return 0;
}

/** @throws UsageError if `name` cannot name a log */
function sharedKey(name: string): { readonly vkey: string; readonly privateKey: string } {
  const key = randomBytes(HMAC_KEY_BYTES);
  return { vkey: hmacSigner({ name, key }).vkey, privateKey: formatHmacKeyFile(name, key) };
}

/**
 * Writes a key where nothing is yet.
 *
 * @throws SpansealError `KEY_FILE`
 */
function writeKeyFile(path: string, text: string): void {
  let descriptor: number;
  try {
    // Open to its owner alone from its first moment, and never in the place of another key.
    descriptor = openSync(path, 'wx', KEY_FILE_MODE);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SpansealError(
      'KEY_FILE',
      code === 'EEXIST'
        ? `${path} is there already, and a key is never overwritten; give another file with -o.`
        : `The key file ${path} cannot be created (${code}); give another place with -o.`,
      { cause },
    );
  }
  try {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
  } catch (cause) {
    unlinkSync(path);
    const { code } = cause as NodeJS.ErrnoException;
    throw new SpansealError('KEY_FILE', `The key file ${path} cannot be written (${code}); nothing is left of it.`, {
      cause,
    });
  } finally {
    closeSync(descriptor);
  }
}

function keyAdvice(path: string, name: string): string[] {
  return [
    '',
    ...wrap(
      `${path} holds the private key, mode 600. Keep it where the application reads it, and in a safe back-up: whoever ` +
        `has it can write records in the name of ${name}.`,
    ),
    `  ed25519Signer({ keyFile: '${path}' })`,
    ...wrap(
      'The line on standard output is the verifier key. It is no secret. Publish it, or give it to whoever verifies, by ' +
        'a way that does not lead through the log.',
    ),
    "  spanseal verify <pack> --key '<vkey>'",
  ];
}

function sharedKeyAdvice(path: string): string[] {
  return [
    '',
    ...wrap(
      `${path} holds a shared key, mode 600. Writer and verifier both need it, and whoever can check with it can forge ` +
        'with it: give it to nobody whom the records should convince of more than that they came from one of you.',
    ),
    `  hmacSigner({ keyFile: '${path}' })`,
    `  spanseal verify <pack> --hmac-key ${path}`,
    ...wrap(
      'The line on standard output names the key, and is no secret. It tells two shared keys apart; nothing can be ' +
        'verified with it.',
    ),
  ];
}

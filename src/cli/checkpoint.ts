import { verifyPath } from '../verify-path.ts';
import { EXIT_FAILS, EXIT_HOLDS } from '../verify/report.ts';
import type { Arguments, Command } from './command.ts';
import { readSharedKeys, readVerifierKeys } from './keys.ts';
import type { Output } from './output.ts';

export const CHECKPOINT: Command = {
  name: 'checkpoint',
  summary: 'Print the newest checkpoint of a log: 250 bytes that somebody else keeps, and nobody can rewrite behind.',
  usage: '<segment|directory|pack> [--all] [--key <vkey|file>]…',
  positionals: ['<segment|directory|pack>'],
  options: {
    all: { type: 'boolean', help: 'One of each segment that has a seal, not of the newest alone.' },
    key: {
      type: 'string',
      short: 'k',
      multiple: true,
      value: '<vkey|file>',
      help: 'Check with this verifier key first.',
    },
    'hmac-key': { type: 'string', multiple: true, value: '<file>', help: 'The file of a shared key.' },
  },
  notes: [
    'Hand it to somebody who does not hold the signing key, or note it where the log cannot reach: mail it, print it, ' +
      'put it into a ticket. Later, spanseal verify --prior shows whether the log still goes on from it.',
    'The newest checkpoint also covers what its segment cites: the last seals of the 64 segments before it.',
    'Nothing is printed of a log that does not hold by itself.',
  ],
  examples: [
    { args: './audit >> noted.txt', means: 'Once a day, by whoever watches over the log.' },
    { args: 'evidence.jsonl --all', means: 'Of each segment that a pack holds.' },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const path = args.positional(0);
  const report = await verifyPath(path, {
    keys: readVerifierKeys(args.texts('key')),
    hmacKeys: readSharedKeys(args.texts('hmac-key')),
    live: true,
    allowUnsigned: true,
  });
  const { integrity, authenticity } = report.verdicts;
  if (integrity !== 'consistent' || authenticity === 'failed') {
    output.note(`${path} does not hold by itself: integrity ${integrity}, authenticity ${authenticity}.`);
    output.note('See: spanseal verify');
    return EXIT_FAILS;
  }
  const checkpoints = report.segments.flatMap(({ checkpoint }) => (checkpoint === undefined ? [] : [checkpoint]));
  if (checkpoints.length === 0) {
    output.note(`${path} has no seal yet: nothing to keep.`);
    return EXIT_FAILS;
  }
  output.print((args.flag('all') ? checkpoints : checkpoints.slice(-1)).join('\n').trimEnd());
  return EXIT_HOLDS;
}

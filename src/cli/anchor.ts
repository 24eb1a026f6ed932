import { existsSync, writeFileSync } from 'node:fs';

import { anchorLog, type AnchorOptions, type AnchorResult } from '../../exporters/anchor.ts';
import { requestFor } from '../../exporters/time-stamp-authority.ts';
import { newestOpening } from '../existing-log.ts';
import { lastCheckpoint } from '../segment-tail.ts';
import { listSegments, type Sink } from '../sink.ts';
import { EXIT_FAILS } from '../verify/report.ts';
import type { Arguments, Command } from './command.ts';
import { jsonText, shown } from './layout.ts';
import { existingSink, requireSigner } from './log-directory.ts';
import type { Output } from './output.ts';
import { SIGNER_OPTIONS, signerOf } from './signer-options.ts';
import { taking, UsageError } from './usage-error.ts';
import { bytesIn, outsideWitnesses, textIn, WITNESS_OPTIONS } from './witness-options.ts';

export const ANCHOR: Command = {
  name: 'anchor',
  summary: 'Have an outside time-stamping authority or witness vouch for a log, and record it there.',
  usage: '<directory> (--tsa <url> | --witness-url <url> | --request <file> | --checkpoint <file> …) [options]',
  positionals: ['<directory>'],
  options: {
    tsa: { type: 'string', value: '<url>', help: 'Ask this time-stamping authority (RFC 3161).' },
    'witness-url': { type: 'string', value: '<url>', help: 'Ask this witness (c2sp.org/tlog-witness).' },
    request: {
      type: 'string',
      value: '<file>',
      help: 'Only write a request there, and the checkpoint it is for to <file>.checkpoint: for a machine without a network.',
    },
    checkpoint: {
      type: 'string',
      value: '<file>',
      help: 'The checkpoint that was vouched for, with --response or --cosignatures.',
    },
    response: { type: 'string', value: '<file>', help: 'What an authority answered (.tsr).' },
    cosignatures: {
      type: 'string',
      value: '<file>',
      help: 'Signature lines of witnesses, or the cosigned checkpoint.',
    },
    ...WITNESS_OPTIONS,
    ...SIGNER_OPTIONS,
    json: { type: 'boolean', help: 'Print the result as one JSON document.' },
  },
  notes: [
    'The newest checkpoint is vouched for, and with it what its segment cites. Only that leaves the machine: for a ' +
      'time-stamp its digest, for a cosignature its three lines, their signature and hashes.',
    'What comes is checked before it is recorded: against --tsa-ca or --witness if they are given, else as far as can be.',
    'Exit codes: 0 recorded; 1 nobody vouched for it, or for something else; 2 wrong usage; 3 it cannot be read or written.',
  ],
  examples: [
    { args: './audit --tsa http://tsa.example/ --tsa-ca tsa.pem --signer loans.key', means: 'Once a day.' },
    {
      args: './audit --request q.tsq',
      means: 'Then send q.tsq to an authority by other means, and record what it answers:',
    },
    { args: './audit --checkpoint q.tsq.checkpoint --response r.tsr --signer loans.key', means: 'The second half.' },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const sink = existingSink(args.positional(0));
  const request = args.text('request');
  if (request !== undefined) return writeRequest(args, output, sink, request);
  const opening = newestOpening(sink);
  const signer = signerOf(args, opening.log);
  requireSigner(opening, signer);
  const options: AnchorOptions = {
    ...given(args),
    ...outsideWitnesses(args),
    ...(signer === undefined ? {} : { signer }),
  };
  const result = await anchorLog(sink, options).catch((error: unknown) => taking(() => rethrow(error)));
  if (args.flag('json')) output.print(jsonText(result));
  else printResult(output, result);
  return 0;
}

function rethrow(error: unknown): never {
  throw error;
}

function given(args: Arguments): AnchorOptions {
  const [tsa, witness, checkpoint] = [args.text('tsa'), args.text('witness-url'), args.text('checkpoint')];
  const [response, cosignatures] = [args.text('response'), args.text('cosignatures')];
  const ways = [tsa, witness, response, cosignatures].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    throw new UsageError('Say who vouches: one of --tsa, --witness-url, --request, --response and --cosignatures.');
  }
  if (checkpoint === undefined && (response ?? cosignatures) !== undefined) {
    throw new UsageError('Give --checkpoint: the file of the checkpoint that was vouched for.');
  }
  return {
    ...(tsa === undefined ? {} : { tsa }),
    ...(witness === undefined ? {} : { witness }),
    ...(checkpoint === undefined ? {} : { checkpoint: textIn('--checkpoint', checkpoint) }),
    ...(response === undefined ? {} : { response: bytesIn('--response', response) }),
    ...(cosignatures === undefined ? {} : { cosignatures: textIn('--cosignatures', cosignatures) }),
  };
}

function writeRequest(args: Arguments, output: Output, sink: Sink, path: string): number {
  for (const other of ['tsa', 'witness-url', 'checkpoint', 'response', 'cosignatures']) {
    if (args.text(other) !== undefined) throw new UsageError(`--request and --${other} exclude each other.`);
  }
  const checkpoint = listSegments(sink)
    .toReversed()
    .map((segment) => lastCheckpoint(sink, segment))
    .find((text) => text !== undefined);
  if (checkpoint === undefined) {
    output.note(`Nothing in ${sink.location} is sealed yet: there is nothing to vouch for.`);
    return EXIT_FAILS;
  }
  const beside = `${path}.checkpoint`;
  const there = [path, beside].find((file) => existsSync(file));
  if (there !== undefined) throw new UsageError(`${there} is there already; name another file.`);
  writeFileSync(path, requestFor(checkpoint), { flag: 'wx' });
  writeFileSync(beside, checkpoint, { flag: 'wx' });
  output.print(`The request is in ${path}, and the checkpoint it is for in ${beside}.`);
  return 0;
}

function printResult(output: Output, { checkpoint, anchors }: AnchorResult): void {
  const [origin, size] = checkpoint.split('\n');
  for (const { kind, authority, genTime, recorded } of anchors) {
    const what = kind === 'rfc3161' ? 'Time-stamped' : 'Cosigned';
    output.print(`${what} by ${shown(authority)} at ${genTime}: ${size} entries of ${origin}`);
    output.print(`  recorded as ${recorded}`);
  }
}

import { holdLog, releaseLog, standingHolds } from '../../exporters/legal-hold.ts';
import { newestOpening } from '../existing-log.ts';
import type { Signer } from '../signer.ts';
import type { Sink } from '../sink.ts';
import type { Arguments, Command, Option } from './command.ts';
import { shown } from './layout.ts';
import { existingSink, requireSigner } from './log-directory.ts';
import type { Output } from './output.ts';
import { SIGNER_OPTIONS, signerOf } from './signer-options.ts';
import { UsageError } from './usage-error.ts';
import { givenTexts } from './value-options.ts';

const OPTIONS: Readonly<Record<string, Option>> = {
  'request-ref': { type: 'string', value: '<text>', help: 'What the hold is filed under, and released by.' },
  purpose: { type: 'string', value: '<text>', help: 'What for, such as a proceeding.' },
  'performed-by': { type: 'string', value: '<text>', help: 'Who does it.' },
  ...SIGNER_OPTIONS,
};

const EXIT_CODES = 'Exit codes: 0 recorded; 2 wrong usage; 3 it cannot be read or written.';

export const HOLD: Command = {
  name: 'hold',
  summary: 'Put a legal hold on a log or on one decision: until it is released nothing of it is erased or pruned.',
  usage: '<directory> --request-ref <text> [--decision <id>] [--signer <file>] [options]',
  positionals: ['<directory>'],
  options: {
    ...OPTIONS,
    decision: { type: 'string', value: '<id>', help: 'Only this decision; by default the whole log.' },
  },
  notes: [
    'The hold stands in the log itself (custody). It binds spanseal erase, spanseal prune and the functions of that ' +
      'name; whoever deletes files by other means is told of by spanseal verify, afterwards.',
    EXIT_CODES,
  ],
  examples: [{ args: './audit --request-ref case-9 --performed-by legal --signer loans.key', means: 'The whole log.' }],
  async run(args, output) {
    const { sink, requestRef, options } = asked(args);
    const decisionId = args.text('decision');
    await holdLog(sink, { requestRef, ...options, ...(decisionId === undefined ? {} : { decisionId }) });
    return printStanding(output, sink);
  },
};

export const RELEASE: Command = {
  name: 'release',
  summary: 'Release the legal holds that were filed under a reference.',
  usage: '<directory> --request-ref <text> [--signer <file>] [options]',
  positionals: ['<directory>'],
  options: OPTIONS,
  notes: [EXIT_CODES],
  examples: [{ args: './audit --request-ref case-9 --performed-by legal --signer loans.key', means: 'That hold.' }],
  async run(args, output) {
    const { sink, requestRef, options } = asked(args);
    const holds = await standingHolds(sink);
    if (!holds.some((hold) => hold.requestRef === requestRef)) {
      throw new UsageError(`There is no hold ${requestRef} on this log.`);
    }
    await releaseLog(sink, { requestRef, ...options });
    return printStanding(output, sink);
  },
};

function asked(args: Arguments): {
  readonly sink: Sink;
  readonly requestRef: string;
  readonly options: { readonly purpose?: string; readonly performedBy?: string; readonly signer?: Signer };
} {
  const sink = existingSink(args.positional(0));
  const requestRef = args.text('request-ref');
  if (requestRef === undefined) throw new UsageError('Give --request-ref: what the hold is filed under.');
  const opening = newestOpening(sink);
  const signer = signerOf(args, opening.log);
  requireSigner(opening, signer);
  const texts = givenTexts(args, { purpose: 'purpose', 'performed-by': 'performedBy' });
  return { sink, requestRef, options: { ...texts, ...(signer === undefined ? {} : { signer }) } };
}

async function printStanding(output: Output, sink: Sink): Promise<number> {
  const holds = await standingHolds(sink);
  output.print(holds.length === 0 ? 'Recorded. No hold stands.' : 'Recorded. Holds that stand:');
  for (const { requestRef, decisionId, since } of holds) {
    const what = decisionId === undefined ? 'the log' : `decision ${shown(decisionId)}`;
    output.print(`  ${shown(requestRef)} on ${what} since ${since}`);
  }
  return 0;
}

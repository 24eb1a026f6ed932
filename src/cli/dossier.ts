import { exitCode, standingOf } from '../verify/report.ts';
import { SpansealError } from '../error.ts';
import { readRecord } from '../read-record.ts';
import { dossierDocument } from '../report/dossier.ts';
import type { Arguments, Command } from './command.ts';
import { readVerifierKeys } from './keys.ts';
import { shown } from './layout.ts';
import type { Output } from './output.ts';
import { READING_OPTIONS, refuseOther, verifyKeys } from './reading-options.ts';
import { UsageError } from './usage-error.ts';
import { writeNew } from './write-file.ts';

export const DOSSIER: Command = {
  name: 'dossier',
  summary:
    'Write what is recorded of one decision for the person whom it is about, in plain words, with an annex for experts.',
  usage: '<pack|directory> --decision <id> -o <dossier.html> [--key <vkey|file>]… [options]',
  positionals: ['<pack|directory>'],
  options: {
    decision: { type: 'string', short: 'd', value: '<id>', help: 'Which decision.' },
    output: { type: 'string', short: 'o', value: '<file>', help: 'Where to write the page.' },
    ...READING_OPTIONS,
    live: { type: 'boolean', help: 'The log is still written: a segment may be open.' },
    overwrite: { type: 'boolean', help: 'Replace a page of that name.' },
  },
  notes: [
    'What was decided, what the AI did, main elements and reasons, data categories, the human part, notices, what can be ' +
      'asked for, and what is withheld and why. It claims no more than the record shows; reviewers are not named.',
    'What the log withholds is shown only from a pack that discloses it (spanseal export --decision <id> --disclose all).',
    'Exit codes: 0 written, and the record verifies; 1 written, and it does not; 2 wrong usage; 3 it cannot be read or ' +
      'written, or there is no such decision; 4 written, and no key was given.',
  ],
  examples: [
    {
      args: 'loan-4711.jsonl --decision loan-4711 -o loan-4711.html --key loans.vkey',
      means: 'From a pack of that decision.',
    },
    { args: './audit --decision loan-4711 -o loan-4711.html --key loans.vkey --live', means: 'From a running log.' },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const id = args.text('decision');
  const path = args.text('output');
  if (id === undefined) throw new UsageError('dossier needs --decision <id>: which decision.');
  if (path === undefined) throw new UsageError('dossier needs -o <dossier.html>: where to write the page.');
  const { record, digest = '' } = await readRecord(
    args.positional(0),
    { ...verifyKeys(args), live: args.flag('live') },
    { decisions: [id], leafHashes: true, reviewerKeys: readVerifierKeys(args.texts('reviewer-key')) },
  );
  if (record.report.kind === 'unknown') return refuseOther(record.report, output);
  const [story] = record.stories;
  if (story === undefined) {
    throw new SpansealError(
      'UNREADABLE',
      `There is no decision ${shown(id)} in ${shown(args.positional(0))}; spanseal inspect lists them.`,
    );
  }
  writeNew(path, dossierDocument(record, story, { digest }), args.flag('overwrite'), args.positional(0));
  output.print(`${output.style('bold', `Dossier ${shown(path)}`)} of decision ${shown(id)}`);
  if (!record.report.ok) output.note(`The record: ${standingOf(record.report)}. The dossier says so first.`);
  return exitCode(record.report);
}

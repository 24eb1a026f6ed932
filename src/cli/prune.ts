import { pruneLog, type KeptBecause, type PruneResult } from '../../exporters/prune.ts';
import { newestOpening } from '../existing-log.ts';
import { EXIT_FAILS } from '../verify/report.ts';
import type { Arguments, Command } from './command.ts';
import { readSharedKeys, readVerifierKeys } from './keys.ts';
import { counted, jsonText, shown, wrap } from './layout.ts';
import { existingSink, requireSigner } from './log-directory.ts';
import type { Output } from './output.ts';
import { SIGNER_OPTIONS, signerOf } from './signer-options.ts';
import { UsageError } from './usage-error.ts';
import { givenTexts } from './value-options.ts';

/** More segments than these are counted: `--json` has them all. */
const MAX_SHOWN = 20;

export const PRUNE: Command = {
  name: 'prune',
  summary: 'Remove old segments from a log, once a verified pack holds them, and record that they were retired.',
  usage: '<directory> --before <date> --archive <pack> [--yes] [--signer <file>] [options]',
  positionals: ['<directory>'],
  options: {
    before: {
      type: 'string',
      value: '<date>',
      help: 'Segments whose last entry is older: 2026-01-01, or a time (UTC).',
    },
    archive: { type: 'string', value: '<pack>', help: 'The evidence pack that holds them; it is verified first.' },
    reason: { type: 'string', value: '<text>', help: 'Such as the retention rule.' },
    actor: { type: 'string', value: '<text>', help: 'Who prunes.' },
    key: {
      type: 'string',
      short: 'k',
      multiple: true,
      value: '<vkey|file>',
      help: 'Verify the archive with this verifier key; by default with the one that the log names.',
    },
    'hmac-key': { type: 'string', multiple: true, value: '<file>', help: 'The same, with the file of a shared key.' },
    yes: { type: 'boolean', help: 'Do it. Without this it is only said what would be done.' },
    ...SIGNER_OPTIONS,
    json: { type: 'boolean', help: 'Print the result as one JSON document.' },
  },
  notes: [
    'Only whole segments go that are closed and stand in the archive as they stand here. What they withhold goes with ' +
      'them: the archive holds of it what it discloses. Those that speak of others (erasures, recoveries, retired ' +
      'segments, holds) stay. While a legal hold stands nothing is removed, and that is recorded.',
    'Exit codes: 0 done, or said what would be; 1 nothing to prune, held, or the archive does not hold; 2 wrong usage; ' +
      '3 it cannot be read or written.',
  ],
  examples: [
    { args: './audit --before 2026-01-01 --archive 2025.jsonl', means: 'What would be removed.' },
    {
      args: './audit --before 2026-01-01 --archive 2025.jsonl --signer loans.key --yes',
      means: 'Records it under the key of the log, and removes it.',
    },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const sink = existingSink(args.positional(0));
  const before = timeOf(args.text('before'));
  const archive = args.text('archive');
  if (archive === undefined) throw new UsageError('prune needs --archive <pack>: the pack that holds what is removed.');
  const opening = newestOpening(sink);
  const signer = signerOf(args, opening.log);
  const dryRun = !args.flag('yes');
  if (!dryRun) requireSigner(opening, signer);
  const keys = readVerifierKeys(args.texts('key'));
  const hmacKeys = readSharedKeys(args.texts('hmac-key'));
  if (keys.length + hmacKeys.length === 0 && args.text('hmac-signer') !== undefined) {
    throw new UsageError('The archive of a log with a shared key is verified with it: give --hmac-key, too.');
  }
  const result = await pruneLog(sink, {
    before,
    archive,
    ...givenTexts(args, { reason: 'reason', actor: 'actor' }),
    ...(keys.length === 0 ? {} : { keys }),
    ...(hmacKeys.length === 0 ? {} : { hmacKeys }),
    dryRun,
    ...(signer === undefined ? {} : { signer }),
  });
  if (args.flag('json')) output.print(jsonText(result));
  else printResult(output, result);
  return result.outcome === 'held' || result.outcome === 'nothing' ? EXIT_FAILS : 0;
}

function timeOf(text: string | undefined): Date {
  if (text === undefined) throw new UsageError('prune needs --before <date>: what is older goes.');
  const isTime = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2}))?$/.test(text);
  if (!isTime || Number.isNaN(Date.parse(text))) {
    throw new UsageError(`--before ${text} is no time; write 2026-01-01 or 2026-01-01T12:00:00Z.`);
  }
  return new Date(text);
}

const OUTCOMES: Readonly<Record<PruneResult['outcome'], string>> = {
  done: 'Removed, and recorded as retired',
  held: 'Held, and recorded; nothing was removed',
  nothing: 'Nothing to prune',
  dry_run: 'Nothing was done; with --yes this would be removed',
};

const KEPT: Readonly<Record<KeptBecause, string>> = {
  not_archived: 'is not in the archive as it is here',
  not_closed: 'was not closed',
  speaks_of_others: 'speaks of other segments, or of holds',
};

function printResult(output: Output, { outcome, segments, kept, holds, recorded }: PruneResult): void {
  output.print(output.style('bold', `${OUTCOMES[outcome]}: ${counted(segments.length, 'segment')}`));
  for (const { segment, size } of segments.slice(0, MAX_SHOWN))
    output.print(`  ${segment} ${counted(size, 'entry', 'entries')}`);
  if (segments.length > MAX_SHOWN) output.print(`  … and ${segments.length - MAX_SHOWN} more (--json has them all)`);
  for (const { segment, because } of kept.slice(0, MAX_SHOWN)) output.print(`  kept: ${segment} ${KEPT[because]}`);
  for (const { requestRef, decisionId, since } of holds) {
    const what = decisionId === undefined ? 'the log' : `decision ${shown(decisionId)}`;
    for (const line of wrap(`hold ${shown(requestRef)} on ${what} since ${since}`, '    ', '  ')) output.print(line);
  }
  if (recorded.length > 0)
    for (const line of wrap(`recorded as ${recorded.join(', ')}`, '    ', '  ')) output.print(line);
}

import { OwnRecord } from '../../exporters/own-record.ts';
import { newestOpening } from '../existing-log.ts';
import { members } from '../members.ts';
import { readPack } from '../read-record.ts';
import type { RecordRead } from '../report/reading.ts';
import { DEFAULT_DECISION_PAGES, reportDocument } from '../report/document.ts';
import { PACKAGE_VERSION } from '../version.ts';
import { exitCode, standingOf } from '../verify/report.ts';
import type { Arguments, Command } from './command.ts';
import { readVerifierKeys } from './keys.ts';
import { counted, jsonText, shown } from './layout.ts';
import { existingSink, requireSigner } from './log-directory.ts';
import type { Output } from './output.ts';
import { READING_OPTIONS, refuseOther, verifyKeys } from './reading-options.ts';
import { SIGNER_OPTIONS, signerOf } from './signer-options.ts';
import { UsageError } from './usage-error.ts';
import { writeNew } from './write-file.ts';

export const REPORT: Command = {
  name: 'report',
  summary: 'Write a page that people can read from an evidence pack: one file, no network, no script.',
  usage: '<pack> -o <report.html> [--key <vkey|file>]… [options]',
  positionals: ['<pack>'],
  options: {
    output: { type: 'string', short: 'o', value: '<file>', help: 'Where to write the page.' },
    ...READING_OPTIONS,
    decision: {
      type: 'string',
      short: 'd',
      multiple: true,
      value: '<id>',
      help: 'Give a page to these decisions alone; all are counted. By default those that come first have one.',
    },
    pages: {
      type: 'string',
      value: '<number>',
      help: `Most decisions that get a page of their own, those with exceptions first. Default ${DEFAULT_DECISION_PAGES}.`,
    },
    names: {
      type: 'boolean',
      help: 'Name the reviewers, instead of R1, R2 …; the log records that (custody), so it needs --log and its key.',
    },
    log: { type: 'string', value: '<directory>', help: 'The log of the pack, for --names.' },
    'performed-by': { type: 'string', value: '<text>', help: 'Who makes the page, for the record of --names.' },
    purpose: { type: 'string', value: '<text>', help: 'What for, for the record of --names.' },
    ...SIGNER_OPTIONS,
    overwrite: { type: 'boolean', help: 'Replace a page of that name.' },
    json: { type: 'boolean', help: 'Print the result as one JSON document.' },
  },
  notes: [
    'The pack is verified while it is read, and the page says first what it is worth: a page is written of a forged pack, ' +
      'too, and says so. It is only a reading aid; what counts is the pack.',
    'The same pack, keys and version give the same page. Of a reviewer with fewer than five reviews nothing is counted.',
    'Exit codes, as of spanseal verify: 0 written, and what is demanded holds; 1 written, and the evidence fails; 2 wrong ' +
      'usage; 3 it cannot be read or written; 4 written, intact, and no key was given to check with.',
  ],
  examples: [
    { args: 'evidence.jsonl -o report.html --key loans.vkey', means: 'For whoever reads, not greps.' },
    {
      args: 'evidence.jsonl -o named.html --key loans.vkey --names --log ./audit --signer loans.key --performed-by u-12',
      means: 'With the names of reviewers; the log says who made such a page.',
    },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const path = args.text('output');
  if (path === undefined) throw new UsageError('report needs -o <report.html>: where to write the page.');
  const pages = pagesOf(args.text('pages'));
  const names = args.flag('names');
  const custody = names ? namesRecord(args) : undefined;
  const decisions = args.texts('decision');
  const { record, digest } = await readPack(args.positional(0), verifyKeys(args), {
    names,
    reviewerKeys: readVerifierKeys(args.texts('reviewer-key')),
    ...(decisions.length === 0 ? {} : { pagesOf: decisions }),
  });
  const { report } = record;
  if (report.kind !== 'pack') return refuseOther(report, output);
  const page = reportDocument(record, { digest, ...(pages === undefined ? {} : { pages }) });
  // Before there is a page with names, the log says that there is one.
  await custody?.(record, digest);
  writeNew(path, page, args.flag('overwrite'), args.positional(0));
  const exceptions = record.exceptions.reduce((sum, { count }) => sum + count, 0);
  if (args.flag('json')) {
    output.print(
      jsonText({
        path,
        digest,
        bytes: Buffer.byteLength(page),
        ok: report.ok,
        failed: report.failed,
        exceptions: record.exceptions,
      }),
    );
    return exitCode(report);
  }
  output.print(output.style('bold', `Report ${shown(path)}`));
  output.print(`  of ${shown(report.file)}, SHA-256 ${digest}`);
  output.print(`  ${counted(report.entries, 'entry', 'entries')}, ${counted(exceptions, 'exception')}`);
  output.print(`  ${output.style(report.ok ? 'green' : 'red', standingOf(report))}`);
  if (names) output.print('  reviewers are named; the log records that');
  return exitCode(report);
}

function pagesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,6}$/.test(text)) throw new UsageError(`--pages ${text} is no number of pages.`);
  return Number(text);
}

/** Names are personal data: whoever makes a page with them leaves that in the log. */
function namesRecord(args: Arguments): (record: RecordRead, digest: string) => Promise<void> {
  const directory = args.text('log');
  if (directory === undefined) {
    throw new UsageError(
      '--names needs --log <directory> and the key of that log: the log records who was shown the names.',
    );
  }
  const sink = existingSink(directory);
  const opening = newestOpening(sink);
  const signer = signerOf(args, opening.log);
  requireSigner(opening, signer);
  return async ({ header: { log, key }, report }, digest) => {
    if (log !== opening.log)
      throw new UsageError(`The pack is of the log ${shown(log)}, and ${directory} is ${opening.log}.`);
    // Any log may bear the name.
    const kept = new Set(sink.list());
    if (!report.segments.some(({ segment }) => kept.has(segment)) || (key ?? null) !== (signer?.vkey ?? null)) {
      throw new UsageError(
        `${directory} is not the log that the pack was made of: its segments or its key are others.`,
      );
    }
    const payload = {
      ...members('custody', {
        action: 'disclosed',
        purpose: args.text('purpose'),
        performedBy: args.text('performed-by'),
        toolVersion: PACKAGE_VERSION,
      }),
      selection: { kind: 'reviewers' },
      pack_digest: digest,
    };
    await new OwnRecord(sink, signer).write([{ type: 'custody', payload }]);
  };
}

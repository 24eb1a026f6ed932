import { existsSync, writeFileSync } from 'node:fs';

import { discloseValues } from '../../exporters/disclose.ts';
import { choiceOf } from '../../exporters/withheld-selection.ts';
import { SpansealError } from '../error.ts';
import { newestOpening } from '../existing-log.ts';
import { disclosuresFile } from '../names.ts';
import type { Arguments, Command } from './command.ts';
import { counted, shown, wrap } from './layout.ts';
import { existingSink } from './log-directory.ts';
import type { Output } from './output.ts';
import { SIGNER_OPTIONS, signerOf } from './signer-options.ts';
import { taking, UsageError } from './usage-error.ts';
import { ENTRY_OPTION, entryOf, givenTexts } from './value-options.ts';

const FILE_MODE = 0o600;

export const DISCLOSE: Command = {
  name: 'disclose',
  summary: 'Give somebody values that an entry withholds: lines that show they are the ones that were withheld.',
  usage: '<directory> --entry <segment:seq> [--pointer <pointer>]… [-o <file>] [--signer <file>] [options]',
  positionals: ['<directory>'],
  options: {
    entry: ENTRY_OPTION,
    pointer: {
      type: 'string',
      multiple: true,
      value: '<pointer|kind>',
      help: 'Only these of its values: /payload/input, or a kind of content such as messages. By default all.',
    },
    output: { type: 'string', short: 'o', value: '<file>', help: 'Where to write them; by default they are printed.' },
    purpose: { type: 'string', value: '<text>', help: 'What for.' },
    'request-ref': { type: 'string', value: '<text>', help: 'What the request is filed under.' },
    recipient: { type: 'string', value: '<text>', help: 'Who gets them.' },
    'performed-by': { type: 'string', value: '<text>', help: 'Who discloses.' },
    ...SIGNER_OPTIONS,
  },
  notes: [
    'Named <segment>.disclosures.jsonl and put beside the segment, they are checked by spanseal verify. In a pack they ' +
      'are given with spanseal export --disclose. With the key of the log it is recorded who got them (custody).',
    'Exit codes: 0 given; 2 wrong usage; 3 it cannot be read or written, or there is nothing to disclose.',
  ],
  examples: [
    {
      args: './audit --entry 20261123T093000Z-0123456789abcdef:7 --signer loans.key',
      means: 'All that the entry withholds, recorded in the log.',
    },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const sink = existingSink(args.positional(0));
  const text = args.text('entry');
  if (text === undefined) throw new UsageError('disclose needs --entry <segment:seq>; spanseal inspect shows both.');
  const entry = entryOf(text);
  if (!sink.list().includes(entry.segment)) {
    throw new UsageError(`There is no segment ${entry.segment} in ${sink.location}.`);
  }
  const path = args.text('output');
  // Before anything is recorded, and never over what is there: it may be the log's own.
  if (path !== undefined && existsSync(path)) throw new UsageError(`${path} exists; choose another name.`);
  const values = args.texts('pointer');
  taking(() => choiceOf(values, '--pointer'));
  const signer = signerOf(args, newestOpening(sink).log);
  const { lines, pointers, custody } = await discloseValues(sink, {
    entry,
    values,
    ...givenTexts(args, {
      purpose: 'purpose',
      'request-ref': 'requestRef',
      recipient: 'recipient',
      'performed-by': 'performedBy',
    }),
    ...(signer === undefined ? {} : { signer }),
  });
  if (path === undefined) for (const line of lines) output.print(line);
  else write(path, lines);
  const given = `${counted(pointers.length, 'value')} of ${text}: ${shown(pointers.join(', '))}.`;
  const recorded =
    custody === 'recorded' ? 'Recorded in the log.' : 'Not recorded: give the key of the log (--signer).';
  for (const line of wrap(`${given} ${recorded} Its name beside the segment: ${disclosuresFile(entry.segment)}.`)) {
    output.note(line);
  }
  return 0;
}

function write(path: string, lines: readonly string[]): void {
  try {
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''), { flag: 'wx', mode: FILE_MODE });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SpansealError(
      'UNREADABLE',
      `${path} cannot be written (${code}); choose another name. It is recorded that the values were disclosed.`,
      { cause },
    );
  }
}

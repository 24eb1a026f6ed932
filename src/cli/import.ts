import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';

import { importActtrace } from '../../exporters/import-acttrace.ts';
import { directorySink } from '../../exporters/segment-file.ts';
import { AuditLogCore } from '../audit-log-core.ts';
import { newestOpening, reopenedLog } from '../existing-log.ts';
import { fileBytes } from '../file-bytes.ts';
import { isLogName } from '../names.ts';
import { nodePrimitives } from '../node-primitives.ts';
import { parseVkey } from '../note.ts';
import { listSegments, type Sink } from '../sink.ts';
import { checkActtrace } from '../verify/acttrace/report.ts';
import type { Arguments, Command } from './command.ts';
import { counted, jsonText, shown, wrap } from './layout.ts';
import { requireSigner } from './log-directory.ts';
import type { Output } from './output.ts';
import { SIGNER_OPTIONS, signerOf } from './signer-options.ts';
import { taking, UsageError } from './usage-error.ts';
import { acttraceKey, isActtraceFile } from './verify-acttrace.ts';

export const IMPORT: Command = {
  name: 'import',
  summary: 'Bring a chain of acttrace into a log; each entry keeps its hash and that of its line.',
  usage: 'acttrace <file> --into <directory> [--signer <file>] [--hmac-key <file>] [options]',
  positionals: ['acttrace', '<file>'],
  options: {
    into: { type: 'string', value: '<directory>', help: 'The log that it goes into; a new one is begun if need be.' },
    'hmac-key': { type: 'string', multiple: true, value: '<file>', help: 'The key that the chain is signed with.' },
    ...SIGNER_OPTIONS,
    log: { type: 'string', value: '<name>', help: "Of a new log, its name; by default that of the signer's key." },
    'performed-by': { type: 'string', value: '<text>', help: 'Who imports it.' },
    'as-found': { type: 'boolean', help: 'Also if it does not hold: the record says so.' },
    json: { type: 'boolean', help: 'Print the result as one JSON document.' },
  },
  notes: [
    'Entries become records of what the chain says (decision_record, data.acttrace), not of what this log has seen: they ' +
      'count in no total of calls and have the controls of records. The first one says what file it was, and whether it ' +
      'held; the last one counts them.',
    'Exit codes: 0 imported; 1 the chain does not hold; 2 wrong usage; 3 it cannot be read or written.',
  ],
  examples: [
    {
      args: 'acttrace chain.jsonl --into ./audit --hmac-key acttrace.key --signer loans.key',
      means: 'Its signatures are checked, and it is sealed with the key of the log.',
    },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const [format, path, directory] = [args.positional(0), args.positional(1), args.text('into')];
  if (format !== 'acttrace') throw new UsageError(`There is no import of ${format}; acttrace is what can be imported.`);
  if (directory === undefined) throw new UsageError('import needs --into: the directory of the log that it goes into.');
  if (!isActtraceFile(path)) throw new UsageError(`${path} is no log and no pack of acttrace (acttrace-chain/1).`);
  const key = acttraceKey(args);
  const log = await openLog(args, path, directory);
  const performedBy = args.text('performed-by');
  try {
    const result = await importActtrace(log, {
      bytes: () => fileBytes(path),
      name: basename(path),
      asFound: args.flag('as-found'),
      ...(key === undefined ? {} : { key }),
      ...(performedBy === undefined ? {} : { performedBy }),
    });
    if (args.flag('json')) {
      output.print(jsonText(result));
    } else {
      const { report, imported, recorded } = result;
      output.print(
        `${counted(imported, 'entry', 'entries')} of ${shown(report.file)} imported, from ${recorded.join(' to ')}.`,
      );
      const said = report.ok ? 'It holds strictly' : 'It does not hold, and the record says so';
      for (const line of wrap(`${said}; signatures: ${report.authenticity}. See spanseal verify ${shown(path)}.`))
        output.print(line);
    }
    return 0;
  } finally {
    await log.close();
  }
}

async function openLog(args: Arguments, path: string, directory: string): Promise<AuditLogCore> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const sink = directorySink(directory);
  if (listSegments(sink).length > 0) {
    const opening = newestOpening(sink);
    const signer = signerOf(args, opening.log);
    requireSigner(opening, signer);
    return reopenedLog(sink, opening, signer);
  }
  return newLog(args, path, sink);
}

/** A log of the system that the chain is of. */
async function newLog(args: Arguments, path: string, sink: Sink): Promise<AuditLogCore> {
  const { system } = await checkActtrace(nodePrimitives, fileBytes(path));
  if (system === undefined) throw new UsageError(`${path} does not say of which system it is.`);
  const signer = signerOf(args, args.text('log') ?? system);
  const log = args.text('log') ?? parseVkey(nodePrimitives, signer?.vkey ?? '')?.name ?? system;
  if (!isLogName(log)) throw new UsageError(`'${shown(log)}' is no log name; give --log, such as example.org/loans.`);
  return taking(() => new AuditLogCore({ system, log, sink, ...(signer === undefined ? {} : { signer }) }));
}

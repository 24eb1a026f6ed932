import { isObject } from '../canonical.ts';
import type { RecoveryPayload } from '../entry.ts';
import { newestOpening, reopenedLog, type Opening } from '../existing-log.ts';
import { isGone, processIdentity } from '../process-identity.ts';
import { findOpenSegments, inspectDeadSegment } from '../recovery.ts';
import { readOpening } from '../segment-tail.ts';
import type { Sink } from '../sink.ts';
import { EXIT_FAILS } from '../verify/report.ts';
import type { Arguments, Command } from './command.ts';
import { counted, grouped, labelled, shown, wrap } from './layout.ts';
import { existingSink, requireSigner } from './log-directory.ts';
import type { Output } from './output.ts';
import { SIGNER_OPTIONS, signerOf } from './signer-options.ts';
import { UsageError } from './usage-error.ts';

export const RECOVER: Command = {
  name: 'recover',
  summary: 'Record what processes that died left in a log: segments that are neither closed nor recovered yet.',
  usage: '<directory> [--signer <file>] [--segment <name>]… [--dry-run] [--force]',
  positionals: ['<directory>'],
  options: {
    ...SIGNER_OPTIONS,
    segment: { type: 'string', multiple: true, value: '<name>', help: 'Only this segment; by default all of them.' },
    'dry-run': { type: 'boolean', help: 'Say what would be recorded, and record nothing.' },
    force: {
      type: 'boolean',
      help: 'Also segments whose writer may still run. If it does, the log will never verify again.',
    },
  },
  notes: [
    'An application recovers what died on its own host when it starts. This is for the rest: other hosts, containers ' +
      'that are gone, a log that is not written any more. A recovery says what was found, not that it is genuine; ' +
      'what no seal covered stays unsealed. Nothing that was written is changed.',
    'Exit codes: 0 nothing is left to recover; 1 some segment was left alone; 2 wrong usage; 3 it cannot be read or ' +
      'written.',
  ],
  examples: [
    { args: './audit --dry-run', means: 'What is there.' },
    { args: './audit --signer loans.key', means: 'Records it, sealed with the key of the log.' },
    {
      args: './audit --signer loans.key --segment 20261123T093000Z-0123456789abcdef --force',
      means: 'One of another host, whose process you know to have stopped.',
    },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const directory = args.positional(0);
  const sink = existingSink(directory);
  const opening = newestOpening(sink);
  const open = await findOpenSegments(sink, undefined);
  const chosen = choose(sink, open, args.texts('segment'));
  if (chosen.length === 0) {
    output.print('Nothing to recover: every segment is closed, or recovered already.');
    return 0;
  }
  const dryRun = args.flag('dry-run');
  const force = args.flag('force');
  const left = chosen.filter((segment) => !force && whyAlive(sink, segment) !== undefined);
  const dead = chosen.filter((segment) => !left.includes(segment));
  for (const segment of left) {
    for (const line of wrap(`${segment} is left alone: ${whyAlive(sink, segment)}`, '  ', '')) output.print(line);
  }
  if (left.length > 0) {
    for (const line of wrap(
      'If you know that its process has stopped, add --force. If it has not, what it goes on to write will contradict ' +
        'the recovery for ever.',
    )) {
      output.note(line);
    }
  }
  if (dryRun) {
    for (const segment of dead) printFound(output, await inspectDeadSegment(sink, segment));
    if (dead.length > 0)
      output.print(`${counted(dead.length, 'recovery', 'recoveries')} would be recorded (--dry-run).`);
  } else if (dead.length > 0) {
    await record(args, output, sink, { opening, dead });
  }
  return left.length > 0 ? EXIT_FAILS : 0;
}

function choose(sink: Sink, open: readonly string[], asked: readonly string[]): readonly string[] {
  if (asked.length === 0) return open;
  const names = sink.list();
  for (const segment of asked) {
    if (!names.includes(segment)) throw new UsageError(`There is no segment ${segment} in ${sink.location}.`);
    if (!open.includes(segment)) throw new UsageError(`The segment ${segment} is closed, or recovered already.`);
  }
  return [...new Set(asked)];
}

/** What speaks against the death of a segment's writer; `undefined` if it is certainly gone. */
function whyAlive(sink: Sink, segment: string): string | undefined {
  const opening = readOpening(sink, segment);
  if (opening === undefined) return 'it does not say who writes it, for it has no whole first line.';
  const writer = opening['process'];
  if (!isObject(writer)) return 'it does not say who writes it.';
  const self = processIdentity();
  if (isGone(writer, self)) return undefined;
  const { host, pid, boot_id: boot } = writer;
  if (host !== self.host)
    return `it was written on ${shown(host)}, and whether that process runs cannot be told from here.`;
  if (boot !== self.boot_id) {
    return 'it was written before this host was last started, or on another one of the same name.';
  }
  return `process ${shown(pid)} of this host is writing it.`;
}

async function record(
  args: Arguments,
  output: Output,
  sink: Sink,
  { opening, dead }: { readonly opening: Opening; readonly dead: readonly string[] },
): Promise<void> {
  const found: RecoveryPayload[] = [];
  for (const segment of dead) found.push(await inspectDeadSegment(sink, segment));
  const signer = signerOf(args, opening.log);
  requireSigner(opening, signer);
  const audit = reopenedLog(sink, opening, signer);
  try {
    // All at once: what is asked for is not recorded a second time in the background.
    const receipts = await Promise.all(dead.map((segment) => audit.recover(segment)));
    for (const [index, receipt] of receipts.entries()) {
      if (!receipt.recorded) throw receipt.error;
      const payload = found[index];
      if (payload !== undefined) printFound(output, payload);
      output.print(`  recorded    entry ${receipt.seq} of ${receipt.segment}`);
    }
  } finally {
    await audit.close();
  }
  output.print(`${counted(dead.length, 'segment')} recovered. See spanseal verify ${shown(args.positional(0))}`);
}

function printFound(output: Output, { segment, lines, size, torn, last_ts: last }: RecoveryPayload): void {
  const line = (label: string, text: string): void => {
    for (const each of labelled(`  ${label}`, 14, text)) output.print(each);
  };
  output.print(output.style('bold', segment));
  line('found', `${counted(lines, 'entry', 'entries')}, ${grouped(size)} of them sealed`);
  if (torn !== undefined) line('torn', `${grouped(torn.bytes)} bytes of an unfinished line`);
  if (last !== undefined) line('last entry', last);
}

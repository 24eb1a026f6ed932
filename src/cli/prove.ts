import { proveEntry } from '../../exporters/prove.ts';
import type { Arguments, Command } from './command.ts';
import { shown } from './layout.ts';
import type { Output } from './output.ts';
import { UsageError } from './usage-error.ts';
import { writeNew } from './write-file.ts';

export const PROVE: Command = {
  name: 'prove',
  summary: 'Prove that one entry is in a log: its line and a C2SP tlog-proof, for somebody who is shown nothing else.',
  usage: '<directory> --entry <segment>:<seq> [-o <name>]',
  positionals: ['<directory>'],
  options: {
    entry: { type: 'string', value: '<segment>:<seq>', help: 'The entry, as spanseal inspect and a report name it.' },
    output: {
      type: 'string',
      short: 'o',
      value: '<name>',
      help: 'Write <name>.jsonl, the line, and <name>.tlog-proof; without it the proof is printed.',
    },
    overwrite: { type: 'boolean', help: 'Replace files of these names.' },
  },
  notes: [
    'Whoever gets both files checks them with spanseal verify <name>.jsonl --proof <name>.tlog-proof --key <vkey|file>, ' +
      'or with any reader of c2sp.org/tlog-proof: the leaf is the line without its line feed.',
    'The segment is verified first. A proof shows that this entry is in the log, and nothing of other entries. All ' +
      'entries of one decision are what spanseal export --decision is for.',
    'Exit codes: 0 proved; 1 the segment does not hold; 2 wrong usage; 3 there is nothing to prove, or it cannot be read.',
  ],
  examples: [
    {
      args: './audit --entry 20261124T093000Z-00112233445566aa:17 -o approval',
      means: 'The 18th entry of a segment, as approval.jsonl and approval.tlog-proof.',
    },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const { segment, seq } = entryOf(args.text('entry'));
  const { line, proof } = await proveEntry(args.positional(0), { segment, seq });
  const name = args.text('output');
  if (name === undefined) {
    output.print(proof.trimEnd());
    return 0;
  }
  const overwrite = args.flag('overwrite');
  writeNew(`${name}.jsonl`, Buffer.concat([line, Buffer.from('\n')]), overwrite);
  writeNew(`${name}.tlog-proof`, proof, overwrite);
  output.print(`The entry: ${shown(`${name}.jsonl`)}`);
  output.print(`Its proof: ${shown(`${name}.tlog-proof`)}`);
  return 0;
}

function entryOf(text: string | undefined): { readonly segment: string; readonly seq: number } {
  if (text === undefined) throw new UsageError('prove needs --entry <segment>:<seq>: which entry to prove.');
  const [, segment, seq] = /^(\d{8}T\d{6}Z-[0-9a-f]{16}):(0|[1-9]\d{0,14})$/.exec(text) ?? [];
  if (segment === undefined) {
    throw new UsageError(
      `--entry ${text} names no entry; write <segment>:<seq>, such as 20261124T093000Z-00112233445566aa:17.`,
    );
  }
  return { segment, seq: Number(seq) };
}

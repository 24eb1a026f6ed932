import { didYouMean } from '../did-you-mean.ts';
import { ENTRY_TYPES } from '../entry.ts';
import { EXIT_FAILS } from '../verify/report.ts';
import type { Arguments, Command } from './command.ts';
import { readEntries, type ReadEntry } from './entry-source.ts';
import { gistOf } from './gist.ts';
import { COLUMNS, counted, escapeJson, grouped, pad, shown, truncate, wrap } from './layout.ts';
import type { Output, Style, Styler } from './output.ts';
import { UsageError } from './usage-error.ts';

export const INSPECT: Command = {
  name: 'inspect',
  summary: 'Show the entries of a segment, a log directory or a pack, a line each. It shows; it does not verify.',
  usage: '<segment|directory|pack> [--type <type>]… [--decision <id>] [--json]',
  positionals: ['<segment|directory|pack>'],
  options: {
    type: { type: 'string', short: 't', multiple: true, value: '<type>', help: 'Only entries of this type.' },
    decision: {
      type: 'string',
      short: 'd',
      value: '<id>',
      help: 'Only entries of this decision. An id that ends in … or * stands for all that begin so.',
    },
    json: {
      type: 'boolean',
      help: 'Print the lines of the entries as they are; on a terminal with control characters escaped.',
    },
  },
  notes: [
    `Types: ${ENTRY_TYPES.join(', ')}.`,
    'Exit codes: 0; 1 if some line is no entry; 2 wrong usage; 3 it cannot be read.',
  ],
  examples: [
    { args: './audit --type policy_flag --type incident', means: 'What was flagged, and what went wrong.' },
    { args: 'evidence.jsonl --decision 4f9c…', means: 'One decision from its beginning to its review.' },
    { args: 'evidence.jsonl --json | jq .payload.usage', means: 'For a program.' },
  ],
  run,
};

const NOT_VERIFIED = 'Shown as it stands there, and not verified: spanseal verify does that.';

/** Columns: sequence number, time of day, type, decision; the gist has the rest. */
const SEQ_WIDTH = 6;
const TIME_WIDTH = 12;
const TYPE_WIDTH = 16;
const DECISION_WIDTH = 9;
const GIST_WIDTH: number = COLUMNS - SEQ_WIDTH - TIME_WIDTH - TYPE_WIDTH - DECISION_WIDTH - 8;

const TYPE_STYLES: Readonly<Partial<Record<string, Style>>> = {
  decision: 'cyan',
  decision_end: 'cyan',
  human_oversight: 'magenta',
  policy_flag: 'yellow',
  guardrail: 'yellow',
  incident: 'red',
  gap: 'red',
  seal: 'dim',
  tally: 'dim',
};

async function run(args: Arguments, output: Output): Promise<number> {
  const path = args.positional(0);
  const json = args.flag('json');
  const wanted = filterOf(args);
  const rows = new Rows(output);
  let begun = false;
  let entries = 0;
  let matching = 0;
  let others = 0;
  for await (const found of readEntries(path)) {
    if (output.readerGone) return 0;
    if (!json && !begun) {
      output.print(output.style('bold', shown(path)));
      output.print(NOT_VERIFIED);
    }
    begun = true;
    switch (found.kind) {
      case 'pack':
        if (!json) rows.pack(found.header['pack_id'], found.header['log']);
        break;
      case 'segment':
        rows.segment(found.segment);
        break;
      case 'entry':
        entries++;
        if (!wanted(found.entry)) break;
        matching++;
        if (!json) rows.entry(found.entry);
        else output.print(output.isTerminal ? escapeJson(found.text) : found.text);
        break;
      case 'other': {
        others++;
        const [first = '', ...more] = wrap(`${shown(found.file)}:${found.line}: ${shown(found.what)}`, '  ', '');
        for (const line of [output.noteStyle('red', first), ...more]) output.note(line);
        break;
      }
    }
    await output.drained();
  }
  const summary = `${matching === entries ? '' : `${grouped(matching)} of `}${counted(entries, 'entry', 'entries')}`;
  if (json) output.note(`${summary}. ${NOT_VERIFIED}`);
  else output.print(`\n${summary}.`);
  if (others > 0)
    output.note(`${counted(others, 'line is', 'lines are')} no entry; see spanseal verify ${shown(path)}`);
  return others > 0 ? EXIT_FAILS : 0;
}

function filterOf(args: Arguments): (entry: ReadEntry) => boolean {
  const types = new Set(args.texts('type'));
  for (const type of types) {
    if (!(ENTRY_TYPES as readonly string[]).includes(type)) {
      throw new UsageError(`There is no entry type ${type}${didYouMean(type, ENTRY_TYPES)}`);
    }
  }
  const decision = args.text('decision');
  const prefix = decision !== undefined && /[…*]$/u.test(decision) ? decision.slice(0, -1) : undefined;
  return ({ type, decision_id: id }) => {
    if (types.size > 0 && !types.has(type)) return false;
    if (decision === undefined) return true;
    return id !== undefined && (prefix === undefined ? id === decision : id.startsWith(prefix));
  };
}

/** Entries as rows, below the segment and the day that they are of. */
class Rows {
  readonly #output: Output;
  readonly #style: Styler;
  #segment = '';
  #heading = '';

  constructor(output: Output) {
    this.#output = output;
    this.#style = output.style;
  }

  pack(id: unknown, log: unknown): void {
    this.#output.print(`Evidence pack ${shown(id)} of ${shown(log)}`);
  }

  segment(name: string): void {
    this.#segment = name;
  }

  entry({ seq, ts, type, payload, sd, decision_id: decision }: ReadEntry): void {
    const [day = '', time = ''] = ts.split('T');
    const heading = `${shown(this.#segment)}  ${shown(day)}`.trim();
    if (heading !== this.#heading) {
      this.#output.print();
      this.#output.print(this.#style('bold', heading));
      this.#heading = heading;
    }
    const typeText = type.padEnd(TYPE_WIDTH);
    const style = TYPE_STYLES[type];
    this.#output.print(
      [
        String(seq).padStart(SEQ_WIDTH),
        time.slice(0, -1),
        style === undefined ? typeText : this.#style(style, typeText),
        pad(truncate(shown(decision ?? '-'), DECISION_WIDTH), DECISION_WIDTH),
        truncate(gistOf(type, payload, sd), GIST_WIDTH),
      ]
        .join('  ')
        .trimEnd(),
    );
  }
}

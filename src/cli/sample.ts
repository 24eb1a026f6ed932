import { nodePrimitives } from '../node-primitives.ts';
import { at, textOf } from '../json.ts';
import { readRecord } from '../read-record.ts';
import { sampleOf } from '../report/sample.ts';
import { MAX_STORIES, resultOf } from '../report/stories.ts';
import { EXIT_FAILS, exitCode, standingOf } from '../verify/report.ts';
import type { Arguments, Command } from './command.ts';
import { counted, jsonText, shown, wrap } from './layout.ts';
import type { Output } from './output.ts';
import { READING_OPTIONS, refuseOther, verifyKeys } from './reading-options.ts';
import { UsageError } from './usage-error.ts';

const { 'reviewer-key': _reviewers, ...KEY_OPTIONS } = READING_OPTIONS;

export const SAMPLE: Command = {
  name: 'sample',
  summary: 'Draw decisions from a pack or a log, so that anybody who has the seed draws the same ones.',
  usage: '<pack|directory> --n <number> --seed <text> [--result <code>] [options]',
  positionals: ['<pack|directory>'],
  options: {
    n: { type: 'string', value: '<number>', help: 'How many.' },
    seed: {
      type: 'string',
      value: '<text>',
      help: 'Any text, chosen after the record was sealed: then nobody knew which decisions it would draw.',
    },
    result: { type: 'string', value: '<code>', help: 'Only decisions with this result.' },
    ...KEY_OPTIONS,
    json: { type: 'boolean', help: 'Print the result as one JSON document.' },
  },
  notes: [
    'The record is verified first. Drawn are the ids whose SHA-256 over <seed>, a line feed and <id> come first in hex: no ' +
      'tool of ours is needed to draw them again.',
    `A population of more than ${MAX_STORIES.toLocaleString('en-US')} decisions is refused: export a shorter period.`,
    'Exit codes: 0 drawn, and the record verifies; 1 it does not; 2 wrong usage; 3 it cannot be read; 4 drawn, and no key ' +
      'was given to check who made the record.',
  ],
  examples: [
    {
      args: 'evidence.jsonl --n 25 --seed "audit 2026-11, dice 4 2 6" --key loans.vkey',
      means: 'Twenty-five decisions to look at.',
    },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const n = countOf(args.text('n'));
  const seed = args.text('seed');
  if (seed === undefined)
    throw new UsageError('sample needs --seed <text>: without it nobody could draw the same again.');
  const result = args.text('result');
  const { record } = await readRecord(args.positional(0), { ...verifyKeys(args), live: true }, {});
  const { report, stories, storiesLeftOut, summary } = record;
  if (report.kind === 'unknown') return refuseOther(report, output);
  if (storiesLeftOut > 0) {
    throw new UsageError(
      `There are more than ${counted(MAX_STORIES, 'decision')}; export a shorter period and sample that.`,
    );
  }
  const begun = stories.filter((story) => story.begun !== undefined);
  const population = begun.filter((story) => result === undefined || resultOf(story) === result);
  const drawn = sampleOf(
    nodePrimitives,
    population.map(({ id }) => id),
    { n, seed },
  );
  const digest = textOf(at(summary, 'population', 'ids_digest'));
  if (args.flag('json')) {
    output.print(
      jsonText({
        ok: report.ok,
        decisions: begun.length,
        population: population.length,
        idsDigest: digest,
        seed,
        n,
        ...(result === undefined ? {} : { result }),
        drawn,
      }),
    );
  } else {
    const of = result === undefined ? '' : ` with the result ${shown(result)}`;
    for (const line of wrap(
      `${drawn.length} of ${counted(population.length, 'decision')}${of} (digest of the ids of all ${begun.length}: ${digest})`,
    ))
      output.note(line);
    if (!report.ok) output.note(`The record: ${standingOf(report)}.`);
    for (const id of drawn) output.print(shown(id));
  }
  return report.verdicts.integrity === 'consistent' ? exitCode(report) : EXIT_FAILS;
}

function countOf(text: string | undefined): number {
  if (text === undefined) throw new UsageError('sample needs --n <number>: how many decisions to draw.');
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new UsageError(`--n ${text} is no number of decisions.`);
  return Number(text);
}

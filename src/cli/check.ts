import { didYouMean } from '../did-you-mean.ts';
import { readPack } from '../read-record.ts';
import { EXCEPTION_KINDS, type ExceptionKind } from '../report/exceptions.ts';
import { absenceOf, evidenceFor, POSITIVE_STRENGTHS, type Requirement } from '../report/judge.ts';
import { EXIT_FAILS, exitCode, standingOf } from '../verify/report.ts';
import type { Arguments, Command } from './command.ts';
import { readVerifierKeys } from './keys.ts';
import { jsonText, shown, wrap } from './layout.ts';
import type { Output } from './output.ts';
import { READING_OPTIONS, refuseOther, verifyKeys } from './reading-options.ts';
import { UsageError } from './usage-error.ts';

export const CHECK: Command = {
  name: 'check',
  summary: 'Ask whether an evidence pack holds what you need: evidence for controls, and no exceptions of some kinds.',
  usage: '<pack> [--require <control>=<strength>]… [--no-exceptions <kind,…>] [--key <vkey|file>]… [options]',
  positionals: ['<pack>'],
  options: {
    require: {
      type: 'string',
      multiple: true,
      value: '<control>=<strength>',
      help: 'There must be an entry of that strength or a stronger one: direct, supporting or contextual.',
    },
    'no-exceptions': {
      type: 'string',
      multiple: true,
      value: '<kind,…>',
      help: 'There must be none of these; all stands for every kind.',
    },
    ...READING_OPTIONS,
    json: { type: 'boolean', help: 'Print the result as one JSON document.' },
  },
  notes: [
    `Kinds of exceptions: ${EXCEPTION_KINDS.join(', ')}.`,
    'The pack is verified first. That evidence is there does not mean that a requirement is met; that a control is not in ' +
      'force yet, or does not apply by the profile, is said and changes nothing.',
    'Exit codes: 0 all holds; 1 the pack does not verify, or something that was asked for is missing; 2 wrong usage; 3 it ' +
      'cannot be read; 4 all holds, and no key was given to check who made the pack.',
  ],
  examples: [
    {
      args: 'evidence.jsonl --key loans.vkey --require EU-AIA-12.1=direct --no-exceptions gap,recovery',
      means: 'As a gate: some entry is itself what Art. 12(1) asks to be recorded, and nothing was lost.',
    },
    { args: 'evidence.jsonl --key loans.vkey --no-exceptions all', means: 'Nothing at all needs an explanation.' },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const required = args.texts('require').map(requirementOf);
  const forbidden = kindsOf(args.texts('no-exceptions'));
  if (required.length + forbidden.length === 0) {
    throw new UsageError(
      'check needs --require <control>=<strength> or --no-exceptions <kind,…>; spanseal verify verifies alone.',
    );
  }
  const { record } = await readPack(args.positional(0), verifyKeys(args), {
    reviewerKeys: readVerifierKeys(args.texts('reviewer-key')),
  });
  const { report } = record;
  if (report.kind !== 'pack') return refuseOther(report, output);
  const findings = [
    ...required.map((each) => evidenceFor(record, each)),
    ...forbidden.map((kind) => absenceOf(record, kind)),
  ];
  const verified = exitCode(report);
  const holds = findings.every((finding) => finding.holds);
  if (args.flag('json')) {
    output.print(jsonText({ ok: holds && report.ok, verified: report.ok, failed: report.failed, findings }));
  } else {
    const line = (mark: boolean, text: string): void => {
      const [first = '', ...rest] = wrap(`${mark ? '✓' : '✗'} ${text}`, '    ', '  ');
      output.print(first.replace(/[✓✗]/, (sign) => output.style(mark ? 'green' : 'red', sign)));
      for (const each of rest) output.print(each);
    };
    output.print(output.style('bold', `Evidence pack ${shown(report.file)}`));
    line(verified !== EXIT_FAILS, `verification: ${standingOf(report)}`);
    for (const { asked, found, holds: mark } of findings) line(mark, `${shown(asked)}: ${shown(found)}`);
  }
  return holds ? verified : EXIT_FAILS;
}

function requirementOf(text: string): Requirement {
  const at = text.lastIndexOf('=');
  const strength = POSITIVE_STRENGTHS.find((each) => each === text.slice(at + 1));
  if (at < 1 || strength === undefined) {
    throw new UsageError(
      `--require ${text}: write <control>=<strength>, such as EU-AIA-12.1=direct; strengths are ${POSITIVE_STRENGTHS.toReversed().join(', ')}.`,
    );
  }
  return { control: text.slice(0, at), strength };
}

function kindsOf(texts: readonly string[]): readonly ExceptionKind[] {
  const words = texts.flatMap((text) => text.split(',').map((word) => word.trim())).filter((word) => word !== '');
  if (words.includes('all')) return EXCEPTION_KINDS;
  return words.map((word) => {
    const kind = EXCEPTION_KINDS.find((each) => each === word);
    if (kind !== undefined) return kind;
    throw new UsageError(`There is no kind of exception ${word}${didYouMean(word, EXCEPTION_KINDS)}`);
  });
}

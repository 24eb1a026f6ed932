import { eraseValues, type EraseResult } from '../../exporters/erase.ts';
import { choiceOf } from '../../exporters/withheld-selection.ts';
import { newestOpening } from '../existing-log.ts';
import { EXIT_FAILS } from '../verify/report.ts';
import { VOCABULARIES } from '../vocabulary.ts';
import type { Arguments, Command } from './command.ts';
import { counted, jsonText, shown, wrap } from './layout.ts';
import { existingSink, requireSigner } from './log-directory.ts';
import type { Output } from './output.ts';
import { SIGNER_OPTIONS, signerOf } from './signer-options.ts';
import { taking, UsageError } from './usage-error.ts';
import { ENTRY_OPTION, givenTexts, ownerOf, VALUE_OPTION } from './value-options.ts';

const TRIGGERS = VOCABULARIES['erasure']?.['trigger'] ?? [];

/** More values than these are counted: `--json` has them all. */
const MAX_SHOWN = 20;

export const ERASE: Command = {
  name: 'erase',
  summary: 'Erase withheld values from a log, for good, and record it. The log still verifies.',
  usage: '<directory> (--entry <segment:seq> | --decision <id> | --subject <ref>) --trigger <why> [--yes] [options]',
  positionals: ['<directory>'],
  options: {
    entry: ENTRY_OPTION,
    decision: { type: 'string', value: '<id>', help: 'Those of all entries of a decision.' },
    subject: {
      type: 'string',
      value: '<ref>',
      help: 'Those of all decisions about somebody (subject_ref, user_id), and of decisions within them.',
    },
    value: VALUE_OPTION,
    trigger: { type: 'string', value: '<why>', help: `One of ${TRIGGERS.join(', ')}, or other words.` },
    'requested-at': { type: 'string', value: '<time>', help: 'When it was asked for: 2026-09-30T12:00:00Z.' },
    'request-ref': { type: 'string', value: '<text>', help: 'What the request is filed under.' },
    'approved-by': { type: 'string', value: '<text>', help: 'Who approved it.' },
    actor: { type: 'string', value: '<text>', help: 'Who erases.' },
    'legal-basis': { type: 'string', value: '<text>', help: 'On what ground; with --refuse, why not.' },
    'retention-rule': { type: 'string', value: '<text>', help: 'The rule by which it is erased, or kept.' },
    refuse: { type: 'boolean', help: 'Record that the request was refused, and erase nothing.' },
    yes: { type: 'boolean', help: 'Do it. Without this it is only said what would be done.' },
    ...SIGNER_OPTIONS,
    json: { type: 'boolean', help: 'Print the result as one JSON document.' },
  },
  notes: [
    'Only what is withheld can be erased (capture: withheld); what stands inline in an entry is there for good. While a ' +
      'legal hold stands (spanseal hold) nothing is erased, and that is recorded.',
    'Packs that were given away and back-ups are not reached: spanseal inspect --type custody shows who has some.',
    'Exit codes: 0 done, or said what would be; 1 nothing to erase, or held; 2 wrong usage; 3 it cannot be read or ' +
      'written.',
  ],
  examples: [
    {
      args: './audit --subject applicant-311 --trigger data_subject_request',
      means: 'What would be erased.',
    },
    {
      args: './audit --decision 4f9c2 --trigger legal_order --signer loans.key --yes',
      means: 'Erases what one decision withholds, and records it under the key of the log.',
    },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const sink = existingSink(args.positional(0));
  const owner = ownerOf(args);
  const trigger = args.text('trigger');
  if (trigger === undefined) throw new UsageError(`erase needs --trigger: ${TRIGGERS.join(', ')}.`);
  const opening = newestOpening(sink);
  const signer = signerOf(args, opening.log);
  const dryRun = !args.flag('yes');
  if (!dryRun) requireSigner(opening, signer);
  const options = {
    ...owner,
    ...givenTexts(args, {
      'requested-at': 'requestedAt',
      'request-ref': 'requestRef',
      'approved-by': 'approvedBy',
      actor: 'actor',
      'legal-basis': 'legalBasis',
      'retention-rule': 'retentionRule',
    }),
    trigger,
    values: args.texts('value'),
    refuse: args.flag('refuse'),
    dryRun,
    ...(signer === undefined ? {} : { signer }),
  };
  taking(() => choiceOf(options.values, '--value'));
  const { requestedAt } = options;
  if (requestedAt !== undefined && Number.isNaN(Date.parse(requestedAt))) {
    throw new UsageError(`--requested-at ${requestedAt} is no time; write 2026-09-30T12:00:00Z.`);
  }
  const result = await eraseValues(sink, options);
  if (args.flag('json')) output.print(jsonText(result));
  else printResult(output, result, options.refuse);
  const isRest = result.inline.length > 0 && result.values.length === 0 && !options.refuse;
  return result.outcome === 'held' || result.outcome === 'nothing' || isRest ? EXIT_FAILS : 0;
}

const OUTCOMES: Readonly<Record<EraseResult['outcome'], string>> = {
  done: 'Erased, and recorded',
  refused: 'Refused, and recorded; nothing was erased',
  held: 'Held, and recorded; nothing was erased',
  nothing: 'Nothing to erase: no withheld value of that is left',
  dry_run: 'Nothing was done; with --yes this would be erased',
};

function printResult(output: Output, { outcome, values, inline, holds, recorded }: EraseResult, refuse: boolean): void {
  const said =
    outcome === 'dry_run' && refuse ? 'Nothing was done; with --yes a refusal would be recorded' : OUTCOMES[outcome];
  output.print(output.style('bold', `${said}: ${counted(values.length, 'value')}`));
  printPlaces(output, values);
  if (inline.length > 0) {
    const what = `${counted(inline.length, 'value')} of that ${inline.length === 1 ? 'stands' : 'stand'} in the entries themselves and cannot be erased. Record a refusal with --refuse, and record such content as \`withheld\` from now on (\`capture\`).`;
    for (const line of wrap(what, '', '')) output.print(line);
    printPlaces(output, inline);
  }
  for (const { requestRef, decisionId, since } of holds) {
    const what = decisionId === undefined ? 'the log' : `decision ${shown(decisionId)}`;
    for (const line of wrap(`hold ${shown(requestRef)} on ${what} since ${since}`, '    ', '  ')) output.print(line);
  }
  if (recorded.length > 0) output.print(`  recorded as ${recorded.join(', ')}`);
}

function printPlaces(output: Output, values: EraseResult['inline']): void {
  for (const { segment, seq, pointer } of values.slice(0, MAX_SHOWN)) {
    output.print(`  ${segment}:${seq} ${shown(pointer)}`);
  }
  if (values.length > MAX_SHOWN) output.print(`  … and ${values.length - MAX_SHOWN} more (--json has them all)`);
}

import { DEFAULT_FRAMEWORKS, exportPack, type ExportOptions } from '../../exporters/evidence-pack.ts';
import { directorySink } from '../../exporters/segment-file.ts';
import { choiceOf } from '../../exporters/withheld-selection.ts';
import { MAX_DECISION_ID_CHARS } from '../entry.ts';
import { isSealedWith, newestOpening, type Opening } from '../existing-log.ts';
import type { Profile } from '../frameworks/index.ts';
import { nodePrimitives } from '../node-primitives.ts';
import { parseVkey } from '../note.ts';
import { profileIn, readProfile } from '../profile-file.ts';
import type { Signer } from '../signer.ts';
import type { Arguments, Command } from './command.ts';
import { CONTROLS_OPTION, givenControls } from './controls-source.ts';
import { counted, jsonText, megabytes, shown, wrap } from './layout.ts';
import type { Output } from './output.ts';
import { SIGNER_OPTIONS, signerOf } from './signer-options.ts';
import { taking, UsageError } from './usage-error.ts';

/** A date stands for its first moment in UTC, as `--from`, and for its last, as `--to`. */
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/;

export const EXPORT: Command = {
  name: 'export',
  summary: 'Write an evidence pack: one file with the segments of a log, annotated with controls, for somebody else.',
  usage: '<directory> -o <pack.jsonl> [--framework <id>]… [--signer <file>] [options]',
  positionals: ['<directory>'],
  options: {
    output: { type: 'string', short: 'o', value: '<file>', help: 'Where to write the pack.' },
    framework: {
      type: 'string',
      short: 'f',
      multiple: true,
      value: '<id>',
      help: `Annotate with this framework; by default with ${DEFAULT_FRAMEWORKS.join(', ')}. See spanseal controls list.`,
    },
    controls: {
      ...CONTROLS_OPTION,
      help: 'A controls file: frameworks of your own, and overlays of those of the catalogue. See spanseal controls lint.',
    },
    from: { type: 'string', value: '<time>', help: 'Only segments that meet a period, each whole: its begin (UTC).' },
    to: { type: 'string', value: '<time>', help: 'The end of the period. A date alone is meant to its last moment.' },
    decision: {
      type: 'string',
      value: '<id>',
      help: 'Only the entries of one decision, each with the proof that it is in the log; nothing else of the log is shown.',
    },
    purpose: {
      type: 'string',
      value: '<text>',
      help: 'Such as internal_audit, authority_request, data_subject_request, customer.',
    },
    'request-ref': { type: 'string', value: '<text>', help: 'What the request is filed under.' },
    recipient: { type: 'string', value: '<text>', help: 'Who will get it.' },
    'exported-by': { type: 'string', value: '<text>', help: 'Who exports.' },
    disclose: {
      type: 'string',
      multiple: true,
      value: '<pointer|kind|all>',
      help: 'Put withheld values into the pack: /payload/input, or a kind of content such as messages. By default none.',
    },
    profile: {
      type: 'string',
      value: '<file>',
      help: 'What decides which controls apply. By default spanseal.profile.json in the working directory, if it is there.',
    },
    ...SIGNER_OPTIONS,
    overwrite: { type: 'boolean', help: 'Replace a pack of that name.' },
    json: { type: 'boolean', help: 'Print the result as one JSON document.' },
  },
  notes: [
    'The log is verified while it is copied: of one whose integrity does not hold nothing is exported. The key attests ' +
      'the pack and records in the log that it was made (custody). Without it both are left out, and said so.',
    'Exit codes: 0 written; 1 the log does not hold; 2 wrong usage; 3 it cannot be read or written, or holds nothing of what was asked for.',
  ],
  examples: [
    {
      args: './audit -o evidence.jsonl --signer loans.key',
      means: 'Everything, attested.',
    },
    {
      args: './audit -o q3.jsonl -f eu_ai_act --from 2026-07-01 --to 2026-09-30',
      means: 'The segments that meet a quarter, for one framework; not attested.',
    },
    {
      args: './audit -o dossier.jsonl --decision loan-4711 --signer loans.key',
      means: 'One decision, for the person it was about.',
    },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const directory = args.positional(0);
  const path = packPath(args.text('output'));
  const opening = newestOpening(directorySink(directory));
  const signer = signerOf(args, opening.log);
  if (signer !== undefined && parseVkey(nodePrimitives, signer.vkey)?.name !== opening.log) {
    throw new UsageError(
      `The key is that of another log (${signer.vkey}), and this is ${opening.log}; give the key that it is sealed with.`,
    );
  }
  const result = await exportPack(directory, path, {
    ...optionsOf(args),
    ...(signer === undefined ? {} : { signer }),
    onProgress: ({ bytes, totalBytes }) =>
      output.progress(`exporting … ${megabytes(bytes)} of ${megabytes(totalBytes)}`),
  });
  if (signer === undefined && opening.key !== null) warnUnattested(output, opening);
  const attestedBy = signer?.vkey ?? null;
  const custodyReason = result.custody === 'recorded' ? undefined : whyNoCustody(opening, signer);
  if (args.flag('json')) {
    output.print(jsonText({ ...result, attestedBy, ...(custodyReason === undefined ? {} : { custodyReason }) }));
    return 0;
  }
  const line = (label: string, text: string): void => {
    for (const each of wrap(text, '    ', `  ${label}: `)) output.print(each);
  };
  output.print(output.style('bold', `Evidence pack ${shown(result.path)}`));
  line('holds', `${counted(result.entries, 'entry', 'entries')} in ${counted(result.segments, 'segment')}`);
  line('catalogue', shown(result.cataloguePath));
  line('SHA-256', result.digest);
  line(
    'attestation',
    signer === undefined
      ? 'unsigned, because no signer was given (--signer): nobody vouches for the pack'
      : `signed by ${signer.vkey}`,
  );
  line('custody', custodyReason === undefined ? 'recorded in the log' : `not recorded (${custodyReason})`);
  if (signer !== undefined) {
    output.note('Give the verifier key to whoever verifies by a way of its own: in the pack it vouches for nothing.');
  }
  return 0;
}

/** It looks like any other pack, and whoever gets it cannot tell who made it. */
function warnUnattested(output: Output, { log }: Opening): void {
  const warning = `Warning: the log ${log} is signed, and this pack is not: nobody attests it, with the key of the log it fails in authenticity, and the log does not record that it was made (custody). Export it again with --signer <file>, the key that the log is sealed with (--hmac-signer for a shared one), and --overwrite, or with audit.export() where the key is in a service.`;
  const [first = '', ...rest] = wrap(warning);
  output.note(first.replace('Warning:', output.noteStyle(['bold', 'yellow'], 'Warning:')));
  for (const line of rest) output.note(line);
}

function packPath(path: string | undefined): string {
  if (path === undefined) throw new UsageError('export needs -o <pack.jsonl>: where to write the pack.');
  if (path === '-') throw new UsageError('A pack is written to a file, whole or not at all; give -o <pack.jsonl>.');
  return path;
}

function optionsOf(args: Arguments): ExportOptions {
  const frameworks = args.texts('framework');
  const controls = givenControls(args);
  const period = periodOf(args.text('from'), args.text('to'));
  const given = {
    purpose: args.text('purpose'),
    requestRef: args.text('request-ref'),
    recipient: args.text('recipient'),
    exportedBy: args.text('exported-by'),
    profile: profileOf(args.text('profile')),
    frameworks: frameworks.length === 0 ? undefined : frameworks,
    controls: controls.length === 0 ? undefined : controls,
    period,
    disclose: chosenValues(args.texts('disclose')),
    decision: decisionOf(args.text('decision'), period),
  };
  return {
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as ExportOptions),
    overwrite: args.flag('overwrite'),
  };
}

function chosenValues(chosen: readonly string[]): readonly string[] | undefined {
  if (chosen.length === 0) return undefined;
  taking(() => choiceOf(chosen, '--disclose'));
  return chosen;
}

function periodOf(from: string | undefined, to: string | undefined): ExportOptions['period'] {
  if (from === undefined && to === undefined) return undefined;
  if (from === undefined || to === undefined) throw new UsageError('A period has both ends: give --from and --to.');
  const period = { from: timeOf('--from', from, 'T00:00:00.000Z'), to: timeOf('--to', to, 'T23:59:59.999Z') };
  if (period.from > period.to) throw new UsageError(`The period ends (${to}) before it begins (${from}).`);
  return period;
}

function decisionOf(id: string | undefined, period: ExportOptions['period']): string | undefined {
  if (id !== undefined && period !== undefined) {
    throw new UsageError('A pack is of a decision or of a period; leave out --decision, or --from and --to.');
  }
  if (id !== undefined && id.length > MAX_DECISION_ID_CHARS) {
    throw new UsageError(`--decision ${id.slice(0, 20)}… is longer than the id of a decision can be.`);
  }
  return id;
}

function timeOf(option: string, text: string, ofDay: string): Date {
  const time = DATE.test(text) ? `${text}${ofDay}` : text;
  if (!TIME.test(time) || Number.isNaN(Date.parse(time))) {
    throw new UsageError(`${option} ${text} is no time; write 2026-09-30 or 2026-09-30T12:00:00Z.`);
  }
  return new Date(time);
}

/** What was given, or lies in the working directory under its usual name. */
function profileOf(path: string | undefined): Profile | undefined {
  const found = path ?? profileIn(process.cwd());
  return found === undefined ? undefined : taking(() => readProfile(found));
}

function whyNoCustody(opening: Opening, signer: Signer | undefined): string {
  const { key } = opening;
  if (key !== null && signer === undefined) return 'no signer was given, and the log is signed: give --signer';
  if (key === null && signer !== undefined) return 'the log is unsigned, and a key was given';
  if (!isSealedWith(opening, signer))
    return 'the newest segment of the log is sealed by another key than the one given';
  return 'the log could not be written: check the permissions of its directory';
}

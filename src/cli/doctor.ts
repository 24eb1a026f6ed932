import { counted } from '../counted.ts';
import type { DoctorFinding } from '../doctor/finding.ts';
import { SEVERITIES, type Severity } from '../doctor/finding-kinds.ts';
import { LogDoctor } from '../doctor/log-doctor.ts';
import { isGone, processIdentity } from '../process-identity.ts';
import { EXIT_FAILS } from '../verify/report.ts';
import type { Arguments, Command } from './command.ts';
import { readEntries } from './entry-source.ts';
import { jsonText, shown, wrap } from './layout.ts';
import type { Output, Style } from './output.ts';

export const DOCTOR: Command = {
  name: 'doctor',
  summary: 'Say what is wrong with the set-up that writes a log, as far as the log tells, and what to do about it.',
  usage: '<directory|segment|pack> [--json]',
  positionals: ['<directory|segment|pack>'],
  options: { json: { type: 'boolean', help: 'Print one JSON document: entries, segments, findings.' } },
  notes: [
    'Is anything captured at all? Which instrumentations, and what do they leave unsaid? Sampling, order of processors, ' +
      'spans that never end, content, reviews that are missing, lost entries, segments of dead processes.',
    'It believes the log: whether it is genuine is for spanseal verify. What only a running process shows (order of ' +
      'processors, sampler, copies of the API) is told by diagnose(audit) in the application.',
    'Exit codes: 0 no problem (warnings are none); 1 problems; 2 wrong usage; 3 it cannot be read.',
  ],
  examples: [
    { args: './audit', means: 'After the first minutes of a new set-up, and whenever something seems to be missing.' },
    { args: "evidence.jsonl --json | jq -r '.findings[] | .code'", means: 'For a program.' },
  ],
  run,
};

const MARKS: Readonly<Record<Severity, { readonly mark: string; readonly style: Style }>> = {
  problem: { mark: '✗', style: ['bold', 'red'] },
  warning: { mark: '!', style: ['bold', 'yellow'] },
  note: { mark: '·', style: 'cyan' },
  ok: { mark: '✓', style: 'green' },
};

async function run(args: Arguments, output: Output): Promise<number> {
  const path = args.positional(0);
  const self = processIdentity();
  const doctor = new LogDoctor({ isGone: (writer) => isGone(writer, self) });
  for await (const found of readEntries(path)) {
    if (found.kind === 'segment') doctor.segment(found.segment);
    else if (found.kind === 'entry') doctor.entry(found.entry, found.text);
    else if (found.kind === 'other') doctor.badLine(found.file, found.line, found.what, found.unfinished);
  }
  const findings = doctor.findings();
  const { entries, segments } = doctor;
  if (args.flag('json')) output.print(jsonText({ entries, segments, verified: false, findings }));
  else {
    output.print(output.style('bold', shown(path)));
    output.print('What the log tells of its set-up. It is believed, not verified: spanseal verify does that.');
    for (const each of findings) printFinding(output, each);
    output.print();
    output.print(
      `${summaryOf(findings)} in ${counted(entries, 'entry', 'entries')} of ${counted(segments, 'segment')}.`,
    );
  }
  return findings.some(({ severity }) => severity === 'problem') ? EXIT_FAILS : 0;
}

function printFinding(output: Output, { code, severity, what, todo, where = [] }: DoctorFinding): void {
  const { mark, style } = MARKS[severity];
  output.print();
  output.print(`${output.style(style, `${mark} ${severity}`)}  ${code}`);
  for (const line of wrap(shown(what), '  ')) output.print(line);
  for (const place of where) for (const line of wrap(shown(place), '      ', '    - ')) output.print(line);
  if (severity !== 'ok') for (const line of wrap(todo, '    ', '  → ')) output.print(line);
}

function summaryOf(findings: readonly DoctorFinding[]): string {
  return SEVERITIES.filter((severity) => severity !== 'ok')
    .map((severity) => counted(findings.filter((each) => each.severity === severity).length, severity))
    .join(', ');
}

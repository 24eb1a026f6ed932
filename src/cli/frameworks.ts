import { findFramework, frameworks } from '../frameworks/index.ts';
import type { Framework } from '../frameworks/index.ts';
import type { Arguments, Command } from './command.ts';
import { counted, jsonText, labelled, wrap } from './layout.ts';
import type { Output } from './output.ts';

export const FRAMEWORKS: Command = {
  name: 'frameworks',
  summary: 'List the frameworks that packs are annotated with, or the controls of one.',
  usage: '[<id>] [--json]',
  positionals: ['<id>'],
  optional: true,
  options: { json: { type: 'boolean', help: 'Print one JSON document: the list, or the whole framework.' } },
  notes: ['An entry may support a control. Nothing here says that a control is met.'],
  examples: [
    { args: '', means: 'Ids, versions and status.' },
    { args: 'eu_ai_act', means: 'Each control with its clause, and what entries can show of it.' },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const id = args.positional(0);
  const json = args.flag('json');
  if (id !== '') {
    const framework = findFramework(id);
    for (const line of json ? [jsonText(framework)] : detailsOf(framework, output)) output.print(line);
  } else if (json) {
    output.print(jsonText(frameworks().map(summaryOf)));
  } else {
    for (const framework of frameworks()) {
      for (const line of headOf(framework, output)) output.print(line);
      output.print();
    }
    output.print('Controls of one: spanseal frameworks <id>');
  }
  return 0;
}

function summaryOf({ id, aliases, title, version, status, status_as_of, controls }: Framework): object {
  return {
    id,
    ...(aliases === undefined ? {} : { aliases }),
    title,
    version,
    status,
    status_as_of,
    controls: controls.length,
  };
}

function headOf({ id, aliases, title, version, status, status_as_of, controls }: Framework, output: Output): string[] {
  const names = [id, ...(aliases ?? [])].join(', ');
  const [first = '', ...rest] = wrap(`${names}: ${title}`, '  ', '');
  return [
    first.replace(id, output.style('bold', id)),
    ...rest,
    ...labelled('  version', 12, version),
    ...labelled('  status', 12, `${status} (as of ${status_as_of})`),
    ...labelled('  controls', 12, counted(controls.length, 'control')),
  ];
}

function detailsOf(framework: Framework, output: Output): string[] {
  return [
    ...headOf(framework, output),
    ...framework.controls.flatMap(({ id, clause, title, evidence_for }) => {
      const [first = '', ...rest] = wrap(`${id}: ${title}`, '  ', '');
      return [
        '',
        first.replace(id, output.style('bold', id)),
        ...rest,
        ...labelled('  clause', 12, clause),
        ...labelled('  evidence', 12, evidence_for),
      ];
    }),
    ...(framework.not_evidenced_by_logs.length === 0 ? [] : ['', 'What no log can show, and what to ask for instead']),
    ...framework.not_evidenced_by_logs.flatMap(({ clause, title, ask_for }) =>
      wrap(`${clause}: ${title}: ${ask_for}`, '    ', '  - '),
    ),
  ];
}

import { findFramework, frameworks } from '../frameworks/index.ts';
import { STRENGTHS } from '../frameworks/framework.ts';
import type { Framework, Strength } from '../frameworks/index.ts';
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
    { args: '', means: 'Ids, versions, and the day they are of.' },
    {
      args: 'eu_ai_act',
      means: 'Each control with its clause, the entries that bear on it, how strongly, and from when it applies.',
    },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const id = args.positional(0);
  const json = args.flag('json');
  if (id !== '') {
    const framework = findFramework(id);
    for (const line of json ? [jsonText(documentOf(framework))] : detailsOf(framework, output)) output.print(line);
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

/** The whole framework, but for what its editors noted of their sources. */
function documentOf({ notes: _notes, controls, ...framework }: Framework): object {
  return { ...framework, controls: controls.map(({ confidence: _confidence, ...control }) => control) };
}

function headOf({ id, aliases, title, version, status_as_of, controls }: Framework, output: Output): string[] {
  const names = [id, ...(aliases ?? [])].join(', ');
  const [first = '', ...rest] = wrap(`${names}: ${title}`, '  ', '');
  return [
    first.replace(id, output.style('bold', id)),
    ...rest,
    ...labelled('  version', 12, version),
    ...labelled('  as of', 12, status_as_of),
    ...labelled('  controls', 12, counted(controls.length, 'control')),
  ];
}

function detailsOf(framework: Framework, output: Output): string[] {
  const entries = entriesByControl(framework);
  return [
    ...headOf(framework, output),
    ...framework.controls.flatMap(({ id, clause, title, applies_from }) => {
      const [first = '', ...rest] = wrap(`${id}: ${title}`, '  ', '');
      const dates = Object.entries(applies_from ?? {}).map(([whom, date]) =>
        whom === 'all' ? date : `${date} (${whom})`,
      );
      return [
        '',
        first.replace(id, output.style('bold', id)),
        ...rest,
        ...labelled('  clause', 12, clause),
        ...(entries.get(id) ?? []).flatMap(([strength, types]) => labelled(`  ${strength}`, 14, types.join(', '))),
        ...(dates.length === 0 ? [] : labelled('  applies', 12, `from ${dates.join(', ')}`)),
      ];
    }),
    ...(framework.not_evidenced_by_logs.length === 0 ? [] : ['', 'What no log can show, and what to ask for instead']),
    ...framework.not_evidenced_by_logs.flatMap(({ clause, title, ask_for }) =>
      wrap(`${clause}: ${title}: ${ask_for}`, '    ', '  - '),
    ),
  ];
}

/** Marks a type of whose entries only those count for which a condition holds. */
const SOME = ' (some)';

/** Control → strength → types of the entries that bear on it so. */
function entriesByControl({
  mapping_strength: always,
  conditional_mapping: rules,
}: Framework): Map<string, [Strength, string[]][]> {
  const bearing = [
    ...Object.entries(always).map(([type, strengths]) => [type, strengths] as const),
    ...rules.map(({ entry_type: type, strength, when }) => {
      return [when[0] === 'always' ? type : `${type}${SOME}`, strength] as const;
    }),
  ];
  const found = new Map<string, Map<Strength, Set<string>>>();
  for (const [name, strengths] of bearing) {
    for (const [id, strength] of Object.entries(strengths)) {
      const byStrength = found.get(id) ?? new Map<Strength, Set<string>>();
      found.set(id, byStrength.set(strength, (byStrength.get(strength) ?? new Set()).add(name)));
    }
  }
  return new Map(
    [...found].map(([id, byStrength]) => [
      id,
      STRENGTHS.flatMap((strength) => {
        const names = byStrength.get(strength);
        if (names === undefined) return [];
        // Of what always does it need not be said that some do.
        return [
          [strength, [...names].filter((name) => !name.endsWith(SOME) || !names.has(name.slice(0, -SOME.length)))],
        ];
      }),
    ]),
  );
}

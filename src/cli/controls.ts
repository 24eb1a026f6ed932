import { jsonDigest } from '../digest.ts';
import { didYouMean } from '../did-you-mean.ts';
import { frameworksDiff } from '../frameworks/diff.ts';
import { frameworks, frameworksWith, type Control, type Framework } from '../frameworks/index.ts';
import type { JsonValue } from '../json.ts';
import { EXIT_FAILS } from '../verify/report.ts';
import type { Arguments, Command } from './command.ts';
import { diffText } from './controls-diff-text.ts';
import {
  BUILT_IN,
  CONTROLS_OPTION,
  frameworksFrom,
  givenControls,
  problemText,
  readControls,
} from './controls-source.ts';
import { bearingOn, controlText, detailsOf, headOf, listOf, partsFor } from './controls-text.ts';
import { counted, jsonText, shown, wrap } from './layout.ts';
import type { Output } from './output.ts';
import { UsageError } from './usage-error.ts';

export const CONTROLS: Command = {
  name: 'controls',
  summary: 'The frameworks that packs are annotated with: list and show them, check files of your own, compare.',
  usage: 'list [<framework>] | show <framework|control> | lint <file> | diff <old> [<new>] [--json]',
  positionals: ['list, show, lint or diff', '<framework, control or file>', '<new>'],
  optional: 2,
  options: {
    controls: CONTROLS_OPTION,
    json: { type: 'boolean', help: 'Print one JSON document.' },
  },
  notes: [
    'An entry may support a control. Nothing here says that a control is met.',
    `diff compares files, each a controls file or the catalogue beside a pack, or ${BUILT_IN}: the catalogue of this ` +
      'version, which is the new one if none is given.',
    'Exit codes: 0; 1 lint found something; 2 wrong usage; 3 it cannot be read.',
  ],
  examples: [
    { args: 'list', means: 'Ids, versions, the day they are of, and the digest that packs name.' },
    {
      args: 'show eu_ai_act',
      means: 'Each control with its clause, the entries that bear on it, how strongly, and from when it applies.',
    },
    { args: 'show EU-AIA-12.1', means: 'All there is of one control.' },
    { args: 'lint acme.json', means: 'What is wrong with a controls file, by line.' },
    { args: 'diff q3.jsonl.catalogue.json', means: 'What has changed since a pack was made.' },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  const action = args.positional(0);
  switch (action) {
    case 'list':
      refuseFurther(args, 2);
      return list(args, output);
    case 'show':
      refuseFurther(args, 2);
      return show(needed(args, 'a framework or a control'), args, output);
    case 'lint':
      refuseFurther(args, 2);
      return lint(needed(args, 'a file'), args, output);
    case 'diff':
      return diff(needed(args, 'the old file'), args, output);
    default:
      throw new UsageError(
        `There is no controls ${shown(action)}${didYouMean(action, ['list', 'show', 'lint', 'diff'])}`,
      );
  }
}

function needed(args: Arguments, what: string): string {
  const given = args.positional(1);
  if (given === '') throw new UsageError(`controls ${args.positional(0)} needs ${what}.`);
  return given;
}

function refuseFurther(args: Arguments, most: number): void {
  const further = args.positional(most);
  if (further !== '') {
    throw new UsageError(`controls ${args.positional(0)} takes no further argument '${shown(further)}'.`);
  }
}

function list(args: Arguments, output: Output): number {
  const known = frameworksWith(givenControls(args));
  const name = args.positional(1);
  const json = args.flag('json');
  if (name !== '') {
    const framework = frameworkOf(name, known);
    if (framework === undefined) throw unknown(name, namesOf(known), 'framework');
    if (json) output.print(jsonText(framework.controls.map(({ id, clause, title }) => ({ id, clause, title }))));
    else for (const line of listOf(framework)) output.print(line);
    return 0;
  }
  if (json) {
    output.print(jsonText(known.map(summaryOf)));
    return 0;
  }
  for (const framework of known) {
    for (const line of headOf(framework, digestOf(framework), output)) output.print(line);
    output.print();
  }
  output.print('Controls of one: spanseal controls list <framework>, or show <framework>');
  return 0;
}

function show(name: string, args: Arguments, output: Output): number {
  const known = frameworksWith(givenControls(args));
  const json = args.flag('json');
  const framework = frameworkOf(name, known);
  if (framework !== undefined) {
    const digest = digestOf(framework);
    const lines = json ? [jsonText(documentOf(framework))] : detailsOf(framework, digest, output);
    for (const line of lines) output.print(line);
    return 0;
  }
  const found = known.flatMap((each) =>
    each.controls.filter(({ id }) => id === name).map((control) => [each, control] as const),
  );
  if (found.length === 0) {
    const controls = known.flatMap((each) => each.controls.map(({ id }) => id));
    throw unknown(name, [...namesOf(known), ...controls], 'framework or control');
  }
  if (json) {
    const documents = found.map(([each, control]) => controlDocument(each, control));
    output.print(jsonText(documents.length === 1 ? documents[0] : documents));
    return 0;
  }
  for (const [index, [each, control]] of found.entries()) {
    if (index > 0) output.print();
    for (const line of controlText(each, control, output)) output.print(line);
  }
  return 0;
}

function lint(path: string, args: Arguments, output: Output): number {
  const reading = readControls(path);
  if (args.flag('json')) {
    const { ok } = reading;
    output.print(
      jsonText(
        reading.ok
          ? { ok, version: reading.version, frameworks: reading.frameworks.map(summaryOf) }
          : { ok, problems: reading.problems },
      ),
    );
  } else if (reading.ok) {
    output.print(
      `${shown(path)} holds ${counted(reading.frameworks.length, 'framework')}, and nothing is wrong with it.`,
    );
    for (const { id, version, controls } of reading.frameworks) {
      const text = `${id}: ${counted(controls.length, 'control')}, ${version}`;
      for (const line of wrap(shown(text), '    ', '  ')) output.print(line);
    }
  } else {
    // Whole lines, however long: editors and build servers read them.
    for (const problem of reading.problems) output.print(shown(problemText(path, problem)));
  }
  return reading.ok ? 0 : EXIT_FAILS;
}

function diff(oldSource: string, args: Arguments, output: Output): number {
  const newSource = args.positional(2) === '' ? BUILT_IN : args.positional(2);
  const [before, after] = [frameworksFrom(oldSource), frameworksFrom(newSource)];
  const differences = frameworksDiff(comparable(oldSource, before, after), comparable(newSource, after, before));
  if (args.flag('json')) {
    output.print(jsonText(differences));
    return 0;
  }
  for (const [index, each] of differences.entries()) {
    if (index > 0) output.print();
    for (const line of diffText(each, output)) output.print(line);
  }
  if (differences.length === 0) output.print('There is no framework to compare.');
  return 0;
}

/** Of the whole catalogue only what the other side has: a pack names the frameworks that it was made for. */
function comparable(source: string, own: readonly Framework[], other: readonly Framework[]): readonly Framework[] {
  if (source !== BUILT_IN) return own;
  return own.filter(({ id }) => other.some((framework) => framework.id === id));
}

function frameworkOf(name: string, known: readonly Framework[]): Framework | undefined {
  return known.find(({ id, aliases }) => id === name || aliases?.includes(name) === true);
}

function namesOf(known: readonly Framework[]): string[] {
  return known.flatMap(({ id, aliases = [] }) => [id, ...aliases]);
}

function unknown(name: string, candidates: readonly string[], what: string): UsageError {
  const near = didYouMean(name, candidates);
  const known = frameworks().map(({ id, aliases = [] }) => [id, ...aliases].join(' or '));
  return new UsageError(
    `There is no ${what} ${shown(name)}${near === '.' ? `; the catalogue has ${known.join(', ')}.` : near}`,
  );
}

function summaryOf(framework: Framework): object {
  const { id, aliases, title, kind, version, status, status_as_of, controls } = framework;
  return {
    id,
    ...(aliases === undefined ? {} : { aliases }),
    title,
    kind,
    version,
    status,
    status_as_of,
    controls: controls.length,
    digest: digestOf(framework),
  };
}

/** The whole framework, but for what its editors noted of their sources. */
function documentOf({ notes: _notes, controls, ...framework }: Framework): object {
  return { ...framework, controls: controls.map(withoutConfidence) };
}

function controlDocument(framework: Framework, control: Control): object {
  return {
    framework: { id: framework.id, version: framework.version, digest: digestOf(framework) },
    control: withoutConfidence(control),
    rules: bearingOn(framework, control.id),
    pack_level: partsFor(framework, control.id),
    not_evidenced_by_logs: framework.not_evidenced_by_logs.filter(({ id }) => id === control.id),
  };
}

function withoutConfidence({ confidence: _confidence, ...control }: Control): object {
  return control;
}

/** As packs name it. */
function digestOf(framework: Framework): string {
  return jsonDigest(framework as unknown as JsonValue);
}

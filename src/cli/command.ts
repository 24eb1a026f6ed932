import { parseArgs } from 'node:util';

import { didYouMean } from '../did-you-mean.ts';
import { COLUMNS, labelled, wrap } from './layout.ts';
import type { Output } from './output.ts';
import { UsageError } from './usage-error.ts';

/** What a command is, and what it says of itself. */

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** Whether it may be given more than once. */
  readonly multiple?: true;
  /** What stands for its value in the help, such as `<file>`. */
  readonly value?: string;
  readonly help: string;
}

export interface Example {
  /** Without the name of the command. */
  readonly args: string;
  readonly means: string;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Arguments and options in short, without the name of the command. */
  readonly usage: string;
  /** Names of the arguments; so many of the last ones may be left out as `optional` says. */
  readonly positionals: readonly string[];
  readonly optional?: number;
  readonly options: Readonly<Record<string, Option>>;
  /** Paragraphs below the options. */
  readonly notes: readonly string[];
  readonly examples: readonly Example[];
  /** Resolves to the exit code. */
  run(args: Arguments, output: Output): Promise<number>;
}

/** Arguments that a command was given, as far as they can be checked without it. */
export interface Arguments {
  /** The argument at an index; the empty text for one that may be left out. */
  positional(index: number): string;
  flag(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
}

export const HELP_OPTION: Option = { type: 'boolean', short: 'h', help: 'Show this help.' };

/**
 * Reads the arguments of a command.
 *
 * @throws UsageError with what is wrong, and what may have been meant
 */
export function parseArguments(command: Command, argv: readonly string[]): Arguments {
  const options = { ...command.options, help: HELP_OPTION };
  const parsed = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type, short, multiple }]) => [
        name,
        { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const seen = new Set<string>();
  for (const token of parsed.tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    const option = Object.hasOwn(options, name) ? (options as Record<string, Option>)[name] : undefined;
    if (option === undefined) {
      throw new UsageError(`There is no option ${rawName}${didYouMean(name, Object.keys(options), '--')}`);
    }
    if (option.type === 'string') checkValue(rawName, value, option, token.inlineValue === true);
    else if (value !== undefined) throw new UsageError(`${rawName} takes no value.`);
    if (seen.has(name) && option.multiple !== true) throw new UsageError(`${rawName} can be given once only.`);
    seen.add(name);
  }
  const { positionals, values } = parsed;
  if (values['help'] !== true) checkPositionals(command, positionals);
  return {
    positional: (index) => positionals[index] ?? '',
    flag: (name) => values[name] === true,
    text: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
    texts: (name) => {
      const value = values[name];
      return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
    },
  };
}

function checkValue(rawName: string, value: string | undefined, option: Option, inline: boolean): void {
  const wanted = option.value ?? 'a value';
  if (value === undefined || value === '') throw new UsageError(`${rawName} needs ${wanted}.`);
  // `--key --json` is a forgotten key, not a key of that name.
  if (!inline && value.startsWith('-') && value !== '-') {
    throw new UsageError(`${rawName} needs ${wanted}, not ${value}; if that is meant, write ${rawName}=${value}.`);
  }
}

function checkPositionals(command: Command, given: readonly string[]): void {
  const wanted = command.positionals;
  const missing = wanted[given.length];
  if (missing !== undefined && given.length < wanted.length - (command.optional ?? 0)) {
    throw new UsageError(`${command.name} needs ${missing}.`);
  }
  const further = given[wanted.length];
  if (further !== undefined) throw new UsageError(`${command.name} takes no further argument '${further}'.`);
}

/** The help of a command, as lines. */
export function helpOf(command: Command, invocation: string): string[] {
  const options = Object.entries({ ...command.options, help: HELP_OPTION }).map(
    ([name, option]) => [optionText(name, option), option.help] as const,
  );
  const width = Math.max(...options.map(([text]) => text.length)) + 4;
  return [
    ...wrap(command.summary),
    '',
    'Usage',
    ...wrap(`${invocation} ${command.usage}`, '      ', '  '),
    '',
    'Options',
    ...options.flatMap(([text, help]) => labelled(`  ${text}`, width, help)),
    ...command.notes.flatMap((note) => ['', ...wrap(note)]),
    '',
    'Examples',
    ...command.examples.flatMap(({ args, means }) => [`  ${invocation} ${args}`, ...wrap(means, '      ')]),
  ];
}

function optionText(name: string, { short, value, multiple }: Option): string {
  const names = short === undefined ? `--${name}` : `-${short}, --${name}`;
  return `${names}${value === undefined ? '' : ` ${value}`}${multiple === true ? ' …' : ''}`;
}

/** The help over all commands, as lines. */
export function helpOfAll(program: string, about: string, commands: readonly Command[]): string[] {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 4;
  return [
    ...wrap(about),
    '',
    'Usage',
    `  ${program} <command> [arguments]`,
    `  ${program} <command> --help`,
    '',
    'Commands',
    ...commands.flatMap(({ name, summary }) => labelled(`  ${name}`, width, summary)),
    '',
    'Options',
    '  -h, --help     Show this help.',
    '  -V, --version  Show the version.',
  ].map((line) => line.slice(0, COLUMNS));
}

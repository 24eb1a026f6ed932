import type { ValueOwner } from '../../exporters/value-selection.ts';
import { isSegmentName } from '../names.ts';
import type { Arguments, Option } from './command.ts';
import { UsageError } from './usage-error.ts';

/** Which withheld values a command is about. */

export const ENTRY_OPTION: Option = {
  type: 'string',
  value: '<segment:seq>',
  help: 'Those of one entry, by its segment and seq.',
};

export const VALUE_OPTION: Option = {
  type: 'string',
  multiple: true,
  value: '<pointer|kind>',
  help: 'Only these of them: /payload/input, or a kind of content such as messages. By default all.',
};

export function entryOf(text: string): NonNullable<ValueOwner['entry']> {
  const [segment = '', seq = ''] = text.split(':');
  if (!isSegmentName(segment) || !/^(?:0|[1-9][0-9]{0,14})$/.test(seq)) {
    throw new UsageError(
      `--entry ${text} is no entry: write segment and seq, such as 20261123T093000Z-0123456789abcdef:7.`,
    );
  }
  return { segment, seq: Number(seq) };
}

export function ownerOf(args: Arguments): ValueOwner {
  const [entry, decisionId, subjectRef] = [args.text('entry'), args.text('decision'), args.text('subject')];
  const owners = [entry, decisionId, subjectRef].filter((each) => each !== undefined);
  if (owners.length !== 1)
    throw new UsageError('Say whose values are meant: one of --entry, --decision and --subject.');
  return {
    ...(entry === undefined ? {} : { entry: entryOf(entry) }),
    ...(decisionId === undefined ? {} : { decisionId }),
    ...(subjectRef === undefined ? {} : { subjectRef }),
  };
}

/** The options that were given, under the names that a function takes them by. */
export function givenTexts<T extends string>(
  args: Arguments,
  names: Readonly<Record<string, T>>,
): { readonly [name in T]?: string } {
  const given = Object.entries(names).flatMap(([option, name]) => {
    const text = args.text(option);
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(given) as { readonly [name in T]?: string };
}

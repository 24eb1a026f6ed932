import type { FrameworkDiff, ItemsDiff, MappingChange, MemberChange } from '../frameworks/diff.ts';
import type { JsonValue } from '../json.ts';
import { conditionText } from '../report/text/conditions.ts';
import { shown, wrap } from './layout.ts';
import type { Output } from './output.ts';

/** What differs between two texts of frameworks, for a person. */

export function diffText(diff: FrameworkDiff, output: Output): string[] {
  const head = `${output.style('bold', shown(diff.id))}: ${STATES[diff.state]}`;
  if (diff.state === 'same') return [head];
  if (diff.state !== 'changed') return [head, ...countsOf(diff)];
  return [
    head,
    ...diff.members.flatMap((change) => memberText(change, '  ')),
    ...itemsText('control', diff.controls),
    ...diff.mapping.flatMap(mappingText),
    ...itemsText('not shown by logs', diff.not_evidenced_by_logs),
  ];
}

const STATES: Readonly<Record<FrameworkDiff['state'], string>> = {
  added: 'only in the new one',
  removed: 'only in the old one',
  changed: 'changed',
  same: 'the same',
};

function countsOf({ controls: { added, removed } }: FrameworkDiff): string[] {
  return [`  controls: ${added.length + removed.length}`];
}

function itemsText(what: string, { added, removed, changed }: ItemsDiff<{ id: string; title: string }>): string[] {
  return [
    ...added.flatMap(({ id, title }) => wrap(shown(`${id}: ${title}`), '      ', `  + ${what} `)),
    ...removed.flatMap(({ id, title }) => wrap(shown(`${id}: ${title}`), '      ', `  - ${what} `)),
    ...changed.flatMap(({ id, members }) => [
      `  ~ ${what} ${shown(id)}`,
      ...members.flatMap((change) => memberText(change, '      ')),
    ]),
  ];
}

function memberText({ member, before, after }: MemberChange, indent: string): string[] {
  const further = `${indent}  `;
  return [
    `${indent}${shown(member)}`,
    ...(before === undefined ? [] : wrap(valueText(before), `${further}  `, `${further}- `)),
    ...(after === undefined ? [] : wrap(valueText(after), `${further}  `, `${further}+ `)),
  ];
}

function mappingText({ entry_type: type, when, control, before, after }: MappingChange): string[] {
  const condition = when[0] === 'always' ? '' : ` (${conditionText(when)})`;
  const text = `${type}${condition} → ${control}: ${strengthText(before)} → ${strengthText(after)}`;
  return wrap(shown(text), '      ', '  ~ ');
}

function strengthText(strengths: readonly string[]): string {
  return strengths.length === 0 ? 'none' : strengths.join(' and ');
}

function valueText(value: JsonValue): string {
  return shown(value);
}

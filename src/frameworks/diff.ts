import { canonicalize } from '../canonical.ts';
import type { EntryType } from '../entry.ts';
import type { JsonValue } from '../json.ts';
import type { Control, Framework, NotInLogs, Predicate, Strength } from './framework.ts';

/** What differs between two texts of one framework. */

export interface MemberChange {
  readonly member: string;
  /** Left out where it was not there. */
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

export interface ItemsDiff<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
  readonly changed: readonly { readonly id: string; readonly members: readonly MemberChange[] }[];
}

/** How entries of a type, where a condition holds, bore on a control and bear on it now; nothing where they do not. */
export interface MappingChange {
  readonly entry_type: EntryType;
  readonly when: Predicate;
  readonly control: string;
  readonly before: readonly Strength[];
  readonly after: readonly Strength[];
}

export interface FrameworkDiff {
  readonly id: string;
  readonly state: 'added' | 'removed' | 'changed' | 'same';
  /** Texts of the framework itself, `version` among them. */
  readonly members: readonly MemberChange[];
  readonly controls: ItemsDiff<Control>;
  readonly mapping: readonly MappingChange[];
  readonly not_evidenced_by_logs: ItemsDiff<NotInLogs>;
}

/** Compared part by part, and not as members of the framework. */
const PARTS: readonly string[] = [
  'id',
  'controls',
  'mapping',
  'mapping_strength',
  'conditional_mapping',
  'not_evidenced_by_logs',
];

/** The differences of frameworks by id, in the order of the new ones, then what is gone. */
export function frameworksDiff(before: readonly Framework[], after: readonly Framework[]): readonly FrameworkDiff[] {
  const old = new Map(before.map((framework) => [framework.id, framework]));
  const kept = new Set(after.map(({ id }) => id));
  return [
    ...after.map((framework) => frameworkDiff(old.get(framework.id), framework)),
    ...before.filter(({ id }) => !kept.has(id)).map((framework) => frameworkDiff(framework, undefined)),
  ];
}

function frameworkDiff(before: Framework | undefined, after: Framework | undefined): FrameworkDiff {
  const diff = {
    id: (after ?? before)?.id ?? '',
    members: memberChanges(before, after, PARTS),
    controls: itemsDiff(before?.controls ?? [], after?.controls ?? []),
    mapping: mappingChanges(before, after),
    not_evidenced_by_logs: itemsDiff(before?.not_evidenced_by_logs ?? [], after?.not_evidenced_by_logs ?? []),
  };
  if (before === undefined) return { ...diff, state: 'added' };
  if (after === undefined) return { ...diff, state: 'removed' };
  return { ...diff, state: isSame(before, after) ? 'same' : 'changed' };
}

function itemsDiff<T extends { readonly id: string }>(before: readonly T[], after: readonly T[]): ItemsDiff<T> {
  const old = new Map(before.map((item) => [item.id, item]));
  const kept = new Set(after.map(({ id }) => id));
  return {
    added: after.filter(({ id }) => !old.has(id)),
    removed: before.filter(({ id }) => !kept.has(id)),
    changed: after.flatMap((item) => {
      const members = old.has(item.id) ? memberChanges(old.get(item.id), item, []) : [];
      return members.length === 0 ? [] : [{ id: item.id, members }];
    }),
  };
}

function memberChanges(before: object | undefined, after: object | undefined, but: readonly string[]): MemberChange[] {
  const [old, now] = [new Map(Object.entries(before ?? {})), new Map(Object.entries(after ?? {}))];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((member) => !but.includes(member) && !isSame(old.get(member), now.get(member)))
    .map((member) => ({
      member,
      ...(old.has(member) ? { before: old.get(member) as JsonValue } : {}),
      ...(now.has(member) ? { after: now.get(member) as JsonValue } : {}),
    }));
}

interface Bearing {
  readonly entry_type: EntryType;
  readonly when: Predicate;
  readonly control: string;
  readonly strengths: readonly Strength[];
}

function mappingChanges(before: Framework | undefined, after: Framework | undefined): MappingChange[] {
  const [old, now] = [bearings(before), bearings(after)];
  return [...new Set([...now.keys(), ...old.keys()])].flatMap((key) => {
    const [was, is] = [old.get(key), now.get(key)];
    const either = is ?? was;
    if (either === undefined || isSame(was?.strengths, is?.strengths)) return [];
    const { entry_type, when, control } = either;
    return [{ entry_type, when, control, before: was?.strengths ?? [], after: is?.strengths ?? [] }];
  });
}

/** What bears on what, by type, condition and control, however it is spread over rules. */
function bearings(framework: Framework | undefined): ReadonlyMap<string, Bearing> {
  const found = new Map<string, Bearing>();
  for (const { entry_type, when, strength } of rulesOf(framework)) {
    for (const [control, given] of Object.entries(strength)) {
      const key = canonicalize([entry_type, when, control]);
      const strengths = new Set([...(found.get(key)?.strengths ?? []), given]);
      found.set(key, { entry_type, when, control, strengths: [...strengths].sort() });
    }
  }
  return found;
}

/** All that makes annotations, as rules: what holds for every entry of a type is one that always does. */
export function rulesOf(
  framework: Framework | undefined,
): readonly Pick<Framework['conditional_mapping'][number], 'entry_type' | 'when' | 'strength'>[] {
  if (framework === undefined) return [];
  const always = Object.entries(framework.mapping_strength).map(([type, strength]) => ({
    entry_type: type as EntryType,
    when: ['always'] as const,
    strength,
  }));
  return [...always, ...framework.conditional_mapping];
}

function isSame(before: unknown, after: unknown): boolean {
  if (before === undefined || after === undefined) return before === after;
  return canonicalize(before as JsonValue) === canonicalize(after as JsonValue);
}

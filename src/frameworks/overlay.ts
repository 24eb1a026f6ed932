import { CATEGORY_GROUPS } from './catalogue/category-groups.ts';
import {
  CONTROL_ID,
  ENTRY_TYPE,
  NAME,
  checkControl,
  checkNamed,
  checkNotInLogs,
  checkRule,
  checkRuleReferences,
  groupsIn,
  knownControls,
} from './document.ts';
import { STRENGTHS } from './framework.ts';
import type { CategoryGroups, Control, Framework, NotInLogs, Rule, Strength } from './framework.ts';
import { closed, listOf, matching, oneOf, recordOf, text, type Place, type Say } from './shape.ts';

/** What is changed in a framework of the catalogue, or in one of the same file. */
export interface Overlay {
  readonly framework: string;
  /** Stands behind the version of the framework, so that whoever reads a pack sees whose text it is. */
  readonly version: string;
  /** Ids of controls that are taken out, with all that bears on them. */
  readonly remove_controls?: readonly string[];
  /** Added, or put in the place of those with the same id. */
  readonly controls?: readonly Control[];
  /** Entry type → control → strength: added, or in the place of the strength that there is. */
  readonly mapping_strength?: Framework['mapping_strength'];
  /** Added. */
  readonly conditional_mapping?: readonly Rule[];
  /** Added to what is there. */
  readonly pack_level?: Framework['pack_level'];
  /** Added, or put in the place of those with the same id. */
  readonly not_evidenced_by_logs?: readonly NotInLogs[];
  /** Added; the items of a group that is there already are added to it. */
  readonly category_groups?: CategoryGroups;
  /** Added. */
  readonly notes?: readonly string[];
}

/** Whether a value has the shape of an overlay. What it refers to is looked up by {@link overlaid}. */
export function isOverlay(value: unknown, at: Place, say: Say): value is Overlay {
  return (
    closed(
      value,
      at,
      say,
      { framework: matching(NAME), version: text },
      {
        remove_controls: listOf(matching(CONTROL_ID)),
        controls: listOf(checkControl),
        mapping_strength: recordOf(ENTRY_TYPE, recordOf(CONTROL_ID, oneOf(STRENGTHS))),
        conditional_mapping: listOf(checkRule),
        pack_level: recordOf(NAME, listOf(matching(CONTROL_ID))),
        not_evidenced_by_logs: listOf(checkNotInLogs),
        category_groups: recordOf(NAME, listOf(text)),
        notes: listOf(text),
      },
    ) !== undefined
  );
}

/**
 * The framework with the overlay laid over it: first controls are taken out, then all else is added. Tells of every
 * reference to what is not there.
 */
export function overlaid(base: Framework, overlay: Overlay, at: Place, say: Say): Framework {
  const { remove_controls: removed = [], controls: added = [] } = overlay;
  checkNamed(removed, new Set(base.controls.map(({ id }) => id)), [...at, 'remove_controls'], say);
  knownControls(added, [...at, 'controls'], say);
  const cut = without(base, new Set(removed));
  const controls = merged(cut.controls, added);
  const groups = mergedGroups(base, overlay);
  checkOverlayReferences(overlay, new Set(controls.map(({ id }) => id)), { ...CATEGORY_GROUPS, ...groups }, at, say);
  const strengths = mergedStrengths(cut.mapping_strength, overlay.mapping_strength ?? {});
  const notes = [...(base.notes ?? []), ...(overlay.notes ?? [])];
  return {
    ...cut,
    version: `${base.version} + ${overlay.version}`,
    ...(notes.length === 0 ? {} : { notes }),
    ...(Object.keys(groups).length === 0 ? {} : { category_groups: groups }),
    controls,
    mapping: mappingOf(strengths, base.mapping),
    mapping_strength: strengths,
    conditional_mapping: [...cut.conditional_mapping, ...(overlay.conditional_mapping ?? [])],
    pack_level: mergedLists(cut.pack_level, overlay.pack_level ?? {}),
    not_evidenced_by_logs: merged(base.not_evidenced_by_logs, overlay.not_evidenced_by_logs ?? []),
  };
}

function checkOverlayReferences(
  { mapping_strength: strengths = {}, conditional_mapping: rules = [], pack_level: parts = {} }: Overlay,
  known: ReadonlySet<string>,
  groups: CategoryGroups,
  at: Place,
  say: Say,
): void {
  for (const [type, given] of Object.entries(strengths)) {
    checkNamed(Object.keys(given), known, [...at, 'mapping_strength', type], say);
  }
  for (const [index, rule] of rules.entries()) {
    checkRuleReferences(rule, known, groups, [...at, 'conditional_mapping', index], say);
  }
  for (const [part, ids] of Object.entries(parts)) checkNamed(ids, known, [...at, 'pack_level', part], say);
}

/** A framework without some controls: no rule and no part of a report speaks of them any more. */
function without(framework: Framework, removed: ReadonlySet<string>): Framework {
  if (removed.size === 0) return framework;
  const stays = (id: string): boolean => !removed.has(id);
  const kept = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([id]) => stays(id)));
  return {
    ...framework,
    controls: framework.controls.filter(({ id }) => stays(id)),
    mapping_strength: Object.fromEntries(
      Object.entries(framework.mapping_strength).map(([type, strengths]) => [type, kept(strengths)]),
    ),
    conditional_mapping: framework.conditional_mapping
      .map((rule) => ({ ...rule, controls: rule.controls.filter(stays), strength: kept(rule.strength) }))
      .filter(({ controls }) => controls.length > 0),
    pack_level: Object.fromEntries(
      Object.entries(framework.pack_level).map(([part, ids]) => [part, ids.filter(stays)]),
    ),
  };
}

/** Items by id: those of the same id in the place of the old ones, others behind them. */
function merged<T extends { readonly id: string }>(items: readonly T[], added: readonly T[]): readonly T[] {
  const replacing = new Map(added.map((item) => [item.id, item]));
  const old = new Set(items.map(({ id }) => id));
  return [...items.map((item) => replacing.get(item.id) ?? item), ...added.filter(({ id }) => !old.has(id))];
}

function mergedStrengths(
  strengths: Framework['mapping_strength'],
  added: Framework['mapping_strength'],
): Framework['mapping_strength'] {
  const types = new Set([...Object.keys(strengths), ...Object.keys(added)]);
  const [old, further] = [new Map(Object.entries(strengths)), new Map(Object.entries(added))];
  return Object.fromEntries([...types].map((type) => [type, { ...old.get(type), ...further.get(type) }]));
}

/** `mapping` as it follows from the strengths, in the order that the framework had. */
function mappingOf(
  strengths: Readonly<Record<string, Readonly<Record<string, Strength>>>>,
  before: Framework['mapping'],
): Framework['mapping'] {
  const order = new Map(Object.entries(before));
  return Object.fromEntries(
    Object.entries(strengths).map(([type, given]) => {
      const first = (order.get(type) ?? []).filter((id) => Object.hasOwn(given, id));
      return [type, [...first, ...Object.keys(given).filter((id) => !first.includes(id))]];
    }),
  );
}

/** The groups of both, and of the catalogue those that the rules of the overlay name. */
function mergedGroups(base: Framework, overlay: Overlay): CategoryGroups {
  const named = (overlay.conditional_mapping ?? []).flatMap(({ when }) => groupsIn(when));
  const own = mergedLists(base.category_groups ?? {}, overlay.category_groups ?? {});
  const further = Object.entries(CATEGORY_GROUPS).filter(([name]) => named.includes(name) && !Object.hasOwn(own, name));
  return { ...own, ...Object.fromEntries(further) };
}

function mergedLists(
  lists: Readonly<Record<string, readonly string[]>>,
  added: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, readonly string[]>> {
  const all = new Map(Object.entries(lists));
  for (const [name, items] of Object.entries(added)) all.set(name, [...new Set([...(all.get(name) ?? []), ...items])]);
  return Object.fromEntries(all);
}

import { ENTRY_TYPES } from '../entry.ts';
import { CONTROL_KINDS, STRENGTHS } from './framework.ts';
import type { CategoryGroups, Framework, Rule, Strength } from './framework.ts';
import {
  closed,
  date,
  isObject,
  itemsOf,
  listOf,
  matching,
  oneOf,
  type Check,
  type NameForm,
  type Place,
  placeText,
  recordOf,
  type Say,
  scalar,
  show,
  text,
} from './shape.ts';

/** The version of the document's own shape, its `v`. */
export const CATALOGUE_FORMAT_VERSION = 1;

/**
 * The JSON object beside a pack as `<pack>.catalogue.json`: with it and the pack's header anybody recomputes the
 * annotations, whatever catalogue they have themselves.
 */
export interface CatalogueDocument {
  readonly v: typeof CATALOGUE_FORMAT_VERSION;
  /** Version of the catalogue. */
  readonly version: string;
  /** The day whose law and editions it shows, `YYYY-MM-DD`. */
  readonly as_of: string;
  /** What the strengths mean. */
  readonly strengths: Readonly<Record<Strength, string>>;
  readonly frameworks: readonly Framework[];
}

/**
 * Longest document, as JCS: the catalogue of this version has 137 kB. A catalogue comes with the pack, from whoever made
 * it; what it may cost has limits, here once and for each entry.
 */
export const MAX_CATALOGUE_BYTES = 1_048_576;
/**
 * So many operations, operands and strengths an entry may be held against; the catalogue of this version has 1,300.
 */
export const MAX_CATALOGUE_STEPS = 10_000;
/** A document that is worse than this is not worth reading on. */
export const MAX_PROBLEMS = 100;
export const MAX_FRAMEWORKS = 32;
const MAX_OPERANDS = 64;
const MAX_PREDICATE_DEPTH = 8;

export const NAME: NameForm = {
  form: /^[a-z0-9][a-z0-9_]{0,63}$/,
  write: 'a name of small letters, digits and _, as my_framework',
};
export const CONTROL_ID: NameForm = {
  form: /^[A-Za-z0-9][A-Za-z0-9._:()-]{0,63}$/,
  write: 'an id of letters, digits and . _ : ( ) -, as ACME-3.1',
};
const PATH: NameForm = {
  form: /^(?:payload|profile)(?:\.[A-Za-z0-9_-]{1,64}){1,8}$/,
  write: 'a path, as payload.action or profile.sector',
};
const PROFILE_PATH: NameForm = {
  form: /^profile(?:\.[A-Za-z0-9_-]{1,64}){1,8}$/,
  write: 'a path in the profile, as profile.sector',
};
const DATE_KEY: NameForm = {
  form: /^[a-z0-9][a-z0-9_-]{0,63}$/,
  write: 'all, or a risk class of the profile, as annex_iii',
};

/**
 * What is wrong with a catalogue document, each with its place, at most 100; none if it can be used.
 *
 * Strict: closed sets of members, known entry types and controls, `mapping` agreeing with `mapping_strength`, `controls`
 * of a rule with its `strength`, conditions of the documented operations only, over texts, numbers, booleans and null. What
 * it takes to annotate an entry has a limit. The caller limits the size of the file.
 */
export function catalogueProblems(json: unknown): readonly string[] {
  const problems: string[] = [];
  const say: Say = (at, what) => {
    if (problems.length < MAX_PROBLEMS) problems.push(`${placeText('catalogue', at)}: ${what}`);
  };
  checkDocument(json, say);
  // Counted only in a document whose parts have their shapes.
  if (problems.length === 0) checkSteps(json as CatalogueDocument, say);
  return problems;
}

function checkDocument(json: unknown, say: Say): void {
  const document = closed(json, [], say, {
    v: (value, at) => {
      if (value !== CATALOGUE_FORMAT_VERSION) say(at, `must be ${CATALOGUE_FORMAT_VERSION}`);
    },
    version: text,
    as_of: date,
    strengths: (value, at) => {
      closed(value, at, say, Object.fromEntries(STRENGTHS.map((strength) => [strength, text])));
    },
    frameworks: listOf(checkFramework, MAX_FRAMEWORKS),
  });
  const taken = new Set<unknown>();
  for (const [index, framework] of itemsOf(document?.['frameworks']).entries()) {
    if (!isObject(framework)) continue;
    for (const name of [framework['id'], ...itemsOf(framework['aliases'])]) {
      if (taken.has(name)) say(['frameworks', index], `the name ${show(name)} is taken`);
      taken.add(name);
    }
  }
}

export function checkFramework(value: unknown, at: Place, say: Say): void {
  const framework = closed(
    value,
    at,
    say,
    {
      id: matching(NAME),
      title: text,
      version: text,
      source: text,
      kind: oneOf(CONTROL_KINDS),
      status: text,
      status_as_of: date,
      controls: listOf(checkControl),
      mapping: recordOf(ENTRY_TYPE, listOf(matching(CONTROL_ID))),
      mapping_strength: recordOf(ENTRY_TYPE, recordOf(CONTROL_ID, oneOf(STRENGTHS))),
      conditional_mapping: listOf(checkRule),
      pack_level: recordOf(NAME, listOf(matching(CONTROL_ID))),
      not_evidenced_by_logs: listOf(checkNotInLogs),
    },
    {
      aliases: listOf(matching(NAME)),
      transition: checkTransition,
      notes: listOf(text),
      category_groups: recordOf(NAME, listOf(text)),
    },
  );
  // References are looked up only in a framework whose parts have their shapes.
  if (framework !== undefined) checkReferences(framework as unknown as Framework, at, say);
}

export function checkControl(value: unknown, at: Place, say: Say): void {
  closed(
    value,
    at,
    say,
    { id: matching(CONTROL_ID), title: text, clause: text, evidence_for: text },
    {
      role: (role, place) => (Array.isArray(role) ? listOf(text)(role, place, say) : text(role, place, say)),
      applies_from: recordOf(DATE_KEY, date),
      applies_if: predicateOver(PROFILE_PATH),
      confidence: text,
    },
  );
}

export function checkRule(value: unknown, at: Place, say: Say): void {
  closed(value, at, say, {
    entry_type: matching(ENTRY_TYPE),
    when: predicateOver(PATH),
    controls: listOf(matching(CONTROL_ID)),
    strength: recordOf(CONTROL_ID, oneOf(STRENGTHS)),
  });
}

export function checkNotInLogs(value: unknown, at: Place, say: Say): void {
  closed(value, at, say, { id: matching(CONTROL_ID), clause: text, title: text, ask_for: text });
}

function checkTransition(value: unknown, at: Place, say: Say): void {
  closed(value, at, say, { clause: text, rule: predicateOver(PROFILE_PATH, 'applies_from'), text });
}

/** What the shapes cannot say: every control, group and strength that is spoken of is there, once. */
function checkReferences(framework: Framework, at: Place, say: Say): void {
  const known = knownControls(framework.controls, [...at, 'controls'], say);
  checkMapping(framework.mapping, framework.mapping_strength, known, at, say);
  for (const [index, rule] of framework.conditional_mapping.entries()) {
    checkRuleReferences(rule, known, framework.category_groups ?? {}, [...at, 'conditional_mapping', index], say);
  }
  for (const [name, ids] of Object.entries(framework.pack_level)) {
    checkNamed(ids, known, [...at, 'pack_level', name], say);
  }
}

/** The ids of a list of controls, none of them twice. */
export function knownControls(controls: readonly { readonly id: string }[], at: Place, say: Say): ReadonlySet<string> {
  const known = new Set<string>();
  for (const [index, { id }] of controls.entries()) {
    if (known.has(id)) say([...at, index], `the control ${show(id)} is there already`, { given: id });
    known.add(id);
  }
  return known;
}

/** Controls that are named, each once, among those there are. */
export function checkNamed(ids: readonly string[], known: ReadonlySet<string>, at: Place, say: Say): void {
  for (const id of ids) {
    if (!known.has(id)) say(at, `no control is named ${show(id)}`, { given: id, candidates: [...known] });
  }
  if (new Set(ids).size < ids.length) say(at, 'names a control twice');
}

function checkStrengths(
  ids: readonly string[],
  strengths: object | undefined,
  known: ReadonlySet<string>,
  at: Place,
  say: Say,
): void {
  checkNamed(ids, known, at, say);
  if (!sameNames(ids, Object.keys(strengths ?? {}))) {
    say(at, 'the controls and their strengths differ', { write: 'each control once in each of them' });
  }
}

function checkMapping(
  mapping: Framework['mapping'],
  strengths: Framework['mapping_strength'],
  known: ReadonlySet<string>,
  at: Place,
  say: Say,
): void {
  const idsOf = new Map(Object.entries(mapping));
  const strengthsOf = new Map(Object.entries(strengths));
  for (const type of new Set([...idsOf.keys(), ...strengthsOf.keys()])) {
    checkStrengths(idsOf.get(type) ?? [], strengthsOf.get(type), known, [...at, 'mapping', type], say);
  }
}

export function checkRuleReferences(
  rule: Rule,
  known: ReadonlySet<string>,
  groups: CategoryGroups,
  at: Place,
  say: Say,
): void {
  checkStrengths(rule.controls, rule.strength, known, at, say);
  for (const group of groupsIn(rule.when)) {
    if (Object.hasOwn(groups, group)) continue;
    say([...at, 'when'], `category_groups has no ${show(group)}`, { given: group, candidates: Object.keys(groups) });
  }
}

function checkSteps({ frameworks }: CatalogueDocument, say: Say): void {
  const steps = frameworks.reduce((sum, framework) => sum + stepsOf(framework), 0);
  if (steps > MAX_CATALOGUE_STEPS) {
    say([], `takes ${steps} steps to annotate an entry, more than ${MAX_CATALOGUE_STEPS}`);
  }
}

function stepsOf({ mapping_strength: always, conditional_mapping: rules, category_groups: groups }: Framework): number {
  const strengths = [...Object.values(always), ...rules.map(({ strength }) => strength)];
  const marks = strengths.reduce((sum, marked) => sum + Object.keys(marked).length, 0);
  return rules.reduce((sum, { when }) => sum + conditionSteps(when, groups ?? {}), marks);
}

function conditionSteps(predicate: readonly unknown[], groups: CategoryGroups): number {
  const [operation, ...operands] = predicate;
  if (operation === 'and' || operation === 'or' || operation === 'not') {
    return operands.reduce<number>((sum, operand) => sum + conditionSteps(itemsOf(operand), groups), 1);
  }
  const listed = itemsOf(operands[1]);
  if (operation !== 'group_any') return 1 + listed.length;
  return listed.reduce<number>((sum, name) => sum + 1 + (groups[name as string]?.length ?? 0), 1);
}

/** Group names in a condition whose shape has been checked. */
export function groupsIn(predicate: readonly unknown[]): readonly string[] {
  if (predicate[0] === 'group_any') return itemsOf(predicate[2]) as string[];
  if (predicate[0] !== 'and' && predicate[0] !== 'or' && predicate[0] !== 'not') return [];
  return predicate.slice(1).flatMap((operand) => groupsIn(itemsOf(operand)));
}

/** Conditions whose paths match `path`; `gt` and `gte` also take `word`, where one is given. */
function predicateOver(path: NameForm, word?: string): Check {
  const check = (value: unknown, at: Place, say: Say, depth: number): void => {
    if (!Array.isArray(value)) return say(at, 'must be a condition: [operation, operand, …]');
    if (depth > MAX_PREDICATE_DEPTH) return say(at, `conditions nest deeper than ${MAX_PREDICATE_DEPTH}`);
    const [operation, ...operands] = value as unknown[];
    const expect = (...checks: readonly Check[]): void => {
      if (operands.length !== checks.length) {
        return say(at, `has ${operands.length} operands where ${show(operation)} takes ${checks.length}`);
      }
      for (const [index, operand] of checks.entries()) operand(operands[index], [...at, index + 1], say);
    };
    const condition: Check = (operand, place) => check(operand, place, say, depth + 1);
    switch (operation) {
      case 'always':
        return expect();
      case 'and':
      case 'or':
        if (operands.length < 1 || operands.length > MAX_OPERANDS) {
          return say(at, `has ${operands.length} operands where ${show(operation)} takes 1 to ${MAX_OPERANDS}`);
        }
        return expect(...operands.map(() => condition));
      case 'not':
        return expect(condition);
      case 'present':
        return expect(matching(path));
      case 'eq':
      case 'ne':
        return expect(matching(path), scalar);
      case 'in':
      case 'includes_any':
      case 'only':
        return expect(matching(path), listOf(scalar, MAX_OPERANDS));
      case 'group_any':
        return expect(matching(path), listOf(matching(NAME), MAX_OPERANDS));
      case 'in_profile':
        return expect(matching(path), matching(PROFILE_PATH));
      case 'gt':
      case 'gte':
        return expect(matching(path), (bound, place) => {
          if (!Number.isFinite(bound) && (word === undefined || bound !== word)) say(place, 'must be a number');
        });
      case 'ne_field':
        return expect(matching(path), matching(path));
      default:
        return say(at, `no operation is named ${show(operation)}`, {
          ...(typeof operation === 'string' ? { given: operation } : {}),
          candidates: OPERATIONS,
        });
    }
  };
  return (value, at, say) => check(value, at, say, 1);
}

export const ENTRY_TYPE: NameForm = { form: new RegExp(`^(?:${ENTRY_TYPES.join('|')})$`), candidates: ENTRY_TYPES };

const OPERATIONS: readonly string[] = [
  'always',
  'and',
  'or',
  'not',
  'present',
  'eq',
  'ne',
  'in',
  'includes_any',
  'only',
  'group_any',
  'in_profile',
  'gt',
  'gte',
  'ne_field',
];

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  const names = new Set(others);
  return some.length === others.length && some.every((name) => names.has(name));
}

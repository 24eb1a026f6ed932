import { ENTRY_TYPES } from '../entry.ts';
import { CONTROL_KINDS, STRENGTHS } from './framework.ts';
import type { CategoryGroups, Framework, Strength } from './framework.ts';

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
const MAX_PROBLEMS = 100;
const MAX_FRAMEWORKS = 32;
const MAX_ITEMS = 512;
const MAX_OPERANDS = 64;
const MAX_PREDICATE_DEPTH = 8;
const MAX_TEXT = 4096;

const NAME = /^[a-z0-9][a-z0-9_]{0,63}$/;
const CONTROL_ID = /^[A-Za-z0-9][A-Za-z0-9._:()-]{0,63}$/;
const PATH = /^(?:payload|profile)(?:\.[A-Za-z0-9_-]{1,64}){1,8}$/;
const PROFILE_PATH = /^profile(?:\.[A-Za-z0-9_-]{1,64}){1,8}$/;

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
    if (problems.length < MAX_PROBLEMS) problems.push(`${at}: ${what}`);
  };
  checkDocument(json, say);
  // Counted only in a document whose parts have their shapes.
  if (problems.length === 0) checkSteps(json as CatalogueDocument, say);
  return problems;
}

type Say = (at: string, what: string) => void;
type Members = Readonly<Record<string, unknown>>;
type Check = (value: unknown, at: string, say: Say) => void;

function checkDocument(json: unknown, say: Say): void {
  const document = closed(json, 'catalogue', say, {
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
      if (taken.has(name)) say(`catalogue.frameworks[${index}]`, `the name ${show(name)} is taken`);
      taken.add(name);
    }
  }
}

function checkFramework(value: unknown, at: string, say: Say): void {
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
      controls: listOf(checkControl, MAX_ITEMS),
      mapping: recordOf(ENTRY_TYPE, listOf(matching(CONTROL_ID), MAX_ITEMS)),
      mapping_strength: recordOf(ENTRY_TYPE, recordOf(CONTROL_ID, oneOf(STRENGTHS))),
      conditional_mapping: listOf(checkRule, MAX_ITEMS),
      pack_level: recordOf(NAME, listOf(matching(CONTROL_ID), MAX_ITEMS)),
      not_evidenced_by_logs: listOf(checkNotInLogs, MAX_ITEMS),
    },
    {
      aliases: listOf(matching(NAME), MAX_ITEMS),
      transition: checkTransition,
      notes: listOf(text, MAX_ITEMS),
      category_groups: recordOf(NAME, listOf(text, MAX_ITEMS)),
    },
  );
  // References are looked up only in a framework whose parts have their shapes.
  if (framework !== undefined) checkReferences(framework as unknown as Framework, at, say);
}

function checkControl(value: unknown, at: string, say: Say): void {
  closed(
    value,
    at,
    say,
    { id: matching(CONTROL_ID), title: text, clause: text, evidence_for: text },
    {
      role: (role, place) => (Array.isArray(role) ? listOf(text, MAX_ITEMS)(role, place, say) : text(role, place, say)),
      applies_from: recordOf(/^[a-z0-9][a-z0-9_-]{0,63}$/, date),
      applies_if: predicateOver(PROFILE_PATH),
      confidence: text,
    },
  );
}

function checkRule(value: unknown, at: string, say: Say): void {
  closed(value, at, say, {
    entry_type: matching(ENTRY_TYPE),
    when: predicateOver(PATH),
    controls: listOf(matching(CONTROL_ID), MAX_ITEMS),
    strength: recordOf(CONTROL_ID, oneOf(STRENGTHS)),
  });
}

function checkNotInLogs(value: unknown, at: string, say: Say): void {
  closed(value, at, say, { id: matching(CONTROL_ID), clause: text, title: text, ask_for: text });
}

function checkTransition(value: unknown, at: string, say: Say): void {
  closed(value, at, say, { clause: text, rule: predicateOver(PROFILE_PATH, 'applies_from'), text });
}

/** What the shapes cannot say: every control, group and strength that is spoken of is there, once. */
function checkReferences(framework: Framework, at: string, say: Say): void {
  const known = new Set<string>();
  for (const [index, { id }] of framework.controls.entries()) {
    if (known.has(id)) say(`${at}.controls[${index}]`, `the control ${show(id)} is there already`);
    known.add(id);
  }
  const refer = (ids: readonly string[], place: string): void => {
    for (const id of ids) if (!known.has(id)) say(place, `no control is named ${show(id)}`);
    if (new Set(ids).size < ids.length) say(place, 'names a control twice');
  };
  const agree = (ids: readonly string[], strengths: object | undefined, place: string): void => {
    refer(ids, place);
    if (!sameNames(ids, Object.keys(strengths ?? {}))) say(place, 'the controls and their strengths differ');
  };
  const types = new Set([...Object.keys(framework.mapping), ...Object.keys(framework.mapping_strength)]);
  const mapping = new Map(Object.entries(framework.mapping));
  const strengths = new Map(Object.entries(framework.mapping_strength));
  for (const type of types) agree(mapping.get(type) ?? [], strengths.get(type), `${at}.mapping.${type}`);
  for (const [index, rule] of framework.conditional_mapping.entries()) {
    const place = `${at}.conditional_mapping[${index}]`;
    agree(rule.controls, rule.strength, place);
    for (const group of groupsIn(rule.when)) {
      if (!Object.hasOwn(framework.category_groups ?? {}, group)) {
        say(`${place}.when`, `category_groups has no ${show(group)}`);
      }
    }
  }
  for (const [name, ids] of Object.entries(framework.pack_level)) refer(ids, `${at}.pack_level.${name}`);
}

function checkSteps({ frameworks }: CatalogueDocument, say: Say): void {
  const steps = frameworks.reduce((sum, framework) => sum + stepsOf(framework), 0);
  if (steps > MAX_CATALOGUE_STEPS) {
    say('catalogue', `takes ${steps} steps to annotate an entry, more than ${MAX_CATALOGUE_STEPS}`);
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
function groupsIn(predicate: readonly unknown[]): readonly string[] {
  if (predicate[0] === 'group_any') return itemsOf(predicate[2]) as string[];
  if (predicate[0] !== 'and' && predicate[0] !== 'or' && predicate[0] !== 'not') return [];
  return predicate.slice(1).flatMap((operand) => groupsIn(itemsOf(operand)));
}

/** Conditions whose paths match `path`; `gt` and `gte` also take `word`, where one is given. */
function predicateOver(path: RegExp, word?: string): Check {
  const check = (value: unknown, at: string, say: Say, depth: number): void => {
    if (!Array.isArray(value)) return say(at, 'must be a condition: [operation, operand, …]');
    if (depth > MAX_PREDICATE_DEPTH) return say(at, `conditions nest deeper than ${MAX_PREDICATE_DEPTH}`);
    const [operation, ...operands] = value as unknown[];
    const expect = (...checks: readonly Check[]): void => {
      if (operands.length !== checks.length) {
        return say(at, `has ${operands.length} operands where ${show(operation)} takes ${checks.length}`);
      }
      for (const [index, operand] of checks.entries()) operand(operands[index], `${at}[${index + 1}]`, say);
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
        return say(at, `no operation is named ${show(operation)}`);
    }
  };
  return (value, at, say) => check(value, at, say, 1);
}

/** An object with exactly these members, the `optional` ones where they are; `undefined` if anything in it is wrong. */
function closed(
  value: unknown,
  at: string,
  say: Say,
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Members | undefined {
  if (!isObject(value)) {
    say(at, 'must be an object');
    return undefined;
  }
  let whole = true;
  const sayHere: Say = (place, what) => {
    whole = false;
    say(place, what);
  };
  for (const name of Object.keys(required)) {
    if (!Object.hasOwn(value, name)) sayHere(at, `lacks ${name}`);
  }
  for (const [name, member] of Object.entries(value)) {
    const check = own(required, name) ?? own(optional, name);
    if (check === undefined) sayHere(at, `has a member ${show(name)} that is not of the format`);
    else check(member, `${at}.${name}`, sayHere);
  }
  return whole ? value : undefined;
}

function listOf(check: Check, max: number): Check {
  return (value, at, say) => {
    if (!Array.isArray(value)) return say(at, 'must be an array');
    if (value.length > max) return say(at, `has more than ${max} items`);
    for (const [index, item] of value.entries()) check(item, `${at}[${index}]`, say);
  };
}

function recordOf(name: RegExp, check: Check): Check {
  return (value, at, say) => {
    if (!isObject(value)) return say(at, 'must be an object');
    for (const [member, item] of Object.entries(value)) {
      if (!name.test(member)) say(at, `${show(member)} cannot stand here`);
      else check(item, `${at}.${member}`, say);
    }
  };
}

function matching(pattern: RegExp): Check {
  return (value, at, say) => {
    if (typeof value !== 'string' || !pattern.test(value)) say(at, `${show(value)} cannot stand here`);
  };
}

function oneOf(words: readonly string[]): Check {
  return (value, at, say) => {
    if (typeof value !== 'string' || !words.includes(value)) say(at, `must be one of ${words.join(', ')}`);
  };
}

function text(value: unknown, at: string, say: Say): void {
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT) {
    say(at, `must be a text of 1 to ${MAX_TEXT} characters`);
  }
}

function date(value: unknown, at: string, say: Say): void {
  const time = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== value) say(at, 'must be a day, YYYY-MM-DD');
}

/** No list or object: one that is compared with the items of a list in an entry multiplies what an entry costs. */
function scalar(value: unknown, at: string, say: Say): void {
  const isScalar = value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  if (!isScalar) say(at, 'must be a text, a number, true, false or null');
}

const ENTRY_TYPE = new RegExp(`^(?:${ENTRY_TYPES.join('|')})$`);

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  const names = new Set(others);
  return some.length === others.length && some.every((name) => names.has(name));
}

function own(checks: Readonly<Record<string, Check>>, name: string): Check | undefined {
  return Object.hasOwn(checks, name) ? checks[name] : undefined;
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text from a file, escaped and cut, for a message. */
function show(value: unknown): string {
  const shown = typeof value === 'string' ? JSON.stringify(value) : typeof value;
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}

import type { Category, Find, Group } from '../detect/index.ts';
import { pointer } from '../pointer.ts';
import { DEFAULT_POLICY } from '../policy/built-in.ts';
import { compiledPolicy, type CompiledPolicy } from '../policy/compiled.ts';
import { groupsOf, type PolicyAction, type PolicyOption } from '../policy/policy.ts';
import { textsOf, withTexts, type Text } from './texts.ts';

/** What was found, and where: never what it says. */

export type FindSeverity = 'info' | 'warning' | 'critical';

/** Where a find stands in what was given. */
export interface FindPlace {
  /** JSON pointer (RFC 6901) of the text; empty where a text was given. Of the name of a member, where the member is. */
  readonly pointer: string;
  /** UTF-16 code units from the start of the text, and one after the end. */
  readonly start: number;
  readonly end: number;
}

/** All finds of one category. */
export interface ScanFinding {
  readonly category: Category;
  readonly group: Group;
  readonly severity: FindSeverity;
  /** What the policy does with it. */
  readonly action: PolicyAction;
  readonly count: number;
  /** The first {@link MAX_PLACES}. */
  readonly places: readonly FindPlace[];
}

export interface Scanned<T> {
  /** The input without what was to go, as far as anything was: what is not changed is the same object. */
  readonly value: T;
  /** By category, in alphabetical order; what is allowed is counted like the rest. */
  readonly findings: readonly ScanFinding[];
}

export const MAX_PLACES = 100;

/** A find that goes over texts of one message is looked for in so much of it. */
const MAX_RUN_CHARS = 262_144;

/** Those by which somebody loses money, or is known to a state, weigh most. */
const SEVERITIES: Readonly<Record<Group, FindSeverity>> = {
  secret: 'critical',
  financial: 'critical',
  gov_id: 'critical',
  special_category: 'warning',
  injection: 'warning',
  pii: 'warning',
};

/** A category in two groups is called by the one that weighs more. */
function groupOf(category: Category): Group {
  const [first = 'pii', ...others] = groupsOf(category);
  return others.find((group) => SEVERITIES[group] === 'critical') ?? first;
}

/**
 * Looks for what a policy names: in a text, in messages, in arguments. Nothing is changed or recorded.
 *
 * @throws TypeError if there is no such policy
 * @throws RangeError if the input is nested more than 64 deep
 */
export function scan(input: unknown, policy: PolicyOption = DEFAULT_POLICY): readonly ScanFinding[] {
  return inspect(input, compiledPolicy(policy)).findings;
}

/**
 * {@link scan}, and the input without what the policy redacts, withholds or blocks: for `block` refuses a call, and where
 * there is none nothing is left to do but to take it out.
 *
 * @throws as {@link scan}
 */
export function redact<T>(input: T, policy: PolicyOption = DEFAULT_POLICY): Scanned<T> {
  const compiled = compiledPolicy(policy);
  const inspection = inspect(input, compiled);
  return { value: redacted(input, inspection, compiled), findings: inspection.findings };
}

interface Inspection {
  readonly texts: readonly FoundText[];
  readonly findings: readonly ScanFinding[];
}

export function inspect(input: unknown, policy: CompiledPolicy): Inspection {
  const texts = textsOf(input);
  const alone = texts.map((text) => ({ text, finds: policy.find(text.value) }));
  const found = withRuns(alone, policy);
  const placeOf = pointersOf(found, policy);
  const findings = new Map<Category, { count: number; places: FindPlace[] }>();
  for (const { text, finds } of found) {
    for (const { category, start, end, continues } of finds) {
      let finding = findings.get(category);
      if (finding === undefined) findings.set(category, (finding = { count: 0, places: [] }));
      if (continues !== true) finding.count++;
      if (finding.places.length < MAX_PLACES) finding.places.push({ pointer: placeOf(text), start, end });
    }
  }
  return {
    texts: found,
    findings: [...findings]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([category, { count, places }]) => {
        const group = groupOf(category);
        return { category, group, severity: SEVERITIES[group], action: policy.actionOf(category), count, places };
      }),
  };
}

/** Pointers to texts, in which no name of a member says what was found in it. */
function pointersOf(found: readonly FoundText[], policy: CompiledPolicy): (text: Text) => string {
  const names = new Map(
    found.flatMap(({ text, finds }) =>
      text.isName && finds.length > 0
        ? [[pointer(text.path), policy.redacted(text.value, finds, () => true).text]]
        : [],
    ),
  );
  if (names.size === 0) return ({ path }) => pointer(path);
  return ({ path }) => pointer(path.map((part, index) => names.get(pointer(path.slice(0, index + 1))) ?? part));
}

interface FoundText {
  readonly text: Text;
  readonly finds: readonly Piece[];
}

/** A find, or the part of one that stands in this text. */
interface Piece extends Find {
  readonly continues?: boolean;
}

/** Adds what is seen only when the texts of a message are read as one. */
function withRuns(alone: readonly FoundText[], policy: CompiledPolicy): readonly FoundText[] {
  const runs = new Map<number, FoundText[]>();
  for (const each of alone) {
    const { run } = each.text;
    if (run === undefined) continue;
    const list = runs.get(run);
    if (list === undefined) runs.set(run, [each]);
    else list.push(each);
  }
  const added = new Map<FoundText, Piece[]>();
  for (const run of runs.values()) {
    if (run.length > 1) crossing(run, policy, (each, piece) => added.set(each, [...(added.get(each) ?? []), piece]));
  }
  if (added.size === 0) return alone;
  return alone.map((each) => {
    const pieces = added.get(each);
    return pieces === undefined ? each : { ...each, finds: merged([...pieces, ...each.finds], policy) };
  });
}

/** Finds that begin in one text of a run and end in a later one, as their parts. */
function crossing(
  run: readonly FoundText[],
  policy: CompiledPolicy,
  add: (each: FoundText, piece: Piece) => void,
): void {
  let joined = '';
  const starts: number[] = [];
  for (const { text } of run) {
    starts.push(joined.length);
    if (joined.length + text.value.length > MAX_RUN_CHARS) break;
    joined += text.value;
  }
  for (const { category, start, end } of policy.find(joined)) {
    for (const [index, from] of starts.entries()) {
      const each = run[index];
      if (each === undefined) continue;
      const to = from + each.text.value.length;
      const isWhole = start >= from && end <= to;
      if (isWhole || start >= to || end <= from) continue;
      const piece = { category, start: Math.max(start, from) - from, end: Math.min(end, to) - from };
      add(each, start < from ? { ...piece, continues: true } : piece);
    }
  }
}

/** Ascending; of those that overlap one, from the first's start to the last's end. */
function merged(pieces: readonly Piece[], policy: CompiledPolicy): readonly Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces.toSorted((left, right) => left.start - right.start)) {
    const last = result.at(-1);
    if (last === undefined || piece.start >= last.end) result.push(piece);
    else {
      const { category } = policy.weightOf(piece.category) > policy.weightOf(last.category) ? piece : last;
      result[result.length - 1] = { ...last, category, end: Math.max(last.end, piece.end) };
    }
  }
  return result;
}

/** What is not to stay. */
const GONE: ReadonlySet<PolicyAction> = new Set<PolicyAction>(['redact', 'withhold', 'block']);

/** The input without what is to go. */
export function redacted<T>(input: T, { texts }: Inspection, policy: CompiledPolicy): T {
  const changed = new Map<string, string>();
  const names = new Map<string, string>();
  for (const { text, finds } of texts) {
    const gone = finds.filter(({ category }) => GONE.has(policy.actionOf(category)));
    if (gone.length > 0) (text.isName ? names : changed).set(pointer(text.path), textWithout(text.value, gone, policy));
  }
  return withTexts(input, changed, names) as T;
}

function textWithout(text: string, gone: readonly Find[], policy: CompiledPolicy): string {
  const withheld = gone.find(({ category }) => policy.actionOf(category) === 'withhold');
  if (withheld !== undefined) return `[withheld:${withheld.category}]`;
  return policy.redacted(text, gone, (action) => GONE.has(action)).text;
}

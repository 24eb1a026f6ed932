import { OPT_IN, type Category, type Find, type Group } from '../detect/index.ts';
import { isJson } from '../json.ts';
import { pointer } from '../pointer.ts';
import { DEFAULT_POLICY } from '../policy/built-in.ts';
import { compiledPolicy, type CompiledPolicy } from '../policy/compiled.ts';
import { groupsOf, type PolicyAction, type PolicyOption } from '../policy/policy.ts';
import { groupOf, severityOf, type FindSeverity } from '../policy/severity.ts';
import { lookThrough, pointerTo, withTexts, type Looked, type Text } from './texts.ts';

/** What was found, and where: never what it says. */

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
  /** The first 100. */
  readonly places: readonly FindPlace[];
}

export interface Scanned<T> {
  /** The input without what was to go, as far as anything was: what is not changed is the same object. */
  readonly value: T;
  /** By category, in alphabetical order; what is allowed is counted like the rest. */
  readonly findings: readonly ScanFinding[];
}

const MAX_PLACES = 100;

/** How much of a long text is read with its neighbours, at each of its ends. */
const END_CHARS = 16_384;
/** At a cut a find may be half of what stands there. */
const CUT_CHARS = 128;

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
  readonly looked: Looked;
  readonly found: readonly FoundText[];
  readonly findings: readonly ScanFinding[];
}

/** @param as - `data` where nothing in it is a message */
export function inspect(input: unknown, policy: CompiledPolicy, as?: 'data'): Inspection {
  const looked = lookThrough(input, as);
  const found = findsIn(looked, policy);
  const placeOf = placesOf(found, policy);
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
    looked,
    found,
    findings: [...findings]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([category, { count, places }]) => {
        const action = policy.actionOf(category);
        // Of a find that another covers where it begins only what follows is left.
        return {
          category,
          group: groupOf(category),
          severity: severityOf(category),
          action,
          count: Math.max(count, 1),
          places,
        };
      }),
  };
}

/** Pointers to texts, in which no name of a member says what was found in it. */
function placesOf(found: readonly FoundText[], policy: CompiledPolicy): (text: Text) => string {
  const names = new Map<Text, string>();
  for (const { text, finds } of found) {
    if (text.kind === 'name') names.set(text, policy.redacted(text.value, finds, () => true).text);
  }
  const shown = (name: Text): string => names.get(name) ?? name.value;
  return (text) => pointerTo(text.node, shown) + (text.kind === 'name' ? pointer([shown(text)]) : '');
}

/** A text in which something was found. */
interface FoundText {
  readonly text: Text;
  readonly finds: readonly Piece[];
}

/** A find, or the part of one that stands in this text. */
interface Piece extends Find {
  readonly continues?: boolean;
}

/** In the order of the texts. */
function findsIn({ texts }: Looked, policy: CompiledPolicy): readonly FoundText[] {
  const runs = new Map<number, Text[]>();
  const found = new Map<Text, readonly Piece[]>();
  for (const text of texts) {
    const finds = certain(text, policy.find(text.value, text.of));
    if (finds.length > 0) found.set(text, finds);
    if (text.run === undefined) continue;
    const run = runs.get(text.run);
    if (run === undefined) runs.set(text.run, [text]);
    else run.push(text);
  }
  const added = new Map<Text, Piece[]>();
  for (const run of runs.values()) {
    for (const together of stretches(run)) {
      for (const between of BETWEEN) crossing(together, between, policy, found, added);
    }
  }
  if (added.size === 0) return Array.from(found, ([text, finds]) => ({ text, finds }));
  return texts.flatMap((text) => {
    const alone = found.get(text) ?? [];
    const pieces = certain(text, added.get(text) ?? []);
    if (alone.length + pieces.length === 0) return [];
    return [{ text, finds: pieces.length === 0 ? alone : merged([...alone, ...pieces], policy) }];
  });
}

/**
 * Ids of a protocol may look like anybody's number or name; secrets do not look like them. An application that tells its
 * model not to follow orders in documents, or to keep its instructions to itself, injects nothing.
 */
function certain<F extends Find>({ isProtocol, isInstruction }: Text, finds: readonly F[]): readonly F[] {
  if (finds.length === 0 || !(isProtocol || isInstruction)) return finds;
  if (isInstruction) return finds.filter(({ category }) => !groupsOf(category).includes('injection'));
  return finds.filter(({ category }) => groupsOf(category).includes('secret') && !OPT_IN.includes(category));
}

/** Texts of a run are read one behind the other (a number that was parted), and one below the other (`Password:`). */
const BETWEEN = ['', '\n'] as const;

/** A text of a run, or one end of a long one. */
interface Stretch {
  readonly text: Text;
  /** Where it begins, in the text. */
  readonly from: number;
  readonly value: string;
  readonly isCut: boolean;
}

/** The run in parts that are read as one each: of a long text the beginning ends one, the end begins the next. */
function stretches(run: readonly Text[]): readonly (readonly Stretch[])[] {
  let last: Stretch[] = [];
  const all = [last];
  for (const text of run) {
    const { value } = text;
    const isCut = value.length > 2 * END_CHARS;
    last.push({ text, from: 0, value: isCut ? value.slice(0, END_CHARS) : value, isCut });
    if (!isCut) continue;
    const from = value.length - END_CHARS;
    all.push((last = [{ text, from, value: value.slice(from), isCut }]));
  }
  return all.filter(({ length }) => length > 1);
}

/** What is found when the texts are read as one: finds over several as their parts, in each of them. */
function crossing(
  together: readonly Stretch[],
  between: string,
  policy: CompiledPolicy,
  alone: ReadonlyMap<Text, readonly Piece[]>,
  added: Map<Text, Piece[]>,
): void {
  const starts: number[] = [];
  let joined = '';
  for (const { value } of together) {
    if (starts.length > 0) joined += between;
    starts.push(joined.length);
    joined += value;
  }
  let first = 0;
  for (const { category, start, end } of policy.find(joined)) {
    if (isAtCut(start, end, together, joined.length)) continue;
    while (first < starts.length && starts[first]! + together[first]!.value.length <= start) first++;
    const parts: { readonly text: Text; readonly piece: Piece }[] = [];
    for (let index = first; index < starts.length && starts[index]! < end; index++) {
      const { text, from, value } = together[index]!;
      const base = starts[index]!;
      const piece = {
        category,
        start: from + Math.max(start - base, 0),
        end: from + Math.min(end - base, value.length),
        ...(start < base ? { continues: true } : {}),
      };
      if (piece.start < piece.end) parts.push({ text, piece });
    }
    if (parts.length > 1 && isKnownAlone(parts, alone)) continue;
    for (const { text, piece } of parts) {
      const pieces = added.get(text);
      if (pieces === undefined) added.set(text, [piece]);
      else pieces.push(piece);
    }
  }
}

/**
 * Whether one of the texts holds the find by itself: what stands beside it only looks as if it went on (`alice@example.com`,
 * `Please`). A key that is cut in two may be known by its first part; then its rest has digits, too.
 */
function isKnownAlone(
  parts: readonly { readonly text: Text; readonly piece: Piece }[],
  alone: ReadonlyMap<Text, readonly Piece[]>,
): boolean {
  const isKnown = parts.some(({ text, piece }) =>
    (alone.get(text) ?? []).some(
      ({ category, start, end }) => category === piece.category && start < piece.end && piece.start < end,
    ),
  );
  if (!isKnown) return false;
  const [{ piece }, ...others] = parts as [(typeof parts)[number], ...typeof parts];
  const isKey = groupsOf(piece.category).includes('secret');
  return !isKey || !others.every((part) => /[0-9]/.test(part.text.value.slice(part.piece.start, part.piece.end)));
}

/** What stands at a cut was looked at where the text is whole. */
function isAtCut(start: number, end: number, together: readonly Stretch[], length: number): boolean {
  return (
    (together[0]!.isCut && start < CUT_CHARS && end <= together[0]!.value.length) ||
    (together.at(-1)!.isCut && end > length - CUT_CHARS)
  );
}

/** Ascending; of those that overlap one, from the first's start to the last's end. */
function merged(pieces: readonly Piece[], policy: CompiledPolicy): readonly Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces.toSorted((left, right) => left.start - right.start)) {
    const last = result.at(-1);
    if (last === undefined || piece.start >= last.end) result.push(piece);
    else {
      const winner = outweighs(piece, last, policy) ? piece : last;
      result[result.length - 1] = { ...winner, start: last.start, end: Math.max(last.end, piece.end) };
    }
  }
  return result;
}

/** The stricter one; of those that are as strict one that begins here. */
function outweighs(one: Piece, other: Piece, policy: CompiledPolicy): boolean {
  const difference = policy.weightOf(one.category) - policy.weightOf(other.category);
  return difference === 0 ? other.continues === true && one.continues !== true : difference > 0;
}

/** What is not to stay. */
const GONE: ReadonlySet<PolicyAction> = new Set<PolicyAction>(['redact', 'withhold', 'block']);

/** What is gone may leave what is a find of its own, over several texts, too. */
const MAX_PASSES = 4;

/** The input without what is to go: nothing of it is found in the result. */
export function redacted<T>(input: T, inspection: Inspection, policy: CompiledPolicy): T {
  let value: unknown = input;
  let { looked, found } = inspection;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const instead = insteadOf(found, policy);
    if (instead.size === 0) break;
    value = withTexts(looked, instead);
    looked = lookThrough(value, looked.as);
    found = findsIn(looked, policy);
  }
  return value as T;
}

/** What is written in place of texts in which something is to go. */
function insteadOf(found: readonly FoundText[], policy: CompiledPolicy): ReadonlyMap<Text, string> {
  const instead = new Map<Text, string>();
  for (const { text, finds } of found) {
    const gone = finds.filter(({ category }) => GONE.has(policy.actionOf(category)));
    if (gone.length > 0) instead.set(text, textWithout(text, gone, policy));
  }
  return instead;
}

function textWithout(text: Text, gone: readonly Find[], policy: CompiledPolicy): string {
  const withheld = gone.find(({ category }) => policy.actionOf(category) === 'withhold');
  if (withheld !== undefined) {
    const mark = `[withheld:${withheld.category}]`;
    // Arguments of a tool as text: whoever reads them wants JSON.
    return isJson(text.value) ? JSON.stringify({ withheld: mark }) : mark;
  }
  return policy.redacted(text.value, gone, (action) => GONE.has(action), text.of).text;
}

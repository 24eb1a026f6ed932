import { CONTENT } from '../src/capture.ts';
import type { EntryType } from '../src/entry.ts';
import type { Sink } from '../src/sink.ts';
import { listSegments } from '../src/sink.ts';
import type { Erasure } from '../src/verify/erasures.ts';
import type { CheckedEntry } from '../src/verify/rules.ts';
import { eachOfTypes, entriesOfTypes, withholdingEntries } from './entries-of-types.ts';
import { allErasures } from './sealed-erasures.ts';
import { choiceOf } from './withheld-selection.ts';

/** Whose values are meant: those of one entry, of a decision, or of all decisions about somebody. */
export interface ValueOwner {
  readonly entry?: { readonly segment: string; readonly seq: number };
  readonly decisionId?: string;
  /** As it stands in `subject_ref` of decisions, or in `user_id` of calls. */
  readonly subjectRef?: string;
}

/** A value that an entry withholds. */
export interface SelectedValue extends Omit<Erasure, 'place'> {
  readonly decisionId: string | undefined;
}

/**
 * The withheld values of an owner that are not recorded as erased yet.
 *
 * @param chosen - pointers or kinds of content; all of them if empty
 * @throws TypeError if `chosen` holds what is neither pointer nor kind
 */
export async function selectValues(
  sink: Sink,
  { segments, owns }: Owned,
  chosen: readonly string[],
): Promise<readonly SelectedValue[]> {
  const isChosen = chosen.length === 0 ? () => true : choiceOf(chosen, '`values`');
  const erased = await allErasures(sink);
  const found: SelectedValue[] = [];
  for (const segment of segments) {
    for await (const withholding of withholdingEntries(sink, segment)) {
      if (!owns(withholding)) continue;
      const { seq, type, sd = {}, decision_id: decisionId } = withholding;
      for (const [pointer, digest] of Object.entries(sd)) {
        if (!isChosen(type, pointer) || erased.find(segment, seq, pointer, digest) !== undefined) continue;
        found.push({ segment, seq, pointer, digest, decisionId });
      }
    }
  }
  return found;
}

/** Content of an owner that stands in an entry itself: part of the chain, for good. */
export interface InlineValue {
  readonly segment: string;
  readonly seq: number;
  readonly pointer: string;
}

/** Business calls: what their options do not know stands in `further`. */
const CALLS = [
  'decision',
  'decision_record',
  'decision_end',
  'human_oversight',
  'policy_flag',
  'incident',
  'change',
  'context_assembly',
  'reconciliation',
] as const satisfies readonly EntryType[];
/** Where facts of an application's own stand, beside {@link CONTENT}. */
const FREE: ReadonlySet<EntryType> = new Set<EntryType>(['decision', 'decision_record']);
const INLINE_TYPES = [...new Set([...Object.keys(CONTENT), ...CALLS])] as readonly EntryType[];

function inlineMembers(type: EntryType): readonly string[] {
  return [...Object.keys(CONTENT[type] ?? {}), ...(FREE.has(type) ? ['data'] : []), 'further'];
}

/**
 * The content of an owner that cannot be erased.
 *
 * @throws as {@link selectValues}
 */
export async function inlineValues(
  sink: Sink,
  { segments, owns }: Owned,
  chosen: readonly string[],
): Promise<readonly InlineValue[]> {
  const isChosen = chosen.length === 0 ? () => true : choiceOf(chosen, '`values`');
  const found: InlineValue[] = [];
  for (const segment of segments) {
    for await (const entry of eachOfTypes(sink, segment, INLINE_TYPES)) {
      if (!owns(entry)) continue;
      const { seq, type, payload } = entry;
      for (const member of inlineMembers(type)) {
        const pointer = `/payload/${member}`;
        if ((payload[member] ?? null) !== null && isChosen(type, pointer)) found.push({ segment, seq, pointer });
      }
    }
  }
  return found;
}

/** Where the entries of an owner may stand, and which are its. */
interface Owned {
  readonly segments: readonly string[];
  readonly owns: (entry: CheckedEntry) => boolean;
}

/**
 * Reads through the decisions of a log for those of an owner.
 *
 * @throws TypeError if there is not exactly one owner
 */
export async function ownedBy(sink: Sink, { entry, decisionId, subjectRef }: ValueOwner): Promise<Owned> {
  if ([entry, decisionId, subjectRef].filter((each) => each !== undefined).length !== 1) {
    throw new TypeError('Say whose values are meant: one of `entry`, `decisionId` and `subjectRef`.');
  }
  if (entry !== undefined) return { segments: [entry.segment], owns: ({ seq }) => seq === entry.seq };
  const decisions = subjectRef === undefined ? new Set([decisionId]) : await decisionsAbout(sink, subjectRef);
  return {
    segments: listSegments(sink),
    owns: (each) => (each.decision_id !== undefined && decisions.has(each.decision_id)) || isAbout(each, subjectRef),
  };
}

function isAbout({ payload }: CheckedEntry, subjectRef: string | undefined): boolean {
  return subjectRef !== undefined && [payload['subject_ref'], payload['user_id']].includes(subjectRef);
}

/** Those about somebody, and those that were taken within one of them. */
async function decisionsAbout(sink: Sink, subjectRef: string): Promise<ReadonlySet<string | undefined>> {
  const about = new Set<string | undefined>();
  const children = new Map<string, string[]>();
  for (const segment of listSegments(sink)) {
    for (const { entry } of await entriesOfTypes(sink, segment, ['decision'])) {
      const { decision_id: id, payload } = entry;
      if (id === undefined) continue;
      if (payload['subject_ref'] === subjectRef) about.add(id);
      const parent = payload['parent_decision_id'];
      if (typeof parent === 'string') children.set(parent, [...(children.get(parent) ?? []), id]);
    }
  }
  // Those that are added meanwhile are visited, too.
  for (const id of about) for (const child of children.get(id ?? '') ?? []) about.add(child);
  return about;
}

import type { Sink } from '../src/sink.ts';
import { listSegments } from '../src/sink.ts';
import type { Erasure } from '../src/verify/erasures.ts';
import type { CheckedEntry } from '../src/verify/rules.ts';
import { entriesOfTypes, withholdingEntries } from './entries-of-types.ts';
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
 * @throws TypeError if there is not exactly one owner, or `chosen` holds what is neither pointer nor kind
 */
export async function selectValues(
  sink: Sink,
  owner: ValueOwner,
  chosen: readonly string[],
): Promise<readonly SelectedValue[]> {
  const { entry, decisionId, subjectRef } = owner;
  if ([entry, decisionId, subjectRef].filter((each) => each !== undefined).length !== 1) {
    throw new TypeError('Say whose values are meant: one of `entry`, `decisionId` and `subjectRef`.');
  }
  const isChosen = chosen.length === 0 ? () => true : choiceOf(chosen, '`values`');
  const decisions = subjectRef === undefined ? new Set([decisionId]) : await decisionsAbout(sink, subjectRef);
  const segments = entry === undefined ? listSegments(sink) : [entry.segment];
  const erased = await allErasures(sink);
  const found: SelectedValue[] = [];
  for (const segment of segments) {
    for await (const withholding of withholdingEntries(sink, segment)) {
      const { seq, type, sd = {}, decision_id: id } = withholding;
      const isOwned =
        entry === undefined
          ? (id !== undefined && decisions.has(id)) || isAbout(withholding, subjectRef)
          : seq === entry.seq;
      if (!isOwned) continue;
      for (const [pointer, digest] of Object.entries(sd)) {
        if (!isChosen(type, pointer) || erased.find(segment, seq, pointer, digest) !== undefined) continue;
        found.push({ segment, seq, pointer, digest, decisionId: id });
      }
    }
  }
  return found;
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

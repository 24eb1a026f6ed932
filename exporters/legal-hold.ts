import { isObject } from '../src/canonical.ts';
import { textOf } from '../src/json.ts';
import { members } from '../src/members.ts';
import { checkMembers, OBJECT, TEXT, type Kind } from '../src/option-kinds.ts';
import type { Receipt } from '../src/receipt.ts';
import type { Signer } from '../src/signer.ts';
import { listSegments, type Sink } from '../src/sink.ts';
import { PACKAGE_VERSION } from '../src/version.ts';
import { entriesOfTypes, type FoundEntry } from './entries-of-types.ts';
import { OwnRecord, type LogSource } from './own-record.ts';

export interface HoldOptions {
  /** What the hold is filed under: by this it is released. */
  readonly requestRef: string;
  /** Only what belongs to this decision; by default the whole log. */
  readonly decisionId?: string;
  readonly purpose?: string;
  readonly performedBy?: string;
  /** The log's key, where the log does not run in this process. */
  readonly signer?: Signer;
}

export type ReleaseOptions = Omit<HoldOptions, 'decisionId'>;

/** A hold that was not released yet. */
export interface StandingHold {
  readonly requestRef: string;
  /** Absent if it is on the whole log. */
  readonly decisionId?: string;
  /** When it was recorded. */
  readonly since: string;
}

const RELEASE_OPTIONS: Readonly<Record<keyof ReleaseOptions, Kind>> = {
  requestRef: TEXT,
  purpose: TEXT,
  performedBy: TEXT,
  signer: OBJECT,
};

/**
 * Puts a legal hold on a log, or on one decision: until it is released nothing of it is erased or pruned by this package.
 *
 * @throws TypeError on options that cannot be meant
 * @throws SpansealError `WRITE_FAILED`
 */
export async function holdLog(source: LogSource, options: HoldOptions): Promise<Receipt> {
  checkMembers(options, { ...RELEASE_OPTIONS, decisionId: TEXT }, 'A hold has no option ', '');
  const { decisionId } = options;
  const selection = decisionId === undefined ? { kind: 'all' } : { kind: 'decision', decision_id: decisionId };
  return custody(source, 'held', options, { selection });
}

/**
 * Releases the holds that were filed under a reference.
 *
 * @throws TypeError on options that cannot be meant, or if there is no such hold
 * @throws SpansealError `WRITE_FAILED`
 */
export async function releaseLog(source: LogSource, options: ReleaseOptions): Promise<Receipt> {
  checkMembers(options, RELEASE_OPTIONS, 'A release has no option ', '');
  return custody(source, 'released', options, {});
}

async function custody(
  source: LogSource,
  action: 'held' | 'released',
  { requestRef, purpose, performedBy, signer }: ReleaseOptions,
  further: object,
): Promise<Receipt> {
  if (typeof requestRef !== 'string' || requestRef === '') {
    throw new TypeError('A hold needs `requestRef`: what it is filed under, and released by.');
  }
  const payload = {
    ...members('custody', { action, purpose, requestRef, performedBy, toolVersion: PACKAGE_VERSION }),
    ...further,
  };
  const [receipt] = await new OwnRecord(source, signer).write([{ type: 'custody', payload }]);
  if (receipt === undefined) throw new Error('one entry has one receipt');
  return receipt;
}

/** The holds of a log that stand, oldest first. A release that no seal covers releases nothing. */
export async function standingHolds(sink: Sink): Promise<readonly StandingHold[]> {
  const found: FoundEntry[] = [];
  for (const segment of listSegments(sink)) found.push(...(await entriesOfTypes(sink, segment, ['custody'])));
  // By time: segments of several processes overlap.
  found.sort((left, right) => (left.entry.ts < right.entry.ts ? -1 : left.entry.ts > right.entry.ts ? 1 : 0));
  let holds: StandingHold[] = [];
  for (const { entry, sealed } of found) {
    const { action, request_ref: reference, selection } = entry.payload;
    const requestRef = textOf(reference);
    if (action === 'released' && sealed) holds = holds.filter((hold) => hold.requestRef !== requestRef);
    if (action !== 'held') continue;
    const decisionId = isObject(selection) ? textOf(selection['decision_id']) : '';
    holds.push({ requestRef, since: entry.ts, ...(decisionId === '' ? {} : { decisionId }) });
  }
  return holds;
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

import { AuditLogCore } from '../src/audit-log-core.ts';
import { formatTime } from '../src/clock.ts';
import type { EntryType, Sibling } from '../src/entry.ts';
import { SpansealError } from '../src/error.ts';
import { newestOpening } from '../src/existing-log.ts';
import type { Time } from '../src/events.ts';
import { members } from '../src/members.ts';
import { checkMembers, OBJECT, TEXT, TEXTS, TIME, TRUTH, type Kind } from '../src/option-kinds.ts';
import { citeSegment } from '../src/segment-tail.ts';
import type { Signer } from '../src/signer.ts';
import { listSegments, type Sink } from '../src/sink.ts';
import { openedAt } from '../src/verify/collection.ts';
import type { HmacKey } from '../src/verify/keys.ts';
import type { Report } from '../src/verify/report.ts';
import { verifyPath } from '../src/verify-path.ts';
import { PACKAGE_VERSION } from '../src/version.ts';
import { entriesOfTypes } from './entries-of-types.ts';
import { standingHolds, type StandingHold } from './legal-hold.ts';
import { OwnRecord, sinkOf, type LogSource, type OwnEntry } from './own-record.ts';

export interface PruneOptions {
  /** Segments whose last entry is older than this. */
  readonly before: Time;
  /** The pack that holds them. It is verified first. */
  readonly archive: string;
  /** Such as the retention rule. */
  readonly reason?: string;
  /** Who prunes. */
  readonly actor?: string;
  /** What the archive is verified with; by default the key that the log names. */
  readonly keys?: readonly string[];
  readonly hmacKeys?: readonly HmacKey[];
  /** Say what would be pruned, and neither remove nor record anything. */
  readonly dryRun?: boolean;
  /** The log's key, where the log does not run in this process. */
  readonly signer?: Signer;
}

/** Why an old segment stays. */
export type KeptBecause =
  /** It is not in the archive, or not as it is here. */
  | 'not_archived'
  /** It was not closed: being written, or its process died. */
  | 'not_closed'
  /** What it says of others (erasures, retired or recovered segments, holds) is needed as long as they are spoken of. */
  | 'speaks_of_others';

export interface RetiredSegment {
  readonly segment: string;
  readonly size: number;
  readonly root: string;
}

export interface PruneResult {
  /** `held`: a legal hold stands, and nothing was pruned. */
  readonly outcome: 'done' | 'held' | 'nothing' | 'dry_run';
  readonly segments: readonly RetiredSegment[];
  readonly kept: readonly { readonly segment: string; readonly because: KeptBecause }[];
  readonly holds: readonly StandingHold[];
  /** Entries that say so, as `segment:seq`. */
  readonly recorded: readonly string[];
}

const OPTIONS: Readonly<Record<keyof PruneOptions, Kind>> = {
  before: TIME,
  archive: TEXT,
  reason: TEXT,
  actor: TEXT,
  keys: TEXTS,
  hmacKeys: { what: 'an array', is: Array.isArray },
  dryRun: TRUTH,
  signer: OBJECT,
};

/** One entry names so many segments at most: 140 bytes each, and a line holds 65,535. */
const MAX_SEGMENTS = 256;

/**
 * Removes old segments, with what they withhold, once a verified pack holds them, and records that they were retired:
 * whole closed segments only. The log still verifies: they are retired, not missing.
 *
 * @throws TypeError on options that cannot be meant, and if the log is sealed by another key than the one given
 * @throws SpansealError `ARCHIVE_INVALID`, `WRITE_FAILED` if it could not be recorded; then nothing was removed
 */
export async function pruneLog(source: LogSource, options: PruneOptions): Promise<PruneResult> {
  checkMembers(options, OPTIONS, 'Pruning has no option ', '');
  const sink = sinkOf(source);
  if (sink.remove === undefined)
    throw new TypeError(`The sink ${sink.location} cannot remove segments (it has no \`remove\`).`);
  const before = timeOf(options.before);
  const record = options.dryRun === true ? undefined : new OwnRecord(source, options.signer);
  const archive = await verifiedArchive(sink, options);
  const current = source instanceof AuditLogCore ? source.head()?.segment : undefined;
  const { segments, kept } = await choose(sink, archive, before, current);
  const holds = await standingHolds(sink);
  const result = { segments, kept, holds, recorded: [] };
  if (record === undefined) return { ...result, outcome: 'dry_run' };
  if (segments.length === 0) return { ...result, outcome: 'nothing' };
  const outcome = holds.length > 0 ? 'held' : 'done';
  const entries = outcome === 'held' ? [refusal(options)] : await retirement(options, segments);
  // First the record, sealed: what is removed without one would be missing.
  const recorded = (await record.write(entries)).map(({ segment, seq }) => `${segment}:${seq}`);
  if (outcome === 'done') for (const { segment } of segments) remove(sink, segment);
  return { ...result, outcome, recorded };
}

function timeOf(time: Time): string {
  const millis = time instanceof Date ? time.getTime() : Date.parse(time);
  if (Number.isNaN(millis)) throw new TypeError('`before` is no time; give a Date or an ISO 8601 text.');
  return formatTime(millis);
}

/** @throws SpansealError `ARCHIVE_INVALID` */
async function verifiedArchive(sink: Sink, { archive, keys, hmacKeys }: PruneOptions): Promise<Report> {
  if (typeof archive !== 'string') throw new TypeError('Pruning needs `archive`: the pack that holds what is removed.');
  const { key, log } = newestOpening(sink);
  const known = keys ?? (key === null || hmacKeys !== undefined ? [] : [key]);
  const report = await verifyPath(archive, {
    keys: known,
    hmacKeys: hmacKeys ?? [],
    live: true,
    allowUnsigned: key === null,
  });
  const why =
    report.kind !== 'pack'
      ? 'it is no evidence pack'
      : report.log !== log
        ? 'it is of another log'
        : report.ok
          ? undefined
          : `it fails in ${report.failed.join(', ')}`;
  if (why === undefined) return report;
  throw new SpansealError(
    'ARCHIVE_INVALID',
    `Nothing is pruned by the archive ${archive}: ${why}. See spanseal verify; make one with spanseal export.`,
  );
}

async function choose(
  sink: Sink,
  archive: Report,
  before: string,
  current: string | undefined,
): Promise<Pick<PruneResult, 'segments' | 'kept'>> {
  const segments: RetiredSegment[] = [];
  const kept: PruneResult['kept'][number][] = [];
  for (const segment of listSegments(sink)) {
    const cited = citeSegment(sink, segment);
    // Of one without a seal only the beginning is known.
    if (segment === current || (cited.last ?? openedAt(segment)) >= before) continue;
    const because = await whyKept(sink, archive, cited);
    if (because === undefined) segments.push({ segment, size: cited.size, root: cited.root ?? '' });
    else kept.push({ segment, because });
  }
  return { segments, kept };
}

const SPEAKING: readonly EntryType[] = ['erasure', 'retention', 'recovery', 'custody'];
/** A hold without its release would stand again. */
const SPEAKING_CUSTODY: readonly unknown[] = ['held', 'released'];

async function whyKept(sink: Sink, archive: Report, cited: Sibling): Promise<KeptBecause | undefined> {
  if (!cited.closed) return 'not_closed';
  const archived = archive.segments.find(({ segment }) => segment === cited.segment);
  const isArchived = archived?.state === 'closed' && archived.sealed === cited.size && archived.root === cited.root;
  if (!isArchived) return 'not_archived';
  const speaking = (await entriesOfTypes(sink, cited.segment, SPEAKING)).some(
    ({ entry: { type, payload } }) => type !== 'custody' || SPEAKING_CUSTODY.includes(payload['action']),
  );
  return speaking ? 'speaks_of_others' : undefined;
}

async function retirement(
  { archive, reason, actor }: PruneOptions,
  segments: readonly RetiredSegment[],
): Promise<OwnEntry[]> {
  const entries: OwnEntry[] = [];
  for (let at = 0; at < segments.length; at += MAX_SEGMENTS) {
    const payload = { ...members('retention', { reason, actor }), segments: segments.slice(at, at + MAX_SEGMENTS) };
    entries.push({ type: 'retention', payload });
  }
  const packDigest = await sha256Of(archive);
  const custody = { action: 'pruned', purpose: reason, performedBy: actor, packDigest, toolVersion: PACKAGE_VERSION };
  return [...entries, { type: 'custody', payload: members('custody', custody) }];
}

/** What was to be removed by retention, and is held. */
function refusal({ reason, actor }: PruneOptions): OwnEntry {
  const said = { trigger: 'retention_expiry', outcome: 'held', actor, retentionRule: reason };
  return { type: 'erasure', payload: members('erasure', said) };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}

function remove(sink: Sink, segment: string): void {
  try {
    sink.disclosures?.remove(segment);
    sink.remove?.(segment);
  } catch (cause) {
    throw new SpansealError(
      'WRITE_FAILED',
      `${segment} in ${sink.location} was recorded as retired and could not be removed; remove its files.`,
      { cause },
    );
  }
}

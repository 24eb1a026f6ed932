import { decodeBase64, encodeBase64 } from '../base64.ts';
import type { SignedCheckpoint } from '../checkpoint.ts';
import { isSegmentName } from '../names.ts';
import type { AnchorKind, Anchors, CheckedAnchor } from './anchors.ts';
import { quoted, type Place, type Problems } from './problem.ts';
import type { Notice } from './report.ts';
import type { KnownSeal } from './seal-index.ts';
import type { Citation, SegmentRecord } from './segment.ts';
import type { TokenAnswer } from './time-stamp.ts';

/** What the anchors of one kind come to. */
export interface Vouched {
  /** Names of the authorities or witnesses, in their own words: the certificate or key that was given decides. */
  readonly by: readonly string[];
  /** How many anchors hold. */
  readonly anchors: number;
  /** When the newest of them was made, by who made it. */
  readonly latest: string;
  /** Entries that existed by then, as they are here: nobody can have rewritten them since. */
  readonly entries: number;
  /** Sealed segments that were begun by then, by what they say, and that none of these covers. */
  readonly segmentsLeftOut: number;
}

/** What others vouch for, of each kind. */
export type VouchedBy = Readonly<Partial<Record<AnchorKind, Vouched>>>;

/** Clocks differ, and none of them is asked how much. */
const TOLERATED_MILLIS = 300_000;

interface Judgement {
  readonly anchors: Anchors;
  readonly records: readonly SegmentRecord[];
  /** Whether what is here claims to be all segments of the log. */
  readonly isAll: boolean;
  readonly file: string;
  readonly problems: Problems;
  readonly notices: Notice[];
}

/** Holds each anchor against the seal that it vouches for, and adds up what those cover that hold. */
export function judgeAnchors(judgement: Judgement): VouchedBy {
  const { anchors, records, file, problems, notices } = judgement;
  const byName: ByName = new Map(records.map((record) => [record.name, record]));
  const holding = new Map<AnchorKind, Holding[]>();
  const unchecked = new Map<string, number>();
  for (const anchor of anchors.checked) {
    const { place } = anchor;
    const judged = judge(judgement, byName, anchor);
    // What no seal covers accuses nobody: anybody can add a line to the tail.
    const isAccusation = judged.code !== undefined && isSealed(byName.get(place.segment) ?? records[0], place);
    if (isAccusation) problems.add(judged.code, place, judged.why);
    if (judged.holds !== undefined) {
      holding.set(judged.holds.kind, [...(holding.get(judged.holds.kind) ?? []), judged.holds]);
    } else if (!isAccusation) {
      unchecked.set(judged.why, (unchecked.get(judged.why) ?? 0) + 1);
    }
  }
  if (anchors.left > 0) unchecked.set('there are too many of them', anchors.left);
  for (const [why, number] of unchecked) {
    notices.push({ code: 'anchor_not_checked', file, what: `${number} of the anchors: ${why}` });
  }
  for (const kind of anchors.given.filter((each) => !holding.has(each))) {
    const whom = kind === 'rfc3161' ? 'authorities, no time-stamp' : 'witnesses, no cosignature';
    notices.push({ code: 'unused_key', file, what: `of the given ${whom} holds here` });
  }
  return Object.fromEntries([...holding].map(([kind, list]) => [kind, vouched(list, records, byName)]));
}

type ByName = ReadonlyMap<string | undefined, SegmentRecord>;

/** What one anchor comes to. It can hold and still contradict the clock of the writer. */
interface Judged {
  readonly code?: 'anchor_token' | 'anchor_checkpoint' | 'anchor_time';
  readonly why: string;
  readonly holds?: Holding;
}

function judge({ records, isAll }: Judgement, byName: ByName, anchor: CheckedAnchor): Judged {
  const { answer, kind, checkpoint } = anchor;
  if (answer.state === 'fails') return { code: 'anchor_token', why: answer.why };
  if (checkpoint === undefined || kind === 'other') {
    return { why: answer.state === 'not_checked' ? answer.why : 'it is of another kind' };
  }
  const { origin, size } = checkpoint;
  const log = records.find((record) => record.log !== undefined)?.log;
  const slash = origin.lastIndexOf('/');
  const segment = origin.slice(slash + 1);
  if (origin.slice(0, slash) !== log || !isSegmentName(segment)) {
    return { code: 'anchor_checkpoint', why: `it vouches for ${quoted(origin)}, which is not of this log` };
  }
  const record = byName.get(segment);
  const seal = sealOf(anchor, record);
  if (seal === 'forgotten') return { why: 'the seal they vouch for lies too far back' };
  if (seal === 'none') {
    if (record === undefined && !isAll) return { why: `${segment} lies outside of what was given` };
    if (record === undefined && isRetired(records, segment)) return { why: `${segment} was retired` };
    const why = `no seal of ${segment} covers ${size} entries with the root that it vouches for`;
    return { code: 'anchor_checkpoint', why };
  }
  if (answer.state === 'not_checked') return answer;
  const { genTime, authority } = answer;
  const contradiction = clockProblem(anchor, seal, answer);
  return {
    ...(contradiction === undefined ? {} : { code: 'anchor_time' }),
    why: contradiction ?? '',
    holds: { kind, segment, size, genTime, authority },
  };
}

/** Why the clock of the writer cannot have been right. */
function clockProblem(
  { writtenAt }: CheckedAnchor,
  { sealedAt }: KnownSeal,
  { genTime, accuracyMillis, authority }: TokenAnswer & { readonly state: 'holds' },
): string | undefined {
  const [made, sealed, written] = [genTime, sealedAt, writtenAt].map((time) => new Date(time).toISOString());
  const tolerated = accuracyMillis + TOLERATED_MILLIS;
  if (sealedAt > genTime + tolerated) return `the seal says ${sealed}, and ${quoted(authority)} saw it at ${made}`;
  if (writtenAt < genTime - tolerated) return `the entry says ${written}, and holds what was made at ${made}`;
  return undefined;
}

function isSealed(record: SegmentRecord | undefined, { seq = 0 }: Place): boolean {
  return record !== undefined && seq < record.sealed;
}

/** `none` is said where all seals that could be meant are known. */
function sealOf(
  { seal, checkpoint }: CheckedAnchor,
  record: SegmentRecord | undefined,
): KnownSeal | 'forgotten' | 'none' {
  if (checkpoint === undefined) return 'none';
  const found = seal === 'elsewhere' ? record?.seals?.find(checkpoint.size, checkpoint.root) : seal;
  if (found === 'forgotten') return isLast(checkpoint, record) ?? found;
  return typeof found === 'object' && found.isRoot ? found : 'none';
}

/** The last seal of a segment is never forgotten. */
function isLast({ size, root }: SignedCheckpoint, record: SegmentRecord | undefined): KnownSeal | undefined {
  const { sealed, sealedRoot, sealedTs } = record ?? {};
  if (sealed !== size || sealedRoot !== encodeBase64(root) || sealedTs === undefined) return undefined;
  return { isRoot: true, sealedAt: Date.parse(sealedTs) };
}

function isRetired(records: readonly SegmentRecord[], segment: string): boolean {
  return records.some(({ retired }) => retired.some((retirement) => retirement.segment === segment));
}

interface Holding {
  readonly kind: AnchorKind;
  readonly segment: string;
  readonly size: number;
  readonly genTime: number;
  readonly authority: string;
}

function vouched(list: readonly Holding[], records: readonly SegmentRecord[], byName: ByName): Vouched {
  const covered = new Map<string, number>();
  const waiting: { readonly segment: string; readonly size: number }[] = [...list];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { segment, size } = next;
    const record = byName.get(segment);
    const known = covered.get(segment);
    if (record === undefined || size <= (known ?? 0)) continue;
    covered.set(segment, size);
    if (known !== undefined) continue;
    // Its audit_open is among what is covered: with it the seals that it names.
    for (const citation of record.citations) {
      if (isAsCited(citation, byName.get(citation.segment))) waiting.push(citation);
    }
  }
  const latest = new Date(Math.max(...list.map(({ genTime }) => genTime))).toISOString();
  const leftOut = records.filter(
    ({ name, sealed, firstTs }) => sealed > 0 && firstTs !== undefined && firstTs <= latest && !covered.has(name ?? ''),
  );
  return {
    by: [...new Set(list.map(({ authority }) => authority))],
    anchors: list.length,
    latest,
    entries: [...covered.values()].reduce((sum, size) => sum + size, 0),
    segmentsLeftOut: leftOut.length,
  };
}

function isAsCited({ size, root }: Citation, record: SegmentRecord | undefined): boolean {
  if (record === undefined || root === undefined) return false;
  if (record.sealed === size) return record.sealedRoot === root;
  const bytes = decodeBase64(root);
  const seal = bytes === undefined ? undefined : record.seals?.find(size, bytes);
  return typeof seal === 'object' && seal.isRoot;
}

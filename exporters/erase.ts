import type { Time, Word } from '../src/events.ts';
import { SpansealError } from '../src/error.ts';
import { members } from '../src/members.ts';
import { digestOf, parseDisclosureLine } from '../src/disclosure.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import { checkMembers, OBJECT, TEXT, TEXTS, TIME, TRUTH, type Kind } from '../src/option-kinds.ts';
import { findOpenSegments } from '../src/recovery.ts';
import type { Signer } from '../src/signer.ts';
import type { DisclosureStore, Sink } from '../src/sink.ts';
import { disclosureLinesOf } from './disclosure-index.ts';
import { withholdingEntries } from './entries-of-types.ts';
import { standingHolds, type StandingHold } from './legal-hold.ts';
import { OwnRecord, sinkOf, type LogSource, type OwnEntry } from './own-record.ts';
import {
  inlineValues,
  ownedBy,
  selectValues,
  type InlineValue,
  type SelectedValue,
  type ValueOwner,
} from './value-selection.ts';

export interface EraseOptions extends ValueOwner {
  /** Pointers (`/payload/input`) or kinds of `capture`; by default all that the owner's entries withhold. */
  readonly values?: readonly string[];
  readonly trigger: Word<'data_subject_request' | 'retention_expiry' | 'legal_order'>;
  /** When it was asked for. */
  readonly requestedAt?: Time;
  /** What the request is filed under. */
  readonly requestRef?: string;
  readonly approvedBy?: string;
  /** Who erases. */
  readonly actor?: string;
  readonly legalBasis?: string;
  readonly retentionRule?: string;
  /** Record that the request was refused, and erase nothing; `legalBasis` says why. */
  readonly refuse?: boolean;
  /** Say what would be erased, and neither erase nor record anything. */
  readonly dryRun?: boolean;
  /** The log's key, where the log does not run in this process. */
  readonly signer?: Signer;
}

export interface EraseResult {
  /** `held`: a legal hold stands, and nothing was erased. `nothing`: there is nothing to erase, and nothing was recorded. */
  readonly outcome: 'done' | 'refused' | 'held' | 'nothing' | 'dry_run';
  readonly values: readonly Omit<SelectedValue, 'decisionId'>[];
  /** Content that stands in the owner's entries themselves, and cannot be erased. */
  readonly inline: readonly InlineValue[];
  /** The holds that stand in the way. */
  readonly holds: readonly StandingHold[];
  /** The `erasure` entries, as `segment:seq`. */
  readonly recorded: readonly string[];
}

const OPTIONS: Readonly<Record<keyof EraseOptions, Kind>> = {
  entry: OBJECT,
  decisionId: TEXT,
  subjectRef: TEXT,
  values: TEXTS,
  trigger: TEXT,
  requestedAt: TIME,
  requestRef: TEXT,
  approvedBy: TEXT,
  actor: TEXT,
  legalBasis: TEXT,
  retentionRule: TEXT,
  refuse: TRUTH,
  dryRun: TRUTH,
  signer: OBJECT,
};

/** One entry names so many values at most: 200 bytes each, and a line holds 65,535. */
const MAX_VALUES = 200;

/**
 * Erases withheld values: their disclosures leave the files of the log for good, and an `erasure` says so. The log still
 * verifies. A process that writes the log meanwhile goes on.
 *
 * Copies elsewhere, in packs that were given away and in back-ups, are not reached: `custody` entries say who has them.
 * What stands inline in an entry cannot be erased.
 *
 * @throws TypeError on options that cannot be meant, and if the log is sealed by another key than the one given
 * @throws SpansealError `ERASURE_FAILED`, `WRITE_FAILED` if it was erased and cannot be recorded: erase again
 */
export async function eraseValues(source: LogSource, options: EraseOptions): Promise<EraseResult> {
  checkMembers(options, OPTIONS, 'An erasure has no option ', '');
  if (typeof options.trigger !== 'string') {
    throw new TypeError('An erasure needs `trigger`: data_subject_request, retention_expiry or legal_order.');
  }
  const sink = sinkOf(source);
  const record = options.dryRun === true ? undefined : new OwnRecord(source, options.signer);
  const owned = await ownedBy(sink, options);
  const chosen = options.values ?? [];
  const selected = await selectValues(sink, owned, chosen);
  const values = selected.map(({ segment, seq, pointer, digest }) => ({ segment, seq, pointer, digest }));
  const holds = (await standingHolds(sink)).filter(
    (hold) => hold.decisionId === undefined || selected.some(({ decisionId }) => decisionId === hold.decisionId),
  );
  const inline = await inlineValues(sink, owned, chosen);
  const result = { values, inline, holds, recorded: [] };
  if (record === undefined) return { ...result, outcome: 'dry_run' };
  const outcome = options.refuse === true ? 'refused' : holds.length > 0 ? 'held' : 'done';
  if (values.length === 0 && outcome === 'done') return { ...result, outcome: 'nothing' };
  // First the values: what is recorded as erased is not there, whenever this process dies.
  if (outcome === 'done') await eraseFrom(sink, values);
  const receipts = await record.write(erasureEntries(options, values, outcome));
  return { ...result, outcome, recorded: receipts.map(({ segment, seq }) => `${segment}:${seq}`) };
}

function erasureEntries(
  { trigger, requestRef, requestedAt, approvedBy, actor, legalBasis, retentionRule }: EraseOptions,
  values: EraseResult['values'],
  outcome: string,
): OwnEntry[] {
  const said = { trigger, outcome, requestRef, requestedAt, approvedBy, actor, legalBasis, retentionRule };
  const entries: OwnEntry[] = [];
  for (let at = 0; at === 0 || at < values.length; at += MAX_VALUES) {
    entries.push({
      type: 'erasure',
      payload: { ...members('erasure', said), values: values.slice(at, at + MAX_VALUES) },
    });
  }
  return entries;
}

/** @throws SpansealError `ERASURE_FAILED` */
async function eraseFrom(sink: Sink, values: EraseResult['values']): Promise<void> {
  const { disclosures } = sink;
  if (disclosures === undefined) return;
  // In this order: one that is opened meanwhile is left alone.
  const segments = disclosures.list();
  const open = new Set(await findOpenSegments(sink, undefined));
  for (const segment of segments) {
    const erased = new Set(
      values.filter((value) => value.segment === segment).map(({ seq, pointer }) => `${seq} ${pointer}`),
    );
    const { accounted, lines } = await committed(sink, segment);
    const mayGrow = open.has(segment);
    const keeps = (line: Uint8Array): boolean => {
      const parsed = parseDisclosureLine(line);
      if (parsed === undefined) return false;
      const { seq, pointer, disclosure } = parsed;
      if (erased.has(`${seq} ${pointer}`)) return false;
      // What was written for an entry that never came may hold anybody's value, and discloses nothing. In a segment that
      // is being written its entry may come yet.
      return (mayGrow && seq >= lines) || accounted.has(`${seq} ${pointer} ${digestOf(nodePrimitives, disclosure)}`);
    };
    if (!holdsAll(disclosures, segment, keeps, mayGrow)) {
      disclosures.keep(segment, keeps);
      if (!holdsAll(disclosures, segment, keeps, mayGrow)) {
        throw new SpansealError(
          'ERASURE_FAILED',
          `What was to be erased of ${segment} in ${sink.location} is still there: something writes it again. Erase again.`,
        );
      }
    }
  }
}

/** What the entries of a segment have digests of. */
async function committed(
  sink: Sink,
  segment: string,
): Promise<{ readonly accounted: ReadonlySet<string>; readonly lines: number }> {
  const accounted = new Set<string>();
  if (!sink.list().includes(segment)) return { accounted, lines: 0 };
  const entries = withholdingEntries(sink, segment);
  for (;;) {
    const next = await entries.next();
    if (next.done === true) return { accounted, lines: next.value };
    const { seq, sd = {} } = next.value;
    for (const [pointer, digest] of Object.entries(sd)) accounted.add(`${seq} ${pointer} ${digest}`);
  }
}

/** Whether there is nothing in the disclosures of a segment that is not to be kept. */
function holdsAll(
  disclosures: DisclosureStore,
  segment: string,
  keeps: (line: Uint8Array) => boolean,
  mayGrow: boolean,
): boolean {
  const reader = disclosures.open(segment);
  if (reader === undefined) return true;
  try {
    const lines = disclosureLinesOf(reader);
    for (;;) {
      const next = lines.next();
      // Half a line of a dead process is as little to be kept.
      if (next.done === true) return mayGrow || !next.value;
      if (!keeps(next.value.line)) return false;
    }
  } finally {
    reader.close();
  }
}

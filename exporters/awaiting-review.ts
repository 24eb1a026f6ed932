import type { Entry } from '../src/entry.ts';
import type { Sink } from '../src/sink.ts';
import { readLog } from './read-log.ts';
import { directorySink } from './segment-file.ts';

/** A decision that needs a review and has had none. */
export interface AwaitedReview {
  readonly decisionId: string;
  /** What was declared of it; `decision.ts` says since when it is on record. */
  readonly decision: Entry<'decision'>;
  /** How it came out; undefined while it runs, and for ever if its process was killed. */
  readonly end: Entry<'decision_end'> | undefined;
}

/**
 * The decisions of a log that were begun with `reviewRequired` and about which there is no `human_oversight` entry yet,
 * of any segment and any process, in the order in which they are on record. Any such entry counts, whoever the reviewer
 * was and whatever the action: read the log where that matters.
 *
 * The log is read twice, as segments of processes overlap and a review may stand before its decision. Kept in memory
 * are the decisions that wait, and nothing of those that do not. It reads, and does not verify.
 *
 * @throws SpansealError as {@link readLog} does
 */
export async function* awaitingReview(source: string | Sink): AsyncGenerator<AwaitedReview, void, undefined> {
  const sink = typeof source === 'string' ? directorySink(source) : source;
  const waiting = new Map<string, { decision: Entry<'decision'>; end: Entry<'decision_end'> | undefined }>();
  for await (const entry of readLog(sink)) {
    const id = entry.decision_id;
    if (id === undefined) continue;
    if (entry.type === 'decision' && entry.payload.review_required === true) {
      waiting.set(id, { decision: entry, end: undefined });
    } else if (entry.type === 'human_oversight') {
      waiting.delete(id);
    }
  }
  if (waiting.size === 0) return;
  for await (const entry of readLog(sink)) {
    const id = entry.decision_id;
    const found = id === undefined ? undefined : waiting.get(id);
    if (id === undefined || found === undefined) continue;
    if (entry.type === 'human_oversight') waiting.delete(id);
    else if (entry.type === 'decision_end') found.end = entry;
  }
  for (const [decisionId, { decision, end }] of waiting) yield { decisionId, decision, end };
}

import type { JsonObject } from '../json.ts';
import type { History } from './history.ts';
import type { Problem, ProblemCode, VerdictName } from './problem.ts';
import type { ValueCounts } from './value-counts.ts';
import type { VouchedBy } from './vouched.ts';

/** What a verifier answers: separate verdicts, never a bare yes (docs/format.md section 7). */

export type SegmentState =
  /** Ends with `audit_close` and its seal. */
  | 'closed'
  /** Not closed; another segment recorded what was found in it. */
  | 'recovered'
  /** Neither: still written, or cut off unseen. */
  | 'open'
  /** A decision pack holds a few of its entries, and proofs. */
  | 'part';

export interface SegmentReport {
  readonly segment: string;
  readonly file: string;
  readonly state: SegmentState;
  readonly entries: number;
  /** Entries below the size of the last valid seal; the others are the unsealed tail, and nobody signed them. */
  readonly sealed: number;
  /** Root of the sealed entries, base64. */
  readonly root: string | undefined;
  /** The signed note of the last valid seal: what one notes, or hands to somebody else. */
  readonly checkpoint: string | undefined;
  /** The vkey that signed the last seal, if it was given; `unknown_key` or `unsigned` if not. */
  readonly signedBy: string;
  /** Bytes behind the last whole line. */
  readonly torn: number;
  readonly firstTs: string | undefined;
  readonly lastTs: string | undefined;
}

export interface Verdicts {
  readonly integrity: 'malformed' | 'inconsistent' | 'consistent';
  readonly authenticity:
    | 'signed'
    /** By a shared key: whoever can check can forge. */
    | 'shared_key'
    /** Signed, by a key that was not given. */
    | 'unknown_key'
    /** Nobody signed. */
    | 'none'
    /** A signature does not stand, or keys were given and some part is not by one of them. */
    | 'failed';
  /** `self_attested`: whoever holds the key could have rewritten all of it. */
  readonly independence:
    | 'self_attested'
    /** It goes on from an earlier record that the verifier holds: so much nobody can have rewritten since. */
    | 'earlier_record'
    /** Witnesses whose keys were given cosigned checkpoints of it: {@link Report.vouched}. */
    | 'witnessed'
    /** Authorities that were given stamped checkpoints of it: {@link Report.vouched}. */
    | 'time_stamped'
    /** An anchor in it does not hold, or is for something else. */
    | 'failed';
  readonly completeness: 'holds' | 'open' | 'selection' | 'fails';
  /** Against the earlier record that was given. */
  readonly history: 'not_checked' | History;
  /** What the writer's own clock says, what it says of itself, and whether others bound it (`anchored`). */
  readonly time: 'self_asserted' | 'anchored' | 'clock_set' | 'heartbeat_missing' | 'contradicted';
  readonly mapping: 'yes' | 'no' | 'catalogue_unknown' | 'not_annotated';
  /** How the values stand that entries withhold: the first of these that holds for one of them. */
  readonly disclosure: 'failed' | 'withheld' | 'erased' | 'disclosed' | 'nothing_withheld';
}

/** Something to know that is no problem. */
export interface Notice {
  readonly code:
    | 'self_attested'
    | 'shared_key'
    | 'unknown_key'
    | 'unsigned'
    | 'unused_key'
    | 'unsealed_tail'
    | 'torn_tail'
    | 'gap'
    | 'clock_step'
    | 'recovered'
    | 'open_segment'
    | 'outside_selection'
    /** A decision pack: that there is nothing else about the decision is not shown. */
    | 'entries_only'
    /** Entries that no seal covered when the pack was made. */
    | 'not_included'
    | 'declaration_changed'
    | 'catalogue_unknown'
    /** Controls recompute, by a catalogue that this version does not know. */
    | 'catalogue_beside'
    | 'not_checked'
    /** Anchors that nothing was given to check with, or that nothing here can be held against. */
    | 'anchor_not_checked'
    /** Disclosures that no entry has the digest of. */
    | 'unaccounted_disclosures'
    | 'other_file'
    | 'signatures_skipped';
  readonly file: string;
  readonly segment?: string;
  readonly what: string;
}

export interface Report {
  /** Whether the demanded verdicts hold: by default integrity, authenticity, completeness, mapping and disclosure. */
  readonly ok: boolean;
  readonly kind: 'segment' | 'directory' | 'pack' | 'unknown';
  readonly file: string;
  /** Name of the log, as its first segment says it. */
  readonly log: string | undefined;
  readonly verdicts: Verdicts;
  /** The demanded verdicts that do not hold. */
  readonly failed: readonly VerdictName[];
  /** The verdicts that had to hold, by default and by what was asked for. */
  readonly demanded: readonly VerdictName[];
  /** Whether any key was given to check with. */
  readonly keysGiven: boolean;
  /** Of each code the first 100. */
  readonly problems: readonly Problem[];
  /** Of each code all. */
  readonly problemCounts: Readonly<Partial<Record<ProblemCode, number>>>;
  readonly notices: readonly Notice[];
  readonly entries: number;
  readonly segments: readonly SegmentReport[];
  /** How many of the values that entries withhold are disclosed, withheld, erased, or fail. */
  readonly values: ValueCounts;
  /** What outside witnesses vouch for, who were given to check with. */
  readonly vouched: VouchedBy;
  /** Header and summary of a pack, as they stand in it. */
  readonly pack?: { readonly header: JsonObject; readonly summary: JsonObject | undefined };
}

/** How a run of `spanseal verify` ends. */
export const EXIT_HOLDS = 0;
export const EXIT_FAILS = 1;
export const EXIT_USAGE = 2;
export const EXIT_UNREADABLE = 3;
/** Intact, and nothing to check a signature with. */
export const EXIT_NO_KEY = 4;

/** The exit code of a report: 0 what was demanded holds, 1 the evidence fails, 4 intact and no key was given. */
export function exitCode(report: Report): number {
  if (report.ok) return EXIT_HOLDS;
  const { failed, keysGiven, verdicts } = report;
  const onlyKeyMissing = failed.every((verdict) => verdict === 'authenticity') && verdicts.authenticity !== 'failed';
  return onlyKeyMissing && !keysGiven ? EXIT_NO_KEY : EXIT_FAILS;
}

/** What a report comes to, in a few words; never a bare yes. */
export function standingOf(report: Report): string {
  switch (exitCode(report)) {
    case EXIT_HOLDS:
      return `what is demanded holds (${report.demanded.join(', ')})`;
    case EXIT_NO_KEY:
      return 'intact, and no key was given to check who made it';
    default:
      return `does not hold: ${report.failed.join(', ')}`;
  }
}

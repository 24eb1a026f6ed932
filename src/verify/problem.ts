/**
 * What can be wrong with evidence: a closed set of codes, each with the verdict it speaks to and what it means. Bad
 * evidence is a report, never an exception.
 */

export type VerdictName =
  'integrity' | 'authenticity' | 'independence' | 'completeness' | 'history' | 'time' | 'mapping' | 'disclosure';

export interface ProblemKind {
  readonly verdict: VerdictName;
  /** Whether the file breaks the format itself, or says things that do not agree. */
  readonly malformed?: true;
  readonly means: string;
}

export type ProblemCode =
  | 'not_a_record'
  | 'empty'
  | 'line_too_long'
  | 'line_encoding'
  | 'line_too_deep'
  | 'line_json'
  | 'line_surrogate'
  | 'line_number'
  | 'line_not_canonical'
  | 'line_unterminated'
  | 'entry_shape'
  | 'entry_payload'
  | 'open_misplaced'
  | 'segment_name'
  | 'seq'
  | 'prev_hash'
  | 'ts_order'
  | 'after_close'
  | 'closing_time'
  | 'seal_malformed'
  | 'seal_origin'
  | 'seal_size'
  | 'seal_root'
  | 'seal_key'
  | 'signature'
  | 'key_validity'
  | 'anchor_token'
  | 'anchor_checkpoint'
  | 'anchor_time'
  | 'audit_path'
  | 'audit_path_malformed'
  | 'other_decision'
  | 'decision_counts'
  | 'tally_arithmetic'
  | 'tally_decreased'
  | 'other_log'
  | 'segment_order'
  | 'segment_open'
  | 'sibling_missing'
  | 'sibling_shrunk'
  | 'sibling_changed'
  | 'recovery_mismatch'
  | 'recovery_conflict'
  | 'pack_line'
  | 'pack_header'
  | 'pack_structure'
  | 'pack_header_disagrees'
  | 'attestation_malformed'
  | 'attestation_digest'
  | 'attestation_key'
  | 'summary'
  | 'annotation'
  | 'catalogue'
  | 'heartbeat_missing'
  | 'history_fork'
  | 'history_rollback'
  | 'history_missing'
  | 'history_other_log'
  | 'history_not_compared'
  | 'expectation'
  | 'disclosure_pointer'
  | 'disclosure_digest'
  | 'disclosure_malformed'
  | 'erased_disclosed'
  | 'erasure_mismatch'
  | 'erasure_missing';

/** The verdict that each problem speaks to, and what it means. */
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = {
  not_a_record: {
    verdict: 'integrity',
    malformed: true,
    means: 'This is neither a segment nor an evidence pack; nothing in it was checked.',
  },
  empty: {
    verdict: 'integrity',
    malformed: true,
    means: 'There is nothing here: a record that is not there proves nothing.',
  },
  line_too_long: {
    verdict: 'integrity',
    malformed: true,
    means: 'The writer never writes such a line; it was refused before it was read.',
  },
  line_encoding: {
    verdict: 'integrity',
    malformed: true,
    means: 'The line is not UTF-8 text; it was altered or damaged.',
  },
  line_too_deep: {
    verdict: 'integrity',
    malformed: true,
    means: 'The line nests deeper than the format allows; it was refused before it was parsed.',
  },
  line_json: { verdict: 'integrity', malformed: true, means: 'The line is not JSON; it was altered or damaged.' },
  line_surrogate: {
    verdict: 'integrity',
    malformed: true,
    means: 'The line holds half a character; the writer never writes one.',
  },
  line_number: {
    verdict: 'integrity',
    malformed: true,
    means: 'A number is outside the range in which every reader sees the same value.',
  },
  line_not_canonical: {
    verdict: 'integrity',
    malformed: true,
    means: 'The same content has one spelling; this is another one, so somebody else wrote it.',
  },
  line_unterminated: {
    verdict: 'integrity',
    malformed: true,
    means: 'The file does not end with a line feed; it was cut.',
  },
  entry_shape: {
    verdict: 'integrity',
    malformed: true,
    means: 'The line is not an entry of this format; the writer never writes such a line.',
  },
  entry_payload: {
    verdict: 'integrity',
    malformed: true,
    means: 'The payload breaks a rule of its type; the writer never writes such an entry.',
  },
  open_misplaced: {
    verdict: 'integrity',
    malformed: true,
    means: 'A segment begins with its audit_open and has no other; it was cut, joined or rearranged.',
  },
  segment_name: {
    verdict: 'integrity',
    malformed: true,
    means: 'The segment says another name than the one it is found under; it was renamed or replaced.',
  },
  seq: { verdict: 'integrity', means: 'Entries were removed, inserted, repeated or moved here.' },
  prev_hash: {
    verdict: 'integrity',
    means: 'The line before this one is not the line that was there when this one was written.',
  },
  ts_order: { verdict: 'integrity', means: 'Time runs backwards between two entries; the writer never lets it.' },
  after_close: { verdict: 'integrity', means: 'Something was added after the segment had been closed.' },
  closing_time: {
    verdict: 'integrity',
    means: 'The closing seal has another time than the audit_close before it; the writer gives both the same.',
  },
  seal_malformed: { verdict: 'integrity', malformed: true, means: 'The seal is not in the one form that a seal has.' },
  seal_origin: { verdict: 'integrity', means: 'The seal is that of another log or segment.' },
  seal_size: {
    verdict: 'integrity',
    means: 'The seal covers a number of entries that it cannot cover where it stands.',
  },
  seal_root: {
    verdict: 'integrity',
    means: 'The sealed entries are not the ones that were there when the seal was made.',
  },
  seal_key: { verdict: 'integrity', means: 'The seal is not by the key that the segment names.' },
  signature: {
    verdict: 'authenticity',
    means: 'A signature does not stand: the signed text or the signature was altered, or another key made it.',
  },
  key_validity: {
    verdict: 'authenticity',
    means: 'It is signed by a key that was given, at a time at which that key is not to be trusted.',
  },
  anchor_token: {
    verdict: 'independence',
    means: 'A time-stamp or cosignature in the log does not hold: it is for other data, or by nobody who may make it.',
  },
  anchor_checkpoint: {
    verdict: 'independence',
    means: 'Somebody vouched for a checkpoint that is none of this log: entries were rewritten, or the anchor moved.',
  },
  anchor_time: {
    verdict: 'time',
    means: 'What the clock of the writer said is not what an outside witness says.',
  },
  audit_path: {
    verdict: 'integrity',
    means: 'The entry is not in the tree that the checkpoint signs, or stands elsewhere in it.',
  },
  audit_path_malformed: {
    verdict: 'integrity',
    malformed: true,
    means: 'An entry in a decision pack has the hashes beside it that lead to the checkpoint; here they are missing.',
  },
  other_decision: {
    verdict: 'integrity',
    means: 'The entry belongs to another decision than the one that the pack is about.',
  },
  decision_counts: {
    verdict: 'completeness',
    means: 'The writer counted other entries of this decision than those that are here; some were left out.',
  },
  tally_arithmetic: {
    verdict: 'completeness',
    means: 'The counters of the writer do not add up; entries or counters were altered.',
  },
  tally_decreased: { verdict: 'completeness', means: 'A counter of the writer went down, which it never does.' },
  other_log: { verdict: 'integrity', means: 'Records of different logs or systems were put together.' },
  segment_order: { verdict: 'completeness', means: 'Segments do not stand in ascending order, or one stands twice.' },
  segment_open: {
    verdict: 'completeness',
    means:
      'The segment was never closed and never recovered: its end may be missing. A log that is still written needs --live.',
  },
  sibling_missing: { verdict: 'completeness', means: 'Another segment saw this one, and it is gone.' },
  sibling_shrunk: {
    verdict: 'completeness',
    means: 'Another segment saw more sealed entries here than there are: the end was cut.',
  },
  sibling_changed: {
    verdict: 'completeness',
    means: 'Another segment saw this one sealed with other entries: it was rewritten.',
  },
  recovery_mismatch: {
    verdict: 'completeness',
    means: 'The segment is not as it was found by the recovery that another segment recorded.',
  },
  recovery_conflict: { verdict: 'completeness', means: 'Two recoveries found different contents in one segment.' },
  pack_line: { verdict: 'integrity', malformed: true, means: 'The line is none that a pack has at this place.' },
  pack_header: { verdict: 'integrity', malformed: true, means: 'The header of the pack breaks the format.' },
  pack_structure: {
    verdict: 'integrity',
    malformed: true,
    means: 'The parts of the pack are not in their order, or one is missing.',
  },
  pack_header_disagrees: { verdict: 'mapping', means: 'The header says other things than the records below it.' },
  attestation_malformed: {
    verdict: 'integrity',
    malformed: true,
    means: 'The attestation is not in the one form that it has.',
  },
  attestation_digest: { verdict: 'integrity', means: 'The pack is not the file that was attested.' },
  attestation_key: { verdict: 'integrity', means: 'The attestation is not by the key that the pack names.' },
  summary: { verdict: 'mapping', means: 'The totals of the pack are not those of its entries.' },
  annotation: {
    verdict: 'mapping',
    means: 'The controls beside an entry are not those that the catalogue gives for it.',
  },
  catalogue: { verdict: 'mapping', means: 'The catalogue beside the pack is not the one that the pack was made with.' },
  heartbeat_missing: {
    verdict: 'time',
    means: 'The writer declared a heartbeat and did not keep it: it was stopped or frozen, or entries are missing.',
  },
  history_fork: {
    verdict: 'history',
    means: 'This is another history than the one you hold: what was sealed then was rewritten, or two were shown.',
  },
  history_rollback: {
    verdict: 'history',
    means: 'You hold a later state of this segment: entries that were sealed were taken away.',
  },
  history_missing: {
    verdict: 'history',
    means: 'You hold a segment that is not here, and nothing says that it was retired.',
  },
  history_other_log: { verdict: 'history', means: 'The earlier record is of another log: nothing was compared.' },
  history_not_compared: {
    verdict: 'history',
    means: 'Nothing in it is also in the earlier record: whether it goes on from there cannot be seen.',
  },
  expectation: { verdict: 'history', means: 'What you expected from elsewhere is not what is here.' },
  disclosure_pointer: {
    verdict: 'disclosure',
    means: 'What is said to be withheld beside an entry is not what the entry withholds.',
  },
  disclosure_digest: { verdict: 'disclosure', means: 'What is disclosed is not the value that was withheld.' },
  disclosure_malformed: {
    verdict: 'disclosure',
    means: 'What is disclosed is no value of this format; the writer never writes it.',
  },
  erased_disclosed: { verdict: 'disclosure', means: 'A value that was recorded as erased is still there.' },
  erasure_mismatch: {
    verdict: 'disclosure',
    means: 'An erasure names a value that is not withheld there, or that is not treated as erased.',
  },
  erasure_missing: { verdict: 'disclosure', means: 'A value is called erased, and no erasure of it is recorded.' },
};

/** One thing that is wrong, and where. */
export interface Problem {
  readonly code: ProblemCode;
  readonly verdict: VerdictName;
  /** The file's name, or the pack's; in a pack the segment stands in `segment`. */
  readonly file: string;
  readonly segment?: string;
  /** From 1. */
  readonly line?: number;
  readonly seq?: number;
  /** What was found. Text from the file in it is shortened and JSON-escaped. */
  readonly what: string;
  readonly means: string;
}

/** Where a problem is. */
export interface Place {
  readonly file: string;
  readonly segment?: string | undefined;
  readonly line?: number | undefined;
  readonly seq?: number | undefined;
}

/** So many problems of each code are kept; all are counted. */
const KEPT_PER_CODE = 100;

/** Gathers problems: counts are full, the first 100 of each code are kept. */
export class Problems {
  readonly #kept: Problem[] = [];
  readonly #counts = new Map<ProblemCode, number>();

  add(code: ProblemCode, place: Place, what: string): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count > KEPT_PER_CODE) return;
    const { verdict, means } = PROBLEMS[code];
    this.#kept.push({
      code,
      verdict,
      file: place.file,
      ...(place.segment === undefined ? {} : { segment: place.segment }),
      ...(place.line === undefined ? {} : { line: place.line }),
      ...(place.seq === undefined ? {} : { seq: place.seq }),
      what,
      means,
    });
  }

  get list(): readonly Problem[] {
    return this.#kept;
  }

  get counts(): Readonly<Partial<Record<ProblemCode, number>>> {
    return Object.fromEntries(this.#counts);
  }

  has(verdict: VerdictName): boolean {
    return [...this.#counts.keys()].some((code) => PROBLEMS[code].verdict === verdict);
  }

  get malformed(): boolean {
    return [...this.#counts.keys()].some((code) => PROBLEMS[code].malformed === true);
  }
}

/** Longest piece of a file that a message quotes. */
const QUOTED_CHARS = 60;

/** Text from a file, for a message: shortened, and with everything escaped that a terminal or a page could obey. */
export function quoted(text: unknown): string {
  const whole = typeof text === 'string' ? text : (JSON.stringify(text) ?? 'nothing');
  const shown = whole.length > QUOTED_CHARS ? `${whole.slice(0, QUOTED_CHARS)}…` : whole;
  return escapeText(JSON.stringify(shown));
}

/** Escapes control, format and bidirectional characters: data stays data wherever it is printed. */
export function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/**
 * One kind of content that must not be kept, as data: a name, what to look for first, and a pattern. There is no code
 * in it, so that {@link detectorsDocument} says all that a detector does.
 */
export interface Detector {
  /** The category that is reported and written in place of the find: `email`, `api_key` … Several may share one. */
  readonly name: string;
  /** Substrings, one of which stands in every text that the pattern can match: what is asked before the pattern is. */
  readonly triggers: readonly string[];
  /** What else stands in every such text, where the triggers alone stand in many that have nothing to hide. */
  readonly besides?: string;
  /**
   * What is taken out: from the start of the group `from`, or of the match if there is none, to the match's end.
   * Flags `dg` at least. The text is hostile: no step may be repeated over the same characters, so each quantifier is
   * bounded, or runs over a class that the pattern cannot start in again, and alternatives begin differently.
   */
  readonly pattern: RegExp;
}

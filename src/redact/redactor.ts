/** What a text became: the text to keep, and the categories of what was taken out (never the values). */
export interface Redaction {
  readonly text: string;
  readonly categories: readonly string[];
  /** What was found, taken out or not; without it only `categories` are told of. */
  readonly finds?: readonly Handled[];
}

/** What became of finds: `withheld` are those for which the whole member is to stand beside the log. */
export type Handling = 'allowed' | 'flagged' | 'redacted' | 'withheld';

/** Finds of one category in one text. */
export interface Handled {
  readonly category: string;
  readonly handling: Handling;
  readonly count: number;
}

/** Where the text stands that a redactor is given. */
export interface RedactedField {
  /** The entry's type. */
  readonly type: string;
  /** The member of the payload it stands in, at whatever depth: `input`, `arguments`, `note` … */
  readonly member: string;
  /** Whose value the text is, or the list that holds it; of what stands in the payload itself, and of a name, none. */
  readonly name?: string;
  /** Whether the member can stand beside the log instead of in it. */
  readonly withholdable: boolean;
}

/**
 * Takes out of one text what must not be kept, before it is hashed. Called for each string of an entry's payload that
 * is not an id, a reference or a name. Returns the text itself where there is nothing to take out.
 */
export type Redactor = (text: string, field: RedactedField) => Redaction | string;

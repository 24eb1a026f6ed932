/** What is wrong with a file of acttrace, beyond what acttrace asks for. */
export type ActtraceProblemCode =
  | 'empty'
  | 'line_encoding'
  | 'line_too_long'
  | 'line_json'
  | 'line_form'
  | 'meta_missing'
  | 'meta_misplaced'
  | 'meta_members'
  | 'meta_signature'
  | 'meta_disagrees'
  | 'head_hash'
  | 'entries'
  | 'framework'
  | 'controls_covered'
  | 'summary'
  | 'disclaimer'
  | 'entry_members'
  | 'first_entry'
  | 'seq'
  | 'broken_link'
  | 'hash'
  | 'signature'
  | 'controls';

export const ACTTRACE_PROBLEMS: Readonly<Record<ActtraceProblemCode, string>> = {
  empty: 'Nothing was recorded, or all of it was taken away.',
  line_encoding: 'The writer writes UTF-8; these bytes are something else.',
  line_too_long: 'No entry is as long as this line.',
  line_json: 'The line cannot be read; it is damaged, cut, or something else.',
  line_form: 'The line says what it says in another spelling than the writer gives it: somebody else wrote it.',
  meta_missing: 'Without a header nothing shows how many entries there were: the end may have been cut off.',
  meta_misplaced: 'The header is the first line and the only one; this one was moved or added.',
  meta_members: 'The header has members that the writer does not write, or lacks some.',
  meta_signature: 'The header is not by the holder of the key: what it says of system, head and number is forged.',
  meta_disagrees: 'The header names another system or risk tier than the chain does.',
  head_hash: 'The chain ends with another entry than the header says: entries were cut off or added.',
  entries: 'The header counts another number of entries: some were cut off or added.',
  framework: 'The header names a framework that the writer does not know. Nobody signs this member.',
  controls_covered: 'The list of controls was changed. Nobody signs it.',
  summary: 'The totals were changed. Nobody signs them.',
  disclaimer: 'The disclaimer was changed. Nobody signs it.',
  entry_members: 'The entry has members that the writer does not write, or lacks some. Nobody signs further members.',
  first_entry: 'A chain begins with audit_open, and has no other.',
  seq: 'Entries are numbered from 0; acttrace itself does not ask for that.',
  broken_link: 'Entries were removed, inserted or moved here.',
  hash: 'The entry was altered.',
  signature: 'The entry is not by the holder of the key.',
  controls: 'The controls beside the entry are not those that acttrace gives to its type. Nobody signs them.',
};

export interface ActtraceProblem {
  readonly code: ActtraceProblemCode;
  /** From 1. */
  readonly line: number;
  readonly seq?: number;
  /** What was found. Text from the file in it is shortened and JSON-escaped. */
  readonly what: string;
  readonly means: string;
}

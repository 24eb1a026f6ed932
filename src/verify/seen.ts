import type { Annotations } from '../frameworks/index.ts';
import type { JsonObject } from '../json.ts';
import type { CheckedEntry } from './rules.ts';

/**
 * An entry as it passes while a file is verified: its shape is checked, and what it is worth is what the report says at
 * the end. Its texts come from whoever made the file.
 */
export interface SeenEntry {
  readonly entry: CheckedEntry;
  /** The segment that it stands in; undefined where the file does not say. */
  readonly segment: string | undefined;
  /** The log that it is of, by the header of the pack or the `audit_open` of the segment. */
  readonly log?: string | undefined;
  /** Its own bytes, until the call returns: copy what is kept. */
  readonly bytes: Uint8Array;
  /** Its line in the file, from 1. */
  readonly line: number;
  /** The controls that it bears on, recomputed; undefined in a segment, and where the catalogue is not known. */
  readonly controls?: Annotations | undefined;
  /** What stands beside it in a pack. */
  readonly beside?: JsonObject | undefined;
}

/** Told each entry while a file is verified, in order. */
export type OnEntry = (seen: SeenEntry) => void;

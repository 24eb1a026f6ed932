import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';

import { directorySink } from '../../exporters/segment-file.ts';
import { isObject } from '../canonical.ts';
import { MAX_LINE_BYTES, type EntryType } from '../entry.ts';
import { SpansealError } from '../error.ts';
import type { JsonObject } from '../json.ts';
import { segmentOfFile } from '../names.ts';
import { MAX_PACK_LINE_BYTES } from '../pack-header.ts';
import { READ_BYTES, segmentBytes } from '../sink.ts';
import { unreadable } from '../unreadable.ts';
import { parseJson } from '../verify/json.ts';
import { LineSplitter } from '../verify/lines.ts';
import { entryStart } from '../verify/pack.ts';
import { entryProblem } from '../verify/rules.ts';

/** What stands in a segment, a directory or a pack, line by line and unverified. */

export interface ReadEntry {
  readonly seq: number;
  readonly ts: string;
  readonly type: EntryType;
  readonly payload: JsonObject;
  readonly decision_id?: string;
  readonly span_id?: string;
  readonly sd?: JsonObject;
}

export type Found =
  | { readonly kind: 'pack'; readonly header: JsonObject }
  /** A segment begins. */
  | { readonly kind: 'segment'; readonly segment: string }
  /** `text` is the line of the segment. */
  | { readonly kind: 'entry'; readonly entry: ReadEntry; readonly text: string }
  /** A line that is none of what can stand there; `unfinished` if the file ends in it. */
  | {
      readonly kind: 'other';
      readonly file: string;
      readonly line: number;
      readonly what: string;
      readonly unfinished: boolean;
    };

const ENTRY_MEMBER_LENGTH = '"entry":'.length;

/**
 * Reads whatever holds entries. Memory stays flat.
 *
 * @throws SpansealError `UNREADABLE`
 */
export async function* readEntries(path: string): AsyncGenerator<Found, void, undefined> {
  try {
    if (statSync(path).isDirectory()) yield* readDirectory(path);
    else yield* readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function* readDirectory(path: string): AsyncGenerator<Found, void, undefined> {
  const sink = directorySink(path);
  const segments = sink.list();
  if (segments.length === 0) {
    throw new SpansealError('UNREADABLE', `There is no segment in ${path}; give the directory of a log.`);
  }
  for (const segment of segments) {
    yield { kind: 'segment', segment };
    yield* readLines(segmentBytes(sink, segment), `${segment}.jsonl`, MAX_LINE_BYTES, fromSegmentLine);
  }
}

const PACK_START = Buffer.from('{"pack":{');

async function* readFile(path: string): AsyncGenerator<Found, void, undefined> {
  const file = basename(path);
  const stream = createReadStream(path, { highWaterMark: READ_BYTES });
  const segment = segmentOfFile(file);
  let isPack: boolean | undefined;
  const read: LineReader = (bytes) => {
    isPack ??= PACK_START.every((byte, index) => bytes[index] === byte);
    return isPack ? fromPackLine(bytes) : fromSegmentLine(bytes);
  };
  if (segment !== undefined) yield { kind: 'segment', segment };
  yield* readLines(stream, file, MAX_PACK_LINE_BYTES, read);
}

/** Why a line is nothing, what it is, or `undefined` for what is of no interest. */
type LineReader = (bytes: Uint8Array) => Found | string | undefined;

async function* readLines(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  maxBytes: number,
  read: LineReader,
): AsyncGenerator<Found, void, undefined> {
  const splitter = new LineSplitter(maxBytes);
  let line = 0;
  for await (const piece of bytes) {
    for (const { bytes: lineBytes } of splitter.push(piece)) {
      line++;
      const found = read(lineBytes);
      if (typeof found === 'string') yield { kind: 'other', file, line, what: found, unfinished: false };
      else if (found !== undefined) yield found;
    }
  }
  if (splitter.end() !== undefined)
    yield {
      kind: 'other',
      file,
      line: line + 1,
      what: 'an unfinished line: it is torn, or being written',
      unfinished: true,
    };
}

function fromSegmentLine(bytes: Uint8Array): Found | string {
  const parsed = parseJson(bytes, MAX_LINE_BYTES);
  if (!parsed.ok) return 'no entry: not a line of JSON within the limits of the format';
  const problem = entryProblem(parsed.value);
  if (problem !== undefined) return `no entry: ${problem}`;
  return { kind: 'entry', entry: parsed.value as unknown as ReadEntry, text: parsed.text };
}

function fromPackLine(bytes: Uint8Array): Found | string | undefined {
  const entryAt = entryStart(bytes);
  if (entryAt !== undefined) return fromSegmentLine(bytes.subarray(entryAt + ENTRY_MEMBER_LENGTH, -1));
  const parsed = parseJson(bytes, MAX_PACK_LINE_BYTES);
  if (!parsed.ok || !isObject(parsed.value)) return 'no line of a pack';
  const { pack, segment, summary, attestation } = parsed.value;
  if (isObject(pack)) return { kind: 'pack', header: pack };
  if (isObject(segment) && typeof segment['name'] === 'string') return { kind: 'segment', segment: segment['name'] };
  return isObject(summary) || isObject(attestation) ? undefined : 'no line of a pack';
}

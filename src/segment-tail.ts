import { encodeBase64 } from './base64.ts';
import { isObject } from './canonical.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { FORMAT_VERSION, MAX_LINE_BYTES, type EntryType, type Sibling } from './entry.ts';
import { textOf, type JsonObject, type JsonValue } from './json.ts';
import { isTime } from './names.ts';
import type { SegmentReader, Sink } from './sink.ts';
import { parseJson } from './verify/json.ts';
import { entryProblem } from './verify/rules.ts';

/**
 * What a segment's end says, without reading the segment: its last seal, and whether it is closed. A citation is never
 * more than what was seen, so that a file that does not hold what it should is cited with size 0.
 */

/** The last seal, and the audit_close before it, stand within so many bytes, if the segment is closed; … */
const FIRST_STEP_BYTES = 8_192;
/** … else it is looked for in steps of this size at most. */
const MAX_STEP_BYTES = 131_072;

/** How far back a seal is looked for. A writer seals every 1,024 entries or every second. */
const MAX_TAIL_BYTES = 4_194_304;

const NEW_LINE = 0x0a;

/** Reads the end of a segment for a citation in another's `audit_open`. */
export function citeSegment(sink: Sink, segment: string): Sibling {
  const none: Sibling = { segment, size: 0, closed: false };
  let reader: SegmentReader | undefined;
  try {
    reader = sink.open(segment);
    return readTail(reader, segment) ?? none;
  } catch {
    return none;
  } finally {
    reader?.close();
  }
}

function readTail(reader: SegmentReader, segment: string): Sibling | undefined {
  let closing: Seal | undefined;
  for (const { line, isLast } of linesFromEnd(reader)) {
    // Only the closing seal covers all that stands before it and follows an audit_close.
    if (closing !== undefined)
      return cited(segment, closing, endsAs(line, CLOSE_END) && parseEntry(line) !== undefined);
    // Most lines are no seals, and are not parsed to know it.
    const entry = endsAs(line, SEAL_END) ? parseEntry(line) : undefined;
    if (entry === undefined) continue;
    const seal = sealOf(entry, segment);
    if (seal === undefined) return undefined;
    // A size that is its own seq is its mark, and the verifier checks the rest.
    if (!isLast || seal.size !== entry['seq']) return cited(segment, seal, false);
    closing = seal;
  }
  return closing && cited(segment, closing, false);
}

function cited(segment: string, { size, root, last }: Seal, closed: boolean): Sibling {
  return { segment, size, root, last, closed };
}

/** How the line of an entry of a type ends: its last members in canonical order. */
const SEAL_END = endOf('seal');
const CLOSE_END = endOf('audit_close');

function endOf(type: EntryType): Uint8Array {
  return new TextEncoder().encode(`,"type":"${type}","v":${FORMAT_VERSION}}`);
}

function endsAs(line: Uint8Array, end: Uint8Array): boolean {
  const start = line.length - end.length;
  for (let index = 0; index < end.length; index++) if (line[start + index] !== end[index]) return false;
  return true;
}

/** The signed note of the last seal of a segment; `undefined` without one. */
export function lastCheckpoint(sink: Sink, segment: string): string | undefined {
  let reader: SegmentReader | undefined;
  try {
    reader = sink.open(segment);
    for (const { line } of linesFromEnd(reader)) {
      const entry = endsAs(line, SEAL_END) ? parseEntry(line) : undefined;
      if (entry !== undefined) return sealOf(entry, segment)?.text;
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    reader?.close();
  }
}

interface Seal {
  readonly text: string;
  readonly size: number;
  readonly root: string;
  readonly last: string;
}

function sealOf(entry: JsonObject, segment: string): Seal | undefined {
  const payload = entry['payload'];
  const text = isObject(payload) ? textOf(payload['checkpoint']) : '';
  const checkpoint = parseCheckpoint(text);
  const last = textOf(entry['ts']);
  if (checkpoint === undefined || !checkpoint.origin.endsWith(`/${segment}`) || !isTime(last)) return undefined;
  return { text, size: checkpoint.size, root: encodeBase64(checkpoint.root), last };
}

function parseEntry(line: Uint8Array): JsonObject | undefined {
  const parsed = parseJson(line, MAX_LINE_BYTES);
  if (!parsed.ok || entryProblem(parsed.value) !== undefined) return undefined;
  return parsed.value as JsonObject;
}

/** Whole lines from the end to the start, a torn tail left out. */
function* linesFromEnd(reader: SegmentReader): Generator<{ line: Uint8Array; isLast: boolean }> {
  let end = reader.bytes;
  let held: Uint8Array = new Uint8Array(0);
  let started = false;
  let isLast = true;
  let step = FIRST_STEP_BYTES;
  for (const limit = Math.max(0, end - MAX_TAIL_BYTES); end > limit;) {
    const start = Math.max(limit, end - step);
    step = Math.min(2 * step, MAX_STEP_BYTES);
    const piece = new Uint8Array(end - start);
    reader.read(piece, start);
    held = Buffer.concat([piece, held]);
    end = start;
    for (let at = held.lastIndexOf(NEW_LINE); at >= 0; at = held.lastIndexOf(NEW_LINE)) {
      if (started) {
        yield { line: held.subarray(at + 1), isLast };
        isLast = false;
      } else if (at < held.length - 1) {
        // Bytes behind the last line feed: torn, or still being written.
        isLast = false;
      }
      started = true;
      held = held.subarray(0, at);
    }
  }
  if (started && end === 0 && held.length > 0) yield { line: held, isLast };
}

/** The `audit_open` of a segment; `undefined` if its first line is none. */
export function readOpening(sink: Sink, segment: string): JsonObject | undefined {
  const head = readHead(sink, segment);
  const end = head?.indexOf(NEW_LINE) ?? -1;
  const entry = head === undefined || end < 0 ? undefined : parseEntry(head.subarray(0, end));
  const payload: JsonValue | undefined = entry?.['type'] === 'audit_open' ? entry['payload'] : undefined;
  return isObject(payload) ? payload : undefined;
}

/** Whether a segment has any whole line. One that cannot be read may have some. */
export function hasLine(sink: Sink, segment: string): boolean {
  const head = readHead(sink, segment);
  return head === undefined || head.length > MAX_LINE_BYTES || head.includes(NEW_LINE);
}

/** The beginning of a segment, one byte more than a line may have; `undefined` if it cannot be read. */
function readHead(sink: Sink, segment: string): Uint8Array | undefined {
  let reader: SegmentReader | undefined;
  try {
    reader = sink.open(segment);
    const head = new Uint8Array(Math.min(reader.bytes, MAX_LINE_BYTES + 1));
    reader.read(head, 0);
    return head;
  } catch {
    return undefined;
  } finally {
    reader?.close();
  }
}

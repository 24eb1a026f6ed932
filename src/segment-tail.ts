import { encodeBase64 } from './base64.ts';
import { isObject } from './canonical.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { MAX_LINE_BYTES, type Sibling } from './entry.ts';
import { textOf, type JsonObject, type JsonValue } from './json.ts';
import { isTime } from './names.ts';
import type { SegmentReader, Sink } from './sink.ts';
import { parseJson } from './verify/json.ts';
import { entryProblem } from './verify/rules.ts';

/**
 * What a segment's end says, without reading the segment: its last seal, and whether it is closed. A citation is never
 * more than what was seen, so that a file that does not hold what it should is cited with size 0.
 */

const STEP_BYTES = 131_072;

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
  let closable = true;
  for (const { line, isLast } of linesFromEnd(reader)) {
    const entry = parseEntry(line);
    if (entry?.['type'] !== 'seal') {
      closable &&= !isLast;
      continue;
    }
    const seal = sealOf(entry, segment);
    if (seal === undefined) return undefined;
    const { size, root, last } = seal;
    // Only the closing seal covers all that stands before it and follows an audit_close; a size that is its own seq
    // is its mark, and the verifier checks the rest.
    const closed = closable && isLast && seal.size === entry['seq'] && precededByClose(reader, line.length + 1);
    return { segment, size, root, last, closed };
  }
  return undefined;
}

/** The signed note of the last seal of a segment; `undefined` without one. */
export function lastCheckpoint(sink: Sink, segment: string): string | undefined {
  let reader: SegmentReader | undefined;
  try {
    reader = sink.open(segment);
    for (const { line } of linesFromEnd(reader)) {
      const entry = parseEntry(line);
      if (entry?.['type'] === 'seal') return sealOf(entry, segment)?.text;
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    reader?.close();
  }
}

function sealOf(
  entry: JsonObject,
  segment: string,
): { text: string; size: number; root: string; last: string } | undefined {
  const payload = entry['payload'];
  const text = isObject(payload) ? textOf(payload['checkpoint']) : '';
  const checkpoint = parseCheckpoint(text);
  const last = textOf(entry['ts']);
  if (checkpoint === undefined || !checkpoint.origin.endsWith(`/${segment}`) || !isTime(last)) return undefined;
  return { text, size: checkpoint.size, root: encodeBase64(checkpoint.root), last };
}

function precededByClose(reader: SegmentReader, after: number): boolean {
  for (const { line } of linesFromEnd(reader, after)) return parseEntry(line)?.['type'] === 'audit_close';
  return false;
}

function parseEntry(line: Uint8Array): JsonObject | undefined {
  const parsed = parseJson(line, MAX_LINE_BYTES);
  if (!parsed.ok || entryProblem(parsed.value) !== undefined) return undefined;
  return parsed.value as JsonObject;
}

/** Whole lines from the end to the start, a torn tail left out. */
function* linesFromEnd(reader: SegmentReader, skipped = 0): Generator<{ line: Uint8Array; isLast: boolean }> {
  let end = reader.bytes - skipped;
  let held: Uint8Array = new Uint8Array(0);
  let started = false;
  let isLast = true;
  for (const limit = Math.max(0, end - MAX_TAIL_BYTES); end > limit;) {
    const start = Math.max(limit, end - STEP_BYTES);
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
  let reader: SegmentReader | undefined;
  try {
    reader = sink.open(segment);
    const head = new Uint8Array(Math.min(reader.bytes, MAX_LINE_BYTES + 1));
    reader.read(head, 0);
    const end = head.indexOf(NEW_LINE);
    const entry = end < 0 ? undefined : parseEntry(head.subarray(0, end));
    const payload: JsonValue | undefined = entry?.['type'] === 'audit_open' ? entry['payload'] : undefined;
    return isObject(payload) ? payload : undefined;
  } catch {
    return undefined;
  } finally {
    reader?.close();
  }
}

/** Whether a segment has any whole line. One that cannot be read may have some. */
export function hasLine(sink: Sink, segment: string): boolean {
  let reader: SegmentReader | undefined;
  try {
    reader = sink.open(segment);
    const head = new Uint8Array(Math.min(reader.bytes, MAX_LINE_BYTES + 1));
    reader.read(head, 0);
    return reader.bytes > MAX_LINE_BYTES || head.includes(NEW_LINE);
  } catch {
    return true;
  } finally {
    reader?.close();
  }
}

import { canonicalize } from './canonical.ts';
import { MAX_LINE_BYTES, type EntryType } from './entry.ts';
import type { JsonValue } from './json.ts';
import type { LossyMarks } from './normalise.ts';
import { pointer } from './pointer.ts';
import { isRequired } from './required-members.ts';

/**
 * Cuts a payload that does not fit a line, and says so in `lossy` (`cut:<bytes it had>`): first the longest texts, all
 * to one length, then whole members, the largest first. Off the hot path: ordinary entries never come here.
 */

/** Texts are not cut below this many bytes; what is still too long then loses whole members. */
const SHORTEST_TEXT_BYTES = 64;

/** What a mark costs beside its pointer: `"":"cut:1234567",` */
const MARK_BYTES = 24;

interface Fitted {
  readonly payload: string;
  readonly marks: LossyMarks;
}

type Mutable = { [member: string]: JsonValue } | JsonValue[];

interface Text {
  readonly holder: Mutable;
  readonly key: string | number;
  readonly pointer: string;
  readonly text: string;
  /** In a line: UTF-8, escaped, without its quotes. */
  readonly bytes: number;
}

/** @param room - bytes that payload and marks may take together, as canonical JSON */
export function fitPayload(type: EntryType, payload: string, marks: LossyMarks, room: number): Fitted {
  const tree = JSON.parse(payload) as { [member: string]: JsonValue };
  const fitted: LossyMarks = { ...marks };
  const excess = (): number => Buffer.byteLength(canonicalize(tree)) + Buffer.byteLength(canonicalize(fitted)) - room;
  cutTexts(tree, fitted, excess());
  while (excess() > 0 && dropLargestMember(type, tree, fitted));
  // Where there were more texts than marks fit a line, what must stay may still be long.
  cutTexts(tree, fitted, excess());
  return { payload: canonicalize(tree), marks: fitted };
}

function cutTexts(tree: Mutable, marks: LossyMarks, excess: number): void {
  if (excess <= 0) return;
  const texts = [...textsIn(tree, ['payload'])].sort((left, right) => right.bytes - left.bytes);
  // The n longest texts, cut to one level, must give back the excess and pay for their marks.
  let bytes = 0;
  let marksBytes = 0;
  let count = 0;
  let level = SHORTEST_TEXT_BYTES;
  for (const text of texts) {
    bytes += text.bytes;
    marksBytes += MARK_BYTES + text.pointer.length;
    count++;
    // More marks than a line holds: then whole members have to go, and no text is worth the effort.
    if (marksBytes > MAX_LINE_BYTES) return;
    const next = texts[count]?.bytes ?? 0;
    level = Math.floor((bytes - excess - marksBytes) / count);
    if (level >= next || next <= SHORTEST_TEXT_BYTES) break;
  }
  level = Math.max(level, SHORTEST_TEXT_BYTES);
  for (const text of texts.slice(0, count)) {
    if (text.bytes <= level) continue;
    (text.holder as { [key: string | number]: JsonValue })[text.key] = cutText(text.text, level);
    if (marks[text.pointer]?.startsWith('cut:') !== true) marks[text.pointer] = `cut:${Buffer.byteLength(text.text)}`;
  }
}

function* textsIn(value: Mutable, path: (string | number)[]): Generator<Text> {
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    const member = (value as { [key: string | number]: JsonValue })[key];
    if (typeof member === 'string') {
      const bytes = escapedBytes(member);
      if (bytes > SHORTEST_TEXT_BYTES) {
        yield { holder: value, key, pointer: pointer([...path, key]), text: member, bytes };
      }
    } else if (typeof member === 'object' && member !== null) {
      yield* textsIn(member as Mutable, [...path, key]);
    }
  }
}

/** The longest beginning of a text that takes at most `bytes` in a line and ends with a whole character. */
function cutText(text: string, bytes: number): string {
  let end = Math.min(text.length, bytes);
  for (;;) {
    let cut = text.slice(0, end);
    if (!cut.isWellFormed()) cut = cut.slice(0, -1);
    const over = escapedBytes(cut) - bytes;
    if (over <= 0) return cut;
    // A character takes at most six bytes: one step never cuts too much.
    end = cut.length - Math.max(1, Math.floor(over / 6));
  }
}

function escapedBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/** @returns false if nothing is left that may go */
function dropLargestMember(type: EntryType, tree: { [member: string]: JsonValue }, marks: LossyMarks): boolean {
  let largest: string | undefined;
  let bytes = 0;
  for (const [member, value] of Object.entries(tree)) {
    // Without it the line would be no entry.
    if (value === null || isRequired(type, member)) continue;
    const at = pointer(['payload', member]);
    const below = Object.keys(marks).filter((marked) => marked.startsWith(`${at}/`));
    // Marks below a member go with it: ten thousand of them are as much a reason as a long text.
    const size = Buffer.byteLength(canonicalize(value)) + below.reduce((sum, marked) => sum + marked.length, 0);
    if (size > bytes) [largest, bytes] = [member, size];
  }
  if (largest === undefined) return false;
  const at = pointer(['payload', largest]);
  for (const marked of Object.keys(marks)) if (marked.startsWith(`${at}/`)) delete marks[marked];
  marks[at] = `cut:${Buffer.byteLength(canonicalize(tree[largest] ?? null))}`;
  tree[largest] = null;
  return true;
}

import type { EntryType } from './entry.ts';
import type { JsonObject } from './json.ts';
import { isPointer, parentOf, pathOf } from './pointer.ts';
import { quoted } from './verify/problem.ts';

/** What may be withheld of an entry, and how it is committed to: docs/format.md section 5, for writer and verifier. */

/** Longest disclosure, in characters. */
export const MAX_DISCLOSURE_CHARS = 1_048_576;

/** Longest line of a file of disclosures: a pointer is no longer than an entry, and escaped at most. */
export const MAX_DISCLOSURE_LINE_BYTES: number = MAX_DISCLOSURE_CHARS + 131_072;

/** Types that withhold nothing: the log's own word. */
export const NEVER_WITHHOLDING: ReadonlySet<string> = new Set<EntryType>([
  'audit_open',
  'audit_close',
  'seal',
  'tally',
  'gap',
  'recovery',
  'clock_step',
  'erasure',
  'retention',
  'anchor',
  'custody',
]);

/** Members of a payload that say what happened: with all that is in them. */
const NEVER_WITHHELD: ReadonlySet<string> = new Set([
  'outcome',
  'action',
  'role',
  'severity',
  'call_id',
  'span',
  'usage',
]);

/** What keeps a pointer from being one of a withheld value of an entry of this type; `undefined` if nothing does. */
export function pointerProblem(type: string, pointer: string): string | undefined {
  if (!pointer.startsWith('/payload/') || !isPointer(pointer)) return 'is no pointer below /payload/';
  const path = pathOf(pointer);
  const member = path[1] ?? '';
  if (NEVER_WITHHELD.has(member) || (type === 'decision_end' && member === 'result')) return 'is never withheld';
  // Who applies a disclosure by plain assignment would change all objects.
  return path.includes('__proto__') ? 'points into a prototype' : undefined;
}

/** What keeps the `sd` of an entry from being one; its grammar has been checked. */
export function withheldProblem(type: string, payload: JsonObject, pointers: Iterable<string>): string | undefined {
  if (NEVER_WITHHOLDING.has(type)) return `an entry of type ${type} withholds nothing`;
  const entry = { payload };
  for (const pointer of pointers) {
    const problem = pointerProblem(type, pointer);
    if (problem !== undefined) return `${quoted(pointer)} ${problem}`;
    const path = pathOf(pointer);
    const parent = parentOf(entry, path);
    if (parent === undefined) return `${quoted(pointer)} has no object around it`;
    if (Object.hasOwn(parent, path.at(-1) ?? '')) return `${quoted(pointer)} is there, and cannot be withheld`;
  }
  return undefined;
}

import { DETECTORS, DETECTOR_NAMES } from './detectors.ts';
import type { Redaction } from './redactor.ts';

/** A stretch of the text to take out; `detector` is an index into {@link DETECTORS}. */
interface Find {
  readonly start: number;
  readonly end: number;
  readonly detector: number;
}

const NOTHING: readonly string[] = [];

/** Two passes are the most that was ever needed. */
const MAX_PASSES = 4;

/**
 * The one question that almost every text ends with: does any trigger stand in it? `@` is asked apart, because without
 * it all triggers have three characters and more, and the engine steps over the text: 1.7 instead of 2.1 µs for 1 kB.
 */
const ANY_TRIGGER = new RegExp(
  [...new Set(DETECTORS.flatMap((detector) => detector.triggers))].filter((trigger) => trigger !== '@').join('|'),
);

function isClean(text: string): boolean {
  // `triage@v3` is neither an address nor a URL.
  if (text.includes('@') && (text.includes('.') || text.includes('://'))) return false;
  return !ANY_TRIGGER.test(text);
}

/**
 * Replaces e-mail addresses, keys, tokens, private keys and passwords in URLs by `[redacted:<category>]`.
 *
 * A text without any is returned as it is. Redacting the result again changes nothing. Finds patterns, not meaning: a
 * secret without a known shape, or one that is split or disguised, stays.
 */
export function defaultRedactor(text: string): Redaction {
  const categories = new Set<string>();
  let redacted = text;
  // What looked like part of one find may be one of its own when that is gone: an address behind a key in a URL.
  for (let pass = 0; pass < MAX_PASSES && !isClean(redacted); pass++) {
    const finds = findAll(redacted);
    if (finds.length === 0) break;
    for (const find of finds) categories.add(nameOf(find));
    redacted = without(redacted, merge(finds));
  }
  if (categories.size === 0) return { text, categories: NOTHING };
  return { text: redacted, categories: DETECTOR_NAMES.filter((name) => categories.has(name)) };
}

function without(text: string, finds: readonly Find[]): string {
  let redacted = '';
  let kept = 0;
  for (const find of finds) {
    redacted += `${text.slice(kept, find.start)}[redacted:${nameOf(find)}]`;
    kept = find.end;
  }
  return redacted + text.slice(kept);
}

function nameOf(find: Find): string {
  return DETECTORS[find.detector]!.name;
}

function findAll(text: string): Find[] {
  const finds: Find[] = [];
  for (let detector = 0; detector < DETECTORS.length; detector++) {
    const { triggers, besides, pattern } = DETECTORS[detector]!;
    if ((besides !== undefined && !text.includes(besides)) || !hasAny(text, triggers)) continue;
    // Not by matchAll, which makes another regular expression each time.
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const start = match.indices?.groups?.['from']?.[0] ?? match.index;
      finds.push({ start, end: match.index + match[0].length, detector });
    }
  }
  return finds;
}

function hasAny(text: string, triggers: readonly string[]): boolean {
  for (const trigger of triggers) if (text.includes(trigger)) return true;
  return false;
}

/** Finds that overlap become one, so that no rest of either stays; it bears the name that stands first. */
function merge(finds: readonly Find[]): Find[] {
  const merged: Find[] = [];
  for (const find of finds.toSorted((left, right) => left.start - right.start)) {
    const last = merged.at(-1);
    if (last === undefined || find.start >= last.end) {
      merged.push(find);
      continue;
    }
    const end = Math.max(last.end, find.end);
    merged[merged.length - 1] = { start: last.start, end, detector: Math.min(last.detector, find.detector) };
  }
  return merged;
}

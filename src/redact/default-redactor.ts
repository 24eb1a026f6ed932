import type { Category } from '../detect/categories.ts';
import type { DetectorDocument } from '../detect/detector.ts';
import { merged, PatternScanner } from '../detect/scanner.ts';
import type { Redaction } from './redactor.ts';

/** The categories that {@link defaultRedactor} takes out, in the order in which it reports them. */
export const DEFAULT_CATEGORIES: readonly Category[] = [
  'private_key',
  'bearer_token',
  'jwt',
  'api_key',
  'aws_key',
  'google_api_key',
  'github_token',
  'slack_token',
  'password',
  'credit_card',
  'iban',
  'us_ssn',
  'uk_nino',
  'in_aadhaar',
  'national_id',
  'phone',
  'email',
];

const NOTHING: readonly string[] = [];

/** Two passes are the most that was ever needed; the property tests would say if that is not so any more. */
const MAX_PASSES = 6;

let made: PatternScanner | undefined;

function scanner(): PatternScanner {
  return (made ??= new PatternScanner({ categories: DEFAULT_CATEGORIES }));
}

/** The detectors of {@link defaultRedactor} as a JSON array, whose digest says which rules a log was redacted by. */
export function detectorsDocument(): readonly DetectorDocument[] {
  return scanner().document;
}

/**
 * Replaces keys, tokens, private keys, passwords, numbers of cards, accounts, phones and people, and e-mail addresses by
 * `[redacted:<category>]`.
 *
 * A text without any is returned as it is. Redacting the result again changes nothing. Finds patterns, not meaning: a
 * secret without a known shape, or one that is split, stays.
 */
export function defaultRedactor(text: string): Redaction {
  let categories: Set<string> | undefined;
  let redacted = text;
  // What looked like part of one find may be one of its own when that is gone: an address behind a key in a URL.
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const finds = scanner().findEach(redacted);
    if (finds.length === 0) break;
    categories ??= new Set();
    for (const find of finds) categories.add(find.category);
    redacted = without(redacted, merged(finds));
  }
  if (categories === undefined) return { text, categories: NOTHING };
  return { text: redacted, categories: DEFAULT_CATEGORIES.filter((name) => categories.has(name)) };
}

function without(text: string, finds: ReturnType<typeof merged>): string {
  let redacted = '';
  let kept = 0;
  for (const find of finds) {
    redacted += `${text.slice(kept, find.start)}[redacted:${find.category}]`;
    kept = find.end;
  }
  return redacted + text.slice(kept);
}

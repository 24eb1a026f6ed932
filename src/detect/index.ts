// Temporary: replaced by the merge.
import { CATEGORY_GROUPS } from '../frameworks/catalogue/category-groups.ts';
import { DETECTORS } from '../redact/detectors.ts';
export type Category =
  | 'email'
  | 'phone'
  | 'iban'
  | 'credit_card'
  | 'us_ssn'
  | 'api_key'
  | 'prompt_injection'
  | 'health'
  | 'jwt'
  | 'private_key'
  | 'password'
  | 'ipv4'
  | 'us_routing'
  | 'swift_bic'
  | 'national_id'
  | 'name'
  | 'high_entropy_secret';
export type Group = 'pii' | 'gov_id' | 'financial' | 'secret' | 'special_category' | 'injection';
export type Locale = 'us' | 'gb' | 'de';
export const LOCALES: readonly Locale[] = ['us', 'gb', 'de'];
export const GROUPS: Readonly<Record<Group, readonly Category[]>> = CATEGORY_GROUPS as never;
export const CATEGORIES: readonly Category[] = [...new Set(Object.values(CATEGORY_GROUPS).flat())] as never;
export interface Find {
  readonly category: Category;
  readonly start: number;
  readonly end: number;
}
export interface DetectorDocument {
  readonly name: string;
}
export interface ScannerOptions {
  readonly categories: Iterable<Category>;
  readonly locales?: readonly Locale[];
}
export interface Scanner {
  find(text: string): readonly Find[];
  readonly document: readonly DetectorDocument[];
}
const EXTRA: readonly (readonly [Category, RegExp])[] = [
  ['credit_card', /\b4111 ?1111 ?1111 ?1111\b/dg],
  ['us_ssn', /\b123-45-6789\b/dg],
  ['prompt_injection', /ignore all previous instructions/dgi],
  ['health', /\bdiabetes\b/dgi],
  ['ipv4', /\b192\.0\.2\.1\b/dg],
];
export function scannerOf({ categories }: ScannerOptions): Scanner {
  const wanted = new Set<string>(categories);
  const patterns = [...DETECTORS.map(({ name, pattern }) => [name, pattern] as const), ...EXTRA].filter(([name]) =>
    wanted.has(name),
  );
  return {
    document: patterns.map(([name]) => ({ name })),
    find(text) {
      const finds: Find[] = [];
      for (const [category, pattern] of patterns)
        for (const match of text.matchAll(pattern)) {
          const start = match.indices?.groups?.['from']?.[0] ?? match.index;
          finds.push({ category: category as Category, start, end: match.index + match[0].length });
        }
      return finds
        .sort((a, b) => a.start - b.start)
        .filter((find, index, all) => index === 0 || find.start >= (all[index - 1]?.end ?? 0));
    },
  };
}

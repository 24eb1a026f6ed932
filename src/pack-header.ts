import type { JsonObject, JsonValue } from './json.ts';

/** What the first line of a pack says of it (docs/format.md section 6). */
export interface PackHeader extends JsonObject {
  readonly v: 1;
  readonly pack_id: string;
  readonly created: string;
  readonly generator: { readonly name: string; readonly version: string };
  readonly log: string;
  readonly system: string;
  readonly environment: string;
  readonly key: string | null;
  readonly selection: { readonly kind: 'all' | 'period' } | { readonly kind: 'decision'; readonly decision_id: string };
  readonly frameworks: readonly { readonly id: string; readonly version: string; readonly digest: string }[];
  readonly catalogue: { readonly version: string; readonly as_of: string; readonly digest: string };
  readonly disclaimer: string;
}

/** Members that the header takes over from the last `audit_open` of the pack. */
export const DECLARED_HEADER_MEMBERS = ['risk_tier', 'environment', 'operator', 'legal_role'] as const;

/** What an `audit_open` declares, for the header: what is no text there is not taken over. */
export function declaredText(
  opening: Readonly<Record<string, JsonValue | undefined>>,
  member: (typeof DECLARED_HEADER_MEMBERS)[number],
): string | undefined {
  const value = opening[member];
  return typeof value === 'string' ? value : undefined;
}

/** Version of the pack format. */
export const PACK_VERSION = 1;

/** Longest header line, and longest other line, in bytes. */
export const MAX_HEADER_BYTES = 65_535;
export const MAX_PACK_LINE_BYTES = 4_194_304;

/** What a pack is not; part of every header. */
export const DISCLAIMER: string =
  'These records can be used as audit evidence and may support a requirement or control. They do not show that the ' +
  'application told the truth, that every AI call was instrumented, or that any requirement is met.';

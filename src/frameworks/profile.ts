import { didYouMeanCode } from '../did-you-mean.ts';
import { isObject } from '../canonical.ts';
import type { JsonObject } from '../json.ts';
import { oneOf, TEXT, TEXTS, TRUTH, type Kind } from '../option-kinds.ts';

/**
 * What the operator declares of the system and of itself: it decides which controls apply, and from when.
 * What is not declared is unknown, and a condition on it does not hold.
 */
export interface Profile extends JsonObject {
  /** `provider`, `deployer`, `controller` … as in `Control.role`. */
  readonly role?: string | readonly string[];
  /** `annex_iii` or `annex_i` select the date in `applies_from`; `not_high_risk` says that neither holds. */
  readonly risk_class?: 'annex_iii' | 'annex_i' | 'not_high_risk';
  /** Points of Annex III to the AI Act, as `1a`, `5b`. */
  readonly annex_iii_points?: readonly string[];
  /** Such as `banking`; free text, for readers. */
  readonly sector?: string;
  /** ISO 3166-1, two letters; for readers. */
  readonly country?: string;
  /** The day, `YYYY-MM-DD`, for which it is asked what is in force; by default that on which a pack is made. */
  readonly date?: string;
  /** Model names as they stand in `payload.response_model`. */
  readonly approved_models?: readonly string[];
  readonly workplace?: boolean;
  readonly employer?: boolean;
  readonly public_body?: boolean;
  readonly public_service?: boolean;
  readonly public_authority?: boolean;
  readonly financial_institution?: boolean;
  readonly decisions_on_natural_persons?: boolean;
  readonly legal_or_similar_effect?: boolean;
  readonly interacts_with_persons?: boolean;
  readonly generates_synthetic_content?: boolean;
  readonly emotion_or_biometric_categorisation?: boolean;
  readonly deep_fake_or_public_interest_text?: boolean;
  /** `YYYY-MM-DD`. */
  readonly placed_on_market_at?: string;
  /** `YYYY-MM-DD`. */
  readonly significant_design_change_at?: string;
}

/** Where the profile of a system lies, by convention. */
export const DEFAULT_PROFILE_FILE = 'spanseal.profile.json';

const RISK_CLASSES = ['annex_iii', 'annex_i', 'not_high_risk'] as const;

const ROLES: Kind = { what: 'a text or an array of texts', is: (value) => TEXT.is(value) || TEXTS.is(value) };
const DAY: Kind = { what: 'a day, as 2026-09-30', is: isDay };

const MEMBERS: Readonly<Record<string, Kind>> = {
  role: ROLES,
  risk_class: oneOf(...RISK_CLASSES),
  annex_iii_points: {
    what: 'an array of points of Annex III, as "5b" or "1a"',
    is: (value) =>
      Array.isArray(value) && value.every((item) => typeof item === 'string' && /^[1-8][a-h]?$/.test(item)),
  },
  sector: TEXT,
  country: {
    what: 'a country, two capital letters, as "DE"',
    is: (value) => typeof value === 'string' && /^[A-Z]{2}$/.test(value),
  },
  date: DAY,
  approved_models: TEXTS,
  workplace: TRUTH,
  employer: TRUTH,
  public_body: TRUTH,
  public_service: TRUTH,
  public_authority: TRUTH,
  financial_institution: TRUTH,
  decisions_on_natural_persons: TRUTH,
  legal_or_similar_effect: TRUTH,
  interacts_with_persons: TRUTH,
  generates_synthetic_content: TRUTH,
  emotion_or_biometric_categorisation: TRUTH,
  deep_fake_or_public_interest_text: TRUTH,
  placed_on_market_at: DAY,
  significant_design_change_at: DAY,
};

/**
 * What is wrong with a profile, each with its member and what to write instead; none if it can be used.
 *
 * A member that this version does not know is allowed, as frameworks of your own may ask for it, unless it looks like one
 * that is misspelt: a condition on the right name would silently not hold.
 */
export function profileProblems(profile: unknown): readonly string[] {
  if (!isObject(profile as JsonObject)) return ['a profile is a JSON object'];
  return Object.entries(profile as JsonObject).flatMap(([name, value]) => {
    const kind = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
    if (kind !== undefined) return kind.is(value) ? [] : [`\`${name}\` must be ${kind.what}`];
    const meant = didYouMeanCode(name, Object.keys(MEMBERS));
    return meant === '.' ? [] : [`there is no member \`${name}\`${meant}`];
  });
}

/** @throws TypeError with all that is wrong with it */
export function checkProfile(profile: unknown, where = '`profile`'): void {
  const problems = profileProblems(profile);
  if (problems.length > 0) throw new TypeError(`${where}: ${problems.join('; ')}.`);
}

/** Whether it is a day of the calendar, `YYYY-MM-DD`. */
export function isDay(value: unknown): value is string {
  const time = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(value) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === value;
}

/**
 * Which categories belong together, for policies and for `group_any` of a framework. A category may be in two groups
 * (`iban`); `postal_address` and `special_category` are named by applications, no detector finds them.
 */
export const GROUPS = {
  pii: ['email', 'phone', 'iban', 'ipv4', 'ipv6', 'mac_address', 'name', 'postal_address'],
  gov_id: ['us_ssn', 'uk_nino', 'in_aadhaar', 'national_id'],
  financial: ['credit_card', 'iban', 'us_routing', 'swift_bic'],
  secret: [
    'api_key',
    'aws_key',
    'google_api_key',
    'jwt',
    'bearer_token',
    'github_token',
    'slack_token',
    'private_key',
    'password',
    'high_entropy_secret',
  ],
  special_category: [
    'special_category',
    'health',
    'religion',
    'ethnicity',
    'politics',
    'union',
    'sexuality',
    'biometric',
    'genetic',
  ],
  injection: ['prompt_injection', 'jailbreak', 'goal_hijack', 'memory_poisoning'],
} as const;

export type Group = keyof typeof GROUPS;

export type Category = (typeof GROUPS)[Group][number];

/** Every category, each once, in the order of {@link GROUPS}. */
export const CATEGORIES: readonly Category[] = [...new Set(Object.values(GROUPS).flat())];

/** Those that run only where they are asked for by name: they guess. */
export const OPT_IN: readonly Category[] = ['high_entropy_secret', 'name'];

import type { CategoryGroups } from '../framework.ts';

/** Which categories of a `policy_flag` belong together; a group's own name is one of its categories. */
export const CATEGORY_GROUPS: CategoryGroups = {
  pii: ['email', 'phone', 'iban', 'ipv4', 'ipv6', 'mac_address', 'name', 'postal_address'],
  gov_id: ['us_ssn', 'uk_nino', 'in_aadhaar'],
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
};

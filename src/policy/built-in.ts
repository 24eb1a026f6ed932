import type { Policy } from './policy.ts';

export type PolicyName = 'default' | 'gdpr' | 'pci' | 'strict';

/** The policy of a log, of a guard and of a scan for which none is named. */
export const DEFAULT_POLICY: PolicyName = 'default';

/**
 * Starting points, not legal advice: what a regulation asks for depends on what the texts are there for. None looks for
 * names or for texts that are secret by their entropy alone: both must be asked for.
 */
export const BUILT_IN_POLICIES: Readonly<Record<PolicyName, Policy>> = frozen({
  // What hardly ever has to be kept or sent: keys, and numbers by which somebody is known or paid.
  default: {
    name: 'default',
    version: '1',
    actions: {
      secret: 'redact',
      gov_id: 'redact',
      email: 'redact',
      phone: 'redact',
      iban: 'redact',
      credit_card: 'redact',
      injection: 'flag',
    },
  },
  // Personal data goes; a text about somebody's health, faith or origin goes whole, for the word alone says little.
  gdpr: {
    name: 'gdpr',
    version: '1',
    actions: {
      secret: 'redact',
      gov_id: 'redact',
      pii: 'redact',
      financial: 'redact',
      special_category: 'withhold',
      injection: 'flag',
    },
  },
  // PCI DSS 3: a card's number is not to be where it need not be. What else it says is counted.
  pci: {
    name: 'pci',
    version: '1',
    actions: {
      credit_card: 'block',
      secret: 'redact',
      iban: 'redact',
      us_routing: 'flag',
      swift_bic: 'allow',
      gov_id: 'flag',
      email: 'allow',
      phone: 'allow',
      injection: 'flag',
    },
  },
  // For texts in which none of it has any business.
  strict: {
    name: 'strict',
    version: '1',
    actions: {
      secret: 'block',
      gov_id: 'block',
      credit_card: 'block',
      pii: 'redact',
      financial: 'redact',
      special_category: 'withhold',
      injection: 'block',
    },
  },
});

/** Nobody disarms them for a whole process by an assignment. */
function frozen(policies: Record<PolicyName, Policy>): Readonly<Record<PolicyName, Policy>> {
  for (const policy of Object.values(policies)) Object.freeze(Object.freeze(policy).actions);
  return Object.freeze(policies);
}

import type { Policy } from './policy.ts';

export type PolicyName = 'default' | 'gdpr' | 'pci' | 'strict';

/** Of the one that is used where nobody says which. */
export const DEFAULT_POLICY: PolicyName = 'default';

/**
 * Starting points, not legal advice: what a regulation asks for depends on what the texts are there for. None looks for
 * names or for texts that are secret by their entropy alone: both must be asked for.
 */
export const BUILT_IN_POLICIES: Readonly<Record<PolicyName, Policy>> = {
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
};

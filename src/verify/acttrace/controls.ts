/**
 * The controls that acttrace writes beside an entry: by its type, and of a policy flag by the categories that it names.
 * Data of acttrace (Apache-2.0), as its versions 1.14 (Python) and 3.0 (JavaScript) have it.
 */

type ByType = Readonly<Record<string, readonly string[]>>;

const BY_TYPE: Readonly<Record<string, ByType>> = {
  eu_ai_act: {
    audit_open: ['Art.12 record-keeping', 'Art.19 automatically generated logs'],
    decision: ['Art.12 record-keeping', 'Art.13 transparency'],
    decision_record: ['Art.12 record-keeping', 'Art.13 transparency'],
    decision_end: ['Art.12 record-keeping'],
    llm_call: ['Art.12 logging', 'Art.19 automatically generated logs', 'Art.72 post-market monitoring'],
    tool_call: ['Art.12 logging', 'Art.19 automatically generated logs'],
    context_assembly: ['Art.12 logging', 'Art.13 transparency'],
    human_oversight: ['Art.14 human oversight', 'Art.26(5) deployer oversight'],
    policy_flag: ['Art.10 data governance', 'Art.12 record-keeping'],
    budget_event: ['Art.12 record-keeping', 'Art.72 post-market monitoring'],
    compression: ['Art.12 record-keeping'],
  },
  nist_rmf: {
    audit_open: ['GOVERN-1.1'],
    decision: ['MAP-1.1', 'MEASURE-2.1'],
    decision_record: ['MEASURE-2.1'],
    decision_end: ['MEASURE-2.1'],
    llm_call: ['MEASURE-2.1'],
    tool_call: ['MEASURE-2.1'],
    context_assembly: ['MEASURE-2.1'],
    human_oversight: ['MANAGE-2.1'],
    policy_flag: ['MANAGE-2.1', 'MEASURE-2.1'],
    budget_event: ['MANAGE-2.1', 'MEASURE-2.1'],
    compression: ['MEASURE-2.1'],
  },
  iso_42001: {
    audit_open: ['A.6.2.8 event logs'],
    decision: ['A.6.2.8 event logs', 'A.5.2 AI system impact assessment'],
    decision_record: ['A.6.2.8 event logs'],
    decision_end: ['A.6.2.8 event logs'],
    llm_call: ['A.6.2.8 event logs', 'A.6.2.6 operation & monitoring', 'Cl.9.1 monitoring & measurement'],
    tool_call: ['A.6.2.8 event logs', 'A.6.2.6 operation & monitoring'],
    context_assembly: ['A.6.2.8 event logs', 'A.6.2.6 operation & monitoring'],
    human_oversight: ['A.9.2 responsible use', 'A.9.4 intended use'],
    policy_flag: ['A.7 data for AI systems', 'A.6.2.8 event logs', 'A.9.2 responsible use'],
    budget_event: ['A.6.2.6 operation & monitoring', 'A.6.2.8 event logs'],
    compression: ['A.6.2.6 operation & monitoring'],
  },
  gdpr: {
    audit_open: ['Art.30 records of processing', 'Art.5(2) accountability'],
    decision: ['Art.22 automated decision-making', 'Art.5(2) accountability'],
    decision_record: ['Art.22 automated decision-making'],
    decision_end: ['Art.30 records of processing'],
    llm_call: ['Art.30 records of processing'],
    tool_call: ['Art.30 records of processing'],
    context_assembly: ['Art.30 records of processing'],
    human_oversight: ['Art.22(3) right to human intervention'],
    budget_event: ['Art.30 records of processing'],
    compression: ['Art.5(1)(c) data minimisation'],
    policy_flag: ['Art.9 special-category data', 'Art.5(1)(c) data minimisation', 'Art.30 records of processing'],
  },
};

const CARD = 'PCI-DSS 3.3/3.4 (payment-card data — cross-reference)';

/** Group of categories → framework → what a flag over it adds. */
const BY_GROUP: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  special_category: {
    gdpr: ['Art.9 special-category data'],
    eu_ai_act: ['Art.10(5) special categories for bias detection'],
  },
  gov_id: { gdpr: ['Art.87 processing of national identification numbers'] },
  financial: { gdpr: [CARD], eu_ai_act: [CARD] },
  pii: { gdpr: ['Art.4(1) personal data', 'Art.5(1)(c) data minimisation'] },
  secret: { gdpr: ['Art.32 security of processing'] },
  credential: { gdpr: ['Art.32 security of processing'] },
};

/** Categories of the built-in detectors, and of those that are switched on, by group. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  pii: ['email', 'phone', 'ipv4', 'ipv6', 'mac_address'],
  secret: [
    'api_key',
    'aws_key',
    'google_api_key',
    'jwt',
    'bearer_token',
    'github_token',
    'slack_token',
    'private_key',
    'high_entropy_secret',
  ],
  credential: ['password'],
  financial: ['credit_card', 'iban', 'us_routing', 'swift_bic'],
  gov_id: ['us_ssn', 'uk_nino', 'in_aadhaar'],
  special_category: ['special_category'],
};

export const FRAMEWORKS: readonly string[] = Object.keys(BY_TYPE);

/**
 * What should stand beside an entry, and what may: categories of somebody's own detector are of a group that nobody can
 * tell. `undefined` for a type that is not known here.
 *
 * @param categories - what a policy flag names as its `data`
 */
export function controlsOf(
  framework: string,
  type: string,
  categories: readonly string[],
): { readonly must: readonly string[]; readonly may: readonly string[] } | undefined {
  const byType = Object.hasOwn(BY_TYPE, framework) ? BY_TYPE[framework] : undefined;
  const base = byType !== undefined && Object.hasOwn(byType, type) ? byType[type] : undefined;
  if (base === undefined) return undefined;
  if (type !== 'policy_flag') return { must: base, may: [] };
  const added: string[] = [];
  let isForeign = false;
  for (const category of categories) {
    const group = Object.keys(GROUPS).find((name) => GROUPS[name]?.includes(category) === true);
    isForeign ||= group === undefined;
    for (const name of [category, group]) {
      if (name === undefined || !Object.hasOwn(BY_GROUP, name)) continue;
      for (const control of BY_GROUP[name]?.[framework] ?? []) if (!added.includes(control)) added.push(control);
    }
  }
  const must = [...base, ...added.filter((control) => !base.includes(control))];
  const may = isForeign ? Object.values(BY_GROUP).flatMap((group) => group[framework] ?? []) : [];
  return { must, may };
}

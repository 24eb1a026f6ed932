import { diag } from '@opentelemetry/api';

import { didYouMeanCode } from './did-you-mean.ts';
import type {
  ChangeOptions,
  ContextAssemblyOptions,
  DecisionOptions,
  FlagOptions,
  HumanOversightOptions,
  IncidentOptions,
  ReconciliationOptions,
  ResultOptions,
} from './events.ts';

/** What business calls take, by name; what each is stands in events.ts. */

type Names<T> = Readonly<Record<keyof T, true>>;

const DECISION: Names<DecisionOptions> = {
  id: true,
  input: true,
  actor: true,
  actorKind: true,
  onBehalfOf: true,
  decisionType: true,
  purpose: true,
  inScope: true,
  caseRef: true,
  subjectRef: true,
  automation: true,
  effect: true,
  reviewRequired: true,
  notice: true,
  aiDisclosure: true,
  legalBasisRef: true,
  supersedes: true,
  propagate: true,
  data: true,
};

const RESULT: Names<ResultOptions> = { reasonCodes: true, effectiveAt: true, output: true };

const HUMAN_OVERSIGHT: Names<HumanOversightOptions> = {
  decisionId: true,
  action: true,
  reviewerKind: true,
  reviewer: true,
  identitySource: true,
  role: true,
  competenceRef: true,
  about: true,
  trigger: true,
  stage: true,
  proposedResult: true,
  finalResult: true,
  reasonCode: true,
  shown: true,
  openedAt: true,
  decidedAt: true,
  initiatedBy: true,
  note: true,
  signature: true,
};

const FLAG: Names<FlagOptions> = {
  decisionId: true,
  action: true,
  severity: true,
  data: true,
  counts: true,
  appliedTo: true,
  policy: true,
  riskRef: true,
  alertedRole: true,
};

const INCIDENT: Names<IncidentOptions> = {
  decisionId: true,
  incidentId: true,
  class: true,
  stage: true,
  regimes: true,
  serious: true,
  origin: true,
  occurredAt: true,
  awareAt: true,
  classifiedAt: true,
  causalLinkAt: true,
  clocks: true,
  reportedTo: true,
  reportRef: true,
  personalDataBreach: true,
  correctiveAction: true,
  rootCauseRef: true,
};

const CHANGE: Names<ChangeOptions> = {
  decisionId: true,
  kind: true,
  subject: true,
  from: true,
  to: true,
  substantial: true,
  requestedBy: true,
  approvedBy: true,
  implementedBy: true,
  ticketRef: true,
};

const CONTEXT_ASSEMBLY: Names<ContextAssemblyOptions> = {
  decisionId: true,
  operation: true,
  dataSource: true,
  dataSourceVersion: true,
  query: true,
  documents: true,
  qualityChecks: true,
  budget: true,
  used: true,
  blocks: true,
};

const RECONCILIATION: Names<ReconciliationOptions> = {
  decisionId: true,
  source: true,
  metric: true,
  period: true,
  expected: true,
  recorded: true,
  difference: true,
  explanationRef: true,
  performedBy: true,
};

/** A call that an application tells the log something by. */
export type BusinessCall =
  | 'decision'
  | 'result'
  | 'humanOversight'
  | 'oversightMessage'
  | 'flag'
  | 'incident'
  | 'change'
  | 'contextAssembly'
  | 'reconciliation';

/** By call, the names of its options. */
export const CALL_OPTIONS: Readonly<Record<BusinessCall, Readonly<Record<string, true>>>> = {
  decision: DECISION,
  result: RESULT,
  humanOversight: HUMAN_OVERSIGHT,
  oversightMessage: HUMAN_OVERSIGHT,
  flag: FLAG,
  incident: INCIDENT,
  change: CHANGE,
  contextAssembly: CONTEXT_ASSEMBLY,
  reconciliation: RECONCILIATION,
};

/** Where options stand that there are not: a call that is misspelt loses nothing. */
const FURTHER = 'further';

const told = new Set<string>();
const MAX_TOLD = 1_000;

/**
 * The options of a business call. Those that there are not stand in `further`, and are told of once: a misspelt
 * `reviewRequired` is no reason to lose the entry, but no review would ever be missing.
 *
 * @throws TypeError if the options are none
 */
export function optionsOf<T extends object>(call: BusinessCall, options: T): T {
  if (typeof options !== 'object' || (options as unknown) === null || Array.isArray(options)) {
    const given = Array.isArray(options) ? 'an array' : (options as unknown) === null ? 'null' : typeof options;
    throw new TypeError(`${call} takes an object with its options, not ${given}.`);
  }
  const known = CALL_OPTIONS[call];
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(known, name) && name !== FURTHER);
  if (unknown.length === 0) return options;
  for (const name of unknown) tell(call, name, Object.keys(known));
  const entries = Object.entries(options);
  return {
    ...Object.fromEntries(entries.filter(([name]) => Object.hasOwn(known, name))),
    [FURTHER]: Object.fromEntries(entries.filter(([name]) => !Object.hasOwn(known, name))),
  } as T;
}

function tell(call: string, name: string, names: readonly string[]): void {
  const what = `${call} ${name}`;
  if (told.has(what) || told.size >= MAX_TOLD) return;
  told.add(what);
  diag.warn(
    `spanseal: ${call} has no option \`${name}\`${didYouMeanCode(name, names)} It is kept under \`further\`, where nothing reads it.`,
  );
}

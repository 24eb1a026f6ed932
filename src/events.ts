import type { Environment } from './vocabulary.ts';

/**
 * What an application tells the log by itself. Options are camelCase and become the snake_case members of
 * docs/format.md section 3. Where a vocabulary is closed, another word may be given: it is written as `other`, with the
 * word beside it.
 */

/** One of these words, or any other. */
export type Word<T extends string> = T | (string & Record<never, never>);

/** A `Date`, or an ISO 8601 text with date, time and offset. */
export type Time = Date | string;

/** The decision an entry belongs to; by default the one it is called in. */
interface Routed {
  readonly decisionId?: string | undefined;
}

export interface DecisionOptions {
  /** 1 to 256 characters; random unless given. */
  readonly id?: string;
  /** Written if `capture.decisionInput` is `inline`, which is the default; redacted. */
  readonly input?: unknown;
  readonly actor?: string;
  readonly actorKind?: Word<'person' | 'service' | 'agent'>;
  readonly onBehalfOf?: string;
  readonly decisionType?: string;
  readonly purpose?: string;
  readonly inScope?: boolean;
  readonly caseRef?: string;
  readonly subjectRef?: string;
  readonly automation?: Word<'solely_automated' | 'human_in_the_loop' | 'advisory'>;
  readonly effect?: Word<'legal' | 'similar' | 'none'>;
  readonly reviewRequired?: boolean;
  readonly notice?: { readonly ref?: string; readonly givenAt?: Time };
  readonly aiDisclosure?: { readonly ref?: string; readonly shownAt?: Time };
  readonly legalBasisRef?: string;
  /** The id of the decision that this one replaces. */
  readonly supersedes?: string;
  /** Put the decision into the baggage of outgoing calls, or not; by default as the log's `propagation.send` says. */
  readonly propagate?: boolean;
  /** Anything else, kept as it is. */
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface ResultOptions {
  readonly reasonCodes?: readonly string[];
  readonly effectiveAt?: Time;
  /** Written if `capture.decisionOutput` is `inline`; redacted. */
  readonly output?: unknown;
}

export interface HumanOversightOptions extends Routed {
  readonly action: Word<
    | 'approved'
    | 'rejected'
    | 'overridden'
    | 'reversed'
    | 'corrected'
    | 'disregarded'
    | 'stopped'
    | 'interrupted'
    | 'disabled'
    | 'rolled_back'
    | 'escalated'
    | 'acknowledged'
    | 'no_action'
  >;
  /** Default `unknown`: an unnamed reviewer is not taken for a person. */
  readonly reviewerKind?: 'person' | 'service' | 'model' | 'unknown';
  readonly reviewer?: string;
  readonly identitySource?: Word<'asserted' | 'session' | 'sso' | 'signature'>;
  readonly role?: string;
  readonly competenceRef?: string;
  /** Leaf hashes of the entries that were reviewed. */
  readonly about?: readonly string[];
  readonly trigger?: Word<
    | 'policy'
    | 'threshold'
    | 'random_sample'
    | 'tool_approval'
    | 'contest'
    | 'appeal'
    | 'objection'
    | 'data_subject_request'
  >;
  readonly stage?: Word<'before_effect' | 'after_effect'>;
  readonly proposedResult?: string;
  readonly finalResult?: string;
  readonly reasonCode?: string;
  readonly shown?: { readonly refs?: readonly string[]; readonly sizeChars?: number; readonly viewVersion?: string };
  readonly openedAt?: Time;
  readonly decidedAt?: Time;
  readonly initiatedBy?: string;
  readonly note?: string;
  /** By the reviewer's own key, over {@link oversightMessage} of the same options: `vkey`, and `sig` in base64. */
  readonly signature?: { readonly vkey: string; readonly sig: string };
}

export interface FlagOptions extends Routed {
  /** Default `flagged`. */
  readonly action?: Word<'allowed' | 'flagged' | 'redacted' | 'blocked' | 'escalated'>;
  /** Default `warning`; written in lower case. */
  readonly severity?: Word<'info' | 'warning' | 'critical'>;
  /** Categories of what was found, never the value. */
  readonly data?: readonly string[];
  /** How many of each. */
  readonly counts?: Readonly<Record<string, number>>;
  readonly appliedTo?: Word<'record' | 'model_input' | 'model_output' | 'tool_arguments' | 'tool_result' | 'context'>;
  readonly policy?: { readonly name: string; readonly version?: string };
  readonly riskRef?: string;
  readonly alertedRole?: string;
}

export interface IncidentOptions extends Routed {
  readonly incidentId?: string;
  readonly class?: string;
  readonly stage?: Word<
    'detected' | 'initial_report' | 'intermediate_report' | 'final_report' | 'recovered' | 'closed'
  >;
  readonly regimes?: readonly string[];
  readonly serious?: boolean;
  readonly origin?: Word<'internal_detection' | 'internal_concern' | 'outside_report' | 'third_party'>;
  readonly occurredAt?: Time;
  readonly awareAt?: Time;
  readonly classifiedAt?: Time;
  readonly causalLinkAt?: Time;
  readonly clocks?: readonly { readonly rule: string; readonly dueAt?: Time; readonly metAt?: Time }[];
  readonly reportedTo?: readonly string[];
  readonly reportRef?: string;
  readonly personalDataBreach?: boolean;
  readonly correctiveAction?: string;
  readonly rootCauseRef?: string;
}

export interface ChangeOptions extends Routed {
  readonly kind: Word<'model' | 'prompt' | 'tools' | 'policy' | 'purpose' | 'code' | 'data' | 'key'>;
  readonly subject?: string;
  readonly from?: string;
  readonly to?: string;
  readonly substantial?: boolean;
  readonly requestedBy?: string;
  readonly approvedBy?: string;
  readonly implementedBy?: string;
  readonly ticketRef?: string;
}

export interface ContextAssemblyOptions extends Routed {
  readonly operation?: Word<'retrieval' | 'embeddings' | 'rerank' | 'memory' | 'assembly'>;
  readonly dataSource?: string;
  readonly dataSourceVersion?: string;
  /** Written if `capture.retrieval` is `inline`; redacted. */
  readonly query?: unknown;
  /** Ids, versions and scores are always written, other members if `capture.retrieval` is `inline`. */
  readonly documents?: readonly {
    readonly id?: string;
    readonly version?: string;
    readonly score?: number;
    readonly retrievedAt?: Time;
    readonly [member: string]: unknown;
  }[];
  readonly qualityChecks?: readonly unknown[];
  readonly budget?: number;
  readonly used?: number;
  readonly blocks?: readonly { readonly id: string; readonly action?: string }[];
}

export interface ReconciliationOptions extends Routed {
  readonly source: string;
  readonly metric: string;
  readonly period: { readonly from: Time; readonly to: Time };
  readonly expected: number;
  readonly recorded: number;
  readonly difference?: number;
  readonly explanationRef?: string;
  readonly performedBy?: string;
}

/** What the operator declares of the system; it stands in each segment's `audit_open`. */
export interface Declarations {
  /** Default `development`: production is never claimed by accident. */
  readonly environment?: Environment;
  readonly riskTier?: string;
  readonly legalRole?: Word<'provider' | 'deployer' | 'provider_and_deployer'>;
  readonly operator?: string;
  readonly accountableRole?: string;
  readonly systemVersion?: string;
  readonly purposeRef?: string;
  readonly instructionsRef?: string;
  readonly impactAssessmentRef?: string;
  readonly workerNoticeRef?: string;
  readonly versions?: {
    readonly configDigest?: string;
    readonly policies?: readonly string[];
    readonly prompts?: readonly string[];
    readonly toolsDigest?: string;
  };
  readonly retention?: { readonly class?: string; readonly rule?: string; readonly minDays?: number };
  readonly signerCustody?: Word<'process' | 'file' | 'key_service' | 'hardware'>;
  readonly service?: { readonly name?: string; readonly version?: string; readonly instanceId?: string };
}

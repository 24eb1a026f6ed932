import type { JsonObject, JsonValue } from './json.ts';

/**
 * The wire shapes of a log: the same in memory as on disk, snake_case, as docs/format.md section 1 and 3 define them.
 * Times are RFC 3339 UTC with milliseconds (`2026-11-23T09:30:00.000Z`); durations are whole milliseconds.
 */

/** The format's version, the `v` of every entry. */
export const FORMAT_VERSION = 1;

/** Longest line, without its `\n`, in bytes. */
export const MAX_LINE_BYTES = 65_535;

/** Deepest nesting; the entry object itself is 1. */
export const MAX_DEPTH = 64;

/** Longest decision id, in UTF-16 code units. */
export const MAX_DECISION_ID_CHARS = 256;

/** `seq - size` of a seal may not exceed this. */
export const MAX_SEAL_LAG = 262_144;

export const ENTRY_TYPES = [
  'audit_open',
  'decision',
  'decision_record',
  'decision_end',
  'llm_call',
  'tool_call',
  'context_assembly',
  'agent_invocation',
  'message_content',
  'guardrail',
  'evaluation',
  'human_oversight',
  'policy_flag',
  'incident',
  'change',
  'custody',
  'reconciliation',
  'tally',
  'gap',
  'recovery',
  'clock_step',
  'erasure',
  'retention',
  'anchor',
  'seal',
  'audit_close',
] as const;

export type EntryType = (typeof ENTRY_TYPES)[number];

/** Token counts of one call. `input_tokens` includes cache reads and writes, `output_tokens` includes reasoning. */
export interface Usage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cache_read_input_tokens?: number;
  readonly cache_write_input_tokens?: number;
  readonly reasoning_output_tokens?: number;
  readonly total_tokens?: number;
}

export interface ErrorPayload {
  readonly type?: string;
  readonly message?: string;
}

/** How a call, tool or agent ended, as far as its span tells. */
export type CallOutcome = 'ok' | 'error' | 'unended' | 'unknown';

/** Where a decision id came from when it was not the span's own `Context`. */
export type DecisionBasis = 'parent_span' | 'storage' | 'baggage';

export interface SpanRef {
  readonly trace_id: string;
  readonly span_id: string;
}

/** Another span that shows the same call. */
export interface SameCall extends SpanRef {
  readonly basis: 'nesting' | 'response_id' | 'inferred';
}

/** What made a span, and in which vocabulary. */
export interface Instrumentation {
  readonly scope: string;
  readonly version?: string;
  readonly dialect: string;
  /** Name of the log record that it came in, if it was one. */
  readonly event?: string;
}

/** A message that came as a log record after its span's entry. */
export interface MessageContentPayload {
  readonly role?: string;
  readonly parts: readonly JsonValue[];
  readonly decision_basis?: DecisionBasis;
  readonly instrumentation?: Instrumentation;
}

/** How a call ended, by what is around it. */
export interface OutcomeOf {
  readonly span_id: string;
  readonly was: CallOutcome;
  readonly outcome: CallOutcome;
}

/** The members that every entry made from a span has. */
export interface SpanMembers {
  readonly start_time?: string;
  readonly duration_ms?: number;
  readonly outcome: CallOutcome;
  readonly unended_because?: 'shutdown' | 'orphaned' | 'timeout' | 'evicted';
  readonly age_ms?: number;
  readonly error?: ErrorPayload;
  readonly ends?: number;
  readonly ends_segment?: string;
  readonly same_call?: readonly SameCall[];
  /** Spans of other traces that may show the same call; each counts, as nobody can tell. */
  readonly possible_same_call?: readonly SpanRef[];
  /** What this entry says of how a call ended whose own entry could not tell. */
  readonly outcome_of?: readonly OutcomeOf[];
  readonly decision_basis?: DecisionBasis;
  readonly span?: {
    readonly name: string;
    readonly kind: string;
    readonly sampled: boolean;
    readonly dropped_attributes?: number;
    readonly dropped_events?: number;
    readonly dropped_links?: number;
  };
  readonly instrumentation?: Instrumentation;
}

export interface AgentRef {
  readonly id?: string;
  readonly name?: string;
  readonly version?: string;
  readonly description?: string;
}

export interface LlmCallPayload extends SpanMembers {
  readonly operation?: string;
  readonly provider?: string;
  readonly provider_raw?: string;
  readonly request_model?: string;
  readonly response_model?: string;
  readonly response_id?: string;
  readonly finish_reasons?: readonly string[];
  readonly parameters?: JsonObject;
  readonly usage?: Usage;
  readonly aggregate_usage?: Usage;
  readonly cost?: { readonly amount: string; readonly currency?: string };
  readonly streaming?: boolean;
  readonly time_to_first_chunk_ms?: number;
  readonly attempt?: number;
  readonly fallback_of?: string;
  readonly input_messages?: JsonValue;
  readonly output_messages?: JsonValue;
  readonly system_instructions?: JsonValue;
  readonly prompt?: { readonly name?: string; readonly version?: string; readonly digest?: string };
  readonly tools_digest?: string;
  readonly tools_offered?: readonly string[];
  readonly tool_calls_requested?: readonly { readonly id?: string; readonly name?: string }[];
  readonly output_marking?: { readonly method: string };
  readonly agent?: AgentRef;
  readonly conversation_id?: string;
  readonly user_id?: string;
  readonly server?: { readonly address?: string; readonly port?: number; readonly region?: string };
  readonly replayed?: boolean;
  readonly aggregated?: boolean;
}

export interface ToolCallPayload extends SpanMembers {
  readonly name: string;
  readonly call_id?: string;
  readonly tool_type?: string;
  readonly tool_version?: string;
  readonly arguments?: JsonValue;
  readonly result?: JsonValue;
  readonly side_effect?: string;
  readonly principal?: string;
  readonly authorised_by?: string;
  readonly resource_ref?: string;
  readonly data_classes?: readonly string[];
}

export interface ContextAssemblyPayload extends Omit<SpanMembers, 'outcome'> {
  readonly outcome?: CallOutcome;
  readonly operation?: string;
  readonly data_source?: string;
  readonly data_source_version?: string;
  readonly query?: JsonValue;
  readonly documents?: JsonValue;
  readonly quality_checks?: readonly JsonValue[];
  readonly budget?: number;
  readonly used?: number;
  readonly blocks?: readonly { readonly id: string; readonly action?: string }[];
  readonly provider?: string;
  readonly provider_raw?: string;
  readonly request_model?: string;
  readonly response_model?: string;
  readonly usage?: Usage;
}

export interface AgentInvocationPayload extends SpanMembers {
  readonly agent?: AgentRef;
  readonly operation?: string;
  readonly usage?: Usage;
  readonly aggregate_usage?: Usage;
  readonly conversation_id?: string;
}

export interface DecisionPayload {
  readonly actor?: string;
  readonly actor_kind?: string;
  readonly on_behalf_of?: string;
  readonly decision_type?: string;
  readonly purpose?: string;
  readonly in_scope?: boolean;
  readonly case_ref?: string;
  readonly subject_ref?: string;
  readonly automation?: string;
  readonly effect?: string;
  readonly review_required?: boolean;
  readonly notice?: { readonly ref?: string; readonly given_at?: string };
  readonly ai_disclosure?: { readonly ref?: string; readonly shown_at?: string };
  readonly legal_basis_ref?: string;
  readonly supersedes?: string;
  readonly parent_decision_id?: string;
  readonly input?: JsonValue;
  readonly data?: JsonObject;
}

export interface DecisionEndPayload {
  readonly outcome: 'completed' | 'failed' | 'unended';
  readonly error?: ErrorPayload;
  readonly result?: string;
  readonly reason_codes?: readonly string[];
  readonly effective_at?: string;
  readonly output?: JsonValue;
  readonly duration_ms?: number;
  readonly settled_at?: string;
  readonly counts?: Readonly<Partial<Record<EntryType, number>>>;
}

export interface HumanOversightPayload {
  readonly reviewer_kind: 'person' | 'service' | 'model' | 'unknown';
  readonly reviewer?: string;
  readonly identity_source?: string;
  readonly role?: string;
  readonly competence_ref?: string;
  readonly action: string;
  readonly about?: readonly string[];
  readonly trigger?: string;
  readonly stage?: string;
  readonly proposed_result?: string;
  readonly final_result?: string;
  readonly reason_code?: string;
  readonly shown?: { readonly refs?: readonly string[]; readonly size_chars?: number; readonly view_version?: string };
  readonly opened_at?: string;
  readonly decided_at?: string;
  readonly initiated_by?: string;
  readonly note?: string;
  /** The tool call that was approved or rejected, and the approval's id, as a span told of them. */
  readonly tool_call?: { readonly id?: string; readonly name?: string };
  readonly approval_id?: string;
  readonly decision_basis?: DecisionBasis;
  readonly instrumentation?: SpanMembers['instrumentation'];
  readonly signature?: { readonly vkey: string; readonly sig: string };
}

export interface PolicyFlagPayload {
  readonly reason: string;
  readonly action: string;
  readonly severity: string;
  readonly data?: readonly string[];
  readonly applied_to?: string;
  readonly policy?: { readonly name: string; readonly version?: string };
  readonly risk_ref?: string;
  readonly alerted_role?: string;
  readonly auto?: boolean;
}

/** Counters over the spans that reached the processor, the log's decisions and what was lost; see docs/format.md. */
export interface TallyPayload {
  readonly window: { readonly from: string; readonly to: string };
  readonly spans: {
    readonly carried: number;
    readonly started: number;
    readonly ended: number;
    readonly late: number;
    readonly unended: number;
    readonly open: number;
    readonly recorded: number;
    readonly ignored: Readonly<Record<string, number>>;
    readonly not_recorded: number;
  };
  readonly decisions: {
    readonly started: number;
    readonly ended: number;
    readonly failed: number;
    readonly open: number;
  };
  readonly oversight: { readonly required: number; readonly recorded: number };
  readonly write_failures: number;
  readonly seals_discarded: number;
  readonly after_close: number;
}

/** What a segment says of another one when it opens: its last seal, as found. */
export interface Sibling {
  readonly segment: string;
  readonly size: number;
  readonly root?: string;
  readonly closed: boolean;
  readonly last?: string;
}

export interface AuditOpenPayload {
  readonly system: string;
  readonly log: string;
  readonly segment: string;
  readonly producer: { readonly name: string; readonly version: string };
  readonly key: string | null;
  readonly environment: string;
  readonly previous?: string;
  readonly siblings?: readonly Sibling[];
  readonly [declared: string]: unknown;
}

export interface RecoveryPayload {
  readonly segment: string;
  readonly lines: number;
  readonly size: number;
  readonly root: string;
  readonly torn?: { readonly bytes: number; readonly sha256: string };
  readonly last_ts?: string;
}

export interface GapPayload {
  readonly lost: number;
  readonly lost_by_type: Readonly<Record<string, number>>;
  readonly first_ts: string;
  readonly last_ts: string;
  readonly reason: string;
}

export interface SealPayload {
  readonly checkpoint: string;
}

export interface AuditClosePayload {
  readonly reason: string;
  readonly tally?: TallyPayload;
}

interface PayloadOf {
  audit_open: AuditOpenPayload;
  decision: DecisionPayload;
  decision_record: { readonly data?: JsonObject };
  decision_end: DecisionEndPayload;
  llm_call: LlmCallPayload;
  tool_call: ToolCallPayload;
  context_assembly: ContextAssemblyPayload;
  agent_invocation: AgentInvocationPayload;
  message_content: MessageContentPayload;
  human_oversight: HumanOversightPayload;
  policy_flag: PolicyFlagPayload;
  tally: TallyPayload;
  gap: GapPayload;
  recovery: RecoveryPayload;
  seal: SealPayload;
  audit_close: AuditClosePayload;
}

/** The payload of an entry type; types that this version writes freely (`incident`, `change` …) are JSON objects. */
export type Payload<T extends EntryType> = T extends keyof PayloadOf ? PayloadOf[T] : JsonObject;

interface EntryOf<T extends EntryType> {
  readonly v: typeof FORMAT_VERSION;
  readonly seq: number;
  readonly ts: string;
  readonly type: T;
  readonly payload: Payload<T>;
  readonly prev_hash: string;
  readonly decision_id?: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly parent_span_id?: string;
  readonly sd?: Readonly<Record<string, string>>;
  readonly lossy?: Readonly<Record<string, string>>;
}

/** One line of a segment: a union discriminated by `type`. */
export type Entry<T extends EntryType = EntryType> = T extends EntryType ? EntryOf<T> : never;

import type { Capture } from '../../src/capture.ts';
import type {
  AgentInvocationPayload,
  ContextAssemblyPayload,
  ErrorPayload,
  LlmCallPayload,
  SpanMembers,
  ToolCallPayload,
  Usage,
} from '../../src/entry.ts';
import type { JsonObject } from '../../src/json.ts';
import type { SpanSnapshot } from '../snapshot.ts';

/**
 * What a span is to the calls around it. A `leaf` is one call to a model (or an embedding model); a `barrier` is a tool,
 * agent or workflow, inside which other calls are calls of their own; `transparent` is everything else.
 */
export type Role = 'leaf' | 'barrier' | 'transparent';

/** Members that the processor adds by itself: a dialect never sets them. */
type Own = keyof SpanMembers | 'aggregate_usage' | 'aggregated' | 'usage';

/** The members of a payload that a dialect states. */
export type Stated<P> = Omit<P, Own>;

/**
 * Somebody's word on a tool call (or a step) before it took effect, as a span tells of it. That a word was only asked for
 * is none. Nobody's vocabulary says who it was.
 */
export interface Approval {
  readonly approved: boolean;
  /** The emitter's own id of it. */
  readonly approvalId?: string;
  /** What was approved. Without it the approval is not one of a tool call. */
  readonly toolCall?: { readonly id?: string; readonly name?: string };
  /** Content: given only where messages are captured. */
  readonly reason?: string;
}

/** What a dialect reads from one span. Members that the span does not state are left out, never inferred. */
export interface Mapped<T extends string, P> {
  readonly type: T;
  readonly role: Role;
  readonly payload: Stated<P>;
  /**
   * Token counts the span itself reports, of whatever it spans. The processor writes them as `usage` or, where calls
   * below this span report their own, as `aggregate_usage`.
   */
  readonly usage?: Usage;
  /** How it ended, where the span tells. Without it the processor goes by the span's status. */
  readonly outcome?: 'ok' | 'error' | 'unknown';
  /** Why it failed, where the span tells; without it the processor uses status message and exception event. */
  readonly error?: ErrorPayload;
  /**
   * The model call that an envelope stands for, where it names a model and reports usage of its own. If no call is seen
   * below the envelope, the processor writes this as an `llm_call` with `aggregated: true` instead of the envelope.
   */
  readonly call?: Stated<LlmCallPayload>;
  /** Approvals that the span tells of. Each becomes an entry of its own behind the span's; repeated ones are dropped. */
  readonly approvals?: readonly Approval[];
}

export type MappedSpan =
  | Mapped<'llm_call', LlmCallPayload>
  | Mapped<'tool_call', ToolCallPayload>
  | Mapped<'context_assembly', ContextAssemblyPayload>
  | Mapped<'agent_invocation', AgentInvocationPayload>
  | Mapped<'guardrail' | 'evaluation', JsonObject & { readonly outcome?: string }>;

/**
 * One span vocabulary. The processor asks an ordered list of them; the first that recognises a span maps it.
 *
 * @example
 * ```ts
 * import { AuditSpanProcessor, DIALECTS, type Dialect } from 'spanseal/processors';
 *
 * const acme: Dialect = {
 *   name: 'acme',
 *   recognises: (attributes) => attributes['acme.kind'] !== undefined,
 *   map: (span) => ({
 *     type: 'llm_call',
 *     role: 'leaf',
 *     payload: { provider: 'acme', request_model: String(span.attributes['acme.model']) },
 *   }),
 * };
 * new AuditSpanProcessor(audit, { dialects: [acme, ...DIALECTS] });
 * ```
 */
export interface Dialect {
  /** Stands in `instrumentation.dialect`. */
  readonly name: string;
  /**
   * Whether the attributes and scope, as far as they are known, are this vocabulary's. Called when a span starts (with
   * the attributes given at start) and when it ends, also for spans that have nothing to do with GenAI: a few property
   * look-ups, no loop.
   */
  recognises(attributes: Readonly<Record<string, unknown>>, scopeName: string): boolean;
  /** What the span is; `undefined` if it is of this vocabulary but nothing to record. Never throws on odd values. */
  map(span: SpanSnapshot, capture: Capture): MappedSpan | undefined;
}

const MAPPED_TYPES: ReadonlySet<unknown> = new Set<MappedSpan['type']>([
  'llm_call',
  'tool_call',
  'context_assembly',
  'agent_invocation',
  'guardrail',
  'evaluation',
]);
const ROLES: ReadonlySet<unknown> = new Set<Role>(['leaf', 'barrier', 'transparent']);
const OUTCOMES: ReadonlySet<unknown> = new Set([undefined, 'ok', 'error', 'unknown']);

/** Whether a dialect, which may be anybody's, answered what it must. */
export function isMapped(mapped: MappedSpan): boolean {
  return (
    typeof mapped === 'object' &&
    mapped !== null &&
    MAPPED_TYPES.has(mapped.type) &&
    ROLES.has(mapped.role) &&
    OUTCOMES.has(mapped.outcome) &&
    typeof mapped.payload === 'object' &&
    mapped.payload !== null &&
    (mapped.approvals === undefined || (Array.isArray(mapped.approvals) && mapped.approvals.every(isApproval)))
  );
}

function isApproval(approval: unknown): approval is Approval {
  return (
    typeof approval === 'object' && approval !== null && typeof (approval as Partial<Approval>).approved === 'boolean'
  );
}

import type { AuditLogCore } from '../src/audit-log-core.ts';
import type { HumanOversightPayload } from '../src/entry.ts';
import type { Approval } from './dialects/dialect.ts';
import type { SpanSnapshot } from './snapshot.ts';
import type { SpanNode } from './span-node.ts';

/** So many approvals are remembered, the oldest forgotten first. */
const MAX_KNOWN = 4_096;
/** More on one span is no person's work. */
const MAX_OF_SPAN = 64;

/**
 * Approvals that spans tell of, as entries of their own. The later calls of a conversation repeat what was said in it:
 * the same approval is recorded once a trace.
 */
export class Approvals {
  readonly #known = new Set<string>();
  readonly #maxKnown: number;

  constructor(maxKnown: number = MAX_KNOWN) {
    this.#maxKnown = maxKnown;
  }

  record(
    log: AuditLogCore,
    node: Pick<SpanNode, 'decisionId' | 'basis' | 'dialect'>,
    span: SpanSnapshot,
    approvals: readonly Approval[],
  ): void {
    for (const approval of approvals.slice(0, MAX_OF_SPAN)) {
      const key = keyOf(span, approval);
      if (this.#known.has(key)) continue;
      const receipt = log.append('human_oversight', {
        type: 'human_oversight',
        decisionId: node.decisionId,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        payload: oversight(node, span, approval),
      });
      if (!receipt.recorded) continue;
      log.tally.oversightRecorded();
      this.#remember(key);
    }
  }

  #remember(key: string): void {
    this.#known.add(key);
    if (this.#known.size <= this.#maxKnown) return;
    for (const oldest of this.#known) {
      this.#known.delete(oldest);
      return;
    }
  }
}

function keyOf({ traceId, spanId }: SpanSnapshot, { approvalId, toolCall }: Approval): string {
  return `${traceId} ${approvalId ?? toolCall?.id ?? spanId}`;
}

/** Who it was no vocabulary says: an unnamed reviewer is not taken for a person. */
function oversight(
  node: Pick<SpanNode, 'basis' | 'dialect'>,
  span: SpanSnapshot,
  approval: Approval,
): HumanOversightPayload {
  const { approved, approvalId, toolCall, reason } = approval;
  const { name: scope, version } = span.scope;
  const dialect = node.dialect?.name ?? '';
  return {
    reviewer_kind: 'unknown',
    action: approved ? 'approved' : 'rejected',
    ...(toolCall === undefined ? {} : { trigger: 'tool_approval' }),
    stage: 'before_effect',
    ...(toolCall?.id === undefined && toolCall?.name === undefined ? {} : { tool_call: toolCall }),
    ...(approvalId === undefined ? {} : { approval_id: approvalId }),
    ...(reason === undefined ? {} : { note: reason }),
    ...(node.basis === undefined ? {} : { decision_basis: node.basis }),
    instrumentation: version === undefined ? { scope, dialect } : { scope, version, dialect },
  };
}

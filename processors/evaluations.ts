import type { AuditLogCore } from '../src/audit-log-core.ts';
import { EVENT_GEN_AI_EVALUATION_RESULT } from '../src/semconv.ts';
import { evaluationOf } from './dialects/opentelemetry-guardrail.ts';
import { openTelemetry } from './dialects/opentelemetry.ts';
import { snapshot, type SpanLike, type SpanSnapshot } from './snapshot.ts';
import type { SpanNode } from './span-node.ts';

/** More on one span are no evaluations of it. */
const MAX_OF_SPAN = 64;

type Evaluated = Pick<SpanNode, 'decisionId' | 'basis' | 'evaluations'>;

/** Evaluation results that stand on a span as events (`gen_ai.evaluation.result`), as entries of their own. */
export function recordEvaluations(log: AuditLogCore, node: Evaluated, span: SpanSnapshot, dialect: string): void {
  if (span.events.length === 0) return;
  const results = span.events.filter(({ name }) => name === EVENT_GEN_AI_EVALUATION_RESULT).slice(0, MAX_OF_SPAN);
  // What stood on an unended span is on record already.
  for (const { name, attributes } of results.slice(node.evaluations)) {
    const { name: scope, version } = span.scope;
    log.append('evaluation', {
      type: 'evaluation',
      decisionId: node.decisionId,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      payload: {
        ...evaluationOf(attributes, log.gathered),
        decision_basis: node.basis,
        instrumentation: { scope, version, dialect, event: name },
      },
    });
  }
  node.evaluations = Math.max(node.evaluations, results.length);
}

/** Likewise of a span that is of no vocabulary: whoever evaluates may have no span of a call at hand. */
export function recordEvaluationsOnly(log: AuditLogCore, node: Evaluated | undefined, span: SpanLike): void {
  // Most spans of a process come here, and have no events.
  const { events }: Partial<SpanLike> = span;
  if (events === undefined || events.length === 0) return;
  if (!events.some(({ name }) => name === EVENT_GEN_AI_EVALUATION_RESULT)) return;
  const nobody = { decisionId: undefined, basis: undefined, evaluations: 0 };
  recordEvaluations(log, node ?? nobody, snapshot(span), openTelemetry.name);
}

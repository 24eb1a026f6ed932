import type { AuditLogCore } from '../src/audit-log.ts';
import { EVENT_GEN_AI_EVALUATION_RESULT } from '../src/semconv.ts';
import { evaluationOf } from './dialects/opentelemetry-guardrail.ts';
import type { SpanSnapshot } from './snapshot.ts';
import type { SpanNode } from './span-node.ts';

/** More on one span are no evaluations of it. */
const MAX_OF_SPAN = 64;

/** Evaluation results that stand on a span as events (`gen_ai.evaluation.result`), as entries of their own. */
export function recordEvaluations(
  log: AuditLogCore,
  node: Pick<SpanNode, 'decisionId' | 'basis' | 'dialect'>,
  span: SpanSnapshot,
): void {
  const results = span.events.filter(({ name }) => name === EVENT_GEN_AI_EVALUATION_RESULT);
  for (const { name, attributes } of results.slice(0, MAX_OF_SPAN)) {
    const { name: scope, version } = span.scope;
    log.append('evaluation', {
      type: 'evaluation',
      decisionId: node.decisionId,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      payload: {
        ...evaluationOf(attributes),
        decision_basis: node.basis,
        instrumentation: { scope, version, dialect: node.dialect?.name ?? '', event: name },
      },
    });
  }
}

import type { Capture } from '../../src/capture.ts';
import type { JsonObject } from '../../src/json.ts';
import {
  ATTR_GEN_AI_EVALUATION_EXPLANATION,
  ATTR_GEN_AI_EVALUATION_NAME,
  ATTR_GEN_AI_EVALUATION_SCORE_LABEL,
  ATTR_GEN_AI_EVALUATION_SCORE_VALUE,
  ATTR_GEN_AI_GUARDRAIL_ACTION_TYPE,
  ATTR_GEN_AI_GUARDRAIL_COMPONENT_NAME,
  ATTR_GEN_AI_GUARDRAIL_SECURITY_POLICY_ID,
  ATTR_GEN_AI_GUARDRAIL_SECURITY_RISK_CATEGORY,
  ATTR_GEN_AI_GUARDRAIL_TARGET_TYPE,
  ATTR_GEN_AI_GUARDRAIL_VERDICT_REASON,
  ATTR_GEN_AI_GUARDRAIL_VERDICT_TYPE,
} from '../../src/semconv.ts';
import type { SpanSnapshot } from '../snapshot.ts';
import type { MappedSpan } from './dialect.ts';
import { ending, plainOutcome } from './outcome.ts';
import { number, stated, text, type Attributes } from './values.ts';

/** The conventions' verbs, in the words of the log format. */
const ACTIONS: ReadonlyMap<string, string> = new Map([
  ['allow', 'allowed'],
  ['block', 'blocked'],
  ['deny', 'blocked'],
  ['modify', 'modified'],
  ['redact', 'redacted'],
  ['warn', 'flagged'],
  ['escalate', 'escalated'],
]);

const KINDS: ReadonlyMap<string, string> = new Map([
  ['prompt_injection', 'injection'],
  ['data_exfiltration', 'exfiltration'],
]);

const translated = (words: ReadonlyMap<string, string>, word: string | undefined): string | undefined =>
  word === undefined ? undefined : (words.get(word.toLowerCase()) ?? word);

/**
 * A guardrail that ran: the drafts' `run_guardrail` and the earlier `apply_guardrail`. A barrier: the model that a
 * guardrail asks is a call of its own.
 */
export function guardrail(span: SpanSnapshot): MappedSpan {
  const { attributes } = span;
  const policy = text(attributes[ATTR_GEN_AI_GUARDRAIL_SECURITY_POLICY_ID]);
  return stated<MappedSpan>({
    type: 'guardrail',
    role: 'barrier',
    payload: stated<JsonObject>({
      kind: translated(KINDS, text(attributes[ATTR_GEN_AI_GUARDRAIL_SECURITY_RISK_CATEGORY])),
      target: text(attributes[ATTR_GEN_AI_GUARDRAIL_TARGET_TYPE]),
      verdict: text(attributes[ATTR_GEN_AI_GUARDRAIL_VERDICT_TYPE]),
      verdict_reason: text(attributes[ATTR_GEN_AI_GUARDRAIL_VERDICT_REASON]),
      action: translated(ACTIONS, text(attributes[ATTR_GEN_AI_GUARDRAIL_ACTION_TYPE])),
      component: text(attributes[ATTR_GEN_AI_GUARDRAIL_COMPONENT_NAME]),
      policy: policy === undefined ? undefined : { name: policy },
    }),
    ...ending(span, plainOutcome(span)),
  });
}

/** An evaluation that a span stands for. */
export function evaluation(span: SpanSnapshot, capture: Capture): MappedSpan {
  return stated<MappedSpan>({
    type: 'evaluation',
    role: 'barrier',
    payload: evaluationOf(span.attributes, capture),
    ...ending(span, plainOutcome(span)),
  });
}

/**
 * What the attributes of a span or of a `gen_ai.evaluation.result` event say of an evaluation. Its explanation quotes what
 * was said, and is kept as messages are.
 */
export function evaluationOf(attributes: Attributes, { messages }: Capture): JsonObject {
  return stated<JsonObject>({
    metric: text(attributes[ATTR_GEN_AI_EVALUATION_NAME]),
    score: number(attributes[ATTR_GEN_AI_EVALUATION_SCORE_VALUE]),
    label: text(attributes[ATTR_GEN_AI_EVALUATION_SCORE_LABEL]),
    explanation: messages === 'inline' ? text(attributes[ATTR_GEN_AI_EVALUATION_EXPLANATION]) : undefined,
  });
}

/**
 * The vocabularies that are closed for the writer (docs/format.md section 3, marked ◦). A value outside of its list is
 * written as `other`, and what was said stands beside it as `<member>_text`: nothing is lost, and every reader knows
 * which words to expect.
 */
const APPLIED_TO = ['record', 'model_input', 'model_output', 'tool_arguments', 'tool_result', 'context'];

export const ENVIRONMENTS = ['production', 'staging', 'test', 'development'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

export const VOCABULARIES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  audit_open: {
    environment: ENVIRONMENTS,
    legal_role: ['provider', 'deployer', 'provider_and_deployer'],
    signer_custody: ['process', 'file', 'key_service', 'hardware'],
  },
  decision: {
    actor_kind: ['person', 'service', 'agent'],
    automation: ['solely_automated', 'human_in_the_loop', 'advisory'],
    effect: ['legal', 'similar', 'none'],
  },
  tool_call: { side_effect: ['read', 'write', 'irreversible'] },
  guardrail: { applied_to: APPLIED_TO },
  evaluation: { phase: ['pre_release', 'production'] },
  human_oversight: {
    reviewer_kind: ['person', 'service', 'model', 'unknown'],
    identity_source: ['asserted', 'session', 'sso', 'signature'],
    action: [
      'approved',
      'rejected',
      'overridden',
      'reversed',
      'corrected',
      'disregarded',
      'stopped',
      'interrupted',
      'disabled',
      'rolled_back',
      'escalated',
      'acknowledged',
      'no_action',
    ],
    trigger: [
      'policy',
      'threshold',
      'random_sample',
      'tool_approval',
      'contest',
      'appeal',
      'objection',
      'data_subject_request',
    ],
    stage: ['before_effect', 'after_effect'],
  },
  policy_flag: {
    action: ['allowed', 'flagged', 'redacted', 'blocked', 'escalated'],
    applied_to: APPLIED_TO,
  },
  incident: {
    stage: ['detected', 'initial_report', 'intermediate_report', 'final_report', 'recovered', 'closed'],
    origin: ['internal_detection', 'internal_concern', 'outside_report', 'third_party'],
  },
  change: { kind: ['model', 'prompt', 'tools', 'policy', 'purpose', 'code', 'data', 'key'] },
  custody: { action: ['exported', 'disclosed', 'verified', 'reviewed', 'held', 'released', 'pruned'] },
  erasure: {
    trigger: ['data_subject_request', 'retention_expiry', 'legal_order'],
    outcome: ['done', 'refused', 'held'],
  },
  anchor: { kind: ['rfc3161', 'cosignature'] },
  audit_close: { reason: ['shutdown', 'roll', 'rotation', 'clock_step', 'decommissioned', 'signal', 'exit'] },
};

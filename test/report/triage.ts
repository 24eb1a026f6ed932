import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';

import { AuditLog, AuditSpanProcessor, memorySink, type AuditLogOptions, type MemorySink } from '../../src/index.ts';
import { LOG, SIGNER } from '../log.ts';

/** A quarter of a loan-triage agent, with all that a record of one may hold: what reports are made of in tests. */

const PROFILE = {
  role: 'deployer',
  risk_class: 'annex_iii',
  annex_iii_points: ['5b'],
  sector: 'banking',
  country: 'DE',
  decisions_on_natural_persons: true,
  legal_or_similar_effect: true,
  interacts_with_persons: true,
  approved_models: ['gpt-4o-2024-08-06'],
} as const;

const RESULTS = ['approved', 'declined', 'referred', 'approved', 'approved'];
const START = Date.parse('2026-07-01T06:00:00.000Z');
const STEP_MILLIS = 47 * 60_000;

export interface Triage {
  readonly audit: AuditLog;
  readonly sink: MemorySink;
}

export interface TriageOptions {
  readonly decisions: number;
  readonly log?: Partial<Omit<AuditLogOptions, 'sink' | 'directory'>>;
}

/** Records so many decisions, each with model and tool calls, some reviewed, some not, some failing. */
export function triage({ decisions, log = {} }: TriageOptions): Triage {
  const sink = memorySink();
  let now = START;
  const audit = new AuditLog({
    system: 'loan-triage',
    log: LOG,
    signer: SIGNER,
    sink,
    environment: 'production',
    riskTier: 'high',
    legalRole: 'deployer',
    operator: 'Acme Bank AG',
    accountableRole: 'head of lending',
    systemVersion: '4.2.0',
    profile: PROFILE,
    clock: { now: () => now, monotonic: () => now, source: 'ntp', synchronised: true },
    ...log,
  });
  const provider = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit, { closeLog: false })] });
  const tracer = provider.getTracer('@opentelemetry/instrumentation-openai', '0.21.0');

  const call = (model: string, failed: boolean): void => {
    const startTime = now;
    const span = tracer.startSpan('chat gpt-4o', {
      startTime,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
      },
    });
    now += 1_400;
    if (failed) span.setStatus({ code: 2, message: 'overloaded' }).setAttribute('error.type', '503');
    else {
      span.setAttributes({
        'gen_ai.response.model': model,
        'gen_ai.usage.input_tokens': 812,
        'gen_ai.usage.output_tokens': 96,
        'gen_ai.response.finish_reasons': ['stop'],
      });
    }
    span.end(now);
  };
  const tool = (name: string): void => {
    const startTime = now;
    const span = tracer.startSpan(`execute_tool ${name}`, {
      startTime,
      attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name },
    });
    now += 220;
    span.end(now);
  };

  for (let index = 0; index < decisions; index++) {
    now += STEP_MILLIS;
    const id = `loan-${String(4_000 + index)}`;
    const reviewRequired = index % 4 === 0;
    const failed = index % 37 === 36;
    const model = index > decisions / 2 && index % 29 === 0 ? 'gpt-4o-mini' : 'gpt-4o-2024-08-06';
    const result = RESULTS[index % RESULTS.length] ?? 'referred';
    try {
      audit.decision(
        {
          id,
          actor: 'triage-agent',
          actorKind: 'agent',
          decisionType: 'credit_application',
          purpose: 'first look at an application for a loan',
          automation: reviewRequired ? 'human_in_the_loop' : 'advisory',
          effect: 'legal',
          reviewRequired,
          notice: { ref: 'notice-2026-03', givenAt: new Date(now - 86_400_000) },
          aiDisclosure: { ref: 'disclosure-7', shownAt: new Date(now - 86_400_000) },
          caseRef: `case-${index}`,
          input: { applicant: `A-${1_000 + index}`, amount: 5_000 + index, income: 'payslip of june' },
        },
        (decision) => {
          call(model, failed);
          tool('credit_bureau.lookup');
          if (index % 11 === 0) {
            decision.flag('special category in the free text', {
              data: ['health'],
              action: 'redacted',
              appliedTo: 'model_input',
            });
          }
          if (failed) throw new Error('the model is overloaded');
          call(model, false);
          decision.result(result, {
            reasonCodes: result === 'declined' ? ['income_unverified', 'existing_debt'] : ['within_policy'],
          });
        },
      );
    } catch {
      // As an application would answer with an error page.
    }
    if (reviewRequired && index % 20 !== 16) {
      const opened = new Date(now + 3_600_000);
      now += 3_600_000 + 95_000;
      const final = index % 24 === 8 ? 'declined' : result;
      audit.humanOversight({
        decisionId: id,
        reviewerKind: index % 60 === 44 ? 'model' : 'person',
        reviewer: index % 44 === 0 ? 'u-9001' : `u-77${(index / 4) % 3}`,
        identitySource: 'sso',
        role: 'credit officer',
        action: final === result ? 'approved' : 'overridden',
        stage: 'before_effect',
        proposedResult: result,
        finalResult: final,
        openedAt: opened,
        decidedAt: new Date(now),
        note: 'looked at the payslip',
      });
    }
    if (index === Math.floor(decisions / 2)) {
      audit.change({
        kind: 'model',
        subject: 'gpt-4o',
        from: '2024-05-13',
        to: '2024-08-06',
        approvedBy: 'model board',
        ticketRef: 'CHG-881',
      });
    }
  }
  call('gpt-4o-2024-08-06', false);
  audit.incident({ incidentId: 'INC-7', class: 'wrong_decision', stage: 'detected', serious: false });
  audit.reconciliation({
    source: 'core banking',
    metric: 'applications decided',
    period: { from: new Date(START), to: new Date(now) },
    expected: decisions + 2,
    recorded: decisions,
    difference: 2,
  });
  return { audit, sink };
}

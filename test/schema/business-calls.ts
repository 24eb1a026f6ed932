import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { JsonObject } from '../../src/json.ts';
import {
  AuditLog,
  memorySink,
  type AuditLogOptions,
  type ChangeOptions,
  type ContextAssemblyOptions,
  type DecisionOptions,
  type Entry,
  type FlagOptions,
  type HumanOversightOptions,
  type IncidentOptions,
  type ReconciliationOptions,
  type ResultOptions,
  type Sink,
} from '../../src/index.ts';
import { cosign } from '../witness.ts';

/** Every business call with every option: a new option that is not given here does not compile. */

type Complete<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

export const EVERYTHING_CAPTURED = {
  messages: 'inline',
  toolArguments: 'inline',
  toolResults: 'inline',
  decisionInput: 'inline',
  decisionOutput: 'inline',
  retrieval: 'inline',
} as const;

const NOW = new Date('2026-11-23T09:30:00Z');
const HASH = 'ab'.repeat(32);

const DECLARATIONS = {
  environment: 'production',
  riskTier: 'high',
  legalRole: 'deployer',
  operator: 'Acme GmbH',
  accountableRole: 'head of lending',
  systemVersion: '4.2.0',
  purposeRef: 'doc:purpose@3',
  instructionsRef: 'doc:instructions@7',
  impactAssessmentRef: 'doc:fria@1',
  workerNoticeRef: 'doc:works-council@2',
  versions: { configDigest: HASH, policies: ['lending@4'], prompts: ['triage@3'], toolsDigest: HASH },
  retention: { class: 'credit', rule: '10 years', minDays: 3_650 },
  signerCustody: 'process',
  service: { name: 'triage', version: '4.2.0', instanceId: 'pod-1' },
} as const;

/** A log in memory with all that can be declared. */
export function openLog(options: Partial<AuditLogOptions> = {}, sink: Sink = memorySink()): AuditLog {
  return new AuditLog({
    system: 'loan-triage',
    log: 'acme.example/loan-triage',
    warnUnsigned: false,
    ...DECLARATIONS,
    capture: EVERYTHING_CAPTURED,
    profile: { annex_iii_points: ['5b'] },
    heartbeatMillis: 60_000,
    clock: { source: 'chrony', synchronised: true, offsetMs: 0.4, checkedAt: NOW },
    ...options,
    sink,
  } as AuditLogOptions);
}

const DECISION: Complete<DecisionOptions> = {
  id: 'd-1',
  input: { applicant: 'a-17', income: 42_000.5, history: [null, true] },
  actor: 'triage-agent',
  actorKind: 'agent',
  onBehalfOf: 'u-3',
  decisionType: 'credit',
  purpose: 'creditworthiness',
  inScope: true,
  caseRef: 'case-9',
  subjectRef: 's-1',
  automation: 'human_in_the_loop',
  effect: 'legal',
  reviewRequired: true,
  notice: { ref: 'doc:notice@2', givenAt: '2026-11-23T10:00:00+01:00' },
  aiDisclosure: { ref: 'doc:ai@1', shownAt: NOW },
  legalBasisRef: 'gdpr:6.1.b',
  supersedes: 'd-0',
  propagate: true,
  data: { FreeName: [1, { deep: 'kept' }] },
};

const RESULT: Complete<ResultOptions> = {
  reasonCodes: ['income_unverified'],
  effectiveAt: NOW,
  output: { text: 'referred to a person' },
};

const OVERSIGHT: Complete<HumanOversightOptions> = {
  decisionId: 'd-1',
  action: 'approved',
  reviewerKind: 'person',
  reviewer: 'u-7731',
  identitySource: 'sso',
  role: 'senior underwriter',
  competenceRef: 'training:2026-03',
  about: [HASH],
  trigger: 'policy',
  stage: 'before_effect',
  proposedResult: 'declined',
  finalResult: 'approved',
  reasonCode: 'income_confirmed',
  shown: { refs: ['screen:12'], sizeChars: 2_400, viewVersion: '7' },
  openedAt: NOW,
  decidedAt: '2026-11-23T09:31:00.5Z',
  initiatedBy: 'u-1',
  note: 'salary slip seen',
  signature: { vkey: 'u-7731+00000000+AQ==', sig: 'AA==' },
};

const FLAG: Complete<FlagOptions> = {
  decisionId: 'd-1',
  action: 'blocked',
  severity: 'critical',
  data: ['health'],
  counts: { health: 1 },
  appliedTo: 'model_input',
  policy: { name: 'special-categories', version: '2' },
  riskRef: 'risk:12',
  alertedRole: 'dpo',
};

const INCIDENT: Complete<IncidentOptions> = {
  decisionId: 'd-1',
  incidentId: 'i-1',
  class: 'widespread_infringement',
  stage: 'initial_report',
  regimes: ['dora_major'],
  serious: true,
  origin: 'internal_detection',
  occurredAt: NOW,
  awareAt: NOW,
  classifiedAt: NOW,
  causalLinkAt: NOW,
  clocks: [{ rule: 'aia-73', dueAt: NOW, metAt: NOW }],
  reportedTo: ['data_protection_authority'],
  reportRef: 'doc:report@1',
  personalDataBreach: true,
  correctiveAction: 'rolled back',
  rootCauseRef: 'doc:rca@1',
};

const CHANGE: Complete<ChangeOptions> = {
  decisionId: 'd-1',
  kind: 'model',
  subject: 'triage model',
  from: 'gpt-4o-2024-05-13',
  to: 'gpt-4o-2024-08-06',
  substantial: false,
  requestedBy: 'u-1',
  approvedBy: 'u-2',
  implementedBy: 'u-3',
  ticketRef: 'OPS-1',
};

const CONTEXT: Complete<ContextAssemblyOptions> = {
  decisionId: 'd-1',
  operation: 'retrieval',
  dataSource: 'kb',
  dataSourceVersion: '2026-11',
  query: 'income rules',
  documents: [{ id: 'doc-1', version: '3', score: 0.83, retrievedAt: NOW, text: 'quoted' }],
  qualityChecks: ['fresh', { stale: false }],
  budget: 8_000,
  used: 1_200,
  blocks: [{ id: 'b-1', action: 'kept' }],
};

const RECONCILIATION: Complete<ReconciliationOptions> = {
  decisionId: 'd-1',
  source: 'provider invoice',
  metric: 'model_calls',
  period: { from: NOW, to: '2026-11-24T00:00:00Z' },
  expected: 120,
  recorded: 119,
  difference: 1,
  explanationRef: 'doc:gap@1',
  performedBy: 'u-5',
};

/** All calls, each with everything it takes, on the log and on a decision. */
export async function allCalls(audit: AuditLog): Promise<void> {
  await audit.decision(DECISION, async (decision) => {
    decision.record({ prompt_id: 'triage@v3' });
    decision.flag('special-category data', FLAG);
    decision.contextAssembly(CONTEXT);
    decision.humanOversight(OVERSIGHT);
    decision.incident(INCIDENT);
    decision.change(CHANGE);
    audit.reconciliation(RECONCILIATION);
    audit.decision({}, () => undefined);
    decision.result('referred', RESULT);
  });
  audit.record({ note: 'outside of a decision' });
  audit.flag('budget');
  audit.humanOversight({ action: 'stopped' });
  audit.incident({});
  audit.contextAssembly({ documents: [{ id: 'doc-2', score: 1 }] });
}

/** Words outside of the vocabularies, and times that are none. */
export function otherWords(audit: AuditLog): void {
  audit.decision(
    { actorKind: 'committee', automation: 'sometimes', effect: 'financial', notice: { givenAt: 'last week' } },
    (decision) => decision.result('approved', { effectiveAt: 'on signature' }),
  );
  audit.humanOversight({
    ...OVERSIGHT,
    action: 'countersigned',
    identitySource: 'badge',
    trigger: 'complaint',
    stage: 'in_between',
    decidedAt: 'yesterday',
    openedAt: new Date(Number.NaN),
  });
  audit.flag('odd', { action: 'quarantined', severity: 'Very High', appliedTo: 'cache' });
  audit.incident({ stage: 'rumour', origin: 'press', clocks: [{ rule: 'aia-73', dueAt: 'soon' }] });
  audit.change({ kind: 'weather' });
  audit.contextAssembly({ operation: 'divination' });
  audit.reconciliation({ ...RECONCILIATION, period: { from: 'monday', to: 'tuesday' } });
}

/** What JSON cannot say, what has to be redacted, and what does not fit a line. */
export function hardContent(audit: AuditLog): void {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  audit.decision(
    {
      input: { big: 2n ** 70n, nan: Number.NaN, zero: -0, date: NOW, map: new Map(), bytes: new Uint8Array(3), cycle },
      data: { fn: () => 1, half: '\uD800', mail: 'ask eve@example.org' },
    },
    (decision) => {
      decision.record({ text: 'long '.repeat(40_000), ['b\uDC00']: undefined });
      decision.contextAssembly({ documents: Array.from({ length: 20_000 }, (_, id) => ({ id: `doc-${id}` })) });
    },
  );
  audit.flag('many', { data: Array.from({ length: 30_000 }, (_, index) => `category ${index}`) });
  audit.reconciliation({ ...RECONCILIATION, expected: Number.POSITIVE_INFINITY, recorded: 2 ** 60 });
}

/** A decision that throws, one that is still open when the log closes, and one that nobody can describe. */
export async function badEnds(audit: AuditLog): Promise<void> {
  const fails = audit.decision({}, async () => {
    throw new RangeError('no income');
  });
  await fails.catch(() => undefined);
  await audit
    .decision({}, async () => {
      throw Object.assign(new Error('x'), {
        get message(): string {
          throw new Error('a message that throws');
        },
      });
    })
    .catch(() => undefined);
  void audit.decision({}, () => new Promise(() => {}));
}

/** A memory sink that can be told to refuse what is written. */
export function breakableSink(): { readonly sink: Sink; broken: boolean } {
  const memory = memorySink();
  const state = {
    broken: false,
    sink: {
      ...memory,
      create(segment: string) {
        const writer = memory.create(segment);
        return {
          append(bytes: Uint8Array): void {
            if (state.broken) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
            writer.append(bytes);
          },
          torn: false,
          sync: () => writer.sync(),
          syncNow: () => writer.syncNow(),
          isInPlace: () => writer.isInPlace(),
          close: () => writer.close(),
        };
      },
    },
  };
  return state;
}

/** Entries that the log writes of itself: gap, tally, clock step, another segment's recovery, roll. */
export async function ownEntries(): Promise<Sink> {
  const breakable = breakableSink();
  let millis = NOW.getTime();
  let monotonic = 0;
  const audit = openLog({ clock: { now: () => millis, monotonic: () => monotonic } }, breakable.sink);
  audit.flag('first');
  breakable.broken = true;
  audit.flag('lost');
  breakable.broken = false;
  audit.flag('after the gap');
  await audit.flush();
  millis += 3_600_000;
  audit.flag('after a clock step');
  await audit.roll('rotation');
  millis += 1_000;
  monotonic += 1_000;
  audit.flag('in the third segment');
  await audit.recover(breakable.sink.list()[0] ?? '');
  await audit.flush();
  const checkpoint = audit.head()?.checkpoint?.text ?? '';
  const { name, keyId, signature } = cosign('witness.example', checkpoint.replace(/\n\n.*/s, '\n'), millis / 1_000);
  const cosignatures = `\u2014 ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
  await audit.anchor({ checkpoint, cosignatures });
  await sleep(5);
  await audit.close({ reason: 'decommissioned' });
  return breakable.sink;
}

/** What is withheld, and what is done with it. */
export async function withheldValues(): Promise<Sink> {
  const sink = memorySink();
  const audit = openLog({ capture: { decisionInput: 'withheld', retrieval: 'withheld' }, overflow: 'withhold' }, sink);
  audit.decision({ id: 'd-1', input: { name: 'Alina' }, data: { long: 'x'.repeat(70_000) } }, (d) => {
    d.contextAssembly({ query: 'income', documents: [{ id: 'd1', content: 'payslip' }] });
  });
  const why = {
    trigger: 'legal_order',
    requestedAt: NOW,
    requestRef: 'r-1',
    approvedBy: 'dpo',
    actor: 'u-12',
  } as const;
  await audit.disclose({ entry: { segment: sink.list()[0] ?? '', seq: 1 }, recipient: 'court', purpose: 'customer' });
  await audit.hold({ requestRef: 'case-9', decisionId: 'd-1', purpose: 'proceeding', performedBy: 'legal' });
  await audit.erase({ decisionId: 'd-1', ...why, legalBasis: 'order', retentionRule: '10 years' });
  await audit.release({ requestRef: 'case-9' });
  await audit.erase({ decisionId: 'd-1', ...why, trigger: 'by mistake' });
  const archive = join(mkdtempSync(join(tmpdir(), 'spanseal-schema-')), 'archive.jsonl');
  const early = openLog({ clock: { now: () => 0 } }, sink);
  early.flag('long ago');
  await early.export(archive);
  await audit.prune({ before: new Date(1), archive, reason: '10 years', actor: 'u-12' });
  await early.close();
  await audit.close();
  return sink;
}

export function entriesOf(sink: Sink): readonly Entry[] {
  return sink.list().flatMap((segment) => {
    const reader = sink.open(segment);
    const bytes = new Uint8Array(reader.bytes);
    reader.read(bytes, 0);
    return Buffer.from(bytes)
      .toString('utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Entry);
  });
}

/** A copy of an entry with other members in its payload: for what the schema must reject. */
export function withPayload(entry: Entry, members: JsonObject): object {
  return { ...entry, payload: { ...(entry.payload as JsonObject), ...members } };
}

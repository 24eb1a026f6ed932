// The log without any tracer: what an application says of itself. Decisions carry everything that is called inside
// them, also when many run at once; what belongs to none is recorded beside them.
//
// node examples/business-events.mjs [folder]
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { AuditLog, ed25519Signer, generateKey, readLog } from 'spanseal';

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'spanseal-'));
const keyFile = join(folder, 'audit.key');
if (!existsSync(keyFile)) writeFileSync(keyFile, generateKey({ name: 'claims' }).privateKey, { mode: 0o600 });

const audit = new AuditLog({
  system: 'claims',
  directory: join(folder, 'audit'),
  signer: ed25519Signer({ keyFile }),
  environment: 'staging',
  riskTier: 'limited',
});

// Before the first decision: which version of the system decides.
audit.change({
  kind: 'model',
  from: 'gpt-4o-2024-05-13',
  to: 'gpt-4o-2024-08-06',
  approvedBy: 'u-3',
  ticketRef: 'C-4',
});

// A decision with another one inside it. Calls on the log find the decision they are in by themselves.
await audit.decision({ id: 'claim-1', actor: 'claims-service', actorKind: 'service' }, async (claim) => {
  audit.contextAssembly({
    operation: 'retrieval',
    dataSource: 'policies',
    documents: [{ id: 'policy-7', version: '3', score: 0.91 }],
    blocks: [{ id: 'policy-7#4', action: 'included' }],
  });
  const fraud = await audit.decision({ id: 'claim-1/fraud', actor: 'fraud-model' }, async (check) => {
    await setTimeout(5);
    check.record({ score: 0.12, threshold: 0.5 });
    check.result('clear');
    return 0.12;
  });
  claim.record({ fraud });
  claim.result('paid', { reasonCodes: ['covered'], effectiveAt: new Date() });
});

// Two at once do not mix. One fails: its error is recorded, and still the caller's.
await Promise.allSettled([
  audit.decision({ id: 'claim-2' }, async (claim) => {
    await setTimeout(10);
    audit.flag('medical report in the attachment', { action: 'blocked', severity: 'critical', data: ['health'] });
    claim.result('referred');
  }),
  audit.decision({ id: 'claim-3' }, async () => {
    await setTimeout(5);
    audit.record({ step: 'fetch' });
    throw new Error('the policy service did not answer');
  }),
]);

// Later, about a decision that has ended long since, and about the system as a whole.
audit.humanOversight({
  decisionId: 'claim-1',
  reviewerKind: 'person',
  reviewer: 'u-7',
  action: 'reversed',
  stage: 'after_effect',
});
audit.incident({
  incidentId: 'I-1',
  class: 'wrong_payout',
  stage: 'detected',
  origin: 'internal_detection',
  awareAt: new Date(),
});

await audit.close();
for await (const { seq, type, decision_id: decision = '-', payload } of readLog(join(folder, 'audit'))) {
  const what = payload.outcome ?? payload.action ?? payload.kind ?? payload.stage ?? '';
  console.log(`${seq} ${type} ${decision} ${what}`.trimEnd());
}

// Decisions that a person reviews later, from another process: a decision is known by its id, and any process with the
// log's directory and key may say what was done about it. Each process writes a segment of its own; nothing is locked
// and nothing written is ever changed.
//
// node examples/later-oversight.mjs decide  <folder>                        makes two decisions; one awaits a review
// node examples/later-oversight.mjs pending <folder>                        lists the decisions that await one
// node examples/later-oversight.mjs review  <folder> <decision id> <user>   approves one of them
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { AuditLog, awaitingReview, ed25519Signer, generateKey } from 'spanseal';

const [command, folder = '.', decisionId, user] = process.argv.slice(2);
const directory = join(folder, 'audit');

switch (command) {
  case 'decide':
    await withLog(decide);
    break;
  case 'pending':
    for await (const { decisionId: id, decision, end } of awaitingReview(directory)) {
      // Without an end it is under way, or its process was killed: there is nothing to review yet, or something to mend.
      if (end !== undefined) console.log(id, end.payload.result, decision.ts);
    }
    break;
  case 'review':
    await withLog(review);
    break;
  default:
    console.error('usage: later-oversight.mjs decide|pending|review <folder> [<decision id> <user>]');
    process.exitCode = 2;
}

function decide(audit) {
  audit.decision({ decisionType: 'refund', caseRef: 'R-17', reviewRequired: true }, (decision) => {
    decision.record({ rule: 'over 500 EUR' });
    decision.result('refund_granted');
  });
  audit.decision({ decisionType: 'refund', caseRef: 'R-18' }, (decision) => decision.result('refund_granted'));
}

async function review(audit) {
  const result = await resultOf(decisionId);
  // What the record shows is that this process said so. Whether the person really looked, no log can show.
  audit.humanOversight({
    decisionId,
    reviewerKind: 'person',
    reviewer: user,
    identitySource: 'asserted',
    action: 'approved',
    stage: 'before_effect',
    proposedResult: result,
    finalResult: result,
    decidedAt: new Date(),
  });
}

/** Two reviewers may both have the list: the log is asked again before the second one's word is taken. */
async function resultOf(wanted) {
  for await (const { decisionId: id, end } of awaitingReview(directory)) {
    if (id === wanted && end !== undefined) return end.payload.result;
  }
  throw new Error(`No decision ${wanted} awaits a review.`);
}

async function withLog(use) {
  mkdirSync(folder, { recursive: true });
  const keyFile = join(folder, 'audit.key');
  if (!existsSync(keyFile)) writeFileSync(keyFile, generateKey({ name: 'refunds' }).privateKey, { mode: 0o600 });
  const audit = new AuditLog({ system: 'refunds', directory, signer: ed25519Signer({ keyFile }) });
  try {
    await use(audit);
  } finally {
    await audit.close();
  }
}

// Decisions that a person reviews later, from another process: a decision is known by its id, and any process with the
// log's directory and key may say what was done about it. Each process writes a segment of its own; nothing is locked
// and nothing written is ever changed.
//
// node examples/later-oversight.mjs decide  <folder>                        makes two decisions; one awaits a review
// node examples/later-oversight.mjs pending <folder>                        lists the decisions that await one
// node examples/later-oversight.mjs review  <folder> <decision id> <user>   approves one of them
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { AuditLog, ed25519Signer, generateKey, readLog } from 'spanseal';

const [command, folder = '.', decisionId, user] = process.argv.slice(2);
const directory = join(folder, 'audit');

switch (command) {
  case 'decide':
    await withLog(decide);
    break;
  case 'pending':
    for (const { id, result, since } of await pending()) console.log(id, result, since);
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

/**
 * Decisions that need a review, have ended, and have had none yet: in any segment, by any process. Segments are read in
 * the order of their names, and those of two processes may overlap: a review may be read before its decision.
 */
async function pending() {
  const decisions = new Map();
  const reviewed = new Set();
  for await (const { type, decision_id: id, payload, ts } of readLog(directory)) {
    if (type === 'decision' && payload.review_required) decisions.set(id, { id, since: ts });
    if (type === 'decision_end' && decisions.has(id)) decisions.get(id).result = payload.result;
    if (type === 'human_oversight') reviewed.add(id);
  }
  return [...decisions.values()].filter(({ id, result }) => result !== undefined && !reviewed.has(id));
}

async function review(audit) {
  const found = (await pending()).find(({ id }) => id === decisionId);
  if (found === undefined) throw new Error(`No decision ${decisionId} awaits a review.`);
  // What the record shows is that this process said so. Whether the person really looked, no log can show.
  audit.humanOversight({
    decisionId,
    reviewerKind: 'person',
    reviewer: user,
    identitySource: 'asserted',
    action: 'approved',
    stage: 'before_effect',
    proposedResult: found.result,
    finalResult: found.result,
    decidedAt: new Date(),
  });
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

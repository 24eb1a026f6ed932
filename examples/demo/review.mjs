// Another process, another day: a person has looked at a decision. node review.mjs <folder> <decision id>
import { readLog } from 'spanseal';

import { openLog } from './log.mjs';

const [folder, decisionId] = process.argv.slice(2);

// What was reviewed is named by its leaf hash: the `prev_hash` of the line after it.
const about = [];
let before;
for await (const entry of readLog(`${folder}/audit`)) {
  if (before?.type === 'decision_end' && before.decision_id === decisionId) about.push(entry.prev_hash);
  before = entry;
}

const audit = openLog(folder);
audit.humanOversight({
  decisionId,
  reviewerKind: 'person',
  reviewer: 'u-7731',
  identitySource: 'sso',
  role: 'credit officer',
  action: 'overridden',
  stage: 'before_effect',
  trigger: 'policy',
  proposedResult: 'referred',
  finalResult: 'declined',
  reasonCode: 'income_below_threshold',
  about,
});
await audit.close();

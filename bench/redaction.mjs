// What redaction takes: `npm run bench:redaction [-- --policy strict]`.
import { createHash } from 'node:crypto';

import { policyRedactor } from 'spanseal';

import { medians, options, report, rotate } from './harness.mjs';

const { rounds, policy } = options({ policy: 'default' });
const TEXTS = 20_000;
const FIELD = { type: 'decision', member: 'input', withholdable: false };

const kilobyte = (text) => text.repeat(Math.ceil(1_024 / text.length)).slice(0, 1_024);
const CLEAN = kilobyte('The applicant asks for a loan of 12,000 euros over five years and has worked since 2019. ');
const EVERYDAY = kilobyte(
  'Please send me the new invoice from your shop, so that I can store it; act on it by the 17th. ',
);
const JSON_TEXT = kilobyte('{"id":"a1","name":"look_up","at":"2026-07-01T06:00:00Z","months":12,"tags":["x","y"]}, ');
const SECRETS = `${CLEAN.slice(0, 900)} alice@example.com, key sk-proj-Aa0Bb1Cc2Dd3Ee4Ff5Gg6`;

const each = (act) => async () => {
  const started = performance.now();
  for (let index = 0; index < TEXTS; index++) act();
  return ((performance.now() - started) / TEXTS) * 1_000;
};
const redactor = policyRedactor(policy);
const redacting = (text) => each(() => redactor(text, FIELD));
const digest = createHash('sha256');
const bytes = Buffer.from(CLEAN);

const SHA = 'SHA-256 of 1 kB, streamed';
// One policy, as most processes have: the engine makes the code for it. With several it takes some 3.5 µs.
const rows = {
  'clean prose': redacting(CLEAN),
  'everyday words': redacting(EVERYDAY),
  'JSON of ids and times': redacting(JSON_TEXT),
  'an address and a key in it': redacting(SECRETS),
  [SHA]: each(() => digest.update(bytes)),
};
const results = await rotate(rows, Number(rounds));
report(
  'redaction',
  'A text of 1 kB',
  medians(results, {
    unit: 'µs',
    perSecond: 1_000_000,
    ratios: Object.fromEntries(Object.keys(rows).flatMap((name) => (name === SHA ? [] : [[name, [SHA]]]))),
  }),
  [`${rounds} rounds in rotation of ${TEXTS.toLocaleString('en')} texts.`],
);

// What an entry costs through the public API, one write each: `npm run bench:append`.
import { hash } from 'node:crypto';
import { closeSync, fdatasync, mkdirSync, openSync, writeSync } from 'node:fs';

import { AuditLog } from 'spanseal';

import { LOG, medians, options, quantile, report, rotate, rounded, SIGNER, temporary, turn } from './harness.mjs';
import { DATA } from './workload.mjs';

const { rounds } = options();
const ENTRIES = 20_000;
const SEAL_ENTRIES = 1_024;
mkdirSync(temporary(''), { recursive: true });

let made = 0;
const newLog = (more = {}) =>
  new AuditLog({
    system: 'bench',
    log: LOG,
    directory: temporary(`log-${made++}`),
    signer: SIGNER,
    warnUnsigned: false,
    ...more,
  });

async function each(count, act) {
  const started = performance.now();
  for (let index = 0; index < count; index++) {
    act(index);
    // A turn of the event loop for each seal, as an application has them.
    if (index % SEAL_ENTRIES === SEAL_ENTRIES - 1) await turn();
  }
  return ((performance.now() - started) / count) * 1_000;
}

async function records(more, data = DATA) {
  const log = newLog(more);
  log.record(data);
  const micros = await each(ENTRIES, () => log.record(data));
  await log.close();
  return micros;
}

async function bulk() {
  const log = newLog();
  const data = Array.from({ length: 1_000 }, () => DATA);
  log.record(DATA);
  const started = performance.now();
  for (let index = 0; index < ENTRIES; index += data.length) {
    log.recordAll(data);
    await turn();
  }
  const micros = ((performance.now() - started) / ENTRIES) * 1_000;
  await log.close();
  return micros;
}

async function decisions(more) {
  const log = newLog(more);
  const micros = await each(ENTRIES / 4, (index) =>
    log.decision({ input: DATA, actor: 'a' }, (d) => d.result(index % 2 ? 'approved' : 'referred')),
  );
  await log.close();
  return micros / 2;
}

/** A line of the same size that is ready, hashed and written, synced and signed as often: nothing can be faster. */
async function floor() {
  const descriptor = openSync(temporary(`floor-${made++}`), 'w');
  const line = Buffer.alloc(690, 'x');
  const note = new TextEncoder().encode(`${LOG}/20260101T000000Z-0000000000000000\n1024\n${'A'.repeat(43)}=\n`);
  const micros = await each(ENTRIES, (index) => {
    hash('sha256', line, 'hex');
    writeSync(descriptor, line);
    if (index % SEAL_ENTRIES === 0) {
      SIGNER.sign(note);
      fdatasync(descriptor, () => {});
    }
  });
  closeSync(descriptor);
  return micros;
}

const SECRET = { ...DATA, text: `${DATA.text} write to jane.doe@example.org, the key is sk-proj-abcdefghij0123456789` };
const results = await rotate(
  {
    'SHA-256 + write(2) + fdatasync + Ed25519 of ready lines': floor,
    'record(), unsigned': () => records({ signer: undefined }),
    'record(), sealed': () => records({}),
    'record(), sealed, no redaction': () => records({ redactor: false }),
    'record(), sealed, two finds redacted and flagged': () => records({}, SECRET),
    'recordAll() of 1,000, sealed': bulk,
    'decision() with input inline, an entry': () => decisions({}),
    'decision() with input withheld, an entry': () => decisions({ capture: { decisionInput: 'withheld' } }),
  },
  Number(rounds),
);
const FLOOR = 'SHA-256 + write(2) + fdatasync + Ed25519 of ready lines';
report(
  'append',
  'An entry of some 700 bytes through the public API, one write each',
  medians(results, {
    unit: 'µs',
    perSecond: 1_000_000,
    ratios: {
      'record(), unsigned': [FLOOR],
      'record(), sealed': [FLOOR],
      'record(), sealed, no redaction': [FLOOR],
      'recordAll() of 1,000, sealed': [FLOOR],
    },
  }),
  [
    `${rounds} rounds in rotation of ${ENTRIES.toLocaleString('en')} entries; seals each 1,024 entries, signed and synced.`,
  ],
);

/** How long somebody waits who wants to know that an entry is sealed. */
async function sealedLatency(ask) {
  const log = newLog();
  // The log keeps no process alive; an application has something else that does.
  const alive = setInterval(() => {}, 1_000);
  const millis = [];
  for (let index = 0; index < 60; index++) {
    const started = performance.now();
    const sealed = log.record(DATA).sealed();
    if (ask) void log.flush();
    await sealed;
    millis.push(performance.now() - started);
    if (!ask && index === 5) break;
  }
  clearInterval(alive);
  await log.close();
  return millis;
}

const asked = await sealedLatency(true);
const waited = await sealedLatency(false);
report(
  'sealed',
  'From `record()` to `await receipt.sealed()`',
  [
    ['with flush()', asked],
    ['without: after the seal interval of 1 s', waited],
  ].map(([what, millis]) => ({
    what,
    'median ms': rounded(quantile(millis, 0.5)),
    'p99 ms': rounded(quantile(millis, 0.99)),
    'max ms': rounded(quantile(millis, 1)),
  })),
);

import { failing, healed, type Fault } from './failing-files.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { expect, test, vi } from 'vitest';

import { AuditSpanProcessor, verifyPath, type AuditLog, type Receipt } from '../../src/index.ts';
import { findOpenSegments } from '../../src/recovery.ts';

import { directoryLog, KEY, ofType } from '../log.ts';
import { entriesOf, segmentLines } from './acknowledged.ts';
import { ALL_FAULTS, note } from './faults.ts';

/**
 * Every call of the log to the file system fails once, in every way, alone and with those that follow. Whatever happens,
 * an acknowledged entry is in its place, what was lost is counted, and the log verifies when all is well again.
 */

interface Run {
  readonly receipts: readonly Receipt[];
  /** What the warning at the end says was lost. */
  readonly told: number;
}

/** Entries, withheld values, decisions, rolls and seals, as one process makes them. */
async function workload(directory: string, signal: () => void): Promise<Run> {
  const receipts: Receipt[] = [];
  let told = 0;
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => {
    told += Number(/^(\d+) entries/.exec(String(warning))?.[1] ?? 0);
  });
  try {
    const audit = directoryLog(directory, {
      maxSegmentBytes: 6_000,
      capture: { decisionInput: 'withheld' },
      flagOnRedact: false,
    });
    signal();
    for (let index = 0; index < 24; index++) {
      receipts.push(audit.record({ index, text: 'x'.repeat(200) }));
      if (index % 8 === 3) audit.decision({ input: { index } }, (decision) => receipts.push(decision.receipt));
      if (index % 6 === 5) await audit.flush();
    }
    await audit.close();
    return { receipts, told };
  } finally {
    warned.mockRestore();
  }
}

/** The same log, opened again when all is well: what is open is recovered, as `spanseal recover` does. */
async function recovered(directory: string): Promise<AuditLog> {
  const audit = directoryLog(directory, { capture: { decisionInput: 'withheld' } });
  audit.record({ again: true });
  for (const segment of await findOpenSegments(audit.sink, audit.head()?.segment)) await audit.recover(segment);
  await audit.close();
  return audit;
}

/** Runs the workload with a fault; @returns what came of it */
async function withFault(
  fault: Fault | undefined,
  from: number,
  times: number,
): Promise<{
  readonly calls: readonly string[];
  readonly failed: number;
  readonly acknowledged: number;
  readonly lost: number;
}> {
  const directory = mkdtempSync(join(tmpdir(), 'spanseal-faults-'));
  const where = `${fault} at call ${from}, ${times} times`;
  try {
    let refused: unknown;
    const run = await workload(directory, () => failing(directory, fault, from, times)).catch((error: unknown) => {
      refused = error;
      return { receipts: [], told: 0 };
    });
    const { calls, failed } = healed();
    expect(refused, where).toBeUndefined();
    await recovered(directory);

    const lines = segmentLines(directory);
    const lost = run.receipts.filter(({ recorded }) => !recorded).length;
    for (const receipt of run.receipts) {
      if (!receipt.recorded) continue;
      const line = lines.get(receipt.segment)?.[receipt.seq]?.toString() ?? 'nothing';
      expect(JSON.parse(line), where).toMatchObject({ seq: receipt.seq });
    }
    const entries = entriesOf(lines);
    const missing = ofType(entries, 'gap').reduce((sum, { payload }) => sum + payload.lost, 0) + run.told;
    // Entries that are nobody's receipt may be lost too: the end of a decision, a tally.
    expect(missing, where).toBeGreaterThanOrEqual(lost);
    if (failed === 0) expect(missing, where).toBe(0);
    const reasons = ofType(entries, 'gap').map(({ payload }) => payload.reason);
    expect(
      reasons.filter((reason) => reason?.includes('removed')),
      where,
    ).toEqual([]);
    const report = await verifyPath(directory, { keys: [KEY.vkey] });
    expect({ where, problems: report.problems, failed: report.failed }).toEqual({ where, problems: [], failed: [] });
    expect(report.segments.every(({ state }) => state === 'closed' || state === 'recovered')).toBe(true);
    return { calls, failed, acknowledged: run.receipts.length - lost, lost };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const FAULTS: readonly [fault: Fault, times: number][] = [
  ['EIO', 1],
  ['EIO', 2],
  ['EIO', 5],
  ['ENOSPC', 1],
  ['full', 4],
  ['full', 40],
  ['EMFILE', 3],
  ['short', 1],
  ['slow', 1],
];

/** Of all calls one in so many fails in the gate; `npm run faults` lets each. */
const STEP = ALL_FAULTS ? 1 : 9;

test('the workload writes, syncs, rolls, withholds and closes', async () => {
  const { calls, acknowledged, lost } = await withFault(undefined, 0, 0);
  expect(new Set(calls)).toEqual(
    new Set([
      'openSync',
      'fsyncSync',
      'closeSync',
      'readdirSync',
      'writeSync',
      'fstatSync',
      'statSync',
      'readSync',
      'fdatasync',
      'existsSync',
    ]),
  );
  expect({ acknowledged, lost }).toEqual({ acknowledged: 27, lost: 0 });
});

test.each(FAULTS)('%s, %d times, from each call on', { timeout: 300_000 }, async (fault, times) => {
  const { calls } = await withFault(undefined, 0, 0);
  let rounds = 0;
  let acknowledged = 0;
  let lost = 0;
  for (let from = times % STEP; from < calls.length; from += STEP) {
    const round = await withFault(fault, from, times);
    if (round.failed === 0) continue;
    rounds++;
    acknowledged += round.acknowledged;
    lost += round.lost;
  }
  expect(rounds).toBeGreaterThan(0);
  note({ fault: `file system: ${fault}, ${times} calls in turn, from each call on`, rounds, acknowledged, lost });
});

test('with `refuse` no decision runs that is not recorded, and spans never throw', async () => {
  let ran = 0;
  let refused = 0;
  for (const [fault, times] of FAULTS) {
    const directory = mkdtempSync(join(tmpdir(), 'spanseal-refuse-'));
    const audit = directoryLog(directory, { failure: 'refuse', maxSegmentBytes: 6_000 });
    const provider = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit, { closeLog: false })] });
    const chat = { attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' } };
    const here = { ran: 0, refused: 0 };
    failing(directory, fault, 20, times);
    for (let index = 0; index < 30; index++) {
      try {
        audit.decision({ data: { index } }, () => here.ran++);
        provider.getTracer('refuse').startSpan('chat m', chat).end();
      } catch (error) {
        expect(error).toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
        expect(audit.health().ok).toBe(false);
        here.refused++;
      }
      if (index % 5 === 4) await audit.flush();
    }
    healed();
    await recovered(directory);
    const entries = entriesOf(segmentLines(directory));
    // The same data again in the log: whatever ran has its entry, and what was refused has none.
    expect(ofType(entries, 'decision').length, fault).toBe(here.ran);
    ran += here.ran;
    refused += here.refused;
    rmSync(directory, { recursive: true });
  }
  expect(refused).toBeGreaterThan(0);
  note({
    fault: '`refuse` while files fail: decisions that ran, and were refused',
    rounds: FAULTS.length,
    acknowledged: ran,
    lost: 0,
  });
});

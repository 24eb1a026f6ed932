import { describe, expect, test } from 'vitest';

import { AuditLog, readLog, verify, verifyPath } from '../src/index.ts';
import { directoryLog, KEY, LOG, memoryLog, ofType, SIGNER, temporaryFolder } from './log.ts';
import { diskFull, watchedSink } from './watched-sink.ts';

const keys = [KEY.vkey];
const rows = (count: number): { readonly row: number }[] => Array.from({ length: count }, (_, row) => ({ row }));

describe('many records at once', () => {
  test('are entries like those of one call each, in their order', async () => {
    const { audit, sink } = memoryLog();
    const receipts = audit.recordAll(rows(1_300));
    expect(receipts.map((receipt) => receipt.recorded && receipt.seq)).toEqual(rows(1_300).map(({ row }) => row + 1));
    await audit.close();
    const entries = ofType(sink.entries(), 'decision_record');
    expect(entries.map(({ payload }) => payload.data)).toEqual(rows(1_300));
    const [segment = ''] = sink.list();
    const report = await verify(sink.bytes(segment), { keys });
    expect(report).toMatchObject({ ok: true, problems: [] });
    await expect(receipts[7]?.sealed()).resolves.toMatchObject({ origin: `${LOG}/${segment}` });
  });

  test('go to the system in one write for some hundred of them', () => {
    let writes = 0;
    const { sink } = watchedSink({ append: () => writes++ });
    const audit = new AuditLog({ system: 'test', log: LOG, sink, signer: SIGNER });
    audit.record({ opens: true });
    writes = 0;
    audit.recordAll(rows(1_024));
    expect(writes).toBe(2);
    // A mebibyte at most, however few they are.
    writes = 0;
    audit.recordAll(Array.from({ length: 100 }, () => ({ text: 'x'.repeat(30_000) })));
    expect(writes).toBe(3);
  });

  test('belong to the decision that they are recorded in, which counts them', async () => {
    const { audit, sink } = memoryLog();
    audit.decision({ id: 'import' }, () => audit.recordAll(rows(3)));
    await audit.close();
    const entries = sink.entries();
    expect(ofType(entries, 'decision_record').map(({ decision_id: id }) => id)).toEqual(['import', 'import', 'import']);
    expect(ofType(entries, 'decision_end')[0]?.payload.counts).toMatchObject({ decision_record: 3 });
  });

  test('are redacted, flagged and withheld like any other', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory, { overflow: 'withhold' });
    const receipts = audit.recordAll([
      { text: 'jane.doe@example.org' },
      { text: 'z'.repeat(80_000) },
      { text: 'nothing' },
    ]);
    expect(receipts.every(({ recorded }) => recorded)).toBe(true);
    await audit.close();
    const report = await verifyPath(directory, { keys });
    expect(report).toMatchObject({ ok: true, problems: [], values: { withheld: 0, disclosed: 1 } });
    const flags = [];
    for await (const entry of readLog(directory)) if (entry.type === 'policy_flag') flags.push(entry.payload.data);
    expect(flags).toEqual([['email']]);
  });

  test('are lost together, counted, and refused if that is asked for', async () => {
    for (const failure of ['continue', 'refuse'] as const) {
      let fails = false;
      const { sink, memory } = watchedSink({
        append() {
          if (fails) throw diskFull();
        },
      });
      const audit = new AuditLog({ system: 'test', log: LOG, sink, signer: SIGNER, failure });
      audit.recordAll(rows(2));
      fails = true;
      if (failure === 'refuse') {
        expect(() => audit.recordAll(rows(600))).toThrow(expect.objectContaining({ code: 'AUDIT_UNAVAILABLE' }));
      } else {
        expect(audit.recordAll(rows(600)).every(({ recorded }) => !recorded)).toBe(true);
      }
      expect(audit.health()).toMatchObject({ ok: false, lost: 600 });
      fails = false;
      expect(audit.recordAll(rows(2)).map((receipt) => receipt.recorded && receipt.seq)).toEqual([4, 5]);
      await audit.close();
      expect(ofType(memory.entries(), 'gap')[0]?.payload).toMatchObject({
        lost: 600,
        lost_by_type: { decision_record: 600 },
      });
      const report = await verify(memory.bytes(memory.list()[0] ?? ''), { keys });
      expect(report).toMatchObject({ ok: true, problems: [] });
    }
  });

  test('are none on a closed log, and need not be any', async () => {
    const { audit } = memoryLog();
    expect(audit.recordAll([])).toEqual([]);
    await audit.close();
    expect(() => audit.recordAll(rows(1))).toThrow(expect.objectContaining({ code: 'LOG_CLOSED' }));
    expect(audit.tally.afterClose).toBe(1);
  });
});

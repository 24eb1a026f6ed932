import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { verifyPath, type Entry } from '../../src/index.ts';
import { directoryLog, KEY, temporaryFolder } from '../log.ts';
import { segmentLines } from './acknowledged.ts';
import { note } from './faults.ts';

/**
 * Somebody does something to the file of a segment while it is written. The writer notices with the next seal and goes
 * on in another segment; nothing that comes after is touched by it, and the verifier says what became of the file.
 */

interface Change {
  readonly name: string;
  readonly change: (file: string, folder: string) => void;
  /** What the verifier says of the segment. */
  readonly problems: readonly string[];
}

const CHANGES: readonly Change[] = [
  { name: 'removed', change: (file) => rmSync(file), problems: ['sibling_missing'] },
  {
    name: 'moved away',
    change: (file, folder) => renameSync(file, join(folder, 'elsewhere')),
    problems: ['sibling_missing'],
  },
  {
    name: 'replaced by a copy',
    change(file) {
      copyFileSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
    },
    problems: [],
  },
  {
    name: 'replaced by an empty file',
    change(file) {
      rmSync(file);
      writeFileSync(file, '');
    },
    problems: [],
  },
  { name: 'cut', change: (file) => truncateSync(file, 1_500), problems: ['line_json'] },
  {
    name: 'continued by somebody',
    change: (file) => appendFileSync(file, '{"forged":true}\n'),
    problems: ['entry_shape'],
  },
  { name: 'given a second name', change: (file, folder) => linkSync(file, join(folder, 'second')), problems: [] },
];

test.each(CHANGES)('$name under the writer', async ({ name, change, problems }) => {
  const folder = temporaryFolder();
  const directory = join(folder, 'log');
  const audit = directoryLog(directory);
  const before = Array.from({ length: 20 }, (_, index) => audit.record({ index }));
  await audit.flush();
  const [file = ''] = readdirSync(directory);
  change(join(directory, file), folder);
  const changed = audit.record({ changed: true });
  await audit.flush();
  const after = Array.from({ length: 20 }, (_, index) => audit.record({ after: index }));
  await audit.close();

  const lines = segmentLines(directory);
  for (const receipt of after) {
    expect(receipt.recorded && lines.get(receipt.segment)?.[receipt.seq]?.toString()).toContain('"after":');
  }
  // Whatever somebody did, what came later stands where it can be trusted.
  const wentOn = after.every((receipt) => receipt.recorded && `${receipt.segment}.jsonl` !== file);
  expect(wentOn).toBe(name !== 'given a second name');
  const report = await verifyPath(directory, { keys: [KEY.vkey] });
  expect(report.problems.map(({ code }) => code).filter((code) => code !== 'segment_open')).toEqual(
    expect.arrayContaining([...problems]),
  );
  if (problems.length === 0) expect(report.problems).toEqual([]);
  else expect(report.ok).toBe(false);
  // Entries that were acknowledged and are gone: the log says how many.
  const all = [...lines.values()].flat();
  const leaves = new Set(all.map((line) => createHash('sha256').update('\0').update(line).digest('hex')));
  const gone = [...before, changed].filter((receipt) => receipt.recorded && !leaves.has(receipt.leafHash));
  const gaps = all.filter((line) => line.includes('"type":"gap"'));
  const lost = gaps.reduce((sum, line) => sum + (JSON.parse(line.toString()) as Entry<'gap'>).payload.lost, 0);
  if (gone.length === 0) expect(lost).toBe(0);
  // With entries of the log's own: its opening, its seals.
  else expect(lost).toBeGreaterThanOrEqual(gone.length - (name === 'cut' ? 2 : 0));
  note({
    fault: `a file that is ${name} under its writer`,
    rounds: 1,
    acknowledged: before.length + 1 + after.length,
    lost: gone.length,
  });
});

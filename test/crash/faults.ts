import { appendFileSync } from 'node:fs';

/** What came of one kind of fault: a row of docs/reliability.md. */
export interface FaultRow {
  readonly fault: string;
  readonly rounds: number;
  /** Entries whose receipt said that they are recorded; all of them were found in their place. */
  readonly acknowledged: number;
  /** Entries that their receipt, a gap or a warning said were lost. */
  readonly lost: number;
}

/** Adds a row to the table of `npm run faults`, and shows it. */
export function note(row: FaultRow): void {
  const table = process.env['SPANSEAL_FAULT_TABLE'];
  if (table !== undefined) appendFileSync(table, `${JSON.stringify(row)}\n`);
  console.log(`${row.fault}: ${row.rounds} rounds, ${row.acknowledged} acknowledged, ${row.lost} lost and counted`);
}

/** Whether every fault is tried, not some of each kind. */
export const ALL_FAULTS: boolean = process.env['SPANSEAL_FAULT_TABLE'] !== undefined;

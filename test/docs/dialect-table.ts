import { readFileSync } from 'node:fs';

import { counting, standing, type CallEntry } from '../processors/recording.ts';
import { replay } from '../processors/replay.ts';
import { EMITTERS, hasTruth, recordedSpans, scenariosOf, truthOf, type Truth } from '../spans.ts';

/** What happened, what the spans can show of it, and what the log says: of every recorded scenario. */

interface Counts {
  readonly calls: number;
  readonly failed: number;
  readonly cut: number;
  readonly tools: number;
  readonly embeddings: number;
}

export interface Row {
  readonly scenario: string;
  readonly truth: Counts;
  readonly observable: Counts;
  readonly recorded: Counts;
  /** Input and output tokens of model calls. */
  readonly trueTokens: readonly [number, number];
  readonly recordedTokens: readonly [number, number];
  readonly why: string;
}

function countsOf(truth: Truth): Counts {
  const { failed = 0, incomplete = 0, outcome } = truth;
  const isOpen = outcome === 'unknown' || outcome === 'unended';
  return {
    calls: truth.model_calls,
    // Where nothing says how a call ended, that is all that is seen, whether it failed, was cut, or went well.
    failed: isOpen ? 0 : failed,
    cut: outcome === 'ok' ? 0 : isOpen ? Math.max(incomplete, failed, 1) : incomplete,
    tools: truth.tool_executions ?? 0,
    embeddings: truth.embedding_calls ?? 0,
  };
}

/** A call that was cut may be seen to fail, or not to end: it counts as cut. */
function recordedCounts(entries: readonly CallEntry[], cutShort: boolean): Counts {
  const calls = entries.filter(({ type }) => type === 'llm_call');
  const failed = calls.filter(({ payload }) => payload.outcome === 'error').length;
  const open = calls.filter(({ payload }) => payload.outcome === 'unknown' || payload.outcome === 'unended').length;
  return {
    calls: calls.length,
    failed: cutShort ? 0 : failed,
    cut: cutShort ? failed + open : open,
    tools: entries.filter(({ type }) => type === 'tool_call').length,
    embeddings: entries.filter(({ payload }) => 'operation' in payload && payload.operation === 'embeddings').length,
  };
}

/** What the provider reports for one call. */
const INPUT_TOKENS = 120;
const OUTPUT_TOKENS = 34;

const known = new Map<string, Promise<readonly Row[]>>();

/** The scenarios of an emitter, put through the processor once. */
export function rowsOf(emitter: string): Promise<readonly Row[]> {
  const rows = known.get(emitter) ?? recordedRows(emitter);
  known.set(emitter, rows);
  return rows;
}

async function recordedRows(emitter: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const scenario of scenariosOf(emitter).filter((name) => hasTruth(emitter, name))) {
    const { truth, observable } = truthOf(emitter, scenario);
    const entries = await replay(recordedSpans(emitter, scenario));
    const answered = truth.model_calls - (truth.failed ?? 0) - (truth.incomplete ?? 0);
    const tokens: [number, number] = [0, 0];
    for (const entry of standing(entries)) {
      const usage = entry.type === 'context_assembly' || !('usage' in entry.payload) ? undefined : entry.payload.usage;
      tokens[0] += usage?.input_tokens ?? 0;
      tokens[1] += usage?.output_tokens ?? 0;
    }
    rows.push({
      scenario,
      truth: countsOf(truth),
      observable: countsOf(observable),
      recorded: recordedCounts(counting(entries), observable.incomplete !== undefined),
      trueTokens: [answered * INPUT_TOKENS, answered * OUTPUT_TOKENS],
      recordedTokens: tokens,
      why: observable.why ?? '',
    });
  }
  return rows;
}

const COLUMNS = ['calls', 'failed', 'cut', 'tools', 'embeddings'] as const;

/** One number where all three agree; else true, observable and recorded. */
function cell(row: Row, column: (typeof COLUMNS)[number]): string {
  const numbers = [row.truth[column], row.observable[column], row.recorded[column]];
  if (numbers.every((number) => number === 0)) return '';
  return numbers.every((number) => number === numbers[0]) ? String(numbers[0]) : numbers.join(' / ');
}

function tokens([input, output]: readonly [number, number]): string {
  return input === 0 && output === 0 ? '' : `${input} + ${output}`;
}

function tokensCell({ trueTokens, recordedTokens }: Row): string {
  const [expected, recorded] = [tokens(trueTokens), tokens(recordedTokens)];
  return expected === recorded ? expected : `${expected || '0'} / ${recorded || '0'}`;
}

function packagesOf(emitter: string): string {
  const file = new URL(`../fixtures/spans/${emitter}/versions.json`, import.meta.url);
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly packages: Readonly<Record<string, string>>;
  };
  const named = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return named.map((name) => `\`${name}\``).join(', ');
}

async function section(emitter: string): Promise<string> {
  const rows = await rowsOf(emitter);
  const lines = rows.map(
    (row) =>
      `| ${[row.scenario, ...COLUMNS.map((column) => cell(row, column)), tokensCell(row), row.why].join(' | ')} |`,
  );
  return [
    `<details><summary><b>${emitter}</b>: ${rows.length} scenarios</summary>`,
    '',
    packagesOf(emitter),
    '',
    '| scenario | calls | failed | cut | tools | embeddings | tokens | what is not seen, or otherwise |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    '</details>',
  ].join('\n');
}

/** The whole table, as Markdown. */
export async function dialectTable(): Promise<string> {
  const sections: string[] = [];
  for (const emitter of [...EMITTERS].sort()) sections.push(await section(emitter));
  return sections.join('\n\n');
}

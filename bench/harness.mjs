// What all benches share: rounds in rotation, medians with the lower quartile, a table, and the same as JSON beside it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { ed25519Signer, generateKey } from 'spanseal';

export const LOG = 'example.org/bench';

export const turn = () => new Promise((resolve) => setImmediate(resolve));
export const wait = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** Options of a bench from the command line: `--rounds`, and its own with their defaults. */
export function options(own = {}) {
  const described = Object.fromEntries(
    Object.entries({ rounds: '15', ...own }).map(([name, value]) => [name, { type: 'string', default: value }]),
  );
  const { values } = parseArgs({ options: described });
  return Object.fromEntries(Object.keys(described).map((name) => [name, String(values[name])]));
}

let folder;

/** A folder that is gone when the bench is. */
export function temporary(name) {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'spanseal-bench-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  return join(folder, name);
}

/** One key for a bench and the processes that it starts. */
function keyFile() {
  const given = process.env.SPANSEAL_BENCH_KEY_FILE;
  if (given !== undefined) return given;
  const file = temporary('bench.key');
  writeFileSync(file, generateKey({ name: LOG }).privateKey, { mode: 0o600 });
  process.env.SPANSEAL_BENCH_KEY_FILE = file;
  return file;
}

export const SIGNER = ed25519Signer({ keyFile: keyFile() });
export const VKEY = SIGNER.vkey;

export function quantile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)];
}

function version(command, ...args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8' }).trim().split('\n')[0];
  } catch {
    return 'none';
  }
}

export const MACHINE = {
  cpus: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  system: `${process.platform} ${process.arch}`,
  node: process.versions.node,
  openssl: version('openssl', 'version'),
  spanseal: version('git', 'describe', '--always', '--dirty'),
  date: new Date().toISOString().slice(0, 10),
};

/**
 * Runs measures in turns, so that what heats up or is shared hits all of them.
 *
 * @param measures - each gives a number, of whatever unit
 * @returns all numbers of each, without those of the first round
 */
export async function rotate(measures, rounds) {
  const names = Object.keys(measures);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) await measures[name]();
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < names.length; index++) {
      // Rotated: no measure always runs after the same other one.
      const name = names[(index + round) % names.length];
      results[name].push(await measures[name]());
    }
  }
  return results;
}

/** Rows of a table of medians, and of ratios to others in the same run. */
export function medians(results, { unit, ratios = {}, perSecond }) {
  return Object.entries(results).map(([name, numbers]) => {
    const median = quantile(numbers, 0.5);
    const beside = ratios[name] ?? [];
    return {
      what: name,
      [`median ${unit}`]: rounded(median),
      [`p25 ${unit}`]: rounded(quantile(numbers, 0.25)),
      ...(perSecond === undefined ? {} : { 'per second': Math.round(perSecond / median) }),
      ratios: beside.map((other) => `${rounded(median / quantile(results[other], 0.5))} × ${other}`).join('; '),
    };
  });
}

export function rounded(number) {
  return Number(number.toPrecision(3));
}

/** Prints a table as Markdown, and writes it as JSON to bench/results. */
export function report(name, title, rows, notes = []) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const text = (value) =>
    typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 3 }) : (value ?? '');
  console.log(`\n### ${title}\n`);
  console.log(`| ${columns.join(' | ')} |`);
  console.log(
    `| ${columns.map((column) => (rows.some((row) => typeof row[column] === 'number') ? '---:' : '---')).join(' | ')} |`,
  );
  for (const row of rows) console.log(`| ${columns.map((column) => text(row[column])).join(' | ')} |`);
  for (const note of notes) console.log(`\n${note}`);
  const { cpus: cores, memory, system, node, spanseal, date } = MACHINE;
  console.log(`\n${cores}, ${memory}, ${system}, node ${node}, spanseal ${spanseal}, ${date}`);
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(
    `bench/results/${name}.json`,
    `${JSON.stringify({ name, title, machine: MACHINE, rows, notes }, undefined, 2)}\n`,
  );
}

// Every attack of test/attacks, as a table: `npm run attacks`. With `--write` the attacked files become the corpus for
// other implementations, test/vectors/attacks.json.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CORPUS = 'test/vectors/attacks.json';

const folder = mkdtempSync(join(tmpdir(), 'spanseal-attacks-'));
const cases = join(folder, 'cases');
const table = join(folder, 'table.jsonl');
mkdirSync(cases);
writeFileSync(table, '');

const read = (file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** Rows of one attack are one: each file of a directory is attacked by itself. */
function summed(rows) {
  const sums = new Map();
  for (const { subject, how, tried, accepted } of rows) {
    const key = `${subject}\n${how}`;
    const sum = sums.get(key) ?? { subject, how, tried: 0, accepted: 0 };
    sums.set(key, { subject, how, tried: sum.tried + tried, accepted: sum.accepted + accepted });
  }
  return [...sums.values()].sort((a, b) => (`${a.subject}\n${a.how}` < `${b.subject}\n${b.how}` ? -1 : 1));
}

function print(rows, noted) {
  console.log(`${'subject'.padEnd(26)} ${'attack'.padEnd(52)} ${'tried'.padStart(8)} accepted`);
  for (const { subject, how, tried, accepted } of rows) {
    const count = tried.toLocaleString('en').padStart(8);
    console.log(`${subject.padEnd(26)} ${how.padEnd(52)} ${count} ${String(accepted).padStart(8)}`);
  }
  const failing = noted.filter(({ expected }) => expected.exit === 1).length;
  console.log(`\nforged one by one: ${noted.length} files and directories, of which ${failing} must fail and do`);
  console.log('(the others are right ones, or hold only in part, and show that not everything is refused)');
}

/** Content that several cases share stands once. */
function corpusOf(noted) {
  const contents = [];
  const indexes = new Map();
  const indexOf = (content) => {
    if (!indexes.has(content)) indexes.set(content, contents.push(content) - 1);
    return indexes.get(content);
  };
  const times = new Map();
  const numbered = noted.map(({ name, ...rest }) => {
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    return {
      name: time === 1 ? name : `${name} (${time})`,
      ...rest,
      files: rest.files.map(([file, content]) => [file, indexOf(content)]),
    };
  });
  return { contents, cases: numbered };
}

try {
  const env = { ...process.env, SPANSEAL_ATTACK_TABLE: table, SPANSEAL_ATTACK_CORPUS: cases };
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--mode', 'long', 'test/attacks'];
  const { status } = spawnSync(process.execPath, args, { env, stdio: 'inherit' });
  const noted = readdirSync(cases)
    .sort()
    .flatMap((file) => read(join(cases, file)));
  const rows = summed(read(table));
  print(rows, noted);
  if (process.argv.includes('--write')) {
    const { contents, cases: written } = corpusOf(noted);
    const lines = (items) => items.map((item) => `    ${JSON.stringify(item)}`).join(',\n');
    writeFileSync(CORPUS, `{\n  "contents": [\n${lines(contents)}\n  ],\n  "cases": [\n${lines(written)}\n  ]\n}\n`);
    console.log(`${CORPUS}: ${written.length} cases`);
  }
  process.exitCode = status === 0 && rows.every(({ accepted }) => accepted === 0) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

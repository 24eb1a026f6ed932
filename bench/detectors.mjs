// What the detectors find and what they wrongly find: `npm run bench:detectors [-- --write] [-- --beside <module>]`.
// `--write` puts the tables into docs/detectors.md. `--beside` names a module whose `detect(text)` gives finds as ours,
// to be measured on the same texts: another project's patterns are not ours to keep here.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { CATEGORIES, GROUPS, OPT_IN, scannerOf } from '../dist/src/detect/index.js';
import { generated } from './detectors/generated.mjs';

const { values } = parseArgs({
  options: { write: { type: 'boolean' }, beside: { type: 'string' }, misses: { type: 'boolean' } },
});

const SURE = CATEGORIES.filter((category) => !OPT_IN.includes(category));
const scanner = scannerOf({ categories: SURE });
const ours = { name: 'spanseal', detect: (text) => scanner.find(text), categoryOf: (category) => category };
const peer = values.beside === undefined ? undefined : await import(pathToFileURL(resolve(values.beside)).href);

/** Lines that somebody wrote who had not seen the detectors, and what stands in them. */
function hostileLines() {
  return readFileSync('bench/detectors/hostile.jsonl', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Where the expected values stand: each occurrence is one value. */
function placesOf({ text, expect }) {
  const from = new Map();
  return expect.map(({ category, value }) => {
    const last = from.get(`${category} ${value}`) ?? 0;
    const start = text.indexOf(value, last);
    from.set(`${category} ${value}`, start + value.length);
    return { category, start, end: start + value.length };
  });
}

const overlap = (one, other) => one.start < other.end && other.start < one.end;

/** Per category: found, missed, wrongly found. A find counts if it has the category and a part of the value. */
function score(detector, lines, misses) {
  const counts = new Map();
  const count = (category, what) => {
    const of = counts.get(category) ?? { found: 0, missed: 0, wrong: 0 };
    of[what]++;
    counts.set(category, of);
  };
  for (const line of lines) {
    const finds = detector.detect(line.text);
    const places = placesOf(line).map((place) => ({ ...place, category: detector.categoryOf(place.category) }));
    for (const place of places) {
      // Where one value has two labels, either is right.
      const labels = places.filter((each) => each.start === place.start && each.end === place.end);
      const found = finds.some(
        (find) => labels.some(({ category }) => category === find.category) && overlap(find, place),
      );
      count(place.category, found ? 'found' : 'missed');
      if (!found) misses?.push(`MISSED ${place.category} ${JSON.stringify(line.text)} — ${line.why}`);
    }
    for (const find of finds) {
      if (places.some((place) => find.category === place.category && overlap(find, place))) continue;
      count(find.category, 'wrong');
      misses?.push(
        `WRONG ${find.category} ${JSON.stringify(line.text.slice(find.start, find.end))} in ${JSON.stringify(line.text.slice(0, 300))} — ${line.why}`,
      );
    }
  }
  return counts;
}

const percent = (part, whole) => (whole === 0 ? '' : `${((part / whole) * 100).toFixed(1)} %`);

function row(name, { found, missed, wrong }) {
  return [name, found + missed, found, wrong, percent(found, found + missed), percent(found, found + wrong)];
}

function sumOf(counts) {
  const sum = { found: 0, missed: 0, wrong: 0 };
  for (const of of counts.values()) for (const what of Object.keys(sum)) sum[what] += of[what];
  return sum;
}

function table(head, rows) {
  const all = [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows];
  return all.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const HEAD = ['category', 'there', 'found', 'wrong', 'recall', 'precision'];

function tableOf(lines, misses) {
  const own = score(ours, lines, misses);
  const theirs = peer === undefined ? undefined : score(peer, lines);
  const nothing = { found: 0, missed: 0, wrong: 0 };
  const names = SURE.filter((category) => own.has(category));
  const beside = (category) => {
    if (theirs === undefined) return [];
    const of = theirs.get(category);
    return of === undefined ? ['', '', '', ''] : row(category, of).slice(2);
  };
  const rows = names.map((category) => [...row(category, own.get(category) ?? nothing), ...beside(category)]);
  if (theirs?.has('special_category'))
    rows.push([...row('special_category, as one', groupSum(own)), ...beside('special_category')]);
  const besideAll = theirs === undefined ? [] : row('', sumOf(theirs)).slice(2);
  rows.push([...row('all', sumOf(own)), ...besideAll]);
  const head = theirs === undefined ? HEAD : [...HEAD, ...HEAD.slice(2).map((name) => `${peer.name}: ${name}`)];
  return table(head, rows);
}

function groupSum(counts) {
  return sumOf(new Map([...counts].filter(([category]) => GROUPS.special_category.includes(category))));
}

/** Texts that hold nothing of anybody: locks, recorded spans, JSON of the repository. */
function cleanFiles() {
  const files = ['package-lock.json', 'docs/entry.schema.json'];
  const walk = (folder, accept) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name === 'node_modules') continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path, accept);
      else if (accept(entry.name)) files.push(path);
    }
  };
  walk('test/compat', (name) => name === 'package-lock.json' || name === 'package.json');
  walk('test/fixtures', (name) => name.endsWith('.json') || name.endsWith('.jsonl'));
  walk('node_modules', () => false);
  for (const name of ['ajv', 'esbuild', 'fast-check', 'openai', 'zod', 'vitest'])
    files.push(`node_modules/${name}/package.json`);
  return files;
}

function cleanTable() {
  const counts = new Map();
  let characters = 0;
  const files = cleanFiles();
  for (const file of files) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      characters += line.length;
      for (const detector of [ours, peer]) {
        for (const find of detector?.detect(line) ?? []) {
          const of = counts.get(find.category) ?? { ours: [], theirs: 0 };
          if (detector === ours) of.ours.push(`${file}: ${line.slice(find.start, find.end)}`);
          else of.theirs++;
          counts.set(find.category, of);
        }
      }
    }
  }
  const rows = [...counts].map(([category, { ours, theirs }]) => [
    category,
    ours.length,
    ...(peer === undefined ? [] : [theirs]),
  ]);
  if (values.misses)
    for (const [category, { ours }] of counts) for (const find of new Set(ours)) console.log('CLEAN', category, find);
  return {
    text: `${files.length} files, ${characters.toLocaleString('en')} characters`,
    table: table(['category', 'finds', ...(peer === undefined ? [] : [`${peer.name}: finds`])], rows),
  };
}

const misses = values.misses ? [] : undefined;
const hostile = tableOf(hostileLines(), misses);
const generatedTable = tableOf(generated(), misses);
const clean = cleanTable();
if (misses !== undefined) console.log(misses.join('\n'));
const sections = {
  hostile,
  generated: generatedTable,
  clean: `${clean.text}\n\n${clean.table}`,
};
for (const [name, text] of Object.entries(sections)) console.log(`\n${name}\n\n${text}`);

if (values.write) {
  const path = 'docs/detectors.md';
  let document = readFileSync(path, 'utf8');
  for (const [name, text] of Object.entries(sections)) {
    document = document.replace(
      new RegExp(`(<!-- ${name}: npm run bench:detectors -- --write -->\n)[^]*?(\n<!-- ${name}, end -->)`),
      (_, begin, end) => `${begin}\n${text}\n${end}`,
    );
  }
  writeFileSync(path, document);
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { DIALECTS } from '../../processors/index.ts';
import { EMITTERS } from '../spans.ts';
import { dialectTable, rowsOf } from './dialect-table.ts';
import { readMarkdown, ROOT } from './markdown.ts';

const FILE = 'docs/dialects.md';
const START =
  '<!-- Made by UPDATE_DOCS=1 npx vitest run test/docs/dialects.test.ts -->\n\n<!-- prettier-ignore-start -->\n\n';
const END = '\n\n<!-- prettier-ignore-end -->';

describe('what is recorded is what can be seen', () => {
  test.each(EMITTERS)('%s', async (emitter) => {
    for (const { scenario, observable, recorded } of await rowsOf(emitter)) {
      expect(recorded, scenario).toEqual(observable);
    }
  });
});

describe(FILE, () => {
  test('has the table of what happened, what the spans show, and what is recorded', async () => {
    const markdown = readMarkdown(FILE);
    const from = markdown.indexOf(START) + START.length;
    const to = markdown.indexOf(END, from);
    expect(from).toBeGreaterThan(START.length);
    const made = `${markdown.slice(0, from)}${await dialectTable()}${markdown.slice(to)}`;
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(join(ROOT, FILE), made);
    else expect(markdown, 'run: UPDATE_DOCS=1 npx vitest run test/docs/dialects.test.ts').toBe(made);
  });

  test('names every dialect', () => {
    for (const { name } of DIALECTS) expect(readMarkdown(FILE)).toContain(`\`${name}\``);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { FINDINGS } from '../../src/doctor/finding-kinds.ts';
import { ROOT, tableAfter } from './markdown.ts';

const DOCTOR = 'docs/doctor.md';

test('docs/doctor.md has every code, how bad it is, what it means, and what to do', () => {
  const documented = tableAfter(DOCTOR, '## What is found').map(([code = '', ...cells]) => [
    code.replaceAll('`', ''),
    ...cells,
  ]);
  const built = Object.entries(FINDINGS).map(([code, { severities, means, todo }]) => [
    code,
    severities.join(' / '),
    means,
    todo,
  ]);
  // In a table of Markdown a line is a line; nothing else may differ.
  expect(documented).toEqual(built);
});

test('the tests bring about every finding', () => {
  const tests = ['test/doctor/log-doctor.test.ts', 'test/doctor/diagnose.test.ts', 'test/cli/doctor.test.ts'];
  const text = [...tests, 'test/compat/doctor.test.ts'].map((file) => readFileSync(join(ROOT, file), 'utf8')).join('');
  expect(Object.keys(FINDINGS).filter((code) => !new RegExp(`\\b${code}\\b`).test(text))).toEqual([]);
});

import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { CALL_OPTIONS } from '../../src/call-options.ts';
import * as root from '../../src/index.ts';
import { OPTION_NAMES } from '../../src/log-options.ts';

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
const section = (title: string): string => page.split('\n## ').find((part) => part.startsWith(title)) ?? '';
const named = (text: string): string[] => [...text.matchAll(/`(\w+)[^`]*`/g)].map(([, name]) => name ?? '');

test('each option of a log is on the page, and no other', () => {
  const [, ...rows] = section('`new AuditLog')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  const options = rows.flatMap((row) => named(row.split('|')[1] ?? ''));
  expect(options.toSorted()).toEqual([...OPTION_NAMES].toSorted());
});

test.each(Object.entries(CALL_OPTIONS))('each option of %s is on the page, and no other', (call, names) => {
  if (call === 'oversightMessage') return;
  const row = section('Business calls')
    .split('\n')
    .find((line) => line.startsWith(`| \`${call}(`));
  expect(named(row?.split('|')[2] ?? '').toSorted()).toEqual(Object.keys(names).toSorted());
});

test('each export of the package is on the page', () => {
  const said = new Set(named(section('What packages export')));
  expect(Object.keys(root).filter((name) => !said.has(name))).toEqual([]);
});

import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { EXCEPTION_KINDS } from '../../src/report/exceptions.ts';
import { EN } from '../../src/report/text/en.ts';
import { checkProfile } from '../../src/frameworks/index.ts';

const GUIDE = readFileSync('docs/evidence.md', 'utf8');

test('the guide to evidence lists each kind of exception with what it is', () => {
  const rows = [...GUIDE.matchAll(/^\| `(\w+)`\s*\| (.+?)\s*\|$/gm)].map(([, kind, means]) => [kind, means]);
  expect(rows).toEqual(EXCEPTION_KINDS.map((kind) => [kind, EN.exceptionKinds[kind][1]]));
});

test('its profile is one', () => {
  const [, json = ''] = /```json\n([\s\S]*?)```/.exec(GUIDE) ?? [];
  expect(() => checkProfile(JSON.parse(json))).not.toThrow();
});

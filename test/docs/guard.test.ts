import { expect, test } from 'vitest';

import { BUILT_IN_POLICIES, type PolicyAction } from '../../src/index.ts';
import { tableAfter } from './markdown.ts';

test('the guide to the guard lists what each of our policies does', () => {
  const rows = tableAfter('docs/guard.md', '| policy ');
  const columns: readonly PolicyAction[] = ['block', 'withhold', 'redact', 'flag', 'allow'];
  const listed = rows.map(([name = '', ...cells]) => ({
    name: name.replaceAll('`', ''),
    actions: Object.fromEntries(
      cells.flatMap((cell, index) => [...cell.matchAll(/`(\w+)`/g)].map(([, word]) => [word, columns[index]])),
    ),
  }));
  expect(listed).toEqual(Object.values(BUILT_IN_POLICIES).map(({ name, actions }) => ({ name, actions })));
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readMarkdown, ROOT } from './markdown.ts';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Readonly<
  Record<'dependencies' | 'peerDependencies' | 'devDependencies', Readonly<Record<string, string>>>
>;

test('docs/dependencies.md has every dependency, and no other', () => {
  const text = readMarkdown('docs/dependencies.md');
  const runtime = [...text.matchAll(/^### `(.+)`/gm)].map(([, name = '']) => name);
  const development = [...text.matchAll(/^- (`.+?`(?:, `.+?`)*):/gm)].flatMap(([, names = '']) =>
    names.replaceAll('`', '').split(', '),
  );
  expect(runtime.sort()).toEqual(
    [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)].sort(),
  );
  const peers = new Set(Object.keys(manifest.peerDependencies));
  expect(development.sort()).toEqual(
    Object.keys(manifest.devDependencies)
      .filter((name) => !peers.has(name))
      .sort(),
  );
});

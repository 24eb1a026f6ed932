import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { expect, test } from 'vitest';

import { MARKDOWN_FILES, proseOf, readMarkdown, ROOT } from './markdown.ts';

/** As GitHub makes them. */
function anchorsOf(file: string): Set<string> {
  const headings = [...readMarkdown(file).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test.each(MARKDOWN_FILES)('%s: every relative link leads somewhere', (file) => {
  const links = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : join(dirname(file), path);
    // Nothing outside of the repository is there for whoever reads it elsewhere.
    if (relative(ROOT, join(ROOT, target)).startsWith('..') || !existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
  });
  expect(broken).toEqual([]);
});

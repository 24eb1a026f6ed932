// Compiles the tree as it stands into dist/, and bundles the verifier: into one file for an auditor with Node alone, and
// into one page for one with a browser.
// Built beside and then moved: a run that uses dist/ meanwhile sees the old one or the new one, never half of one.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

import { build } from 'esbuild';

/** What dist/ is made of; of a directory the time also tells that something was taken out of it. */
const SOURCES = [
  'src',
  'processors',
  'exporters',
  'viewer',
  'scripts/build.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
  'package.json',
  'node_modules/.package-lock.json',
];

function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return Number.POSITIVE_INFINITY;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(`${path}/${name}`)));
}

// As make would: tests, demo and benches all begin with a build.
const built = statSync('dist/viewer.html', { throwIfNoEntry: false });
if (built !== undefined && SOURCES.every((source) => newest(source) < built.mtimeMs)) process.exit();

const next = `dist.${process.pid}`;
try {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', next], {
    stdio: 'inherit',
  });
  await build({
    entryPoints: [`${next}/src/cli/standalone.js`],
    outfile: `${next}/verify.mjs`,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    banner: {
      js: '// spanseal: verifies audit logs and evidence packs. One file, no dependency: node verify.mjs --help',
    },
  });
  writeFileSync(`${next}/viewer.html`, await viewerPage(next));
  for (const script of ['verify.mjs', 'src/cli/main.js']) chmodSync(`${next}/${script}`, 0o755);
  rmSync('dist', { recursive: true, force: true });
  renameSync(next, 'dist');
} finally {
  rmSync(next, { recursive: true, force: true });
}

/** The page, its worker and its style in one file, whose policy names the one script that may run. */
async function viewerPage(compiled) {
  const bundle = async (entry, define) => {
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      platform: 'browser',
      format: 'iife',
      target: 'es2023',
      minify: true,
      charset: 'utf8',
      legalComments: 'inline',
      write: false,
      define,
    });
    return outputFiles[0].text;
  };
  const worker = await bundle('viewer/worker.ts', {});
  // In an element of HTML nothing ends a script but its end tag.
  const script = (await bundle('viewer/page.ts', { WORKER_SOURCE: JSON.stringify(worker) })).replaceAll(
    '</script',
    '<\\/script',
  );
  const { STYLE } = await import(new URL(`../${compiled}/src/report/style.js`, import.meta.url));
  const style = `${STYLE}${readFileSync('viewer/style.css', 'utf8')}`;
  const hash = `sha256-${createHash('sha256').update(script).digest('base64')}`;
  return readFileSync('viewer/index.html', 'utf8')
    .replace('SCRIPT_HASH', () => hash)
    .replace(/<style>[^<]*<\/style>/, () => `<style>${style}</style>`)
    .replace(/<script>[^<]*<\/script>/, () => `<script>${script}</script>`);
}

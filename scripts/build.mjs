// Compiles the tree as it stands into dist/, and bundles the verifier into one file for an auditor with Node alone.
// Built beside and then moved: a run that uses dist/ meanwhile sees the old one or the new one, never half of one.
import { execFileSync } from 'node:child_process';
import { chmodSync, renameSync, rmSync } from 'node:fs';

import { build } from 'esbuild';

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
  for (const script of ['verify.mjs', 'src/cli/main.js']) chmodSync(`${next}/${script}`, 0o755);
  rmSync('dist', { recursive: true, force: true });
  renameSync(next, 'dist');
} finally {
  rmSync(next, { recursive: true, force: true });
}

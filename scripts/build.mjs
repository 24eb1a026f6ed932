// Compiles the tree as it stands into dist/, and bundles the verifier into one file for an auditor with Node alone.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';

import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });

await build({
  entryPoints: ['dist/src/cli/standalone.js'],
  outfile: 'dist/verify.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  legalComments: 'inline',
  banner: {
    js: '// spanseal: verifies audit logs and evidence packs. One file, no dependency: node verify.mjs --help',
  },
});
for (const script of ['dist/verify.mjs', 'dist/src/cli/main.js']) if (existsSync(script)) chmodSync(script, 0o755);

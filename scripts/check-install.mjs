// Installs the packed package into an empty project, and uses it there as an ES module, by require(), from TypeScript, as
// a command and in a browser bundle: what a user gets, not what stands in this tree.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { build } from 'esbuild';

const folder = mkdtempSync(join(tmpdir(), 'spanseal-install-'));
const run = (command, args, options = {}) =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });

const PROGRAM = `
const key = generateKey({ name: 'example.org/install' });
const sink = memorySink();
const audit = new AuditLog({ system: 'install', log: 'example.org/install', sink, signer: ed25519Signer(key) });
audit.decision({ input: { amount: 1 } }, (decision) => decision.result('approved'));
audit.close().then(async () => {
  const report = await verify(sink.bytes(sink.list()[0]), { keys: [key.vkey] });
  if (!report.ok || report.entries < 5) throw new Error(JSON.stringify(report, null, 1));
  console.log('ok');
});
`;
const NAMES = 'AuditLog, AuditSpanProcessor, ed25519Signer, generateKey, memorySink, verify';
const CONSUMER = `
import { AuditLog, AuditSpanProcessor, ed25519Signer, generateKey, memorySink, type Entry } from 'spanseal';
import * as processors from 'spanseal/processors';
import * as exporters from 'spanseal/exporters';
import * as verifier from 'spanseal/verify';
import { audit as registered } from 'spanseal/register';

const signer = ed25519Signer(generateKey({ name: 'example.org/install' }));
const sink = memorySink();
const audit = new AuditLog({ system: 'install', sink, signer });
export const processor: processors.AuditSpanProcessor = new AuditSpanProcessor(audit);
export const entries: readonly Entry[] = sink.entries();
export const others: readonly object[] = [exporters, verifier];
export const head = registered?.head();
`;

try {
  const packed = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: resolve('.') }));
  const { filename } = Array.isArray(packed) ? packed[0] : Object.values(packed)[0];
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true }));
  run('npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    join(folder, filename),
    '@opentelemetry/api@1.9.1',
  ]);

  writeFileSync(join(folder, 'module.mjs'), `import { ${NAMES} } from 'spanseal';\n${PROGRAM}`);
  writeFileSync(join(folder, 'script.cjs'), `const { ${NAMES} } = require('spanseal');\n${PROGRAM}`);
  for (const file of ['module.mjs', 'script.cjs']) {
    // Node 20.19 tells once that require() of an ES module is experimental; nothing else may be said.
    const answer = run(process.execPath, ['--no-warnings', file]).trim();
    if (answer !== 'ok') throw new Error(`${file} answered ${answer}`);
    console.log(`installed and used by ${file}`);
  }
  for (const subpath of ['processors', 'exporters', 'verify']) {
    run(process.execPath, ['--input-type=module', '-e', `await import('spanseal/${subpath}')`]);
  }
  // Where there is no SDK to start, the application starts all the same.
  const bare = { env: { ...process.env, SPANSEAL_SYSTEM: 'install' } };
  for (const preload of ['--import', '--require']) {
    run(process.execPath, ['--no-warnings', preload, 'spanseal/register', '-e', ''], bare);
  }
  console.log(`${run(join(folder, 'node_modules/.bin/spanseal'), ['--version']).trim()} runs as a command`);

  // The types stand without those of Node, which not every project has; `lib` DOM is what @opentelemetry/api itself needs.
  if (existsSync(join(folder, 'node_modules/@types/node'))) throw new Error('@types/node came with the package');
  writeFileSync(join(folder, 'consumer.mts'), CONSUMER);
  const options = { target: 'ES2022', lib: ['ES2022', 'DOM'], module: 'NodeNext', strict: true, noEmit: true };
  const compilerOptions = { ...options, types: [], skipLibCheck: false, exactOptionalPropertyTypes: true };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.mts'] }));
  execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', folder], { stdio: 'inherit' });
  console.log('every entry point compiles in TypeScript, without @types/node and without skipLibCheck');

  // The verifier imports nothing of Node: a bundler for browsers would stop at it.
  writeFileSync(join(folder, 'page.mjs'), `import { verify } from 'spanseal/verify';\nglobalThis.verify = verify;\n`);
  await build({
    entryPoints: [join(folder, 'page.mjs')],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    write: false,
  });
  console.log('spanseal/verify bundles for a browser');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

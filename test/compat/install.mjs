// Puts the built package into the applications beside this file, as an installation would: each resolves
// `@opentelemetry/api` from where it is installed, so that a link to the repository would give all of them the
// repository's. Vitest runs it before all tests, `npm run check:types` before the types.
import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '../..');

/** Needs `npm run build`; without it nothing is installed, and the tests that need it say so. */
export function setup() {
  if (!existsSync(join(repository, 'dist'))) return;
  for (const name of readdirSync(import.meta.dirname)) {
    const application = join(import.meta.dirname, name, 'app');
    if (!existsSync(application)) continue;
    // Copied beside and then moved, like a build: whoever reads meanwhile sees the old one or the new one.
    const next = join(application, 'node_modules', `spanseal.${process.pid}`);
    const installed = join(application, 'node_modules/spanseal');
    for (const path of ['package.json', 'dist']) {
      cpSync(join(repository, path), join(next, path), { recursive: true });
    }
    rmSync(installed, { recursive: true, force: true });
    renameSync(next, installed);
  }
}

if (process.argv[1] === import.meta.filename) setup();

// All benches but the soak, which takes half an hour, one after the other: `npm run bench`. Figures of one machine mean little:
// read the ratios.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

for (const name of ['spans', 'append', 'redaction', 'loop-delay', 'verify', 'scale', 'patterns', 'dossier', 'report']) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(`${name}.mjs`, import.meta.url))], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}

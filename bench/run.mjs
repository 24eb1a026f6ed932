// All benches but the soak and the dossier, one after the other: `npm run bench`. Figures of one machine mean little:
// read the ratios.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

for (const name of ['spans', 'append', 'loop-delay', 'verify', 'scale']) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(`${name}.mjs`, import.meta.url))], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}

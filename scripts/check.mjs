// The one gate, here and in CI: every check in order; the first that fails ends it. Checks that only read run side by side.
import { spawn } from 'node:child_process';

const groups = [
  [
    ['format', 'check:format'],
    ['lint and dependency directions', 'check:lint'],
    ['unused code', 'check:unused'],
  ],
  [['types', 'check:types']],
  [['build and tests', 'test']],
  [['attacks, crashes and other long tests', 'test:long']],
  [['package', 'check:package']],
];

/** Runs a script, and says how it went. */
function run([name, script]) {
  const started = performance.now();
  return new Promise((resolve) => {
    spawn('npm', ['run', '--silent', script], { stdio: 'inherit' }).on('close', (status) => {
      const seconds = ((performance.now() - started) / 1_000).toFixed(1);
      console.log(status === 0 ? '✓' : '✗', name, `(${seconds} s)`);
      resolve(status ?? 1);
    });
  });
}

for (const group of groups) {
  const statuses = await Promise.all(group.map(run));
  const failed = statuses.find((status) => status !== 0);
  if (failed !== undefined) process.exit(failed);
}

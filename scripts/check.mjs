// The one gate, here and in CI: every check in order; the first that fails ends it.
import { spawnSync } from 'node:child_process';

const steps = [
  ['format', 'npm', ['run', '--silent', 'check:format']],
  ['lint and dependency directions', 'npm', ['run', '--silent', 'check:lint']],
  ['types', 'npm', ['run', '--silent', 'check:types']],
  ['unused code', 'npm', ['run', '--silent', 'check:unused']],
  ['build and tests', 'npm', ['test', '--silent']],
  ['attacks, crashes and other long tests', 'npm', ['run', '--silent', 'test:long']],
  ['package', 'npm', ['run', '--silent', 'check:package']],
];

for (const [name, command, args] of steps) {
  const started = performance.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(status === 0 ? '✓' : '✗', name, `(${seconds} s)`);
  if (status !== 0) process.exit(status === null ? 1 : status);
}

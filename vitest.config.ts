import { defineConfig } from 'vitest/config';

import { reporting } from './test/reporting.ts';

/**
 * Processes that are killed, every bit that is flipped, random logs and garbage, every wrong setting, auditors' own
 * tools, other SDKs, examples and runtimes started as users start them: minutes of them, run by `npm run check`.
 */
const LONG = [
  'test/attacks/**/*.test.ts',
  'test/crash/**/*.test.ts',
  'test/register/**/*.test.ts',
  'test/compat/**/*.test.ts',
  'test/fleet/**/*.test.ts',
  'test/anchors/openssl.test.ts',
  'test/independent/**/*.test.ts',
  'test/examples/**/*.test.ts',
  'test/verify/properties.test.ts',
];

/** `--mode long` runs these, and without it all others. */
export default defineConfig(({ mode }) => ({
  test: {
    include: mode === 'long' ? LONG : ['test/**/*.test.ts'],
    exclude: ['test/browser/**', '**/node_modules/**', ...(mode === 'long' ? [] : LONG)],
    globalSetup: ['test/compat/install.mjs'],
    // Half of the cores would stand idle by default on a machine with two.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    ...reporting(mode === 'long' ? 'long' : 'tests'),
  },
}));

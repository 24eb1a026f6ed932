import { availableParallelism } from 'node:os';

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

/**
 * Tests that change nothing which all of a process sees (OpenTelemetry's globals, loggers, environment, packages that an
 * instrumentation patches): the files of one worker share what they import, which takes a third of the time.
 */
const SHARING = [
  'test/{acttrace,anchors,cli,detect,exporters,frameworks,policy,report,schema,vectors,verify,withheld}/**/*.test.ts',
  'test/guard/{guard,hostile}.test.ts',
  'test/processors/dialects/**/*.test.ts',
  'test/redact/default-redactor.test.ts',
];
const NEVER = ['test/browser/**', '**/node_modules/**'];

/** `--mode long` runs these, and without it all others. */
export default defineConfig(({ mode }) => ({
  test: {
    globalSetup: ['test/compat/install.mjs'],
    // Half of the cores would stand idle by default on a machine with two; long tests wait for other processes besides.
    maxWorkers: mode === 'long' ? availableParallelism() + 1 : '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    ...reporting(mode === 'long' ? 'long' : 'tests'),
    projects:
      mode === 'long'
        ? [{ extends: true, test: { name: 'long', include: LONG, exclude: NEVER } }]
        : [
            {
              extends: true,
              test: { name: 'sharing', include: SHARING, exclude: [...NEVER, ...LONG], isolate: false },
            },
            {
              extends: true,
              test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: [...NEVER, ...LONG, ...SHARING] },
            },
          ],
  },
}));

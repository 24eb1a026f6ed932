import { defineConfig } from 'vitest/config';

import { reporting } from './test/reporting.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', '**/node_modules/**'],
    globalSetup: ['test/compat/install.mjs'],
    // Half of the cores would stand idle by default on a machine with two.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    ...reporting('tests'),
  },
});

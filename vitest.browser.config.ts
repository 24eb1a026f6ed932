import { defineConfig } from 'vitest/config';

import { reporting } from './test/reporting.ts';

export default defineConfig({
  test: { include: ['test/browser/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000, ...reporting('browser') },
});

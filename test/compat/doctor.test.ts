import { expect, test } from 'vitest';

import { runExample } from '../examples/run-node.ts';

test.each(['sdk-1', 'sdk-2', 'sdk-3'])('diagnose sees the provider of %s', async (sdk) => {
  const { status, stdout, stderr } = await runExample('test/compat/doctor.mjs', [sdk]);
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    sound: ['ok set_up'],
    'with no sampler': ['note sampler_may_drop'],
    'sampled away': ['problem sampler_may_drop'],
    'not first': ['warning processor_not_first'],
    'not there': ['problem processor_not_registered'],
    'no processors': ['problem processor_not_registered'],
    'low limits': ['warning span_limits_low'],
    'no context manager': ['warning no_context_manager'],
  });
});

test('copies of @opentelemetry/api that are blind: told, where the log has one of them', async () => {
  const { stdout, stderr } = await runExample('test/compat/doctor-skew.mjs');
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    blind: ['problem api_skew', 'problem no_spans'],
    seeing: ['problem no_spans', 'ok set_up'],
  });
});

import { describe, expect, test } from 'vitest';

import { apiSkew, observeApi, type ApiObservation } from '../../processors/api-version.ts';
import { runExample } from '../examples/run-node.ts';

const WARNING = '[SPANSEAL_API_SKEW] SpansealWarning';

/** What became of a call of the application itself and of one by an instrumentation, and of what was said about it. */
interface Outcome {
  readonly calls: Readonly<Record<string, string>>;
  readonly told: readonly string[];
  readonly stderr: string;
}

async function outcomeOf(provider: string, spanseal: string, instrumentation: string): Promise<Outcome> {
  const { status, stdout, stderr } = await runExample('test/compat/skew.mjs', [provider, spanseal, instrumentation]);
  expect(status, stderr).toBe(0);
  return { ...(JSON.parse(stdout) as Omit<Outcome, 'stderr'>), stderr };
}

describe('copies of @opentelemetry/api 1.9.1 (sdk-1, sdk-2) and 1.10.0 (sdk-3) in one process', () => {
  test.each([
    ['sdk-2', 'sdk-2', 'sdk-2'],
    ['sdk-1', 'sdk-2', 'sdk-1'],
    ['sdk-3', 'sdk-3', 'sdk-3'],
    // The same version twice, as an ES module and as CommonJS: both see the one registration.
    ['sdk-3', 'sdk-3', 'sdk-3/app/api.mjs'],
    // An older copy accepts a newer registration.
    ['sdk-3', 'sdk-2', 'sdk-2'],
  ])('%s, spanseal of %s and an instrumentation of %s: all is seen, nothing is said', async (...parts) => {
    expect(await outcomeOf(...parts)).toEqual({
      calls: { 'by-the-sdk': 'context', 'by-the-instrumentation': 'context' },
      told: [],
      stderr: '',
    });
  });

  test('spanseal has a newer one: it records, by its own storage, and says what is wrong', async () => {
    const { calls, told, stderr } = await outcomeOf('sdk-2', 'sdk-3', 'sdk-2');
    expect(calls).toEqual({ 'by-the-sdk': 'storage', 'by-the-instrumentation': 'storage' });
    // `diag` of the newer copy has no logger: only the process can be told.
    expect(told).toEqual([]);
    expect(stderr).toContain(WARNING);
    expect(stderr).toMatch(/registered through @opentelemetry\/api 1\.9\.1, .*: 1\.10\.0 in .* \(used by spanseal\)\./);
    expect(stderr).toContain('npm ls @opentelemetry/api');
    expect(stderr.split(WARNING)).toHaveLength(2);
  });

  test('an instrumentation has a newer one: it makes no spans, and the warning names the copy', async () => {
    const { calls, told, stderr } = await outcomeOf('sdk-2', 'sdk-2', 'sdk-3');
    expect(calls).toEqual({ 'by-the-sdk': 'context' });
    expect(told).toEqual([
      expect.stringMatching(/^spanseal: .*: 1\.10\.0 in .*sdk-3.node_modules.@opentelemetry.api\./),
    ]);
    expect(stderr).toContain(WARNING);
    expect(stderr).not.toContain('used by spanseal');
  });

  // docs/opentelemetry.md says so: when Node shows such a module, or it leaves a trace, this can be detected as well.
  test('an ES module has a newer one: that cannot be seen', async () => {
    const outcome = await outcomeOf('sdk-2', 'sdk-2', 'sdk-3/app/api.mjs');
    expect(outcome).toEqual({ calls: { 'by-the-sdk': 'context' }, told: [], stderr: '' });
  });
});

describe('what is found', () => {
  const own = { version: '1.10.0', folder: '/app/node_modules/@opentelemetry/api' };
  const other = { version: '1.9.1', folder: '/app/node_modules/x/node_modules/@opentelemetry/api' };
  const seen: ApiObservation = {
    registered: '1.10.0',
    tracerProvider: true,
    contextManager: true,
    ownSees: true,
    own,
    loaded: [own, other],
  };

  test('in this process: one copy, and nothing registered', () => {
    const { own: found, loaded, ...rest } = observeApi();
    expect(rest).toEqual({ registered: undefined, tracerProvider: false, contextManager: false, ownSees: undefined });
    expect(found?.version).toMatch(/^1\.9\./);
    expect(loaded).toEqual([found]);
    expect(apiSkew(observeApi())).toBeUndefined();
  });

  test('nothing, where nothing is registered or all are older', () => {
    expect(apiSkew(seen)).toBeUndefined();
    expect(apiSkew({ ...seen, registered: undefined, ownSees: undefined })).toBeUndefined();
    expect(apiSkew({ ...seen, registered: '1.10.3' })).toBeUndefined();
  });

  test('the copies that do not see the registration, the own one first', () => {
    const third = { version: '1.11.0', folder: '/app/node_modules/y/node_modules/@opentelemetry/api' };
    const observed = { ...seen, registered: '1.9.0', ownSees: false, loaded: [third, own, other] };
    expect(apiSkew(observed)).toMatchObject({ registered: '1.9.0', own: true, blind: [own, third] });
    // Without a provider to look for, the versions tell.
    expect(apiSkew({ ...observed, tracerProvider: false, ownSees: undefined })).toMatchObject({ own: true });
    // A bundle's own copy is nowhere, and yet it does not see.
    const bundled = apiSkew({ ...observed, own: undefined, loaded: [] });
    expect(bundled).toMatchObject({ own: true, blind: [], message: expect.stringContaining('that spanseal uses') });
  });

  test.each([
    ['1.10.0-dev.1', '1.10.0'],
    ['1.10.0', '1.11.0-dev.1'],
    ['2.0.0', '1.10.0'],
    ['nonsense', '1.10.0'],
  ])('%s does not see %s, by the rule of the package itself', (version, registered) => {
    expect(apiSkew({ ...seen, registered, loaded: [{ ...other, version }] })?.blind).toHaveLength(1);
  });
});

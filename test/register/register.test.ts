import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startProvider, type StandInProvider } from '../../examples/provider/stand-in-provider.mjs';
import { startCollector } from '../docs/run-snippet.ts';
import { repositoryFile } from '../examples/run-node.ts';
import { Application } from './application.ts';

/** Applications without a line of telemetry, started with `--import spanseal/register`. */

let provider: StandInProvider;
let env: Record<string, string>;
beforeAll(async () => {
  provider = await startProvider();
  env = { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'none-needed', SPANSEAL_SYSTEM: 'shop' };
});
afterAll(() => provider.close());

const CALL = `new OpenAI().chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] })`;
const ESM = `import OpenAI from 'openai';\nawait ${CALL};\nconsole.log('done');\n`;
const CJS = `const { OpenAI } = require('openai');\n${CALL}.then(() => console.log('done'));\n`;
const UNSIGNED = /SPANSEAL_UNSIGNED/;
const IMPORT = ['--import', 'spanseal/register'];

const LLM_CALL = {
  type: 'llm_call',
  payload: {
    request_model: 'gpt-4o',
    response_model: 'gpt-4o-2024-08-06',
    outcome: 'ok',
    usage: { input_tokens: 120, output_tokens: 34 },
    instrumentation: { scope: '@opentelemetry/instrumentation-openai' },
  },
};

describe('an application without telemetry', () => {
  test.each([
    ['an ES module, --import', [...IMPORT, 'app.mjs'], /^$/],
    ['CommonJS, --import', [...IMPORT, 'app.cjs'], /^$/],
    // Node's own word on require() of an ES module, which it says once, and nothing else.
    ['CommonJS, --require', ['--require', 'spanseal/register', 'app.cjs'], /^$|^\(node:\d+\) ExperimentalWarning/],
  ])('%s: its calls are in a log that verifies', async (_, args, said) => {
    const app = new Application({ files: { 'app.mjs': ESM, 'app.cjs': CJS } });
    const vkey = app.key('shop');
    const run = await app.run(args, { ...env, SPANSEAL_KEY_FILE: 'audit.key' });
    expect(run).toMatchObject({ status: 0, stdout: 'done\n', stderr: expect.stringMatching(said) });
    expect(run.stderr).not.toContain('Spanseal');
    expect(await app.entries()).toMatchObject([
      { type: 'audit_open', payload: { system: 'shop', sampling: { record: 'all' } } },
      LLM_CALL,
      { type: 'audit_close', payload: { reason: 'shutdown' } },
    ]);
    expect(await app.verified(vkey)).toMatchObject({ ok: true, verdicts: { authenticity: 'signed' } });
  });

  test('finds the log for its decisions by importing the same module', async () => {
    const app = new Application({
      files: {
        'app.mjs': `import OpenAI from 'openai';\nimport { audit } from 'spanseal/register';
          await audit.decision({ id: 'd-1' }, async (decision) => { await ${CALL}; decision.result('answered'); });`,
      },
    });
    expect(await app.run([...IMPORT, 'app.mjs'], env)).toMatchObject({ status: 0 });
    expect((await app.entries()).map(({ type, decision_id: id }) => [type, id])).toEqual([
      ['audit_open', undefined],
      ['decision', 'd-1'],
      ['llm_call', 'd-1'],
      ['decision_end', 'd-1'],
      ['audit_close', undefined],
    ]);
  });

  test('may have worker threads: each writes a segment of its own', async () => {
    const app = new Application({
      files: {
        'app.mjs': `import { isMainThread, Worker } from 'node:worker_threads';
          if (isMainThread) new Worker(new URL(import.meta.url));
          ${ESM}`,
      },
    });
    const vkey = app.key('shop');
    const run = await app.run([...IMPORT, 'app.mjs'], { ...env, SPANSEAL_KEY_FILE: 'audit.key' });
    expect(run).toMatchObject({ status: 0, stdout: 'done\ndone\n', stderr: '' });
    expect((await app.entries()).filter(({ type }) => type === 'llm_call')).toHaveLength(2);
    expect(await app.verified(vkey)).toMatchObject({ ok: true, segments: [{ state: 'closed' }, { state: 'closed' }] });
  });

  test('that makes no call leaves no file', async () => {
    const app = new Application({ files: { 'app.mjs': `console.log('done');` } });
    expect(await app.run([...IMPORT, 'app.mjs'], env)).toMatchObject({ status: 0, stdout: 'done\n' });
    expect(app.segments()).toBe(0);
  });

  test.each([
    ['process.exit', 'process.exit(3)', 3],
    ['an error that nobody catches', `throw new Error('no')`, 1],
  ])('that ends by %s leaves a closed log', async (_, ending, status) => {
    const app = new Application({ files: { 'app.mjs': `${ESM}\n${ending};` } });
    const vkey = app.key('shop');
    expect(await app.run([...IMPORT, 'app.mjs'], { ...env, SPANSEAL_KEY_FILE: 'audit.key' })).toMatchObject({ status });
    expect((await app.entries()).map(({ type }) => type)).toEqual(['audit_open', 'llm_call', 'audit_close']);
    expect(await app.verified(vkey)).toMatchObject({ ok: true, segments: [{ state: 'closed' }] });
  });
});

describe('settings', () => {
  test('of the file, whose paths begin at its folder, and of the environment, which comes first', async () => {
    const app = new Application({
      files: { 'app.mjs': ESM },
    });
    const vkey = app.key('acme.example/shop', 'etc/shop.key');
    const config = {
      system: 'of-the-file',
      log: 'acme.example/shop',
      keyFile: 'shop.key',
      directory: 'log',
      riskTier: 'limited',
      environment: 'production',
      capture: { messages: 'inline', toolResults: 'inline' },
      policy: { name: 'shop', actions: { secret: 'redact' } },
      propagation: { send: false, accept: ['acme.example/desk'] },
      exportOnClose: { path: 'pack.jsonl', purpose: 'internal_audit' },
    };
    app.write('etc/audit.json', JSON.stringify(config));
    const settings = { SPANSEAL_CONFIG: 'etc/audit.json', SPANSEAL_ENVIRONMENT: 'staging' };
    const run = await app.run([...IMPORT, 'app.mjs'], { ...env, ...settings, SPANSEAL_CAPTURE: 'messages=none' });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect((await app.entries('etc/log'))[0]).toMatchObject({
      payload: {
        system: 'shop',
        log: 'acme.example/shop',
        risk_tier: 'limited',
        environment: 'staging',
        capture: { messages: 'none', tool_results: 'inline' },
        redaction: { policy: { name: 'shop' } },
      },
    });
    expect(await app.verified(vkey, 'etc/log')).toMatchObject({ ok: true });
    expect(await app.verified(vkey, 'etc/pack.jsonl')).toMatchObject({ ok: true, kind: 'pack' });
  });

  test('OTEL_SERVICE_NAME names the system where nothing else does', async () => {
    const app = new Application({ files: { 'app.mjs': ESM } });
    const run = await app.run([...IMPORT, 'app.mjs'], { ...env, SPANSEAL_SYSTEM: '', OTEL_SERVICE_NAME: 'checkout' });
    expect(run.stderr).toMatch(UNSIGNED);
    expect((await app.entries())[0]).toMatchObject({ payload: { system: 'checkout' } });
  });

  test.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' }, 1, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector', OTEL_TRACES_EXPORTER: 'none' }, 0, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, 1, true],
    // What the backend does not get is in the log.
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector', OTEL_TRACES_SAMPLER: 'always_off' }, 0, false],
    [{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, 0, false],
  ])('spans go where OpenTelemetry’s own variables send them, behind the log: %o', async (variables, sent, sampled) => {
    const collector = await startCollector();
    const app = new Application({ files: { 'app.mjs': ESM } });
    const run = await app.run([...IMPORT, 'app.mjs'], {
      ...env,
      ...variables,
      ...('OTEL_EXPORTER_OTLP_ENDPOINT' in variables ? { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } : {}),
    });
    await collector.close();
    expect(run.status).toBe(0);
    expect(collector.received.filter((path) => path === '/v1/traces')).toHaveLength(sent);
    expect((await app.entries())[1]).toMatchObject({ type: 'llm_call', payload: { span: { sampled } } });
  });

  test('the SDK may be one that hands nothing on, as from 3 on', async () => {
    const collector = await startCollector();
    const app = new Application({
      files: {
        'app.mjs': ESM,
        // The package of SDK 3 exports NodeSDK and no `tracing`, and its processors take their exporter as an option.
        'node_modules/@opentelemetry/sdk-node/package.json': '{"name":"@opentelemetry/sdk-node","main":"index.cjs"}',
        'node_modules/@opentelemetry/sdk-node/index.cjs': `exports.NodeSDK = require('${repositoryFile('node_modules/@opentelemetry/sdk-node')}').NodeSDK;`,
      },
      installed: [
        'openai',
        '@opentelemetry/instrumentation-openai',
        '@opentelemetry/sdk-trace',
        '@opentelemetry/exporter-trace-otlp-proto',
        '@opentelemetry/instrumentation',
      ],
    });
    const run = await app.run([...IMPORT, 'app.mjs'], { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await collector.close();
    expect(run).toMatchObject({ status: 0, stdout: 'done\n' });
    expect(collector.received.filter((path) => path === '/v1/traces')).toHaveLength(1);
    expect((await app.entries())[1]).toMatchObject(LLM_CALL);
  });

  test('packages of instrumentations can be named', async () => {
    const app = new Application({
      files: { 'app.mjs': ESM },
      declared: [],
      config: { instrumentations: ['@opentelemetry/instrumentation-openai'] },
    });
    expect(await app.run([...IMPORT, 'app.mjs'], env)).toMatchObject({ status: 0 });
    expect((await app.entries())[1]).toMatchObject(LLM_CALL);
  });
});

describe('signals', () => {
  const WAITING = `import OpenAI from 'openai';\nvoid ${CALL};\nsetTimeout(() => {}, 60_000);\n`;
  let slow: StandInProvider;
  beforeAll(async () => {
    slow = await startProvider({ latencyMillis: 60_000 });
  });
  afterAll(() => slow.close());

  async function killed(signal: NodeJS.Signals, handler: string) {
    const app = new Application({ files: { 'app.mjs': `${handler}\n${WAITING}console.log('waiting');` } });
    const vkey = app.key('shop');
    let sent = false;
    const asked = slow.requests.length;
    const run = await app.run(
      [...IMPORT, 'app.mjs'],
      { ...env, OPENAI_BASE_URL: slow.url, SPANSEAL_KEY_FILE: 'audit.key' },
      (child, stdout) => {
        if (sent || !stdout.includes('waiting')) return;
        sent = true;
        const poll = setInterval(() => {
          if (slow.requests.length === asked) return;
          clearInterval(poll);
          child.kill(signal);
        }, 20);
      },
    );
    return { run, entries: await app.entries(), report: await app.verified(vkey) };
  }

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s closes the log, and ends the process as it would have',
    async (signal) => {
      const { run, entries, report } = await killed(signal, '');
      expect(run).toMatchObject({ status: null, stderr: '' });
      expect(entries).toMatchObject([
        { type: 'audit_open' },
        { type: 'llm_call', payload: { outcome: 'unended', unended_because: 'shutdown' } },
        { type: 'audit_close', payload: { reason: 'signal' } },
      ]);
      expect(report).toMatchObject({ ok: true, segments: [{ state: 'closed' }] });
    },
  );

  test('an application that handles it decides alone', async () => {
    const { run, entries } = await killed(
      'SIGTERM',
      `process.on('SIGTERM', () => { console.log('mine'); process.exit(7); });`,
    );
    expect(run).toMatchObject({ status: 7, stdout: 'waiting\nmine\n', stderr: '' });
    expect(entries.at(-1)).toMatchObject({ type: 'audit_close', payload: { reason: 'exit' } });
  });

  test('a package that re-raises a signal which is nobody’s but its own still does', async () => {
    // As signal-exit does, which half of npm depends on.
    const handler = `process.on('SIGTERM', function own() {
      if (process.listeners('SIGTERM').length !== 1) return;
      process.removeListener('SIGTERM', own);
      process.kill(process.pid, 'SIGTERM');
    });`;
    expect((await killed('SIGTERM', handler)).run.status).toBe(null);
  });
});

describe('what cannot be', () => {
  const RAN = `console.log('ran');`;
  const REFUSED: ReadonlySet<string> = new Set(['a key in the environment', 'a key in the file', 'no name']);
  const sdk = '@opentelemetry/sdk-node';
  const openai = '@opentelemetry/instrumentation-openai';

  test.each<[string, Record<string, string>, object | string | undefined, RegExp]>([
    ['no name', { SPANSEAL_SYSTEM: '' }, undefined, /set SPANSEAL_SYSTEM, or "system" in spanseal\.config\.json/],
    ['a misspelt option', {}, { keyfile: 'a.key' }, /no option `keyfile`.*See \/.*spanseal\.config\.json/],
    ['a file that is no JSON', {}, '{', /configuration \/.*spanseal\.config\.json cannot be read/],
    ['a file that is no object', {}, '[]', /is no JSON object/],
    ['a file that is not there', { SPANSEAL_CONFIG: 'x.json' }, undefined, /x\.json cannot be read/],
    [
      'a misspelt variable',
      { SPANSEAL_KEYFILE: 'k' },
      undefined,
      /SPANSEAL_KEYFILE is no setting; did you mean SPANSEAL_KEY_FILE\?/,
    ],
    [
      'a key in the environment',
      { SPANSEAL_KEY: 'c2VjcmV0' },
      undefined,
      /SPANSEAL_KEY is not read.*SPANSEAL_KEY_FILE/,
    ],
    ['a key in the file', {}, { privateKey: 'x' }, /no option `privateKey`/],
    ['a key that is not there', { SPANSEAL_KEY_FILE: 'no.key' }, undefined, /no\.key cannot be opened/],
    ['a key that all may read', { SPANSEAL_KEY_FILE: 'open.key' }, undefined, /open to other users .*chmod 600/],
    [
      'the key of another log',
      { SPANSEAL_KEY_FILE: 'other.key' },
      undefined,
      /key is that of 'other', the log is 'shop'/,
    ],
    ['two keys', { SPANSEAL_KEY_FILE: 'a' }, { hmacKeyFile: 'b' }, /`keyFile` or `hmacKeyFile`, not both/],
    ['a sink in JSON', {}, { sink: {} }, /`sink` cannot be said in JSON/],
    ['what is captured', { SPANSEAL_CAPTURE: 'messages' }, undefined, /it reads messages=inline/],
    ['a kind that is not captured', { SPANSEAL_CAPTURE: 'mesages=inline' }, undefined, /`capture` has no `mesages`/],
    ['a policy', {}, { policy: 'gdp' }, /There is no policy 'gdp'; did you mean gdpr/],
    ['logs that are accepted', {}, { propagation: { accept: 'all' } }, /`propagation\.accept` lists names/],
    ['an instrumentation', {}, { instrumentations: ['no-such'] }, /npm install no-such/],
    ['a package without one', {}, { instrumentations: ['openai'] }, /openai exports no instrumentation/],
    ['an unknown exporter', { OTEL_TRACES_EXPORTER: 'zipkin' }, undefined, /knows otlp, console and none/],
    [
      'an unknown protocol',
      { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'smoke' },
      undefined,
      /http\/json/,
    ],
    ['an unknown sampler', { OTEL_TRACES_SAMPLER: 'dice' }, undefined, /OTEL_TRACES_SAMPLER is 'dice'/],
    ['a ratio', { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '7' }, undefined, /give 0 to 1/],
    ['no SDK at all', { OTEL_SDK_DISABLED: 'true' }, undefined, /OTEL_SDK_DISABLED is true/],
  ])('%s: the application starts, and is told once', async (what, variables, config, said) => {
    const app = new Application({ files: { 'app.mjs': RAN }, ...(config === undefined ? {} : { config }) });
    app.key('shop', 'open.key', 0o644);
    app.key('other', 'other.key');
    const all = { ...env, ...variables };
    const run = await app.run([...IMPORT, 'app.mjs'], all);
    expect(run).toMatchObject({ status: 0, stdout: 'ran\n' });
    const told = run.stderr.split('\n').filter((line) => line.includes('[SPANSEAL_REGISTER]'));
    expect(told).toEqual([expect.stringMatching(said)]);
    expect(told[0]).toContain('WITHOUT an audit log');
    // All of them come by one way: of a variable and of a file it is seen that they can refuse the start.
    if (!REFUSED.has(what)) return;
    const refused = await app.run([...IMPORT, 'app.mjs'], { ...all, SPANSEAL_FAILURE: 'refuse' });
    expect(refused).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(said) });
  });

  test('an SDK that is not installed', async () => {
    const app = new Application({ files: { 'app.mjs': RAN }, installed: ['openai'], config: { failure: 'refuse' } });
    const run = await app.run([...IMPORT, 'app.mjs'], env);
    expect(run).toMatchObject({ status: 1, stdout: '' });
    expect(run.stderr).toContain(`${sdk} is not installed; run: npm install ${sdk}`);
  });

  test('a client without its instrumentation is told of', async () => {
    const app = new Application({ files: { 'app.mjs': ESM }, installed: ['openai', sdk] });
    const run = await app.run([...IMPORT, 'app.mjs'], env);
    expect(run).toMatchObject({ status: 0, stdout: 'done\n' });
    expect(run.stderr).toContain(`Calls of openai make no spans and are not recorded; run: npm install ${openai}`);
    expect(app.segments()).toBe(0);
  });

  test('a provider that is there already keeps its place', async () => {
    const own = `import { NodeSDK } from '${sdk}';
      new NodeSDK({ spanProcessors: [{ onStart() {}, onEnd() {}, async forceFlush() {}, async shutdown() {} }],
        metricReaders: [], logRecordProcessors: [] }).start();`;
    const app = new Application({ files: { 'app.mjs': RAN, 'own.mjs': own } });
    const run = await app.run(['--import', './own.mjs', ...IMPORT, 'app.mjs'], env);
    expect(run).toMatchObject({ status: 0, stdout: 'ran\n' });
    expect(run.stderr).toMatch(/registered already.*spanProcessors: \[new AuditSpanProcessor\(audit\)/);
  });

  test('a directory that cannot be made', async () => {
    const app = new Application({ files: { 'app.mjs': RAN, audit: 'a file' } });
    const run = await app.run([...IMPORT, 'app.mjs'], { ...env, SPANSEAL_DIRECTORY: join(app.folder, 'audit') });
    expect(run).toMatchObject({ status: 0, stdout: 'ran\n' });
    expect(run.stderr).toContain('WITHOUT an audit log');
  });
});

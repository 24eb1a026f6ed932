import { createServer, type Server } from 'node:http';
import { existsSync } from 'node:fs';

import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { verify } from '../../src/index.ts';
import type { Report } from '../../src/verify/index.ts';
import { ATTACKS } from '../attacks/published.ts';
import { KEY, memoryLog, temporaryFolder } from '../log.ts';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';

/** The verifier that a page gets, in a real browser: it must say what Node's says, of right files and of forged ones. */

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

let browser: Browser;
let page: Page;
let server: Server;

beforeAll(async () => {
  if (!existsSync(EXECUTABLE))
    throw new Error(`no browser at ${EXECUTABLE}: apt-get install chromium, or set CHROMIUM`);
  const bundle = await build({
    stdin: {
      contents: `import { verify, exitCode } from './src/verify/index.ts'; Object.assign(globalThis, { verify, exitCode });`,
      resolveDir: '.',
    },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    write: false,
  });
  const script = bundle.outputFiles[0]?.text ?? '';
  server = createServer((request, response) => {
    response.setHeader('content-type', request.url === '/verify.js' ? 'text/javascript' : 'text/html');
    response.end(request.url === '/verify.js' ? script : '<!doctype html><script src="/verify.js"></script>');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  browser = await chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** Verifies in the page, from a Blob as a file input gives it. */
function verifyInPage(bytes: Uint8Array, keys: readonly string[]): Promise<Report & { exit: number }> {
  return page.evaluate(
    async ({ data, given }) => {
      const scope = globalThis as unknown as {
        verify: (source: Blob, options: object) => Promise<Report>;
        exitCode: (report: Report) => number;
      };
      const report = await scope.verify(new Blob([Uint8Array.from(data)]), { keys: given, name: 'input' });
      return { ...report, exit: scope.exitCode(report) };
    },
    { data: [...bytes], given: [...keys] },
  );
}

describe('in a browser', () => {
  test('a pack and a segment verify, forged ones fail, with the same report as in Node', async () => {
    const { audit, sink } = memoryLog();
    audit.decision({ input: 'für jane@example.org 🜁' }, (decision) => decision.result('ok'));
    const path = join(temporaryFolder(), 'pack.jsonl');
    await audit.export(path);
    await audit.close();
    const pack = readFileSync(path);
    const segment = sink.bytes(sink.list()[0] ?? '');
    const forged = Buffer.from(pack);
    forged.write('X', pack.indexOf('redacted:email'));
    const cut = pack.subarray(0, pack.lastIndexOf(10, pack.length - 2) + 1);
    const cases = [
      [pack, [KEY.vkey], 0],
      [pack, [], 4],
      [segment, [KEY.vkey], 0],
      [forged, [KEY.vkey], 1],
      [cut, [KEY.vkey], 1],
      [Buffer.from('no record\n'), [KEY.vkey], 1],
      [new Uint8Array(0), [], 1],
    ] as const;
    for (const [bytes, keys, exit] of cases) {
      const { exit: inPage, ...report } = await verifyInPage(bytes, keys);
      expect({ exit: inPage, problems: report.problems }).toEqual({ exit, problems: expect.any(Array) });
      expect(report).toEqual(JSON.parse(JSON.stringify(await verify(Uint8Array.from(bytes), { keys, name: 'input' }))));
    }
  });

  test('each file of the corpus of attacks is judged as it is by others', { timeout: 120_000 }, async () => {
    const cases = ATTACKS.filter(({ kind }) => kind === 'file').map(({ name, files, options }) => {
      const [[file, bytes] = ['', new Uint8Array(0)]] = files;
      return { name, file, data: Buffer.from(bytes).toString('base64'), options };
    });
    const judged = await page.evaluate(async (given) => {
      const scope = globalThis as unknown as {
        verify: (source: Blob, options: object) => Promise<Report>;
        exitCode: (report: Report) => number;
      };
      const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
        Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const found: { name: string; exit: number; codes: string[] }[] = [];
      for (const { name, file, data, options } of given) {
        const { keys, hmac_keys: secrets = [], allow_unsigned: allowUnsigned, live } = options;
        const report = await scope.verify(new Blob([bytesOf(data)]), {
          ...(keys === undefined ? {} : { keys }),
          hmacKeys: secrets.map(({ key, ...named }) => ({ ...named, key: bytesOf(key) })),
          ...(allowUnsigned === undefined ? {} : { allowUnsigned }),
          ...(live === undefined ? {} : { live }),
          name: file,
        });
        found.push({ name, exit: scope.exitCode(report), codes: report.problems.map(({ code }) => code) });
      }
      return found;
    }, cases);
    expect(cases.length).toBeGreaterThan(350);
    expect(judged).toEqual(
      ATTACKS.filter(({ kind }) => kind === 'file').map(({ name, expected }) => ({
        name,
        exit: expected.exit,
        codes: expected.problems.map(([code]) => code),
      })),
    );
  });
});

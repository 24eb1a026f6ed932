import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';

import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { verify } from '../../src/index.ts';
import type { Report } from '../../src/verify/index.ts';
import { KEY, memoryLog, temporaryFolder } from '../log.ts';
import { launchBrowser } from './chromium.ts';

/** The verifier that a page gets, in a real browser: it must say what Node's says, of right files and of forged ones. */

let browser: Browser;
let page: Page;
let server: Server;

beforeAll(async () => {
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
  browser = await launchBrowser();
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
});

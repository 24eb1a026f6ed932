// A Next.js application in the shape that matters, without Next.js: instrumentation and route handler are bundled apart,
// as `next build` does, and run in one process. The log they share is one, and every call is in its decision, although
// the handlers answer with streams.
//
// node examples/nextjs/run.mjs [folder]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';
import { readLog } from 'spanseal';

import { startProvider } from '../provider/stand-in-provider.mjs';

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'spanseal-'));
const provider = await startProvider({ chunkMillis: 5 });
process.env.AUDIT_FOLDER = folder;
process.env.NEXT_RUNTIME = 'nodejs';
process.env.OPENAI_BASE_URL = provider.url;
process.env.OPENAI_API_KEY = 'none-needed';

const here = fileURLToPath(new URL('.', import.meta.url));
const bundles = mkdtempSync(join(here, '.next-'));
try {
  await build({
    absWorkingDir: here,
    entryPoints: ['instrumentation.mjs', 'route.mjs'],
    outdir: bundles,
    outExtension: { '.js': '.mjs' },
    // Two bundles without a common chunk: spanseal itself, and every module of the application, are there twice.
    bundle: true,
    splitting: false,
    platform: 'node',
    format: 'esm',
    // What Next.js leaves outside of its bundles, too (`serverExternalPackages`).
    external: ['@opentelemetry/sdk-node'],
    banner: {
      js: `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`,
    },
  });
  const load = (name) => import(pathToFileURL(join(bundles, name)).href);

  const { register } = await load('instrumentation.mjs');
  await register();
  const { POST } = await load('route.mjs');
  const ask = (question) =>
    POST(new Request('http://localhost/api/answer', { method: 'POST', body: JSON.stringify({ question }) }));

  // Two at once, read at different speeds; and one whose client leaves after the first words.
  const answers = await Promise.all([ask('How do I reset my password?'), ask('How do I close my account?')]);
  console.log(`${answers.length} responses before the first byte of any`);
  await Promise.all(answers.map((answer) => answer.text()));
  const reader = (await ask('How long is the warranty?')).body.getReader();
  await reader.read();
  await reader.cancel();

  await globalThis[Symbol.for('helpdesk.audit')].close();
} finally {
  rmSync(bundles, { recursive: true });
  await provider.close();
}

for await (const { type, decision_id: id, payload } of readLog(join(folder, 'audit'))) {
  const what = payload.outcome ?? payload.reason ?? '';
  if (type !== 'seal' && type !== 'tally') console.log(`${type} ${what} ${id ?? ''}`.trimEnd());
}
